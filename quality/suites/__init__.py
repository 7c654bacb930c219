"""Which suite judges which table. The rules are in the modules beside this one, base rules of raw tables in from_contract."""

from __future__ import annotations

from ingestion.contracts import TABLES
from quality.from_contract import base_rules
from quality.rules import Suite
from quality.suites import (
    ai_deals,
    bonds,
    calendar,
    daily,
    dimensions,
    disclosures,
    edgar,
    facts,
    feeds,
    filings,
    findings,
    macro,
    market,
    marts,
    network,
    operations,
    prices,
    providers,
    series,
    universe,
)

_RAW_RULES = {
    **market.RULES,
    **network.RULES,
    **macro.RULES,
    **feeds.RULES,
    **calendar.RULES,
    **universe.RULES,
    **ai_deals.RULES,
    **bonds.RULES,
    **disclosures.RULES,
    **edgar.RULES,
}

RAW_SUITES: dict[str, Suite] = {
    name: Suite(name, "raw", table.key, (*base_rules(table), *_RAW_RULES.get(name, ())))
    for name, table in TABLES.items()
}

MART_SUITES: dict[str, Suite] = {
    suite.table: suite
    for module in (dimensions, providers, prices, daily, facts, filings, findings, operations, marts, series)
    for suite in module.SUITES
}


def raw_suite(name: str) -> Suite:
    """The suite of a raw table; raises KeyError for a table without contract."""
    return RAW_SUITES[name]


def mart_suite(name: str) -> Suite:
    """The suite of a published model; raises KeyError for a model that has none."""
    return MART_SUITES[name]
