"""The synthetic world: what its providers tell of the same day is the same, each in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion.fetch import http_errors
from ingestion.providers.alpha_vantage import AlphaVantage
from ingestion.providers.coinbase import Coinbase
from ingestion.providers.kraken import Kraken
from ingestion.providers.polygon import Polygon
from ingestion.providers.provider import Provider
from ingestion.providers.rows import Target, Window
from ingestion.providers.stooq import Stooq
from ingestion.providers.tiingo import Tiingo
from ingestion.providers.yahoo import Yahoo
from tests.edgar import server as edgar
from tests.feeds.asking import Asking
from tests.feeds.days import SHARE
from tests.feeds.server import FeedServer
from tests.feeds.world import KEYS, OTHER_VENUE, MarketWorld, serve_market

pytestmark = pytest.mark.usefixtures("only_this_machine")

FIRST, LAST, NOW = date(2025, 9, 2), date(2025, 12, 31), datetime(2025, 12, 31, 22)
SHARES: tuple[Provider, ...] = (Yahoo(), Stooq(), Tiingo(), Polygon(), AlphaVantage())
COINS: tuple[Provider, ...] = (Coinbase(), Kraken(), Yahoo())


@pytest.fixture(scope="module")
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def world(server: FeedServer) -> MarketWorld:
    return serve_market(server.reset(), FIRST, LAST, NOW)


def target(provider: Provider, instrument: str) -> Target:
    symbols = {"stooq": f"{instrument.lower()}.us", "kraken": "XBTUSD"}
    calendar = "UTC" if instrument == "BTC-USD" else "XNYS"
    return Target("market", instrument, symbols.get(provider.name, instrument), calendar)  # type: ignore[arg-type]


def asked(provider: Provider, server: FeedServer, folder: Path) -> Asking:
    return Asking(provider, server, folder / provider.name, key=KEYS.get(provider.name))


def closes(asking: Asking, instrument: str) -> dict[object, float]:
    window = Window(FIRST, date(2025, 12, 30))
    rows = asking.read(target(asking.provider, instrument), window).rows
    return {row["session_date"]: float(str(row["close_usd"])) for row in rows}


def test_all_providers_tell_the_same_of_a_share_that_was_split(
    world: MarketWorld, server: FeedServer, tmp_path: Path
) -> None:
    split = world.split[1]
    true = {bar.day: bar.close for bar in world.listings["MSTR"].bars if bar.day < LAST}
    for provider in SHARES:
        told = closes(asked(provider, server, tmp_path), "MSTR")
        ratio = split.split_ratio if provider.is_split_adjusted else 1.0
        assert told.keys() == true.keys(), provider.name
        for day, close in told.items():
            by = ratio if isinstance(day, date) and day < split.ex_date else 1.0
            assert close == pytest.approx(true[day] / (by or 1.0), rel=1e-6), (provider.name, day)  # type: ignore[index]
    before = max(day for day in true if day < split.ex_date)
    assert 5 < true[before] / true[split.ex_date] < 20


def test_those_who_know_of_splits_and_dividends_agree(world: MarketWorld, server: FeedServer, tmp_path: Path) -> None:
    for instrument, action in (world.split, world.dividend):
        for provider in (Yahoo(), Tiingo()):
            window = Window(FIRST, date(2025, 12, 30))
            (told,) = asked(provider, server, tmp_path).read(target(provider, instrument), window).actions
            assert told["ex_date"] == action.ex_date
            assert (told["split_ratio"], told["dividend_usd"]) == (
                action.split_ratio,
                None if action.dividend_usd is None else pytest.approx(action.dividend_usd, rel=1e-6),
            )


def test_coins_differ_a_little_between_venues(world: MarketWorld, server: FeedServer, tmp_path: Path) -> None:
    told = {one.name: closes(asked(one, server, tmp_path), "BTC-USD") for one in COINS}
    assert told["coinbase"].keys() == told["kraken"].keys() == told["yahoo"].keys()
    assert len(told["coinbase"]) == 120
    for day, close in told["coinbase"].items():
        assert told["kraken"][day] == pytest.approx(close * OTHER_VENUE, rel=1e-5) != close
        assert told["yahoo"][day] == pytest.approx(close, rel=1e-6)


def test_the_same_seed_gives_the_same_world_and_another_another(server: FeedServer) -> None:
    made = [serve_market(server.reset(), FIRST, LAST, NOW, seed=seed).listings for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert len(made[0]) == 35 and all(bar.low <= bar.close <= bar.high for one in made[0].values() for bar in one.bars)


def test_some_instruments_and_another_split_can_be_asked_for(server: FeedServer) -> None:
    split = ("MARA", date(2025, 10, 1), 0.25)
    world = serve_market(server.reset(), FIRST, LAST, NOW, instruments=["MARA", "SPY"], split=split)
    assert set(world.listings) == {"MARA", "SPY"} and len(world.listings["MARA"].actions) == 1
    assert world.bar("MARA", date(2025, 10, 1)).close > 2 * world.bar("MARA", date(2025, 9, 30)).close


def test_a_ticker_that_was_given_up_is_known_to_nobody(server: FeedServer, tmp_path: Path) -> None:
    world = serve_market(server.reset(), FIRST, LAST, NOW, instruments=["KEEL"])
    yahoo = asked(Yahoo(), server, tmp_path)
    window = Window(FIRST, date(2025, 12, 30))
    assert yahoo.read(replace(SHARE, symbol="BITF"), window).rows
    with pytest.raises(http_errors.UnknownSubject):
        yahoo.read(replace(SHARE, symbol="KEEL"), window)
    world = serve_market(server.reset(), FIRST, LAST, datetime(2026, 4, 7), instruments=["KEEL"])
    with pytest.raises(http_errors.UnknownSubject):
        yahoo.read(replace(SHARE, symbol="BITF"), window)
    rows = yahoo.read(replace(SHARE, symbol="KEEL"), window).rows
    assert len(rows) == len([bar for bar in world.listings["KEEL"].bars if bar.day < LAST])


def test_a_provider_can_be_wrong_alone_and_the_clock_can_go_on(
    world: MarketWorld, server: FeedServer, tmp_path: Path
) -> None:
    day = date(2025, 10, 1)
    true = world.bar("MARA", day)
    world.providers["stooq"].edit = lambda symbol, bar: replace(bar, close=bar.close * 10) if bar.day == day else bar
    world.providers["yahoo"].edit = lambda symbol, bar: None if bar.day == day else bar
    assert closes(asked(Stooq(), server, tmp_path), "MARA")[day] == pytest.approx(true.close * 10)
    assert closes(asked(Tiingo(), server, tmp_path), "MARA")[day] == true.close
    assert day not in closes(asked(Yahoo(), server, tmp_path), "MARA")
    world.at(datetime(2025, 10, 1, 12))
    assert max(closes(asked(Tiingo(), server, tmp_path), "MARA"), key=str) == date(2025, 9, 30)


def test_the_server_can_go_down_and_come_up_and_counts_who_was_asked(
    world: MarketWorld, server: FeedServer, tmp_path: Path
) -> None:
    yahoo, stooq = asked(Yahoo(), server, tmp_path), asked(Stooq(), server, tmp_path)
    server.down("yahoo")
    with pytest.raises(http_errors.Unavailable):
        closes(yahoo, "MARA")
    assert closes(stooq, "MARA")
    assert (server.asked("yahoo"), server.asked("stooq"), server.asked()) == (3, 1, 4)
    server.up("yahoo")
    server.fail("yahoo", edgar.half_gzip)
    first = closes(yahoo, "MARA")
    assert closes(yahoo, "MARA") == first
    assert [one.status for one in server.requests_of("yahoo")] == [503, 503, 503, 200, 200, 200]
    assert server.requests_of("yahoo")[-1].headers["Accept-Encoding"] == "gzip"
    with pytest.raises(http_errors.NotFound):
        server.reset()
        closes(yahoo, "MARA")
