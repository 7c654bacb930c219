"""What the archive holds of the providers, by names alone, and the lake by one query over the files of a table; the marks of what a lake
took in, and the notes of askers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.contracts import MACRO_OBSERVATION, MARKET_BAR, NETWORK_DAY
from ingestion.contracts.contract import Table
from ingestion.fetch.archive import Archive, Record
from ingestion.landing.lake import Lake
from ingestion.providers.rows import DAY_COLUMNS, Domain, Window

NAME = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{4}-\d{2}-\d{2})_asked_(\d{4}-\d{2}-\d{2})", re.ASCII)
SINCE_NOTES = "feed/since"
TABLES: dict[Domain, Table] = {"market": MARKET_BAR, "network": NETWORK_DAY, "macro": MACRO_OBSERVATION}
SUBJECTS: dict[Domain, str] = {"market": "instrument", "network": "'BTC'", "macro": "series"}


@dataclass(frozen=True)
class Answer:
    """A whole answer: the days it was asked for, the UTC day it was asked on, and its pages in order, of which the first
    was recorded last, so that it stands for all of them."""

    shared: str
    window: Window
    asked: date
    pages: tuple[Record, ...]

    @property
    def stamp(self) -> str:
        """Sorts as the time at which the answer was archived as a whole."""
        return self.pages[0].stamp


def folder_of(domain: Domain, provider: str) -> str:
    return f"feed/{domain}/{provider}"


def source_of(domain: Domain, provider: str, shared: str, window: Window, asked: date) -> str:
    return f"{folder_of(domain, provider)}/{shared}/{window.first}_{window.last}_asked_{asked}"


def whole_answers(archive: Archive, domain: Domain, provider: str) -> list[Answer]:
    """Every whole answer of a provider in the order of archiving; opens none of them."""
    folder = folder_of(domain, provider)
    firsts: list[tuple[Record, str, Window, date]] = []
    further: dict[str, dict[int, Record]] = {}
    for record in archive.records(folder):
        parts = record.source.removeprefix(f"{folder}/").split("/")
        named = _read_name(parts[1]) if len(parts) in (2, 3) else None
        if named is None:
            continue
        if len(parts) == 2:
            firsts.append((record, parts[0], *named))
        elif (number := parts[2].removeprefix("page-")).isdecimal() and number != "1":
            further.setdefault(record.source.rsplit("/", 1)[0], {})[int(number)] = record
    return [
        Answer(shared, window, asked, (record, *(page for _, page in sorted(further.get(record.source, {}).items()))))
        for record, shared, window, asked in firsts
    ]


def mark_of(stamps: Sequence[str], version: str) -> str:
    """The mark of a lake that took in everything archived at `stamps`, as a parser of `version` reads it."""
    return f"{stamps[-1]} {len(stamps)} {version}"


def taken_until(mark: str | None) -> str:
    """The stamp up to which a lake with this mark took in what was archived; before all of them without one."""
    return mark.split(" ")[0] if mark else ""


def news(stamps: Sequence[str], mark: str | None, version: str) -> int:
    """The place in `stamps`, ascending, from which on a lake with this mark has not taken in what was archived.

    That is 0, everything, when there is no mark, when another parser read, and when the archive holds other answers from
    before the mark than the lake took in (the clock was set back, or an older archive was brought back).
    """
    until, count, read_by = mark.split(" ") if mark is not None and mark.count(" ") == 2 else ("", "", "")
    older = bisect_right(stamps, until)
    return older if read_by == version and str(older) == count else 0


def note_since(archive: Archive, domains: Iterable[Domain], subjects: Collection[str] | None, since: date) -> None:
    """Remember from which day on these subjects, or all of the domains, are wanted."""
    keys = [f"{domain}/{subject}" for domain in domains for subject in subjects] if subjects else list(domains)
    archive.remember(SINCE_NOTES, {**archive.remembered(SINCE_NOTES), **{key: since.isoformat() for key in keys}})


def noted_since(archive: Archive) -> dict[str, date]:
    """What `note_since` remembered, by domain or by domain and subject."""
    found = {}
    for key, text in archive.remembered(SINCE_NOTES).items():
        try:
            found[key] = date.fromisoformat(text)
        except ValueError:  # whoever wrote that did not mean a day
            continue
    return found


def _read_name(name: str) -> tuple[Window, date] | None:
    found = NAME.fullmatch(name)
    if found is None:
        return None
    try:
        first, last, asked = (date.fromisoformat(text) for text in found.groups())
        return Window(first, last), asked
    except ValueError:
        return None


@dataclass(frozen=True)
class Held:
    """The newest day of a provider and subject, and a bit for each day since some first one, that one the lowest."""

    newest: date
    days: int


def held(lake: Lake, domain: Domain, first: date, last: date) -> dict[tuple[str, str], Held]:
    """What `lake` holds of the days from `first` to `last`, by provider and subject.

    Days are counted as bits by the query, since millions of them as rows would take longer than all the rest.
    """
    import duckdb

    files = lake.files(TABLES[domain])
    if not files or last < first:
        return {}
    day = DAY_COLUMNS[domain]
    span = (last - first).days
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select provider, {SUBJECTS[domain]} as subject, max({day}),"
            f" bitstring_agg(datediff('day', {day}, $last), 0, {span}) filter ({day} between $first and $last)"
            " from read_parquet($files, hive_partitioning = false) group by all",
            {"files": files, "first": first, "last": last},
        ).fetchall()
    return {(provider, subject): Held(newest, int(bits or "0", 2)) for provider, subject, newest, bits in rows}


def bits_of(days: list[date], first: date) -> int:
    """The same bits for `days`, none of them before `first`."""
    found = bytearray((days[-1] - first).days // 8 + 1) if days else bytearray()
    for one in days:
        place = (one - first).days
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


def days_of(bits: int, first: date) -> list[date]:
    """The days of bits, ascending."""
    return [first + timedelta(days=n) for n, bit in enumerate(reversed(f"{bits:b}")) if bit == "1"] if bits else []
