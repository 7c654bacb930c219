"""EDGAR and all other providers on this machine, and a home after its first live refresh. No test lives here."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from click.testing import CliRunner, Result

from ingestion.contracts import FEED_REQUEST, MARKET_BAR, MARKET_COVERAGE, SEC_TABLES
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from orchestration.cli.main import main
from orchestration.settings import Settings
from tests.e2e.edgar_world import Registrant, live, serve_universe
from tests.e2e.feeds_world import DOWN, asking, environment, serve_feeds
from tests.e2e.filed import FILED, file
from tests.edgar.server import EdgarServer
from tests.feeds.formats.alpha_vantage import AlphaVantageFormat
from tests.feeds.server import FeedServer
from tests.feeds.world import MarketWorld
from tests.lakes import rows_of


@dataclass(frozen=True)
class Request:
    """One request as a server saw it."""

    path: str
    query: str
    headers: dict[str, str]


@dataclass(frozen=True)
class FirstRefresh:
    """What the first live refresh printed, and what EDGAR and the other providers were asked by it."""

    stdout: str
    stderr: str
    to_edgar: Sequence[Request]
    to_feeds: Sequence[Request]


class LiveServers:
    """EDGAR and the other providers, and the settings of a home that asks them. No dataclass: it would be printed whole."""

    def __init__(self, edgar: EdgarServer, feeds: FeedServer, home: Path) -> None:
        self.edgar, self.feeds = edgar, feeds
        self.settings = asking(live(Settings.from_env({"HASHWATT_HOME": str(home)}), edgar), feeds)
        self.serve_edgar()
        self.market: MarketWorld = serve_feeds(feeds)
        self._as_told = self.market.providers["yahoo"].edit

    def serve_edgar(self) -> list[Registrant]:
        """Everyone in the ledger, and the filings with numbers in them."""
        listed = serve_universe(self.edgar, self.settings.ledger_dir)
        for one in listed:
            if one.issuer in FILED:
                file(self.edgar, one, FILED[one.issuer])
        return listed

    def refresh_first(self) -> FirstRefresh:
        """The first live refresh of the home."""
        done = hashwatt(self.settings, "refresh", "--edition", "live")
        assert done.exit_code == 0, done.output
        seen = (
            [Request(one.path, one.query, one.headers) for one in server.arrivals]
            for server in (self.edgar, self.feeds)
        )
        return FirstRefresh(done.stdout, done.stderr, *seen)

    def as_after_the_first(self) -> None:
        """They say what they said to the first refresh, the day's quota is spent, and they forget what they were asked."""
        self.edgar.reset()
        self.serve_edgar()
        self.feeds.down(DOWN)
        self.market.providers["yahoo"].edit = self._as_told
        alpha_vantage = self.market.providers["alpha_vantage"]
        assert isinstance(alpha_vantage, AlphaVantageFormat)
        alpha_vantage.questions = 0
        self.feeds.arrivals = []


@dataclass(frozen=True)
class World:
    """A home after its first live refresh, never to be changed: copy it; what that refresh did, and the servers."""

    settings: Settings
    servers: LiveServers
    first: FirstRefresh

    @property
    def edgar(self) -> EdgarServer:
        return self.servers.edgar

    @property
    def feeds(self) -> FeedServer:
        return self.servers.feeds

    @property
    def market(self) -> MarketWorld:
        return self.servers.market

    def copy(self, folder: Path) -> Settings:
        """The home once more, in `folder`; the servers are as they were after the first refresh."""
        self.servers.as_after_the_first()
        return copy_of(self.settings, folder)


def copy_of(settings: Settings, folder: Path) -> Settings:
    """The home once more, in `folder`."""
    home = folder / "home"
    shutil.copytree(settings.home, home, symlinks=True, ignore=shutil.ignore_patterns("builds", "*.lock"))
    return replace(settings, home=home)


def hashwatt(settings: Settings, *arguments: str) -> Result:
    """The command line on the home of `settings`."""
    return CliRunner(env=environment(settings)).invoke(main, list(arguments))


def rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    """Rows of what readers see."""
    with duckdb.connect(str(settings.current / "hashwatt.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def raw(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    """Rows over the lake, where `bar` and `request` are its tables."""
    lake = Lake(Storage(settings.lake))
    with duckdb.connect() as connection:
        for name, table in {"bar": MARKET_BAR, "request": FEED_REQUEST, "coverage": MARKET_COVERAGE}.items():
            connection.register(name, rows_of(lake, table))
        return connection.execute(sql).fetchall()


def partitions(settings: Settings) -> dict[str, str]:
    """Every file of the EDGAR tables in the lake, by its hash and the time it was written."""
    files = [path for table in SEC_TABLES for path in (settings.lake / table.name).rglob("*.parquet")]
    return {
        str(
            path.relative_to(settings.lake)
        ): f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mtime_ns}"
        for path in files
    }
