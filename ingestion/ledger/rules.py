"""What the cells of a ledger row may not say beside each other: the rules that rules.yml lists, and those that take more than a line.
What one cell may hold is the contract's, what rows may not say of each other is across.py's. A row comes without the cells
that broke a promise already: nothing further is concluded from them."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from ingestion.contracts.contract import REAL, Table
from ingestion.landing.delimited import Problem

Row = Mapping[str, Any]
Known = Mapping[str, Collection[str] | None]

# Which names the subject of a feed is among, by its domain; all other references are in the contracts.
SUBJECTS = {"market": "instrument", "macro": "series", "network": "network"}
NETWORKS = ("BTC",)

RULES: Mapping[str, Any] = yaml.load(
    Path(__file__).with_name("rules.yml").read_text(encoding="utf-8"), yaml.CSafeLoader
)

# A citation leads a stranger to the page: a form with its accession, or a publisher with an address. What was read elsewhere
# says so, wherever in the citation, and has no accession or page to show for itself.
ACCESSION = r"[0-9]{10}-[0-9]{2}-[0-9]{6}"
OPENS = re.compile(rf"(?:^|; )(?:[A-Z0-9][^;]* {ACCESSION}(?=;|$)|[^;]*[^;\s], https://[^\s;]+)")
SECOND_HAND = re.compile(r"(?:^|; )second-hand: \S")
FIRST_DAY = date(2009, 1, 3)
QUARTER_DAYS = range(80, 101)  # 52/53-week years have quarters of 91 and 98 days.


def within_row(table: Table, row: Row) -> Iterator[Problem]:

    def problem(rule: str, column: str, reason: str, remedy: str) -> Problem:
        return Problem(rule, row["source_line"], column, reason, remedy)

    for before, after, one_day in RULES["ordered"]:
        first, last = row.get(before), row.get(after)
        if not first or not last:
            continue
        # A day known by its year alone stands for any day of it.
        end = date(last.year, 12, 31) if row.get(after.replace("_date", "_precision")) == "year" else last
        if end < first or (end == first and not one_day):
            reason = f"{after} {last} is {'before' if end < first else 'not after'} {before} {first}"
            yield problem("date_out_of_order", after, reason, "correct the date that is wrong")
    if known := row.get("known_at_utc"):
        reasons = [
            f"{name} {row[name]}" for name in RULES["described_from"] if row.get(name) and known.date() < row[name]
        ]
        reasons += [f"{FIRST_DAY}, the first day of bitcoin"] if known.date() < FIRST_DAY else []
        if (until := row.get("period_end_date")) and known.date() <= until:
            reasons.append(f"the period to {until} was over")
        for reason in reasons:
            remedy = "write the first moment at which the row could be known, see README.md of the ledger"
            yield problem("known_too_early", "known_at_utc", f"known {known:%Y-%m-%d}, before {reason}", remedy)
    for part, whole in RULES["wholes"]:
        low, high = row.get(part), row.get(whole)
        if low is not None and high is not None and low > high:
            reason = f"{part} {low:g} is above {whole} {high:g}"
            yield problem("part_above_whole", part, reason, "check both figures against the source")
    told = set()
    for column, other in _applying(row, RULES["filled"]):
        if row[other] is None and other not in told:
            told.add(other)
            remedy = f"the column holds: {table.column(other).description}"
            yield problem("incomplete", other, f"{column} is {row[column]}, and {other} is empty", remedy)
    for column, other in _applying(row, RULES["empty"]):
        if row[other] is not None and other not in told:
            told.add(other)
            reason = f"{column} is {row[column] or 'empty'}, and {other} is {row[other]}"
            yield problem("contradiction", other, reason, f"leave {other} empty, or correct {column}")
    for column, values, other, value in RULES["together"]:
        if {column, other} <= row.keys() and (row[column] in values) != (row[other] == value):
            reason = f"{column} is {row[column]}, and {other} is {row[other]}"
            remedy = f"{value} goes with {' or '.join(values)}, and with nothing else"
            yield problem("contradiction", other, reason, remedy)
    start, end = row.get("span_start"), row.get("span_end")
    if start is not None and end is not None and end < start:
        remedy = "copy both from `hashwatt evidence`"
        yield problem("span_out_of_order", "span_end", f"span_end {end} is before span_start {start}", remedy)
    decided, known = row.get("decided_at_utc"), row.get("known_at_utc")
    if decided and known and decided < known:
        reason = f"decided {decided:%Y-%m-%d %H:%M}, before the document was known, {known:%Y-%m-%d %H:%M}"
        yield problem("decided_too_early", "decided_at_utc", reason, "write when it was decided, UTC")
    if row.get("coupon_kind") == "zero" and row.get("coupon_pct"):
        yield problem("contradiction", "coupon_pct", f"a zero coupon is {row['coupon_pct']:g}", "write 0, or fixed")
    if cited := row.get("citation"):
        if SECOND_HAND.search(cited):
            if row.get("confidence") == "high":
                yield problem("second_hand_high", "confidence", "a second-hand row is high", "write medium or low")
        elif not OPENS.search(cited) and table.name.removeprefix("raw_ledger__") not in RULES["own_words"]:
            remedy = "write form and accession (8-K 0001628280-24-043341), a publisher and an address (MARA, https://...), or"
            remedy += " `second-hand: ` and what is said of the source; several with a semicolon between them"
            yield problem("citation_does_not_open", "citation", f"{cited!r} leads to no page", remedy)
    yield from _period(table, row)


def _applying(row: Row, conditions: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """The column and another one that the conditions which apply to the row are about."""
    for column, values, others in conditions:
        if column in row and (row[column] in values if values else row[column] is not None):
            yield from ((column, other) for other in others if other in row)


def _period(table: Table, row: Row) -> Iterator[Problem]:
    """A month or quarter of production is a whole one and says something of it; a quarter of capex has the length of one."""
    start, end = row.get("period_start_date"), row.get("period_end_date")
    days = (end - start).days + 1 if start and end else 0
    if table.name == "raw_ledger__capex_quarter" and days > 0 and days not in QUARTER_DAYS:
        reason, remedy = f"{start} to {end} are {days} days", "write the figure of the quarter alone, and its days"
        yield Problem("no_quarter", row["source_line"], "period_end_date", reason, remedy)
    if table.name == "raw_ledger__production":
        if start and days > 0:
            month, quarter = _whole(start, 1), _whole(start, 3)
            if (start, end) not in (month, quarter):
                reason = f"{start} to {end} is no calendar month and no quarter"
                remedy = f"write {month[0]} and {month[1]}, or {quarter[0]} and {quarter[1]}"
                yield Problem("no_month", row["source_line"], "period_end_date", reason, remedy)
        figures = [column.name for column in table.own_columns if column.type == REAL]
        if all(name in row and row[name] is None for name in figures):
            remedy = "remove the row; when an issuer falls silent, its habit changes in disclosure_regime.csv"
            yield Problem("nothing_disclosed", row["source_line"], figures[0], "the row has no figure", remedy)


def _whole(day: date, months: int) -> tuple[date, date]:
    """First and last day of the month, or of the quarter of three `months`, that the day lies in."""
    last = day.month + (-day.month) % months
    return date(day.year, last - months + 1, 1), date(day.year, last, monthrange(day.year, last)[1])


def unknown_names(table: Table, row: Row, known: Known) -> Iterator[Problem]:
    """Names that are not among the `known` ones of their own table; where those are None, nothing is looked up."""
    named = {
        column.name: column.references.split(".")[0].removeprefix("raw_ledger__")
        for column in table.columns
        if column.references
    }
    if "domain" in row:
        named["subject"] = SUBJECTS[row["domain"]]
    for column, entity in named.items():
        name, among = row.get(column), NETWORKS if entity == "network" else known.get(entity)
        if among is None or name in (None, *among) or name == table.column(column).wildcard:
            continue
        near = " or ".join(get_close_matches(str(name), among, n=3, cutoff=0.5))
        add = "BTC is the network kept" if entity == "network" else f"add it to {entity}.csv first"
        remedy = f"write {near}, or {add}" if near else add
        reason = f"{name} is not in {'the register' if entity == 'counterparty' else 'the universe'}"
        yield Problem(f"unknown_{entity}", row["source_line"], column, reason, remedy)
