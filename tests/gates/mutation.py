"""What a mutation is, and the ones that follow from a raw table's contract. Mutations of other rules are in *_mutations.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.contracts.contract import REAL, TEXT, Table
from quality.from_contract import FED, dated_precisions, past_dates
from tests.gates.world import NOW


@dataclass(frozen=True)
class Mutation:
    """Statements that break one rule of one suite in the good world, or changes to the context that do.

    `companions` are the rules of the same suite that cannot hold either once the rule is broken this way; no others may fail.
    """

    suite: str
    rule: str
    sql: tuple[str, ...] = ()
    context: Mapping[str, Any] = field(default_factory=dict)
    companions: frozenset[str] = frozenset()
    variant: str = ""

    @property
    def id(self) -> str:
        return f"{self.suite}.{self.rule}{'-' + self.variant if self.variant else ''}"


# The row of each table that mutations change; one that no rule across rows leans on more than it must.
TARGETS = {
    "raw_market__bar": "instrument = 'MARA' AND session_date = DATE '2025-07-11' AND provider = 'bundle'",
    "raw_market__action": "instrument = 'MARA' AND provider = 'stooq'",
    "raw_market__coverage": "instrument = 'VIX'",
    "raw_network__day": "utc_date = DATE '2025-07-11'",
    "raw_calendar__session": "session_date = DATE '2025-07-18'",
    "raw_ledger__issuer": "issuer = 'CORZ'",
    "raw_ledger__issuer_name": "valid_from_date = DATE '2024-08-15'",
    "raw_ledger__ticker": "issuer = 'MSFT'",
    "raw_ledger__instrument": "instrument = 'MARA'",
    "raw_ledger__ai_deal": "deal_id = 'MARA-C'",
    "raw_ledger__bond_tranche": "tranche_id = 'MSFT-1-2030'",
    "raw_ledger__capex_quarter": "metric = 'capex_cash' AND period_end_date = DATE '2025-06-30'",
    "raw_ledger__capex_guidance": "announced_date = DATE '2025-07-23'",
    "raw_ledger__production": "period_start_date = DATE '2025-06-01'",
    "raw_ledger__disclosure_regime": "cadence = 'quarterly'",
    "raw_ledger__provider": "provider = 'treasury'",
    "raw_ledger__series": "series = 'SP500'",
    "raw_ledger__feed": "subject = 'SP500' AND provider = 'fred_api'",
    "raw_ledger__bar_exclusion": "instrument = 'MARA'",
    "raw_macro__observation": "series = 'SP500' AND observation_date = DATE '2025-07-11'",
    "raw_feed__request": "subject = 'SPY' AND provider = 'stooq'",
    "raw_ledger__concept": "concept = 'CommercialPaper'",
    "raw_sec__filing": "accession = '0000000003-25-000002'",
    "raw_sec__fact": "period_end_date = DATE '2025-06-30'",
    "raw_sec__document": "sequence = 2",
}


def contract_mutations(table: Table, companions: Mapping[tuple[str, str], frozenset[str]]) -> Iterator[Mutation]:
    """A mutation for each base rule, read off the contract and not off the rules, so that a lost rule is noticed."""
    relation = f"raw.{table.name}"
    target = TARGETS[table.name]

    def make(rule: str, *sql: str, variant: str = "", **context: Any) -> Mutation:
        also = companions.get((table.name, rule + ("-" + variant if variant else "")), frozenset())
        return Mutation(table.name, rule, sql, context, also | implied(table, rule, variant), variant)

    def change(rule: str, column: str, value: str, variant: str = "") -> Mutation:
        return make(rule, f"UPDATE {relation} SET {column} = {value} WHERE {target}", variant=variant)

    yield make("schema_as_declared", f"ALTER TABLE {relation} DROP COLUMN parser_version", variant="dropped")
    yield make("schema_as_declared", f"ALTER TABLE {relation} ADD COLUMN more BIGINT", variant="added")
    yield make("schema_as_declared", f"ALTER TABLE {relation} ALTER ingested_at_utc TYPE VARCHAR", variant="retyped")
    if table.group == "sec":
        yield make("quarantine_is_empty", quarantined=3, quarantined_of={"cik=0000000003": (5, 3)})
        for variant, (read, aside) in {"few": (100, 4), "share": (1000, 11), "nothing_left": (2, 2)}.items():
            spoilt = {"cik=0000000001": (10**6, 1), "cik=0000000003": (read, aside)}
            yield make("quarantine_is_small", variant=variant, quarantined=aside + 1, quarantined_of=spoilt)
        yield make("quarantine_is_small", variant="unnamed", quarantined=1)
    elif table.group in FED:
        yield make("quarantine_is_empty", quarantined=1, quarantined_of={"feed/market/yahoo": (1, 1)})
        for variant, (read, aside) in {"few": (100, 4), "share": (1000, 11)}.items():
            spoilt = {"feed/macro/fred": (10**6, 1), "feed/market/stooq": (read, aside)}
            yield make("quarantine_is_small", variant=variant, quarantined=aside + 1, quarantined_of=spoilt)
        shipped = {"bundle/market_bar.csv.gz": (10**6, 1)}
        yield make("quarantine_is_small", variant="shipped", quarantined=1, quarantined_of=shipped)
        yield make("quarantine_is_small", variant="unnamed", quarantined=1)
    else:
        yield make("quarantine_is_empty", quarantined=1)
    yield make("not_empty", f"DELETE FROM {relation}")
    yield make("key_unique", f"INSERT INTO {relation} SELECT * FROM {relation} WHERE {target}")
    for column in table.columns:
        if not column.nullable:
            yield change(f"{column.name}_present", column.name, "NULL")
            if column.type == TEXT:
                yield change(f"{column.name}_present", column.name, "'  '", "blank")
        if column.allowed:
            yield change(f"{column.name}_allowed", column.name, "'no such value'")
        if column.pattern:
            yield change(f"{column.name}_well_formed", column.name, "'?'")
        if column.positive:
            yield change(f"{column.name}_positive", column.name, "0")
        if column.minimum is not None:
            yield change(f"{column.name}_not_below_minimum", column.name, repr(column.minimum - 1))
        if column.maximum is not None:
            yield change(f"{column.name}_not_above_maximum", column.name, repr(column.maximum + 1))
    numbers = [column.name for column in table.columns if column.type == REAL]
    for number in numbers:
        yield change("numbers_finite", number, "CAST('NaN' AS DOUBLE)", number)
    for text in [c.name for c in table.own_columns if c.type == TEXT and c.nullable]:
        yield change("blank_text_is_null", text, "' '", text)
    for moment in ("known_at_utc", "ingested_at_utc"):
        yield change(f"{moment}_not_in_future", moment, f"TIMESTAMP '{NOW}' + INTERVAL 1 SECOND")
    for past in past_dates(table):
        yield change(f"{past}_not_in_future", past, f"CAST(TIMESTAMP '{NOW}' AS DATE) + 1")
        if table.group != "sec":
            yield change(f"{past}_not_after_known", "known_at_utc", f"{past} - INTERVAL 1 SECOND")
    for day, precision in dated_precisions(table):
        for exact, first in (("month", f"day({day})"), ("year", f"dayofyear({day})")):
            if exact in table.column(precision).allowed:
                later = f"{precision} = '{exact}', {day} = {day} + CAST({first} = 1 AS INTEGER)"
                yield make(f"{precision}_agrees", f"UPDATE {relation} SET {later} WHERE {target}", variant=exact)


def implied(table: Table, rule: str, variant: str) -> frozenset[str]:
    """Other rules of the contract that cannot hold once `rule` is broken: a blank is no allowed value, for instance."""
    also: set[str] = set()
    column = (
        rule.removesuffix("_present") if rule.endswith("_present") else variant if rule == "blank_text_is_null" else ""
    )
    if column and (variant == "blank" or rule == "blank_text_is_null"):
        declared = table.column(column)
        also |= {f"{column}_allowed"} if declared.allowed else set()
        also |= {f"{column}_well_formed"} if declared.pattern else set()
    if table.name != "raw_ledger__issuer" and (
        rule == "issuer_well_formed" or (column == "issuer" and (variant == "blank" or rule == "blank_text_is_null"))
    ):
        also.add("issuer_known")
    for day, precision in dated_precisions(table):
        if variant != "blank" and rule in (f"{day}_present", f"{precision}_present"):
            also.add(f"{precision}_agrees")
    if table.group in ("sec", *FED) and rule == "quarantine_is_small":
        also.add("quarantine_is_empty")
    if rule.endswith("_date_not_in_future") and table.group != "sec":
        also.add(rule.replace("_not_in_future", "_not_after_known"))
    return frozenset(also)
