"""From what the archive holds of the providers to batches: vintages, coverage, requests. Asks nobody and writes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime

import pyarrow as pa

from ingestion.contracts import (
    FEED_REQUEST,
    MACRO_OBSERVATION,
    MARKET_ACTION,
    MARKET_BAR,
    MARKET_COVERAGE,
    NETWORK_DAY,
)
from ingestion.contracts.contract import Table
from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.feeds import registry, requests_log
from ingestion.feeds.answered import Answer, folder_of, mark_of, news, whole_answers
from ingestion.feeds.provider import Domain, Provider, Reading, Target
from ingestion.feeds.rows import WRITERS, Page
from ingestion.fetch.archive import Archive, Fetch
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.lake import Lake
from ingestion.universe import Universe

VERSION = "feed-1"
"""Of what happens between a provider's reading and the rows: another one means that everything is read again."""
DOMAIN_OF: dict[str, Domain] = {
    MARKET_BAR.name: "market",
    MARKET_ACTION.name: "market",
    MARKET_COVERAGE.name: "market",
    NETWORK_DAY.name: "network",
    MACRO_OBSERVATION.name: "macro",
}
FEED_TABLES = frozenset({*DOMAIN_OF, FEED_REQUEST.name})
ONLY_FEEDS = frozenset({MARKET_ACTION.name, MACRO_OBSERVATION.name, FEED_REQUEST.name})
"""Tables of which the bundle holds nothing."""


@dataclass(frozen=True)
class Shipped:
    """The part of a table that ships with the package: its source, what it follows from, and how to read it."""

    source: str
    mark: str
    read: Callable[[], Batch]


@dataclass(frozen=True)
class _Part:
    """What one provider has to say: rows, rejections, the sources of which this is all there is, and its mark."""

    records: pa.Table
    rejected: Sequence[Rejected]
    sources: frozenset[str]
    applied: Mapping[str, str]


class Feeds:
    """What the archive says about the subjects of `universe`. `closes` gives the close of each exchange session, naive
    UTC."""

    def __init__(self, archive: Archive, universe: Universe, closes: Mapping[date, datetime]) -> None:
        self._archive, self._universe, self._closes = archive, universe, closes
        self._known: dict[str, dict[str, list[Target]]] = {}

    def batches(self, table: Table, lake: Lake, shipped: Shipped | None = None) -> Iterator[Batch]:
        """What `lake` has not taken in of the table, the shipped part included, as one batch; none where there is nothing.

        The batch is the whole truth of a source that is read from the beginning, and adds to what the lake holds of the
        others.
        """
        marks = lake.applied(table)
        parts = self._requests(marks) if table == FEED_REQUEST else self._providers(table, lake, marks)
        columns = [part.records for part in parts if part.records.num_rows]
        rejected = [one for part in parts for one in part.rejected]
        sources = {source for part in parts for source in part.sources}
        applied = {name: mark for part in parts for name, mark in part.applied.items()}
        if shipped is not None and marks.get(shipped.source) != shipped.mark:
            batch = shipped.read()
            columns.insert(0, _as_table(table, batch.records))
            rejected = [*batch.rejected, *rejected]
            sources |= batch.sources
            applied[shipped.source] = shipped.mark
        if not applied:
            return iter(())
        records = pa.concat_tables([table.schema().empty_table(), *columns])
        return iter((Batch(table, records, rejected, frozenset(sources), snapshot=bool(sources), applied=applied),))

    def inputs(self) -> dict[str, str]:
        """SHA-256 over the names of all archived answers, by provider, and over those of the logged questions."""
        folders = [folder_of(domain, name) for name, (domain, _, _) in registry.PLACES.items()]
        found = {}
        for folder in (*folders, requests_log.FOLDER):
            records = self._archive.records(folder)
            if records:
                text = "\n".join(f"{one.source} {one.stamp} {one.sha12}" for one in records)
                found[folder] = hashlib.sha256(text.encode()).hexdigest()
        return found

    def version(self, domain: Domain, name: str) -> str:
        """What the rows of a provider follow from besides its answers."""
        facts: list[object] = [VERSION]
        for (own, subject), feeds in sorted(self._universe.feeds.items()):
            for feed in feeds:
                if own == domain and feed.provider == name:
                    series = (self._universe.series or {}).get(subject) if domain == "macro" else None
                    facts.append([subject, feed.symbols, self._universe.calendar(domain, subject)])
                    facts.append(astuple(series) if series else None)
        digest = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
        return f"{registry.provider(name).parser_version}+{digest[:12]}".replace(" ", "_")

    def _providers(self, table: Table, lake: Lake, marks: Mapping[str, str]) -> list[_Part]:
        domain = DOMAIN_OF[table.name]
        parts = []
        for name in registry.names(domain):
            folder, answers = folder_of(domain, name), whole_answers(self._archive, domain, name)
            if not answers:
                continue
            provider, version = registry.provider(name), self.version(domain, name)
            stamps = [one.stamp for one in answers]
            since = news(stamps, marks.get(folder), version)
            if since == len(answers):
                continue
            writer = WRITERS[table.name](provider, self._universe, self._closes)
            if since:
                shared = self._shared(domain, provider)
                subjects = {one.subject for answer in answers[since:] for one in shared.get(answer.shared, ())}
                writer.know(lake, subjects, answers[since:])
            rejected: list[Rejected] = []
            for answer in answers[since:]:
                for page in self._pages(domain, provider, answer):
                    writer.take(page)
                    rejected += page.reading.rejected if table.name != MARKET_ACTION.name else ()
            whole = () if since else answers
            sources = frozenset(page.source for answer in whole for page in answer.pages)
            parts.append(_Part(writer.records(), rejected, sources, {folder: mark_of(stamps, version)}))
        return parts

    def _requests(self, marks: Mapping[str, str]) -> list[_Part]:
        records = self._archive.records(requests_log.FOLDER)
        stamps = [one.stamp for one in records]
        since = news(stamps, marks.get(requests_log.FOLDER), requests_log.PARSER_VERSION)
        if since == len(records):
            return []
        rows: list[dict[str, object]] = []
        rejected: list[Rejected] = []
        for record in records[since:]:
            fetch = self._archive.open(record)
            good, bad = requests_log.read(fetch, self._archive.get(fetch.sha256))
            rows, rejected = rows + good, rejected + bad
        sources = frozenset(one.source for one in (() if since else records))
        mark = {requests_log.FOLDER: mark_of(stamps, requests_log.PARSER_VERSION)}
        return [_Part(_as_table(FEED_REQUEST, rows), rejected, sources, mark)]

    def _pages(self, domain: Domain, provider: Provider, answer: Answer) -> Iterator[Page]:
        """The pages of an answer as each of its subjects reads them. One that cannot be read at all says nothing: that it
        could not is in the log of questions, and the days that it was asked for are asked for again."""
        found: list[tuple[Fetch, bytes]] = []
        for record in answer.pages:
            fetch = self._archive.open(record)
            found.append((fetch, self._archive.get(fetch.sha256)))
        for target in self._targets(domain, provider, answer, found[0][0]):
            try:
                readings = [
                    (fetch, provider.read(fetch, content, target, answer.window, self._closes))
                    for fetch, content in found
                ]
            except (SourceDamaged, SourceDrifted):
                readings = [(found[0][0], Reading(()))]
            actions = [row for _, reading in readings for row in reading.actions]
            for number, (fetch, reading) in enumerate(readings, start=1):
                yield Page(target, answer.window, number, fetch, reading, actions)

    def _targets(self, domain: Domain, provider: Provider, answer: Answer, fetch: Fetch) -> list[Target]:
        """The subjects that the answer speaks of, each by the symbol that it was asked under."""
        asked = fetch.request.get("symbols")
        symbols = asked if isinstance(asked, Mapping) else {}
        found = []
        for target in self._shared(domain, provider).get(answer.shared, []):
            feed = next(one for one in self._universe.feeds[domain, target.subject] if one.provider == provider.name)
            symbol = str(symbols.get(target.subject, feed.symbol(answer.window.first)))
            found.append(Target(domain, target.subject, symbol, target.calendar))
        return found

    def _shared(self, domain: Domain, provider: Provider) -> dict[str, list[Target]]:
        """The subjects of a provider by the name under which their answers are archived."""
        if provider.name not in self._known:
            found: dict[str, list[Target]] = {}
            for (own, subject), feeds in sorted(self._universe.feeds.items()):
                for feed in feeds:
                    if own == domain and feed.provider == provider.name:
                        calendar = self._universe.calendar(domain, subject)
                        target = Target(domain, subject, feed.symbols[-1][1], calendar)
                        found.setdefault(provider.shared(target), []).append(target)
            self._known[provider.name] = found
        return self._known[provider.name]


def _as_table(table: Table, records: Sequence[Mapping[str, object]] | pa.Table) -> pa.Table:
    if isinstance(records, pa.Table):
        return records
    columns = {column.name: [row.get(column.name) for row in records] for column in table.columns}
    return pa.table(columns, schema=table.schema())
