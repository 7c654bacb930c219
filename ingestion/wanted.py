"""Which provider is asked for which days: calendar and universe against what the archive and the lake hold. Asks nobody."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any, Literal

from ingestion.answers import folder_of, noted_since, taken_until, whole_answers
from ingestion.calendars import known_at
from ingestion.clock import MOST_ANSWERS, PERIOD_DAYS, REACH
from ingestion.held import TABLES, Held, bits_of, days_of, held
from ingestion.landing.lake import Lake
from ingestion.providers import provider as providers
from ingestion.providers.client import FeedClient
from ingestion.providers.provider import Provider
from ingestion.providers.rows import Domain, Target, Window
from ingestion.universe import Feed, Universe

ASKED_OF = 2
"""Providers that are asked about each subject, so that they can be compared."""
FAILED_NOTES = "feed/failed"
"""The last day on which a provider failed about a subject, by `Subject.key`."""
TRIED_NOTES = "feed/tried"
"""The moment of the last run in which a provider failed on a subject or did not know it, by `Subject.key`."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Answered:
    """What an archived answer of a provider about a subject was asked for, and on which UTC day. `is_read` says that the
    lake has taken it in, so that what it does not hold was not in the answer."""

    window: Window
    asked: date
    is_read: bool = True


@dataclass(frozen=True)
class Gap:
    """A window to ask for. `is_first` says that days in it were never answered; else all were, without bringing it all."""

    window: Window
    is_first: bool


@dataclass
class Subject:
    """What is asked about: its `expected` days, ascending, and the providers that can be asked, in their order.

    `engaged` are those that are asked in this run, `asked` for what, `stand_ins` who is asked in whose place.
    """

    domain: Domain
    name: str
    calendar: Literal["XNYS", "UTC"]
    expected: list[date]
    feeds: tuple[Feed, ...]
    engaged: set[str] = field(default_factory=set)
    asked: dict[str, list[Answered]] = field(default_factory=dict)
    stand_ins: dict[str, Feed] = field(default_factory=dict)

    def target(self, symbol: str) -> Target:
        """The subject under a provider's `symbol`."""
        return Target(self.domain, self.name, symbol, self.calendar)

    def key(self, provider: str) -> str:
        """A provider and the subject in the notes of the archive."""
        return f"{self.domain}/{self.name}/{provider}"


@dataclass
class Wanted:
    """What is missing at `now_utc` of what the archive of `client` and the lake hold about the subjects of `universe`.

    `closes` gives the close of each exchange session, naive UTC. The first day wanted, where no backfill asked for earlier
    ones, is that after the last `shipped` one, else `since`. With `only_missing` nothing is asked for again, as a backfill does.
    """

    client: FeedClient
    universe: Universe
    closes: Mapping[date, datetime]
    now_utc: datetime
    since: date
    lake: Lake
    only_missing: bool = False
    shipped: Mapping[tuple[Domain, str], date] = field(default_factory=dict)
    _bits: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Each is worked out once in a run: archive and lake stay as they were when it began.
        self._marks = cache(lambda domain: self.lake.applied(TABLES[domain]))
        self._held, self._all_answers = cache(self._lake_holds), cache(self._archive_holds)
        self._expected = cache(self._expected_days)
        self.today = self.now_utc.date()
        self._noted = noted_since(self.client.archive)
        self._first = min([self.since, *(day + DAY for day in self.shipped.values()), *self._noted.values()])

    def subjects(self, domain: Domain, names: Collection[str] | None) -> list[Subject]:
        """The subjects of a domain of which days are due and that somebody can be asked about, by name."""
        found = []
        for (own, name), feeds in sorted(self.universe.feeds.items()):
            if own != domain or (names is not None and name not in names):
                continue
            known = [one for one in feeds if one.provider in providers.PLACES]
            can = tuple(one for one in known if self.client.has_key(providers.provider(one.provider)))
            noted = [self._noted[key] for key in (f"{domain}/{name}", domain) if key in self._noted]
            instrument = self.universe.instruments.get(name) if domain == "market" else None
            listed = (instrument.first_session_date if instrument else None) or date.min
            calendar = self.universe.calendar(domain, name)
            since = self.shipped[domain, name] + DAY if (domain, name) in self.shipped else self.since
            expected = self._expected(domain, calendar, max(min(noted, default=since), listed))
            if can and expected:
                found.append(Subject(domain, name, calendar, expected, can))
        return found

    def gaps(
        self, subject: Subject, provider: Provider[Any], days: Sequence[date] | None
    ) -> tuple[list[Gap], list[date]]:
        """The windows that `provider` is to be asked for, and the days among them that it never answered.

        With `days`, those in whose place it stands in: of these, what it never answered.
        """
        answered = self._answered(subject, provider)
        if days is not None:
            never = unanswered(days, [*answered, *subject.asked.get(provider.name, [])])
            return gaps(subject.expected, never, (), provider, reach=0), never
        answered = [*answered, *self._stood_in(subject, provider)]
        if subject.domain == "macro":
            series = self.universe.series[subject.name]
            overlap = series_overlap(series.frequency, series.publication_lag_days)
            never = unanswered(subject.expected, answered)
            found = gaps(subject.expected, never, (), provider, reach=0)
            if found and not self.only_missing:
                own = self._held(subject.domain).get((provider.name, subject.name))
                found[-1] = reaching_back(found[-1], subject.expected, overlap, own.newest if own else None)
            return found, never
        never = unanswered(subject.expected, answered)
        again = [] if self.only_missing else due(self._absent(subject, provider), answered, self.today)
        return gaps(subject.expected, never, again, provider, reach=0 if self.only_missing else REACH), never

    def turn(self, subject: Subject, provider: Provider[Any]) -> str:
        """When `provider` last answered about `subject` or failed on it, a day or moment that sorts; empty where it never did."""
        answered = max((one.asked.isoformat() for one in self._answered(subject, provider)), default="")
        return max(answered, self._tried.get(subject.key(provider.name), ""))

    def _expected_days(self, domain: Domain, calendar: str, first: date) -> list[date]:
        # A macro value of today may be out already; which days have one, nobody knows before.
        now_utc = self.now_utc + DAY if domain == "macro" else self.now_utc
        return expected_days(domain, calendar, self.closes, first, now_utc)

    def _answered(self, subject: Subject, provider: Provider[Any]) -> list[Answered]:
        feed = next(one for one in subject.feeds if one.provider == provider.name)
        shared = provider.shared(subject.target(feed.symbols[-1][1]))
        return self._all_answers(subject.domain, provider.name).get(shared, [])

    def _archive_holds(self, domain: Domain, provider: str) -> dict[str, list[Answered]]:
        """The answers of a provider by the name under which they are archived."""
        until = taken_until(self._marks(domain).get(folder_of(domain, provider)))
        found: dict[str, list[Answered]] = {}
        for one in whole_answers(self.client.archive, domain, provider):
            found.setdefault(one.shared, []).append(Answered(one.window, one.asked, one.stamp <= until))
        return found

    def _stood_in(self, subject: Subject, provider: Provider[Any]) -> list[Answered]:
        """The days that enough other providers have answered today, as if `provider` had, which failed today: tomorrow it
        is asked for them again. A backfill asks it at once."""
        if self.only_missing or self._failed.get(subject.key(provider.name)) != self.today.isoformat():
            return []
        others = [providers.provider(one.provider) for one in subject.feeds if one.provider != provider.name]
        spans = [[one for one in self._answered(subject, other) if one.asked == self.today] for other in others]
        silent = Counter(day for own in spans for day in unanswered(subject.expected, own))
        enough = len(others) - ASKED_OF
        return [Answered(Window(day, day), self.today) for day in subject.expected if silent[day] <= enough]

    @cached_property
    def _failed(self) -> dict[str, str]:
        return self.client.archive.remembered(FAILED_NOTES)

    @cached_property
    def _tried(self) -> dict[str, str]:
        return self.client.archive.remembered(TRIED_NOTES)

    def _absent(self, subject: Subject, provider: Provider[Any]) -> list[date]:
        """The expected days of which the lake holds nothing from the provider."""
        key = id(subject.expected)  # the lists live as long as this does
        if key not in self._bits:
            self._bits[key] = bits_of(subject.expected, self._first)
        own = self._held(subject.domain).get((provider.name, subject.name))
        return days_of(self._bits[key] & ~(own.days if own else 0), self._first)

    def _lake_holds(self, domain: Domain) -> dict[tuple[str, str], Held]:
        """What the lake holds; nothing of a lake without marks, of which nobody knows what it took in."""
        return held(self.lake, domain, self._first, self.today) if self._marks(domain) else {}


def expected_days(
    domain: Domain, calendar: str, closes: Mapping[date, datetime], since: date, now_utc: datetime
) -> list[date]:
    """The sessions, or UTC days, from `since` on whose data are public at `now_utc`. All times are naive UTC."""
    last = now_utc.date()
    days = sorted(closes) if calendar == "XNYS" else [since + n * DAY for n in range((last - since).days + 1)]
    return [day for day in days if since <= day <= last and known_at(domain, calendar, day, closes) <= now_utc]


def due(absent: Iterable[date], answered: Sequence[Answered], today: date) -> list[date]:
    """The days to ask for again: they were answered and are still `absent` from the lake. They are asked for once a day until
    answers of MOST_ANSWERS days cover them; while the lake has not read an answer, nobody knows what is in it."""
    again = []
    for day in absent:
        over = [span for span in answered if span.window.first <= day <= span.window.last]
        asked = {span.asked for span in over}
        if over and len(asked) < MOST_ANSWERS and today not in asked and all(span.is_read for span in over):
            again.append(day)
    return again


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


def gaps(
    expected: Sequence[date], never: Iterable[date], again: Iterable[date], provider: Provider[Any], *, reach: int
) -> list[Gap]:
    """Windows over the days of `never` and `again`, each from `reach` expected days before its first one, oldest first.

    What then overlaps or touches is one window. One of a split-adjusted provider goes on to the newest expected day.
    """
    new = set(never)
    runs: list[tuple[int, int, bool]] = []
    for day in sorted(new.union(again)):
        place = bisect_left(expected, day)
        first, is_first = max(place - reach, 0), day in new
        if runs and (first <= runs[-1][1] + 1 or provider.is_split_adjusted):
            runs[-1] = (runs[-1][0], place, runs[-1][2] or is_first)
        else:
            runs.append((first, place, is_first))
    last = len(expected) - 1
    return [
        Gap(Window(expected[first], expected[last if provider.is_split_adjusted else end]), is_first)
        for first, end, is_first in runs
    ]


def reaching_back(gap: Gap, expected: Sequence[date], overlap: timedelta, newest: date | None) -> Gap:
    """The gap of a series: one that ends today reaches back by `overlap`, and to the `newest` observation that is held
    where that is older, since a value may come late."""
    if gap.window.last != expected[-1]:
        return gap
    first = min(gap.window.first - overlap, newest or date.max)
    return Gap(Window(max(first, expected[0]), gap.window.last), gap.is_first)


def series_overlap(frequency: str, publication_lag_days: int) -> timedelta:
    """REACH periods of a series and its publication lag."""
    return timedelta(days=REACH * PERIOD_DAYS[frequency] + publication_lag_days)


def pieces(
    window: Window, symbols: Sequence[tuple[date, str]], provider: Provider[Any], today: date
) -> list[tuple[Window, list[str]]]:
    """The questions about `window`: cut where the symbol changes and to what the provider can bring at once. With each the
    symbols to try: that of its days, then the later ones, under which a provider may keep the history of the old.

    The first symbol holds for all days before it, too. A split-adjusted provider is asked under its newest symbol
    alone: an answer that ends with an old one would not tell the splits since. Days that the provider cannot give are in no
    piece.
    """
    if provider.is_split_adjusted:
        symbols = symbols[-1:]
    found = []
    for place, since in enumerate([date.min, *(since for since, _ in symbols[1:])]):
        until = symbols[place + 1][0] - DAY if place + 1 < len(symbols) else window.last
        first, last = max(since, window.first), min(until, window.last)
        if first <= last:
            later = [symbol for _, symbol in symbols[place:]]
            found += [(cut, later) for cut in provider.windows(Window(first, last), today)]
    return found
