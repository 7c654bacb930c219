"""Each refusal of the ledger has a small file that triggers exactly it, and names file, line, column and what to write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ingestion.errors import SourceDamaged
from ingestion.ledger import across, rules
from ingestion.universe import Universe
from tests.unit.ledgerrows import TABLES, UNIVERSE, read, render

Change = Mapping[str, str]
Told = list[tuple[str, int | None, str | None]]

# (table, change to the good row, rule, column, part of the reason or remedy)
REFUSALS: list[tuple[str, Change, str, str, str]] = [
    ("ai_deal", {"counterparty": "Other Cloud"}, "unknown_counterparty", "counterparty", "add it to counterparty.csv"),
    ("ai_deal", {"end_user": "Coreweave"}, "unknown_counterparty", "end_user", "write CoreWeave or"),
    # Figures and days typed by hand have bounds.
    ("ai_deal", {"value_usd_m": "2000000000"}, "above_maximum", "value_usd_m", "slip of scale"),
    ("ai_deal", {"announced_date": "0001-01-01"}, "before_earliest", "announced_date", "must be 2009-01-03 or later"),
    ("ai_deal", {"announced_date": "2026-12-01"}, "date_in_future", "announced_date", "later than today, 2026-11-30"),
    ("bond_tranche", {"maturity_date": "2230-05-06"}, "date_in_future", "maturity_date", "37000 days from today"),
    ("bond_tranche", {"coupon_pct": "425"}, "above_maximum", "coupon_pct", "the unit is percent"),
    ("provider", {"known_at_utc": "0001-01-01T00:00:00Z"}, "known_too_early", "known_at_utc", "first day of bitcoin"),
    # What a cell is: one of each type and of each kind of promise.
    ("ai_deal", {"announced_date": "2024-02-30"}, "type", "announced_date", "cannot be read"),
    ("production", {"btc_held": "19,2113"}, "type", "btc_held", "no separators"),
    ("production", {"btc_held": "nan"}, "type", "btc_held", "decimal point"),
    ("production", {"definition_version": "1.5"}, "type", "definition_version", "whole number"),
    ("bond_tranche", {"is_issuer_debt": "yes"}, "type", "is_issuer_debt", "true or false"),
    ("production", {"known_at_utc": "2025-06-30 23:59:59"}, "type", "known_at_utc", "SSZ, UTC"),
    ("ai_deal", {"programme": ""}, "null", "programme", "Series of deals that a cumulative total"),
    ("issuer", {"cik": "1507605"}, "pattern", "cik", "write 0001507605; a spreadsheet drops"),
    ("issuer", {"role": "minor"}, "not_allowed", "role", "write miner"),
    ("feed", {"priority": "0"}, "below_minimum", "priority", "at least 1"),
    ("bond_tranche", {"principal_m": "-5"}, "not_positive", "principal_m", "above 0"),
    ("production", {"known_at_utc": "2026-11-30T12:00:01Z"}, "known_in_future", "known_at_utc", "later than now"),
    # Names of other tables.
    ("production", {"issuer": "MARAA"}, "unknown_issuer", "issuer", "write MARA, or add it to issuer.csv first"),
    ("feed", {"subject": "MARAA"}, "unknown_instrument", "subject", "write MARA"),
    ("feed", {"domain": "macro", "subject": "UST_10"}, "unknown_series", "subject", "write UST_10Y"),
    ("feed", {"domain": "network", "subject": "ETH"}, "unknown_network", "subject", "BTC is the network kept"),
    ("feed", {"provider": "yaho"}, "unknown_provider", "provider", "write yahoo"),
    ("decision", {"span_end": "9"}, "span_out_of_order", "span_end", "copy both from `hashwatt evidence`"),
    ("decision", {"decided_at_utc": "2020-01-01T00:00:00Z"}, "decided_too_early", "decided_at_utc", "was known"),
    ("bar_exclusion", {"instrument": "RIOT"}, "unknown_instrument", "instrument", "RIOT is not in the universe"),
    # A citation is a page that can be opened, or says that it is none.
    ("ai_deal", {"citation": "forklog.com"}, "citation_does_not_open", "citation", "'forklog.com' leads to no page"),
    ("ai_deal", {"citation": "8-K of 2024-06-03"}, "citation_does_not_open", "citation", "form and accession"),
    ("issuer", {"citation": "0001628280-24-043341"}, "citation_does_not_open", "citation", "form and accession"),
    ("production", {"citation": "MARA, http://ir.mara.com"}, "citation_does_not_open", "citation", "publisher and"),
    ("ai_deal", {"citation": "second-hand: news texts"}, "second_hand_high", "confidence", "write medium or low"),
    # Days beside each other and beside the moment at which the row was known.
    ("bond_tranche", {"settled_date": "2025-04-30"}, "date_out_of_order", "settled_date", "before announced_date"),
    ("bond_tranche", {"maturity_date": "2025-05-05"}, "date_out_of_order", "maturity_date", "before settled_date"),
    ("bond_tranche", {"maturity_date": "2025-05-06"}, "date_out_of_order", "maturity_date", "not after settled"),
    ("capex_quarter", {"period_start_date": "2025-04-01"}, "date_out_of_order", "period_end_date", "before"),
    ("concept", {"valid_to_date": "2019-01-01"}, "date_out_of_order", "valid_to_date", "not after valid_from"),
    ("ai_deal", {"known_at_utc": "2024-06-02T23:59:59Z"}, "known_too_early", "known_at_utc", "before announced_date"),
    ("feed", {"known_at_utc": "2019-12-31T23:59:59Z"}, "known_too_early", "known_at_utc", "before valid_from"),
    ("capex_quarter", {"known_at_utc": "2025-03-31T23:59:59Z"}, "known_too_early", "known_at_utc", "was over"),
    ("capex_quarter", {"period_start_date": "2024-07-01"}, "no_quarter", "period_end_date", "are 274 days"),
    (
        "production",
        {"period_end_date": "2025-05-30"},
        "no_month",
        "period_end_date",
        "2025-05-31, or 2025-04-01 and 2025-06-30",
    ),
    # Cells that need each other, or shut each other out.
    ("provider", {"redistribution": "non_commercial"}, "incomplete", "attribution", "Words by which the provider"),
    ("event", {"unit": ""}, "incomplete", "unit", "value is 10.0, and unit is empty"),
    ("statement", {"qualifier": "between"}, "incomplete", "value_high", "qualifier is between"),
    ("bond_tranche", {"currency": ""}, "incomplete", "currency", "principal_m is 1000.0, and currency is empty"),
    ("bond_tranche", {"peak_orders_m": "125000"}, "incomplete", "peak_orders_currency", "peak_orders_m is 125000"),
    ("bond_tranche", {"peak_orders_currency": "USD"}, "incomplete", "peak_orders_m", "is empty"),
    ("bond_tranche", {"principal_m": ""}, "incomplete", "principal_m", "status is final"),
    ("bond_tranche", {"maturity_date": ""}, "incomplete", "maturity_date", "status is final"),
    ("bond_tranche", {"coupon_pct": ""}, "incomplete", "coupon_pct", "coupon_kind is fixed"),
    ("statement", {"value_high": "15000"}, "contradiction", "value_high", "qualifier is about"),
    ("bond_tranche", {"coupon_kind": "zero"}, "contradiction", "coupon_pct", "write 0, or fixed"),
    ("bond_tranche", {"coupon_kind": "floating"}, "contradiction", "coupon_pct", "leave coupon_pct empty"),
    (
        "bond_tranche",
        {"floating_margin_bp": "76", "floating_index": "SOFR"},
        "contradiction",
        "floating_margin_bp",
        "leave floating_margin_bp empty",
    ),
    (
        "bond_tranche",
        {"coupon_kind": "floating", "coupon_pct": "", "floating_margin_bp": "76"},
        "incomplete",
        "floating_index",
        "floating_margin_bp is 76.0",
    ),
    (
        "bond_tranche",
        {"status": "preliminary", "coupon_kind": "", "coupon_pct": ""},
        "contradiction",
        "principal_m",
        "status is preliminary, and principal_m is 1000.0",
    ),
    ("ai_deal", {"value_basis": ""}, "incomplete", "value_basis", "value_usd_m is 3500.0"),
    ("ai_deal", {"value_kind": ""}, "incomplete", "value_kind", "value_usd_m is 3500.0"),
    ("ai_deal", {"value_usd_m": "", "value_basis": ""}, "incomplete", "value_usd_m", "value_kind is increment"),
    ("ai_deal", {"counterparty": ""}, "incomplete", "counterparty", "deal_kind is contract"),
    ("ai_deal", {"service_model": ""}, "incomplete", "service_model", "deal_kind is contract"),
    ("ai_deal", {"backstop_usd_m": "5"}, "incomplete", "backstop_party", "backstop_usd_m is 5.0"),
    ("ai_deal", {"deal_kind": "none_signed"}, "contradiction", "value_usd_m", "deal_kind is none_signed"),
    ("ai_deal", {"mw_basis": "critical_it"}, "incomplete", "critical_it_mw", "mw_basis is critical_it"),
    ("ai_deal", {"gross_mw": "5"}, "contradiction", "gross_mw", "mw_basis is none"),
    ("ai_deal", {"value_includes": "CORZ-0"}, "included_deal", "value_includes", "not cumulative"),
    ("instrument", {"kind": "etf"}, "contradiction", "issuer", "leave issuer empty, or correct kind"),
    ("instrument", {"close_convention": "utc_midnight"}, "contradiction", "close_convention", "goes with UTC"),
    ("concept", {"metric": "cash"}, "contradiction", "period_type", "instant goes with cash"),
    ("concept", {"unit": "shares"}, "contradiction", "unit", "shares goes with shares"),
    ("production", {"btc_restricted": "49180"}, "part_above_whole", "btc_restricted", "above btc_held"),
    ("capex_guidance", {"low": "72001"}, "part_above_whole", "low", "above high"),
    ("ai_deal", {"value_with_extensions_usd_m": "3499"}, "part_above_whole", "value_usd_m", "above value_with"),
    ("claim", {"metric": "Return"}, "pattern", "metric", "What is measured"),
    ("claim", {"figure": ""}, "incomplete", "figure", "metric is return_pct"),
    ("claim", {"tolerance": ""}, "incomplete", "tolerance", "figure is 10.0"),
    ("claim", {"from_date": "2025-07-01"}, "date_out_of_order", "to_date", "before from_date"),
    ("claim", {"search_from_date": "2025-06-01"}, "incomplete", "search_to_date", "Last of these days"),
    (
        "claim",
        dict.fromkeys(("metric", "figure", "unit", "comparison", "tolerance", "own_basis"), ""),
        "incomplete",
        "data_needed",
        "metric is None",
    ),
    ("production", {"btc_produced": "", "btc_held": ""}, "nothing_disclosed", "btc_produced", "disclosure_regime.csv"),
]


def told(entity: str, *changes: Change) -> Told:
    batch = read(entity, render(entity, *changes))
    assert batch.rows_read == len(batch.records) + len(batch.rejected) == len(changes)
    return [(one.rule, one.line, one.column) for one in batch.rejected]


@pytest.mark.parametrize("entity", sorted(TABLES))
def test_good_row_is_kept(entity: str) -> None:
    assert told(entity, {}) == []


@pytest.mark.parametrize(
    ("entity", "change", "rule", "column", "words"), REFUSALS, ids=[f"{r[0]}-{r[2]}-{r[4]}" for r in REFUSALS]
)
def test_refusal(entity: str, change: Change, rule: str, column: str, words: str) -> None:
    """The bad row is rejected for exactly this; the counts add up."""
    assert told(entity, change) == [(rule, 2, column)]
    assert words in read(entity, render(entity, change)).rejected[0].reason


def test_each_column_of_a_rule_is_one_of_a_table() -> None:
    """A rule that misspells a column would be held against nothing."""
    named = {*rules.DESCRIBED_FROM, *(name for pair in rules.WHOLES for name in pair)}
    named |= {name for before, after, _ in rules.ORDERED for name in (before, after)}
    named |= {name for column, _, others in (*rules.FILLED, *rules.EMPTY) for name in (column, *others)}
    for entity, columns in (*((one, pair) for one, *pair in across.ONE_EACH), *across.STATEMENTS.items()):
        assert {*columns} <= {column.name for column in TABLES[entity].columns}
    named |= {name for column, _, other, _ in rules.TOGETHER for name in (column, other)}
    assert named <= {column.name for table in TABLES.values() for column in table.columns}
    for column, values, _ in (*rules.FILLED, *rules.EMPTY):
        allowed = [one.allowed for table in TABLES.values() for one in table.columns if one.name == column]
        assert any({*values} - {None} <= {*among} for among in allowed), (column, values)


def test_a_maturity_known_by_its_year_may_lie_in_the_year_of_the_announcement() -> None:
    year = {"maturity_precision": "year", "settled_date": ""}
    assert told("bond_tranche", {**year, "maturity_date": "2025-01-01"}) == []
    assert told("bond_tranche", {"maturity_precision": "year", "maturity_date": "2025-01-01"}) == []
    early = told("bond_tranche", {**year, "maturity_date": "2024-01-01"})
    assert early == [("date_out_of_order", 2, "maturity_date")]


def test_rows_of_one_key() -> None:
    both = [("duplicate_key", 2, "issuer"), ("duplicate_key", 3, "issuer")]
    assert told("production", {}, {"btc_produced": "951"}) == both
    assert told("production", {}, {}) in ([("repeated_row", 2, "issuer")], [("repeated_row", 3, "issuer")])
    assert told("production", {}, {"btc_produced": "951", "known_at_utc": "2025-07-31T23:59:59Z"}) == []


@pytest.mark.parametrize("entity", ["issuer_name", "ticker", "disclosure_regime"])
def test_intervals_of_an_issuer_run_forward(entity: str) -> None:
    later, earlier = {"valid_from_date": "2024-09-01"}, {"valid_from_date": "2024-08-31"}
    assert told(entity, later, earlier) == [("date_out_of_order", 3, "valid_from_date")]
    assert told(entity, later, {**earlier, "issuer": "META"}) == []


@pytest.mark.parametrize(
    ("entity", "other", "column"),
    [
        ("feed", {"domain": "network", "subject": "BTC"}, "domain"),
        ("bond_tranche", {"tranche_id": "META-2", "issuer": "CORZ"}, "issuer"),
        ("bond_tranche", {"tranche_id": "META-2", "currency": "EUR"}, "currency"),
        ("claim", {"figure_number": "2", "claim": "MARA fell."}, "claim"),
        ("claim", {"claim_id": "X-02", "article_date": "2025-06-29", "claim": "MARA fell."}, "article_date"),
    ],
)
def test_what_two_rows_have_in_common_means_one_thing(entity: str, other: Change, column: str) -> None:
    assert told(entity, {}, other) == [("disagreement", 3, column)]


CORRECTED = {"known_at_utc": "2025-07-31T23:59:59Z"}


def test_a_correction_is_a_later_row_of_one_name() -> None:
    """A vintage may say anything but what it is of; rows are held against what stands, not against what was corrected."""
    assert told("ai_deal", {}, {**CORRECTED, "value_usd_m": "3600"}) == []
    assert told("ai_deal", {}, {**CORRECTED, "programme": "another"}) == [("disagreement", 3, "programme")]
    assert told("ai_deal", {}, {**CORRECTED, "issuer": "META"}) == [("disagreement", 3, "issuer")]
    assert told("bond_tranche", {}, {**CORRECTED, "deal_id": "META-2"}) == [("disagreement", 3, "deal_id")]
    one, other = (
        {"deal_headline_m": "1000"},
        {"tranche_id": "META-1-2031", "coupon_pct": "4.3", "deal_headline_m": "2000"},
    )
    assert told("bond_tranche", one, other) == [("disagreement", 3, "deal_headline_m")]
    assert told("bond_tranche", one, {**CORRECTED, "deal_headline_m": "2000"}, other) == []
    total = {
        "deal_id": "CORZ-2",
        "announced_date": "2024-10-22",
        "value_kind": "cumulative",
        "value_includes": "CORZ-1",
    }
    assert told("ai_deal", {}, {**total, "value_usd_m": "3400"}) == [("cumulative_below_parts", 3, "value_usd_m")]
    assert told("ai_deal", {}, {**total, "value_usd_m": "3400"}, {**CORRECTED, "value_usd_m": "3400"}) == []
    assert told("ai_deal", {**CORRECTED, "value_usd_m": "3400"}, {**total, "value_usd_m": "3400"}, {}) == []


def test_tranches_of_a_deal_have_one_headline_where_they_have_any() -> None:
    rows = [
        {"tranche_id": f"META-{n}", "coupon_pct": f"4.{n}", "deal_headline_m": amount}
        for n, amount in enumerate(("", "5000", "5000", "5"))
    ]
    assert told("bond_tranche", *rows) == [("disagreement", 5, "deal_headline_m")]


@pytest.mark.parametrize(
    ("entity", "first", "other", "apart"),
    [
        ("ai_deal", {}, {"deal_id": "CORZ-1-again"}, {"site": "the second hall"}),
        (
            "ai_deal",
            {"site": "Hall A"},
            {"deal_id": "CORZ-2", "site": "hall  a", "programme": "x"},
            {"value_usd_m": "9"},
        ),
        ("ai_deal", {}, {"deal_id": "CORZ-2", "counterparty": "coreweave"}, {"announced_date": "2024-06-04"}),
        ("ai_deal", {}, {"deal_id": "CORZ-2", "counterparty": "CoreWeave, Inc."}, {"value_usd_m": "9"}),
        ("bond_tranche", {}, {"tranche_id": "META-2"}, {"maturity_date": "2031-05-06"}),
        ("issuer", {}, {"issuer": "RIOT"}, {"cik": "0001167419"}),
        ("provider", {}, {"provider": "tiingo"}, {"name": "another"}),
        ("series", {}, {"series": "M2"}, {"name": "another"}),
        ("instrument", {}, {"instrument": "CORZ"}, {"name": "another"}),
        ("issuer_name", {}, {"issuer": "META"}, {"name": "another"}),
        ("ticker", {}, {"issuer": "META"}, {"ticker": "META"}),
    ],
)
def test_one_statement_is_one_row_whatever_its_key(entity: str, first: Change, other: Change, apart: Change) -> None:
    stated = [one for one in read(entity, render(entity, first, other)).rejected if one.rule == "stated_twice"]
    assert [(one.line, one.column) for one in stated] == [(3, TABLES[entity].key[0])]
    assert "line 2" in stated[0].reason and "write what tells them apart" in stated[0].reason
    assert "stated_twice" not in {rule for rule, _, _ in told(entity, first, {**other, **apart})}


def test_a_name_of_the_register_has_one_row_that_says_who_it_is() -> None:
    spelt = {"spelling": "Coreweave", "role": ""}
    assert told("counterparty", {}, spelt) == []
    assert told("counterparty", {}, {**spelt, "role": "neocloud"}) == [("incomplete", 3, "role")]
    assert told("counterparty", {"role": ""}, spelt) == [("incomplete", 2, "role")]
    assert told("counterparty", spelt) == [("no_own_row", 2, "counterparty")]


def test_ids_do_not_differ_in_case_alone() -> None:
    other = {"deal_id": "corz-1", "value_usd_m": "1"}
    assert told("ai_deal", {}, other) == [("id_in_another_case", 3, "deal_id")]
    assert told("ai_deal", {}, {**other, "deal_id": "corz-2"}) == []


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    (one,) = read(
        "ai_deal", render("ai_deal", {"issuer": "NOPE", "value_usd_m": "2000000000", "citation": ""})
    ).rejected
    assert one.column == "issuer"
    assert all(words in one.reason for words in ("NOPE is not in the universe", "| value_usd_m: ", "| citation: "))


def test_an_issuer_has_a_name() -> None:
    with pytest.raises(SourceDamaged, match="CORZ has no name here; MARA has no name here"):
        read("issuer_name", render("issuer_name", {"issuer": "META"}), universe=replace(UNIVERSE))


TIINGO = {"provider": "tiingo", "priority": "2", "symbol": "MARA"}
LATER = {"valid_from_date": "2024-01-01", "known_at_utc": "2024-01-01T23:59:59Z"}


def test_each_provider_of_a_subject_has_a_place_of_its_own() -> None:
    elsewhere = {"domain": "macro", "subject": "UST_10Y", "provider": "fred"}
    assert told("feed", {}, TIINGO, elsewhere) == []
    assert told("feed", {}, {**TIINGO, "priority": "1"}, elsewhere) == [("duplicate_priority", 3, "priority")]


def test_a_renamed_ticker_keeps_its_place_and_two_providers_may_change_theirs_on_one_day() -> None:
    assert told("feed", {}, {**LATER, "symbol": "BITF"}, TIINGO) == []
    assert told("feed", {}, TIINGO, {**LATER, "priority": "2"}, {**TIINGO, **LATER, "priority": "1"}) == []
    collision = [("duplicate_priority", 4, "priority")]
    assert told("feed", {}, TIINGO, {**TIINGO, **LATER, "priority": "1"}) == collision
    assert told("feed", {}, {**LATER, "priority": "2"}, TIINGO) == collision
    backward = ("date_out_of_order", 3, "valid_from_date")
    assert told("feed", LATER, {"symbol": "BITF"}, TIINGO) == [backward]
    assert told("feed", LATER, {"priority": "2"}, TIINGO) == [backward, *collision]


def test_names_are_looked_up_only_where_they_are_known() -> None:
    """The universe is read before itself: without one, nothing is unknown, and no name is unknown to its own table."""
    bare = Universe(UNIVERSE.issuers, UNIVERSE.instruments)
    for universe in (None, bare):
        assert read("feed", render("feed", {"provider": "new"}), universe=universe).rejected == ()
    assert told("provider", {"provider": "new"}) == told("series", {"series": "NEW"}) == []
    assert told("concept", {"issuer": "*"}) == []


PROGRAMME: tuple[Change, ...] = (
    {"deal_id": "CORZ-1"},
    {"deal_id": "CORZ-2", "announced_date": "2024-08-06", "value_usd_m": "1225"},
    {
        "deal_id": "CORZ-3",
        "announced_date": "2024-10-22",
        "value_usd_m": "8700",
        "value_kind": "cumulative",
        "value_includes": "CORZ-1;CORZ-2",
    },
)
SECOND = {
    "deal_id": "CORZ-4",
    "announced_date": "2025-01-01",
    "value_usd_m": "9000",
    "value_kind": "cumulative",
    "value_includes": "CORZ-1;CORZ-2;CORZ-3",
}


def programme(second: Change, total: Change, *more: Change) -> Told:
    """What is told of two increments and their cumulative total, in line 4, with these changes and further rows."""
    return told("ai_deal", PROGRAMME[0], {**PROGRAMME[1], **second}, {**PROGRAMME[2], **total}, *more)


def test_a_total_stands_beside_what_it_includes_and_what_comes_later() -> None:
    later = {"deal_id": "CORZ-5", "announced_date": "2024-11-01"}
    elsewhere = {"deal_id": "CORZ-6", "programme": "other", "site": "another"}
    without_value = {"deal_id": "CORZ-7", "value_usd_m": "", "value_kind": "", "value_basis": ""}
    assert programme({}, {}, later, elsewhere, without_value) == []
    assert programme({}, {}, SECOND) == []


@pytest.mark.parametrize(
    ("second", "total", "rule", "column"),
    [
        ({}, {"value_includes": "CORZ-1"}, "increment_beside_cumulative", "value_includes"),
        ({}, {"value_includes": ""}, "increment_beside_cumulative", "value_includes"),
        (
            {"announced_date": "2024-10-22"},
            {"value_includes": "CORZ-1"},
            "increment_beside_cumulative",
            "value_includes",
        ),
        ({}, {"value_includes": "CORZ-1;CORZ-2;CORZ-9"}, "included_deal", "value_includes"),
        ({}, {"value_includes": "CORZ-1;CORZ-2;CORZ-3"}, "included_deal", "value_includes"),
        ({"programme": "other"}, {}, "included_deal", "value_includes"),
        ({"issuer": "MARA"}, {}, "included_deal", "value_includes"),
        ({"announced_date": "2024-10-23"}, {}, "included_deal", "value_includes"),
        ({}, {"value_usd_m": "4724"}, "cumulative_below_parts", "value_usd_m"),
    ],
)
def test_a_total_that_contradicts_its_programme(second: Change, total: Change, rule: str, column: str) -> None:
    assert programme(second, total) == [(rule, 4, column)]


def test_a_total_is_no_less_than_its_parts_and_counts_no_part_twice() -> None:
    assert programme({}, {"value_usd_m": "4725"}) == []
    assert programme({}, {}, {**SECOND, "value_usd_m": "8700"}) == []
    assert programme({}, {}, {**SECOND, "value_usd_m": "8699"}) == [("cumulative_below_parts", 5, "value_usd_m")]


def test_what_follows_from_an_error_is_not_told_as_another() -> None:
    """A total whose part has a broken cell is kept; nothing is said of what a broken cell would contradict."""
    part = ("type", 3, "announced_date")
    assert programme({"announced_date": "June"}, {}) == [part]
    assert programme({"issuer": "CORZZ"}, {}) == [("unknown_issuer", 3, "issuer")]
    assert told("bond_tranche", {"coupon_kind": "fixd", "coupon_pct": ""}) == [("not_allowed", 2, "coupon_kind")]
