"""What was dated in the future, under a clock that was ahead: answers of the archive and rows of the lake, and dating them
again. The order of answers does not depend on it: the archive keeps that by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pyarrow.parquet as pq

from ingestion import outcomes
from ingestion.clock import CLOCKS_DIFFER
from ingestion.contracts import TABLES
from ingestion.contracts.contract import Table
from ingestion.errors import ArchiveDamaged
from ingestion.fetch.archive import STAMP_FORMAT, Archive, Fetch, Record
from ingestion.landing.lake import Lake

MOMENTS = frozenset({"known_at_utc", "ingested_at_utc"})


def answers_ahead(archive: Archive, now_utc: datetime) -> list[tuple[Record, Fetch]]:
    """The answers that say they came in after `now_utc`, naive UTC, in the order of archiving. Opens only those whose place
    in it is after that moment."""
    until = now_utc + CLOCKS_DIFFER
    found = _archived_after(archive, until)
    return [(record, fetch) for record, fetch in found if max(fetch.fetched_at_utc, fetch.archived_at_utc) > until]


def tables_ahead(lake: Lake, now_utc: datetime) -> dict[str, datetime]:
    """The tables with rows that became known, or were taken in, after `now_utc`, naive UTC, with the latest such moment; from
    the statistics of their files."""
    found = {name: max(_moments(lake, table), default=now_utc) for name, table in TABLES.items()}
    return {name: moment for name, moment in found.items() if moment > now_utc + CLOCKS_DIFFER}


def date_again(archive: Archive, lake: Lake, now_utc: datetime) -> tuple[int, list[str]]:
    """Give the answers dated after `now_utc` the latest moment at which they can have come in, that of the answer after them,
    and let the tables with rows of theirs be read from the archive once more. Returns how many, and which."""
    ahead = {record for record, _ in answers_ahead(archive, now_utc)}
    latest = now_utc
    for record, fetch in reversed(_archived_after(archive, now_utc + CLOCKS_DIFFER)):
        if record not in ahead:
            latest = min(latest, fetch.archived_at_utc)
        elif record.source.startswith(f"{outcomes.FOLDER}/"):
            archive.set_aside(record)  # a log of questions, in whose bytes the wrong times stand
        else:
            latest -= timedelta(microseconds=1)
            archive.redate(record, latest)
    tables = sorted(tables_ahead(lake, now_utc))
    for name in tables:
        lake.forget(TABLES[name])
    return len(ahead), tables


def _archived_after(archive: Archive, moment_utc: datetime) -> list[tuple[Record, Fetch]]:
    found = []
    for record in archive.records(""):
        if record.stamp > moment_utc.strftime(STAMP_FORMAT):
            try:
                found.append((record, archive.open(record)))
            except ArchiveDamaged:  # told and put aside as damage
                continue
    return found


def _moments(lake: Lake, table: Table) -> Iterator[datetime]:
    for partition in lake.partitions(table):
        try:
            facts = pq.read_metadata(lake.path(table, partition))
        except (OSError, ValueError):  # told as damage of the lake
            continue
        for group in range(facts.num_row_groups):
            for place in range(facts.num_columns):
                column = facts.row_group(group).column(place)
                if column.path_in_schema in MOMENTS and column.statistics and column.statistics.has_min_max:
                    yield column.statistics.max
