"""The universe as other sources see it: which issuers, instruments, series and providers exist. Holds names, reads no file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

from ingestion.clock import END_OF_DAY


@dataclass(frozen=True)
class Instrument:
    """An instrument whose bars are kept: whose days it has, and `first_session_date`, that of its listing where it was listed
    after the first session that is kept, else None."""

    calendar: str
    first_session_date: date | None = None


@dataclass(frozen=True)
class Feed:
    """A provider that can be asked about a subject: its place in the order, and what it calls the subject from which day
    on, oldest first."""

    provider: str
    priority: int
    symbols: tuple[tuple[date, str], ...]

    def symbol(self, on: date) -> str:
        """The symbol of a day; before the first one is known, the first."""
        return [symbol for since, symbol in self.symbols if since <= max(on, self.symbols[0][0])][-1]


@dataclass(frozen=True)
class Series:
    """A macro series: how often it has a value, how many days after the one described it is public at the latest, and
    whether published values change later."""

    name: str
    frequency: str
    publication_lag_days: int
    is_revised: bool

    def public_at(self, day: date, seen_utc: datetime) -> datetime:
        """When a value of `day` that was seen at `seen_utc` and is not dated by its provider was public, naive UTC: when the
        lag was over or, where values are revised, when it was seen, since nobody says how long it had stood."""
        over = datetime.combine(day, END_OF_DAY) + timedelta(days=self.publication_lag_days)
        return seen_utc if self.is_revised else over


@dataclass(frozen=True)
class Registrant:
    """An issuer as the SEC knows it: its CIK, ten digits, and every name it is known to have had."""

    issuer: str
    cik: str
    names: frozenset[str]


@dataclass(frozen=True)
class Universe:
    """Short names of the issuers, the instruments by short name, the issuers' registrants by short name, macro series by
    short name, the short names of providers, counterparties by spelling; and by domain and subject who is asked, in the order
    of priority."""

    issuers: frozenset[str]
    instruments: Mapping[str, Instrument]
    registrants: Mapping[str, Registrant] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)
    providers: frozenset[str] = frozenset()
    feeds: Mapping[tuple[str, str], tuple[Feed, ...]] = field(default_factory=dict)
    counterparties: Mapping[str, str] = field(default_factory=dict)

    def calendar(self, domain: str, subject: str) -> Literal["XNYS", "UTC"]:
        """Whether the days of a subject are sessions of the exchange or days of the calendar."""
        instrument = self.instruments.get(subject) if domain == "market" else None
        return "XNYS" if instrument is not None and instrument.calendar == "XNYS" else "UTC"

    @classmethod
    def of(cls, rows: Callable[[str], Sequence[Mapping[str, Any]]]) -> Universe:
        """The universe of the `rows` of ledger files, by what the files are called; one that was rejected is in none."""
        issuers = rows("issuer")
        known = {row["issuer"]: {row["sec_name"]} for row in issuers}
        for row in rows("issuer_name"):
            known.setdefault(row["issuer"], set()).add(row["name"])
        ciks = {row["issuer"]: row["cik"] for row in issuers}
        listed = ("calendar", "first_session_date")
        told = ("series", "frequency", "publication_lag_days", "is_revised")
        return cls(
            frozenset(ciks),
            {row["instrument"]: Instrument(*(row[name] for name in listed)) for row in rows("instrument")},
            {issuer: Registrant(issuer, cik, frozenset(known[issuer])) for issuer, cik in ciks.items()},
            {row["series"]: Series(*(row[name] for name in told)) for row in rows("series")},
            frozenset(row["provider"] for row in rows("provider")),
            _feeds(rows("feed")),
            {row["spelling"]: row["counterparty"] for row in rows("counterparty")},
        )


def _feeds(told: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[Feed, ...]]:
    """Where the rows of one provider differ in priority, the newest one counts."""
    rows: dict[tuple[str, str], dict[str, list[tuple[date, str, int]]]] = defaultdict(lambda: defaultdict(list))
    for row in told:
        named = (row["valid_from_date"], row["symbol"], row["priority"])
        rows[row["domain"], row["subject"]][row["provider"]].append(named)
    found = {}
    for key, providers in rows.items():
        feeds = [
            Feed(name, max(named)[2], tuple((since, symbol) for since, symbol, _ in sorted(named)))
            for name, named in providers.items()
        ]
        found[key] = tuple(sorted(feeds, key=lambda one: (one.priority, one.provider)))
    return found
