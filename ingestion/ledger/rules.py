"""What the cells of a ledger row may not say beside each other. What one cell may hold is the contract's, what rows may
not say of each other is across.py's. A row comes without the cells that broke a promise already: nothing further is
concluded from them."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from ingestion.contracts.contract import REAL, Table
from ingestion.landing.delimited import Problem

Row = Mapping[str, Any]
Known = Mapping[str, Collection[str] | None]

# Which names the subject of a feed is among, by its domain; all other references are in the contracts.
SUBJECTS = {"market": "instrument", "macro": "series", "network": "network"}
NETWORKS = ("BTC",)

# Date columns in the order in which they happen, and whether both may be one day.
ORDERED = (
    ("announced_date", "settled_date", True),
    ("announced_date", "maturity_date", False),
    ("settled_date", "maturity_date", False),
    ("period_start_date", "period_end_date", True),
    ("valid_from_date", "valid_to_date", False),
    ("from_date", "to_date", True),
    ("search_from_date", "search_to_date", True),
)
# What a row describes: it cannot be known before the day begins.
DESCRIBED_FROM = (
    "announced_date",
    "event_date",
    "said_date",
    "as_of_date",
    "valid_from_date",
    "business_start_date",
    "first_session_date",
    "session_date",
    "article_date",
)
WHOLES = (
    ("btc_restricted", "btc_held"),
    ("critical_it_mw", "gross_mw"),
    ("value_usd_m", "value_with_extensions_usd_m"),
    ("low", "high"),
    ("value", "value_high"),
)
# Where the column has one of the values (any, where none is named), the columns after it may not be empty ...
Conditions = tuple[tuple[str, tuple[str | None, ...], tuple[str, ...]], ...]
FILLED: Conditions = (
    ("principal_m", (), ("currency",)),
    ("deal_headline_m", (), ("currency",)),
    ("peak_orders_m", (), ("peak_orders_currency",)),
    ("peak_orders_currency", (), ("peak_orders_m",)),
    ("floating_margin_bp", (), ("floating_index",)),
    ("status", ("final",), ("currency", "principal_m", "maturity_date")),
    ("coupon_kind", ("fixed", "zero"), ("coupon_pct",)),
    ("value_usd_m", (), ("value_basis", "value_kind")),
    ("value_kind", (), ("value_usd_m",)),
    ("backstop_usd_m", (), ("backstop_party",)),
    ("deal_kind", ("contract", "delivery"), ("counterparty", "service_model")),
    ("mw_basis", ("critical_it", "both"), ("critical_it_mw",)),
    ("mw_basis", ("gross", "both", "unknown"), ("gross_mw",)),
    ("redistribution", ("with_attribution", "non_commercial"), ("attribution",)),
    ("value", (), ("unit",)),
    ("qualifier", ("between",), ("value_high",)),
    ("metric", (None,), ("data_needed",)),
    ("metric", (), ("figure",)),
    ("figure", (), ("unit", "comparison", "tolerance", "own_basis")),
    ("search_from_date", (), ("search_to_date",)),
    ("search_to_date", (), ("search_from_date",)),
)
# ... or have to be.
EMPTY: Conditions = (
    ("status", ("preliminary",), ("principal_m", "coupon_pct")),
    ("coupon_kind", ("floating", None), ("coupon_pct",)),
    ("coupon_kind", ("fixed", "zero", None), ("floating_margin_bp",)),
    ("deal_kind", ("none_signed",), ("value_usd_m", "critical_it_mw", "gross_mw")),
    ("deal_kind", ("delivery",), ("value_usd_m",)),
    ("mw_basis", ("gross", "unknown", "none"), ("critical_it_mw",)),
    ("mw_basis", ("critical_it", "none"), ("gross_mw",)),
    ("kind", ("etf", "crypto", "index"), ("issuer",)),
    ("qualifier", ("about", "more_than", "up_to"), ("value_high",)),
    ("metric", (None,), ("figure", "unit", "comparison", "tolerance", "own_basis", "other_bases")),
)
# The first column has one of its values where the second one has its value, and only there.
TOGETHER = (
    ("kind", ("crypto",), "calendar", "UTC"),
    ("calendar", ("UTC",), "close_convention", "utc_midnight"),
    ("metric", ("shares",), "unit", "shares"),
    ("metric", ("cash", "debt", "finance_leases", "digital_assets", "shares"), "period_type", "instant"),
)
# A citation leads a stranger to the page: a form with its accession, or a publisher with an address. What was read elsewhere
# says so, wherever in the citation, and has no accession or page to show for itself.
ACCESSION = r"[0-9]{10}-[0-9]{2}-[0-9]{6}"
OPENS = re.compile(rf"(?:^|; )(?:[A-Z0-9][^;]* {ACCESSION}(?=;|$)|[^;]*[^;\s], https://[^\s;]+)")
SECOND_HAND = re.compile(r"(?:^|; )second-hand: \S")
# Tables in which the house says whom it asks and by which names it calls whom; nobody else has published that.
OWN_WORDS = ("bar_exclusion", "counterparty", "decision", "feed", "instrument", "provider", "series")
FIRST_DAY = date(2009, 1, 3)
QUARTER_DAYS = range(80, 101)  # 52/53-week years have quarters of 91 and 98 days.


def within_row(table: Table, row: Row) -> Iterator[Problem]:

    def problem(rule: str, column: str, reason: str, remedy: str) -> Problem:
        return Problem(rule, row["source_line"], column, reason, remedy)

    for before, after, one_day in ORDERED:
        first, last = row.get(before), row.get(after)
        if not first or not last:
            continue
        # A day known by its year alone stands for any day of it.
        end = date(last.year, 12, 31) if row.get(after.replace("_date", "_precision")) == "year" else last
        if end < first or (end == first and not one_day):
            reason = f"{after} {last} is {'before' if end < first else 'not after'} {before} {first}"
            yield problem("date_out_of_order", after, reason, "correct the date that is wrong")
    if known := row.get("known_at_utc"):
        reasons = [f"{name} {row[name]}" for name in DESCRIBED_FROM if row.get(name) and known.date() < row[name]]
        reasons += [f"{FIRST_DAY}, the first day of bitcoin"] if known.date() < FIRST_DAY else []
        if (until := row.get("period_end_date")) and known.date() <= until:
            reasons.append(f"the period to {until} was over")
        for reason in reasons:
            remedy = "write the first moment at which the row could be known, see README.md of the ledger"
            yield problem("known_too_early", "known_at_utc", f"known {known:%Y-%m-%d}, before {reason}", remedy)
    for part, whole in WHOLES:
        low, high = row.get(part), row.get(whole)
        if low is not None and high is not None and low > high:
            reason = f"{part} {low:g} is above {whole} {high:g}"
            yield problem("part_above_whole", part, reason, "check both figures against the source")
    told = set()
    for column, other in _applying(row, FILLED):
        if row[other] is None and other not in told:
            told.add(other)
            remedy = f"the column holds: {table.column(other).description}"
            yield problem("incomplete", other, f"{column} is {row[column]}, and {other} is empty", remedy)
    for column, other in _applying(row, EMPTY):
        if row[other] is not None and other not in told:
            told.add(other)
            reason = f"{column} is {row[column] or 'empty'}, and {other} is {row[other]}"
            yield problem("contradiction", other, reason, f"leave {other} empty, or correct {column}")
    for column, values, other, value in TOGETHER:
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
        elif not OPENS.search(cited) and table.name.removeprefix("raw_ledger__") not in OWN_WORDS:
            remedy = "write form and accession (8-K 0001628280-24-043341), a publisher and an address (MARA, https://...), or"
            remedy += " `second-hand: ` and what is said of the source; several with a semicolon between them"
            yield problem("citation_does_not_open", "citation", f"{cited!r} leads to no page", remedy)
    yield from _period(table, row)


def _applying(row: Row, conditions: Conditions) -> Iterator[tuple[str, str]]:
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
