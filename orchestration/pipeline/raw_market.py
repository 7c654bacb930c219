"""Market tables of the lake: bars, actions, and what was asked for. Where they come from is ingestion's business."""

from __future__ import annotations

from orchestration.pipeline.gates import raw_asset

_LEDGER = ("raw_ledger__instrument", "raw_ledger__provider", "raw_ledger__feed", "raw_calendar__session")

coverage = raw_asset("raw_market__coverage", deps=_LEDGER)
action = raw_asset("raw_market__action", deps=("raw_market__coverage", *_LEDGER))
bar = raw_asset(
    "raw_market__bar", deps=("raw_market__coverage", "raw_market__action", "raw_ledger__bar_exclusion", *_LEDGER)
)

assets = (coverage, action, bar)
