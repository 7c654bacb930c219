"""When EDGAR accepted a filing, in UTC: the printed time ends in Z for every registrant, yet for some it is New York.

Pure functions over the rows of one list of filings. docs/decisions/0009 gives the evidence and the reasons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Zone = Literal["UTC", "America/New_York", "bound"]
Basis = Literal["filing date", "opening hours", "fetched", "after hours", "neighbours", "nothing", "no time"]

NEW_YORK = ZoneInfo("America/New_York")
OPENS = time(6, 0)
CLOSES = time(22, 30)
"""EDGAR takes filings until 22:00; some are accepted minutes later (22:08 is seen)."""
SAME_DAY_UNTIL = time(17, 30)
SURELY_AFTER = time(18, 0)
"""A filing sent before 17:30 may be accepted some minutes after it and keeps its day."""
EVENING_FORMS = frozenset({"3", "4", "5", "144", "SC 13D", "SC 13G", "SCHEDULE 13D", "SCHEDULE 13G", "CORRESP"})
"""Forms that keep the day until 22:00."""
STAFF_ACCESSION = re.compile(r"(?:0000000000|99999999\d\d)-")
"""Letters, orders and notices of the SEC itself, and paper: their filing dates follow other rules."""
PRINTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")


@dataclass(frozen=True)
class Printed:
    """A filing as EDGAR lists it: `text` is the acceptance time with its Z, which is read both ways: `wall` is the printed
    time, `ny` its New York time if it is UTC. They raise ValueError when the text has another form."""

    accession: str
    form: str
    filed_date: date
    text: str

    @cached_property
    def wall(self) -> datetime:
        return parse_printed(self.text)

    @cached_property
    def ny(self) -> datetime:
        return self.wall.replace(tzinfo=UTC).astimezone(NEW_YORK).replace(tzinfo=None)

    @cached_property
    def if_new_york_utc(self) -> datetime:
        return new_york_to_utc(self.wall)

    @property
    def has_time(self) -> bool:
        """Midnight, printed or in New York, stands for a day without a time."""
        return time(0) not in (self.wall.time(), self.ny.time())

    @property
    def is_staff(self) -> bool:
        return STAFF_ACCESSION.match(self.accession) is not None

    @property
    def is_evening_form(self) -> bool:
        form = self.form.removesuffix("/A")
        return form in EVENING_FORMS or form.endswith("MEF")


@dataclass(frozen=True)
class Acceptance:
    """The zone in which the text was read, the moment in naive UTC, and what decided."""

    zone: Zone
    at_utc: datetime
    basis: Basis


def parse_printed(text: str) -> datetime:
    """The printed digits as a naive time without a zone; raises ValueError when the text has another form."""
    if not PRINTED.fullmatch(text):
        raise ValueError(f"{text!r} is not YYYY-MM-DDTHH:MM:SS.000Z")
    return datetime.fromisoformat(text[:-1])


def new_york_to_utc(wall: datetime) -> datetime:
    """New York wall time as naive UTC; of the two readings in the hour that autumn repeats, the later."""
    return wall.replace(tzinfo=NEW_YORK, fold=1).astimezone(UTC).replace(tzinfo=None)


@lru_cache(maxsize=16_384)
def end_of_day_new_york(day: date) -> datetime:
    """The midnight that ends `day` in New York, naive UTC."""
    return new_york_to_utc(datetime.combine(day + timedelta(days=1), time(0)))


def decide(rows: Sequence[Printed], fetched_at_utc: datetime) -> list[Acceptance]:
    """The acceptance of each filing of one list, in the order of `rows`.

    UTC, the earlier reading, stands only where something proves it; where nothing does, the New York reading bounds
    the moment. No moment lies after `fetched_at_utc`, since the list was read then. Raises ValueError for a text of
    another form.
    """
    by_time = sorted(range(len(rows)), key=lambda n: (rows[n].wall, rows[n].accession))
    proofs: list[tuple[Zone, Basis] | None] = [_proof(row, fetched_at_utc) for row in rows]
    for n in _confirmed_evenings(rows, proofs, by_time):
        proofs[n] = "UTC", "after hours"
    neighbours = _neighbours(proofs, by_time)
    found = []
    for n, row in enumerate(rows):
        if not row.has_time:
            at = end_of_day_new_york(max(row.wall.date(), row.filed_date))
            found.append(Acceptance("bound", min(at, fetched_at_utc), "no time"))
            continue
        before, after = neighbours[n]
        agreed: tuple[Zone, Basis] = (before, "neighbours") if before and before == after else ("bound", "nothing")
        zone, basis = proofs[n] or agreed
        at = row.wall if zone == "UTC" else row.if_new_york_utc
        found.append(Acceptance(zone, min(at, fetched_at_utc), basis))
    return found


def _proof(row: Printed, fetched_at_utc: datetime) -> tuple[Zone, Basis] | None:
    """What the row alone proves, if its proofs agree."""
    if not row.has_time or row.is_staff:
        return None
    proofs: list[tuple[Zone, Basis]] = []
    filed = row.filed_date
    if filed < row.wall.date() and filed == row.ny.date():
        proofs.append(("UTC", "filing date"))
    if _carried_over(row):
        proofs.append(("America/New_York", "filing date"))
    open_if_ny, open_if_utc = _is_open(row.wall), _is_open(row.ny)
    if open_if_utc and not open_if_ny:
        proofs.append(("UTC", "opening hours"))
    if open_if_ny and not open_if_utc:
        proofs.append(("America/New_York", "opening hours"))
    if row.if_new_york_utc > fetched_at_utc >= row.wall:
        proofs.append(("UTC", "fetched"))
    return proofs[0] if len({zone for zone, _ in proofs}) == 1 else None


def _carried_over(row: Printed) -> bool:
    """After 17:30 New York the filing date is the next business day; read as UTC the same row came before 17:30."""
    return (
        not row.is_evening_form
        and row.filed_date > row.wall.date() == row.ny.date()
        and row.wall.time() > SAME_DAY_UNTIL >= row.ny.time()
    )


def _is_open(new_york: datetime) -> bool:
    return new_york.weekday() < 5 and OPENS <= new_york.time() <= CLOSES


def _leans_utc(row: Printed) -> bool:
    """Read in New York, the row came after hours and yet kept its day: possible only when the SEC extended the day."""
    return (
        row.has_time
        and not row.is_staff
        and not row.is_evening_form
        and row.filed_date == row.wall.date() == row.ny.date()
        and row.wall.time() > SURELY_AFTER
        and row.ny.time() <= SAME_DAY_UNTIL
    )


def _confirmed_evenings(
    rows: Sequence[Printed], proofs: Sequence[tuple[Zone, Basis] | None], by_time: Sequence[int]
) -> list[int]:
    """Rows that lean to UTC with a row of another filing date beside them that proves it or leans too, and none against."""
    leaning = {n for n in by_time if proofs[n] is None and _leans_utc(rows[n])}
    telling = [n for n in by_time if n in leaning or proofs[n] is not None]
    confirmed = []
    for place, n in enumerate(telling):
        if n not in leaning:
            continue
        day = rows[n].filed_date
        sides = (reversed(telling[:place][-40:]), telling[place + 1 :][:40])
        others = [next((m for m in side if rows[m].filed_date != day), None) for side in sides]
        zones = [None if m is None else "UTC" if m in leaning else proofs[m][0] for m in others]  # type: ignore[index]
        if "UTC" in zones and "America/New_York" not in zones:
            confirmed.append(n)
    return confirmed


def _neighbours(
    proofs: Sequence[tuple[Zone, Basis] | None], by_time: Sequence[int]
) -> list[tuple[Zone | None, Zone | None]]:
    """The zones of the nearest decided rows before and after each row in time."""

    def nearest(order: Sequence[int]) -> list[Zone | None]:
        found: list[Zone | None] = [None] * len(proofs)
        last: Zone | None = None
        for n in order:
            found[n] = last
            proof = proofs[n]
            if proof is not None:
                last = proof[0]
        return found

    return list(zip(nearest(by_time), nearest(by_time[::-1]), strict=True))
