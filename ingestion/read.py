"""From what the archive holds of the providers to batches, each answer read once for all tables of its domain. Asks nobody and
writes nothing."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime
from functools import cached_property
from threading import Lock
from typing import Any

import pyarrow as pa

from ingestion import outcomes
from ingestion.answers import Answer, folder_of, mark_of, news, whole_answers
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
from ingestion.fetch.archive import Archive
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.lake import Lake
from ingestion.observed import Facts, Observed, Page
from ingestion.providers import provider as providers
from ingestion.providers.provider import Provider
from ingestion.providers.rows import Domain, Reading, Target
from ingestion.universe import Feed, Universe

VERSION = "feed-1"
"""Of what happens between a provider's reading and the rows: another one means that everything is read again."""
TABLES_OF: dict[Domain, tuple[Table, ...]] = {
    "market": (MARKET_BAR, MARKET_ACTION, MARKET_COVERAGE),
    "network": (NETWORK_DAY,),
    "macro": (MACRO_OBSERVATION,),
}
DOMAIN_OF: dict[str, Domain] = {table.name: domain for domain, tables in TABLES_OF.items() for table in tables}
FEED_TABLES = frozenset({*DOMAIN_OF, FEED_REQUEST.name})
ONLY_FEEDS = frozenset({FEED_REQUEST.name})
"""Tables of which the bundle holds nothing."""


@dataclass(frozen=True)
class Shipped:
    """The part of a table that ships with the package: its source, what it follows from, and how to read it."""

    source: str
    mark: str
    read: Callable[[], Batch]


@dataclass
class _News:
    """What there is of a table beyond the `marks` of the lake: rows and rejections of its providers, the sources of which
    this is all there is, and the new marks."""

    marks: Mapping[str, str]
    records: list[pa.Table] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    applied: dict[str, str] = field(default_factory=dict)


class Reader:
    """What the archive says about the subjects of `universe`. `closes` gives the close of each exchange session, naive
    UTC. May be used from several threads. Whoever asks anew makes a new one."""

    def __init__(self, archive: Archive, universe: Universe, closes: Mapping[date, datetime]) -> None:
        self._archive, self._universe, self._closes = archive, universe, closes
        self._waiting: dict[str, _News] = {}
        self._turn = Lock()

    def batches(self, table: Table, lake: Lake, shipped: Shipped | None = None) -> Iterator[Batch]:
        """What `lake` has not taken in of the table, the shipped part included, as one batch; none where there is nothing.

        The batch is the whole truth of a source that is read from the beginning, and adds to what the lake holds of the
        others. What was read along for the other tables of the domain waits here for them.
        """
        if table == FEED_REQUEST:
            told = self._requests(lake)
        else:
            with self._turn:
                if table.name not in self._waiting:
                    self._waiting |= self._domain(DOMAIN_OF[table.name], lake)
                told = self._waiting.pop(table.name)
        if shipped is not None and told.marks.get(shipped.source) != shipped.mark:
            batch = shipped.read()
            told.records.insert(0, _as_table(table, batch.records))
            told.rejected[:0] = batch.rejected
            told.sources |= batch.sources
            told.applied[shipped.source] = shipped.mark
        if not told.applied:
            return iter(())
        records = pa.concat_tables([table.schema().empty_table(), *told.records])
        sources = frozenset(told.sources)
        return iter((Batch(table, records, told.rejected, sources, snapshot=bool(sources), applied=told.applied),))

    def inputs(self) -> dict[str, str]:
        """SHA-256 over all archived answers, by provider, and over the logged questions."""
        folders = [folder_of(domain, name) for name, (domain, _, _) in providers.PLACES.items()]
        return self._archive.contents((*folders, outcomes.FOLDER))

    def version(self, domain: Domain, name: str) -> str:
        """What the rows of a provider follow from besides its answers."""
        facts: list[object] = [VERSION]
        for subject, feed in self._feeds[domain, name]:
            series = self._universe.series.get(subject) if domain == "macro" else None
            facts.append([subject, feed.symbols, self._universe.calendar(domain, subject)])
            facts.append(astuple(series) if series else None)
        digest = hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
        return f"{providers.provider(name).parser_version}+{digest[:12]}".replace(" ", "_")

    def _domain(self, domain: Domain, lake: Lake) -> dict[str, _News]:
        found = {table.name: _News(lake.applied(table)) for table in TABLES_OF[domain]}
        for name in providers.names(domain):
            folder, answers = folder_of(domain, name), whole_answers(self._archive, domain, name)
            if not answers:
                continue
            provider, version = providers.provider(name), self.version(domain, name)
            stamps = [one.stamp for one in answers]
            since = {table: news(stamps, one.marks.get(folder), version) for table, one in found.items()}
            facts = Facts(provider, self._universe, self._closes)
            open_ = [Observed(one, facts) for one in TABLES_OF[domain] if since[one.name] < len(answers)]
            for place in range(min(since.values()), len(answers)):
                for page in self._pages(domain, provider, answers[place]):
                    for observed in open_:
                        if place >= since[observed.table.name]:
                            observed.take(page)
            for observed in open_:
                told = found[observed.table.name]
                is_whole = not since[observed.table.name]
                told.records.append(observed.records(None if is_whole else lake))
                told.rejected += observed.rejected
                told.sources |= {page.source for answer in answers for page in answer.pages} if is_whole else set()
                told.applied[folder] = mark_of(stamps, version)
        return found

    def _requests(self, lake: Lake) -> _News:
        records, marks = self._archive.records(outcomes.FOLDER), lake.applied(FEED_REQUEST)
        stamps = [one.stamp for one in records]
        since = news(stamps, marks.get(outcomes.FOLDER), outcomes.PARSER_VERSION)
        told = _News(marks)
        if since == len(records):
            return told
        rows: list[dict[str, object]] = []
        for record in records[since:]:
            fetch = self._archive.open(record)
            good, bad = outcomes.read(fetch, self._archive.get(fetch.sha256))
            rows += [outcomes.as_row(one, fetch) for one in good]
            told.rejected += bad
        told.records.append(_as_table(FEED_REQUEST, rows))
        told.sources |= set() if since else {one.source for one in records}
        told.applied[outcomes.FOLDER] = mark_of(stamps, outcomes.PARSER_VERSION)
        return told

    def _pages(self, domain: Domain, provider: Provider[Any], answer: Answer) -> Iterator[Page]:
        """The pages of an answer as each of its subjects reads them. One that cannot be read at all says nothing: that it
        could not is in the log of questions, and the days that it was asked for are asked for again."""
        fetches = [self._archive.open(record) for record in answer.pages]
        contents = [self._archive.get(fetch.sha256) for fetch in fetches]
        try:
            documents = [provider.open(*page) for page in zip(fetches, contents, strict=True)]
        except (SourceDamaged, SourceDrifted):
            documents = []
        asked = fetches[0].request.get("symbols")
        for subject, feed in self._shared[provider.name].get(answer.shared, ()):
            symbol = feed.symbol(answer.window.first)
            symbol = str(asked.get(subject, symbol)) if isinstance(asked, Mapping) else symbol
            target = Target(domain, subject, symbol, self._universe.calendar(domain, subject))
            try:
                readings = [
                    (fetch, provider.reading(document, fetch, target, answer.window, self._closes))
                    for fetch, document in zip(fetches, documents, strict=False)
                ]
            except SourceDrifted:
                readings = []
            actions = [row for _, reading in readings for row in reading.actions]
            for number, (fetch, reading) in enumerate(readings or [(fetches[0], Reading(()))], start=1):
                yield Page(target, answer.window, number, fetch, reading, actions)

    @cached_property
    def _feeds(self) -> Mapping[tuple[str, str], Sequence[tuple[str, Feed]]]:
        """Everybody that a provider can be asked about, by domain and provider, in the order of subjects."""
        found: dict[tuple[str, str], list[tuple[str, Feed]]] = defaultdict(list)
        for (domain, subject), feeds in sorted(self._universe.feeds.items()):
            for feed in feeds:
                found[domain, feed.provider].append((subject, feed))
        return found

    @cached_property
    def _shared(self) -> Mapping[str, Mapping[str, Sequence[tuple[str, Feed]]]]:
        """The same by provider and the name under which its answers are archived."""
        found: dict[str, dict[str, list[tuple[str, Feed]]]] = defaultdict(lambda: defaultdict(list))
        for name, (domain, _, _) in providers.PLACES.items():
            for subject, feed in self._feeds[domain, name]:
                target = Target(domain, subject, feed.symbols[-1][1], self._universe.calendar(domain, subject))
                found[name][providers.provider(name).shared(target)].append((subject, feed))
        return found


def _as_table(table: Table, records: Sequence[Mapping[str, object]] | pa.Table) -> pa.Table:
    if isinstance(records, pa.Table):
        return records
    columns = {column.name: [row.get(column.name) for row in records] for column in table.columns}
    return pa.table(columns, schema=table.schema())
