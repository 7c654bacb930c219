"""Writes an explanation for people. Nothing is looked up or decided here; as JSON it is explain_json.py."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final

from orchestration.cli.explain_model import Explanation, Fact, Filed, Term, in_new_york
from orchestration.cli.explain_words import BOUNDS, CHANGES, METHODS, REASONS
from orchestration.cli.output import table_lines

_CURRENCY = re.compile("[A-Z]{3}")
_USD: Final = "USD"


def amount(value: float, unit: str, *, signed: bool = False) -> str:
    """A number of `unit` with separators, currencies in millions: exact to a dollar."""
    scaled = value / 1e6 if _CURRENCY.fullmatch(unit) else value
    shown = f"{scaled:+,.6f}" if signed and value else f"{scaled:,.6f}"
    return shown.rstrip("0").rstrip(".")


def unit_name(unit: str) -> str:
    return f"{unit} million" if _CURRENCY.fullmatch(unit) else unit


def moments(known_at_utc: datetime) -> tuple[str, str]:
    """A naive UTC time as text in UTC and in New York."""
    return f"{known_at_utc:%Y-%m-%d %H:%M:%S}", f"{in_new_york(known_at_utc):%Y-%m-%d %H:%M:%S}"


def index_page(cik: str, accession: str) -> str:
    """Where EDGAR shows the filing. The folder may be any filer's of the accession; EDGAR finds it all the same."""
    folder = f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}"
    return f"{folder}/{accession}-index.htm"


def explanation_lines(found: Explanation) -> Iterator[str]:
    """Sections of plain text: the number, its arithmetic, filings, vintages, the ledger, findings."""
    row, unit = found.row, found.row["unit"]
    value = "no number" if row["value"] is None else f"{amount(row['value'], unit)} {unit_name(unit)}"
    yield f"{row['issuer']} {row['metric']} {row['calendar_quarter']}: {value}"
    yield f"{found.name}, CIK {found.cik}"
    yield ""
    yield from _pairs(_about(found))
    if row["value"] is None:
        yield from _section("Why there is no number", [_reason(row["null_reason"])])
        yield from _section("What would be needed", needed(found))
    if row["method"] != "ledger":
        yield from _section(f"Arithmetic, {unit_name(unit)}", _arithmetic(found))
        yield from _section("Filings", _filings(found))
        yield from _section(f"Vintages, {unit_name(unit)}", _vintages(found))
    yield from _section("Ledger, USD million", _ledger(found))
    yield from _section("Findings about the data", _findings(found) or ["none"])
    publication = found.publication
    as_of = publication.as_of or "everything known"
    yield ""
    yield f"Publication {publication.id}, edition {publication.edition}, as of {as_of}"


def needed(found: Explanation) -> list[str]:
    """What would give the number, as sentences."""
    row = found.row
    lines = [f"a filing that gives {term.concept} {_days(*days)}" for term in found.terms for days in term.missing]
    if row["null_reason"] == "mixed_vintages":
        lines.append("a filing that gives both numbers anew, or again the one that was not restated")
    if row["null_reason"] in ("concept_switched", "transition_period", "irregular_period"):
        lines.append("a filing that gives the quarter by itself, or both numbers over whole quarters under one concept")
    if row["metric"].startswith("capex_"):
        lines.append("or a row of the ledger for the quarter, with its citation")
    return lines


def _about(found: Explanation) -> list[tuple[str, str]]:
    row = found.row
    utc, new_york = moments(row["known_at_utc"])
    bounds = {filed.known_at_utc: BOUNDS[filed.known_at_basis] for filed in found.filings if filed.is_bound}
    bound = f" ({bounds[row['known_at_utc']]})" if row["known_at_utc"] in bounds else ""
    period = f"{row['period_start_date']} to {row['period_end_date']}"
    if row["fiscal_quarter"] is not None:
        period += f", quarter {row['fiscal_quarter']} of the fiscal year from {row['fiscal_year_start_date']}"
    about = [
        ("Metric", found.meaning),
        ("Basis", row["basis"]),
        ("Unit", unit_name(row["unit"])),
        ("Period", period),
        ("Method", f"{row['method']}: {METHODS.get(row['method'], '')}"),
        ("Concept", row["xbrl_concept"] or "none: a definition of the company's own"),
        ("Known", f"{utc} UTC, {new_york} New York{bound}"),
        ("Source", row["citation"]),
        ("Confidence", row["confidence"]),
    ]
    if row["value"] is not None and row["null_reason"] is not None:
        about.insert(3, ("USD million", f"none: {_reason(row['null_reason'])}"))
    return about


def _reason(null_reason: str) -> str:
    return REASONS.get(null_reason, null_reason)


def _arithmetic(found: Explanation) -> Iterator[str]:
    row, unit = found.row, found.row["unit"]
    lines: list[tuple[str, str, str]] = []
    for place, term in enumerate(found.terms):
        lines += _term(term, unit, "+" if place else "", is_standing=row["value"] is not None)
    if len(found.terms) > 1 and row["value"] is not None:
        lines.append(("=", amount(row["value"], unit), "sum of the terms"))
    width = max((len(number) for _, number, _ in lines), default=0)
    for sign, number, words in lines:
        yield f"{sign:1} {number:>{width}}  {words}"
    if found.adds_up:
        yield "Added up from the filings named, this is the number published."
    elif found.adds_up is False:
        yield "The filings named do NOT make the number published: run `hashwatt doctor` and report it."
    if found.elsewhere and row["value"] is None:
        yield "Under other concepts of the metric:"
        for fact in found.elsewhere:
            yield f"  {amount(fact.value, unit)}  {_source(fact)}"


def _term(term: Term, unit: str, sign: str, *, is_standing: bool) -> Iterator[tuple[str, str, str]]:
    """Lines of sign, number and words. What was subtracted comes with its difference, what was not by itself."""
    difference = term.value if term.minuend and term.subtrahend else None
    if not (is_standing and difference is None and term.reported):
        yield sign if term.before is None else "", *_operand(term.concept, term.days, term.minuend, unit)
        if term.before:
            yield "-", *_operand(term.concept, term.before, term.subtrahend, unit)
    if difference is not None:
        yield "=", amount(difference, unit), "difference" if is_standing else "not published, see above"
    if term.reported:
        gap = 0.0 if difference is None else term.reported.value - difference
        apart = f", {amount(gap, unit, signed=True)} against the difference" if gap else ""
        apart = apart or ("" if difference is None else ", the same as the difference")
        yield "", amount(term.reported.value, unit), f"{_source(term.reported)}, the quarter by itself{apart}"


def _operand(concept: str, days: tuple[date, date], fact: Fact | None, unit: str) -> tuple[str, str]:
    return (amount(fact.value, unit), _source(fact)) if fact else ("missing", f"{concept} {_days(*days)}")


def _source(fact: Fact) -> str:
    return f"{fact.concept} {_days(fact.period_start_date, fact.period_end_date)}, {fact.standing.accession}"


def _days(first: date, last: date) -> str:
    return f"on {last}" if first == last else f"for {first} to {last}"


def _filings(found: Explanation) -> Iterator[str]:
    if not found.filings:
        yield "none"
        return
    rows = [(f.accession, f.form, str(f.filed_date), *moments(f.known_at_utc), _note(f, found)) for f in found.filings]
    yield from _aligned(("accession", "form", "filed", "accepted, UTC", "accepted, New York", ""), rows)
    for filed in found.filings:
        yield index_page(found.cik, filed.accession)


def _note(filed: Filed, found: Explanation) -> str:
    standing = {fact.standing.accession for term in found.terms for fact in term.facts}
    notes = (BOUNDS.get(filed.known_at_basis, ""), "" if filed.accession in standing else "confirms the numbers")
    return "; ".join(note for note in notes if note)


def _vintages(found: Explanation) -> Iterator[str]:
    row, unit = found.row, found.row["unit"]
    if row["first_value"] is not None:
        first = f"The quarter as first filed: {amount(row['first_value'], unit)}, known {row['first_known_at_utc']} UTC"
        if row["value"] is None:
            yield f"{first}; no number stands now"
        else:
            change = row["value"] - row["first_value"]
            yield f"{first}; change since: {amount(change, unit, signed=True)}"
    if len(found.on_file) > 1:
        yield "The quarter by the numbers then on file, of one vintage or not"
        values = _right(amount(value, unit) for _, value in found.on_file)
        rows = [(moments(since)[0], value) for (since, _), value in zip(found.on_file, values, strict=True)]
        yield from _indented(_aligned(("since, UTC", "value"), rows))
    if row["value"] is not None and any(fact.is_superseded for term in found.terms for fact in term.facts):
        yield "A later filing gives another number than the one used; the filings do not hold the whole year with it, so"
        yield "the last vintage in which they do stands."
    for fact in _facts(found):
        apart = ", another concept of the metric" if fact in found.elsewhere else ""
        yield f"{fact.concept} {_days(fact.period_start_date, fact.period_end_date)}{apart}"
        values = _right(amount(filed.value, unit) for filed in fact.filings)
        changes = _right("" if f.change is None else amount(f.change, unit, signed=True) for f in fact.filings)
        vintages = [
            (value, change, _change_kind(filed), filed.accession, filed.form, moments(filed.known_at_utc)[0])
            for value, change, filed in zip(values, changes, fact.filings, strict=True)
        ]
        yield from _indented(_aligned(("value", "change", "what", "accession", "form", "known, UTC"), vintages))
    if not _facts(found):
        yield "none"


def _change_kind(filed: Filed) -> str:
    return CHANGES.get(filed.change_kind, str(filed.change_kind))


def _right(texts: Iterable[str]) -> list[str]:
    listed = list(texts)
    return [one.rjust(max(map(len, listed))) for one in listed]


def _facts(found: Explanation) -> list[Fact]:
    return [*dict.fromkeys(fact for term in found.terms for fact in term.facts), *found.elsewhere]


def _ledger(found: Explanation) -> Iterator[str]:
    row = found.row
    if row["ledger_value_usd_m"] is None:
        yield "The ledger has no row for the quarter."
        return
    shown = amount(row["ledger_value_usd_m"] * 1e6, _USD)
    if row["method"] == "ledger":
        yield f"{shown}, which is the number; XBRL gives none in this publication."
    elif found.ledger_difference_usd_m is not None:
        gap = found.ledger_difference_usd_m * 1e6
        yield (
            f"{shown}; the number differs from it by {amount(gap, _USD, signed=True)}."
            if gap
            else f"{shown}, the same."
        )
    else:
        yield f"{shown}; there is no amount to hold against it."
    days = row["ledger_period_start_date"], row["ledger_period_end_date"]
    if days != (row["period_start_date"], row["period_end_date"]):
        yield f"It covers {days[0]} to {days[1]}, the same calendar quarter by its middle day, but other days."
    if citation := ledger_citation(found):
        yield f"Citation: {citation}"


def ledger_citation(found: Explanation) -> str | None:
    """Where the ledger's figure was read; beside an XBRL number only where the publication says it."""
    column = "citation" if found.row["method"] == "ledger" else "ledger_citation"
    citation = found.row.get(column)
    return None if citation is None else str(citation)


def _findings(found: Explanation) -> list[str]:
    rows = [
        (
            f["severity"],
            f["check_subject"],
            f["finding"],
            f["period"],
            _plain(f["value"]),
            _plain(f["expected"]),
            f["unit"],
        )
        for f in found.findings
    ]
    heads = ("severity", "about", "finding", "period", "value", "expected", "unit")
    return _aligned(heads, rows) if rows else []


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:,.6f}".rstrip("0").rstrip(".")


def _pairs(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max(len(name) for name, _ in pairs)
    return (f"{name:<{width}}  {words}" for name, words in pairs if words)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield title
    yield from _indented(lines)


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return table_lines(columns, rows)
