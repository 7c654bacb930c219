"""What the cells of a ledger row, and the rows of a file, may not say beside each other. What one cell may hold is the
contract's. A row comes without the cells that broke a promise already: nothing further is concluded from them."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any

from ingestion.contracts.contract import REAL, Table

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
)
# What a row describes: it cannot be known before the day begins.
DESCRIBED_FROM = ("announced_date", "valid_from_date", "business_start_date", "first_session_date", "session_date")
WHOLES = (
    ("btc_restricted", "btc_held"),
    ("critical_it_mw", "gross_mw"),
    ("value_usd_m", "value_with_extensions_usd_m"),
    ("low", "high"),
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
    ("deal_kind", ("contract",), ("counterparty", "service_model")),
    ("mw_basis", ("critical_it", "both"), ("critical_it_mw",)),
    ("mw_basis", ("gross", "both", "unknown"), ("gross_mw",)),
    ("redistribution", ("with_attribution", "non_commercial"), ("attribution",)),
)
# ... or have to be.
EMPTY: Conditions = (
    ("status", ("preliminary",), ("principal_m", "coupon_pct")),
    ("coupon_kind", ("floating", None), ("coupon_pct",)),
    ("coupon_kind", ("fixed", "zero", None), ("floating_margin_bp",)),
    ("deal_kind", ("none_signed",), ("value_usd_m", "critical_it_mw", "gross_mw")),
    ("mw_basis", ("gross", "unknown", "none"), ("critical_it_mw",)),
    ("mw_basis", ("critical_it", "none"), ("gross_mw",)),
    ("kind", ("etf", "crypto", "index"), ("issuer",)),
)
# The first column has one of its values where the second one has its value, and only there.
TOGETHER = (
    ("kind", ("crypto",), "calendar", "UTC"),
    ("calendar", ("UTC",), "close_convention", "utc_midnight"),
    ("metric", ("shares",), "unit", "shares"),
    ("metric", ("cash", "debt", "finance_leases", "digital_assets", "shares"), "period_type", "instant"),
)
# Rows of a table that have the first column in common have the second one, too.
ONE_EACH = (
    ("issuer", "cik", "issuer"),
    ("provider", "name", "provider"),
    ("series", "name", "series"),
    ("feed", "provider", "domain"),
    ("bond_tranche", "deal_id", "issuer"),
    ("bond_tranche", "deal_id", "currency"),
    ("bond_tranche", "deal_id", "deal_headline_m"),
)
QUARTER_DAYS = range(80, 101)  # 52/53-week years have quarters of 91 and 98 days.


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a ledger file: which rule it breaks, where, what is the matter and what to write instead.

    `line` is None where the file as a whole is meant; `column` is empty where the whole line is.
    """

    rule: str
    line: int | None
    column: str
    reason: str
    remedy: str


def within_row(table: Table, row: Row) -> Iterator[Problem]:
    """What a row says against itself."""

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
        reasons = [
            f"{name} {row[name]}"
            for name in DESCRIBED_FROM
            if row.get(name) and known < datetime.combine(row[name], time.min)
        ]
        if (until := row.get("period_end_date")) and known < datetime.combine(until, time.min) + timedelta(days=1):
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
    if row.get("coupon_kind") == "zero" and row.get("coupon_pct"):
        yield problem("contradiction", "coupon_pct", f"a zero coupon is {row['coupon_pct']:g}", "write 0, or fixed")
    yield from _period(table, row)


def _applying(row: Row, conditions: Conditions) -> Iterator[tuple[str, str]]:
    """The column and another one that the conditions which apply to the row are about."""
    for column, values, others in conditions:
        if column in row and (row[column] in values if values else row[column] is not None):
            yield from ((column, other) for other in others if other in row)


def _period(table: Table, row: Row) -> Iterator[Problem]:
    """A month of production is a whole one and says something of it; a quarter has the length of one."""
    start, end = row.get("period_start_date"), row.get("period_end_date")
    days = (end - start).days + 1 if start and end else 0
    if table.name == "raw_ledger__capex_quarter" and days > 0 and days not in QUARTER_DAYS:
        reason, remedy = f"{start} to {end} are {days} days", "write the figure of the quarter alone, and its days"
        yield Problem("no_quarter", row["source_line"], "period_end_date", reason, remedy)
    if table.name == "raw_ledger__production":
        if start and days > 0:
            month = start.replace(day=1), start.replace(day=monthrange(start.year, start.month)[1])
            if (start, end) != month:
                reason, remedy = f"{start} to {end} is no calendar month", f"write {month[0]} and {month[1]}"
                yield Problem("no_month", row["source_line"], "period_end_date", reason, remedy)
        figures = [column.name for column in table.own_columns if column.type == REAL]
        if all(name in row and row[name] is None for name in figures):
            remedy = "remove the row; when an issuer falls silent, its habit changes in disclosure_regime.csv"
            yield Problem("nothing_disclosed", row["source_line"], figures[0], "the row has no figure", remedy)


def unknown_names(table: Table, row: Row, known: Known) -> Iterator[Problem]:
    """Names that are not among the `known` ones of their own table; where those are None, nothing is looked up."""
    named = {column.name: column.references.rpartition(".")[2] for column in table.columns if column.references}
    if "domain" in row:
        named["subject"] = SUBJECTS[row["domain"]]
    for column, entity in named.items():
        name, among = row.get(column), NETWORKS if entity == "network" else known.get(entity)
        if among is None or name in (None, *among) or name == table.column(column).wildcard:
            continue
        near = " or ".join(get_close_matches(str(name), among, n=3, cutoff=0.5))
        add = "BTC is the network kept" if entity == "network" else f"add it to {entity}.csv first"
        remedy = f"write {near}, or {add}" if near else add
        yield Problem(f"unknown_{entity}", row["source_line"], column, f"{name} is not in the universe", remedy)


def across_rows(table: Table, rows: Sequence[Row]) -> Iterator[Problem]:
    """What rows of the file say against each other, told of the row to look at."""
    columns = {column.name for column in table.columns}
    for entity, common, single in ONE_EACH:
        if table.name == f"raw_ledger__{entity}":
            yield from _disagreeing(common, single, [row for row in rows if row.get(common) and row.get(single)])
    if "valid_from_date" in table.key:
        yield from _backward(table, _having(rows, *table.key))
    if {"subject", "provider", "priority"} <= columns:
        yield from _places(_having(rows, "domain", "subject", "provider", "priority", "valid_from_date"))
    if "value_includes" in columns:
        clear = _having(rows, "deal_id", "issuer", "programme", "announced_date")
        unclear = {row.get("deal_id") for row in rows} - {row["deal_id"] for row in clear}
        for row in _having(clear, "value_kind", "value_includes"):
            alike = [other for other in clear if all(other[name] == row[name] for name in ("issuer", "programme"))]
            yield from _total(row, alike, unclear)


def _having(rows: Sequence[Row], *cells: str) -> list[Row]:
    """The rows whose cells of these columns are sound."""
    return [row for row in rows if row.keys() >= {*cells}]


def _disagreeing(common: str, single: str, rows: Sequence[Row]) -> Iterator[Problem]:
    """Rows that say otherwise than the first row which has `common` with them."""
    first: dict[object, Row] = {}
    for row in rows:
        other = first.setdefault(row[common], row)
        if row[single] != other[single]:
            reason = f"{row[common]} has {single} {row[single]}, and {other[single]} in line {other['source_line']}"
            yield Problem("disagreement", row["source_line"], single, reason, f"a {common} has one {single}")


def _backward(table: Table, rows: Sequence[Row]) -> Iterator[Problem]:
    """Rows of one subject that stand below a row with a later date."""
    latest: dict[tuple[object, ...], date] = {}
    for row in rows:
        who = tuple(row[name] for name in table.key if name != "valid_from_date")
        start = row["valid_from_date"]
        if start < latest.setdefault(who, start):
            reason = f"{start} stands below {latest[who]} of {' '.join(map(str, who))}"
            remedy = "put the rows in the order of their dates, or correct the date that is wrong"
            yield Problem("date_out_of_order", row["source_line"], "valid_from_date", reason, remedy)
        latest[who] = max(start, latest[who])


def _places(rows: Sequence[Row]) -> Iterator[Problem]:
    """Rows that put a provider where another one of the subject stands on some day; a provider's row ends its last one."""
    subjects: dict[tuple[object, object], list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["valid_from_date"]):
        subjects[row["domain"], row["subject"]].append(row)
    for (_, subject), own in subjects.items():
        told: set[int] = set()
        for day in sorted({row["valid_from_date"] for row in own}):
            in_force = {row["provider"]: row for row in own if row["valid_from_date"] <= day}
            places: dict[int, Row] = {}
            for row in sorted(in_force.values(), key=lambda row: row["source_line"]):
                other = places.setdefault(row["priority"], row)
                if other is not row and row["source_line"] not in told:
                    told.add(row["source_line"])
                    reason = f"{row['provider']} and {other['provider']} are both {row['priority']} for {subject}"
                    remedy = f"write a number that no other provider of {subject} has"
                    yield Problem("duplicate_priority", row["source_line"], "priority", reason, remedy)


def _total(row: Row, programme: Sequence[Row], unclear: Collection[object]) -> Iterator[Problem]:
    """What is wrong with a cumulative value: it must name all it includes and be no less than that.

    Nothing is said of `unclear` deals, whose programme or day is not known.
    """

    def problem(rule: str, reason: str, remedy: str, column: str = "value_includes") -> Problem:
        return Problem(rule, row["source_line"], column, reason, remedy)

    named = row["value_includes"].split(";") if row["value_includes"] else []
    included = [deal for deal in named if deal not in unclear]
    if row["value_kind"] != "cumulative":
        if named:
            remedy = "leave value_includes empty, or write cumulative as the value_kind"
            yield problem("included_deal", "the value includes deals and is not cumulative", remedy)
        return
    others = {other["deal_id"]: other for other in programme if other["deal_id"] != row["deal_id"]}
    for deal in included:
        if deal not in others:
            near = get_close_matches(deal, others.keys() - included, n=1)
            remedy = f"write {near[0]}" if near else "name earlier deals of its programme, with semicolons between them"
            yield problem("included_deal", f"{deal} is no deal of {row['issuer']}, {row['programme']}", remedy)
        elif others[deal]["announced_date"] > row["announced_date"]:
            reason = f"{deal} was announced later than the total that includes it"
            yield problem("included_deal", reason, f"take {deal} out, or correct the date that is wrong")
    for deal, other in others.items():
        gap = row["announced_date"] - other["announced_date"]
        earlier = gap > timedelta(0) or (gap == timedelta(0) and other.get("value_kind") == "increment")
        if earlier and other.get("value_usd_m") is not None and deal not in included:
            reason = f"{deal} is earlier than the total of its programme and not in it: both would be summed"
            yield problem("increment_beside_cumulative", reason, f"add {deal}, or give it a programme of its own")
    parts: dict[str, list[float]] = {"increment": [0.0], "cumulative": [0.0]}
    for deal in included:
        part = others.get(deal, {})
        if part.get("value_kind") and part.get("value_usd_m"):
            parts[part["value_kind"]].append(part["value_usd_m"])
    least = max(sum(parts["increment"]), *parts["cumulative"])
    if row.get("value_usd_m") is not None and row["value_usd_m"] < least:
        reason = f"the total {row['value_usd_m']:g} is below its parts, {least:g}"
        remedy = f"write at least {least:g}, or correct value_kind or the parts"
        yield problem("cumulative_below_parts", reason, remedy, "value_usd_m")
