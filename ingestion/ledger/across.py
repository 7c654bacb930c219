"""What the rows of a ledger file may not say of each other: the same twice, or one thing in two ways. Rows come without the
cells that broke a promise already: nothing further is concluded from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from difflib import get_close_matches

from ingestion.contracts.contract import Table
from ingestion.landing.delimited import Problem
from ingestion.ledger.rules import RULES, Known, Row

VINTAGE = "known_at_utc"


def stated_twice(table: Table, rows: Sequence[Row], known: Known) -> Iterator[Problem]:
    """Rows that say what an earlier one says under another key, and ids that differ from an earlier one in case alone."""
    ids = [name for name in table.key if name.endswith("_id")]
    for columns, rule in ((ids, "id_in_another_case"), (RULES["statements"].get(_entity(table), ()), "stated_twice")):
        first: dict[tuple[object, ...], Row] = {}
        for row in _having(rows, *table.key, *columns) if columns else ():
            other = first.setdefault(tuple(_folded(name, row[name], known) for name in columns), row)
            same = ids if columns is ids else [name for name in table.key if name != VINTAGE]
            if all(row[name] == other[name] for name in same):
                continue
            said = ", ".join(f"{name} {'empty' if row[name] is None else row[name]}" for name in columns)
            place = f"line {other['source_line']} ({' '.join(map(str, _named(table, other)))})"
            if rule == "stated_twice":
                reason = f"the row says what {place} says: {said}"
                remedy = f"take one of them out; of two that are two, write what tells them apart in {columns[-1]}"
            else:
                reason, remedy = f"{said} differs in case alone from {place}", "take one of them out, or rename it"
            yield Problem(rule, row["source_line"], table.key[0], reason, remedy)


def _folded(column: str, value: object, known: Known) -> object:
    """The value as it is compared: a text without case and odd spaces, of a counterparty the name it stands for."""
    if not isinstance(value, str):
        return value
    register = known.get("counterparty") if column == "counterparty" else None
    name = register.get(value, value) if isinstance(register, Mapping) else value
    return " ".join(name.casefold().split())


def without_a_name(table: Table, rows: Sequence[Row], known: Known) -> Iterator[Problem]:
    """Issuers that the file of names says nothing of; they would be published without a name."""
    if _entity(table) == "issuer_name":
        named = {row["issuer"] for row in rows}
        for issuer in sorted({*(known.get("issuer") or ())} - named):
            remedy = "write a row with the legal name of the issuer and the day it began"
            yield Problem("no_name", None, "", f"{issuer} has no name here", remedy)


def _entity(table: Table) -> str:
    return table.name.removeprefix("raw_ledger__")


def _named(table: Table, row: Row) -> tuple[object, ...]:
    """What a row is about, whichever of its vintages it is."""
    return tuple(row[name] for name in table.key if name != VINTAGE)


def _standing(table: Table, rows: Sequence[Row]) -> list[Row]:
    """The rows without those that a later vintage corrects, as the models take them when nothing is left out."""
    if VINTAGE not in table.key:
        return list(rows)
    newest: dict[tuple[object, ...], Row] = {}
    for row in (keyed := _having(rows, *table.key)):
        other = newest.setdefault(_named(table, row), row)
        if row[VINTAGE] > other[VINTAGE]:
            newest[_named(table, row)] = row
    corrected = {row["source_line"] for row in keyed} - {row["source_line"] for row in newest.values()}
    return [row for row in rows if row["source_line"] not in corrected]


def across_rows(table: Table, rows: Sequence[Row]) -> Iterator[Problem]:
    """What rows of the file say against each other, told of the row to look at."""
    columns = {column.name for column in table.columns}
    standing = _standing(table, rows)
    for entity, common, single in RULES["one_each"]:
        if _entity(table) == entity:
            told = rows if common in table.key else standing
            yield from _disagreeing(common, single, [row for row in told if row.get(common) and row.get(single)])
    rows = standing
    if _entity(table) == "counterparty":
        yield from _spellings(_having(rows, "spelling", "counterparty"))
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


def _spellings(rows: Sequence[Row]) -> Iterator[Problem]:
    """Names without the row that says who they are, and further spellings that say it again."""
    own = {row["counterparty"] for row in rows if row["spelling"] == row["counterparty"]}
    for row in rows:
        line, name = row["source_line"], row["counterparty"]
        if name not in own:
            remedy = f"add a row whose spelling is {name}, too, with its role"
            yield Problem("no_own_row", line, "counterparty", f"no row has {name} as its spelling", remedy)
        is_own = row["spelling"] == name
        if "role" in row and (row["role"] is None) == is_own:
            reason = f"the role of {name} is {'missing' if is_own else 'told in a further spelling'}"
            yield Problem(
                "incomplete", line, "role", reason, "write the role in the row of the name itself, and there alone"
            )


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
