"""The bitcoin network by UTC day. Where it comes from is ingestion's business."""

from __future__ import annotations

from orchestration.pipeline.gates import raw_asset

assets = (raw_asset("raw_network__day", deps=("raw_ledger__provider", "raw_ledger__feed")),)
