"""Edition live with prices, network and macro data, against servers on this machine: every provider is used, one is down,
nothing is asked twice, and no key is ever written down."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ingestion.contracts import TABLES
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.providers.provider import PLACES
from orchestration.settings import Settings
from tests.e2e.feeds_world import (
    BEYOND_THE_QUOTA,
    DOWN,
    ONLY_ALPHA_VANTAGE,
    SECRETS,
)
from tests.e2e.live_world import World, hashwatt, raw, rows
from tests.lakes import rows_of

pytestmark = pytest.mark.e2e

FEEDS = ("--source", "market", "--source", "network", "--source", "macro")
NOW = datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture
def home(world: World, tmp_path: Path) -> Settings:
    """A home of the test's own, after the first live refresh; the server has forgotten what it was asked."""
    return world.copy(tmp_path)


def test_every_provider_is_used_and_one_of_them_is_down(world: World) -> None:
    answered = dict(rows(world.settings, "select provider, sum(answered) from mart_provider_health group by 1"))
    assert set(answered) == set(PLACES)
    assert [provider for provider, count in answered.items() if not count] == [DOWN]
    (down,) = rows(
        world.settings,
        "select failed + skipped = questions, is_circuit_open, fail_overs > 20, requests "
        f"from mart_provider_health where provider = '{DOWN}'",
    )
    assert down[:3] == (True, True, True)
    in_place = {
        ONLY_ALPHA_VANTAGE: {"yahoo", "alpha_vantage"},
        BEYOND_THE_QUOTA: {"yahoo"},
        "MARA": {"yahoo", "polygon"},
        "BTC-USD": {"coinbase", "kraken"},
    }
    for instrument, providers in in_place.items():
        found = raw(world.settings, f"select distinct provider from bar where instrument = '{instrument}'")
        assert {provider for (provider,) in found} - {"bundle"} == providers, instrument


def test_each_bar_is_what_was_traded(world: World) -> None:
    """Split or not, whoever told it and however adjusted: the close of each session is the one of the day."""
    name, split = world.market.split
    for instrument in (name, "MARA", ONLY_ALPHA_VANTAGE, "BTC-USD"):
        found = dict(
            rows(
                world.settings,
                f"select session_date, close_usd from fct_market_price_daily where instrument = '{instrument}' "
                "and session_date >= '2026-01-01' and provider <> 'bundle'",
            )
        )
        last = max(found)
        assert isinstance(last, date) and last >= NOW.date() - timedelta(days=5)
        for day, close in found.items():
            assert isinstance(day, date)
            assert close == pytest.approx(world.market.bar(instrument, day).close, rel=1e-6), (instrument, day)
    assert rows(
        world.settings,
        f"select ex_date, split_ratio from fct_market_action where instrument = '{name}' and action = 'split' and provider <> 'bundle'",
    ) == [(split.ex_date, split.split_ratio)]


def test_status_shows_who_stood_in_and_why_on_one_screen(world: World) -> None:
    shown = hashwatt(world.settings, "status")
    assert shown.exit_code == 0
    (down,) = [line for line in shown.stdout.splitlines() if line.strip().startswith(DOWN)]
    assert "OPEN" in down and "0 of " in down and "Unavailable" in down
    for provider in PLACES:
        assert f"  {provider} " in shown.stdout
    assert "Gaps:" in shown.stdout and "Disagreements:" in shown.stdout
    assert len(shown.stdout.splitlines()) <= 60


def test_the_run_says_what_it_asked(world: World) -> None:
    said = world.first.stderr
    assert f"market: {DOWN}: 0 of " in said and "circuit open" in said and "another provider stood in for" in said
    with dg.DagsterInstance.from_config(str(world.settings.dagster_home)) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("raw_market__bar"))
    assert event is not None and event.asset_materialization is not None
    metadata = event.asset_materialization.metadata
    requests = metadata["requests_by_provider"].value
    assert isinstance(requests, dict) and set(requests) == {
        name for name, (domain, _, _) in PLACES.items() if domain == "market"
    }
    assert DOWN in str(metadata["open_circuits"].value)
    fail_overs = metadata["fail_overs_by_provider"].value
    assert isinstance(fail_overs, dict) and fail_overs[DOWN] > 20


def test_the_same_day_nothing_is_asked_again(home: Settings, world: World) -> None:
    before = os.readlink(home.current)
    again = hashwatt(home, "refresh", "--edition", "live", *FEEDS)
    assert again.exit_code == 0 and again.stdout.startswith("Nothing new: "), again.output
    assert [(one.path, one.query) for one in world.feeds.arrivals] == []
    assert os.readlink(home.current) == before


def test_no_key_is_ever_written_down(world: World) -> None:
    """Neither where it was sent nor where it was quoted back; the refusal that quoted it is archived without it."""
    sent = "".join(f"{one.query} {one.headers}" for one in world.first.to_feeds)
    archive = world.settings.archive / "fetches" / "refused"
    assert any(archive.rglob("*.json")), "the refusal of Alpha Vantage is archived"
    assert all(key in sent for key in SECRETS.values()), "the keys were used"
    for name, key in SECRETS.items():
        assert key not in world.first.stdout + world.first.stderr, name
        assert key not in hashwatt(world.settings, "doctor").output
        assert key not in hashwatt(world.settings, "status").output
        for path in world.settings.home.rglob("*"):
            if path.is_file():
                assert key.encode() not in path.read_bytes(), f"{name} is in {path}"
    told = " or ".join(f"contains(found::varchar, '{key}')" for key in SECRETS.values())
    with duckdb.connect(str(world.settings.current / "hashwatt.duckdb"), read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        for table in TABLES.values():
            connection.register(table.name, rows_of(Lake(Storage(world.settings.lake)), table))
        for name in (*names, *TABLES):
            assert connection.execute(f"select count(*) from {name} as found where {told}").fetchall() == [(0,)], name
