"""A lake with prices, actions and questions of a test's own, beside the shipped ledger. No expectations."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from ingestion.calendars import known_at
from ingestion.contracts import TABLES
from ingestion.landing.batch import Batch
from tests.dbt.conftest import NOW, fill_lake

COMMON: dict[str, Any] = {"ingested_at_utc": NOW, "source": "a test", "source_sha256": "a" * 64, "parser_version": "1"}
EVIDENCE = {"citation": "a look", "confidence": "high", "known_at_basis": "registry", "source_line": 2}

Closes = Mapping[date, float]


@dataclass
class Market:
    """What providers said, to be filled. Sessions of the exchange reach from `first` to `last`; bars have a close alone."""

    first: date
    last: date
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from exchange_calendars import get_calendar

        calendar = get_calendar("XNYS", start=self.first.isoformat(), end=self.last.isoformat())
        early = {stamp.date() for stamp in calendar.early_closes}
        self.closes = {
            stamp.date(): close.to_pydatetime().replace(tzinfo=None)
            for stamp, close in calendar.schedule["close"].items()
        }
        self.rows["raw_calendar__session"] = []
        for day, close in self.closes.items():
            opened = close - timedelta(hours=3)
            self._add("raw_calendar__session", ("XNYS", day, opened, close, day in early, opened))

    def _add(self, table: str, values: Sequence[object], **more: object) -> None:
        """A row: the values by the first columns of the table and the moment it was known, the last of them; `more` by name."""
        own = [column.name for column in TABLES[table].own_columns][: len(values) - 1]
        row = dict(zip([*own, "known_at_utc"], values, strict=True))
        self.rows.setdefault(table, []).append({**row, **more})

    def bars(self, instrument: str, provider: str, closes: Closes, calendar: str = "XNYS") -> None:
        """Bars known when they were complete, and a question about their whole span that was answered."""
        for day in sorted(closes):
            known = known_at("market", calendar, day, self.closes)
            self._add("raw_market__bar", (instrument, day, provider, known), close_usd=closes[day])
        self._add("raw_market__coverage", (instrument, provider, min(closes), max(closes), NOW))

    def action(self, instrument: str, provider: str, ex_date: date, action: str, amount: float) -> None:
        """A split or dividend, known from the morning of its ex-date."""
        known = datetime(ex_date.year, ex_date.month, ex_date.day)
        amounts = {"split_ratio" if action == "split" else "dividend_usd": amount}
        self._add("raw_market__action", (instrument, ex_date, action, provider, known), **amounts)

    def corrected(self, instrument: str, provider: str, day: date, close: float) -> None:
        """A later vintage of a bar."""
        known = NOW - timedelta(days=1)
        self._add("raw_market__bar", (instrument, day, provider, known), close_usd=close)

    def excluded(self, instrument: str, provider: str, day: date) -> None:
        """A bar that a person ruled out."""
        row = {"instrument": instrument, "session_date": day, "provider": provider, "reason": "ten times too high"}
        self.rows.setdefault("raw_ledger__bar_exclusion", []).append({**row, **EVIDENCE, "known_at_utc": NOW})

    def unanswered(self, instrument: str, provider: str, first: date, last: date) -> None:
        """A question that failed."""
        asked = NOW - timedelta(hours=1)
        row = {"asked_date": asked.date(), "asked_at_utc": asked, "domain": "market", "subject": instrument}
        row |= {"provider": provider, "priority": 1, "first_date": first, "last_date": last, "outcome": "failed"}
        row |= {"problem": "no answer within 30 seconds", "requests": 0, "seconds": 30.0, "known_at_utc": asked}
        self.rows.setdefault("raw_feed__request", []).append(row)

    def lake(self, home: Path) -> Path:
        """A lake of these rows and of the shipped ledger; of nothing else."""
        own = {}
        for name, rows in self.rows.items():
            blank = dict.fromkeys(column.name for column in TABLES[name].columns)
            records = [{**blank, **COMMON, **row} for row in rows]
            own[name] = Batch(TABLES[name], records, (), frozenset({"a test"}))
        fill_lake(home, own=own)
        return home / "lake"


def closes_of(file: Path, first: date = date.min, last: date = date.max) -> dict[date, float]:
    """Closes by day of a file of daily bars, header line or the three lines of yfinance."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    place = rows[0].index("Close")
    days = {date.fromisoformat(row[0]): float(row[place]) for row in rows[1:] if row[0][:2] in ("19", "20")}
    return {day: close for day, close in days.items() if first <= day <= last}


def dividends_of(file: Path, first: date = date.min) -> Iterator[tuple[date, float]]:
    """Ex-dates and amounts of a file of dividends."""
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if date.fromisoformat(row["Date"]) >= first:
                yield date.fromisoformat(row["Date"]), float(row["Dividend"])
