"""A provider asked as the feed asks it, with a session of its own and a local server in its place; pages archived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ingestion.feeds.provider import Provider, Reading, Target, Window
from ingestion.fetch.answers import Bounds, Kind
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.client import Client
from ingestion.fetch.limits import RateLimit
from ingestion.fetch.storage import Storage
from tests.edgar.server import QUICK
from tests.feeds.formats.market import SESSIONS
from tests.feeds.server import FeedServer

CLOSES = {day: session.close_utc for day, session in SESSIONS.items()}
"""The closes of the exchange, naive UTC."""
# Attempts follow each other at once, and a machine that is busy is no server that is silent.
PATIENT = replace(QUICK, total_seconds=60.0, connect_seconds=20.0, read_seconds=20.0)


@dataclass
class Asking:
    """`provider` behind a limit that never bites. `fetches` are the pages that came, in the order of the questions."""

    provider: Provider
    server: FeedServer
    folder: Path
    bounds: Bounds = PATIENT
    key: str | None = None
    fetches: list[tuple[Fetch, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.archive = Archive(Storage(self.folder / "archive"))
        limit = RateLimit(self.provider.name, requests=1000, folder=self.folder / "limit")
        self._session = Client(
            limit,
            {"127.0.0.1"},
            bounds=self.bounds,
            secret_params=self.provider.secret_params,
            loopback_for_tests=True,
        )

    def __call__(
        self,
        path: str,
        *,
        kind: Kind,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> tuple[Fetch, bytes]:
        source = f"feed/{self.provider.domain}/{self.provider.name}/page-{len(self.fetches) + 1}"
        url = f"{self.server.url}/{self.provider.name}{path}"
        got = self._session.answer(
            self.archive, source, url, kind=kind, headers=headers or {}, params=params, check=check
        )
        fetch = self.archive.put(source, got.content, fetched_at_utc=got.fetched_at_utc, request=got.request)
        page = (fetch, self.archive.get(fetch.sha256))
        self.fetches.append(page)
        return page

    def read(self, target: Target, window: Window, at: datetime | None = None) -> Reading:
        """What the pages say that come when `target` is asked about `window`; with `at`, as if they had come then.

        Raises what asking raises.
        """
        self.fetches.clear()
        self.provider.ask(self, target, window, self.key)
        readings = [
            self.provider.read(
                fetch if at is None else replace(fetch, fetched_at_utc=at), content, target, window, CLOSES
            )
            for fetch, content in self.fetches
        ]
        return Reading(
            [row for one in readings for row in one.rows],
            [row for one in readings for row in one.rejected],
            [row for one in readings for row in one.actions],
        )

    def refused(self) -> list[bytes]:
        """The bodies that were archived as errors."""
        sources = self.archive.sources(f"refused/feed/{self.provider.domain}/{self.provider.name}")
        held = [self.archive.latest(source) for source in sources]
        return [self.archive.get(fetch.sha256) for fetch in held if fetch is not None]


def page_of(content: bytes, fetched_at_utc: datetime, source: str = "test") -> Fetch:
    """The record of an answer that was never fetched."""
    return Fetch(source, "0" * 64, len(content), fetched_at_utc, fetched_at_utc, {})
