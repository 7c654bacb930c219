"""The providers' feeds: ten years of forty instruments against what the rate limits alone dictate."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from werkzeug import Request, Response

from bench.measure import Finding
from ingestion.answers import note_since
from ingestion.ask import Asking
from ingestion.calendars import parse_sessions, render_sessions
from ingestion.fetch.answers import Bounds
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.providers import provider as registry
from ingestion.providers.client import FeedClient
from ingestion.providers.rows import Domain
from ingestion.universe import Feed, Instrument, Universe
from ingestion.wanted import Wanted

SHARES = [f"S{number:02}" for number in range(38)]
COINS = {"BTC-USD": "XBTUSD", "ETH-USD": "ETHUSD"}
LAST = date(2026, 3, 13)
NOW = datetime(2026, 3, 13, 22)
KEYS = {"HASHWATT_TIINGO_KEY": "key-of-the-bench"}
DECADE = date(2016, 3, 14)
MARKET: tuple[Domain, ...] = ("market",)
AT_MOST = 1.1
CLOSES = {
    one.session_date: one.close_utc for one in parse_sessions("bench", render_sessions(date(2026, 12, 31), DECADE))
}


def backfill(folder: Path) -> Iterator[Finding]:
    """Ten years of 38 shares at two providers, and of two coins at three, since one of them gives 720 days only."""
    with _server(folder) as url:
        _ask(folder / "warm", url, keeps_limits=False)  # from now on the server has its answers at hand
        seconds, requests = _ask(folder / "cold", url, keeps_limits=True)
    dictated = {
        name: (count - 1) // registry.provider(name).requests * registry.provider(name).seconds
        for name, count in requests.items()
    }
    slowest = max(dictated, key=lambda name: dictated[name])
    yield Finding(
        f"ten years of {len(SHARES) + len(COINS)} instruments, {sum(requests.values())} requests",
        f"{seconds:.1f} s",
        f"the limit of {slowest} dictates {dictated[slowest]:.0f} s for its {requests[slowest]}",
        seconds / dictated[slowest],
        AT_MOST,
    )


def _ask(folder: Path, url: str, *, keeps_limits: bool) -> tuple[float, Mapping[str, int]]:
    """Seconds to fill an empty archive, and the requests by provider."""
    archive = Archive(Storage(folder / "archive"))
    bounds = Bounds(total_seconds=600)
    client = FeedClient(
        archive, KEYS, base_url=url, limit_folder=folder / "limits", bounds=bounds, keeps_limits=keeps_limits
    )
    note_since(archive, MARKET, None, DECADE)
    lake = Lake(Storage(folder / "lake"))
    started = time.perf_counter()
    wanted = Wanted(client, _universe_of_forty(), CLOSES, NOW, DECADE, lake, only_missing=True)
    outcomes = Asking(wanted, lambda line: None).everything(MARKET, None)
    seconds = time.perf_counter() - started
    bad = {one.problem for one in outcomes if one.outcome != "answered"}
    if bad:
        raise RuntimeError(f"not everything was answered: {bad}")
    requests: Counter[str] = Counter()
    for one in outcomes:
        requests[one.provider] += one.requests
    return seconds, requests


class _server:
    """The providers in a process of their own, so that they do not share a processor with whoever is measured."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> str:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._pipe, self._process = ours, context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        return str(ours.recv())

    def __exit__(self, *_: object) -> None:
        self._pipe.send("stop")
        self._process.join(10)


def _serve(pipe: Connection) -> None:
    import logging

    from tests.feeds.formats.coinbase import CoinbaseFormat
    from tests.feeds.formats.kraken import KrakenFormat
    from tests.feeds.formats.market import Bar, Listing
    from tests.feeds.formats.tiingo import TiingoFormat
    from tests.feeds.formats.yahoo import YahooFormat
    from tests.feeds.server import FeedServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    sessions = [day for day in CLOSES if day <= LAST]
    days = [DECADE + timedelta(days=n) for n in range((LAST - DECADE).days + 1)]

    def listing(name: str) -> Listing:
        draw, is_coin = random.Random(name), name in COINS
        bars = []
        for day in days if is_coin else sessions:
            price = round(draw.uniform(20, 30), 2)
            bars.append(Bar(day, price, price + 1, price - 1, price + 0.5, float(draw.randrange(10**6))))
        return Listing(bars, (), "UTC" if is_coin else "XNYS")

    listings = {name: listing(name) for name in (*SHARES, *COINS)}
    formats = {
        "yahoo": YahooFormat(listings, NOW),
        "tiingo": TiingoFormat({name: listings[name] for name in SHARES}, NOW),
        "coinbase": CoinbaseFormat({name: listings[name] for name in COINS}, NOW),
        "kraken": KrakenFormat({symbol: listings[name] for name, symbol in COINS.items()}, NOW),
    }
    with FeedServer() as server:
        for name, handler in formats.items():
            server.mount(name, _remembering(handler))
        pipe.send(server.url)
        pipe.recv()


def _remembering(handler: Callable[[str, Request], Response]) -> Callable[[str, Request], Response]:
    known: dict[str, bytes] = {}

    def answer(path: str, request: Request) -> Response:
        asked = f"{path}?{request.query_string.decode()}"
        if asked not in known:
            response = handler(path, request)
            if response.status_code != 200:
                return response
            known[asked] = response.get_data()
        kind = "application/json" if known[asked][:1] in b"[{" else "text/csv"
        return Response(known[asked], content_type=kind)

    return answer


def _universe_of_forty() -> Universe:
    start = date(2016, 1, 1)
    feeds: dict[tuple[str, str], tuple[Feed, ...]] = {
        ("market", name): (Feed("yahoo", 1, ((start, name),)), Feed("tiingo", 2, ((start, name),))) for name in SHARES
    }
    for name, symbol in COINS.items():
        order = (("coinbase", name), ("kraken", symbol), ("yahoo", name))
        feeds["market", name] = tuple(Feed(who, n, ((start, what),)) for n, (who, what) in enumerate(order, start=1))
    instruments = {name: Instrument("XNYS") for name in SHARES}
    instruments |= {name: Instrument("UTC") for name in COINS}
    return Universe(frozenset(), instruments, feeds=feeds)
