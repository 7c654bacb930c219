"""The universe holds the issuers and instruments that were kept, and only them."""

from __future__ import annotations

from ingestion.universe import Instrument, Universe
from tests.unit.ledgerrows import read, render


def test_universe_holds_issuers_and_instruments() -> None:
    issuers = read("issuer", render("issuer", {}, {"issuer": "RIOT", "cik": "0001167419"}), None)
    fund = {"instrument": "SPY", "kind": "etf", "issuer": "", "name": "a fund"}
    universe = Universe.from_batches(issuers, read("instrument", render("instrument", {}, fund), None))
    assert universe.issuers == {"MARA", "RIOT"}
    assert universe.instruments == {
        "MARA": Instrument("MARA shares", "equity", "XNYS", "MARA"),
        "SPY": Instrument("a fund", "etf", "XNYS", None),
    }


def test_rejected_issuer_is_in_no_universe() -> None:
    issuers = read("issuer", render("issuer", {}, {"issuer": "RIOT", "cik": "1167419"}), None)
    universe = Universe.from_batches(issuers, read("instrument", render("instrument", {}), None))
    assert universe.issuers == {"MARA"}
    batch = read("production", render("production", {"issuer": "RIOT"}), universe)
    assert [(r.rule, r.column) for r in batch.rejected] == [("unknown_issuer", "issuer")]
