"""A live run under a clock that was ahead: it is told, nothing is ordered by it, and what the remedy says is enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

import ingestion.clock
import ingestion.fetch.archive
import ingestion.fetch.client
from orchestration import clock
from orchestration.settings import Settings
from tests.e2e.feeds_world import asking
from tests.e2e.live_world import hashwatt, rows
from tests.feeds.economy import serve_network
from tests.feeds.server import FeedServer

pytestmark = [pytest.mark.e2e, pytest.mark.long]

AHEAD = timedelta(days=20)
LIVE = ("refresh", "--quiet", "--edition", "live", "--source", "network")


@pytest.fixture
def home(copied: Callable[[], Settings]) -> Iterator[Settings]:
    """The bundle is published; the network's days are served until today."""
    with FeedServer() as server:
        serve_network(server.reset(), date(2026, 1, 1), datetime.now(UTC).date())
        yield asking(copied(), server)


def test_what_a_clock_once_ahead_has_dated_is_told_and_mended_by_what_is_printed(home: Settings) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (clock, ingestion.clock, ingestion.fetch.archive, ingestion.fetch.client):
            patch.setattr(module, "now_utc", lambda: datetime.now(UTC).replace(tzinfo=None) + AHEAD)
        done = hashwatt(home, *LIVE)
        assert done.exit_code == 0, done.output
    ahead = home.current.resolve().name

    told = hashwatt(home, "status").stdout
    assert re.search(r"^Published: .* UTC, in the future by 19 d 23 h$", told, re.MULTILINE)
    assert told.count("\nDates:     ") == 3 and "raw_network__day" in told
    found = hashwatt(home, "doctor")
    assert found.exit_code == 1 and len(re.findall(r"^FAIL +dates ", found.stdout, re.MULTILINE)) == 3
    refused = hashwatt(home, *LIVE)
    assert refused.exit_code == 3 and "`hashwatt doctor`" in refused.stderr
    assert home.current.resolve().name == ahead

    (remedy,) = set(re.findall(r"`hashwatt (doctor --fix)`, which dates them again", found.stdout))
    fixed = hashwatt(home, *remedy.split())
    (then,) = re.findall(r"run `hashwatt (refresh --edition replay)`", fixed.stdout)
    done = hashwatt(home, *then.split(), "--quiet")
    assert done.exit_code == 0, done.output
    assert home.current.resolve().name not in ("", ahead)
    found = hashwatt(home, "doctor")
    assert found.exit_code == 0 and re.search(r"^OK +dates ", found.stdout, re.MULTILINE)
    assert "in the future" not in hashwatt(home, "status").stdout
    assert rows(home, "select count(*) > 200 from fct_network_daily where utc_date >= '2026-01-01'") == [(True,)]
