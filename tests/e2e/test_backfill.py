"""Filling the archive with past prices, network and macro data: from the command line and from Dagster, cut short and
repeated, against servers on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner, Result

from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from orchestration.cli.main import main
from orchestration.definitions import defs
from orchestration.pipeline.jobs import ANSWERED, MARKET_HISTORY
from orchestration.publish.lock import writer_lock
from orchestration.settings import Settings
from tests.e2e.feeds_world import BEYOND_THE_QUOTA, DOWN, ONLY_ALPHA_VANTAGE, SECRETS, asking, environment, serve_feeds
from tests.feeds.server import FeedServer
from tests.feeds.world import MarketWorld

pytestmark = pytest.mark.e2e

SINCE = "2026-08-03"
SOME = ("--instrument", "MARA", "--instrument", "BTC-USD")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


@pytest.fixture
def market(server: FeedServer) -> MarketWorld:
    return serve_feeds(server)


@pytest.fixture
def home(server: FeedServer, market: MarketWorld, tmp_path: Path) -> Settings:
    return asking(Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")}), server)


def backfill(home: Settings, *arguments: str) -> Result:
    return CliRunner(env=environment(home)).invoke(main, ["backfill", *arguments])


def test_what_is_archived_is_not_asked_again(home: Settings, server: FeedServer) -> None:
    first = backfill(home, "market", "--from", SINCE, *SOME)
    assert first.exit_code == 0, first.output
    assert {arrival.path.split("/")[1] for arrival in server.arrivals} == {
        "yahoo",
        DOWN,
        "polygon",
        "coinbase",
        "kraken",
    }
    assert "market: polygon: 1 of 1 question answered by 1 request\n" in first.stdout
    assert f"market: {DOWN}: 0 of 1 question answered" in first.stdout and "stood in for 1" in first.stdout
    assert "Archived: the answers to 4 of 5 questions. Publish them with `hashwatt refresh" in first.stdout
    assert "market: coinbase BTC-USD 2026-08-03 to " in first.stderr
    assert backfill(home, "market", *SOME, "--quiet").stderr == ""
    server.arrivals = []
    server.up(DOWN)
    again = backfill(home, "market", *SOME)
    assert {arrival.path.split("/")[1] for arrival in server.arrivals} == {DOWN}
    assert again.exit_code == 0
    server.arrivals = []
    assert backfill(home, "market", *SOME).stdout == (
        "Nothing to ask: every day that the providers can be asked about is archived.\n"
    )
    assert server.asked() == 0
    earlier = backfill(home, "market", "--from", "2026-07-01", *SOME)
    assert earlier.exit_code == 0 and " 2026-07-01 to 2026-07-31 answered" in earlier.stderr


@pytest.mark.parametrize("feed", ["network", "macro"])
def test_the_other_feeds_are_filled_in_the_same_way(home: Settings, server: FeedServer, feed: str) -> None:
    done = backfill(home, feed, "--from", SINCE)
    assert done.exit_code == 0 and "Archived: the answers to " in done.stdout, done.output
    assert Archive(Storage(home.archive)).sources(f"feed/{feed}")
    asked = server.asked()
    assert backfill(home, feed).exit_code == 0
    assert server.asked() == asked


def test_where_nobody_answers_it_is_7_and_says_what_to_do(home: Settings, server: FeedServer) -> None:
    server.down("coinbase", "kraken", "yahoo")
    done = backfill(home, "market", "--from", SINCE, "--instrument", "BTC-USD", "--quiet")
    assert done.exit_code == 7
    assert "NobodyAnswered: feed/market: none of " in done.stderr and "the server answered 503" in done.stderr
    assert done.stderr.count("what to do: ") == done.stderr.count("the last publication stays as it is") == 1
    server.up("coinbase", "kraken", "yahoo")
    assert backfill(home, "market", "--instrument", "BTC-USD").exit_code == 0


def test_an_instrument_of_no_universe_is_refused_before_anyone_is_asked(home: Settings, server: FeedServer) -> None:
    done = backfill(home, "market", "--instrument", "MARA", "--instrument", "NOBODY")
    assert done.exit_code == 1 and "no instrument of the universe: NOBODY\n" in done.stderr
    assert "choose among" in done.stderr and server.asked() == 0


def test_while_a_refresh_runs_it_is_4(home: Settings, server: FeedServer) -> None:
    with writer_lock(home):
        assert backfill(home, "market").exit_code == 4
    assert server.asked() == 0


def test_no_key_is_written_down_not_even_one_that_is_quoted_back(
    home: Settings, server: FeedServer, market: MarketWorld
) -> None:
    """Alpha Vantage quotes the key where the day's quota is spent; the others get theirs in a header or in the address. The
    one that is down says at once that it knows nothing, since a question to who is down is put three times."""
    server.up(DOWN)
    market.providers[DOWN].symbols.clear()
    names = ("--instrument", ONLY_ALPHA_VANTAGE, "--instrument", BEYOND_THE_QUOTA, "--instrument", "CLSK")
    printed = backfill(home, "market", "--from", SINCE, *names).output + backfill(home, "macro").output
    sent = "".join(f"{arrival.query} {arrival.headers}" for arrival in server.arrivals)
    assert all(key in sent for key in SECRETS.values()), "the keys were used"
    assert "QuotaExceeded" in printed and Archive(Storage(home.archive)).sources("refused/feed/market/alpha_vantage")
    files = {path: path.read_bytes() for path in home.home.rglob("*") if path.is_file()}
    for name, key in SECRETS.items():
        assert key not in printed, name
        assert [path for path, content in files.items() if key.encode() in content] == [], name


def test_months_chosen_in_dagster_are_one_run(
    home: Settings, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(home).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.ephemeral() as instance:
        done = defs.resolve_job_def("fill_market_history").execute_in_process(
            instance=instance,
            tags={
                "dagster/asset_partition_range_start": "2026-08-01",
                "dagster/asset_partition_range_end": "2026-09-01",
            },
        )
        assert done.success
        key = dg.AssetKey(MARKET_HISTORY)
        assert instance.get_materialized_partitions(key) == {"2026-08-01", "2026-09-01"}
    event, *_ = done.asset_materializations_for_node(MARKET_HISTORY)
    metadata = {name: value.value for name, value in event.metadata.items()}
    assert (metadata["first_day"], metadata["first_day_after"]) == ("2026-08-01", "2026-10-01")
    requests = metadata["requests_by_provider"]
    assert isinstance(requests, dict) and requests["yahoo"] > 20 and requests["alpha_vantage"] == 2
    assert DOWN in str(metadata["open_circuits"]) and metadata["no_answer_about"] == "none"
    (check,) = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == (ANSWERED, True)
    sources = Archive(Storage(home.archive)).sources("feed/market/yahoo/MARA")
    assert len(sources) == 1 and f"/{date(2026, 8, 3)}_" in sources[0]
    assert not any(home.builds.iterdir()), "nothing to look into, nothing left behind"
    assert not os.path.lexists(home.current)
