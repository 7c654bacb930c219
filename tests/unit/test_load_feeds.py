"""Editions and the providers' feeds: what live asks and reads, what bundle leaves alone, what replay needs no network for."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.ask import NobodyAnswered
from ingestion.calendars import FIRST_SESSION, keep_sessions
from ingestion.calendars import SOURCE as CALENDAR_SOURCE
from ingestion.contracts import CALENDAR_SESSION, MARKET_BAR, TABLES
from ingestion.errors import SourceMissing
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.landing.staging import stage
from ingestion.load import Edition, Ingestion
from ingestion.providers.client import FeedClient
from ingestion.read import FEED_TABLES, ONLY_FEEDS
from tests.e2e.poison import BARS, NETWORK
from tests.feeds.economy import serve_macro, serve_network
from tests.feeds.server import FeedServer
from tests.feeds.world import serve_market
from tests.lakes import rows_of, stage_one
from tests.unit.feedskit import QUICK, ROOM, TIINGO_KEY

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("only_this_machine")]

BUNDLE = ROOM / "bundle"
NOW = datetime(2026, 11, 20, 22)
"""A Friday evening in New York."""


@pytest.fixture(scope="module", autouse=True)
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The bundle without its earlier years, of which no test here tells and which take seconds to read each time."""
    bundle = Path(shutil.copytree(ROOM / "bundle", tmp_path_factory.mktemp("shipped") / "bundle"))
    for name in (BARS, NETWORK, "macro_observation.csv.gz"):
        head, *lines = gzip.decompress((bundle / name).read_bytes()).splitlines(keepends=True)
        kept = [line for line in lines if any(b"2025-07" <= cell < b"2027" for cell in line.split(b","))]
        (bundle / name).write_bytes(gzip.compress(head + b"".join(kept)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(globals(), "BUNDLE", bundle)
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        today = datetime.now(UTC).date()
        serve_market(server, date(2025, 12, 1), today, None)
        serve_network(server, date(2025, 12, 1), today)
        serve_macro(server, date(2025, 12, 1), today)
        yield server


def sources(home: Path, edition: Edition, now: datetime = NOW, server: FeedServer | None = None) -> Ingestion:
    archive = Archive(Storage(home / "archive"))
    feeds = None
    if server is not None:
        feeds = FeedClient(archive, TIINGO_KEY, base_url=server.url, limit_folder=home / "limits", bounds=QUICK)
    return Ingestion(edition, archive, ROOM / "ledger", BUNDLE, now, None, feeds)


def land(home: Path, ingestion: Ingestion, lake: Lake) -> dict[str, int]:
    """Rows read by table; all of them promoted."""
    found = {}
    for name in sorted(FEED_TABLES):
        batches = ingestion.batches(name, lake)
        staged = stage(lake, TABLES[name], batches, home / "staging", ingestion.moment_utc)
        assert staged.rejected == ()
        lake.promote(staged)
        found[name] = staged.rows_read
    return found


def test_live_asks_each_domain_once_and_reads_the_bundle_and_the_answers_as_one_batch(
    server: FeedServer, tmp_path: Path
) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    now = datetime.now(UTC).replace(tzinfo=None)
    live = sources(tmp_path, "live", now, server)
    (batch,) = live.batches(MARKET_BAR.name, lake)
    asked = server.asked()
    assert asked > 60 and not server.asked("coin_metrics")
    providers = set(lake_of(batch))
    assert {"bundle", "yahoo", "tiingo", "coinbase", "kraken"} == providers
    rows = land(tmp_path, live, lake)
    assert all(count > 0 for count in rows.values())
    assert server.asked("yahoo") + server.asked("tiingo") + server.asked("coinbase") + server.asked("kraken") == asked
    assert live.moment_utc > now
    first = min(day for day, by in zip(*columns(lake, "session_date", "provider"), strict=True) if by == "yahoo")
    assert first == date(2026, 2, 8), (
        "of each instrument the days after the last one that ships: some coins end in winter"
    )
    shares = zip(*columns(lake, "session_date", "provider", "instrument"), strict=True)
    assert min(day for day, by, name in shares if (by, name) == ("yahoo", "MARA")) == date(2026, 8, 3)

    again = sources(tmp_path, "live", live.moment_utc, server)
    assert land(tmp_path, again, lake) == dict.fromkeys(sorted(FEED_TABLES), 0)

    replay = sources(tmp_path, "replay", live.moment_utc)
    twin = Lake(Storage(tmp_path / "twin"))
    assert land(tmp_path, replay, twin) == rows
    assert all(rows_of(twin, TABLES[name]).equals(rows_of(lake, TABLES[name])) for name in FEED_TABLES)
    assert replay.answers.inputs() == again.answers.inputs()

    bundle = sources(tmp_path, "bundle", live.moment_utc)
    sessions = [row["session_date"] for row in bundle.batch("raw_calendar__session").records]
    bars = zip(*columns(lake, "session_date", "provider", "instrument"), strict=True)
    traded = {day for day, by, name in bars if by == "yahoo" and not str(name).endswith("-USD")}
    assert traded <= set(sessions), "shares trade on the sessions that the live run landed; coins on weekends too"
    before = rows_of(lake, MARKET_BAR)
    for name in sorted(FEED_TABLES):
        lake.promote(stage(lake, TABLES[name], bundle.batches(name, lake), tmp_path / "staging", NOW))
    assert rows_of(lake, MARKET_BAR).equals(before)
    assert land(tmp_path, sources(tmp_path, "live", live.moment_utc), lake) == dict.fromkeys(sorted(FEED_TABLES), 0)


def lake_of(batch: object) -> list[str]:
    return batch.records["provider"].to_pylist()


def columns(lake: Lake, *names: str) -> list[list[object]]:
    rows = rows_of(lake, MARKET_BAR)
    return [rows[name].to_pylist() for name in names]


def test_the_bundle_says_nothing_about_what_only_feeds_tell(tmp_path: Path) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    bundle = sources(tmp_path, "bundle")
    assert [list(bundle.batches(name, lake)) for name in sorted(ONLY_FEEDS)] == [[]]
    (bars,) = bundle.batches(MARKET_BAR.name, lake)
    assert list(bars.applied) == ["bundle/market_bar.csv.gz"] and bars.snapshot
    lake.promote(stage_one(lake, bars, tmp_path / "staging", datetime.now(UTC).replace(tzinfo=None)))
    assert list(sources(tmp_path, "replay").batches(MARKET_BAR.name, lake)) == [], "what was landed is not read again"
    with pytest.raises(SourceMissing, match="no client"):
        bundle.ask_feeds(lake, lambda line: None)


def test_a_domain_that_fails_leaves_the_others(tmp_path: Path, server: FeedServer) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    live = sources(tmp_path, "live", datetime.now(UTC).replace(tzinfo=None), server)
    server.down("coin_metrics", "mempool")
    try:
        with pytest.raises(NobodyAnswered, match="feed/network"):
            live.batches("raw_network__day", lake)
        assert list(live.batches("raw_macro__observation", lake))
        (requests,) = live.batches("raw_feed__request", lake)
    finally:
        server.up("coin_metrics", "mempool")
    assert {"coin_metrics", "mempool", "fred", "treasury"} <= set(lake_of(requests))


def last_session(home: Path, edition: Edition, now: datetime) -> date:
    records = sources(home, edition, now).batch(CALENDAR_SESSION.name).records
    assert all(row["known_at_utc"] <= now for row in records) or edition == "bundle"
    return max(row["session_date"] for row in records)


def test_live_sessions_reach_to_today_and_a_later_bundle_keeps_them(tmp_path: Path) -> None:
    assert last_session(tmp_path, "bundle", datetime(2027, 3, 1)) == date(2026, 11, 19)
    assert last_session(tmp_path, "live", datetime(2027, 3, 16, 13, 29)) == date(2027, 3, 15)
    assert last_session(tmp_path, "live", datetime(2027, 3, 16, 14, 30)) == date(2027, 3, 16)
    # What live runs brought stays in the lake, and needs its sessions.
    assert last_session(tmp_path, "bundle", datetime(2027, 3, 17)) == date(2027, 3, 16)
    assert last_session(tmp_path, "replay", datetime(2027, 3, 17)) == date(2027, 3, 16)


@pytest.mark.parametrize("last", [date(2026, 11, 19), date(2027, 3, 16)], ids=["shipped", "of a live run"])
def test_a_longer_bundle_takes_the_calendar_of_an_older_one_back_to_its_own_beginning(
    last: date, tmp_path: Path
) -> None:
    bundle = sources(tmp_path, "bundle", datetime(2027, 3, 17))
    moment = datetime(2026, 11, 20) if last < date(2026, 11, 20) else datetime(2027, 3, 16, 14, 30)
    keep_sessions(bundle.archive, date(2021, 1, 4), last, moment)
    days = [row["session_date"] for row in bundle.batch(CALENDAR_SESSION.name).records]
    assert (min(days), max(days)) == (FIRST_SESSION, last)
    again = sources(tmp_path, "bundle", datetime(2027, 3, 18)).batch(CALENDAR_SESSION.name).records
    assert [row["session_date"] for row in again] == days


def test_sessions_begin_early_enough_for_every_backfill(tmp_path: Path, server: FeedServer) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    server.down("yahoo", "tiingo")
    with pytest.raises(NobodyAnswered):
        sources(tmp_path, "live", NOW, server).ask_feeds(
            lake, lambda line: None, domains=["market"], subjects=["RIOT"], since=date(2018, 1, 1), only_missing=True
        )
    server.up("yahoo", "tiingo")

    def first() -> date:
        return min(row["session_date"] for row in sources(tmp_path, "live").batch(CALENDAR_SESSION.name).records)

    assert first() == date(2018, 1, 2)
    (tmp_path / "archive" / "notes" / "feed" / "since.json").unlink()
    assert first() == date(2018, 1, 2)
    records = sources(tmp_path, "bundle").batch(CALENDAR_SESSION.name).records
    assert min(row["session_date"] for row in records) == date(2018, 1, 2)


def test_the_calendar_and_the_answers_are_among_the_inputs(tmp_path: Path, server: FeedServer) -> None:
    live = sources(tmp_path, "live")
    before = live.inputs(as_archived=False)
    bundle = sources(tmp_path, "bundle").inputs(as_archived=False)
    assert before[CALENDAR_SOURCE] == bundle[CALENDAR_SOURCE], "a bundle keeps the sessions of the live run"
    later = sources(tmp_path, "live", NOW + timedelta(days=3)).inputs(as_archived=False)
    assert {name for name in later if later[name] != before.get(name)} == {CALENDAR_SOURCE}
    asking = sources(tmp_path, "live", NOW, server)
    asking.ask_feeds(Lake(Storage(tmp_path / "lake")), lambda line: None, domains=["network"])
    after = sources(tmp_path, "live").inputs(as_archived=False)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"feed/network/coin_metrics", "feed/network/mempool", "feed/requests"}


@pytest.mark.parametrize("edition", ["bundle", "replay"])
def test_a_lost_calendar_is_made_again_as_far_as_the_bars_of_live_runs_may_reach(
    edition: Edition, tmp_path: Path
) -> None:
    """Its record was put aside as damaged; nobody has to be asked for sessions."""
    later = NOW + timedelta(days=7)
    shipped = sources(tmp_path, "bundle", later)
    ends = max(row["session_date"] for row in shipped.batch(CALENDAR_SESSION.name).records)
    (record,) = shipped.archive.records(CALENDAR_SOURCE)
    shipped.archive.set_aside(record)
    answer = "feed/market/yahoo/MARA/2026-01-02_2026-11-27_asked_2026-11-27"
    shipped.archive.put(answer, b"{}", fetched_at_utc=later)
    again = sources(tmp_path, edition, later).batch(CALENDAR_SESSION.name).records
    assert max(row["session_date"] for row in again) == later.date() > ends
