"""Network, macro and provider health as known at T: what came later changes nothing, nor does the order of arrival."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.models import END_OF_TIME, Models

Row = dict[str, Any]

DAY = date(2026, 1, 5)
MIDNIGHT = datetime(2026, 1, 6)
NETWORK = {"coin_metrics": 1, "mempool": 2, "bundle": 99}
MACRO = {"fred": 1, "treasury": 2, "fred_api": 3}
TERMS = {"coin_metrics": "non_commercial", "mempool": "unknown", "bundle": "unknown", "fred": "by_series"}
LEDGER: Mapping[str, Sequence[Row]] = {
    "raw_ledger__provider": [
        {"provider": name, "redistribution": TERMS.get(name, "allowed")} for name in (*NETWORK, *MACRO)
    ],
    "raw_ledger__series": [
        {"series": "UST_10Y", "unit": "percent", "redistribution": "allowed"},
        {"series": "SP500", "unit": "index points", "redistribution": "not_allowed"},
    ],
    "raw_ledger__feed": [
        {"domain": "network", "subject": "BTC", "provider": name, "priority": place}
        for name, place in NETWORK.items()
        if name != "bundle"
    ]
    + [
        {"domain": "macro", "subject": series, "provider": name, "priority": place}
        for name, place in MACRO.items()
        for series in ("UST_10Y", "SP500")
    ],
}


def hours(most: int) -> st.SearchStrategy[datetime]:
    return st.integers(0, most).map(lambda count: MIDNIGHT + timedelta(hours=count))


@st.composite
def network_days(draw: st.DrawFn) -> list[Row]:
    rows = []
    for provider in NETWORK:
        for back in range(3):
            for moment in draw(st.lists(hours(6), max_size=2, unique=True)):
                figures = {
                    "blocks": draw(st.none() | st.integers(100, 180)),
                    "fees_btc": draw(st.none() | st.sampled_from([0.0, 2.5, 4.0])),
                    "difficulty": draw(st.none() | st.sampled_from([1.4e14, 1.48e14])),
                    "hashrate_eh_s": draw(st.none() | st.sampled_from([990.0, 1050.0])),
                }
                row = {"utc_date": DAY - timedelta(days=back), "provider": provider, "known_at_utc": moment}
                rows.append({**row, **figures})
    return rows


@st.composite
def observations(draw: st.DrawFn) -> list[Row]:
    rows = []
    for series, values in (("UST_10Y", (4.25, 4.255, 4.26)), ("SP500", (6900.0, 6900.05, 6901.0))):
        for provider in MACRO:
            for back in range(2):
                for moment in draw(st.lists(hours(6), max_size=2, unique=True)):
                    basis = draw(st.sampled_from(("publication_lag", "observed", "realtime")))
                    facts = {"value": draw(st.sampled_from(values)), "known_at_basis": basis}
                    row = {"series": series, "observation_date": DAY - timedelta(days=back), "provider": provider}
                    rows.append({**row, "known_at_utc": moment, **facts})
    return rows


@st.composite
def questions(draw: st.DrawFn) -> list[Row]:
    outcomes = st.sampled_from(("answered", "empty", "unknown_subject", "quota_exceeded", "failed", "skipped"))
    rows = []
    for number in range(draw(st.integers(0, 12))):
        provider, outcome = draw(st.sampled_from(tuple(MACRO))), draw(outcomes)
        asked = draw(hours(40)) + timedelta(seconds=number)
        is_answer = outcome in ("answered", "empty")
        row = {
            "domain": "macro",
            "provider": provider,
            "priority": MACRO[provider],
            "first_date": DAY,
            "last_date": DAY,
        }
        row |= {"asked_at_utc": asked, "asked_date": asked.date(), "known_at_utc": asked, "outcome": outcome}
        row |= {"subject": draw(st.sampled_from(("UST_10Y", "SP500")))}
        row |= {"problem": None if is_answer else f"problem {number}", "requests": draw(st.none() | st.integers(0, 3))}
        rows.append({**row, "seconds": draw(st.none() | st.sampled_from((0.5, 2.0)))})
    return rows


EVERY = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


MADE = ("int_network__compared", "fct_macro_observation", "mart_provider_health")


def world(network: Sequence[Row], macro: Sequence[Row], asked: Sequence[Row]) -> dict[str, Sequence[Row]]:
    return {**LEDGER, "raw_network__day": network, "raw_macro__observation": macro, "raw_feed__request": asked}


@EVERY
@given(network=network_days(), macro=observations(), asked=questions(), as_of=hours(40), seed=st.integers(0, 3))
def test_as_of_t_is_what_would_have_been_built_at_t_in_any_order(
    models: Models, network: list[Row], macro: list[Row], asked: list[Row], as_of: datetime, seed: int
) -> None:
    then = [[row for row in rows if row["known_at_utc"] <= as_of] for rows in (network, macro, asked)]
    shuffled = [random.Random(seed).sample(rows, len(rows)) for rows in (network, macro, asked)]
    found = models.rows(world(*shuffled), as_of, *MADE)
    assert found == models.rows(world(*then), END_OF_TIME, *MADE)
    days = {(row["series"], row["observation_date"]) for row in then[1]}
    assert {(row["series"], row["observation_date"]) for row in found["fct_macro_observation"]} == days
    assert sum(row["questions"] for row in found["mart_provider_health"]) == len(then[2])


@EVERY
@given(rows=observations(), as_of=hours(7))
def test_each_value_is_of_the_first_provider_that_gives_it(models: Models, rows: list[Row], as_of: datetime) -> None:
    said: dict[tuple[str, date], set[str]] = {}
    for row in rows:
        if row["known_at_utc"] <= as_of:
            said.setdefault((row["series"], row["observation_date"]), set()).add(row["provider"])
    found = models.rows(world((), rows, ()), as_of, *MADE)["fct_macro_observation"]
    assert {(row["series"], row["observation_date"]): row["provider"] for row in found} == {
        key: min(providers, key=MACRO.__getitem__) for key, providers in said.items()
    }
