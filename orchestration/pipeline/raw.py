"""The assets of all raw tables, in the order of the flow."""

from __future__ import annotations

from orchestration.pipeline import raw_calendar, raw_feed, raw_ledger, raw_macro, raw_market, raw_network, raw_sec

_ROOMS = (raw_calendar, raw_ledger, raw_market, raw_network, raw_macro, raw_feed, raw_sec)

assets = tuple(asset for room in _ROOMS for asset in room.assets)
