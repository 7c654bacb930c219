"""Network, macro and provider health as known at T: the models against a reading of the rules in plain Python."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.conftest import RunDbt
from tests.dbt.feed_models import FeedModels

Row = dict[str, Any]

DAY = date(2026, 1, 5)
MIDNIGHT = datetime(2026, 1, 6)
NETWORK = {"coin_metrics": 1, "mempool": 2, "bundle": 99}
MACRO = {"fred": 1, "treasury": 2, "fred_api": 3}
COLUMNS = ("blocks", "fees_btc", "difficulty", "hashrate_eh_s")
TERMS = {"coin_metrics": "non_commercial", "mempool": "unknown", "bundle": "unknown", "fred": "by_series"}
STRICTER = ("allowed", "with_attribution", "non_commercial", "by_series", "unknown", "not_allowed")
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


@pytest.fixture(scope="module")
def models(run_dbt: RunDbt, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> FeedModels:
    return FeedModels.compiled(run_dbt, lake, tmp_path_factory.mktemp("feed_models"))


def known(rows: Sequence[Row], key: Sequence[str], as_of: datetime) -> list[Row]:
    """The last vintage of each key that was known by then."""
    latest: dict[tuple[Any, ...], Row] = {}
    for row in sorted(rows, key=lambda row: row["known_at_utc"]):
        if row["known_at_utc"] <= as_of:
            latest[tuple(row[name] for name in key)] = row
    return list(latest.values())


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
                rows.append(
                    {"utc_date": DAY - timedelta(days=back), "provider": provider, "known_at_utc": moment, **figures}
                )
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
                    day = DAY - timedelta(days=back)
                    rows.append(
                        {
                            "series": series,
                            "observation_date": day,
                            "provider": provider,
                            "known_at_utc": moment,
                            **facts,
                        }
                    )
    return rows


@st.composite
def questions(draw: st.DrawFn) -> list[Row]:
    outcomes = st.sampled_from(("answered", "empty", "unknown_subject", "quota_exceeded", "failed", "skipped"))
    rows = []
    for number in range(draw(st.integers(0, 12))):
        provider, outcome = draw(st.sampled_from(tuple(MACRO))), draw(outcomes)
        asked = draw(hours(40)) + timedelta(seconds=number)
        is_answer = outcome in ("answered", "empty")
        rows.append(
            {
                "domain": "macro",
                "subject": draw(st.sampled_from(("UST_10Y", "SP500"))),
                "provider": provider,
                "priority": MACRO[provider],
                "asked_at_utc": asked,
                "asked_date": asked.date(),
                "known_at_utc": asked,
                "first_date": DAY,
                "last_date": DAY,
                "outcome": outcome,
                "problem": None if is_answer else f"problem {number}",
                "requests": draw(st.none() | st.integers(0, 3)),
                "seconds": draw(st.none() | st.sampled_from((0.5, 2.0))),
            }
        )
    return rows


EVERY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@EVERY
@given(rows=network_days(), as_of=hours(7), seed=st.integers(0, 3))
def test_each_network_figure_is_of_the_first_provider_that_has_it(
    models: FeedModels, rows: list[Row], as_of: datetime, seed: int
) -> None:
    expected = {}
    for row in sorted(known(rows, ("utc_date", "provider"), as_of), key=lambda row: NETWORK[row["provider"]]):
        day = expected.setdefault(row["utc_date"], {})
        for column in COLUMNS:
            if row[column] is not None:
                day.setdefault(column, (row[column], row["provider"], row["known_at_utc"]))
    shuffled = random.Random(seed).sample(rows, len(rows))
    found = models.rows({**LEDGER, "raw_network__day": shuffled}, as_of, "int_network__compared")
    assert {row["utc_date"]: row for row in found["int_network__compared"]} == {
        day: _network_row(day, chosen) for day, chosen in expected.items() if chosen
    }


def _network_row(day: date, chosen: Mapping[str, tuple[float, str, datetime]]) -> Row:
    value, provider, _ = chosen.get("hashrate_eh_s", (None, None, None))
    counted = {said[1] for column, said in chosen.items() if column != "hashrate_eh_s"}
    terms = {TERMS[said[1]] for said in chosen.values()}
    return {
        "utc_date": day,
        **{column: chosen[column][0] if column in chosen else None for column in COLUMNS[:3]},
        "provider": "; ".join(sorted(counted, key=NETWORK.__getitem__)) or None,
        "hashrate_provider_eh_s": value,
        "hashrate_provider": provider,
        "redistribution": max(terms, key=STRICTER.index),
        "known_at_utc": max(said[2] for said in chosen.values()),
    }


@EVERY
@given(rows=observations(), as_of=hours(7), seed=st.integers(0, 3))
def test_each_macro_value_is_of_the_first_provider_and_held_against_the_others(
    models: FeedModels, rows: list[Row], as_of: datetime, seed: int
) -> None:
    days: dict[tuple[str, date], list[Row]] = {}
    for row in known(rows, ("series", "observation_date", "provider"), as_of):
        days.setdefault((row["series"], row["observation_date"]), []).append(row)
    expected = []
    for (series, day), said in sorted(days.items()):
        first = min(said, key=lambda row: MACRO[row["provider"]])
        apart = max(row["value"] for row in said) - min(row["value"] for row in said)
        differs = apart > max(0.005, 1e-5 * first["value"])
        expected.append(
            {
                "series": series,
                "observation_date": day,
                "value": first["value"],
                "unit": "percent" if series == "UST_10Y" else "index points",
                "provider": first["provider"],
                "redistribution": "allowed" if series == "UST_10Y" else "not_allowed",
                "providers_count": len(said),
                "max_difference": apart if len(said) > 1 else None,
                "agreement": "single" if len(said) == 1 else "differs" if differs else "agrees",
                "known_at_basis": first["known_at_basis"],
                "known_at_utc": max(row["known_at_utc"] for row in said),
            }
        )
    shuffled = random.Random(seed).sample(rows, len(rows))
    found = models.rows({**LEDGER, "raw_macro__observation": shuffled}, as_of, "fct_macro_observation")
    assert found["fct_macro_observation"] == expected


@EVERY
@given(rows=questions(), as_of=hours(40), seed=st.integers(0, 3))
def test_health_counts_every_question_known_by_then_once(
    models: FeedModels, rows: list[Row], as_of: datetime, seed: int
) -> None:
    asked = [row for row in rows if row["known_at_utc"] <= as_of]
    shuffled = random.Random(seed).sample(rows, len(rows))
    found = models.rows({**LEDGER, "raw_feed__request": shuffled}, as_of, "mart_provider_health")[
        "mart_provider_health"
    ]
    assert [(row["provider"], row["asked_date"]) for row in found] == sorted(
        {(row["provider"], row["asked_date"]) for row in asked}
    )
    for row in found:
        own = [one for one in asked if (one["provider"], one["asked_date"]) == (row["provider"], row["asked_date"])]
        own.sort(key=lambda one: one["asked_at_utc"])
        assert row["questions"] == len(own)
        for outcome in ("answered", "empty", "unknown_subject", "quota_exceeded", "failed", "skipped"):
            assert row[outcome] == sum(one["outcome"] == outcome for one in own)
        assert row["requests"] == sum(one["requests"] or 0 for one in own)
        assert row["seconds"] == sum(one["seconds"] or 0 for one in own)
        assert row["first_problem"] == next((one["problem"] for one in own if one["problem"]), None)
        assert row["is_circuit_open"] == (own[-1]["outcome"] in ("skipped", "quota_exceeded"))
        assert row["fail_overs"] == sum(
            _is_replaced(subject, row, asked) for subject in {one["subject"] for one in own}
        )
        assert row["known_at_utc"] == own[-1]["known_at_utc"]


def _is_replaced(subject: str, health: Row, asked: Sequence[Row]) -> bool:
    """The provider gave no answer about the subject on the day, and one of lower rank did."""
    of_day = [row for row in asked if row["subject"] == subject and row["asked_date"] == health["asked_date"]]
    answering = {row["provider"] for row in of_day if row["outcome"] in ("answered", "empty")}
    own = health["provider"]
    return own not in answering and any(MACRO[other] > MACRO[own] for other in answering)
