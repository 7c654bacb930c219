"""The made-up network and economy fit the ledger: each subject is told by each provider that the ledger names for it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_socket

from ingestion.providers.provider import Provider, provider
from ingestion.providers.rows import Domain, Target, Window
from tests.feeds.asking import Asking
from tests.feeds.server import FeedServer
from tests.feeds.world import serve_macro, serve_network

TODAY = datetime.now(UTC).date()
FIRST, LAST = TODAY - timedelta(days=320), TODAY - timedelta(days=2)
KEY = "fred-key-of-tests"
with (Path(__file__).resolve().parents[2] / "ingestion" / "ledger" / "feed.csv").open(encoding="utf-8") as file:
    FEEDS = [row for row in csv.DictReader(file) if row["domain"] != "market"]


Told = dict[tuple[str, str], dict[date, dict[str, object]]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """What each provider tells of each subject, by day."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    with FeedServer() as server:
        serve_network(server, FIRST, TODAY)
        serve_macro(server, FIRST, TODAY, KEY)
        yield {(row["subject"], row["provider"]): read(server, tmp_path_factory.mktemp("asked"), row) for row in FEEDS}
    pytest_socket._remove_restrictions()


def read(server: FeedServer, folder: Path, row: dict[str, str]) -> dict[date, dict[str, object]]:
    asked: Provider = provider(row["provider"])
    domain: Domain = asked.domain
    assert domain == row["domain"]
    target = Target(domain, row["subject"], row["symbol"], "UTC")
    asking = Asking(asked, server, folder, key=KEY)
    found: dict[date, dict[str, object]] = {}
    for window in asked.windows(Window(FIRST, LAST), TODAY):
        reading = asking.read(target, window)
        assert reading.rejected == []
        for said in reading.rows:
            on = said.get("utc_date", said.get("observation_date"))
            assert isinstance(on, date)
            found[on] = dict(said)
    return found


def test_each_provider_tells_each_subject_of_the_ledger(told: Told) -> None:
    assert [names for names, days in told.items() if not days] == []
    assert len(told) == len(FEEDS) > 20


def test_providers_of_one_subject_agree_where_they_are_meant_to(told: Told) -> None:
    subjects = {subject for subject, _ in told}
    for subject in subjects:
        first, *others = [days for (own, _), days in told.items() if own == subject]
        for other in others:
            shared = set(first) & set(other)
            assert shared, subject
            for day in shared if subject != "BTC" else ():
                assert first[day]["value"] == other[day]["value"], (subject, day)
            for day in shared if subject == "BTC" else ():
                ours = float(str(first[day]["hashrate_eh_s"]))
                assert other[day]["hashrate_eh_s"] == pytest.approx(ours * 1.002, rel=1e-6)
                assert other[day]["difficulty"] in (None, pytest.approx(first[day]["difficulty"]))
