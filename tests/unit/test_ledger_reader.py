"""Ledger bytes become typed rows: every cell form, every way a text editor may save the file, every damaged file."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from ingestion.errors import SourceDrifted, SourceEmpty
from ingestion.ledger.reader import PARSER_VERSION
from ingestion.universe import Universe
from tests.unit.ledgerrows import TABLES, read, render


def test_cells_have_the_types_of_the_contract() -> None:
    row = read("bond_tranche", render("bond_tranche", {"coupon_pct": "4.250", "is_issuer_debt": "false"})).records[0]
    assert row["announced_date"] == date(2025, 5, 1)
    assert row["known_at_utc"] == datetime(2025, 6, 30, 23, 59, 59)
    assert (row["coupon_pct"], row["principal_m"], row["is_issuer_debt"]) == (4.25, 1000.0, False)
    assert (row["spread_bp"], row["note"], row["source_line"]) == (None, None, 2)
    assert (row["source"], row["parser_version"]) == ("ledger/bond_tranche.csv", PARSER_VERSION)
    assert set(row) == {column.name for column in TABLES["bond_tranche"].columns}


def test_absent_is_not_zero() -> None:
    row = read("production", render("production", {"btc_sold": "0", "btc_held": ""})).records[0]
    assert (row["btc_sold"], row["btc_held"]) == (0.0, None)


def test_a_table_of_exclusions_may_have_no_row_and_must_be_one() -> None:
    header = render("bar_exclusion", {}).split(b"\n")[0]
    batch = read("bar_exclusion", header + b"\n")
    assert (batch.rows_read, list(batch.records), batch.rejected) == (0, [], ())
    with pytest.raises(SourceEmpty):
        read("bar_exclusion", b"")
    with pytest.raises(SourceDrifted, match="session_date"):
        read("bar_exclusion", header.replace(b"session_date", b"day"))


def test_a_rejected_issuer_is_in_no_universe() -> None:
    rejected = {"issuer": [{"issuer": "RIOT", "cik": "1167419"}]}
    universe = Universe.of(lambda name: read(name, render(name, {}, *rejected.get(name, [])), None).records)
    assert universe.issuers == {"MARA"}


def test_known_in_the_future_depends_on_now() -> None:
    content = render("production", {"known_at_utc": "2025-06-30T23:59:59Z"})
    assert read("production", content, now_utc=datetime(2025, 6, 30, 23, 59, 59)).rejected == ()
    early = read("production", content, now_utc=datetime(2025, 6, 30, 23, 59, 58))
    assert [r.rule for r in early.rejected] == ["known_in_future"]
