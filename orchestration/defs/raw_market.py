"""Market tables of the lake: bars, and what was asked for. Where they come from is ingestion's business."""

from __future__ import annotations

from orchestration.gates import raw_asset

coverage = raw_asset("raw_market__coverage", deps=("raw_ledger__instrument", "raw_calendar__session"))
bar = raw_asset("raw_market__bar", deps=("raw_market__coverage", "raw_ledger__instrument", "raw_calendar__session"))

assets = (coverage, bar)
