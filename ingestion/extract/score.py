"""What the extractor finds in a folder of documents, held against what a careful reader found: its expected.csv.

A row of expected.csv without a value asks for an abstention, `none` and `distractor` for silence; a comparative column may be
missed. A value is right when field, value and period are; its record may be named otherwise when no other value of the
field is taken for it.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ingestion.extract.document import UnreadableDocument
from ingestion.extract.extract import extract_file
from ingestion.extract.found import ABSTAINED, ACCEPTED, REVIEW, Found
from ingestion.extract.words import words

RIGHT, WRONG, MISSED, IN_REVIEW, RIGHTLY, WRONGLY, EXTRA = (
    "right",
    "wrong",
    "missed",
    "review",
    "abstained_rightly",
    "abstained_wrongly",
    "extra",
)
OUTCOMES = (RIGHT, WRONG, MISSED, IN_REVIEW, RIGHTLY, WRONGLY, EXTRA)
Expected = dict[str, str]


@dataclass(frozen=True)
class Judged:
    """One value and what became of it. `extra` is a value of a field that expected.csv does not ask for there."""

    document: str
    kind: str
    field: str
    outcome: str
    record: str
    expected: str
    found: str
    passage: str


def score(folder: Path) -> list[Judged]:
    """Every value of expected.csv and every value found beside it. FileNotFoundError without an expected.csv or a document."""
    with (folder / "expected.csv").open(encoding="utf-8", newline="") as handle:
        expected: dict[str, list[Expected]] = defaultdict(list)
        for row in csv.DictReader(handle):
            expected[row["document"]].append(row)
    judged: list[Judged] = []
    for document, rows in expected.items():
        try:
            found = extract_file(folder / document, document)
        except UnreadableDocument:
            found = []
        judged += judge(rows, found)
    return judged


def judge(expected: list[Expected], found: list[Found]) -> list[Judged]:
    """One document's values."""
    left = list(found)
    judged: list[Judged] = []
    asked = [row for row in expected if row["field"] not in {"none", "distractor"} and row["value"]]
    taken: dict[int, Found] = {}
    for same_record in (True, False):
        for number, row in enumerate(asked):
            if number not in taken and (match := _match(row, left, same_record)):
                taken[number] = match
                left.remove(match)
    for number, row in enumerate(asked):
        judged += _outcome(row, taken.get(number), left)
    for row in expected:
        if row["field"] not in {"none", "distractor"} and not row["value"]:
            said = [one for one in left if one.state == ACCEPTED and _about(row, one)]
            judged += [_judged(row, WRONG if said else RIGHTLY, said[0] if said else None)]
            left = [one for one in left if one not in said]
    for one in left:
        if one.state == ACCEPTED:
            judged.append(_beside(one, expected))
    for row in expected:
        if row["field"] in {"none", "distractor"} and not any(
            one.outcome == WRONG and one.expected == "" for one in judged
        ):
            judged.append(_judged(row, RIGHTLY, None))
    return judged


def _match(row: Expected, left: list[Found], same_record: bool) -> Found | None:
    for one in left:
        if one.state != ACCEPTED or one.kind != row["kind"] or one.field != row["field"]:
            continue
        record = not same_record or plain(one.record) == plain(row["record"])
        if record and _says(row, one) and _period(row, one):
            return one
    return None


def _says(row: Expected, one: Found) -> bool:
    """Whether the value is the one expected. A basis is expected in a reader's own words: they are read as those of a document."""
    basis = words().basis(row["value"]) if row["field"] == "value_basis" else None
    return one.value == basis[0] if basis else equal(one.value, row["value"])


def _period(row: Expected, one: Found) -> bool:
    wanted, said = (row["period_start"], row["period_end"]), (one.period_start, one.period_end)
    return all(not want or want == say for want, say in zip(wanted, said, strict=True))


def _outcome(row: Expected, match: Found | None, left: list[Found]) -> Iterator[Judged]:
    if match is not None:
        yield _judged(row, RIGHT, match)
        return
    of_field = [one for one in left if _about(row, one)]
    for state, outcome in ((ACCEPTED, WRONG), (REVIEW, IN_REVIEW), (ABSTAINED, WRONGLY)):
        for one in of_field:
            if one.state == state and (_period(row, one) or state != ACCEPTED):
                left.remove(one)
                yield _judged(row, outcome, one)
                return
    if "comparative column" not in row["note"]:
        yield _judged(row, MISSED, None)


def _about(row: Expected, one: Found) -> bool:
    return one.kind == row["kind"] and one.field == row["field"] and plain(one.record) == plain(row["record"])


def _beside(one: Found, expected: list[Expected]) -> Judged:
    """A value that matches nothing asked for: wrong where silence is wanted or its field is asked for of that period, else
    extra, as are the other columns of a table and the other sites."""
    none = any(row["field"] == "none" and row["kind"] in {one.kind, ""} for row in expected)
    lured = any(
        row["field"] == "distractor" and row["quote"] and plain(one.quote) in plain(row["quote"]) for row in expected
    )
    asked = [row for row in expected if (row["kind"], row["field"]) == (one.kind, one.field) and _period(row, one)]
    of_site = one.record.partition(" - ")[2] and plain(one.record) not in {plain(row["record"]) for row in asked}
    outcome = WRONG if none or lured or (asked and not of_site) else EXTRA
    return Judged(one.document, one.kind, one.field, outcome, one.record, "", one.value, one.quote)


def _judged(row: Expected, outcome: str, one: Found | None) -> Judged:
    said, passage = (one.value, one.quote) if one else ("", row["quote"])
    return Judged(row["document"], row["kind"], row["field"], outcome, row["record"], row["value"], said, passage)


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def equal(said: str, wanted: str) -> bool:
    try:
        return Decimal(said) == Decimal(wanted)
    except InvalidOperation:
        return plain(said) == plain(wanted)


def table(judged: list[Judged]) -> list[tuple[str, ...]]:
    """Counts of outcomes by kind and field, precision and recall, and a line of totals for each kind."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for one in judged:
        counts[one.kind, one.field][one.outcome] += 1
        counts[one.kind, "(all)"][one.outcome] += 1
    return [
        (kind, field, *(str(count[outcome]) for outcome in OUTCOMES), *_rates(count))
        for (kind, field), count in sorted(counts.items())
    ]


def _rates(count: Counter[str]) -> tuple[str, str]:
    said = count[RIGHT] + count[WRONG]
    asked = count[RIGHT] + count[WRONG] + count[MISSED] + count[IN_REVIEW] + count[WRONGLY]
    return tuple(f"{count[RIGHT] / whole:.3f}" if whole else "" for whole in (said, asked))  # type: ignore[return-value]
