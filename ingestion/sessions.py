"""The exchange's sessions by way of the archive: how far back they are kept, and which of the archived ones count."""

from __future__ import annotations

from datetime import date, datetime

from ingestion import calendars
from ingestion.feeds.orders import noted_since
from ingestion.fetch.archive import Archive, Fetch

SOURCE = "calendar/XNYS"


def keep_sessions(archive: Archive, first: date, last: date, at_utc: datetime) -> Fetch:
    """Archive the sessions from `first` to `last` as the library knows them at `at_utc`, naive UTC."""
    request = {"library": calendars.library_version()}
    return archive.put(SOURCE, calendars.render_sessions(last, first), fetched_at_utc=at_utc, request=request)


def newest_sessions(archive: Archive) -> Fetch | None:
    """Those that reach farthest: the record that was written last may be that of the bundle, which ends earlier."""
    return max(archive.fetches(SOURCE), key=lambda one: one.fetched_at_utc, default=None)


def first_session(archive: Archive) -> date:
    """Where the sessions of a live run begin: early enough for every backfill so far, and never later than before."""
    noted = [day for key, day in noted_since(archive).items() if key.split("/")[0] == "market"]
    if (held := newest_sessions(archive)) is not None:
        noted.append(calendars.parse_sessions(held.source, archive.get(held.sha256))[0].session_date)
    return min([calendars.FIRST_SESSION, *noted])
