"""Sessions of the exchange, by way of the archive, and when a day's data can be known. The sessions come from
exchange_calendars, not from us."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version

from ingestion.clock import CLOSE_LAG, CONFIRMATION_LAG, LATEST_OPEN
from ingestion.contracts import CALENDAR_SESSION
from ingestion.fetch.archive import Archive, Fetch
from ingestion.landing.delimited import read_rows, typed

SOURCE = "calendar/XNYS"
COLUMNS = ("exchange", "session_date", "open_utc", "close_utc", "is_half_day")
FIRST_SESSION = date(2019, 1, 2)
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Session:
    """One session of an exchange; times are naive UTC."""

    exchange: str
    session_date: date
    open_utc: datetime
    close_utc: datetime
    is_half_day: bool


def last_opened(now_utc: datetime) -> date:
    """The newest day whose session, if there is one, has begun by `now_utc` (naive UTC) at any time of the year."""
    return (now_utc - LATEST_OPEN).date()


def keep_sessions(archive: Archive, first: date, last: date, at_utc: datetime) -> Fetch:
    """Archive the sessions from `first` to `last` as the library knows them at `at_utc`, naive UTC. The library and its
    version stand in the rows as their parser."""
    request = {"library": f"exchange_calendars-{version('exchange_calendars')}"}
    return archive.put(SOURCE, render_sessions(last, first), fetched_at_utc=at_utc, request=request)


def newest_sessions(archive: Archive) -> Fetch | None:
    """Those that reach farthest: the record that was written last may be that of the bundle, which ends earlier. Of one
    moment the one written last, as a longer bundle begins earlier under the same moment."""
    return max(reversed(archive.fetches(SOURCE)), key=lambda one: one.fetched_at_utc, default=None)


@lru_cache(maxsize=8)
def render_sessions(last: date, first: date = FIRST_SESSION) -> bytes:
    """The sessions of the New York Stock Exchange from `first` to `last` as CSV bytes, for the archive."""
    from exchange_calendars import get_calendar

    calendar = get_calendar("XNYS", start=first.isoformat(), end=last.isoformat())
    early = {stamp.date() for stamp in calendar.early_closes}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    hours = (calendar.schedule[name].dt.strftime(TIME_FORMAT) for name in ("open", "close"))
    for day, opened, closed in zip(calendar.schedule.index.date, *hours, strict=True):
        writer.writerow(["XNYS", day.isoformat(), opened, closed, "true" if day in early else "false"])
    return out.getvalue().encode()


def parse_sessions(source: str, content: bytes) -> list[Session]:
    """The sessions that `render_sessions` wrote; raises the errors of `delimited.read_rows`."""
    lines = read_rows(source, content, COLUMNS, "Update the calendar library, and refresh again")
    columns = [CALENDAR_SESSION.column(name) for name in COLUMNS]
    return [Session(**{column.name: typed(column, cells[column.name]) for column in columns}) for _, cells in lines]


def known_at(domain: str, calendar: str, day: date, closes: Mapping[date, datetime]) -> datetime:
    """When what a day brings in a domain is complete and public, naive UTC.

    A UTC day ends at the next midnight, of the network once it is settled; a session ends at its close plus CLOSE_LAG. For a
    day on which the exchange holds no session the regular winter close stands in: the bar is wrong and its gate says so.
    """
    midnight = datetime(day.year, day.month, day.day) + timedelta(days=1)
    if calendar == "UTC":
        return midnight + CONFIRMATION_LAG if domain == "network" else midnight
    return closes.get(day, midnight - timedelta(hours=3)) + CLOSE_LAG
