"""From an edition's sources to the batch of each raw table: archive first, then parse. Writes nothing to the lake."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from ingestion import calendars
from ingestion.archive import Archive, Fetch
from ingestion.batch import Batch
from ingestion.errors import SourceDamaged, SourceMissing
from ingestion.ledger.reader import read_ledger
from ingestion.ledger.tables import LEDGER_TABLES
from ingestion.market import frozen as market
from ingestion.network import frozen as network
from ingestion.tables import CALENDAR_SESSION, MARKET_BAR, MARKET_COVERAGE, NETWORK_DAY, TABLES
from ingestion.universe import Universe

Edition = Literal["bundle", "replay"]
CALENDAR_SOURCE = "calendar/XNYS"


@dataclass(frozen=True)
class Ingestion:
    """The sources of one run.

    Edition `bundle` archives the shipped files and parses the archived bytes; edition `replay` parses what the archive
    holds already and opens nothing else. `now_utc` is naive UTC.
    """

    edition: Edition
    archive: Archive
    ledger_dir: Path
    bundle_dir: Path
    now_utc: datetime

    def batch(self, table: str) -> Batch:
        """What the sources say about the raw table; raises IngestionError when a source cannot be read at all."""
        return self._loaders[table]()

    @cached_property
    def universe(self) -> Universe:
        """Issuers and instruments that other sources may speak of."""
        return Universe.from_batches(self._ledger("issuer", None), self._ledger("instrument", None))

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
        fetch, content = self._file(self.bundle_dir, "bundle", market.BAR_FILE, self._frozen_at)
        closes = {session.session_date: session.close_utc for session in self._sessions[1]}
        return market.parse_bars(fetch, content, self.universe, closes)

    def _coverage(self) -> Batch:
        fetch, content = self._file(self.bundle_dir, "bundle", market.COVERAGE_FILE, self._frozen_at)
        return market.parse_coverage(fetch, content, self.universe)

    def _network(self) -> Batch:
        fetch, content = self._file(self.bundle_dir, "bundle", network.FILE, self._frozen_at)
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
        fetch, content = self._file(self.ledger_dir, "ledger", f"{entity}.csv", self._verified_at)
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
        if self.edition == "bundle":
            last: date = self._frozen_at.date() - timedelta(days=1)
            content = calendars.render_sessions(last)
            request = {"library": calendars.library_version()}
            fetch = self.archive.put(CALENDAR_SOURCE, content, fetched_at_utc=self._frozen_at, request=request)
        else:
            fetch = self._archived(CALENDAR_SOURCE)
        return fetch, calendars.parse_sessions(fetch.source, self.archive.get(fetch.sha256))

    @cached_property
    def _frozen_at(self) -> datetime:
        return self._stamp(self.bundle_dir, "bundle", "bundle.json", "frozen_at_utc")

    @cached_property
    def _verified_at(self) -> datetime:
        return self._stamp(self.ledger_dir, "ledger", "ledger.json", "verified_at_utc")

    def _stamp(self, folder: Path, room: str, name: str, field: str) -> datetime:
        """The date a folder of frozen files declares for all of them, naive UTC."""
        fetch, content = self._file(folder, room, name, None)
        try:
            return datetime.strptime(json.loads(content)[field], calendars.TIME_FORMAT)
        except (ValueError, KeyError, TypeError) as error:
            remedy = f'The file must hold {{"{field}": "YYYY-MM-DDTHH:MM:SSZ"}}'
            raise SourceDamaged(fetch.source, f"{field} cannot be read ({error})", remedy) from error

    def _file(self, folder: Path, room: str, name: str, stamp: datetime | None) -> tuple[Fetch, bytes]:
        """A shipped file by way of the archive, or its newest archived bytes on replay."""
        source = f"{room}/{name}"
        if self.edition == "bundle":
            try:
                content = (folder / name).read_bytes()
            except FileNotFoundError as error:
                raise SourceMissing(
                    source, f"{folder / name} does not exist", "Restore the file and refresh again"
                ) from error
            fetch = self.archive.put(source, content, fetched_at_utc=stamp or datetime.now(UTC).replace(tzinfo=None))
        else:
            fetch = self._archived(source)
        return fetch, self.archive.get(fetch.sha256)

    def _archived(self, source: str) -> Fetch:
        fetch = self.archive.latest(source)
        if fetch is None:
            remedy = "Run `hashwatt refresh --edition bundle` once; replay rebuilds from what was archived before"
            raise SourceMissing(source, "the archive holds no answer of this source", remedy)
        return fetch
