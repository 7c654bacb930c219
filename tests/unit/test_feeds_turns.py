"""Whose turn it is: with a quota nobody waits longer than it takes to go through all, whoever else fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from math import ceil
from pathlib import Path

import pytest
from werkzeug import Request, Response

from ingestion.errors import IngestionError
from ingestion.universe import Universe
from tests.feeds.formats.alpha_vantage import SPENT
from tests.feeds.formats.market import SESSIONS, json_response
from tests.feeds.server import FeedServer
from tests.feeds.world import KEYS, serve_market
from tests.unit.feedskit import FIRST, LAST, Home, part_of, universe

pytestmark = pytest.mark.usefixtures("only_this_machine")

ALL_KEYS = {f"HASHWATT_{name.upper()}_KEY": key for name, key in KEYS.items()}
SHARES = sorted(name for (_, name), feeds in universe().feeds.items() if any(one.provider == "tiingo" for one in feeds))
QUOTAS = {"tiingo": 20, "alpha_vantage": 25}
RUN_OVER = b"You have run over your hourly request allocation."


class Counted:
    """Lets `quota` questions of a run through to `handler`, and says `spent` to the others."""

    def __init__(self, handler: Callable[[str, Request], Response], quota: int, spent: Response) -> None:
        self.handler, self.quota, self.spent, self.left = handler, quota, spent, quota
        self.answered: list[str] = []

    def __call__(self, path: str, request: Request) -> Response:
        response = self.handler(path, request)
        if self.left <= 0:
            return self.spent
        self.left -= 1
        self.answered.append(request.args.get("symbol") or path.split("/")[3])
        return response


def asked_of(providers: Iterable[str]) -> Universe:
    """The shares, about which nobody but these is asked."""
    whole = part_of("market", SHARES)
    feeds = {key: tuple(one for one in feeds if one.provider in providers) for key, feeds in whole.feeds.items()}
    return replace(whole, feeds=feeds)


def limited(server: FeedServer, now: datetime) -> dict[str, Counted]:
    world = serve_market(server, FIRST, LAST, now)
    alpha_vantage = world.providers["alpha_vantage"]
    alpha_vantage.questions = 10_000
    spent = {"tiingo": Response(RUN_OVER), "alpha_vantage": json_response({"Information": SPENT})}
    found = {name: Counted(world.providers[name], quota, spent[name]) for name, quota in QUOTAS.items()}
    for name, handler in found.items():
        server.mount(name, handler)
    return found


def longest_wait(runs: list[list[str]], subject: str) -> int:
    """The most runs from one answer about the subject to the next, or to the first one."""
    places = [-1, *(place for place, answered in enumerate(runs) if subject in answered), len(runs)]
    return max(after - before for before, after in pairwise(places))


@pytest.mark.slow
@pytest.mark.parametrize("is_stand_in", [False, True], ids=["asked", "standing in"])
def test_nobody_starves_behind_a_quota(is_stand_in: bool, tmp_path: Path, server: FeedServer) -> None:
    """A week of sessions, with more shares than either provider answers about in a run. Standing in, Alpha Vantage gets all
    that Yahoo is asked about first and does not answer."""
    sessions = [day for day in sorted(SESSIONS) if date(2026, 2, 2) <= day <= date(2026, 2, 6)]
    counted = limited(server, datetime(2026, 3, 4, 22))
    providers = ("yahoo", *QUOTAS) if is_stand_in else tuple(QUOTAS)
    home = Home(tmp_path, asked_of(providers), ALL_KEYS)
    server.down("yahoo")
    runs: dict[str, list[list[str]]] = {name: [] for name in QUOTAS}
    for day in sessions:
        for one in counted.values():
            one.answered, one.left = [], one.quota
        home.ask(server, datetime(day.year, day.month, day.day, 22))
        for name, one in counted.items():
            runs[name].append(one.answered)
    assert len(SHARES) > max(QUOTAS.values())
    for name, quota in QUOTAS.items():
        assert all(len(answered) == len(set(answered)) == quota for answered in runs[name])
        symbols = {subject: home.universe.feeds["market", subject][0].symbols[-1][1] for subject in SHARES}
        symbols["KEEL"] = "BITF"  # its ticker until April
        waits = {subject: longest_wait(runs[name], symbol) for subject, symbol in symbols.items()}
        assert max(waits.values()) <= ceil(len(SHARES) / quota), waits


def test_those_on_whom_a_provider_fails_do_not_stand_before_the_others(tmp_path: Path, server: FeedServer) -> None:
    """Three failures close it for the run: they must not be the same three in every run."""
    now = datetime(2026, 3, 13, 22)
    world = serve_market(server, FIRST, LAST, now)
    broken = {*sorted(SHARES)[:3]}
    tiingo = world.providers["tiingo"]

    def answer(path: str, request: Request) -> Response:
        return Response("no", status=500) if path.split("/")[3] in broken else tiingo(path, request)

    server.mount("tiingo", answer)
    home = Home(tmp_path, asked_of(["tiingo"]), ALL_KEYS)
    with pytest.raises(IngestionError, match="none of"):
        home.ask(server, now)
    outcomes = home.ask(server, now.replace(hour=23))
    assert {one.subject for one in outcomes if one.outcome == "answered"} == {*SHARES} - broken
    assert {one.subject for one in outcomes if one.outcome == "failed"} == broken
