"""Which days a provider is to be asked for: from the calendar, the names in the archive and the bars in the lake. Pure; asks
nobody and reads no file."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from ingestion.calendars import CLOSE_LAG
from ingestion.feeds.provider import Provider, Window

REACH = 5
"""Days before the first missing one that are asked for once more, so that a vendor's correction is seen."""
MOST_ANSWERS = 3
"""A day that answers of so many days covered without bringing it is not available from the provider."""
NO_LAG = timedelta(0)
PERIOD_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92}
NAME = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{4}-\d{2}-\d{2})_asked_(\d{4}-\d{2}-\d{2})", re.ASCII)


@dataclass(frozen=True)
class Answered:
    """What an archived answer of a provider about a subject was asked for, and on which UTC day. `is_read` says that the
    lake has taken it in, so that what it does not hold was not in the answer."""

    window: Window
    asked: date
    is_read: bool = True


@dataclass(frozen=True)
class Wanted:
    """A window to ask for. `is_first` says that days in it were never answered; else all were, without bringing it all."""

    window: Window
    is_first: bool


def name_of(window: Window, asked: date) -> str:
    """How the archive names the answer for `window` of a UTC day, below the subject."""
    return f"{window.first}_{window.last}_asked_{asked}"


def read_name(name: str) -> tuple[Window, date] | None:
    """Window and day of a name that `name_of` gave; None for another name."""
    found = NAME.fullmatch(name)
    if found is None:
        return None
    try:
        first, last, asked = (date.fromisoformat(text) for text in found.groups())
        return Window(first, last), asked
    except ValueError:
        return None


def sessions_until(closes: Mapping[date, datetime], since: date, now_utc: datetime) -> list[date]:
    """The exchange sessions from `since` on whose bar is public at `now_utc`. All times are naive UTC."""
    return [day for day in sorted(closes) if day >= since and closes[day] + CLOSE_LAG <= now_utc]


def days_until(since: date, now_utc: datetime, lag: timedelta = NO_LAG) -> list[date]:
    """The UTC days from `since` on that ended at least `lag` before `now_utc`."""
    last = (now_utc - lag).date() - timedelta(days=1)
    return [since + timedelta(days=n) for n in range((last - since).days + 1)]


def wanted_days(
    expected: Sequence[date],
    answered: Iterable[Answered],
    absent: Callable[[], Iterable[date]],
    today: date,
    *,
    only_missing: bool,
) -> tuple[list[date], list[date]]:
    """Of the `expected` days, ascending: those never answered, and those to be asked for again.

    The latter were answered and are still `absent` from the lake. They are asked for once a day until answers of
    MOST_ANSWERS days cover them; while the lake has not read an answer, nobody knows what is in it. With `only_missing`
    there are none.
    """
    spans = list(answered)
    never = unanswered(expected, spans)
    if only_missing:
        return never, []
    return never, [day for day in sorted({*absent()} - {*never}) if _is_due(day, spans, today)]


def unanswered(expected: Sequence[date], spans: Iterable[Answered]) -> list[date]:
    """The `expected` days, ascending, that no answer covers."""
    covered = bytearray(len(expected))
    for span in spans:
        first, after = bisect_left(expected, span.window.first), bisect_right(expected, span.window.last)
        covered[first:after] = b"\1" * max(after - first, 0)
    found, place = [], covered.find(0)
    while place >= 0:
        found.append(expected[place])
        place = covered.find(0, place + 1)
    return found


def _is_due(day: date, spans: Iterable[Answered], today: date) -> bool:
    over = [span for span in spans if span.window.first <= day <= span.window.last]
    asked = {span.asked for span in over}
    return len(asked) < MOST_ANSWERS and today not in asked and all(span.is_read for span in over)


def windows(
    expected: Sequence[date], never: Iterable[date], again: Iterable[date], provider: Provider, *, reach: int
) -> list[Wanted]:
    """Windows over the days of `never` and `again`, each from `reach` expected days before its first one, oldest first.

    What then overlaps or touches is one window. One of a provider that reaches to now goes on to the newest expected day.
    """
    new = set(never)
    runs: list[tuple[int, int, bool]] = []
    for day in sorted(new.union(again)):
        place = bisect_left(expected, day)
        first, is_first = max(place - reach, 0), day in new
        if runs and (first <= runs[-1][1] + 1 or provider.reaches_to_now):
            runs[-1] = (runs[-1][0], place, runs[-1][2] or is_first)
        else:
            runs.append((first, place, is_first))
    last = len(expected) - 1
    return [
        Wanted(Window(expected[first], expected[last if provider.reaches_to_now else end]), is_first)
        for first, end, is_first in runs
    ]


def series_windows(
    since: date,
    answered: Iterable[Answered],
    newest: date | None,
    today: date,
    overlap: timedelta,
    *,
    only_missing: bool,
) -> list[Wanted]:
    """Windows over the days from `since` to `today` of a series that has values on days of its own, oldest first.

    The one that ends today reaches back by `overlap`, and to the `newest` observation that is held where that is older: a
    value may come late. There is none on a day on which today was answered already.
    """
    spans = list(answered)
    days = [since + timedelta(days=n) for n in range((today - since).days + 1)]
    found: list[Wanted] = []
    for day in unanswered(days, spans):
        if found and day == found[-1].window.last + timedelta(days=1):
            found[-1] = Wanted(Window(found[-1].window.first, day), True)
        else:
            found.append(Wanted(Window(day, day), True))
    if found and found[-1].window.last == today and not only_missing:
        window = found[-1].window
        reached = window.first - overlap
        if newest is not None:
            reached = min(reached, newest)
        found[-1] = Wanted(Window(max(min(reached, window.first), since), today), True)
    return found


def series_overlap(frequency: str, publication_lag_days: int) -> timedelta:
    """REACH periods of a series and its publication lag."""
    return timedelta(days=REACH * PERIOD_DAYS[frequency] + publication_lag_days)


def pieces(
    window: Window, symbols: Sequence[tuple[date, str]], provider: Provider, today: date
) -> list[tuple[Window, list[str]]]:
    """The questions about `window`: cut where the symbol changes and to what the provider can bring at once. With each the
    symbols to try: that of its days, then the later ones, under which a provider may keep the history of the old.

    The first symbol holds for all days before it, too. A provider that reaches to now is asked under its newest symbol
    alone: an answer that ends with an old one would not tell the splits since. Days that the provider cannot give are in no
    piece.
    """
    if provider.reaches_to_now:
        symbols = symbols[-1:]
    found = []
    for place, since in enumerate([date.min, *(since for since, _ in symbols[1:])]):
        until = symbols[place + 1][0] - timedelta(days=1) if place + 1 < len(symbols) else window.last
        first, last = max(since, window.first), min(until, window.last)
        if first <= last:
            later = [symbol for _, symbol in symbols[place:]]
            found += [(cut, later) for cut in provider.windows(Window(first, last), today)]
    return found


def left_over(days: Iterable[date], asked: Iterable[Window]) -> list[date]:
    """The `days` that are in none of the windows `asked`."""
    spans = list(asked)
    return [day for day in days if not any(span.first <= day <= span.last for span in spans)]
