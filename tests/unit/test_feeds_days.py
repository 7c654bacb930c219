"""Which days are asked for in the life of a home: after sleep, holes, corrections, backfills. All providers in their formats."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from werkzeug import Request, Response

from ingestion.contracts import FEED_REQUEST, MACRO_OBSERVATION, MARKET_BAR, NETWORK_DAY
from ingestion.providers import provider as registry
from tests.feeds.economy import network_days, serve_macro, serve_network
from tests.feeds.formats.coin_metrics import coin_metrics
from tests.feeds.formats.market import SESSIONS, Bar
from tests.feeds.world import serve_market
from tests.unit.feedskit import CLOSES, FIRST, LAST, NOW, QUICK, TODAY, Life, part_of, universe

pytestmark = pytest.mark.usefixtures("only_this_machine")


def test_nothing_is_asked_twice_on_a_day_and_the_next_session_is(home: Life) -> None:
    home.ask(NOW)
    home.server.arrivals.clear()
    assert home.ask(NOW + timedelta(hours=1)) == []
    home.land()
    assert home.ask(NOW + timedelta(hours=1, minutes=1)) == []
    assert home.server.arrivals == []
    monday = datetime(2026, 3, 16, 21)
    home.world.at(monday)
    outcomes = home.ask(monday, subjects=["RIOT"])
    assert {(one.first_date, one.last_date) for one in outcomes} == {(date(2026, 3, 9), monday.date())}
    assert home.server.asked() == 2


def test_a_scheduler_that_slept_asks_for_all_that_it_missed(home: Life) -> None:
    home.on(NOW)
    april = datetime(2026, 4, 20, 22)
    home.on(april)
    days = {day for name, day in home.rows(MARKET_BAR, "instrument", "session_date") if name == "RIOT"}
    assert sorted(days) == [day for day in SESSIONS if date(2026, 1, 2) <= day <= april.date()]


def test_days_that_one_cannot_give_any_more_are_asked_of_the_next(home: Life) -> None:
    """Kraken tells only its newest 720 days."""
    serve_market(home.server, date(2023, 6, 1), LAST, NOW, instruments=["BTC-USD"])
    home.about("BTC-USD")
    outcomes = home.ask(NOW, since=date(2023, 6, 1), only_missing=True)
    spans = {
        name: (
            min(o.first_date for o in outcomes if o.provider == name),
            {o.outcome for o in outcomes if o.provider == name},
        )
        for name in ("coinbase", "kraken", "yahoo")
    }
    assert spans["coinbase"] == (date(2023, 6, 1), {"answered"})
    assert spans["kraken"] == (TODAY - timedelta(days=719), {"answered"})
    assert spans["yahoo"] == (date(2023, 6, 1), {"answered"})
    home.land()
    per_day = Counter(day for (day,) in home.rows(MARKET_BAR, "session_date"))
    assert min(per_day.values()) >= 2
    home.server.arrivals.clear()
    assert home.ask(NOW, since=date(2023, 6, 1), only_missing=True) == []


def hole(day: date, symbol: str, bar: Bar) -> Bar | None:
    return None if bar.day == day else bar


def test_a_missing_session_is_asked_for_on_three_days_and_then_not_available(home: Life) -> None:
    home.about("RIOT")
    missing = date(2026, 1, 20)
    home.world.providers["tiingo"].edit = lambda symbol, bar: hole(missing, symbol, bar)
    asked = []
    for n in range(6):
        now = NOW + timedelta(days=n)
        outcomes = home.on(now)
        asked += [n for one in outcomes if one.provider == "tiingo" and one.first_date <= missing <= one.last_date]
        home.server.arrivals.clear()
        assert home.ask(now + timedelta(minutes=5)) == [] and home.server.arrivals == []
    assert asked == [0, 1, 2]
    days = home.days("tiingo")
    assert missing not in days


def test_a_hole_that_is_filled_later_is_found(home: Life) -> None:
    home.about("RIOT")
    missing = date(2026, 1, 20)
    home.world.providers["tiingo"].edit = lambda symbol, bar: hole(missing, symbol, bar)
    home.on(NOW)
    home.world.providers["tiingo"].edit = lambda symbol, bar: bar
    saturday = NOW + timedelta(days=1)
    (again,) = home.ask(saturday)
    assert (again.provider, again.first_date <= missing <= again.last_date) == ("tiingo", True)
    home.land()
    assert ("tiingo", missing) in home.rows(MARKET_BAR, "provider", "session_date")


def test_a_correction_within_five_sessions_is_seen(home: Life) -> None:
    home.about("RIOT")
    home.on(NOW)
    corrected, monday = date(2026, 3, 9), datetime(2026, 3, 16, 21)
    home.world.providers["tiingo"].edit = lambda _, bar: (
        replace(bar, close=bar.close * 1.01) if bar.day == corrected else bar
    )
    home.on(monday)
    by_provider = Counter(by for by, day in home.rows(MARKET_BAR, "provider", "session_date") if day == corrected)
    assert by_provider == {"tiingo": 2, "yahoo": 1}


def test_since_is_remembered_for_the_runs_to_come(home: Life) -> None:
    home.ask(NOW, subjects=["RIOT"], since=date(2026, 3, 2))
    outcomes = home.ask(NOW, subjects=["RIOT", "MSTR"])
    assert {one.subject for one in outcomes} == {"MSTR"}
    home.ask(NOW, since=date(2025, 12, 15))
    first = {(one.subject, one.first_date) for one in home.ask(NOW, since=date(2025, 12, 1))}
    assert first == {("MSTR", FIRST), ("RIOT", FIRST), ("BTC-USD", FIRST)}


def test_an_instrument_is_not_asked_about_before_its_listing(home: Life) -> None:
    home.about("GLXY")
    home.ask(NOW, since=date(2020, 1, 1))
    asked = [source.split("/") for source in home.archive.sources("feed/market")]
    assert {(one[3], one[4].split("_")[0]) for one in asked} == {("GLXY", "2025-05-16")}


def test_network_and_macro_are_asked_in_the_same_way(home: Life) -> None:
    home.universe = universe()
    serve_network(home.server, FIRST, TODAY)
    serve_macro(home.server, FIRST, TODAY)
    outcomes = home.ask(NOW, ["network", "macro"])
    # Of this year's quarters and months none is public yet.
    assert {one.subject for one in outcomes if one.outcome != "answered"} <= {"FEDERAL_DEBT", "M2"}
    assert {one.provider for one in outcomes} == set(registry.names("network")) | set(registry.names("macro")) - {
        "fred_api"
    }
    tenors = [one for one in outcomes if one.provider == "treasury"]
    assert {one.subject for one in tenors} == {"UST_3M", "UST_2Y", "UST_5Y", "UST_10Y", "UST_30Y"}
    assert sum(one.requests for one in tenors) == home.server.asked("treasury") == 3  # January, February, March
    home.land()
    assert {by for (by,) in home.rows(NETWORK_DAY, "provider")} == {"coin_metrics", "mempool"}
    series = {row[0] for row in home.rows(MACRO_OBSERVATION, "series")}
    assert {"UST_3M", "UST_30Y", "FED_FUNDS", "VIX_CLOSE"} <= series
    home.server.arrivals.clear()
    assert home.ask(NOW + timedelta(minutes=5), ["network", "macro"]) == []
    tomorrow = home.ask(NOW + timedelta(days=1), ["macro"], subjects=["VIX_CLOSE"])
    assert {one.provider for one in tomorrow} == {"cboe", "fred"}
    assert {(one.first_date, one.last_date) for one in tomorrow} == {(date(2026, 3, 8), date(2026, 3, 14))}


def test_a_column_that_an_answer_leaves_out_is_written_down(home: Life) -> None:
    serve_network(home.server, FIRST, TODAY)
    home.server.mount("coin_metrics", coin_metrics(network_days(FIRST, TODAY), forbidden=["HashRate"]))
    home.universe = part_of("network", ["BTC"])
    outcomes = home.ask(NOW)
    missing = {one.provider: one.columns_missing for one in outcomes}
    assert missing == {"coin_metrics": "difficulty, hashrate_eh_s", "mempool": None}
    home.land()
    assert set(home.rows(FEED_REQUEST, "provider", "outcome", "columns_missing")) == {
        (one.provider, "answered", one.columns_missing) for one in outcomes
    }


def test_a_download_that_hangs_costs_one_attempt_a_run(home: Life) -> None:
    """As FRED does to the addresses of clouds; what its owner gives comes all the same."""
    serve_macro(home.server, FIRST, TODAY)
    begun = []

    def hang(path: str, request: Request) -> Response:
        begun.append(path)
        time.sleep(2 * QUICK.read_seconds)
        return Response("too late", status=503)

    home.server.mount("fred", hang)
    home.universe = universe()
    outcomes = home.ask(NOW, ["macro"])
    assert len(begun) == 1
    said = Counter(one.outcome for one in outcomes if one.provider == "fred")
    assert said["failed"] == 1 and said["skipped"] == said.total() - 1 > 5
    silent = {one.subject for one in outcomes} - {
        one.subject for one in outcomes if one.outcome in ("answered", "empty")
    }
    assert silent == {"SP500", "IG_SPREAD", "M2", "CPI", "UNEMPLOYMENT", "FED_FUNDS_MONTH", "UST_10Y_REAL"}


@pytest.mark.parametrize("now", [datetime(2026, 3, 6, 21, 14), datetime(2026, 3, 9, 20, 14), datetime(2026, 1, 1, 12)])
def test_no_open_bar_is_asked_for(home: Life, now: datetime) -> None:
    """A minute before the bars of the last session of winter time and the first of summer time are public."""
    home.about("RIOT")
    home.world.at(now)
    lasts = {one.last_date for one in home.ask(now)}
    before = [day for day, close in CLOSES.items() if day >= date(2026, 1, 1) and day < now.date()]
    assert lasts == ({max(before)} if before else set())
