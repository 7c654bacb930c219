"""From an edition's sources to the batches of each raw table: archive first, then parse. Writes nothing to the lake."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingestion import calendars, clock
from ingestion.answers import note_since, noted_since
from ingestion.ask import Asking, Report
from ingestion.bundle import frozen
from ingestion.contracts import CALENDAR_SESSION, FACT, FEED_REQUEST, LEDGER_TABLES, SEC_TABLES, TABLES
from ingestion.edgar.asking import Asked
from ingestion.edgar.asking import Asking as EdgarAsking
from ingestion.edgar.client import EdgarClient
from ingestion.errors import SourceDamaged, SourceMissing
from ingestion.fetch.archive import Archive, Fetch
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from ingestion.ledger.reader import read_ledger
from ingestion.outcomes import Outcome
from ingestion.providers.client import FeedClient
from ingestion.providers.provider import DOMAINS
from ingestion.providers.rows import Domain
from ingestion.read import DOMAIN_OF, FEED_TABLES, ONLY_FEEDS, Reader, Shipped
from ingestion.universe import Registrant, Universe
from ingestion.wanted import Wanted

if TYPE_CHECKING:
    from ingestion.edgar.feed import SecFeed

Edition = Literal["bundle", "live", "replay"]
SHIPPED = (
    *(f"ledger/{table.name.removeprefix('raw_ledger__')}.csv" for table in LEDGER_TABLES),
    "ledger/ledger.json",
    *(f"bundle/{name}" for name in ("bundle.json", *frozen.FILES.values(), *frozen.COMPANY_FACTS)),
)
SEC_NAMES = frozenset(table.name for table in SEC_TABLES)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ingestion:
    """The sources of one run.

    Edition `bundle` archives the shipped files and parses the archived bytes; it says nothing about EDGAR and the providers
    of market, network and macro data beyond what ships, and what the lake holds of those stays; a table that is damaged there is read from
    the archive as by `replay`. Edition `live` is the same and what EDGAR
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
        are asked before this returns, by an edition that asks. Of a table that is damaged `issuers` leaves
        nobody out. Raises IngestionError, then or while the batches are taken."""
        is_whole = lake.is_whole(TABLES[table])
        if table in FEED_TABLES and not (self.edition == "bundle" and is_whole):
            if self.feeds is not None:
                domains = self.domains if table == FEED_REQUEST.name else (DOMAIN_OF[table],)
                self.ask_feeds(lake, _silent, domains=[domain for domain in self.domains if domain in domains])
            return self.answers.batches(TABLES[table], lake, self._shipped_part(table))
        if self.edition == "bundle" and is_whole and table in (SEC_NAMES | ONLY_FEEDS):
            # Of filings only facts ship, and those of issuers that EDGAR answered about stay.
            unanswered = self.feed.shipped().intersection(self.universe.issuers if issuers is None else issuers)
            return self.feed.batches(FACT, lake, unanswered) if table == FACT.name else iter(())
        if table not in SEC_NAMES:
            batch, shipped = self.batch(table), self._shipped_part(table)
            return iter((batch if shipped is None else replace(batch, applied={shipped.source: shipped.mark}),))
        if self.client is not None:
            self.ask(self.client, _silent, issuers)
        return self.feed.batches(TABLES[table], lake, issuers if is_whole else None)

    def ask(self, client: EdgarClient, report: Report, issuers: Collection[str] | None = None) -> list[Asked]:
        """Ask EDGAR for what is new about registrants, once in the life of this object. Raises IngestionError."""
        due = [r for r in self.registrants(issuers) if r.issuer not in self._asked]
        found = EdgarAsking(client, self.archive, self.now_utc).everything(due, report)
        self._asked.update(dict.fromkeys([asked.issuer for asked in found], clock.now_utc()))
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
        if not due:
            return []
        ends = frozen.last_days(self.batch)
        since = min(ends.values()) + DAY
        wanted = Wanted(self.feeds, self.universe, self._closes, self.now_utc, since, lake, only_missing, ends)
        try:
            return Asking(wanted, report).everything(due, subjects)
        finally:
            self._domains_asked.update(dict.fromkeys(due, clock.now_utc()))
            self.__dict__.pop("answers", None)  # read before the asking

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
        found[calendars.SOURCE] = self._sessions[0].sha256
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

        for name in frozen.COMPANY_FACTS:
            self._file("bundle", name, self._frozen_at)
        return SecFeed(self.archive, self.universe.registrants)

    @cached_property
    def answers(self) -> Reader:
        """The providers of market, network and macro data as the archive holds them."""
        return Reader(self.archive, self.universe, self._closes)

    def batch(self, table: str) -> Batch:
        """What the shipped files say about a raw table that is not EDGAR's, nothing where none speaks of it; raises
        IngestionError when a file cannot be read at all."""
        if table in ONLY_FEEDS:
            return Batch(TABLES[table], (), snapshot=False)
        if table == CALENDAR_SESSION.name:
            return self._calendar()
        if table not in frozen.FILES:
            return self._ledger(table.removeprefix("raw_ledger__"), self.universe)
        fetch, content = self._file("bundle", frozen.FILES[table], self._frozen_at)
        return frozen.parse(TABLES[table], fetch, content, self.universe, self._closes)

    def _shipped_part(self, table: str) -> Shipped | None:
        """The rows of a table of the providers that ship with the package; none where it has none."""
        if table not in frozen.FILES:
            return None
        fetch, _ = self._file("bundle", frozen.FILES[table], self._frozen_at)
        calendars_of = sorted((one, facts.calendar) for one, facts in self.universe.instruments.items())
        parsers = (
            sorted(frozen.VERSIONS.items()),
            calendars_of,
            sorted(map(astuple, self.universe.series.values())),
        )
        facts = hashlib.sha256(repr((fetch.sha256, parsers)).encode()).hexdigest()
        return Shipped(fetch.source, facts, lambda: self.batch(table))

    @cached_property
    def universe(self) -> Universe:
        """Issuers, instruments, series and providers that other sources may speak of."""
        return Universe.of(lambda name: self._ledger(name, None).records)

    def _calendar(self) -> Batch:
        fetch, sessions = self._sessions
        provenance = fetch.provenance(str(fetch.request["library"]))
        records = [{**asdict(one), "known_at_utc": one.open_utc, **provenance} for one in sessions]
        return Batch(CALENDAR_SESSION, records, (), frozenset({fetch.source}))

    def _ledger(self, entity: str, universe: Universe | None) -> Batch:
        fetch, content = self._file("ledger", f"{entity}.csv", self._verified_at)
        return read_ledger(
            TABLES[f"raw_ledger__{entity}"],
            content,
            file=fetch.source,
            source_sha256=fetch.sha256,
            ingested_at_utc=fetch.fetched_at_utc,
            universe=universe,
            now_utc=self.now_utc,
        )

    @cached_property
    def _sessions(self) -> tuple[Fetch, list[calendars.Session]]:
        frozen_on = self._frozen_at.date() - DAY
        held = calendars.newest_sessions(self.archive)
        # The record was put aside as damaged: the bars of live runs need sessions that reach as far as theirs did.
        is_lost = held is None and bool(self.archive.records("feed/market"))
        if self.edition == "bundle" and not is_lost:
            # Prices that stay in the lake from a live run need its sessions, which reach beyond those of the bundle, and
            # a longer bundle needs sessions from before those of an older one.
            known = calendars.parse_sessions(held.source, self.archive.get(held.sha256)) if held else []
            days = [calendars.FIRST_SESSION, frozen_on, *(one.session_date for one in known)]
            at_utc = max(self._frozen_at, held.fetched_at_utc) if held else self._frozen_at
            fetch = calendars.keep_sessions(self.archive, min(days), max(days), at_utc)
        elif self.edition == "live" or is_lost:
            # Early enough for every backfill so far, and never later than before.
            firsts = [day for key, day in noted_since(self.archive).items() if key.split("/")[0] == "market"]
            if held is not None:
                firsts.append(calendars.parse_sessions(held.source, self.archive.get(held.sha256))[0].session_date)
            last = max(frozen_on, calendars.last_opened(self.now_utc))
            first = min([calendars.FIRST_SESSION, *firsts])
            fetch = calendars.keep_sessions(self.archive, first, last, self.now_utc)
        else:
            fetch = held or self._archived(calendars.SOURCE)
        sessions = calendars.parse_sessions(fetch.source, self.archive.get(fetch.sha256))
        # One that was kept under a clock that was ahead has sessions that are still to come.
        return fetch, [one for one in sessions if one.open_utc <= self.now_utc]

    @cached_property
    def _closes(self) -> Mapping[date, datetime]:
        return {session.session_date: session.close_utc for session in self._sessions[1]}

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
            fetch = self.archive.put(source, self._shipped(source), fetched_at_utc=stamp or clock.now_utc())
        else:
            fetch = self._archived(source)
        return fetch, self.archive.get(fetch.sha256)

    def _shipped(self, source: str) -> bytes:
        room, name = source.split("/")
        path = (self.ledger_dir if room == "ledger" else self.bundle_dir) / name
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            remedy = (
                "Restore the file" if room == "bundle" else "A ledger has a file for each of its tables: write it anew"
            )
            raise SourceMissing(source, f"{path} does not exist", f"{remedy}, and refresh again") from error

    def _archived(self, source: str) -> Fetch:
        fetch = self.archive.latest(source)
        if fetch is None:
            remedy = "Run `hashwatt refresh --edition bundle` once; replay rebuilds from what was archived before"
            raise SourceMissing(source, "the archive holds no answer of this source", remedy)
        return fetch


def _silent(line: str) -> None:
    """For whoever does not wait at a terminal."""
