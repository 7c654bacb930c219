"""Ledger bytes become typed rows: every cell form, every way a text editor may save the file, every damaged file."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.ledger.reader import PARSER_VERSION, file_columns
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


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.removesuffix(b"\n"),
        lambda content: content + b"\n\n",
        lambda content: content + b"," * (len(file_columns(TABLES["production"])) - 1) + b"\n",
    ],
    ids=["byte order mark", "carriage returns", "no newline at the end", "blank lines", "line of empty cells"],
)
def test_the_way_a_file_was_saved_does_not_matter(rewrite) -> None:  # type: ignore[no-untyped-def]
    content = render(
        "production", {"note": "naïve, “quoted”"}, {"period_start_date": "2025-04-01", "period_end_date": "2025-04-30"}
    )
    same = [{k: v for k, v in row.items() if k != "source_sha256"} for row in read("production", content).records]
    saved = read("production", rewrite(content))
    assert saved.rejected == ()
    assert [{k: v for k, v in row.items() if k != "source_sha256"} for row in saved.records] == same


def test_line_numbers_count_blank_lines() -> None:
    content = render("production", {}, {"issuer": "NOPE"}).replace(b"\nNOPE", b"\n\n\nNOPE")
    assert [r.line for r in read("production", content).rejected] == [5]


def test_damaged_files_are_refused_whole() -> None:
    content = render("production", {})
    with pytest.raises(SourceEmpty):
        read("production", b"")
    with pytest.raises(SourceDrifted, match="btc_sold"):
        read("production", content.replace(b"btc_sold", b"btc_sales"))
    with pytest.raises(SourceDamaged, match="line 2"):
        read("production", content[:-30])
    with pytest.raises(SourceDamaged, match="UTF-8"):
        read("production", content.replace(b"8-K", b"8-\xe9"))


def test_a_table_of_exclusions_may_have_no_row_and_must_be_one() -> None:
    header = render("bar_exclusion", {}).split(b"\n")[0]
    batch = read("bar_exclusion", header + b"\n")
    assert (batch.rows_read, list(batch.records), batch.rejected) == (0, [], ())
    with pytest.raises(SourceEmpty):
        read("bar_exclusion", b"")
    with pytest.raises(SourceDrifted, match="session_date"):
        read("bar_exclusion", header.replace(b"session_date", b"day"))


def test_a_rejected_issuer_is_in_no_universe() -> None:
    issuers = read("issuer", render("issuer", {}, {"issuer": "RIOT", "cik": "1167419"}), None)
    universe = Universe.from_batches(issuers, read("instrument", render("instrument", {}), None))
    assert universe.issuers == {"MARA"}


def test_known_in_the_future_depends_on_now() -> None:
    content = render("production", {"known_at_utc": "2025-06-30T23:59:59Z"})
    assert read("production", content, now_utc=datetime(2025, 6, 30, 23, 59, 59)).rejected == ()
    early = read("production", content, now_utc=datetime(2025, 6, 30, 23, 59, 58))
    assert [r.rule for r in early.rejected] == ["known_in_future"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from([{}, {"issuer": "NOPE"}, {"btc_held": "x"}, {"citation": ""}, {"btc_produced": "951"}]),
        min_size=1,
        max_size=8,
    )
)
def test_rows_read_are_rows_kept_and_rejected(changes: list[dict[str, str]]) -> None:
    batch = read("production", render("production", *changes))
    lines = [row["source_line"] for row in batch.records] + [r.line for r in batch.rejected]
    assert sorted(lines) == list(range(2, 2 + len(changes)))
