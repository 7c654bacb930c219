"""What the archive holds of a provider, by its names, and the marks by which the lake remembers what it took in of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.feeds.plan import Answered, name_of, read_name
from ingestion.feeds.provider import Domain, Window
from ingestion.fetch.archive import Archive, Record


@dataclass(frozen=True)
class Answer:
    """A whole answer: its pages in order, the first one recorded last, so that it stands for all of them."""

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
    return f"{folder_of(domain, provider)}/{shared}/{name_of(window, asked)}"


def whole_answers(archive: Archive, domain: Domain, provider: str) -> list[Answer]:
    """Every whole answer of a provider in the order of archiving; opens none of them."""
    folder = folder_of(domain, provider)
    firsts: list[tuple[Record, str, Window, date]] = []
    further: dict[str, dict[int, Record]] = {}
    for record in archive.records(folder):
        parts = record.source.removeprefix(f"{folder}/").split("/")
        named = read_name(parts[1]) if len(parts) in (2, 3) else None
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


def news(stamps: Sequence[str], mark: str | None, version: str) -> int:
    """The place in `stamps`, ascending, from which on a lake with this mark has not taken in what was archived.

    That is 0, everything, when there is no mark, when another parser read, and when the archive holds other answers from
    before the mark than the lake took in (the clock was set back, or an older archive was brought back).
    """
    until, count, read_by = mark.split(" ") if mark is not None and mark.count(" ") == 2 else ("", "", "")
    older = bisect_right(stamps, until)
    return older if read_by == version and str(older) == count else 0


def spans(answers: Sequence[Answer], mark: str | None) -> dict[str, list[Answered]]:
    """What was answered by shared subject; read is what came before the mark."""
    until = mark.split(" ")[0] if mark else ""
    found: dict[str, list[Answered]] = {}
    for one in answers:
        found.setdefault(one.shared, []).append(Answered(one.window, one.asked, one.stamp <= until))
    return found
