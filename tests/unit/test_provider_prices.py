"""What is particular to each provider of prices: pages, splits, coins, the day under way, and recorded answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response

from ingestion.errors import SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.providers.alpha_vantage import AlphaVantage
from ingestion.providers.client import FeedClient
from ingestion.providers.coinbase import Coinbase
from ingestion.providers.kraken import Kraken
from ingestion.providers.polygon import Polygon
from ingestion.providers.provider import Provider
from ingestion.providers.rows import Window
from ingestion.providers.tiingo import Tiingo
from ingestion.providers.yahoo import Yahoo
from tests.edgar import server as edgar
from tests.feeds import days
from tests.feeds.asking import CLOSES, Asking, read_page
from tests.feeds.cases import DIVIDEND, KEY, SPLIT
from tests.feeds.days import COIN, SHARE, WINDOW
from tests.feeds.formats.alpha_vantage import AlphaVantageFormat
from tests.feeds.formats.coinbase import CoinbaseFormat
from tests.feeds.formats.kraken import KrakenFormat
from tests.feeds.formats.polygon import PolygonFormat
from tests.feeds.formats.yahoo import YahooFormat, chart
from tests.feeds.server import FeedServer
from tests.tables import tables

DATA = tables(__file__)

pytestmark = pytest.mark.usefixtures("only_this_machine")

JAN_1, JAN_2, DAY = 1_735_689_600, 1_735_828_200, 86_400  # midnight UTC; the opening bell


def asked(provider: Provider[Any], server: FeedServer, folder: Path) -> Asking:
    return Asking(provider, server, folder, key=KEY if provider.key_setting else None)


def says(server: FeedServer, name: str, *documents: object) -> None:
    """The provider answers with each of the documents once, and with the last one from then on."""
    left = list(documents)

    def answer(path: str, request: Request) -> Response:
        document = left.pop(0) if len(left) > 1 else left[0]
        return Response(json.dumps(document), content_type="application/json")

    server.mount(name, answer)


def read_chart(document: object, window: Window = WINDOW, at: datetime = days.NOW) -> Any:
    return read_page(Yahoo(), json.dumps(document).encode(), SHARE, window, at)


def test_yahoos_exchange_says_which_day_it_is() -> None:
    """Where the morning bell rings while New York and UTC still have the day before."""
    bell = 1_735_772_400  # 2025-01-01T23:00:00Z, ten o'clock of January 2 in Sydney
    document = chart([bell, bell + DAY], [10.0, 11.0], exchangeTimezoneName="Australia/Sydney")
    assert days.dates(read_chart(document)) == [date(2025, 1, 2), date(2025, 1, 3)]


def test_a_null_of_yahoo_is_no_bar_and_no_fault(server: FeedServer, tmp_path: Path) -> None:
    hole, told = date(2024, 11, 6), YahooFormat({"ABC": days.share()}, days.NOW)
    told.edit = lambda symbol, bar: None if bar.day == hole else bar
    server.mount("yahoo", told)
    asking = asked(Yahoo(), server, tmp_path)
    reading = asking.read(SHARE, WINDOW)
    assert b"null" in asking.fetches[0][1]
    assert days.dates(reading) == [day for day in days.days("XNYS") if day != hole] and not reading.rejected
    empty = asking.read(SHARE, Window(date(2024, 4, 1), date(2024, 4, 10)))
    assert b"timestamp" not in asking.fetches[0][1]
    assert not empty.rows and not empty.rejected


def test_a_split_of_today_is_told_with_the_window_that_ended_yesterday(server: FeedServer, tmp_path: Path) -> None:
    """Its answer is restated by a split whose own session is not over yet."""
    told = YahooFormat({"ABC": days.share([days.SPLIT])}, datetime(2024, 11, 4, 15, 0))
    server.mount("yahoo", told)
    window, asking = Window(date(2024, 10, 28), date(2024, 11, 1)), asked(Yahoo(), server, tmp_path)
    close = days.bar(date(2024, 11, 1)).close
    reading = asking.read(SHARE, window, at=told.now_utc)
    assert float(str(reading.rows[-1]["close_usd"])) == pytest.approx(close / 10)
    assert [row["ex_date"] for row in reading.actions] == [date(2024, 11, 4)]
    told.set_now_utc = datetime(2024, 11, 1, 21, 30)
    reading = asking.read(SHARE, window, at=told.now_utc)
    assert float(str(reading.rows[-1]["close_usd"])) == pytest.approx(close) and not reading.actions


def test_actions_before_the_window_and_after_today_are_not_taken() -> None:
    events = {
        "dividends": {str(JAN_2 + n * DAY): {"amount": 0.5, "date": JAN_2 + n * DAY} for n in (-1, 0, 1, 5)},
        "splits": {str(JAN_2): {"date": JAN_2, "numerator": 1, "denominator": 25, "splitRatio": "1:25"}},
    }
    # A minute after midnight UTC it is still the day before in New York.
    window = Window(date(2025, 1, 2), date(2025, 1, 2))
    reading = read_chart(chart([JAN_2], [10.0], events=events), window, datetime(2025, 1, 3, 0, 1))
    on = {"ex_date": date(2025, 1, 2)}
    assert reading.actions == [DIVIDEND | on, SPLIT | on | {"split_ratio": 0.04}]


@pytest.mark.parametrize(("events", "rule", "reason"), DATA["actions"])
def test_an_action_that_cannot_be_read_is_rejected_and_the_bars_from_its_day_on_stay(
    events: Mapping[str, object], rule: str, reason: str
) -> None:
    reading = read_chart(chart([JAN_2], [10.0], events=events))
    assert len(reading.rows) == 1 and not reading.actions
    assert {one.rule for one in reading.rejected} == {rule} and reason in reading.rejected[0].reason


@pytest.mark.parametrize(("splits", "kept", "told"), DATA["splits"])
def test_bars_restated_for_a_split_that_nobody_can_tell_are_put_aside_with_it(
    splits: list[object], kept: list[int], told: list[int]
) -> None:
    """And so are the dividends before it. What stands from its day on is on a known basis."""
    sessions = [0, 1, 4, 5]  # from a Thursday to a Tuesday
    events = {
        "splits": {str(place): one for place, one in enumerate(splits)},
        "dividends": {str(day): {"date": JAN_2 + day * DAY, "amount": 0.1} for day in sessions},
    }
    document = chart([JAN_2 + day * DAY for day in sessions], [3.8, 3.6, 2.5, 2.0], events=events)
    reading = read_chart(document, Window(date(2025, 1, 2), date(2025, 1, 7)), datetime(2025, 1, 8))
    assert days.dates(reading) == [date(2025, 1, 2) + timedelta(day) for day in kept]
    actions = [((row["ex_date"] - date(2025, 1, 2)).days, row["action"]) for row in reading.actions]
    assert sorted(actions) == sorted([*((day, "dividend") for day in kept), *((day, "split") for day in told)])
    aside = [one.row for one in reading.rejected if one.rule == "unknown_basis"]
    lost = len(sessions) - len(kept)
    assert [(one["bars"], one["dividends"]) for one in aside] == ([(lost, lost)] if lost else [])


@pytest.mark.parametrize("events", ["none", {"splits": [1]}, {"splits": "1:10"}])
def test_events_of_yahoo_in_another_form_are_no_answer(events: object) -> None:
    with pytest.raises(SourceDrifted, match="restated for"):
        read_chart(chart([JAN_2], [10.0], events=events))


@pytest.mark.parametrize(
    ("others", "rule"),
    [({"splitFactor": 0.0}, "positive"), ({"splitFactor": "x"}, "type"), ({"divCash": -0.2}, "positive")],
)
def test_an_action_of_tiingo_that_cannot_be_read_leaves_its_bar(others: dict[str, object], rule: str) -> None:
    row = {"date": "2025-01-02", "close": 11.0, "divCash": 0.0, "splitFactor": 1.0} | others
    reading = read_page(Tiingo(), json.dumps([row]).encode(), SHARE, WINDOW, days.NOW)
    assert len(reading.rows) == 1 and not reading.actions
    assert [one.rule for one in reading.rejected] == [rule]


def test_the_latest_trade_stands_for_the_row_of_its_day() -> None:
    """On some evenings a session of Yahoo stands twice at the end, the second time as of its latest trade."""
    close = JAN_2 + 23_400
    reading = read_chart(chart([JAN_2 - DAY * 2, JAN_2, close], [9.0, 10.0, 10.5], regularMarketTime=close))
    assert [row["close_usd"] for row in reading.rows] == [9.0, 10.5] and not reading.rejected
    reading = read_chart(chart([JAN_2, close], [10.0, 10.5], regularMarketTime=close + 60))
    assert not reading.rows and [one.rule for one in reading.rejected] == ["duplicate", "duplicate"]


@pytest.mark.parametrize(
    ("document", "error", "words"),
    [
        (chart([JAN_2], [1.0], symbol="ABCD"), errors.UnknownSubject, "asked about ABC, Yahoo tells of ABCD"),
        (chart([JAN_2], [1.0], currency="CAD"), errors.UnknownSubject, "ABC is priced in CAD"),
        (chart([JAN_2], [1.0], dataGranularity="1mo"), errors.WrongContent, "bars of 1mo, asked for days"),
        (chart([JAN_2], [1.0], exchangeTimezoneName="../../etc/passwd"), errors.WrongContent, "is no time zone"),
        (chart([JAN_2], [1.0], exchangeTimezoneName=None), errors.WrongContent, "is no time zone"),
        (chart([JAN_2, JAN_2 + DAY], [1.0]), errors.WrongContent, "arrays of different lengths"),
    ],
)
def test_a_chart_of_something_else_is_none(
    document: object, error: type[Exception], words: str, server: FeedServer, tmp_path: Path
) -> None:
    says(server, "yahoo", document)
    with pytest.raises(error, match=words):
        asked(Yahoo(), server, tmp_path).read(SHARE, WINDOW)


def test_a_page_archived_under_a_former_symbol_is_still_read() -> None:
    assert len(read_chart(chart([JAN_2], [1.0], symbol="OLD")).rows) == 1


def test_alpha_vantage_is_never_asked_beyond_its_newest_hundred_bars(server: FeedServer, tmp_path: Path) -> None:
    sessions = [day for day in sorted(CLOSES) if date(2023, 1, 1) <= day <= date(2025, 1, 3)]
    server.mount("alpha_vantage", AlphaVantageFormat({"ABC": days.share(on=sessions)}, days.NOW, KEY))
    (window,) = AlphaVantage().windows(Window(date(2023, 1, 1), WINDOW.last), days.NOW.date())
    reading = asked(AlphaVantage(), server, tmp_path).read(SHARE, window)
    assert days.dates(reading) == [day for day in sessions if day >= window.first] and len(reading.rows) > 90
    # With a session of today under way, on whatever day of the week.
    for n in range(400):
        today = date(2023, 7, 1) + timedelta(days=n)
        (window,) = AlphaVantage().windows(Window(date(2023, 1, 1), today), today)
        newest = [day for day in sessions if day <= today][-100:]
        assert min(day for day in sessions if day >= window.first) >= newest[0], today


def test_a_candle_before_the_start_is_not_read_and_300_days_are_not_refused(server: FeedServer, tmp_path: Path) -> None:
    server.mount("coinbase", CoinbaseFormat({"BTC-USD": days.coin()}, days.NOW))
    asking = asked(Coinbase(), server, tmp_path)
    reading = asking.read(COIN, Window(date(2025, 1, 2), date(2025, 1, 3)))
    assert len(json.loads(asking.fetches[0][1])) == 3
    assert days.dates(reading) == [date(2025, 1, 2), date(2025, 1, 3)]
    asking.read(COIN, Window(date(2023, 1, 1), date(2023, 10, 27)))
    with pytest.raises(errors.Refused, match="granularity too small for the requested time range"):
        asking.read(COIN, Window(date(2023, 1, 1), date(2023, 10, 28)))


def test_the_first_day_that_kraken_is_asked_for_is_one_that_it_still_has(server: FeedServer, tmp_path: Path) -> None:
    first = date(2022, 1, 1)
    listing = days.coin([first + timedelta(days=n) for n in range(1102)])
    server.mount("kraken", KrakenFormat({"XBTUSD": listing}, days.NOW))
    (window,) = Kraken().windows(Window(first, date(2025, 1, 5)), days.NOW.date())
    reading = asked(Kraken(), server, tmp_path).read(replace(COIN, symbol="XBTUSD"), window)
    assert len(reading.rows) == 719
    assert (reading.rows[0]["session_date"], reading.rows[-1]["session_date"]) == (window.first, window.last)


def test_a_bar_that_kraken_calls_open_is_not_read_although_its_day_is_over() -> None:
    """Told just before midnight, archived just after it. A warning beside the bars is no error."""
    row = ["2.0", "3.0", "1.0", "2.5", "2.2", "7.5", 11]
    for last, found in ((JAN_1, [date(2025, 1, 1)]), ("", [date(2025, 1, 1), date(2025, 1, 2)])):
        result = {"XXBTZUSD": [[JAN_1, *row], [JAN_1 + DAY, *row]], "last": last}
        content = json.dumps({"error": ["WGeneral:Deprecated"], "result": result}).encode()
        assert days.dates(read_page(Kraken(), content, COIN, WINDOW, days.NOW)) == found


def polygon(*times: int, **others: object) -> dict[str, object]:
    bars = [{"v": 700.0, "o": 10.0, "c": 11.0, "h": 12.0, "l": 9.0, "t": time} for time in times]
    return {"ticker": "ABC", "adjusted": False, "results": bars, "status": "OK"} | others


POLYGON_JAN_2 = 1_735_794_000_000  # 2025-01-02T00:00 in New York


@pytest.mark.parametrize("host", ["api.polygon.io", "example.org"])
def test_a_next_address_is_asked_of_ours_and_without_a_key(host: str, server: FeedServer, tmp_path: Path) -> None:
    following = f"https://{host}/v2/aggs/x?cursor=abc&apiKey={KEY}"
    says(server, "polygon", polygon(POLYGON_JAN_2, next_url=following), polygon(POLYGON_JAN_2 + DAY * 1000))
    assert len(asked(Polygon(), server, tmp_path).read(SHARE, WINDOW).rows) == 2
    assert (server.arrivals[1].path, server.arrivals[1].query) == ("/polygon/v2/aggs/x", "cursor=abc")
    assert all(one.headers["Authorization"] == f"Bearer {KEY}" for one in server.arrivals)


def test_pages_without_end_are_left(server: FeedServer, tmp_path: Path) -> None:
    says(server, "polygon", polygon(POLYGON_JAN_2, next_url="https://api.polygon.io/v2/aggs/x?cursor=abc"))
    with pytest.raises(errors.WrongContent, match="the pages do not end, 2 so far"):
        asked(Polygon(), server, tmp_path).read(SHARE, WINDOW)
    assert server.asked("polygon") == 2


def test_the_day_of_polygon_is_that_of_new_york() -> None:
    late = polygon(POLYGON_JAN_2 + 23 * 3_600_000)  # four o'clock of the next morning in UTC
    assert days.dates(read_page(Polygon(), json.dumps(late).encode(), SHARE, WINDOW, days.NOW)) == [date(2025, 1, 2)]
    assert not read_page(Polygon(), b'{"status": "OK", "ticker": "ABC"}', SHARE, WINDOW, days.NOW).rows


def test_polygon_is_asked_under_its_new_name_where_the_old_one_leads_nowhere(
    server: FeedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its key, which the old host is not let send elsewhere by a redirect."""
    told = PolygonFormat({"ABC": days.share()}, days.NOW, KEY)
    server.mount("api.massive.com", told)
    server.fail("polygon", *[edgar.redirect("https://massive.com/")] * 2)
    asking = asked(Polygon(), server, tmp_path)
    assert asking.read(SHARE, WINDOW, today=days.NOW.date()).rows
    hosts = [arrival.path.split("/")[1] for arrival in server.arrivals]
    assert hosts == ["polygon", "api.massive.com"]
    assert FeedClient._hosts(Polygon()) == ["api.polygon.io", "api.massive.com"]


def test_a_refused_key_shuts_nobody_out(server: FeedServer, tmp_path: Path) -> None:
    """A 403 that says why is no sign that the address is barred: the limit stays open for other questions."""
    says(server, "tiingo", [{"date": "2025-01-02", "close": 11.0}])
    body = b'{"detail":"You do not have permission"}'
    server.fail("tiingo", edgar.status(403, body=body, kind="application/json"))
    asking = asked(Tiingo(), server, tmp_path)
    with pytest.raises(errors.Refused):
        asking.read(SHARE, WINDOW)
    assert asking.read(SHARE, WINDOW).rows
