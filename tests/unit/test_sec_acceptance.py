"""Acceptance times: which zone the printed Z stands for, decided from filing dates, opening hours and neighbours."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion.edgar.acceptance import Acceptance, Printed, decide, end_of_day_new_york, new_york_to_utc, parse_printed
from tests.tables import tables

DATA = tables(__file__)

FETCHED = datetime(2026, 11, 20)


CASES = [(promise, case) for promise, cases in DATA["decided"].items() for case in cases]


@pytest.mark.parametrize(("promise", "case"), CASES)
def test_the_zone_of_rows_beside_each_other(promise: str, case: list[str]) -> None:
    """In whatever order they are listed."""
    fetched = datetime.fromisoformat(case[0].split()[1]) if case[0].startswith("fetched") else FETCHED
    pairs = [line.split(" = ") for line in case if " = " in line]
    rows = []
    for told, _ in pairs:
        text, filed, *form = told.split()
        accession = form.pop() if form[-1].count("-") == 2 else "0001234567-25-000001"
        rows.append(Printed(accession, " ".join(form), date.fromisoformat(filed), f"{text}.000Z"))
    for listed, expected in ((rows, pairs), (rows[::-1], pairs[::-1])):
        found = [f"{one.zone} {one.at_utc.isoformat()} {one.basis}" for one in decide(listed, fetched)]
        assert found == [said for _, said in expected], promise


def test_daylight_saving() -> None:
    assert new_york_to_utc(datetime(2025, 3, 8, 12)) == datetime(2025, 3, 8, 17)
    assert new_york_to_utc(datetime(2025, 3, 9, 12)) == datetime(2025, 3, 9, 16)
    assert new_york_to_utc(datetime(2025, 11, 2, 1, 30)) == datetime(2025, 11, 2, 6, 30)
    assert end_of_day_new_york(date(2025, 11, 1)) == datetime(2025, 11, 2, 4)
    assert end_of_day_new_york(date(2025, 11, 2)) == datetime(2025, 11, 3, 5)


@pytest.mark.parametrize("text", ["", "2025-01-01", "2025-01-01T10:00:00", "2025-13-01T10:00:00.000Z", "20250101T10Z"])
def test_another_form_of_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_printed(text)


def recorded(shared: Path, name: str) -> tuple[list[Printed], list[Acceptance]]:
    body = json.loads((shared / "data" / "sec" / name).read_bytes())
    columns = body["filings"]["recent"] if "filings" in body else body
    names = ("accessionNumber", "form", "filingDate", "acceptanceDateTime")
    rows = [
        Printed(accession, form, date.fromisoformat(filed), text)
        for accession, form, filed, text in zip(*(columns[n] for n in names), strict=True)
    ]
    return rows, decide(rows, FETCHED)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "zone", "decided", "rows"), DATA["registrants"])
def test_a_recorded_list_has_one_zone_or_a_bound(shared: Path, name: str, zone: str, decided: int, rows: int) -> None:
    _, found = recorded(shared, name)
    assert Counter(row.zone for row in found) == {
        zone: decided,
        **({"bound": rows - decided} if rows > decided else {}),
    }


@pytest.mark.shared
def test_the_newest_annual_report_of_nvidia_is_not_known_too_early(shared: Path) -> None:
    rows, found = recorded(shared, "submissions_CIK0001045810.json")
    annual = next(a for row, a in zip(rows, found, strict=True) if row.form == "10-K" and row.filed_date.year == 2026)
    assert annual.zone in ("America/New_York", "bound")
    assert annual.at_utc == datetime(2026, 2, 25, 21, 42, 19)


@pytest.mark.shared
def test_no_decided_filing_was_accepted_while_edgar_was_closed(shared: Path) -> None:
    """Read in its zone, every filing but the staff's lies in opening hours: the evidence agrees with itself."""
    for name, *_ in DATA["registrants"]:
        rows, found = recorded(shared, name)
        for row, acceptance in zip(rows, found, strict=True):
            if acceptance.zone != "bound" and row.accession[:8] not in ("00000000", "99999999"):
                hour = acceptance.at_utc.hour + acceptance.at_utc.minute / 60
                assert hour >= 10 or hour <= 3.6, (name, row, acceptance)
