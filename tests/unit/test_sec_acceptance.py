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


def printed(text: str, filed: str, form: str = "8-K", accession: str = "0001234567-25-000001") -> Printed:
    return Printed(accession, form, date.fromisoformat(filed), text)


def alone(text: str, filed: str, form: str = "8-K", **row: str) -> Acceptance:
    return decide([printed(text, filed, form, **row)], FETCHED)[0]


@pytest.mark.parametrize(("text", "filed", "form", "zone", "utc", "basis"), DATA["proved"])
def test_a_row_that_proves_its_zone(text: str, filed: str, form: str, zone: str, utc: str, basis: str) -> None:
    assert alone(text, filed, form) == Acceptance(zone, datetime.fromisoformat(utc), basis)


@pytest.mark.parametrize(("text", "filed", "form", "utc"), DATA["unproved"])
def test_where_nothing_proves_the_zone_the_later_reading_bounds_it(text: str, filed: str, form: str, utc: str) -> None:
    assert alone(text, filed, form) == Acceptance("bound", datetime.fromisoformat(utc), "nothing")


def test_letters_of_the_staff_prove_nothing() -> None:
    row = alone("2017-01-03T09:49:40.000Z", "2016-12-05", "NO ACT", accession="9999999997-17-000002")
    assert row == Acceptance("bound", datetime(2017, 1, 3, 14, 49, 40), "nothing")


NEW_YORK = printed("2024-08-01T18:03:34.000Z", "2024-08-02", "10-Q")
UTC = printed("2024-08-01T00:44:46.000Z", "2024-07-31", "10-K")
SILENT = printed("2024-08-10T16:00:00.000Z", "2024-08-10", "8-K")


def later(row: Printed, text: str, filed: str) -> Printed:
    return Printed(row.accession, row.form, date.fromisoformat(filed), text)


NEIGHBOURS = [
    ([NEW_YORK, later(NEW_YORK, "2024-08-20T18:00:01.000Z", "2024-08-21")], "America/New_York"),
    ([UTC, later(UTC, "2024-08-20T00:30:00.000Z", "2024-08-19")], "UTC"),
    ([UTC, later(NEW_YORK, "2024-08-20T18:00:01.000Z", "2024-08-21")], "bound"),
    ([NEW_YORK, later(UTC, "2024-08-20T00:30:00.000Z", "2024-08-19")], "bound"),
    ([UTC], "bound"),
    ([later(UTC, "2024-08-20T00:30:00.000Z", "2024-08-19")], "bound"),
]


@pytest.mark.parametrize(("around", "zone"), NEIGHBOURS)
@pytest.mark.parametrize("place", [0, 1])
def test_a_silent_row_follows_its_neighbours_on_both_sides(around: list[Printed], zone: str, place: int) -> None:
    rows = [*around[:place], SILENT, *around[place:]]
    found = decide(rows, FETCHED)[rows.index(SILENT)]
    assert found.zone == zone
    assert found.at_utc == datetime(2024, 8, 10, 16 if zone == "UTC" else 20)


def test_only_the_nearest_neighbours_count() -> None:
    far = later(UTC, "2024-07-01T00:30:00.000Z", "2024-06-30")
    near = [NEW_YORK, later(NEW_YORK, "2024-08-20T18:00:01.000Z", "2024-08-21")]
    assert decide([far, *near, SILENT], FETCHED)[-1].zone == "America/New_York"


def test_after_hours_with_the_same_day_is_utc_once_another_day_says_so_too() -> None:
    one = printed("2025-01-28T21:11:41.000Z", "2025-01-28")
    other = printed("2025-04-29T20:10:00.000Z", "2025-04-29")
    assert [found.zone for found in decide([one, other], FETCHED)] == ["UTC", "UTC"]
    assert {found.basis for found in decide([one, other], FETCHED)} == {"after hours"}


def test_a_day_that_the_sec_extended_proves_nothing() -> None:
    """2020-07-30: filings after 17:30 kept their day. Several rows of one day are one witness, and New York is beside."""
    extended = [printed(f"2020-07-30T18:5{n}:04.000Z", "2020-07-30") for n in range(3)]
    assert {found.zone for found in decide(extended, FETCHED)} == {"bound"}
    beside = printed("2020-07-20T18:03:34.000Z", "2020-07-21")
    utc_day = printed("2020-09-20T00:30:00.000Z", "2020-09-19", "4")
    assert {found.zone for found in decide([beside, *extended, utc_day], FETCHED)[1:4]} == {"bound"}


def test_what_was_read_in_a_list_was_accepted_before_it_was_fetched() -> None:
    fetched = datetime(2026, 2, 25, 17, 0)
    row = printed("2026-02-25T16:42:19.000Z", "2026-02-25", "10-K")
    assert decide([row], fetched) == [Acceptance("UTC", datetime(2026, 2, 25, 16, 42, 19), "fetched")]


@pytest.mark.parametrize("text", ["2000-05-11T00:00:00.000Z", "2000-05-11T04:00:00.000Z"])
def test_midnight_is_a_day_without_a_time(text: str) -> None:
    assert alone(text, "2000-05-11") == Acceptance("bound", datetime(2000, 5, 12, 4), "no time")


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
