"""The ledger that ships: clean, consistent with itself, and carrying every figure of the compiled facts."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingestion.landing.batch import Batch
from ingestion.ledger.rules import ACCESSION
from ingestion.universe import Instrument, Universe
from tests.tables import tables
from tests.unit.ledgerrows import TABLES, shipped

DATA = tables(__file__)

EVERY_ISSUER = "*"

Row = Mapping[str, object]


@cache
def universe() -> Universe:
    series, providers = shipped("series", None), shipped("provider", None)
    return Universe.from_batches(shipped("issuer", None), shipped("instrument", None), None, series, providers)


@cache
def ledger(entity: str) -> Batch:
    return shipped(entity, universe())


def rows(entity: str) -> list[Row]:
    return list(ledger(entity).records)


def standing(entity: str) -> list[Row]:
    """The latest vintage of each name."""
    named = [name for name in TABLES[entity].key if name != "known_at_utc"]
    ordered = sorted(rows(entity), key=lambda row: str(row["known_at_utc"]))
    return list({tuple(row[name] for name in named): row for row in ordered}.values())


def number(value: object) -> float:
    assert isinstance(value, float)
    return value


def facts(shared: Path, name: str) -> list[dict[str, str]]:
    with (shared / "facts" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("entity", sorted(TABLES))
def test_nothing_is_known_after_the_ledger_was_verified(entity: str) -> None:
    late = [row for row in rows(entity) if row["known_at_utc"] >= datetime(2026, 11, 30)]
    assert late == []


def test_the_universe_has_39_issuers_and_60_instruments() -> None:
    assert (len(universe().issuers), len(universe().instruments)) == (39, 60)
    assert universe().instruments["SPY"] == Instrument("SPDR S&P 500 ETF Trust", "etf", "XNYS", None)
    outside = {name for name, item in universe().instruments.items() if item.kind == "equity" and item.issuer is None}
    assert outside == {"COIN"}
    roles = {row["issuer"]: row["role"] for row in rows("issuer")}
    assert roles["MSTR"] == roles["AAPL"] == "reference", "in no sum of miners or hyperscalers"


def test_no_row_speaks_of_an_issuer_before_the_issuer_is_known() -> None:
    known = {row["issuer"]: row["known_at_utc"] for row in rows("issuer")}
    silent = (
        "issuer",
        "instrument",
        "counterparty",
        "disclosure_regime",
        "provider",
        "series",
        "feed",
        "bar_exclusion",
        "electricity",
        "rating",
        "data_center",
        "decision",
        "claim",
    )
    speaking = [entity for entity in TABLES if entity not in silent]
    for entity in speaking:
        own = [row for row in rows(entity) if row["issuer"] not in (None, EVERY_ISSUER)]
        early = [row for row in own if row["known_at_utc"] < known[row["issuer"]]]
        assert early == [], entity


def test_every_instrument_and_series_and_the_network_is_asked_somewhere() -> None:
    asked = {(row["domain"], row["subject"]) for row in rows("feed")}
    instruments = {("market", name) for name in universe().instruments}
    assert asked == instruments | {("macro", row["series"]) for row in rows("series")} | {("network", "BTC")}


def test_the_first_of_a_subject_needs_no_key() -> None:
    """Of coins and the network the difference between two is measured out of the box; of shares the second wants a free key."""
    access = {row["provider"]: row["access"] for row in rows("provider")}
    keyless: dict[object, set[object]] = defaultdict(set)
    for row in rows("feed"):
        assert access[row["provider"]] != "shipped"
        if access[row["provider"]] == "keyless":
            keyless[row["domain"], row["subject"]].add(row["priority"])
    both = {subject for (domain, subject), places in keyless.items() if domain != "macro" and places >= {1, 2}}
    late = {"BNB-USD", "TAO-USD", "HYPE-USD"}
    assert both == {"BTC", *(name for name, one in universe().instruments.items() if one.kind == "crypto")} - late
    second = {row["provider"] for row in rows("feed") if row["domain"] == "market" and row["priority"] == 2}
    assert second == {"tiingo", "kraken", "yahoo"} and access["tiingo"] == "key"
    first_of = {row["provider"] for row in rows("feed") if row["domain"] == "macro" and row["priority"] == 1}
    assert first_of == {"fred_api", "treasury", "ecb"}, "with a key FRED's API is asked first"
    assert all(1 in places or 2 in places for places in keyless.values())
    by_subject = {
        subject: {row["provider"] for row in rows("feed") if row["subject"] == subject} for _, subject in keyless
    }
    on_fred_alone = {subject for subject, providers in by_subject.items() if providers == {"fred", "fred_api"}}
    alone = {"SP500", "IG_SPREAD", "M2", "CPI", "UNEMPLOYMENT", "FED_FUNDS_MONTH", "UST_10Y_REAL"}
    assert on_fred_alone == alone, "from a cloud without a key these have nobody"


def test_a_renamed_ticker_is_one_instrument_asked_under_the_ticker_of_the_day() -> None:
    """Each provider has the tickers of ticker.csv from the days that it names."""
    since = {row["ticker"]: row["valid_from_date"] for row in rows("ticker") if row["issuer"] == "KEEL"}
    assert since == {"BITF": date(2020, 1, 1), "KEEL": date(2026, 4, 6)}
    feeds = [row for row in rows("feed") if row["subject"] == "KEEL"]
    assert {row["provider"] for row in feeds} == {"yahoo", "tiingo", "polygon", "alpha_vantage"}
    for provider in {row["provider"] for row in feeds}:
        own = {row["symbol"]: row["valid_from_date"] for row in feeds if row["provider"] == provider}
        assert own == {"BITF": date(2000, 1, 1), "KEEL": since["KEEL"]}


def test_no_feed_is_known_before_its_instrument() -> None:
    known = {row["instrument"]: row["known_at_utc"] for row in rows("instrument")}
    market = [row for row in rows("feed") if row["domain"] == "market"]
    assert [row for row in market if row["known_at_utc"] < known[row["subject"]]] == []


def test_what_is_copyrighted_or_without_a_licence_is_not_passed_on() -> None:
    may = {row["provider"]: row["redistribution"] for row in rows("provider")}
    assert {name for name, what in may.items() if what == "allowed"} == {"treasury", "fiscal_data", "ecb"}
    assert (may["coin_metrics"], may["fred"]) == ("non_commercial", "by_series")
    closed = {row["series"] for row in rows("series") if row["redistribution"] == "not_allowed"}
    assert closed == {"VIX_CLOSE", "SP500", "IG_SPREAD"}


@pytest.mark.parametrize("entity", ["issuer_name", "ticker"])
def test_each_issuer_has_a_name_and_a_ticker_since_the_first_bars(entity: str) -> None:
    """As of any day of the price window, an issuer that is known by then has a name and a ticker in force."""
    first = datetime(2024, 12, 31, 23, 59, 59)
    for issuer in rows("issuer"):
        since = max(first, issuer["known_at_utc"])
        assert any(row["issuer"] == issuer["issuer"] and row["known_at_utc"] <= since for row in rows(entity)), issuer


def test_deals_bear_the_name_the_issuer_had() -> None:
    for deal in rows("ai_deal"):
        names = [row for row in rows("issuer_name") if row["issuer"] == deal["issuer"]]
        in_force = [row["name"] for row in names if row["valid_from_date"] <= deal["announced_date"]]
        assert deal["issuer_name_at_time"] == in_force[-1], deal["deal_id"]


def test_tranches_sum_to_the_headline() -> None:
    """Two filings of Alphabet state a total that is not the sum of the tranches they list."""
    sums: dict[object, float] = defaultdict(float)
    headlines: dict[object, object] = {}
    for row in standing("bond_tranche"):
        if row["deal_headline_m"] is not None:
            sums[row["deal_id"]] += number(row["principal_m"])
            assert headlines.setdefault(row["deal_id"], row["deal_headline_m"]) == row["deal_headline_m"]
    assert len(headlines) == 12
    apart = {deal: (sums[deal], headline) for deal, headline in headlines.items() if sums[deal] != headline}
    assert apart == {"GOOGL-2026-05-05-CAD": (8500, 9500), "GOOGL-2026-05-15-JPY": (576500, 576900)}


def test_debt_of_joint_ventures_is_not_debt_of_the_partner() -> None:
    off = {(row["issuer"], row["obligor"]) for row in rows("bond_tranche") if row["is_issuer_debt"] is False}
    assert off == {("META", "Beignet Investor LLC"), ("META", "Sopaipilla (vehicle)"), ("WULF", "Flash Compute LLC")}


def test_bitcoin_of_cipher_rolls_forward() -> None:
    """Held before, plus produced, less sold is what is held: within 1 BTC to March 2024 and within 13 after it."""
    months: dict[date, dict[str, float]] = defaultdict(dict)
    for row in sorted(rows("production"), key=lambda row: str(row["known_at_utc"])):
        if row["issuer"] == "CIFR":
            figures = {n: number(row[n]) for n in ("btc_produced", "btc_sold", "btc_held") if row[n] is not None}
            months[row["period_start_date"]].update(figures)
    ordered = sorted(months)
    assert (ordered[0], ordered[-1], len(ordered)) == (date(2022, 12, 1), date(2025, 9, 1), 34)
    for before, month in pairwise(ordered):
        now = months[month]
        off = months[before]["btc_held"] + now["btc_produced"] - now["btc_sold"] - now["btc_held"]
        assert abs(off) <= (1 if month <= date(2024, 3, 1) else 13), month


def test_backstops_are_increments() -> None:
    """The guarantor's running totals, 3,200 at Lake Mariner and about 1,730 at Barber Lake, come out as sums."""
    sums: dict[object, float] = defaultdict(float)
    for row in rows("ai_deal"):
        if row["backstop_usd_m"] is not None:
            sums[row["programme"]] += number(row["backstop_usd_m"])
    assert sums == {"Lake Mariner Fluidstack": 3200, "Abernathy Fluidstack": 1300, "Barber Lake Fluidstack": 1733}


def test_silence_begins_after_the_last_update() -> None:
    """No issuer has a production row for a month in which it no longer reported monthly."""
    silent = {r["issuer"]: r["valid_from_date"] for r in rows("disclosure_regime") if r["cadence"] != "monthly"}
    months = [r for r in rows("production") if r["period_end_date"] - r["period_start_date"] < timedelta(31)]
    late = [r for r in months if r["issuer"] in silent and r["period_start_date"] >= silent[r["issuer"]]]
    assert late == []
    assert "MARA" not in silent
    assert silent["IREN"] == date(2025, 9, 1)


Key = Callable[[Mapping[str, Any]], object]


@dataclass(frozen=True)
class Compiled:
    """Facts of `file`, the table that has them, how their rows and ours are told apart, and our columns with theirs."""

    file: str
    entity: str
    theirs: Key
    ours: Key
    columns: Mapping[str, str]


def _metric(basis: str) -> str:
    return "capex_with_finance_leases" if "finance leases" in basis.lower() else "capex_cash"


DEAL_COLUMNS = {
    "value_usd_m": "contract_value_usd_m",
    "value_with_extensions_usd_m": "with_extensions_usd_m",
    **{name: name for name in ("critical_it_mw", "gross_mw", "issuer_share_pct", "term_years")},
}
TRANCHE_COLUMNS = {name: name for name in ("principal_m", "coupon_pct", "spread_bp", "price_pct", "ytm_pct")}


def _issuer(row: Mapping[str, Any]) -> object:
    return row["issuer"]


def _theirs(fact: Mapping[str, Any]) -> object:
    return {"BITF": "KEEL"}.get(name := fact["ticker"].split("/")[-1], name)


def _offered(row: Mapping[str, Any]) -> object:
    return row["issuer"].split()[0], row["currency"]


COMPILED = (
    Compiled("ai_deals", "ai_deal", _theirs, _issuer, DEAL_COLUMNS),
    Compiled("ai_deals_additions_2026", "ai_deal", _theirs, _issuer, DEAL_COLUMNS),
    Compiled("bond_tranches", "bond_tranche", _offered, _offered, TRANCHE_COLUMNS),
    Compiled("bond_tranches_additions", "bond_tranche", _offered, _offered, TRANCHE_COLUMNS),
    Compiled(
        "capex_quarterly",
        "capex_quarter",
        lambda f: (f["ticker"], _metric(f["basis"]), f["period_end"]),
        lambda r: (r["issuer"], r["metric"], str(r["period_end_date"])),
        {"value": "value"},
    ),
    Compiled(
        "miner_production_monthly",
        "production",
        lambda f: (_theirs(f), f["month"]),
        lambda r: (r["issuer"], str(r["period_start_date"])[:7]),
        DATA["month_columns"],
    ),
    Compiled(
        "cifr_monthly_production",
        "production",
        lambda f: (f["ticker"], f["month"]),
        lambda r: (r["issuer"], str(r["period_start_date"])[:7]),
        DATA["cifr_columns"],
    ),
)
# What is compiled and stands elsewhere in the ledger: megawatts of an unknown basis under gross, commitments and totals without
# terms in the notes.
ELSEWHERE = {
    ("ai_deals_additions_2026", "critical_it_mw"): [("CLSK", 175.0)],
    ("bond_tranches_additions", "principal_m"): [(("AMZN", "GBP"), 4250.0), (("AMZN", "USD"), 17500.0)],
    ("bond_tranches_additions", "coupon_pct"): [(("CRWV", "EUR"), 8.5)],
    ("bond_tranches_additions", "price_pct"): [(("CRWV", "EUR"), 100.0)],
}


def _figures(items: Iterable[tuple[object, object]], factor: float = 1) -> Counter[tuple[object, float]]:
    """The numbers with their keys; what is empty, in doubt or told in words is none."""
    found: Counter[tuple[object, float]] = Counter()
    for key, value in items:
        with suppress(ValueError):
            found[key, round(float(str(value).lstrip("~")) * factor, 6)] += 1
    return found


@pytest.mark.shared
@pytest.mark.parametrize("one", COMPILED, ids=lambda one: one.file)
def test_every_figure_of_the_compiled_facts_is_carried_over(shared: Path, one: Compiled) -> None:
    """As often as it is compiled, in whichever vintage; what was filled or corrected since stands beside it."""
    for ours, theirs in one.columns.items():
        compiled = [(one.theirs(fact), fact[theirs]) for fact in facts(shared, one.file) if theirs in fact]
        expected = _figures(compiled, 0.01 if "_c_per_" in theirs else 1)
        expected -= Counter(ELSEWHERE.get((one.file, ours), ()))
        held = _figures((one.ours(row), row[ours]) for row in rows(one.entity))
        assert expected - held == Counter(), ours


@pytest.mark.shared
def test_coins_that_no_month_tells_are_carried_over(shared: Path) -> None:
    """Sales of quarters and of other days, and what quarters tell of coins: as a period, or as an event."""
    compiled = [(f["issuer"], f["btc_sold"]) for f in facts(shared, "btc_sales")]
    compiled += [(f["ticker"], f["value"]) for f in facts(shared, "sec/miner_financials") if f["unit"] == "BTC"]
    columns = ("btc_sold", "btc_held", "btc_produced")
    held = {(row["issuer"], row[name]) for row in rows("production") for name in columns}
    held |= {(row["issuer"], row["value"]) for row in rows("event") if row["kind"] == "coin_sale"}
    assert len(compiled) == 8
    assert {(issuer, float(value)) for issuer, value in compiled} - held == set()


@pytest.mark.shared
def test_every_primary_source_that_was_opened_is_cited(shared: Path) -> None:
    """By its accession or its address; an address that nobody opened, or that follows a pattern alone, is not written."""
    cited = " ".join(str(row["citation"]) for entity in TABLES for row in rows(entity) if "citation" in row)
    sources = facts(shared, "primary_sources")
    missing = [
        one
        for one in sources
        if not any(number in cited for number in re.findall(ACCESSION, one["accession"]))
        and not (one["url"] and one["url"].split()[0].rstrip(";") in cited)
    ]
    assert len(sources) == 196
    assert [
        one for one in missing if one["url"] and "pattern" not in one["note"] and one["checked"] != "link_only"
    ] == []


@pytest.mark.shared
def test_facts_issuers_are_carried_over(shared: Path) -> None:
    ours = {(row["issuer"], row["cik"], row["sec_name"]) for row in rows("issuer")}
    assert ours - {("MSTR", "0001050446", "Strategy Inc")} == {
        (f["ticker"], f["cik"], f["sec_name_2026_06"]) for f in facts(shared, "issuers")
    }


@pytest.mark.shared
def test_facts_margins_are_carried_over(shared: Path) -> None:
    files = ("bond_tranches", "bond_tranches_additions")
    texts = [f["coupon_pct"] for file in files for f in facts(shared, file) if f["coupon_pct"].startswith("SOFR+")]
    margins = Counter(round(float(text[5:]) * 100, 6) for text in texts if " to " not in text)
    ours = Counter(r["floating_margin_bp"] for r in rows("bond_tranche") if r["floating_margin_bp"] is not None)
    assert ours - margins == Counter({52.0: 1}) and margins - ours == Counter()


@pytest.mark.shared
def test_facts_guidance_is_carried_over(shared: Path) -> None:
    expected = {
        (f["ticker"], f["announced"][:7], float(f["low_usd_m"]), float(f["high_usd_m"]) if f["high_usd_m"] else None)
        for file in ("capex_guidance", "capex_guidance_additions_2026")
        for f in facts(shared, file)
    }
    assert {
        (r["issuer"], str(r["announced_date"])[:7], r["low"], r["high"]) for r in rows("capex_guidance")
    } == expected


@pytest.mark.shared
def test_facts_regimes_are_carried_over(shared: Path) -> None:
    expected = {(f["ticker"], f["cadence"], f["from"][:4]) for f in facts(shared, "disclosure_regimes")}
    mine = {
        (r["issuer"], r["cadence"], str(r["valid_from_date"])[:4])
        for r in rows("disclosure_regime")
        if r["cadence"] != "none"
    }
    assert mine == expected


@pytest.mark.shared
def test_facts_instruments_are_carried_over(shared: Path) -> None:
    assert list(universe().instruments)[:35] == list(facts(shared, "market_closes_2025")[0])[1:]
    assert set(universe().instruments) < set(facts(shared, "history/closes_2019-12_2026-08")[0])


def test_every_metric_has_a_concept_for_every_issuer_or_for_two_that_define_it() -> None:
    whose = {
        metric: {row["issuer"] for row in rows("concept") if row["metric"] == metric}
        for metric in TABLES["concept"].column("metric").allowed
    }
    assert whose.pop("capex_with_finance_leases") == {"MSFT", "META"}
    assert all(EVERY_ISSUER in issuers for issuers in whose.values())


def test_terms_of_a_metric_share_one_basis() -> None:
    """Quarters are compared by the words of their basis, which must not hang on the order of terms."""
    for row in rows("concept"):
        for other in rows("concept"):
            together = all(row[name] == other[name] for name in ("issuer", "metric", "taxonomy", "valid_from_date"))
            assert not together or row["basis"] == other["basis"], (row["concept"], other["concept"])


@pytest.mark.shared
def test_concepts_are_those_of_the_compiled_facts(shared: Path) -> None:
    compiled = " ".join(row["us_gaap"] for row in facts(shared, "xbrl_concepts"))
    for metric in ("capex_cash", "cash", "revenue", "shares"):
        for row in rows("concept"):
            if row["metric"] == metric and row["issuer"] == EVERY_ISSUER and row["taxonomy"] != "ifrs-full":
                assert str(row["concept"]) in compiled, row["concept"]
