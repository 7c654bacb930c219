"""Sessions of the exchange, against which bars are found to be missing."""

from __future__ import annotations

from orchestration.pipeline.gates import raw_asset

assets = (raw_asset("raw_calendar__session"),)
