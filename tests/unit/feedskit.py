"""Homes for tests of the feeds: the universe as shipped, answers put into an archive, and tables landed from there."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

import ingestion
from ingestion.answers import note_since, source_of
from ingestion.ask import Asking
from ingestion.calendars import parse_sessions, render_sessions
from ingestion.contracts import MARKET_BAR, TABLES
from ingestion.contracts.contract import Table
from ingestion.fetch.answers import Bounds
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch, summarise
from ingestion.landing.lake import Lake
from ingestion.landing.staging import stage
from ingestion.load import Ingestion
from ingestion.outcomes import Outcome
from ingestion.providers.client import FeedClient
from ingestion.providers.provider import DOMAINS
from ingestion.providers.rows import Domain, Window
from ingestion.read import FEED_TABLES, Reader
from ingestion.universe import Universe
from ingestion.wanted import Wanted
from tests.feeds.server import FeedServer
from tests.feeds.world import KEYS, serve_market
from tests.lakes import rows_of

ROOM = Path(ingestion.__file__).parent
CLOSES = {one.session_date: one.close_utc for one in parse_sessions("test", render_sessions(date(2027, 6, 30)))}
TIINGO_KEY = {"HASHWATT_TIINGO_KEY": KEYS["tiingo"]}
SINCE = date(2026, 1, 1)
FIRST, LAST = date(2025, 12, 1), date(2026, 4, 30)
NOW = datetime(2026, 3, 13, 22)
"""A Friday evening; clocks went forward the Sunday before."""
TODAY = NOW.date()
QUICK = Bounds(
    attempts=2,
    total_seconds=5.0,
    connect_seconds=1.0,
    read_seconds=1.0,
    first_pause_seconds=0.01,
    longest_pause_seconds=0.02,
)
LATER = datetime(2099, 1, 1)
"""After everything: bounds no row of a table."""


@cache
def universe() -> Universe:
    """Issuers, instruments, series and feeds as shipped."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Storage(Path(folder)))
        return Ingestion("bundle", archive, ROOM / "ledger", ROOM / "bundle", datetime(2026, 11, 20)).universe


def part_of(domain: Domain, subjects: Collection[str]) -> Universe:
    """The universe in which nobody is asked about anything else."""
    whole = universe()
    feeds = {key: feeds for key, feeds in whole.feeds.items() if key[0] == domain and key[1] in subjects}
    return Universe(whole.issuers, whole.instruments, whole.registrants, whole.series, whole.providers, feeds)


@dataclass
class Home:
    """An archive and a lake in `folder`; `keys` as a person would have set them, unless told otherwise Tiingo's alone."""

    folder: Path
    universe: Universe = field(default_factory=universe)
    keys: Mapping[str, str] = field(default_factory=lambda: TIINGO_KEY)

    def __post_init__(self) -> None:
        self.archive, self.lake = Archive(Storage(self.folder / "archive")), Lake(Storage(self.folder / "lake"))

    def client(self, server: FeedServer | str, bounds: Bounds = QUICK) -> FeedClient:
        """Asks `server`, or the one at this address."""
        url = server if isinstance(server, str) else server.url
        return FeedClient(self.archive, self.keys, base_url=url, limit_folder=self.folder / "limits", bounds=bounds)

    def ask(
        self,
        server: FeedServer | str,
        now_utc: datetime,
        domains: Collection[Domain] = DOMAINS,
        subjects: Collection[str] | None = None,
        *,
        since: date | None = None,
        only_missing: bool = False,
        lines: list[str] | None = None,
        bounds: Bounds = QUICK,
    ) -> list[Outcome]:
        """What asking at `now_utc` comes to."""
        if since is not None:
            note_since(self.archive, domains, subjects, since)
        wanted = Wanted(self.client(server, bounds), self.universe, CLOSES, now_utc, SINCE, self.lake, only_missing)
        return Asking(wanted, ([] if lines is None else lines).append).everything(domains, subjects)

    def put(
        self,
        domain: Domain,
        provider: str,
        shared: str,
        window: Window,
        content: bytes,
        fetched_at_utc: datetime,
        symbols: Mapping[str, str] | None = None,
    ) -> str:
        """Archive an answer as if `provider` had given it; its name."""
        source = source_of(domain, provider, shared, window, fetched_at_utc.date())
        request = {"symbols": dict(symbols or {})}
        return self.archive.put(source, content, fetched_at_utc=fetched_at_utc, request=request).source

    def batches(self, table: Table) -> list[Batch]:
        return list(Reader(self.archive, self.universe, CLOSES).batches(table, self.lake))

    def land(self, tables: Iterable[Table] | None = None) -> None:
        """Take what is archived into the lake, as a refresh does when its gates are content."""
        for table in (TABLES[name] for name in sorted(FEED_TABLES)) if tables is None else tables:
            staged = stage(self.lake, table, self.batches(table), self.folder / "staging", LATER)
            assert staged.rejected == (), summarise(staged.rejected)
            self.lake.promote(staged)

    def rows(self, table: Table, *columns: str) -> list[tuple[object, ...]]:
        """Some columns of all rows, in the order of the table."""
        read = rows_of(self.lake, table)
        return list(zip(*(read[name].to_pylist() for name in columns), strict=True))

    def everything(self) -> dict[str, pa.Table]:
        """All rows of all feed tables by table."""
        return {name: rows_of(self.lake, TABLES[name]) for name in sorted(FEED_TABLES)}


class Life(Home):
    """A home that asks about two shares and a coin, and the markets as all providers of prices tell them."""

    def __init__(self, folder: Path, server: FeedServer) -> None:
        super().__init__(folder, part_of("market", ["MSTR", "RIOT", "BTC-USD"]))
        self.server, self.world = server, serve_market(server, FIRST, LAST, NOW)

    def about(self, *subjects: str, keys: Mapping[str, str] = TIINGO_KEY) -> None:
        """From now on it asks about these, with these keys."""
        self.universe, self.keys = part_of("market", subjects), keys

    def ask(self, now_utc: datetime, *what: Any, **options: Any) -> list[Outcome]:
        return super().ask(self.server, now_utc, *what, **options)

    def on(self, now_utc: datetime) -> list[Outcome]:
        """What a refresh at this moment asks, landed."""
        self.world.at(now_utc)
        outcomes = self.ask(now_utc)
        self.land()
        return outcomes

    def days(self, provider: str) -> list[object]:
        """The days of which it has a bar of the provider."""
        return [day for by, day in self.rows(MARKET_BAR, "provider", "session_date") if by == provider]


def candles(closes: Mapping[date, float], volume: float = 5.0) -> bytes:
    """Coinbase's answer with these closes: [time, low, high, open, close, volume], newest first."""
    rows = [
        [int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()), close, close, close, close, volume]
        for day, close in closes.items()
    ]
    return json.dumps(sorted(rows, reverse=True)).encode()
