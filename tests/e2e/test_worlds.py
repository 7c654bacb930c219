"""Two worlds as the providers behave in November 2026, without any key: a home, where Yahoo answers some questions and then none,
and a cloud, where Yahoo, FRED and EDGAR answer nothing, which is published. What each lacks is told by name."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from werkzeug import Request, Response

from ingestion.clock import CONFIRMATION_LAG, now_utc
from ingestion.outcomes import Outcome
from orchestration.live import look
from orchestration.questions import silence
from orchestration.settings import Settings
from tests.e2e.edgar_world import live, serve_universe
from tests.e2e.live_world import hashwatt, raw, rows
from tests.edgar.server import EdgarServer
from tests.feeds.economy import serve_macro, serve_network
from tests.feeds.server import FeedServer
from tests.feeds.world import LEDGER, serve_market

pytestmark = pytest.mark.e2e

FIRST = date(2025, 12, 1)
TODAY = datetime.now(UTC).date()
FEEDS = ("--source", "market", "--source", "network", "--source", "macro")
YAHOO_ANSWERS = 15
BLOCK_PAGE = "<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body></body></html>"
FROM_THEIR_OWNERS = {"VIX_CLOSE", "FED_FUNDS", "FED_BALANCE_SHEET", "UST_3M", "UST_2Y", "UST_5Y", "UST_10Y", "UST_30Y"}
FROM_THEIR_OWNERS |= {"USD_PER_EUR", "GBP_PER_EUR", "CHF_PER_EUR", "JPY_PER_EUR", "CAD_PER_EUR", "FEDERAL_DEBT"}
ON_FRED_ALONE = {"SP500", "IG_SPREAD", "M2", "CPI", "UNEMPLOYMENT", "FED_FUNDS_MONTH", "UST_10Y_REAL"}


def settled() -> date:
    """The newest day of the network that is over and settled: in the first hour after midnight not yet yesterday."""
    return (now_utc() - CONFIRMATION_LAG).date() - timedelta(days=1)


class World:
    """Servers that say all there is, and a home without keys that asks them."""

    def __init__(self, edgar: EdgarServer, feeds: FeedServer, folder: Path) -> None:
        self.edgar, self.feeds = edgar, feeds
        settings = live(Settings.from_env({"HASHWATT_HOME": str(folder / "home")}), edgar)
        self.settings = replace(settings, feeds_url=feeds.url)
        self.market = serve_market(feeds, FIRST, TODAY, None)
        serve_network(feeds, FIRST, TODAY)
        serve_macro(feeds, FIRST, TODAY)
        serve_universe(edgar, settings.ledger_dir)

    def yahoo_answers(self, most: int) -> None:
        """So many questions; then the plain text of its 429."""
        left, yahoo = most, self.market.providers["yahoo"]

        def answer(path: str, request: Request) -> Response:
            nonlocal left
            left -= 1
            return Response("Too Many Requests\r\n", status=429) if left < 0 else yahoo(path, request)

        self.feeds.mount("yahoo", answer)


def silence_about(domain: str, told: str) -> tuple[set[str], str]:
    """Who got no answer, by the last line that is told, and why."""
    last = told.rstrip().splitlines()[-1]
    assert last.startswith("No answer about "), last
    (told,) = [one for one in last.split(". ") if f"{domain}: " in one and not one.startswith("No answer")]
    names, _, reason = told.removeprefix(f"{domain}: ").partition(" (")
    return set(names.split(", ")), reason


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with EdgarServer() as edgar, FeedServer() as feeds:
        yield World(edgar, feeds, tmp_path)


def at_exchanges() -> dict[str, set[str]]:
    """Coins that exchanges tell without a key, and which."""
    found: dict[str, set[str]] = {}
    with (LEDGER / "feed.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["provider"] in ("coinbase", "kraken"):
                found.setdefault(row["subject"], set()).add(row["provider"])
    return found


def at_yahoo_alone() -> set[str]:
    """Instruments that have nobody but Yahoo without a key."""
    with (LEDGER / "instrument.csv").open(encoding="utf-8", newline="") as file:
        return {row["instrument"] for row in csv.DictReader(file)} - at_exchanges().keys()


def answered(outcomes: Collection[Outcome], domain: str) -> dict[str, set[str]]:
    """Who answered about each subject."""
    found: dict[str, set[str]] = {}
    for one in outcomes:
        if one.domain == domain and one.outcome == "answered":
            found.setdefault(one.subject, set()).add(one.provider)
    return found


def test_at_home_without_a_key_some_shares_are_missing_and_nothing_else(world: World) -> None:
    world.yahoo_answers(YAHOO_ANSWERS)
    outcomes = look(world.settings, None, 0.0).outcomes
    by_subject = answered(outcomes, "market")
    shares = {subject for subject, providers in by_subject.items() if "yahoo" in providers}
    assert len(shares) == YAHOO_ANSWERS and {*by_subject} == shares | at_exchanges().keys()
    told = silence(outcomes)
    lacking, reason = silence_about("market", told)
    assert lacking == at_yahoo_alone() - shares and reason.startswith("yahoo: QuotaExceeded: the server answered 429")
    assert "network: " not in told and "macro: " not in told
    assert world.feeds.asked("yahoo") == YAHOO_ANSWERS + 1, "a 429 spends the run"
    series = answered(outcomes, "macro")
    assert {*series} == FROM_THEIR_OWNERS | ON_FRED_ALONE and series["VIX_CLOSE"] == {"cboe", "fred"}
    assert len(world.edgar.arrivals) > 30
    world.yahoo_answers(YAHOO_ANSWERS)
    assert hashwatt(world.settings, "backfill", "market").exit_code == 0
    following = {one.path.split("/")[-1] for one in world.feeds.requests_of("yahoo")[YAHOO_ANSWERS + 1 :]}
    assert len(following) == YAHOO_ANSWERS + 1 and not following & shares, "those that had no answer are asked first"


def test_in_a_cloud_without_a_key_all_shares_and_what_fred_alone_tells_are_missing(world: World) -> None:
    world.yahoo_answers(0)
    forbidden = "<html><head><title>Access Denied</title></head></html>"
    settled_before = settled()
    world.feeds.mount("fred", lambda path, request: Response(forbidden, status=403, content_type="text/html"))
    done = hashwatt(world.settings, "refresh", "--edition", "live", *FEEDS)
    assert done.exit_code == 0, done.output
    shares, why = silence_about("market", done.stdout)
    assert shares == at_yahoo_alone() and why.startswith("yahoo: QuotaExceeded: the server answered 429")
    series, why = silence_about("macro", done.stdout)
    assert series == ON_FRED_ALONE and why.startswith("fred: Blocked: the source has shut us out (403)")
    assert (world.feeds.asked("yahoo"), world.feeds.asked("fred")) == (1, 1)
    told = "select distinct series from fct_macro_observation where provider <> 'bundle_series'"
    assert {str(name) for (name,) in rows(world.settings, told)} == FROM_THEIR_OWNERS, "the rest ends with the bundle"
    newest = rows(world.settings, "select max(utc_date), max_by(difficulty, utc_date) from fct_network_daily")
    assert newest[0][0] in {settled_before, settled()} and newest[0][1]
    asked = "select distinct subject, provider from request where domain = 'market' and outcome = 'answered'"
    assert {*raw(world.settings, asked)} == {(coin, one) for coin, found in at_exchanges().items() for one in found}
    page = Response(BLOCK_PAGE, status=429, content_type="text/html")
    world.edgar.reset()
    world.edgar._choose = lambda request: page  # type: ignore[method-assign]
    refused = hashwatt(world.settings, "refresh", "--edition", "live", "--source", "sec")
    assert refused.exit_code == 7 and "Blocked" in refused.stderr and "addresses of clouds" in refused.stderr
    assert len(world.edgar.arrivals) <= 4, "whoever is shut out stops at once"
