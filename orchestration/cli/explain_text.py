"""An explanation for people, in sections of plain text, and the words for methods, reasons and changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from orchestration.cli.explain import Explanation, Row, in_new_york
from orchestration.cli.output import table_lines
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
    number, unit = found.number, _unit(found.number["unit"])
    value = "no number" if number["value"] is None else f"{amount(number['value'], number['unit'])} {unit}"
    yield f"{number['issuer']} {number['metric']} {number['calendar_quarter']}: {value}"
    yield f"{found.name}, CIK {found.issuer['cik']}"
    yield ""
    yield from _about(found)
    if number["value"] is None:
        yield from _section("Why there is no number", [REASONS[number["null_reason"]]])
        yield from _section("What would be needed", _needed(found))
    if number["method"] != "ledger":
        yield from _section(f"Arithmetic, {unit}", _arithmetic(found))
        yield from _section("Filings", _filings(found))
        yield from _section(f"Vintages, {unit}", _vintages(found))
    yield from _section("Ledger, USD million", _ledger(found))
    yield from _section("Findings about the data", _findings(found.findings))
    made = found.publication
    yield ""
    yield f"Publication {made.id}, edition {made.edition}, as of {made.as_of or 'everything known'}"


def _unit(unit: str) -> str:
    return f"{unit} million" if _CURRENCY.fullmatch(unit) else unit


def _moments(known_at_utc: datetime) -> tuple[str, str]:
    return f"{known_at_utc:%Y-%m-%d %H:%M:%S}", f"{in_new_york(known_at_utc):%Y-%m-%d %H:%M:%S}"


def _about(found: Explanation) -> Iterator[str]:
    number = found.number
    utc, new_york = _moments(number["known_at_utc"])
    bounds = {row["operand_known_at_utc"]: BOUNDS.get(row["known_at_basis"]) for row in _sources(found)}
    bound = f" ({words})" if (words := bounds.get(number["known_at_utc"])) else ""
    period = f"{number['period_start_date']} to {number['period_end_date']}"
    if number["fiscal_quarter"] is not None:
        period += f", quarter {number['fiscal_quarter']} of the fiscal year from {number['fiscal_year_start_date']}"
    about = {
        "Metric": found.meaning,
        "Basis": number["basis"],
        "Unit": _unit(number["unit"]),
        "USD million": "",
        "Period": period,
        "Method": f"{number['method']}: {METHODS[number['method']]}",
        "Concept": number["xbrl_concept"] or "none: a definition of the company's own",
        "Known": f"{utc} UTC, {new_york} New York{bound}",
        "Source": number["citation"],
        "Confidence": number["confidence"],
    }
    if number["value"] is not None and number["null_reason"] is not None:
        about["USD million"] = f"none: {REASONS[number['null_reason']]}"
    width = max(len(name) for name, words in about.items() if words)
    return (f"{name:<{width}}  {words}" for name, words in about.items() if words)


def _needed(found: Explanation) -> list[str]:
    """What would give the number, as sentences."""
    reason, missing = found.number["null_reason"], [row for row in found.evidence if row["vintage_number"] == 0]
    lines: list[str] = [f"a filing that gives {row['operand']}" for row in missing]
    if reason == "mixed_vintages":
        lines.append("a filing that gives both numbers anew, or again the one that was not restated")
    if reason in ("concept_switched", "transition_period", "irregular_period"):
        lines.append("a filing that gives the quarter by itself, or both numbers over whole quarters under one concept")
    if found.number["metric"].startswith("capex_"):
        lines.append("or a row of the ledger for the quarter, with its citation")
    return lines


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
    if found.evidence[0]["adds_up"]:
        yield "Added up from the filings named, this is the number published."
    elif found.evidence[0]["adds_up"] is False:
        yield "The filings named do NOT make the number published: run `hashwatt doctor` and report it."
    others = [row for row in found.evidence if row["role"] == "other_concept" and row["is_used"]]
    if others and number["value"] is None:
        yield "Under other concepts of the metric:"
        for row in others:
            yield f"  {amount(row['operand_value'], unit)}  {_source(row)}"


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


def _filings(found: Explanation) -> Iterator[str]:
    filings = _sources(found)
    if not filings:
        yield "none"
        return
    rows = []
    for row in filings:
        notes = (BOUNDS.get(row["known_at_basis"]), "confirms the numbers" if row["is_confirming"] else None)
        accepted = _moments(row["operand_known_at_utc"])
        rows.append((row["accession"], row["form"], str(row["filed_date"]), *accepted, "; ".join(filter(None, notes))))
    yield from _aligned(("accession", "form", "filed", "accepted, UTC", "accepted, New York", ""), rows)
    yield from (row["filing_page"] for row in filings)


def _vintages(found: Explanation) -> Iterator[str]:
    number, unit = found.number, found.number["unit"]
    if number["first_value"] is not None:
        now = "no number stands now" if number["value"] is None else f"now {amount(number['value'], unit)}"
        first = f"{amount(number['first_value'], unit)}, known {number['first_known_at_utc']} UTC"
        yield f"The quarter as first filed: {first}; {now}"
    then = {row["operand_known_at_utc"]: row["number_then"] for row in found.evidence if row["number_then"] is not None}
    history = [next(group) for _, group in groupby(sorted(then.items()), key=lambda moment: moment[1])]
    if len(history) > 1:
        yield "The quarter by the numbers then on file, of one vintage or not"
        values = _right(amount(value, unit) for _, value in history)
        rows = [(_moments(since)[0], value) for (since, _), value in zip(history, values, strict=True)]
        yield from _indented(_aligned(("since, UTC", "value"), rows))
    replaced = any(row["is_used"] and row["sign"] and row["replaced_by"] for row in found.evidence)
    if number["value"] is not None and replaced:
        yield "A later filing gives another number than the one used; the filings do not hold the whole year with it, so"
        yield "the last vintage in which they do stands."
    filed = [row for row in found.evidence if row["source_kind"] == "filing"]
    for _, group in groupby(filed, key=lambda row: row["operand_number"]):
        vintages = list(group)
        apart = ", another concept of the metric" if vintages[0]["role"] == "other_concept" else ""
        yield f"{vintages[0]['operand']}{apart}"
        yield from _indented(_vintage_table(vintages, ("accession", "form")))
    if not filed:
        yield "none"


def _vintage_table(vintages: Sequence[Row], told: tuple[str, ...]) -> list[str]:
    unit = vintages[0]["operand_unit"]
    values = _right("none" if row["operand_value"] is None else amount(row["operand_value"], unit) for row in vintages)
    changes = _right("" if row["change"] is None else amount(row["change"], unit, signed=True) for row in vintages)
    rows = [
        (value, change, CHANGES[row["change_kind"]], *(str(row[name]) for name in told), _moments(at)[0])
        for value, change, row in zip(values, changes, vintages, strict=True)
        if (at := row["operand_known_at_utc"])
    ]
    return _aligned(("value", "change", "what", *told, "known, UTC"), rows)


def _ledger(found: Explanation) -> Iterator[str]:
    number, rows = found.number, [row for row in found.evidence if row["role"] == "ledger"]
    if not rows:
        yield "The ledger has no row for the quarter."
        return
    used = rows[-1]
    shown = "no amount" if used["operand_value"] is None else amount(used["operand_value"], used["operand_unit"])
    if used["sign"]:
        yield f"{shown}, which is the number; XBRL gives none in this publication."
    elif used["difference"] is None:
        yield f"{shown}; there is no amount to hold against it."
    elif used["difference"]:
        yield f"{shown}, {amount(used['difference'], used['operand_unit'], signed=True)} against the number."
    else:
        yield f"{shown}, the same."
    days = used["period_start_date"], used["period_end_date"]
    if days != (number["period_start_date"], number["period_end_date"]):
        yield f"It covers {days[0]} to {days[1]}, the same calendar quarter by its middle day, but other days."
    yield f"Citation: {used['citation']}"
    if used["filing_page"]:
        yield f"Page: {used['filing_page']}"
    yield f"Row: {used['ledger_file']} line {used['ledger_line']}"
    if len(rows) > 1:
        yield from _vintage_table(rows, ("ledger_file", "ledger_line"))


def _findings(findings: Sequence[Row]) -> list[str]:
    heads = ("severity", "about", "finding", "period", "value", "expected", "unit")
    named = ("severity", "check_subject", "finding", "period")
    rows = [(*(f[name] for name in named), _plain(f["value"]), _plain(f["expected"]), f["unit"]) for f in findings]
    return _aligned(heads, rows) if rows else ["none"]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")


def _right(texts: Iterable[str]) -> list[str]:
    listed = list(texts)
    return [one.rjust(max(map(len, listed))) for one in listed]


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from _indented(lines)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table that leaves a terminal's width the four columns by which sections are moved to the right."""
    return [line[4:] for line in table_lines(columns, rows, indent=4)]
