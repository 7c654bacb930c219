"""What the archive holds of the providers, by names alone, the marks of what a lake took in of it, and the notes of askers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.fetch.archive import Archive, Record
from ingestion.providers.rows import Domain, Window

NAME = re.compile(r"(\d{4}-\d{2}-\d{2})_(\d{4}-\d{2}-\d{2})_asked_(\d{4}-\d{2}-\d{2})", re.ASCII)
SINCE_NOTES = "feed/since"


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
    """The folder of the archive that holds what a provider answered."""
    return f"feed/{domain}/{provider}"


def source_of(domain: Domain, provider: str, shared: str, window: Window, asked: date) -> str:
    """The name of an answer in the archive."""
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
