"""From an edition's sources to the batches of each raw table: archive first, then parse. Writes nothing to the lake."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingestion import calendars
from ingestion.bundle import market as market
from ingestion.bundle import network as network
from ingestion.contracts import (
    CALENDAR_SESSION,
    FEED_REQUEST,
    LEDGER_TABLES,
    MARKET_BAR,
    MARKET_COVERAGE,
    NETWORK_DAY,
    SEC_TABLES,
    TABLES,
)
from ingestion.edgar.asking import Asked, Report
from ingestion.edgar.asking import Asking as EdgarAsking
from ingestion.edgar.client import EdgarClient
from ingestion.errors import SourceDamaged, SourceMissing
from ingestion.feeds.asking import DOMAINS, Asking, Outcome
from ingestion.feeds.client import FeedClient
from ingestion.feeds.feed import DOMAIN_OF, FEED_TABLES, ONLY_FEEDS, Feeds, Shipped
from ingestion.feeds.orders import note_since
from ingestion.feeds.provider import Domain
from ingestion.fetch.archive import Archive, Fetch
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from ingestion.ledger.reader import read_ledger
from ingestion.sessions import SOURCE as CALENDAR_SOURCE
from ingestion.sessions import first_session, keep_sessions, newest_sessions
from ingestion.universe import Registrant, Universe

if TYPE_CHECKING:
    from ingestion.edgar.feed import SecFeed

Edition = Literal["bundle", "live", "replay"]
SHIPPED = (
    *(f"ledger/{table.name.removeprefix('raw_ledger__')}.csv" for table in LEDGER_TABLES),
    "ledger/ledger.json",
    *(f"bundle/{name}" for name in ("bundle.json", market.BAR_FILE, market.COVERAGE_FILE, network.FILE)),
)
SEC_NAMES = frozenset(table.name for table in SEC_TABLES)


@dataclass(frozen=True)
class Ingestion:
    """The sources of one run.

    Edition `bundle` archives the shipped files and parses the archived bytes; it says nothing about EDGAR and the providers
    of market, network and macro data, and what the lake holds of those stays. Edition `live` is the same and what EDGAR
    answers to `client` and the providers of `domains` to `feeds`; without them, what they have answered before. Edition
    `replay` parses what the archive holds already and opens nothing else. `now_utc` is naive UTC.
    """

    edition: Edition
    archive: Archive
    ledger_dir: Path
    bundle_dir: Path
    now_utc: datetime
    client: EdgarClient | None = None
    feeds: FeedClient | None = None
    domains: tuple[Domain, ...] = DOMAINS
    _asked: dict[str, datetime] = field(default_factory=dict, init=False, repr=False)
    _domains_asked: dict[Domain, datetime] = field(default_factory=dict, init=False, repr=False)

    def batches(self, table: str, lake: Lake, issuers: Collection[str] | None = None) -> Iterator[Batch]:
        """What the sources say about the raw table beyond what `lake` holds of it: one batch, none where there is no news,
        or of an EDGAR table one for each registrant with news, only those of `issuers` when given. EDGAR and the providers
        are asked before this returns, by an edition that asks. Raises IngestionError, then or while the batches are
        taken."""
        if table in FEED_TABLES and self.edition != "bundle":
            if self.feeds is not None:
                domains = self.domains if table == FEED_REQUEST.name else (DOMAIN_OF[table],)
                self.ask_feeds(lake, _silent, domains=[domain for domain in self.domains if domain in domains])
            return self.answers.batches(TABLES[table], lake, self._shipped_part(table))
        if self.edition == "bundle" and table in (SEC_NAMES | ONLY_FEEDS):
            return iter(())
        if table not in SEC_NAMES:
            batch = self.batch(table)
            if (shipped := self._shipped_part(table) if table in FEED_TABLES else None) is not None:
                batch = replace(batch, applied={shipped.source: shipped.mark})
            return iter((batch,))
        if self.client is not None:
            self.ask(self.client, _silent, issuers)
        return self.feed.batches(TABLES[table], lake, issuers)

    def ask(self, client: EdgarClient, report: Report, issuers: Collection[str] | None = None) -> list[Asked]:
        """Ask EDGAR for what is new about registrants, once in the life of this object. Raises IngestionError."""
        due = [r for r in self.registrants(issuers) if r.issuer not in self._asked]
        found = EdgarAsking(client, self.archive, self.now_utc).everything(due, report)
        moment = datetime.now(UTC).replace(tzinfo=None)
        self._asked.update({asked.issuer: moment for asked in found})
        return found

    def ask_feeds(
        self,
        lake: Lake,
        report: Report,
        *,
        domains: Collection[Domain] | None = None,
        subjects: Collection[str] | None = None,
        since: date | None = None,
        only_missing: bool = False,
    ) -> list[Outcome]:
        """Ask the providers of `domains` (those of this object when not given) about what is missing, each domain once in
        the life of this object. Nobody is asked where nothing is missing: the list is then empty.

        `subjects` are instruments, series, or BTC for the network; all of the feed ledger when None. `since` moves the first
        day that is wanted and is remembered for later runs; `only_missing` asks for days never answered and for nothing
        again, as a backfill does. `lake` says which bars are there. Raises NobodyAnswered (an IngestionError with
        `outcomes`) when a domain stays without any answer, and SourceMissing without `feeds`.
        """
        if self.feeds is None:
            raise SourceMissing("feeds", "there is no client to ask the providers with", "Use edition live")
        due = [one for one in (self.domains if domains is None else domains) if one not in self._domains_asked]
        if since is not None:
            note_since(self.archive, due, subjects, since)
        closes = {session.session_date: session.close_utc for session in self._sessions[1]}
        bundle_ends = max(day for row in self._coverage().records if isinstance(day := row["last_session_date"], date))
        asking = Asking(self.feeds, self.universe, closes, self.now_utc, bundle_ends + timedelta(days=1))
        try:
            return asking.everything(due, subjects, lake, report, only_missing=only_missing) if due else []
        finally:
            self._domains_asked.update(dict.fromkeys(due, datetime.now(UTC).replace(tzinfo=None)))

    @property
    def moment_utc(self) -> datetime:
        """When the newest answer was in, naive UTC: nothing in the batches can have become known later."""
        return max((self.now_utc, *self._asked.values(), *self._domains_asked.values()))

    def registrants(self, issuers: Collection[str] | None = None) -> list[Registrant]:
        """Those of the universe in the order of names, or of `issuers` only."""
        known = self.universe.registrants
        return [known[issuer] for issuer in sorted(known) if issuers is None or issuer in issuers]

    def inputs(self, *, as_archived: bool) -> dict[str, str]:
        """SHA-256 of everything that the tables are made of, by source; of the shipped files as they lie there now, or
        as they were archived when this run read them. Asks nobody."""
        found = {} if self.edition == "bundle" else {**self.feed.inputs(), **self.answers.inputs()}
        found[CALENDAR_SOURCE] = self._sessions[0].sha256
        for source in SHIPPED:
            if as_archived or self.edition == "replay":
                found[source] = self._archived(source).sha256
            else:
                found[source] = hashlib.sha256(self._shipped(source)).hexdigest()
        return found

    @cached_property
    def feed(self) -> SecFeed:
        """EDGAR as the archive holds it. Its parsers load DuckDB, which whoever only looks at the assets does without."""
        from ingestion.edgar.feed import SecFeed

        return SecFeed(self.archive, self.universe.registrants)

    @property
    def answers(self) -> Feeds:
        """The providers of market, network and macro data as the archive holds them."""
        closes = {session.session_date: session.close_utc for session in self._sessions[1]}
        return Feeds(self.archive, self.universe, closes)

    def batch(self, table: str) -> Batch:
        """What the shipped files say about a raw table that is not EDGAR's, nothing where none speaks of it; raises
        IngestionError when a file cannot be read at all."""
        if table in ONLY_FEEDS:
            return Batch(TABLES[table], (), snapshot=False)
        return self._loaders[table]()

    def _shipped_part(self, table: str) -> Shipped | None:
        """The rows of the table that ship with the package; none where it has none."""
        if table in ONLY_FEEDS:
            return None
        name = {MARKET_BAR.name: market.BAR_FILE, MARKET_COVERAGE.name: market.COVERAGE_FILE}.get(table, network.FILE)
        fetch, _ = self._file("bundle", name, self._frozen_at)
        calendars_of = sorted((one, facts.calendar) for one, facts in self.universe.instruments.items())
        parsers = (market.PARSER_VERSION, network.PARSER_VERSION, calendars_of)
        facts = hashlib.sha256(repr((fetch.sha256, parsers)).encode()).hexdigest()
        return Shipped(fetch.source, facts, self._loaders[table])

    @cached_property
    def universe(self) -> Universe:
        """Issuers, instruments, series and providers that other sources may speak of."""
        return Universe.from_batches(
            self._ledger("issuer", None),
            self._ledger("instrument", None),
            self._ledger("issuer_name", None),
            self._ledger("series", None),
            self._ledger("provider", None),
            self._ledger("feed", None),
        )

    @cached_property
    def _loaders(self) -> Mapping[str, Callable[[], Batch]]:
        loaders: dict[str, Callable[[], Batch]] = {
            MARKET_BAR.name: self._bars,
            MARKET_COVERAGE.name: self._coverage,
            NETWORK_DAY.name: self._network,
            CALENDAR_SESSION.name: self._calendar,
        }
        for table in LEDGER_TABLES:
            entity = table.name.removeprefix("raw_ledger__")
            loaders[table.name] = lambda entity=entity: self._ledger(entity, self.universe)  # type: ignore[misc]
        return loaders

    def _bars(self) -> Batch:
        fetch, content = self._file("bundle", market.BAR_FILE, self._frozen_at)
        closes = {session.session_date: session.close_utc for session in self._sessions[1]}
        return market.parse_bars(fetch, content, self.universe, closes)

    def _coverage(self) -> Batch:
        fetch, content = self._file("bundle", market.COVERAGE_FILE, self._frozen_at)
        return market.parse_coverage(fetch, content, self.universe)

    def _network(self) -> Batch:
        fetch, content = self._file("bundle", network.FILE, self._frozen_at)
        return network.parse_days(fetch, content)

    def _calendar(self) -> Batch:
        fetch, sessions = self._sessions
        records = [
            {
                "exchange": session.exchange,
                "session_date": session.session_date,
                "open_utc": session.open_utc,
                "close_utc": session.close_utc,
                "is_half_day": session.is_half_day,
                "known_at_utc": session.open_utc,
                **fetch.provenance(str(fetch.request["library"])),
            }
            for session in sessions
        ]
        return Batch(CALENDAR_SESSION, records, (), frozenset({fetch.source}))

    def _ledger(self, entity: str, universe: Universe | None) -> Batch:
        table = TABLES[f"raw_ledger__{entity}"]
        fetch, content = self._file("ledger", f"{entity}.csv", self._verified_at)
        return read_ledger(
            table,
            content,
            file=fetch.source,
            source_sha256=fetch.sha256,
            ingested_at_utc=fetch.fetched_at_utc,
            universe=universe,
            now_utc=self.now_utc,
        )

    @cached_property
    def _sessions(self) -> tuple[Fetch, list[calendars.Session]]:
        frozen = self._frozen_at.date() - timedelta(days=1)
        if self.edition == "bundle":
            shipped = keep_sessions(self.archive, calendars.FIRST_SESSION, frozen, self._frozen_at)
            # Prices that stay in the lake from a live run need its sessions, which reach beyond those of the bundle.
            fetch = newest_sessions(self.archive) or shipped
        elif self.edition == "live":
            last = max(frozen, calendars.last_opened(self.now_utc))
            fetch = keep_sessions(self.archive, first_session(self.archive), last, self.now_utc)
        else:
            fetch = newest_sessions(self.archive) or self._archived(CALENDAR_SOURCE)
        return fetch, calendars.parse_sessions(fetch.source, self.archive.get(fetch.sha256))

    @cached_property
    def _frozen_at(self) -> datetime:
        return self._stamp("bundle", "bundle.json", "frozen_at_utc")

    @cached_property
    def _verified_at(self) -> datetime:
        return self._stamp("ledger", "ledger.json", "verified_at_utc")

    def _stamp(self, room: str, name: str, field: str) -> datetime:
        """The date a folder of frozen files declares for all of them, naive UTC."""
        fetch, content = self._file(room, name, None)
        try:
            return datetime.strptime(json.loads(content)[field], calendars.TIME_FORMAT)
        except (ValueError, KeyError, TypeError) as error:
            remedy = f'The file must hold {{"{field}": "YYYY-MM-DDTHH:MM:SSZ"}}'
            raise SourceDamaged(fetch.source, f"{field} cannot be read ({error})", remedy) from error

    def _file(self, room: str, name: str, stamp: datetime | None) -> tuple[Fetch, bytes]:
        """A shipped file by way of the archive, or its newest archived bytes on replay."""
        source = f"{room}/{name}"
        if self.edition != "replay":
            content = self._shipped(source)
            fetch = self.archive.put(source, content, fetched_at_utc=stamp or datetime.now(UTC).replace(tzinfo=None))
        else:
            fetch = self._archived(source)
        return fetch, self.archive.get(fetch.sha256)

    def _shipped(self, source: str) -> bytes:
        room, name = source.split("/")
        path = (self.ledger_dir if room == "ledger" else self.bundle_dir) / name
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise SourceMissing(source, f"{path} does not exist", "Restore the file and refresh again") from error

    def _archived(self, source: str) -> Fetch:
        fetch = self.archive.latest(source)
        if fetch is None:
            remedy = "Run `hashwatt refresh --edition bundle` once; replay rebuilds from what was archived before"
            raise SourceMissing(source, "the archive holds no answer of this source", remedy)
        return fetch


def _silent(line: str) -> None:
    """For whoever does not wait at a terminal."""
