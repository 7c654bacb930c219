"""The synthetic world: what its providers tell of the same day is the same, each in its own way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion.providers.provider import provider
from ingestion.providers.rows import Target, Window
from tests.feeds.asking import Asking
from tests.feeds.server import FeedServer
from tests.feeds.world import KEYS, OTHER_VENUE, MarketWorld, serve_market

pytestmark = pytest.mark.usefixtures("only_this_machine")

FIRST, LAST, NOW = date(2025, 9, 2), date(2025, 12, 31), datetime(2025, 12, 31, 22)
SHARES = ("yahoo", "stooq", "tiingo", "polygon", "alpha_vantage")
WINDOW = Window(FIRST, date(2025, 12, 30))


@pytest.fixture
def world(running_feeds: FeedServer) -> MarketWorld:
    return serve_market(running_feeds.reset(), FIRST, LAST, NOW)


def closes(name: str, instrument: str, server: FeedServer, folder: Path) -> dict[date, float]:
    symbols = {"stooq": f"{instrument.lower()}.us", "kraken": "XBTUSD"}
    calendar = "UTC" if instrument == "BTC-USD" else "XNYS"
    target = Target("market", instrument, symbols.get(name, instrument), calendar)  # type: ignore[arg-type]
    rows = Asking(provider(name), server, folder / name, key=KEYS.get(name)).read(target, WINDOW).rows
    return {row["session_date"]: float(str(row["close_usd"])) for row in rows}  # type: ignore[misc]


def test_all_providers_tell_the_same_of_a_share_that_was_split(
    world: MarketWorld, running_feeds: FeedServer, tmp_path: Path
) -> None:
    split = world.split[1]
    true = {bar.day: bar.close for bar in world.listings["MSTR"].bars if bar.day < LAST}
    for name in SHARES:
        by = split.split_ratio or 1.0 if provider(name).is_split_adjusted else 1.0
        expected = {day: close / (by if day < split.ex_date else 1.0) for day, close in true.items()}
        assert closes(name, "MSTR", running_feeds, tmp_path) == pytest.approx(expected, rel=1e-6), name
    before = max(day for day in true if day < split.ex_date)
    assert 5 < true[before] / true[split.ex_date] < 20


def test_coins_differ_a_little_between_venues(world: MarketWorld, running_feeds: FeedServer, tmp_path: Path) -> None:
    told = {name: closes(name, "BTC-USD", running_feeds, tmp_path) for name in ("coinbase", "kraken", "yahoo")}
    assert len(told["coinbase"]) == 120
    assert told["yahoo"] == pytest.approx(told["coinbase"], rel=1e-6)
    venue = {day: close * OTHER_VENUE for day, close in told["coinbase"].items()}
    assert told["kraken"] == pytest.approx(venue, rel=1e-5) and told["kraken"] != told["coinbase"]


def test_the_same_seed_gives_the_same_world_and_another_another(running_feeds: FeedServer) -> None:
    made = [serve_market(running_feeds.reset(), FIRST, LAST, NOW, seed=seed).listings for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert len(made[0]) == 35 and all(bar.low <= bar.close <= bar.high for one in made[0].values() for bar in one.bars)


def test_a_provider_can_be_wrong_alone_and_down(world: MarketWorld, running_feeds: FeedServer, tmp_path: Path) -> None:
    day = date(2025, 10, 1)
    true = world.bar("MARA", day)
    world.providers["stooq"].edit = lambda symbol, bar: replace(bar, close=bar.close * 10) if bar.day == day else bar
    world.providers["yahoo"].edit = lambda symbol, bar: None if bar.day == day else bar
    assert closes("stooq", "MARA", running_feeds, tmp_path)[day] == pytest.approx(true.close * 10)
    assert day not in closes("yahoo", "MARA", running_feeds, tmp_path)
    world.at(datetime(2025, 10, 1, 12))
    assert max(closes("tiingo", "MARA", running_feeds, tmp_path)) == date(2025, 9, 30)
