"""An explanation for people: the tables and sums that explain.txt.j2 puts its words around, and the words for codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from orchestration.cli.explain import Explanation, Row, in_new_york
from orchestration.cli.output import table_lines, text_lines
from quality.read import read_yml

WORDS: Final = read_yml(Path(__file__).with_name("explain.yml"))
METHODS, REASONS, BOUNDS, CHANGES = (WORDS[codes] for codes in ("methods", "reasons", "bounds", "changes"))

_CURRENCY = re.compile("[A-Z]{3}")


def amount(value: float, unit: str, *, signed: bool = False) -> str:
    """A number of `unit` with separators, currencies in millions: exact to a dollar."""
    scaled = value / 1e6 if _CURRENCY.fullmatch(unit) else value
    shown = f"{scaled:+,.6f}" if signed and value else f"{scaled:,.6f}"
    return shown.rstrip("0").rstrip(".")


def explanation_lines(found: Explanation) -> Iterator[str]:
    """Sections of plain text: the number, its arithmetic, filings, vintages, the ledger, findings."""
    number, sources = found.number, _sources(found)
    bounds = {row["operand_known_at_utc"]: BOUNDS.get(row["known_at_basis"]) for row in sources}
    yield from text_lines(
        "explain",
        found=found,
        n=number,
        words=WORDS,
        unit=f"{number['unit']} million" if _CURRENCY.fullmatch(number["unit"]) else number["unit"],
        bound=bounds.get(number["known_at_utc"]),
        sources=sources,
        arithmetic=_arithmetic(found),
        filings=_filings(sources),
        history=_history(found),
        ledger=[row for row in found.evidence if row["role"] == "ledger"],
        findings=_findings(found.findings),
        amount=amount,
        moments=_moments,
        named=_source,
        vintage_table=_vintage_table,
    )


def _moments(known_at_utc: datetime) -> tuple[str, str]:
    return f"{known_at_utc:%Y-%m-%d %H:%M:%S}", f"{in_new_york(known_at_utc):%Y-%m-%d %H:%M:%S}"


def _arithmetic(found: Explanation) -> Iterator[str]:
    number, unit = found.number, found.number["unit"]
    terms = [row for row in found.evidence if row["term_number"] and (row["is_used"] or row["vintage_number"] == 0)]
    lines: list[tuple[str, str, str]] = []
    for row in terms:
        value = "missing" if row["operand_value"] is None else amount(row["operand_value"], unit)
        if row["role"] == "reported":
            lines.append(("", value, f"{_source(row)}, the quarter by itself{_apart(row)}"))
        elif row["sign"]:
            lines.append(("-" if row["sign"] < 0 else "+" if lines else "", value, _source(row)))
        if row["sign"] < 0 and row["term_value"] is not None:
            words = "not published, see above" if number["value"] is None else "difference"
            lines.append(("=", amount(row["term_value"], unit), words))
    if number["value"] is not None and len({row["term_number"] for row in terms}) > 1:
        lines.append(("=", amount(number["value"], unit), "sum of the terms"))
    width = max((len(value) for _, value, _ in lines), default=0)
    for sign, value, words in lines:
        yield f"{sign:1} {value:>{width}}  {words}"


def _apart(reported: Row) -> str:
    if reported["difference"] is None:
        return ""
    if reported["difference"] == 0:
        return ", the same as the difference"
    return f", {amount(reported['difference'], reported['operand_unit'], signed=True)} against the difference"


def _source(row: Row) -> str:
    return ", ".join(filter(None, (row["operand"], row["accession"])))


def _sources(found: Explanation) -> list[Row]:
    """The filings whose numbers are used, or would be, each once, oldest first, with those that confirm them."""
    used = [row for row in found.evidence if row["term_number"] and (row["is_used"] or row["is_confirming"])]
    by_accession = {row["accession"]: row for row in used}
    return sorted(by_accession.values(), key=lambda row: (row["operand_known_at_utc"], row["accession"]))


def _filings(sources: Sequence[Row]) -> str:
    rows = []
    for row in sources:
        notes = (BOUNDS.get(row["known_at_basis"]), "confirms the numbers" if row["is_confirming"] else None)
        accepted = _moments(row["operand_known_at_utc"])
        rows.append((row["accession"], row["form"], str(row["filed_date"]), *accepted, "; ".join(filter(None, notes))))
    return _aligned(("accession", "form", "filed", "accepted, UTC", "accepted, New York", ""), rows)


def _history(found: Explanation) -> str:
    """The quarter as it followed from what was on file, where it ever changed."""
    then = {row["operand_known_at_utc"]: row["number_then"] for row in found.evidence if row["number_then"] is not None}
    history = [next(group) for _, group in groupby(sorted(then.items()), key=lambda moment: moment[1])]
    values = _right(amount(value, found.number["unit"]) for _, value in history)
    rows = [(_moments(since)[0], value) for (since, _), value in zip(history, values, strict=True)]
    return _aligned(("since, UTC", "value"), rows) if len(rows) > 1 else ""


def _vintage_table(vintages: Sequence[Row], told: tuple[str, ...]) -> str:
    unit = vintages[0]["operand_unit"]
    values = _right("none" if row["operand_value"] is None else amount(row["operand_value"], unit) for row in vintages)
    changes = _right("" if row["change"] is None else amount(row["change"], unit, signed=True) for row in vintages)
    rows = [
        (value, change, CHANGES[row["change_kind"]], *(str(row[name]) for name in told), _moments(at)[0])
        for value, change, row in zip(values, changes, vintages, strict=True)
        if (at := row["operand_known_at_utc"])
    ]
    return _aligned(("value", "change", "what", *told, "known, UTC"), rows)


def _findings(findings: Sequence[Row]) -> str:
    heads = ("severity", "about", "finding", "period", "value", "expected", "unit")
    named = ("severity", "check_subject", "finding", "period")
    rows = [(*(f[name] for name in named), _plain(f["value"]), _plain(f["expected"]), f["unit"]) for f in findings]
    return _aligned(heads, rows) if rows else "none"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")


def _right(texts: Iterable[str]) -> list[str]:
    listed = list(texts)
    return [one.rjust(max(map(len, listed))) for one in listed]


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that leaves a terminal's width the four columns by which sections are moved to the right."""
    return "\n".join(line[4:] for line in table_lines(columns, rows, indent=4))
