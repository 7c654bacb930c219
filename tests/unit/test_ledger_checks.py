"""Each refusal of the ledger has a small file that triggers exactly it, and names file, line and column."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ingestion.ledger.checks import WHAT_TO_DO, LedgerError, describe, require_clean
from ingestion.universe import Universe
from tests.unit.ledgerrows import GOOD, TABLES, UNIVERSE, read, render

Change = Mapping[str, str]

# (table, change to the good row, rule, column, part of the reason)
REFUSALS: list[tuple[str, Change, str, str, str]] = [
    ("production", {"issuer": "MARAA"}, "unknown_issuer", "issuer", "near are MARA"),
    ("instrument", {"issuer": "NOPE"}, "unknown_issuer", "issuer", "NOPE is not in the universe"),
    ("feed", {"subject": "MARAA"}, "unknown_instrument", "subject", "near are MARA"),
    ("feed", {"domain": "macro", "subject": "UST_10"}, "unknown_series", "subject", "near are UST_10Y"),
    ("feed", {"domain": "network", "subject": "ETH"}, "unknown_network", "subject", "ETH is not in the universe"),
    ("feed", {"provider": "yaho"}, "unknown_provider", "provider", "near are yahoo"),
    ("feed", {"domain": "weather"}, "not_allowed", "domain", "must be one of market"),
    ("feed", {"priority": "0"}, "below_minimum", "priority", "at least 1"),
    ("feed", {"known_at_utc": "2019-12-31T23:59:59Z"}, "known_too_early", "known_at_utc", "before valid_from"),
    ("bar_exclusion", {"instrument": "RIOT"}, "unknown_instrument", "instrument", "RIOT is not in the universe"),
    ("bar_exclusion", {"provider": "iex"}, "unknown_provider", "provider", "iex is not in the universe"),
    ("bar_exclusion", {"session_date": "2025-07-01"}, "known_too_early", "known_at_utc", "before session_date"),
    ("provider", {"redistribution": "non_commercial"}, "no_attribution", "attribution", "words are missing"),
    ("provider", {"redistribution": "with_attribution"}, "no_attribution", "attribution", "words are missing"),
    ("series", {"is_revised": "sometimes"}, "type", "is_revised", "true or false"),
    ("series", {"redistribution": "by_series"}, "not_allowed", "redistribution", "must be one of allowed"),
    ("issuer", {"cik": "1507605"}, "malformed_cik", "cik", "1507605"),
    ("issuer", {"cik": "000150760X"}, "malformed_cik", "cik", "000150760X"),
    ("issuer", {"cik": "0000000000"}, "malformed_cik", "cik", "0000000000"),
    ("issuer", {"citation": ""}, "no_source", "citation", "no source"),
    ("ai_deal", {"citation": " "}, "no_source", "citation", "no source"),
    ("bond_tranche", {"settled_date": "2025-04-30"}, "date_out_of_order", "settled_date", "before announced_date"),
    ("bond_tranche", {"maturity_date": "2025-05-05"}, "date_out_of_order", "maturity_date", "before settled_date"),
    (
        "bond_tranche",
        {"settled_date": "", "maturity_date": "2024-01-01", "maturity_precision": "year"},
        "date_out_of_order",
        "maturity_date",
        "before announced_date",
    ),
    (
        "capex_quarter",
        {"period_start_date": "2025-04-01"},
        "date_out_of_order",
        "period_end_date",
        "before period_start",
    ),
    ("production", {"period_start_date": "2025-06-01"}, "date_out_of_order", "period_end_date", "before period_start"),
    ("ai_deal", {"known_at_utc": "2024-06-02T23:59:59Z"}, "known_too_early", "known_at_utc", "before announced_date"),
    ("issuer_name", {"known_at_utc": "2024-08-28T23:59:59Z"}, "known_too_early", "known_at_utc", "before valid_from"),
    ("issuer", {"business_start_date": "2025-07-01"}, "known_too_early", "known_at_utc", "before business_start"),
    ("instrument", {"first_session_date": "2025-07-01"}, "known_too_early", "known_at_utc", "before first_session"),
    ("capex_quarter", {"known_at_utc": "2025-03-31T23:59:59Z"}, "known_too_early", "known_at_utc", "was over"),
    ("production", {"known_at_utc": "2025-05-31T12:00:00Z"}, "known_too_early", "known_at_utc", "was over"),
    ("production", {"known_at_utc": "2026-11-20T12:00:01Z"}, "known_in_future", "known_at_utc", "later than now"),
    ("bond_tranche", {"currency": ""}, "amount_without_unit", "currency", "principal_m is 1000.0"),
    ("bond_tranche", {"peak_orders_m": "125000"}, "amount_without_unit", "peak_orders_currency", "peak_orders_m"),
    ("capex_quarter", {"unit": ""}, "amount_without_unit", "unit", "value is 12941.0"),
    ("capex_guidance", {"unit": ""}, "amount_without_unit", "unit", "low is 70000.0"),
    ("ai_deal", {"value_basis": ""}, "amount_without_unit", "value_basis", "value_usd_m is 3500.0"),
    ("ai_deal", {"value_kind": ""}, "value_without_kind", "value_kind", "stand together"),
    ("ai_deal", {"value_usd_m": "", "value_basis": ""}, "value_without_kind", "value_kind", "stand together"),
    ("bond_tranche", {"coupon_pct": ""}, "coupon_kind", "coupon_pct", "fixed coupon is empty"),
    ("bond_tranche", {"coupon_kind": "zero"}, "coupon_kind", "coupon_pct", "not 0"),
    ("bond_tranche", {"coupon_kind": "floating"}, "coupon_kind", "coupon_pct", "floating"),
    (
        "bond_tranche",
        {"floating_margin_bp": "76", "floating_index": "SOFR"},
        "coupon_kind",
        "floating_margin_bp",
        "there is a margin",
    ),
    (
        "bond_tranche",
        {"coupon_kind": "floating", "coupon_pct": "", "floating_margin_bp": "76"},
        "amount_without_unit",
        "floating_index",
        "floating_margin_bp",
    ),
    ("bond_tranche", {"principal_m": ""}, "coupon_kind", "principal_m", "no principal"),
    ("production", {"btc_restricted": "49180"}, "part_above_whole", "btc_restricted", "above btc_held"),
    ("capex_guidance", {"low": "72001"}, "part_above_whole", "low", "above high"),
    ("ai_deal", {"value_with_extensions_usd_m": "3499"}, "part_above_whole", "value_usd_m", "above value_with"),
    ("ai_deal", {"value_includes": "CORZ-0"}, "included_deal", "value_includes", "not cumulative"),
    ("issuer", {"role": "bank"}, "not_allowed", "role", "must be one of miner"),
    ("ai_deal", {"programme": ""}, "null", "programme", "may not be empty"),
    ("ai_deal", {"issuer_share_pct": "101"}, "above_maximum", "issuer_share_pct", "at most 100"),
    ("bond_tranche", {"principal_m": "-5"}, "not_positive", "principal_m", "above 0"),
    ("ai_deal", {"announced_date": "2024-06"}, "type", "announced_date", "write YYYY-MM-DD"),
    ("ai_deal", {"announced_date": "2024-02-30"}, "type", "announced_date", "cannot be read"),
    ("production", {"btc_held": "19,2113"}, "type", "btc_held", "no separators"),
    ("production", {"btc_held": "nan"}, "type", "btc_held", "no separators"),
    ("production", {"definition_version": "1.5"}, "type", "definition_version", "whole number"),
    ("bond_tranche", {"is_issuer_debt": "yes"}, "type", "is_issuer_debt", "true or false"),
    ("production", {"known_at_utc": "2025-06-30 23:59:59"}, "type", "known_at_utc", "SSZ, UTC"),
]


@pytest.mark.parametrize("entity", sorted(TABLES))
def test_good_row_is_kept(entity: str) -> None:
    batch = read(entity, render(entity, {}))
    assert (batch.rejected, len(batch.records)) == ((), 1)


@pytest.mark.parametrize(
    ("entity", "change", "rule", "column", "reason"), REFUSALS, ids=[f"{r[0]}-{r[2]}-{r[4]}" for r in REFUSALS]
)
def test_refusal(entity: str, change: Change, rule: str, column: str, reason: str) -> None:
    """The bad row is rejected for exactly this; the good row above it stays; the counts add up."""
    named = [name for name in TABLES[entity].key if name in ("deal_id", "tranche_id") or name == entity == "instrument"]
    key = {name: f"{GOOD[entity][name]}X" for name in named}
    batch = read(entity, render(entity, key, change) if key else render(entity, change))
    assert [(r.rule, r.line, r.column) for r in batch.rejected] == [(rule, 2 + len(key), column)]
    assert reason in batch.rejected[0].reason
    assert batch.rows_read == len(batch.records) + len(batch.rejected) == 1 + len(key)


def test_each_rule_with_a_remedy_has_a_refusal() -> None:
    across = {
        "increment_beside_cumulative",
        "cumulative_below_parts",
        "duplicate_key",
        "repeated_row",
        "duplicate_priority",
    }
    assert set(WHAT_TO_DO) == {refusal[2] for refusal in REFUSALS} & set(WHAT_TO_DO) | across


def test_same_key_with_other_values_rejects_both() -> None:
    batch = read("production", render("production", {}, {"btc_produced": "951"}))
    assert [(r.rule, r.line) for r in batch.rejected] == [("duplicate_key", 2), ("duplicate_key", 3)]


def test_repeated_row_is_kept_once() -> None:
    batch = read("production", render("production", {}, {}))
    assert ([r.rule for r in batch.rejected], len(batch.records), batch.rows_read) == (["repeated_row"], 1, 2)


def test_restatement_is_a_row_of_its_own() -> None:
    batch = read(
        "production", render("production", {}, {"btc_produced": "951", "known_at_utc": "2025-07-31T23:59:59Z"})
    )
    assert (len(batch.records), batch.rejected) == (2, ())


@pytest.mark.parametrize("entity", ["issuer_name", "ticker", "disclosure_regime"])
def test_intervals_of_an_issuer_run_forward(entity: str) -> None:
    batch = read(entity, render(entity, {"valid_from_date": "2024-09-01"}, {"valid_from_date": "2024-08-31"}))
    assert [(r.rule, r.line, r.column) for r in batch.rejected] == [("date_out_of_order", 3, "valid_from_date")]
    other = read(
        entity, render(entity, {"valid_from_date": "2024-09-01"}, {"valid_from_date": "2024-08-31", "issuer": "META"})
    )
    assert other.rejected == ()


STOOQ = {"provider": "stooq", "priority": "2", "symbol": "mara.us"}
LATER = {"valid_from_date": "2024-01-01", "known_at_utc": "2024-01-01T23:59:59Z"}


def _feed(*rows: Change) -> list[tuple[str, int | None, str | None]]:
    batch = read("feed", render("feed", *rows))
    assert batch.rows_read == len(batch.records) + len(batch.rejected) == len(rows)
    return [(r.rule, r.line, r.column) for r in batch.rejected]


def test_each_provider_of_a_subject_has_a_place_of_its_own() -> None:
    elsewhere = {"domain": "macro", "subject": "UST_10Y", "provider": "fred"}
    assert _feed({}, STOOQ, elsewhere) == []
    assert _feed({}, {**STOOQ, "priority": "1"}, elsewhere) == [("duplicate_priority", 3, "priority")]


def test_a_renamed_ticker_keeps_its_place_and_two_providers_may_change_theirs_on_one_day() -> None:
    assert _feed({}, {**LATER, "symbol": "BITF"}, STOOQ) == []
    assert _feed({}, STOOQ, {**LATER, "priority": "2"}, {**STOOQ, **LATER, "priority": "1"}) == []
    later_only = [("duplicate_priority", 4, "priority")]
    assert _feed({}, STOOQ, {**STOOQ, **LATER, "priority": "1"}) == later_only
    both = _feed({}, {**LATER, "priority": "2"}, STOOQ)
    assert both == [("duplicate_priority", 4, "priority")]


def test_symbols_of_a_provider_run_forward_and_a_row_is_rejected_once() -> None:
    backward = [("date_out_of_order", 3, "valid_from_date")]
    assert _feed(LATER, {"symbol": "BITF"}, STOOQ) == backward
    assert _feed(LATER, {"priority": "2"}, STOOQ) == backward
    assert _feed(LATER, {"symbol": "BITF"}, {**STOOQ, "priority": "1", **LATER}) == [
        *backward,
        ("duplicate_priority", 4, "priority"),
    ]


def test_names_are_looked_up_only_where_they_are_known() -> None:
    """The universe is read before itself: without one, nothing is unknown."""
    assert read("feed", render("feed", {"provider": "new"}), universe=None).rejected == ()
    bare = Universe(UNIVERSE.issuers, UNIVERSE.instruments)
    assert read("feed", render("feed", {"provider": "new"}), universe=bare).rejected == ()
    assert read("provider", render("provider", {"provider": "new"})).rejected == ()
    assert read("series", render("series", {"series": "NEW"})).rejected == ()


def test_a_concept_may_stand_for_every_issuer_and_for_none_unknown() -> None:
    assert read("concept", render("concept", {"issuer": "*"})).rejected == ()
    batch = read("concept", render("concept", {"issuer": "TSLA"}))
    assert [(r.rule, r.column) for r in batch.rejected] == [("unknown_issuer", "issuer")]


def test_a_concept_does_not_end_before_it_begins() -> None:
    batch = read("concept", render("concept", {"valid_to_date": "2018-12-31"}))
    assert [(r.rule, r.column) for r in batch.rejected] == [("date_out_of_order", "valid_to_date")]


def _programme(*changes: Change) -> list[tuple[str, int | None, str | None]]:
    rows = [
        {"deal_id": "CORZ-1"},
        {"deal_id": "CORZ-2", "announced_date": "2024-08-06", "value_usd_m": "1225"},
        {
            "deal_id": "CORZ-3",
            "announced_date": "2024-10-22",
            "value_usd_m": "8700",
            "value_kind": "cumulative",
            "value_includes": "CORZ-1;CORZ-2",
        },
    ]
    merged = [{**row, **change} for row, change in zip(rows, [*changes, {}, {}, {}][:3], strict=True)]
    batch = read("ai_deal", render("ai_deal", *merged, *changes[3:]))
    assert batch.rows_read == max(3, len(changes))
    return [(r.rule, r.line, r.column) for r in batch.rejected]


def test_cumulative_total_that_names_its_parts_is_kept() -> None:
    assert _programme() == []


def test_increment_beside_cumulative() -> None:
    expected = [("increment_beside_cumulative", 4, "value_includes")]
    assert _programme({}, {}, {"value_includes": "CORZ-1"}) == expected
    assert _programme({}, {}, {"value_includes": ""}) == expected
    assert _programme({}, {"announced_date": "2024-10-22"}, {"value_includes": "CORZ-1"}) == expected


def test_a_later_increment_and_another_programme_add_to_a_total() -> None:
    later = {"deal_id": "CORZ-4", "announced_date": "2024-11-01"}
    elsewhere = {"deal_id": "CORZ-5", "programme": "other"}
    without_value = {"deal_id": "CORZ-6", "value_usd_m": "", "value_kind": ""}
    assert _programme({}, {}, {}, later, elsewhere, without_value) == []


def test_total_names_deals_that_exist_and_are_not_later() -> None:
    expected = [("included_deal", 4, "value_includes")]
    assert _programme({}, {}, {"value_includes": "CORZ-1;CORZ-2;CORZ-9"}) == expected
    assert _programme({}, {"programme": "other"}) == expected
    assert _programme({}, {"issuer": "MARA"}) == expected
    assert _programme({}, {"announced_date": "2024-10-23"}) == expected
    assert _programme({}, {}, {"value_includes": "CORZ-1;CORZ-2;CORZ-3"}) == expected


def test_total_is_no_less_than_its_parts() -> None:
    assert _programme({}, {}, {"value_usd_m": "4725"}) == []
    assert _programme({}, {}, {"value_usd_m": "4724"}) == [("cumulative_below_parts", 4, "value_usd_m")]


def test_total_that_includes_an_earlier_total_counts_nothing_twice() -> None:
    second = {
        "deal_id": "CORZ-4",
        "announced_date": "2025-01-01",
        "value_usd_m": "9000",
        "value_kind": "cumulative",
        "value_includes": "CORZ-1;CORZ-2;CORZ-3",
    }
    assert _programme({}, {}, {}, second) == []
    assert _programme({}, {}, {}, {**second, "value_usd_m": "8699"}) == [("cumulative_below_parts", 5, "value_usd_m")]


def test_require_clean_lists_every_problem() -> None:
    good = read("production", render("production", {}))
    assert require_clean(good) is good
    bad = read("production", render("production", {"issuer": "NOPE"}, {"btc_held": "1,5"}, {"citation": ""}))
    with pytest.raises(LedgerError) as caught:
        require_clean(bad)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        "ledger/production.csv:2:issuer",
        "ledger/production.csv:3:btc_held",
        "ledger/production.csv:4:citation",
    ]
    assert all("; " in line for line in lines)
    assert lines[0] == describe(caught.value.problems[0])
    assert lines[0].endswith("add it to issuer.csv first")
