"""Who is asked, who stands in, what is written down, and that nothing is asked twice: against all providers' true formats."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from werkzeug import Request, Response

from ingestion import clock
from ingestion.ask import NobodyAnswered
from ingestion.contracts import FEED_REQUEST, MARKET_BAR, MARKET_COVERAGE
from ingestion.outcomes import Outcome
from ingestion.providers import provider as registry
from tests.edgar import server as edgar
from tests.feeds.formats.market import SESSIONS
from tests.feeds.world import KEYS, serve_market
from tests.unit.feedskit import FIRST, LAST, NOW, QUICK, TODAY, Life

pytestmark = pytest.mark.usefixtures("only_this_machine")

ALL_KEYS = {f"HASHWATT_{name.upper()}_KEY": key for name, key in KEYS.items()}
KEEL_KNOWN = datetime(2026, 4, 24, 22)


def said(outcomes: list[Outcome]) -> set[tuple[str, str, str]]:
    return {(one.subject, one.provider, one.outcome) for one in outcomes}


def test_the_first_two_are_asked_about_each_subject_and_nobody_else(home: Life) -> None:
    lines: list[str] = []
    outcomes = home.ask(NOW, lines=lines)
    pairs = {("MSTR", "yahoo"), ("MSTR", "tiingo"), ("RIOT", "yahoo"), ("RIOT", "tiingo")}
    pairs |= {("BTC-USD", "coinbase"), ("BTC-USD", "kraken")}
    assert said(outcomes) == {(subject, provider, "answered") for subject, provider in pairs}
    assert home.server.asked() == len(outcomes) == sum(one.requests for one in outcomes) == 6
    assert all(one.problem is None and one.answer_sha256 and one.seconds > 0 for one in outcomes)
    assert {(one.first_date, one.last_date) for one in outcomes} == {
        (date(2026, 1, 2), TODAY),
        (date(2026, 1, 1), TODAY - timedelta(days=1)),
    }
    assert len(lines) == 6 and lines[-1].endswith("answered (6 of 6)")
    home.land()
    true = {bar.day: bar.close for bar in home.world.listings["MSTR"].bars}
    told = home.rows(MARKET_BAR, "instrument", "session_date", "provider", "close_usd")
    expected = [day for day in SESSIONS if date(2026, 1, 2) <= day <= TODAY]
    for provider in ("yahoo", "tiingo"):
        closes = {day: close for name, day, by, close in told if (name, by) == ("MSTR", provider)}
        assert sorted(closes) == expected
        assert closes == pytest.approx({day: true[day] for day in expected}, rel=1e-6)
    assert len(home.rows(MARKET_COVERAGE, "provider")) == 6
    assert len(home.rows(FEED_REQUEST, "provider")) == 6


def test_a_clock_that_was_set_back_asks_about_no_day_to_come(home: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now_utc", lambda: NOW - timedelta(days=3))
    outcomes = home.ask(NOW)
    assert len(outcomes) == 6
    assert all(one.asked_at_utc == NOW and one.last_date <= TODAY for one in outcomes)


def test_one_that_is_down_is_left_alone_after_three_failures_and_replaced(home: Life) -> None:
    names = ["MSTR", "RIOT", "MARA", "CLSK", "MSFT"]
    home.about(*names, keys=ALL_KEYS)
    home.server.down("tiingo")
    outcomes = home.ask(NOW)
    assert Counter((one.provider, one.outcome) for one in outcomes) == {
        ("yahoo", "answered"): 5,
        ("tiingo", "failed"): 3,
        ("tiingo", "skipped"): 2,
        ("polygon", "answered"): 5,
    }
    assert home.server.asked("tiingo") == 3 * QUICK.attempts
    assert home.server.asked("alpha_vantage") == 0
    problems = {one.problem for one in outcomes if one.provider == "tiingo"}
    assert problems == {"Unavailable: the server answered 503", "the circuit of the provider is open"}
    home.land()
    home.server.up("tiingo")
    home.server.arrivals.clear()
    tuesday = datetime(2026, 3, 17, 21)
    home.world.at(tuesday)
    home.ask(tuesday)
    assert home.server.asked("tiingo") == 5 and home.server.asked("polygon") == 0
    home.land()
    days = {day for by, day in home.rows(MARKET_BAR, "provider", "session_date") if by == "tiingo"}
    assert min(days) == date(2026, 1, 2)


def test_while_one_stays_down_its_stand_in_is_asked_only_for_what_is_new(home: Life) -> None:
    home.about("RIOT", keys=ALL_KEYS)
    home.server.down("tiingo")
    for day in (NOW, datetime(2026, 3, 16, 21), datetime(2026, 3, 17, 21)):
        outcomes = home.on(day)
    (polygon,) = [one for one in outcomes if one.provider == "polygon"]
    assert (polygon.first_date, polygon.last_date) == (date(2026, 3, 17), date(2026, 3, 17))
    (tiingo,) = [one for one in outcomes if one.provider == "tiingo"]
    assert tiingo.first_date == date(2026, 1, 2)


def test_one_that_is_down_is_asked_again_on_the_next_day_once_two_others_answered(home: Life) -> None:
    home.about("RIOT", keys=ALL_KEYS)
    home.server.down("tiingo")
    home.on(NOW)
    assert home.ask(NOW + timedelta(hours=1)) == []
    home.server.up("tiingo")
    (tiingo,) = home.ask(NOW + timedelta(days=1))
    assert (tiingo.provider, tiingo.outcome, tiingo.first_date) == ("tiingo", "answered", date(2026, 1, 2))


def test_a_provider_without_its_key_is_not_asked(home: Life) -> None:
    home.about("RIOT", keys={"HASHWATT_POLYGON_KEY": KEYS["polygon"]})
    home.server.down("yahoo")
    assert said(home.ask(NOW)) == {("RIOT", "yahoo", "failed"), ("RIOT", "polygon", "answered")}


def test_a_spent_quota_closes_the_provider_at_once(home: Life) -> None:
    home.about("MSTR", "RIOT", "MARA")
    home.server.fail(
        "tiingo", edgar.status(429, body=b'{"detail": "You have run over your hourly request allocation."}')
    )
    outcomes = home.ask(NOW)
    assert Counter(one.outcome for one in outcomes if one.provider == "tiingo") == {"quota_exceeded": 1, "skipped": 2}
    assert home.server.asked("tiingo") == 1
    (refused,) = home.archive.sources("refused")
    assert refused.startswith("refused/feed/market/tiingo/")


def test_an_unknown_subject_goes_to_the_next_and_closes_nobody(home: Life) -> None:
    names = ["MSTR", "RIOT", "MARA", "CLSK", "MSFT"]
    home.about(*names, keys=ALL_KEYS)
    for name in names[:4]:
        del home.world.providers["tiingo"].symbols[name]
    outcomes = home.ask(NOW)
    assert Counter((one.provider, one.outcome) for one in outcomes if one.provider != "yahoo") == {
        ("tiingo", "unknown_subject"): 4,
        ("tiingo", "answered"): 1,
        ("polygon", "answered"): 4,
    }


def test_a_renamed_share_is_one_instrument_and_its_history_is_asked_under_the_new_name(home: Life) -> None:
    home.world = serve_market(home.server, FIRST, LAST, KEEL_KNOWN)
    assert "BITF" not in home.world.providers["tiingo"].symbols
    home.about("KEEL")
    outcomes = home.ask(KEEL_KNOWN)
    assert said(outcomes) == {("KEEL", "yahoo", "answered"), ("KEEL", "tiingo", "answered")}
    asked = [one.path.split("/")[4] for one in home.server.requests_of("tiingo")]
    assert sorted(asked) == ["BITF", "KEEL", "KEEL"]
    assert [one.path for one in home.server.requests_of("yahoo")] == ["/yahoo/v8/finance/chart/KEEL"]
    home.land()
    for provider in ("yahoo", "tiingo"):
        days = home.days(provider)
        assert days == [day for day in SESSIONS if date(2026, 1, 2) <= day <= KEEL_KNOWN.date()]
    assert {row[0] for row in home.rows(MARKET_BAR, "instrument")} == {"KEEL"}
    home.server.arrivals.clear()
    assert home.ask(KEEL_KNOWN) == [] and home.server.arrivals == []


def test_a_domain_without_any_answer_raises_and_keeps_what_was_said(home: Life) -> None:
    home.server.down(*registry.names("market"))
    with pytest.raises(NobodyAnswered, match="none of 7 questions was answered") as raised:
        home.ask(NOW)
    assert {one.outcome for one in raised.value.outcomes} == {"failed"}
    home.land()
    assert len(home.rows(FEED_REQUEST, "provider")) == len(raised.value.outcomes)
    home.server.up(*registry.names("market"))
    assert {one.outcome for one in home.ask(NOW)} == {"answered"}


def test_one_that_failed_alone_is_no_failure_of_the_domain(home: Life) -> None:
    home.server.down("tiingo")
    home.ask(NOW)
    assert {one.outcome for one in home.ask(NOW, subjects=["RIOT"])} == {"failed"}


def test_an_empty_answer_about_new_days_goes_to_the_next(home: Life) -> None:
    home.about("BTC-USD")
    home.server.fail("coinbase", lambda request, body: Response(b"[]", content_type="application/json"))
    assert said(home.ask(NOW)) == {
        ("BTC-USD", "coinbase", "empty"),
        ("BTC-USD", "kraken", "answered"),
        ("BTC-USD", "yahoo", "answered"),
    }


def test_an_answer_that_trips_the_parser_fails_alone(home: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(*_: object) -> None:
        raise KeyError("cursor")

    monkeypatch.setattr(type(registry.provider("kraken")), "read", trip)
    (kraken,) = [one for one in home.ask(NOW) if one.provider == "kraken"]
    assert (kraken.outcome, kraken.problem) == ("failed", "KeyError: 'cursor'")


def test_a_full_disk_is_not_blamed_on_a_provider(home: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(home.archive), "put", full)
    with pytest.raises(OSError, match="No space left"):
        home.ask(NOW)


def test_an_answer_in_pages_is_whole_or_goes_on_where_it_stopped(home: Life) -> None:
    home.about("RIOT", keys={"HASHWATT_POLYGON_KEY": KEYS["polygon"]})
    polygon = home.world.providers["polygon"]
    polygon.page_size = 10
    third = 0

    def third_is_lost(path: str, request: Request) -> Response:
        nonlocal third
        if request.args.get("cursor") == "20" and third < QUICK.attempts:
            third += 1
            return Response("no", status=503)
        return polygon(path, request)

    home.server.mount("polygon", third_is_lost)
    (lost,) = [one for one in home.ask(NOW) if one.provider == "polygon"]
    assert (lost.outcome, lost.requests) == ("failed", 3)
    home.land()
    assert {by for (by,) in home.rows(MARKET_BAR, "provider")} == {"yahoo"}
    home.server.arrivals.clear()
    (whole,) = [one for one in home.ask(NOW) if one.provider == "polygon"]
    assert (whole.outcome, whole.requests) == ("answered", 3)
    assert [one.query.rpartition("cursor=")[2] for one in home.server.requests_of("polygon")] == ["20", "30", "40"]
    home.land()
    days = home.days("polygon")
    assert days == [day for day in SESSIONS if date(2026, 1, 2) <= day <= TODAY]


def test_the_log_of_questions_reads_back_as_it_was_said(home: Life) -> None:
    home.server.down("tiingo")
    outcomes = home.ask(NOW)
    (source,) = home.archive.sources("feed/requests")
    (fetch,) = home.archive.fetches(source)
    assert len(json.loads(home.archive.get(fetch.sha256))["questions"]) == len(outcomes)
    home.land()
    columns = ("subject", "provider", "outcome", "problem", "requests", "asked_at_utc", "answer_sha256")
    assert set(home.rows(FEED_REQUEST, *columns)) == {tuple(getattr(one, name) for name in columns) for one in outcomes}
