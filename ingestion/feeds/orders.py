"""What is missing of each subject: the days that are due, who can be asked, what each has answered. Asks nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from ingestion.bundle.network import CONFIRMATION_LAG
from ingestion.contracts import MACRO_OBSERVATION, MARKET_BAR, NETWORK_DAY
from ingestion.feeds import plan, registry
from ingestion.feeds.answered import folder_of, spans, whole_answers
from ingestion.feeds.client import FeedClient
from ingestion.feeds.held import HeldBars, held_days, newest_observations
from ingestion.feeds.plan import REACH, Answered, Wanted
from ingestion.feeds.provider import Domain, Provider, Target, Window
from ingestion.fetch.archive import Archive
from ingestion.landing.lake import Lake
from ingestion.universe import Feed, Universe

ASKED_OF = 2
"""Providers that are asked about each subject, so that they can be compared."""
SINCE_NOTES = "feed/since"
FAILED_NOTES = "feed/failed"
"""The last day on which a provider failed about a subject, by `key_of`."""
TABLES = {"market": MARKET_BAR, "network": NETWORK_DAY, "macro": MACRO_OBSERVATION}


@dataclass
class Order:
    """A subject to ask about: its `expected` days, ascending, and the providers that can be asked, in their order.

    `engaged` are those that are asked in this run, `asked` for what, `stand_ins` who is asked in whose place.
    """

    domain: Domain
    subject: str
    calendar: Literal["XNYS", "UTC"]
    expected: Sequence[date]
    feeds: tuple[Feed, ...]
    engaged: set[str] = field(default_factory=set)
    asked: dict[str, list[Window]] = field(default_factory=dict)
    stand_ins: dict[str, Feed] = field(default_factory=dict)


def key_of(order: Order, provider: str) -> str:
    """A provider and a subject in the notes of the archive."""
    return f"{order.domain}/{order.subject}/{provider}"


class Orders:
    """Makes the orders of a run; see Asking for what it is given."""

    def __init__(
        self,
        client: FeedClient,
        universe: Universe,
        closes: Mapping[date, datetime],
        now_utc: datetime,
        since: date,
        lake: Lake,
        *,
        only_missing: bool,
    ) -> None:
        self._client, self._universe, self._closes, self._now, self._since = client, universe, closes, now_utc, since
        self._lake, self._only_missing = lake, only_missing
        self._days: dict[tuple[str, date], list[date]] = {}
        self._applied: dict[str, dict[str, str]] = {}
        self._spans: dict[str, dict[str, list[Answered]]] = {}

    def take(self, domain: Domain, subjects: Collection[str] | None) -> list[Order]:
        """The orders of a domain by subject."""
        noted = noted_since(self._client.archive)
        found = []
        for (own, subject), feeds in sorted(self._universe.feeds.items()):
            if own != domain or (subjects is not None and subject not in subjects):
                continue
            known = [one for one in feeds if one.provider in registry.PLACES]
            can = tuple(one for one in known if self._client.has_key(registry.provider(one.provider)))
            first = max(self._noted(noted, domain, subject), self._listed(domain, subject))
            calendar = self._universe.calendar(domain, subject)
            expected = self._expected(domain, calendar, first)
            if can and expected:
                found.append(Order(domain, subject, calendar, expected, can))
        return found

    def wanted(self, order: Order, provider: Provider, days: Sequence[date] | None) -> tuple[list[Wanted], list[date]]:
        """The windows that `provider` is to be asked for, and the days among them that it never answered.

        With `days`, those in whose place it stands in: of these, what it never answered.
        """
        answered = self._answered(order, provider)
        if days is not None:
            asked = [Answered(window, self._now.date()) for window in order.asked.get(provider.name, [])]
            never = plan.unanswered(days, [*answered, *asked])
            return plan.windows(order.expected, never, (), provider, reach=0), never
        answered = [*answered, *self._stood_in(order, provider)]
        if order.domain == "macro":
            series = (self._universe.series or {})[order.subject]
            overlap = plan.series_overlap(series.frequency, series.publication_lag_days)
            newest = self._newest.get((provider.name, order.subject))
            found = plan.series_windows(
                order.expected[0], answered, newest, order.expected[-1], overlap, only_missing=self._only_missing
            )
            return found, plan.unanswered(order.expected, answered)
        never, again = plan.wanted_days(
            order.expected,
            answered,
            lambda: self._absent(order, provider),
            self._now.date(),
            only_missing=self._only_missing,
        )
        reach = 0 if self._only_missing else REACH
        return plan.windows(order.expected, never, again, provider, reach=reach), never

    def _expected(self, domain: Domain, calendar: str, first: date) -> list[date]:
        key = (f"{domain}/{calendar}", first)
        if key not in self._days:
            if domain == "macro":
                # A value of today may be out already; which days have one, nobody knows before.
                days = [*plan.days_until(first, self._now), self._now.date()] if first <= self._now.date() else []
            elif calendar == "XNYS":
                days = plan.sessions_until(self._closes, first, self._now)
            else:
                days = plan.days_until(first, self._now, CONFIRMATION_LAG if domain == "network" else plan.NO_LAG)
            self._days[key] = days
        return self._days[key]

    def _answered(self, order: Order, provider: Provider) -> list[Answered]:
        if provider.name not in self._spans:
            answers = whole_answers(self._client.archive, order.domain, provider.name)
            mark = self._marks(order.domain).get(folder_of(order.domain, provider.name))
            self._spans[provider.name] = spans(answers, mark)
        feed = next(one for one in order.feeds if one.provider == provider.name)
        target = Target(order.domain, order.subject, feed.symbols[-1][1], order.calendar)
        return self._spans[provider.name].get(provider.shared(target), [])

    def _stood_in(self, order: Order, provider: Provider) -> list[Answered]:
        """The days that enough other providers have answered today, as if `provider` had, which failed today: tomorrow it
        is asked for them again. A backfill asks it at once."""
        today = self._now.date()
        if self._only_missing or self._failed.get(key_of(order, provider.name)) != today.isoformat():
            return []
        others = [registry.provider(one.provider) for one in order.feeds if one.provider != provider.name]
        spans = [[one for one in self._answered(order, other) if one.asked == today] for other in others]
        silent = Counter(day for own in spans for day in plan.unanswered(order.expected, own))
        enough = len(others) - ASKED_OF
        return [Answered(Window(day, day), today) for day in order.expected if silent[day] <= enough]

    @cached_property
    def _failed(self) -> dict[str, str]:
        return self._client.archive.remembered(FAILED_NOTES)

    def _absent(self, order: Order, provider: Provider) -> list[date]:
        if order.domain == "network":
            held = self._network.get(provider.name, set())
            return [day for day in order.expected if day not in held]
        return self._bars.absent(provider.name, order.subject, order.expected[0])

    def _marks(self, domain: Domain) -> dict[str, str]:
        if domain not in self._applied:
            self._applied[domain] = self._lake.applied(TABLES[domain])
        return self._applied[domain]

    @cached_property
    def _bars(self) -> HeldBars:
        calendars = {name: one.calendar for name, one in self._universe.instruments.items()}
        first = min((days[0] for key, days in self._days.items() if key[0].startswith("market/") and days))
        expected = {name: self._expected("market", name, first) for name in ("XNYS", "UTC")}
        return HeldBars(self._lake, expected, calendars)

    @cached_property
    def _network(self) -> dict[str, set[date]]:
        first = min(days[0] for key, days in self._days.items() if key[0].startswith("network/") and days)
        return held_days(self._lake, first)

    @cached_property
    def _newest(self) -> dict[tuple[str, str], date]:
        series = [subject for domain, subject in self._universe.feeds if domain == "macro"]
        return newest_observations(self._lake, series)

    def _listed(self, domain: Domain, subject: str) -> date:
        instrument = self._universe.instruments.get(subject) if domain == "market" else None
        return (instrument.first_session_date if instrument else None) or date.min

    def _noted(self, noted: Mapping[str, date], domain: Domain, subject: str) -> date:
        """The first day wanted: what was asked for by name or for the whole domain, else where the bundle ends."""
        own = [noted[key] for key in (f"{domain}/{subject}", domain) if key in noted]
        return min(own) if own else self._since


def note_since(archive: Archive, domains: Collection[Domain], subjects: Collection[str] | None, since: date) -> None:
    """Remember from which day on these subjects, or all of the domains, are wanted."""
    keys = [f"{domain}/{subject}" for domain in domains for subject in subjects or ()] if subjects else list(domains)
    archive.remember(SINCE_NOTES, {**archive.remembered(SINCE_NOTES), **{key: since.isoformat() for key in keys}})


def noted_since(archive: Archive) -> dict[str, date]:
    """What `note_since` remembered, by domain or by domain and subject."""
    found = {}
    for key, text in archive.remembered(SINCE_NOTES).items():
        try:
            found[key] = date.fromisoformat(text)
        except ValueError:  # whoever wrote that did not mean a day
            continue
    return found
