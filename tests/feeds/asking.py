"""A provider asked as ingestion asks it, with a local server in its place; pages archived."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ingestion.fetch.answers import Bounds
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.storage import Storage
from ingestion.providers.client import FeedClient
from ingestion.providers.provider import PLACES, Provider
from ingestion.providers.rows import Reading, Target, Window
from tests.edgar.server import QUICK
from tests.feeds.formats.market import SESSIONS
from tests.feeds.server import FeedServer

CLOSES = {day: session.close_utc for day, session in SESSIONS.items()}
"""The closes of the exchange, naive UTC."""
# Attempts follow each other at once, and a machine that is busy is no server that is silent.
PATIENT = replace(QUICK, total_seconds=60.0, connect_seconds=20.0, read_seconds=20.0)


@dataclass
class Asking:
    """`provider` behind a limit that never bites. `fetches` are the pages of the last answer, in the order of the
    questions."""

    provider: Provider[Any]
    server: FeedServer
    folder: Path
    bounds: Bounds = PATIENT
    key: str | None = None
    fetches: list[tuple[Fetch, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.archive = Archive(Storage(self.folder / "archive"))
        keys = {str(self.provider.key_setting): self.key} if self.key else {}
        self.client = FeedClient(
            self.archive, keys, base_url=self.server.url, limit_folder=self.folder / "limit", bounds=self.bounds
        )
        self.domain, self._answers = PLACES[self.provider.name][0], 0

    def read(self, target: Target, window: Window, at: datetime | None = None, today: date | None = None) -> Reading:
        """What the pages say that come when `target` is asked about `window`; with `at`, as if they had come then.

        Raises what asking raises.
        """
        self.fetches.clear()
        self._answers += 1
        source = f"feed/{self.domain}/{self.provider.name}/{self._answers}"
        pages = self.client.ask(self.provider, source, target, window, today or datetime.now(UTC).date(), [])
        self.fetches += [(fetch, self.archive.get(fetch.sha256)) for fetch, _ in pages]
        readings = [
            self.provider.reading(
                document, fetch if at is None else replace(fetch, fetched_at_utc=at), target, window, CLOSES
            )
            for fetch, document in pages
        ]
        return Reading(
            [row for one in readings for row in one.rows],
            [row for one in readings for row in one.rejected],
            [row for one in readings for row in one.actions],
        )

    def refused(self) -> list[bytes]:
        """The bodies that were archived as errors."""
        sources = self.archive.sources(f"refused/feed/{self.domain}/{self.provider.name}")
        held = [self.archive.latest(source) for source in sources]
        return [self.archive.get(fetch.sha256) for fetch in held if fetch is not None]


def read_page(
    provider: Provider[Any],
    content: bytes,
    target: Target,
    window: Window,
    fetched_at_utc: datetime,
    source: str = "test",
) -> Reading:
    """What `provider` reads of an archived page that was never fetched."""
    fetch = Fetch(source, "0" * 64, len(content), fetched_at_utc, fetched_at_utc, {})
    return provider.reading(provider.open(fetch, content), fetch, target, window, CLOSES)
