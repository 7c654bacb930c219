"""Keys of providers: sent where they belong, and in no file, log line, exception, report or printed object, whatever goes
wrong."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from werkzeug import Request, Response

from ingestion.ask import NobodyAnswered
from ingestion.fetch.answers import Bounds
from ingestion.providers import provider as registry
from tests.edgar import server as edgar
from tests.feeds.economy import serve_macro
from tests.feeds.server import FeedServer
from tests.feeds.world import MarketWorld, serve_market
from tests.unit.feedskit import QUICK, Home, part_of

pytestmark = pytest.mark.usefixtures("only_this_machine")

NOW = datetime(2026, 3, 13, 22)
FIRST = date(2026, 1, 2)
KEYED = ("tiingo", "polygon", "alpha_vantage", "fred_api")
CANARIES = {name: f"canary+of/{name}=7Q" for name in KEYED}
KEYS = {str(registry.provider(name).key_setting): key for name, key in CANARIES.items()}


@pytest.fixture
def world(server: FeedServer) -> MarketWorld:
    """Only providers with a key are there."""
    market = serve_market(server, FIRST, NOW.date(), NOW, instruments=["RIOT", "MSTR"])
    for name, provider in market.providers.items():
        if name in CANARIES:
            provider.key = CANARIES[name]
    serve_macro(server, FIRST, NOW.date(), CANARIES["fred_api"])
    server.down("yahoo", *(name for name in registry.names("macro") if name != "fred_api"))
    return market


def home_in(folder: Path, domain: str = "market") -> Home:
    part = part_of("market", ["RIOT", "MSTR"]) if domain == "market" else part_of("macro", ["VIX_CLOSE", "M2"])
    return Home(folder, part, KEYS)


def forms(key: str) -> set[bytes]:
    """The key as it is and as it may stand in an address, in JSON or in a header."""
    texts = {key, quote(key, safe=""), quote_plus(key), json.dumps(key)[1:-1], key.replace("/", "\\/")}
    return {text.encode() for text in texts} | {base64.b64encode(key.encode())}


def leaks(folder: Path, told: str) -> list[str]:
    """Where a canary is found: files under `folder` by content or name, or in what was `told`."""
    places = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    places |= {"names": "\n".join(map(str, folder.rglob("*"))).encode(), "told": told.encode()}
    return [where for where, content in places.items() for key in CANARIES.values() for f in forms(key) if f in content]


def everything_said(home: Home, server: FeedServer, caplog: pytest.LogCaptureFixture, bounds: Bounds = QUICK) -> str:
    """All that asking says on its way, at the most talkative: log, report, outcomes, exceptions with their causes."""
    lines: list[str] = []
    with caplog.at_level(logging.DEBUG):
        domains = sorted({domain for domain, _ in home.universe.feeds})
        try:
            lines += map(repr, home.ask(server, NOW, domains, lines=lines, bounds=bounds))
        except NobodyAnswered as error:
            lines += traceback.format_exception(error)
            lines += [repr(one) for one in error.outcomes]
    lines += [repr(home.client(server)), str(home.client(server)), str(vars(home.client(server)).get("bounds"))]
    return "\n".join([*lines, caplog.text])


@pytest.mark.parametrize("domain", ["market", "macro"])
def test_a_key_is_sent_and_kept_nowhere(
    domain: str, tmp_path: Path, server: FeedServer, world: MarketWorld, caplog: pytest.LogCaptureFixture
) -> None:
    if domain == "market":
        del world.providers["tiingo"].symbols["RIOT"]
        del world.providers["polygon"].symbols["RIOT"]
    told = everything_said(home_in(tmp_path, domain), server, caplog)
    asked = {arrival.path.split("/")[1] for arrival in server.arrivals if arrival.status == 200}
    assert asked >= ({"tiingo", "polygon", "alpha_vantage"} if domain == "market" else {"fred_api"})
    assert "answered" in told
    assert leaks(tmp_path, told) == []


def echo(code: int) -> edgar.Fault:
    """An answer that quotes whatever it was asked with."""

    def fault(request: Request, _: bytes) -> Response:
        quoted = {"error": "bad key", "headers": dict(request.headers), "address": request.url, **request.args}
        return Response(json.dumps(quoted), status=code, content_type="application/json")

    return fault


FAULTS = {
    **{str(code): echo(code) for code in (200, 401, 500)},
    "elsewhere": edgar.redirect("http://127.0.0.2:9/?apikey=x"),
    "nowhere": edgar.redirect("https://example.com/?token=" + quote(CANARIES["alpha_vantage"], safe="")),
    "silence": edgar.silence(0.4),
    "garbled": edgar.garbled_gzip,
}


@pytest.mark.parametrize(
    ("fault", "domain"), [*((fault, "market") for fault in sorted(FAULTS)), ("401", "macro"), ("nowhere", "macro")]
)
def test_a_key_is_kept_nowhere_when_things_go_wrong(
    fault: str, domain: str, tmp_path: Path, server: FeedServer, world: MarketWorld, caplog: pytest.LogCaptureFixture
) -> None:
    for name in KEYED:
        server.fail(name, *[FAULTS[fault]] * 12)
    bounds = replace(QUICK, read_seconds=0.2) if fault == "silence" else QUICK
    told = everything_said(home_in(tmp_path, domain), server, caplog, bounds)
    assert any(outcome in told for outcome in ("failed", "unknown_subject", "quota_exceeded"))
    assert leaks(tmp_path, told) == []


def test_an_answer_that_quotes_the_key_is_archived_without_it(
    tmp_path: Path, server: FeedServer, world: MarketWorld, caplog: pytest.LogCaptureFixture
) -> None:
    tiingo = world.providers["tiingo"]

    def quoting(path: str, request: Request) -> Response:
        rows = json.loads(tiingo(path, request).get_data())
        rows[0]["askedWith"] = request.headers["Authorization"]
        return Response(json.dumps(rows), content_type="application/json")

    server.mount("tiingo", quoting)
    home = home_in(tmp_path)
    told = everything_said(home, server, caplog)
    sources = home.archive.sources("feed/market/tiingo")
    assert len(sources) == 2
    for source in sources:
        (fetch,) = home.archive.fetches(source)
        assert b'"askedWith": "Token REDACTED"' in home.archive.get(fetch.sha256)
    assert leaks(tmp_path, told) == []


def test_the_search_finds_a_key_where_there_is_one(tmp_path: Path) -> None:
    assert leaks(tmp_path, CANARIES["tiingo"]) == ["told"]
    (tmp_path / "file").write_bytes(quote(CANARIES["polygon"], safe="").encode())
    assert leaks(tmp_path, "") == [str(tmp_path / "file")]
