"""The live edition before any Dagster: asking the sources, and telling whether there is anything new to build from. Light:
it loads neither Dagster nor dbt nor Great Expectations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import clock
from orchestration.errors import HashwattError, RefreshRunning, SettingMissing, SourceUnavailable
from orchestration.looked import Looked, note_look
from orchestration.progress import report
from orchestration.publish.publication_store import Publication, current_publication, damages
from orchestration.publish.writer_lock import Holder, writer_lock
from orchestration.settings import Settings
from orchestration.sources import FEEDS, SEC, SOURCES

if TYPE_CHECKING:
    from ingestion.edgar.asking import Asked
    from ingestion.edgar.client import EdgarClient
    from ingestion.landing.lake import Lake
    from ingestion.load import Edition, Ingestion
    from ingestion.outcomes import Outcome
    from ingestion.providers.client import FeedClient

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ingestion", "quality", "orchestration", "dbt_project")
CODE = frozenset({".py", ".sql", ".yml"})
BUILDERS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "exchange-calendars", "great-expectations", "pyarrow")
TEST_REQUESTS_PER_SECOND = 1000
STAYS = "the last publication stays as it is"


@dataclass(frozen=True)
class News:
    """What asking came to: `asked` of EDGAR about issuers, `outcomes` of the providers' questions. `same_as` is the
    current publication when a run now would build it once more. `since_utc` is when asking began, naive; a run that is
    told it asks nobody again."""

    asked: tuple[Asked, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    same_as: Publication | None = None
    since_utc: datetime | None = None

    @property
    def requests(self) -> int:
        """Requests to EDGAR."""
        return sum(one.requests for one in self.asked)

    @property
    def changed(self) -> tuple[str, ...]:
        """Issuers about whom EDGAR says something new."""
        return tuple(one.issuer for one in self.asked if one.new)


def open_ingestion(
    settings: Settings,
    edition: Edition,
    now_utc: datetime,
    client: EdgarClient | None = None,
    feeds: FeedClient | None = None,
    sources: Collection[str] = SOURCES,
) -> Ingestion:
    """The sources of a run of `edition`; `now_utc` is naive UTC. EDGAR is asked through `client`, the providers of those
    among `sources` through `feeds`."""
    from ingestion.fetch.archive import Archive
    from ingestion.fetch.storage import Storage
    from ingestion.load import Ingestion
    from ingestion.providers.provider import DOMAINS

    domains = tuple(domain for domain in DOMAINS if domain in sources)
    archive = Archive(Storage(settings.archive))
    return Ingestion(
        edition, archive, settings.ledger_dir, settings.bundle_dir, now_utc, client, feeds if domains else None, domains
    )


def edgar_client(settings: Settings) -> EdgarClient:
    """EDGAR under the contact address of the settings; raises SettingMissing without one."""
    from ingestion.edgar.client import BLOCK_MARKS, EdgarClient, edgar_session
    from ingestion.fetch.archive import Archive
    from ingestion.fetch.http_errors import ContactMissing
    from ingestion.fetch.limits import RateLimit
    from ingestion.fetch.session import Session
    from ingestion.fetch.storage import Storage

    archive = Archive(Storage(settings.archive))
    try:
        if settings.edgar_url is None:
            return EdgarClient(archive, edgar_session(), settings.contact)
        limit = RateLimit("edgar", requests=TEST_REQUESTS_PER_SECOND, folder=settings.home / "limits")
        session = Session(limit, {"127.0.0.1"}, block_marks=BLOCK_MARKS, loopback_for_tests=True)
        url = settings.edgar_url
        return EdgarClient(archive, session, settings.contact, data_url=url, www_url=url)
    except ContactMissing as error:
        remedy = f"{error.remedy}; or leave EDGAR out: {' '.join(f'--source {feed}' for feed in FEEDS)}"
        raise SettingMissing(f"{error.source}: {error.problem}", remedy) from error


def feed_client(settings: Settings) -> FeedClient:
    """The providers of prices, network and macro data with the keys of the settings."""
    from ingestion.fetch.archive import Archive
    from ingestion.fetch.storage import Storage
    from ingestion.providers.client import FeedClient

    archive = Archive(Storage(settings.archive))
    if settings.feeds_url is None:
        return FeedClient(archive, settings.keys)
    limits = settings.home / "limits"
    return FeedClient(archive, settings.keys, base_url=settings.feeds_url, limit_folder=limits)


def look(settings: Settings, as_of: date | None, wait_seconds: float, sources: Collection[str] = SOURCES) -> News:
    """Ask `sources` about everything that is missing, and hold what a live run would read then against the current
    publication; without `sources` nobody is asked, and it is what a run of the bundle would read. What came of it is
    written down for `hashwatt status`.

    Raises SettingMissing, RefreshRunning, and SourceUnavailable when a source does not answer as it should.
    """
    since_utc = clock.now_utc()
    try:
        news = _looked(settings, as_of, wait_seconds, sources, since_utc)
    except RefreshRunning:
        raise
    except HashwattError as error:
        note_look(settings, Looked(clock.now_utc(), problem=error.message))
        raise
    same_as = None if news.same_as is None else news.same_as.id
    note_look(settings, Looked(clock.now_utc(), same_as))
    return news


def _looked(
    settings: Settings, as_of: date | None, wait_seconds: float, sources: Collection[str], since_utc: datetime
) -> News:
    client = edgar_client(settings) if SEC in sources else None
    with writer_lock(settings, wait_seconds, tell_waiting), explained():
        edition: Edition = "live" if sources else "bundle"
        ingestion = open_ingestion(settings, edition, clock.now_utc(), client, feed_client(settings), sources)
        asked: list[Asked] = []
        if client is not None:
            report(f"EDGAR: asking about {len(ingestion.registrants())} issuers")
            asked = ingestion.ask(client, report)
        outcomes = ingestion.ask_feeds(lake_of(settings), report) if ingestion.domains else []
        wanted = inputs_sha256(ingestion, as_of, as_archived=False)
        return News(tuple(asked), tuple(outcomes), _published_from(settings, wanted), since_utc)


def look_for_filings(settings: Settings) -> News:
    """Send EDGAR one conditional request for each issuer of the universe; says nothing about the publication.

    Raises as `look` does."""
    from ingestion.edgar.asking import Asking

    client = edgar_client(settings)
    with writer_lock(settings, 0.0, tell_waiting), explained():
        sources = open_ingestion(settings, "live", clock.now_utc())
        found = Asking(client, sources.archive, sources.now_utc).filings(sources.registrants(), report)
        return News(tuple(found))


def inputs_sha256(sources: Ingestion, as_of: date | None, *, as_archived: bool) -> str:
    """SHA-256 over everything a publication follows from: archived bytes, shipped files, code, versions, edition, as-of
    day. The same twice means the same tables. `as_archived` is for a run that has read its sources."""
    facts = {
        "edition": sources.edition,
        "as_of": None if as_of is None else as_of.isoformat(),
        "code": code_sha256(),
        "inputs": sources.inputs(as_archived=as_archived),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def code_sha256() -> str:
    """SHA-256 over the files that make the tables, and the versions of what runs them."""
    from importlib import metadata

    digest = hashlib.sha256()
    for package in BUILDERS:
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.suffix in CODE and not {"target", "logs", "dbt_packages"} & set(inside.parts):
                digest.update(f"{inside.as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _published_from(settings: Settings, wanted: str) -> Publication | None:
    """The current publication when it is intact and was made of exactly this, and the lake is as it should be."""
    from ingestion.contracts import TABLES

    try:
        now = current_publication(settings)
    except HashwattError:
        return None
    lake = lake_of(settings)
    if now.manifest.get("inputs_sha256") != wanted or damages(now):
        return None
    return None if any(lake.verify(table) for table in TABLES.values()) else now


def lake_of(settings: Settings) -> Lake:
    """The lake of the home."""
    from ingestion.fetch.storage import Storage
    from ingestion.landing.lake import Lake

    return Lake(Storage(settings.lake))


@contextmanager
def explained() -> Iterator[None]:
    """A source that fails inside the block as an error with an exit code."""
    from ingestion.errors import IngestionError

    try:
        yield
    except IngestionError as error:
        name = type(error).__name__
        remedy = error.remedy if STAYS in error.remedy else f"{error.remedy}; {STAYS}"
        raise SourceUnavailable(f"{name}: {error.source}: {error.problem}", remedy) from error


def tell_waiting(holder: Holder | None) -> None:
    """For whoever waits for the writer lock."""
    report(f"waiting for another refresh to end: {holder.sentence() if holder else 'it left no details'}")
