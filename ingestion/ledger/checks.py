"""What may not stand in the ledger beyond the contract of single columns: within a row, and across the rows of a file.

Column promises (type, allowed values, pattern, duplicate key, known in the future) are held by ingestion/landing/conform.py.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches

from ingestion.contracts.contract import Table
from ingestion.landing.batch import Batch, Rejected
from ingestion.ledger.concepts import EVERY_ISSUER
from ingestion.universe import Universe

Row = dict[str, object]

# Date columns of a row in the order in which they happen; the later one may be on the day of the earlier one.
ORDERED = (
    ("announced_date", "settled_date"),
    ("announced_date", "maturity_date"),
    ("settled_date", "maturity_date"),
    ("period_start_date", "period_end_date"),
    ("valid_from_date", "valid_to_date"),
)
# What a row describes: it cannot be known before this date begins, or before this period is over.
DESCRIBED_FROM = ("announced_date", "valid_from_date", "business_start_date", "first_session_date", "session_date")
DESCRIBED_UNTIL = "period_end_date"
# Amounts that mean nothing without the column beside them.
AMOUNTS = (
    ("principal_m", "currency"),
    ("deal_headline_m", "currency"),
    ("peak_orders_m", "peak_orders_currency"),
    ("floating_margin_bp", "floating_index"),
    ("value", "unit"),
    ("low", "unit"),
    ("value_usd_m", "value_basis"),
)
WHOLES = (
    ("btc_restricted", "btc_held"),
    ("critical_it_mw", "gross_mw"),
    ("value_usd_m", "value_with_extensions_usd_m"),
    ("low", "high"),
)

WHAT_TO_DO: Mapping[str, str] = {
    "no_source": "write where the figures were read",
    "unknown_issuer": "use the issuer's short name, or add it to issuer.csv first",
    "unknown_instrument": "use the instrument's short name, or add it to instrument.csv first",
    "unknown_series": "use the short name of the series, or add it to series.csv first",
    "unknown_network": "the network kept is that of bitcoin: write BTC",
    "unknown_provider": "use the provider's short name, or add it to provider.csv first",
    "duplicate_priority": "give each provider of the subject a place of its own in the order",
    "no_attribution": "write the words by which the licence wants the provider to be named",
    "malformed_cik": "write the ten digits of the Central Index Key, leading zeros included",
    "date_out_of_order": "correct the date that is wrong, or put the rows in the order of their dates",
    "known_too_early": "known_at_utc is the first moment the row could be known; see README.md of the ledger",
    "amount_without_unit": "fill the column that says what the amount is an amount of",
    "value_without_kind": "say whether the value is an increment or the cumulative total of its programme",
    "coupon_kind": "a fixed coupon has coupon_pct, a zero coupon 0, a floating note none; a priced tranche has all terms",
    "part_above_whole": "check both figures against the source",
    "increment_beside_cumulative": "list in value_includes each earlier deal of the programme with a value",
    "included_deal": "value_includes of a cumulative row names earlier deals of the same issuer and programme",
    "cumulative_below_parts": "a total is at least what it includes; check value_kind and the figures",
    "duplicate_key": "keep the one row that is right; a restatement is a row with a later known_at_utc",
    "repeated_row": "remove the repetition",
    "known_in_future": "a row enters the ledger when it is known, not before",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a row: the rule it breaks, the column to look at, and what is the matter."""

    rule: str
    column: str
    reason: str

    def rejected(self, row: Row) -> Rejected:
        """The row as a rejection; `row` carries source, source_sha256 and source_line."""
        line = row["source_line"]
        assert isinstance(line, int)
        return Rejected(self.rule, self.reason, self.column, row, str(row["source"]), str(row["source_sha256"]), line)


class LedgerError(Exception):
    """A ledger file with rows that may not enter. The message has a line for each: file:line:column: what; what to do."""

    def __init__(self, problems: Sequence[Rejected]) -> None:
        super().__init__("\n".join(describe(problem) for problem in problems))
        self.problems = tuple(problems)


def describe(rejected: Rejected) -> str:
    """`file:line:column: what is wrong; what to do` for a rejected row of the ledger."""
    remedy = WHAT_TO_DO.get(
        rejected.rule, "correct the cell; the column's promise is in the table's yml file in ingestion/contracts/"
    )
    return f"{rejected.source}:{rejected.line}:{rejected.column}: {rejected.reason}; {remedy}"


def require_clean(batch: Batch) -> Batch:
    """The batch itself when nothing was rejected; raises LedgerError that lists every rejected row otherwise."""
    if batch.rejected:
        raise LedgerError(batch.rejected)
    return batch


def within_row(table: Table, row: Row, universe: Universe | None) -> Problem | None:
    """The first problem that a row shows by itself, or None."""
    return next(_problems(table, row, universe), None)


def _problems(table: Table, row: Row, universe: Universe | None) -> Iterator[Problem]:
    if row["citation"] is None:
        yield Problem("no_source", "citation", "the row has no source")
    if universe is not None:
        yield from _unknown(table, row, universe)
    if "cik" in row and not (re.fullmatch("[0-9]{10}", str(row["cik"])) and int(str(row["cik"]))):
        yield Problem("malformed_cik", "cik", f"{row['cik']} is no Central Index Key")
    yield from _dates(row)
    for amount, unit in AMOUNTS:
        if row.get(amount) is not None and unit in row and row[unit] is None:
            yield Problem("amount_without_unit", unit, f"{amount} is {row[amount]}, and {unit} is empty")
    if row.get("redistribution") in ("with_attribution", "non_commercial") and row.get("attribution", "") is None:
        reason = f"redistribution is {row['redistribution']}, and the words are missing"
        yield Problem("no_attribution", "attribution", reason)
    if "value_kind" in row and (row["value_usd_m"] is None) != (row["value_kind"] is None):
        yield Problem("value_without_kind", "value_kind", "value_usd_m and value_kind stand together or not at all")
    if "coupon_kind" in row:
        yield from _coupon(row)
    for part, whole in WHOLES:
        low, high = row.get(part), row.get(whole)
        if isinstance(low, float) and isinstance(high, float) and low > high:
            yield Problem("part_above_whole", part, f"{part} {low:g} is above {whole} {high:g}")


def _unknown(table: Table, row: Row, universe: Universe) -> Iterator[Problem]:
    """Names in the row that their own table does not have; the tables that name them are not asked about themselves."""
    named: list[tuple[str, str, Collection[str] | None]] = []
    if row.get("issuer") not in (None, EVERY_ISSUER):
        named.append(("issuer", "issuer", universe.issuers))
    if "session_date" in row:
        named.append(("instrument", "instrument", universe.instruments))
    if "domain" in row:
        subjects: Mapping[object, tuple[str, Collection[str] | None]] = {
            "market": ("instrument", universe.instruments),
            "network": ("network", ("BTC",)),
            "macro": ("series", universe.series),
        }
        kind, known = subjects.get(row["domain"], ("", None))
        named.append((kind, "subject", known))
    if "provider" in row and table.key != ("provider",):
        named.append(("provider", "provider", universe.providers))
    for kind, column, among in named:
        if among is not None and row[column] not in among:
            near = get_close_matches(str(row[column]), among, n=3, cutoff=0.5)
            meant = f", near are {', '.join(near)}" if near else ""
            yield Problem(f"unknown_{kind}", column, f"{row[column]} is not in the universe{meant}")


def _dates(row: Row) -> Iterator[Problem]:
    for before, after in ORDERED:
        first, last = row.get(before), row.get(after)
        if isinstance(first, date) and isinstance(last, date) and first > _end(last, _precision(row, after)):
            yield Problem("date_out_of_order", after, f"{after} {last} is before {before} {first}")
    known = row["known_at_utc"]
    if not isinstance(known, datetime):
        return
    for name in DESCRIBED_FROM:
        start = row.get(name)
        if isinstance(start, date) and known < datetime.combine(start, time.min):
            yield Problem("known_too_early", "known_at_utc", f"known {known:%Y-%m-%d}, before {name} {start}")
    end = row.get(DESCRIBED_UNTIL)
    if isinstance(end, date) and known < datetime.combine(end, time.min) + timedelta(days=1):
        yield Problem("known_too_early", "known_at_utc", f"known {known:%Y-%m-%d}, before the period to {end} was over")


def _precision(row: Row, column: str) -> object:
    return row.get(column.removesuffix("_date") + "_precision")


def _end(day: date, precision: object) -> date:
    """The last day that a date of this precision can stand for."""
    if precision == "year":
        return date(day.year, 12, 31)
    if precision == "month":
        return date(day.year, day.month, monthrange(day.year, day.month)[1])
    return day


def _coupon(row: Row) -> Iterator[Problem]:
    kind, coupon, margin = row["coupon_kind"], row["coupon_pct"], row["floating_margin_bp"]
    if row["status"] == "final" and row["principal_m"] is None:
        yield Problem("coupon_kind", "principal_m", "a priced tranche has no principal")
    if kind == "fixed" and coupon is None:
        yield Problem("coupon_kind", "coupon_pct", "a fixed coupon is empty")
    if kind == "zero" and coupon != 0:
        yield Problem("coupon_kind", "coupon_pct", "a zero coupon is not 0")
    if kind in ("floating", None) and coupon is not None:
        yield Problem("coupon_kind", "coupon_pct", f"coupon_kind is {kind or 'empty'} and coupon_pct is {coupon}")
    if kind != "floating" and margin is not None:
        yield Problem("coupon_kind", "floating_margin_bp", f"coupon_kind is {kind or 'empty'} and there is a margin")


def across_rows(table: Table, rows: Sequence[Row]) -> list[tuple[Row, Problem]]:
    """The rows that contradict others of the file, each with its first problem. Expects rows that keep the contract."""
    found: list[tuple[Row, Problem]] = []
    if "valid_from_date" in table.key:
        found.extend(_backward(table, rows))
    if "priority" in (column.name for column in table.columns) and "provider" in table.key:
        backward = [row for row, _ in found]
        found.extend(_same_place([row for row in rows if row not in backward]))
    if "value_includes" in (column.name for column in table.columns):
        programmes: dict[tuple[object, object], list[Row]] = defaultdict(list)
        for row in rows:
            programmes[row["issuer"], row["programme"]].append(row)
        for row in rows:
            problem = next(_total(row, programmes[row["issuer"], row["programme"]]), None)
            if problem:
                found.append((row, problem))
    return found


def _backward(table: Table, rows: Sequence[Row]) -> Iterator[tuple[Row, Problem]]:
    """Rows of one subject that stand after a row with a later date."""
    subject = [name for name in table.key if name != "valid_from_date"]
    latest: dict[tuple[object, ...], date] = {}
    for row in rows:
        who = tuple(row[name] for name in subject)
        start = row["valid_from_date"]
        assert isinstance(start, date)
        if who in latest and start <= latest[who]:
            reason = f"{start} stands below {latest[who]} of {' '.join(map(str, who))}"
            yield row, Problem("date_out_of_order", "valid_from_date", reason)
        else:
            latest[who] = start


def _same_place(rows: Sequence[Row]) -> Iterator[tuple[Row, Problem]]:
    """Rows that put a provider where another one of the subject stands on some day; a provider's row ends its last one."""
    subjects: dict[tuple[object, object], list[Row]] = defaultdict(list)
    for row in rows:
        subjects[row["domain"], row["subject"]].append(row)
    for (_, subject), own in subjects.items():
        reported: set[int] = set()
        for day in sorted({_began(row) for row in own}):
            in_force: dict[object, Row] = {}
            for row in own:
                last = in_force.get(row["provider"])
                if _began(row) <= day and (last is None or _began(row) > _began(last)):
                    in_force[row["provider"]] = row
            places: dict[object, Row] = {}
            for row in in_force.values():
                other = places.setdefault(row["priority"], row)
                if other is not row and id(row) not in reported:
                    reported.add(id(row))
                    reason = f"{row['provider']} and {other['provider']} are both {row['priority']} for {subject}"
                    yield row, Problem("duplicate_priority", "priority", reason)


def _began(row: Row) -> date:
    began = row["valid_from_date"]
    assert isinstance(began, date)
    return began


def _total(row: Row, programme: Sequence[Row]) -> Iterator[Problem]:
    """What is wrong with a cumulative value: it must name all it includes and be no less than that."""
    included = str(row["value_includes"]).split(";") if row["value_includes"] else []
    if row["value_kind"] != "cumulative":
        if included:
            yield Problem("included_deal", "value_includes", "the value includes deals and is not cumulative")
        return
    others = {str(other["deal_id"]): other for other in programme if other is not row}
    for deal in included:
        if deal not in others:
            yield Problem(
                "included_deal", "value_includes", f"{deal} is no deal of {row['issuer']}, {row['programme']}"
            )
        elif _announced(others[deal]) > _announced(row):
            yield Problem(
                "included_deal", "value_includes", f"{deal} was announced later than the total that includes it"
            )
    for deal, other in others.items():
        if other["value_usd_m"] is None or deal in included:
            continue
        gap = _announced(row) - _announced(other)
        if gap > timedelta(0) or (gap == timedelta(0) and other["value_kind"] == "increment"):
            reason = f"{deal} is earlier than the total of its programme and not in it: both would be summed"
            yield Problem("increment_beside_cumulative", "value_includes", reason)
    parts = [others[deal] for deal in included if deal in others]
    increments = sum(_value(part) for part in parts if part["value_kind"] == "increment")
    least = max([increments, *(_value(part) for part in parts if part["value_kind"] == "cumulative")])
    if _value(row) < least:
        yield Problem(
            "cumulative_below_parts", "value_usd_m", f"the total {_value(row):g} is below its parts, {least:g}"
        )


def _announced(row: Row) -> date:
    announced = row["announced_date"]
    assert isinstance(announced, date)
    return announced


def _value(row: Row) -> float:
    value = row["value_usd_m"]
    return value if isinstance(value, float) else 0.0
