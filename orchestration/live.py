"""The live edition before any Dagster: asking the sources, telling whether there is anything new to build from, and writing
down what came of it; filling the archive with their history. Light: it loads neither Dagster nor dbt nor Great Expectations."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import clock
from orchestration.errors import HashwattError, RefreshRunning, SettingMissing, SourceUnavailable
from orchestration.progress import report
from orchestration.publish.lock import writer_lock
from orchestration.publish.reader import kept_publication
from orchestration.publish.store import Publication, current_publication, damages
from orchestration.settings import FEEDS, SEC, SOURCES, Settings
from orchestration.standing import Looked, Problem, note_look, note_problem

if TYPE_CHECKING:
    from ingestion.edgar.asking import Asked
    from ingestion.edgar.client import EdgarClient
    from ingestion.fetch.archive import Archive
    from ingestion.landing.lake import Damage, Lake
    from ingestion.load import Edition, Ingestion
    from ingestion.outcomes import Outcome
    from ingestion.providers.client import FeedClient
    from ingestion.providers.rows import Domain

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ingestion", "quality", "orchestration", "dbt_project")
CODE = frozenset({".py", ".sql", ".yml", ".j2", ".css", ".js"})
BUILDERS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "exchange-calendars", "great-expectations", "pyarrow")
TEST_REQUESTS_PER_SECOND = 1000
STAYS = "the last publication stays as it is"


@dataclass(frozen=True)
class News:
    """What asking came to: `asked` of EDGAR about issuers, `outcomes` of the providers' questions. `same_as` is the
    current publication when a run now would build it once more. `since_utc` is when asking began, naive, and took `seconds`; a
    run that is told it asks nobody again."""

    asked: tuple[Asked, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    same_as: Publication | None = None
    since_utc: datetime | None = None
    seconds: float = 0.0

    @property
    def publication_id(self) -> str:
        """That of `same_as`, where nothing is new."""
        assert self.same_as is not None
        return self.same_as.id

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
    from ingestion.load import Ingestion
    from ingestion.providers.provider import DOMAINS

    domains = tuple(domain for domain in DOMAINS if domain in sources)
    asked = feeds if domains else None
    archive = archive_of(settings)
    return Ingestion(edition, archive, settings.ledger_dir, settings.bundle_dir, now_utc, client, asked, domains)


def edgar_client(settings: Settings) -> EdgarClient:
    """EDGAR under the contact address of the settings; raises SettingMissing without one."""
    from ingestion.edgar.client import EdgarClient
    from ingestion.fetch.http_errors import ContactMissing

    archive = archive_of(settings)
    try:
        if settings.edgar_url is None:
            return EdgarClient(archive, settings.contact)
        requests, limits, url = TEST_REQUESTS_PER_SECOND, settings.home / "limits", settings.edgar_url
        return EdgarClient(archive, settings.contact, requests=requests, limit_folder=limits, base_url=url)
    except ContactMissing as error:
        remedy = f"{error.remedy}; or leave EDGAR out: {' '.join(f'--source {feed}' for feed in FEEDS)}"
        raise SettingMissing(f"{error.source}: {error.problem}", remedy) from error


def feed_client(settings: Settings) -> FeedClient:
    """The providers of prices, network and macro data with the keys of the settings."""
    from ingestion.providers.client import FeedClient

    archive = archive_of(settings)
    if settings.feeds_url is None:
        return FeedClient(archive, settings.keys)
    limits = settings.home / "limits"
    return FeedClient(archive, settings.keys, base_url=settings.feeds_url, limit_folder=limits)


def look(
    settings: Settings,
    as_of: date | None,
    wait_seconds: float,
    sources: Collection[str] = SOURCES,
    edition: Edition = "live",
    *,
    is_beside: bool = False,
) -> News:
    """Ask `sources` about everything that is missing, and hold what a run of `edition` would read then against the current
    publication, or against the newest one beside it of the day `as_of`. Without `sources` nobody is asked, and edition live
    is the bundle. What came of it is written down for `hashwatt status`.

    Raises SettingMissing, RefreshRunning, and SourceUnavailable when a source does not answer as it should.
    """
    since_utc, started, lake = clock.now_utc(), time.monotonic(), lake_of(settings)
    read: Edition = "bundle" if edition == "live" and not sources else edition
    try:
        client = edgar_client(settings) if SEC in sources else None
        feeds = feed_client(settings) if sources else None
        with asking(settings, wait_seconds):
            ingestion = open_ingestion(settings, read, clock.now_utc(), client, feeds, sources)
            asked: list[Asked] = []
            if client is not None:
                report(f"EDGAR: asking about {len(ingestion.registrants())} issuers")
                asked = ingestion.ask(client, report)
            outcomes = ingestion.ask_feeds(lake, report) if ingestion.domains else []
            wanted = inputs_sha256(ingestion, lake, as_of, as_archived=False)
            there = _published_from(settings, wanted, as_of if is_beside else None)
    except RefreshRunning:
        raise
    except HashwattError as error:
        note_look(settings, Looked(clock.now_utc(), problem=error.message))
        note_problem(settings, Problem(clock.now_utc(), "look_failed", error.message))
        raise
    note_look(settings, Looked(clock.now_utc(), None if there is None else there.id), is_beside=is_beside)
    return News(tuple(asked), tuple(outcomes), there, since_utc, time.monotonic() - started)


def look_for_filings(settings: Settings) -> News:
    """Send EDGAR one conditional request for each issuer of the universe; says nothing about the publication.

    Raises as `look` does."""
    from ingestion.edgar.asking import Asking

    client = edgar_client(settings)
    with asking(settings, 0.0):
        sources = open_ingestion(settings, "live", clock.now_utc())
        found = Asking(client, sources.archive, sources.now_utc).filings(sources.registrants(), report)
        return News(tuple(found))


def backfill_filings(
    settings: Settings,
    issuers: Collection[str],
    bulk: bool,
    wait_seconds: float,
    documents_from: date | None = None,
) -> News:
    """Bring what EDGAR has of `issuers`, or of the whole universe, into the archive; what is archived is not asked again.
    Documents are those of filings since `documents_from`, a filing day, which is noted for later runs, too; when not given
    as before.

    With `bulk` what is not archived yet is first taken from the nightly archives of all registrants, gigabytes each. Raises
    as `look` does, and HashwattError for an issuer that is in no universe.
    """
    from ingestion.edgar.asking import Asking

    client = edgar_client(settings)
    with asking(settings, wait_seconds):
        sources = open_ingestion(settings, "live", clock.now_utc())
        chosen = sources.registrants(issuers or None)
        if unknown := sorted(set(issuers) - {one.issuer for one in chosen}):
            raise HashwattError(
                f"no issuer of the universe: {', '.join(unknown)}",
                f"choose among {', '.join(one.issuer for one in sources.registrants())}",
            )
        edgar = Asking(client, sources.archive, sources.now_utc)
        if bulk:
            edgar.bulk(chosen, report)
        return News(tuple(edgar.everything(chosen, report, only_missing=True, documents_from=documents_from)))


def fill(settings: Settings, feed: Domain, since: date | None, subjects: Collection[str]) -> list[Outcome]:
    """Bring what the providers of `feed` have from `since` on into the archive; what is archived is not asked again.
    `subjects` are instruments, all when empty. For whoever holds the writer lock.

    Raises IngestionError, and HashwattError for an instrument that is in no universe.
    """
    sources = open_ingestion(settings, "live", clock.now_utc(), None, feed_client(settings), (feed,))
    known = sorted(sources.universe.instruments)
    if unknown := sorted(set(subjects) - set(known)):
        raise HashwattError(f"no instrument of the universe: {', '.join(unknown)}", f"choose among {', '.join(known)}")
    return sources.ask_feeds(
        lake_of(settings), report, domains=(feed,), subjects=tuple(subjects) or None, since=since, only_missing=True
    )


def inputs_sha256(sources: Ingestion, lake: Lake, as_of: date | None, *, as_archived: bool) -> str:
    """SHA-256 over everything a publication follows from: archived bytes, shipped files, code, versions, edition, as-of
    day, and what the lake holds, since a run keeps there what its edition does not speak of. The same twice means the same
    tables. `as_archived` is for a run that has read its sources."""
    from ingestion.contracts import TABLES

    facts = {
        "edition": sources.edition,
        "as_of": None if as_of is None else as_of.isoformat(),
        "code": code_sha256(),
        "inputs": sources.inputs(as_archived=as_archived),
        "lake": {name: lake.facts(table)[0] for name, table in TABLES.items()},
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def code_sha256() -> str:
    """SHA-256 over the files that make the tables, and the versions of what runs them."""
    return files_sha256([ROOT / room for room in ROOMS], CODE, BUILDERS)


def files_sha256(folders: Collection[Path], suffixes: Collection[str], packages: Collection[str]) -> str:
    """SHA-256 over the names and bytes of all files with these suffixes, but for what dbt writes, and over the versions of
    the packages that read them."""
    from importlib import metadata

    digest = hashlib.sha256("".join(f"{package} {metadata.version(package)}\n" for package in packages).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder.parent)
            if path.suffix in suffixes and not {"target", "logs"} & set(inside.parts) and path.is_file():
                digest.update(f"{inside.as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _published_from(settings: Settings, wanted: str, beside: date | None) -> Publication | None:
    """The current publication, or the newest kept one as of the day `beside`, when it is intact and was made of exactly this
    under a clock that was not ahead, and the lake is as it should be."""
    try:
        now = current_publication(settings) if beside is None else kept_publication(settings, beside)
    except HashwattError:
        return None
    if now.manifest.get("inputs_sha256") != wanted or now.is_dated_ahead or damages(now) or lake_damages(settings):
        return None
    return now


def lake_damages(settings: Settings) -> list[Damage]:
    """Whatever in the lake is not as it was written, by reading all of it."""
    from ingestion.contracts import TABLES

    lake = lake_of(settings)
    return [damage for table in TABLES.values() for damage in lake.verify(table)]


def archive_of(settings: Settings) -> Archive:
    from ingestion.fetch.archive import Archive
    from ingestion.fetch.storage import Storage

    return Archive(Storage(settings.archive))


def lake_of(settings: Settings) -> Lake:
    from ingestion.fetch.storage import Storage
    from ingestion.landing.lake import Lake

    return Lake(Storage(settings.lake))


@contextmanager
def asking(settings: Settings, wait_seconds: float) -> Iterator[None]:
    """Hold the writer lock for the block, and raise a source that fails in it as an error with an exit code."""
    from ingestion.errors import IngestionError

    with writer_lock(settings, wait_seconds):
        try:
            yield
        except IngestionError as error:
            name = type(error).__name__
            remedy = error.remedy if STAYS in error.remedy else f"{error.remedy}; {STAYS}"
            raise SourceUnavailable(f"{name}: {error.source}: {error.problem}", remedy) from error
