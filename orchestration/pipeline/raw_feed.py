"""What the providers of prices, network and macro data were asked: read last, when everything has been asked."""

from __future__ import annotations

from orchestration.pipeline.gates import raw_asset

_ASKED = ("raw_market__coverage", "raw_market__action", "raw_market__bar", "raw_network__day", "raw_macro__observation")

assets = (
    raw_asset(
        "raw_feed__request",
        deps=(*_ASKED, "raw_ledger__provider", "raw_ledger__feed", "raw_ledger__instrument", "raw_ledger__series"),
    ),
)
