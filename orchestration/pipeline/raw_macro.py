"""Macro series by day. Where they come from is ingestion's business."""

from __future__ import annotations

from orchestration.pipeline.gates import raw_asset

assets = (raw_asset("raw_macro__observation", deps=("raw_ledger__series", "raw_ledger__provider", "raw_ledger__feed")),)
