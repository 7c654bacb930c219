"""A backfill that is killed goes on where it stopped: what was archived is never asked for again, and nothing is missing."""

from __future__ import annotations

import multiprocessing
import time
from datetime import date
from pathlib import Path

import pytest

from ingestion.answers import whole_answers
from ingestion.contracts import MARKET_BAR, MARKET_COVERAGE
from ingestion.fetch.answers import Bounds
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.providers import provider as registry
from tests.feeds.server import FeedServer
from tests.feeds.world import serve_market
from tests.unit.feedskit import NOW, Home, part_of

pytestmark = pytest.mark.slow

SUBJECTS = ("BTC-USD", "ETH-USD", "MSTR", "RIOT", "MARA")
FIRST = date(2022, 1, 3)
# No request is sent twice because the machine is busy.
PATIENT = Bounds(attempts=1, total_seconds=60, read_seconds=60)
# The one to kill is forked from a process that has imported this module.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def backfill(folder: Path, url: str) -> None:
    Home(folder, part_of("market", SUBJECTS)).ask(url, NOW, ("market",), since=FIRST, only_missing=True, bounds=PATIENT)


def killed_after(server: FeedServer, folder: Path, answers: int, kept: int) -> None:
    """Start a backfill and kill it when the server has given so many answers and the archive holds `kept`."""
    seen = server.asked()
    child = PROCESSES.Process(target=backfill, args=(folder, server.url), daemon=True)
    child.start()
    deadline = time.monotonic() + 60
    while server.asked() - seen < answers or (kept and len(archived(folder)) < kept):
        assert child.is_alive() and time.monotonic() < deadline, "the backfill ended before it was killed"
        time.sleep(0.001)
    child.kill()
    child.join()
    quiet = time.monotonic()
    while time.monotonic() - quiet < 0.5:  # what was under way still arrives
        if server.asked() != seen:
            seen, quiet = server.asked(), time.monotonic()
        time.sleep(0.01)


def archived(folder: Path) -> set[tuple[str, str, str]]:
    """Provider, subject and window of every whole answer of the archive."""
    archive = Archive(Storage(folder / "archive"))
    return {
        (name, one.shared, one.pages[0].source.rsplit("/", 1)[1])
        for name in registry.names("market")
        for one in whole_answers(archive, "market", name)
    }


def landed(folder: Path) -> list[tuple[object, ...]]:
    home = Home(folder, part_of("market", SUBJECTS))
    home.land([MARKET_BAR, MARKET_COVERAGE])
    return home.rows(MARKET_BAR, "instrument", "session_date", "provider", "close_usd", "volume", "known_at_utc")


def test_it_goes_on_where_it_was_killed(server: FeedServer, tmp_path: Path) -> None:
    serve_market(server, FIRST, NOW.date(), NOW, instruments=SUBJECTS)
    server.latency_seconds = 0.03
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    backfill(whole, server.url)
    server.arrivals.clear()
    at_kill: set[tuple[str, str, str]] = set()
    for answers, kept in ((1, 0), (7, 1)):
        killed_after(server, cut, answers, kept)
        before, at_kill = at_kill, archived(cut)
        assert before <= at_kill
    # Each kill costs at most the answers that were under way.
    assert len(server.arrivals) - len(at_kill) <= 2 * 8
    server.arrivals.clear()
    backfill(cut, server.url)
    requests, after = {(one.path, one.query) for one in server.arrivals}, archived(cut)
    assert at_kill < after == archived(whole), "the last kill came too late"
    # Exactly those that the archive did not hold yet, each once.
    assert len(server.arrivals) == len(requests) == len(after) - len(at_kill)
    server.arrivals.clear()
    backfill(cut, server.url)
    assert server.arrivals == []
    assert landed(cut) == landed(whole)
