"""Keys are sent and never written down: not in errors, not in what the archive notes, not in the log."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from ingestion.fetch import http_errors
from ingestion.fetch.answers import Bounds
from ingestion.fetch.client import Client
from ingestion.fetch.limits import RateLimit
from tests.edgar import server as edgar
from tests.edgar.server import QUICK, EdgarServer, Fault

pytestmark = pytest.mark.usefixtures("only_this_machine")

PATH = "/submissions/CIK0009990001.json"
BODY = b'{"cik": "0009990001"}'
CANARY = "canary+7/f3=&x"


@pytest.fixture
def server(running_edgar: EdgarServer) -> EdgarServer:
    running_edgar.reset().put(PATH, BODY)
    return running_edgar


SHORT = replace(QUICK, total_seconds=0.8, read_seconds=0.3)
LEAKS: dict[str, Fault] = {
    "429": edgar.status(429),
    "404": edgar.no_such_key,
    "a page for json": edgar.page_instead,
    "an echo": edgar.status(200, body=CANARY.encode()),
    "shorter than declared": edgar.short_length,
    "silence": edgar.silence(0.6),
    "blocked": edgar.block_page(),
    "elsewhere": edgar.redirect(f"http://localhost:1/?api_key={CANARY}&{CANARY}"),
    "drip": edgar.drip(0.05),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_key_stands_in_no_error(
    name: str, server: EdgarServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # the server, not us
    server.fail(PATH, *[LEAKS[name]] * 3)
    session = keyed(server, tmp_path, SHORT)
    with pytest.raises(http_errors.FetchError) as raised:
        session.get(server.url + PATH, kind="json", params={"api_key": CANARY}, headers={"X-Api-Key": CANARY})
    assert_hidden(everything_told(raised.value) + caplog.text)
    assert CANARY in server.arrivals[0].headers["X-Api-Key"] if server.arrivals else name == "silence"


def test_a_key_stands_in_no_error_when_nobody_is_there(server: EdgarServer, tmp_path: Path) -> None:
    with pytest.raises(http_errors.Unreachable) as raised:
        keyed(server, tmp_path, SHORT).get("http://127.0.0.1:9/x.json", kind="json", params={"api_key": CANARY})
    told = everything_told(raised.value)
    assert "api_key" in told
    assert_hidden(told)


def everything_told(error: BaseException) -> str:
    told = "".join(traceback.format_exception(error)) + repr(error.__dict__)
    chain: BaseException | None = error
    while chain is not None:
        told, chain = told + repr(chain), chain.__cause__ or chain.__context__
    return told


def test_a_key_stands_in_no_note_and_no_log(
    server: EdgarServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    echo = f"{server.url}/?api_key={CANARY}"
    server.fail(PATH, lambda *_: edgar.Response(BODY, headers={"X-Echo": echo, "Set-Cookie": "session=1"}))
    session = keyed(server, tmp_path, QUICK)
    answer = session.get(
        server.url + PATH, kind="json", params={"api_key": CANARY, "page": "1"}, headers={"X-Api-Key": CANARY}
    )
    assert_hidden(repr(answer.request) + caplog.text)
    assert "api_key=REDACTED&page=1" in str(answer.request["url"])
    assert "urllib3" in caplog.text  # it did log, without the query
    assert "canary" in server.arrivals[0].query


def test_a_key_does_not_follow_to_another_host(server: EdgarServer, tmp_path: Path) -> None:
    session = keyed(server, tmp_path, QUICK, "127.0.0.1", "localhost")
    server.fail(PATH, edgar.redirect("/same.json"))
    server.fail("/same.json", edgar.redirect(f"http://localhost:{server.port}/there.json"))
    server.fail("/there.json", edgar.redirect("/other.json"))
    server.put("/other.json", b"{}")
    session.get(server.url + PATH, kind="json", headers={"X-Api-Key": CANARY, "User-Agent": "me"})
    assert ["X-Api-Key" in one.headers for one in server.arrivals] == [True, True, False, False]
    assert {one.headers["User-Agent"] for one in server.arrivals} == {"me"}


def keyed(server: EdgarServer, folder: Path, bounds: Bounds, *hosts: str) -> Client:
    return Client(
        RateLimit("edgar", requests=1000, folder=folder),
        hosts or ("127.0.0.1",),
        bounds=bounds,
        secret_params={"api_key"},
        loopback_for_tests=True,
    )


def assert_hidden(text: str) -> None:
    assert "canary" not in text and "7%2Ff3" not in text and "7/f3" not in text
