"""Reading one page of a provider: errors under status 200, numbers, times. Knows no provider and no table."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import dropwhile
from typing import Literal

from ingestion.fetch import http_errors as errors
from ingestion.fetch.answers import AGAIN_LATER
from ingestion.landing.batch import CellError

Unit = Literal["s", "ms"]
PER_SECOND: Mapping[Unit, int] = {"s": 1, "ms": 1_000}
EARLIEST = datetime(1980, 1, 1)
"""Nothing that we ask for is older; a count of seconds taken for milliseconds lands before it, one of milliseconds taken
for seconds far in the future."""
AHEAD = timedelta(days=1)
"""How far the clock of a provider may be ahead of ours."""


class Unreadable(errors.WrongContent):
    """Bytes that are no document at all."""

    def __init__(self, problem: str) -> None:
        super().__init__("", problem, AGAIN_LATER, status=200)


def parse_json(content: bytes) -> object:
    """The document in `content`; raises Unreadable where there is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"no readable JSON ({type(error).__name__}); the body begins {content[:40]!r}") from None


def parse_object(content: bytes, what: str) -> dict[str, object]:
    """The same of an object; where it is none, says that `what` was asked for."""
    document = parse_json(content)
    if not isinstance(document, dict):
        raise wrong(f"no {what}; the body begins {content[:40]!r}")
    return document


def parse_csv(content: bytes, what: str, is_header: Callable[[list[str]], bool]) -> list[list[str]]:
    """The lines of CSV with something in them from the header on, cells without blanks around them, all as many as there.

    A byte order mark is left out. Raises Unreadable for bytes that are none, and where no line is the header, says that
    `what` was asked for."""
    try:
        text = content.decode("utf-8-sig")
        rows = [[*map(str.strip, row)] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"no readable CSV ({error}); the body begins {content[:40]!r}") from None
    lines = [*dropwhile(lambda line: not is_header(line), filter(any, rows))]
    if not lines:
        raise wrong(f"no {what}; the body begins {content[:40]!r}")
    for place, line in enumerate(lines, start=1):
        if len(line) != len(lines[0]):
            raise Unreadable(f"line {place} from the header on has {len(line)} cells, the header {len(lines[0])}")
    return lines


def wrong(problem: str) -> errors.FetchError:
    """An answer under status 200 that is not what was asked for."""
    return errors.WrongContent("", problem, AGAIN_LATER, status=200)


def unknown(problem: str) -> errors.FetchError:
    """The provider does not know the symbol, or has nothing for the time asked about."""
    return errors.UnknownSubject("", problem, "Check the symbol in ingestion/ledger/feed.csv", status=200)


def quota(problem: str) -> errors.FetchError:
    """The source gives nothing more for a while."""
    return errors.QuotaExceeded("", problem, "The next provider is asked; this one again by the next run", status=200)


def refused(problem: str, key_setting: str | None = None) -> errors.FetchError:
    """The request itself is refused: a parameter, or the key that stands in `key_setting` and its plan."""
    asked = "See under refused/ in the archive what it says, and adapt the provider's module in ingestion/providers"
    remedy = f"Check {key_setting} and what the key entitles to" if key_setting else asked
    return errors.Refused("", problem, remedy, status=200)


def busy(problem: str, pause_seconds: float | None = None) -> errors.FetchError:
    """The provider asks for patience; all who share the limit pause."""
    return errors.Unavailable("", problem, AGAIN_LATER, status=200, retry_after=pause_seconds)


def picked(cells: Mapping[str, object], fields: Mapping[str, str]) -> dict[str, object]:
    """The cells by the columns of `fields`, which says what the provider calls each."""
    return {column: cells.get(name) for column, name in fields.items()}


def number(value: object, column: str) -> float | None:
    """A number given as one or as text, None for none; raises CellError for anything else, infinities and NaN."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise CellError("type", column, f"{value!r} is no number")
    try:
        result = float(value)
    except (ValueError, OverflowError):
        raise CellError("type", column, f"{value!r} is no number") from None
    if not math.isfinite(result):
        raise CellError("not_finite", column, f"{value!r} is not a finite number")
    return result


def moment(value: object, unit: Unit, fetched_at_utc: datetime, column: str = "time") -> datetime:
    """A count of `unit` since 1970 as naive UTC; raises CellError where that is no time that a page can tell of.

    A count in another unit is never taken for what it may have been meant to be.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CellError("type", column, f"{value!r} is no count of {unit} since 1970")
    seconds = value / PER_SECOND[unit]
    latest = fetched_at_utc + AHEAD
    if not EARLIEST.replace(tzinfo=UTC).timestamp() <= seconds <= latest.replace(tzinfo=UTC).timestamp():
        raise CellError(
            "epoch", column, f"{value!r} is no time in {unit} since 1970 from {EARLIEST.date()} to {latest.date()}"
        )
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def utc_day(value: object, fetched_at_utc: datetime) -> date:
    """The UTC day that begins at a count of seconds since 1970; raises CellError for any other hour: a candle of an hour is
    no day."""
    begun = moment(value, "s", fetched_at_utc)
    if begun.time() != time.min:
        raise CellError("type", "time", f"{value!r} is {begun} UTC, not the midnight at which a day begins")
    return begun.date()


def local_date(moment_utc: datetime, zone: tzinfo) -> date:
    """The calendar day in `zone` at a naive UTC moment, whatever the time zone of this process."""
    return moment_utc.replace(tzinfo=UTC).astimezone(zone).date()


def day(value: object, column: str) -> date:
    """An ISO date, also one that is written as its midnight; raises CellError."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    if read is None:
        raise CellError("type", column, f"{value!r} is no date")
    if (read.hour, read.minute, read.second, read.microsecond) != (0, 0, 0, 0):
        raise CellError("type", column, f"{value!r} is no whole day")
    return read.date()
