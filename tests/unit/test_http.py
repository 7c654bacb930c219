"""Asking over HTTP: every way in which a server can misbehave has its typed error, its number of attempts, its end."""

from __future__ import annotations

import gzip
import io
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from ingestion.fetch import answers, http_errors
from ingestion.fetch.answers import Bounds
from ingestion.fetch.client import Client
from ingestion.fetch.limits import RateLimit
from tests.edgar import server as edgar
from tests.edgar.raw import RawServer
from tests.edgar.server import QUICK, EdgarServer, Fault

pytestmark = pytest.mark.usefixtures("only_this_machine")

PATH = "/submissions/CIK0009990001.json"
BODY = b'{"cik": "0009990001", "filings": [' + b", ".join(b"%d" % n for n in range(5000)) + b"]}"


@pytest.fixture
def server(running_edgar: EdgarServer) -> EdgarServer:
    running_edgar.reset().put(PATH, BODY)
    return running_edgar


@pytest.fixture
def session(server: EdgarServer, tmp_path: Path) -> Client:
    return server.http(tmp_path / "limit")


def client(folder: Path, bounds: Bounds) -> Client:
    limit = RateLimit("raw", requests=100, folder=folder)
    return Client(limit, {"127.0.0.1"}, bounds=bounds, loopback_for_tests=True)


def test_a_body_arrives_as_it_was_before_compression(server: EdgarServer, session: Client) -> None:
    answer = session.get(server.url + PATH, kind="json", headers={"User-Agent": "x a@b.cd"}, params={"page": "2"})
    assert (answer.status, answer.content) == (200, BODY)
    assert abs(datetime.now(UTC).replace(tzinfo=None) - answer.fetched_at_utc) < timedelta(seconds=5)
    request = answer.request
    assert (request["method"], request["status"]) == ("GET", 200)
    assert request["url"] == request["final_url"] == f"{server.url}{PATH}?page=2"
    headers, sent = request["headers"], request["request_headers"]
    assert headers["content-encoding"] == "gzip" and headers["etag"]
    assert sent["accept-encoding"] == "gzip" and "a@b.cd" not in str(request)
    assert server.arrivals[0].headers["User-Agent"] == "x a@b.cd"


def test_compression_that_ends_too_early_is_seen_whatever_is_inside(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, *[edgar.half_gzip] * 3)
    with pytest.raises(http_errors.Truncated, match="compressed body ends too early"):
        session.get(server.url + PATH, kind="document")


def test_a_body_of_several_gzip_members(server: EdgarServer, session: Client) -> None:
    packed = gzip.compress(BODY[:5000]) + gzip.compress(BODY[5000:])
    server.fail(PATH, lambda *_: edgar.Response(packed, headers={"Content-Encoding": "gzip"}))
    assert session.get(server.url + PATH, kind="json").content == BODY


def test_an_unasked_for_304_is_refused(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, edgar.status(304))
    with pytest.raises(http_errors.Refused, match="304"):
        session.get(server.url + PATH, kind="json")


PASSING: dict[str, tuple[Fault, type[http_errors.FetchError]]] = {
    "429": (edgar.status(429), http_errors.Unavailable),
    "500": (edgar.status(500), http_errors.Unavailable),
    "503 with a page": (edgar.status(503, body=b"<html>", kind="text/html"), http_errors.Unavailable),
    "408": (edgar.status(408), http_errors.Unavailable),
    "gzip cut": (edgar.half_gzip, http_errors.Truncated),
    "gzip damaged": (edgar.garbled_gzip, http_errors.Truncated),
    "shorter than declared": (edgar.short_length, http_errors.Truncated),
    "json cut": (edgar.half_json, http_errors.Truncated),
    "a page for json": (edgar.page_instead, http_errors.WrongContent),
    "nothing": (edgar.empty, http_errors.WrongContent),
    "an encoding we did not ask for": (edgar.other_encoding, http_errors.WrongContent),
    "silence": (edgar.silence(0.6), http_errors.Unreachable),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_may_pass_is_asked_again_a_bounded_number_of_times(name: str, server: EdgarServer, tmp_path: Path) -> None:
    fault, error = PASSING[name]
    session = server.http(tmp_path, replace(QUICK, read_seconds=0.4))
    server.fail(PATH, fault, fault)
    assert session.get(server.url + PATH, kind="json").content == BODY
    server.fail(PATH, *[fault] * QUICK.attempts)
    with pytest.raises(error) as raised:
        session.get(server.url + PATH, kind="json")
    assert raised.value.source == server.url + PATH
    time.sleep(0.7 if name == "silence" else 0)  # the server notes a request when it has answered it
    assert server.asked(PATH) == 3 + QUICK.attempts


FINAL: dict[str, tuple[Fault, type[http_errors.FetchError]]] = {
    "403 as an object store": (edgar.access_denied, http_errors.NotPublishedYet),
    "404 as an object store": (edgar.no_such_key, http_errors.NotFound),
    "404 with a page": (edgar.status(404, body=b"<html>", kind="text/html"), http_errors.NotFound),
    "410": (edgar.status(410), http_errors.NotFound),
    "400": (edgar.status(400), http_errors.Refused),
    "204": (edgar.status(204), http_errors.Refused),
    "a redirect to nowhere": (edgar.status(302), http_errors.Refused),
}


@pytest.mark.parametrize("name", FINAL)
def test_what_is_final_is_asked_once_and_stops_nothing_else(name: str, server: EdgarServer, session: Client) -> None:
    fault, error = FINAL[name]
    server.fail(PATH, *[fault] * 3)
    with pytest.raises(http_errors.FetchError) as raised:
        session.get(server.url + PATH, kind="json")
    assert type(raised.value) is error
    assert server.asked() == 1
    server.put("/other.json", b"{}")
    assert session.get(server.url + "/other.json", kind="json").content == b"{}"


@pytest.mark.parametrize(
    "fault",
    [
        edgar.block_page(),
        edgar.block_page(title="Your Request Originates from an Undeclared Automated Tool"),
        edgar.block_page(code=200),
        edgar.status(403),
    ],
)
def test_a_block_page_stops_everything_at_once(fault: Fault, server: EdgarServer, tmp_path: Path) -> None:
    server.put("/other.json", b"{}")
    server.fail(PATH, fault)
    with pytest.raises(http_errors.Blocked, match="shut us out"):
        server.http(tmp_path).get(server.url + PATH, kind="json")
    # Another session stands for another process here: they share nothing but the folder of the limit.
    started = time.monotonic()
    with pytest.raises(http_errors.Blocked, match="nothing is asked for another"):
        server.http(tmp_path).get(server.url + "/other.json", kind="json")
    assert time.monotonic() - started < 1
    assert server.asked() == 1


@pytest.mark.parametrize(("code", "as_date"), [(429, False), (503, True)])
def test_the_pause_asked_for_is_kept_by_all(code: int, as_date: bool, server: EdgarServer, tmp_path: Path) -> None:
    # A date has whole seconds: two ahead are at least one.
    text = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True) if as_date else "1"
    server.put("/other.json", b"{}")
    server.fail("/other.json", edgar.status(code, retry_after=text))
    with pytest.raises(http_errors.Unavailable):
        server.http(tmp_path, replace(QUICK, attempts=1)).get(server.url + "/other.json", kind="json")
    refused = time.monotonic()
    assert server.http(tmp_path).get(server.url + PATH, kind="json").content == BODY
    assert 0.9 < time.monotonic() - refused < 3


def test_the_request_itself_waits_as_asked(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, edgar.status(500, retry_after="1"))
    assert session.get(server.url + PATH, kind="json").content == BODY
    first, second = server.arrivals
    assert 1.0 <= second.moment - first.moment < 2.5


def test_a_pause_beyond_the_deadline_is_not_waited_for(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, edgar.status(429, retry_after="3000"))
    started = time.monotonic()
    with pytest.raises(http_errors.Unavailable, match="a pause of 3000 s") as raised:
        session.get(server.url + PATH, kind="json")
    assert raised.value.retry_after == 3000
    assert time.monotonic() - started < 1
    with pytest.raises(http_errors.DeadlineExceeded, match="asked for a pause"):
        session.get(server.url + PATH, kind="json")
    assert server.asked() == 1


def test_an_unreadable_pause_is_none(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, edgar.status(503, retry_after="soon"))
    assert session.get(server.url + PATH, kind="json").content == BODY


SHORT = Bounds(attempts=3, total_seconds=0.8, connect_seconds=0.5, read_seconds=0.5, first_pause_seconds=0.01)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"{"] * 60],
        [b"HTTP/1.1 200 OK\r\n", *[b"X-%d: y\r\n" % n for n in range(60)]],
        [b"H", b"T", b"T", b"P", *[b"/"] * 60],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\n{\r\n"] * 60],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"0"] * 60],
    ],
    ids=["body", "headers", "status line", "chunks", "size of a chunk"],
)
def test_wherever_it_drips_it_ends_at_the_deadline(pieces: list[bytes], tmp_path: Path) -> None:
    with RawServer(pieces, pause_seconds=0.05) as raw:
        session = client(tmp_path, SHORT)
        started = time.monotonic()
        with pytest.raises(http_errors.DeadlineExceeded, match=r"within 0\.8 s"):
            session.get(f"http://127.0.0.1:{raw.port}/", kind="json")
        assert 0.7 < time.monotonic() - started < 1.3


def test_a_connection_kept_alive_is_watched_too(tmp_path: Path) -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with RawServer([first, *[b"%c" % letter for letter in b"HTTP/1.1 200"]], pause_seconds=0.2) as raw:
        session = client(tmp_path, SHORT)
        url = f"http://127.0.0.1:{raw.port}/"
        assert session.get(url, kind="json").content == b"{}"
        started = time.monotonic()
        with pytest.raises(http_errors.DeadlineExceeded):
            session.get(url, kind="json")
        assert 0.7 < time.monotonic() - started < 1.3
        assert len(raw.heard) == 1  # it was one connection


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"half": 1\r\n',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}",
    ],
    ids=["inside a chunk", "before the last chunk", "before the declared length"],
)
def test_a_connection_that_breaks_off_is_a_truncated_body(answer: bytes, tmp_path: Path) -> None:
    with RawServer([answer], pause_seconds=0.0) as raw:
        session = client(tmp_path, QUICK)
        with pytest.raises(http_errors.Truncated):
            session.get(f"http://127.0.0.1:{raw.port}/", kind="json")
        assert len([one for one in raw.heard if one]) == QUICK.attempts


def test_nobody_there(tmp_path: Path) -> None:
    session = client(tmp_path, QUICK)
    with pytest.raises(http_errors.Unreachable, match="refused"):
        session.get("http://127.0.0.1:9/x.json", kind="json")


def test_a_body_over_the_cap_is_cut_off(server: EdgarServer, tmp_path: Path) -> None:
    session = server.http(tmp_path, replace(QUICK, most_bytes=1000))
    server.put("/plain.zip", b"PK\x03\x04" + bytes(2000))
    with pytest.raises(http_errors.TooLarge, match="1,000 bytes sent"):
        session.get(server.url + "/plain.zip", kind="zip")
    assert server.asked() == 1


def test_a_bomb_is_not_unfolded(server: EdgarServer, tmp_path: Path) -> None:
    session = server.http(tmp_path, replace(QUICK, most_decoded_bytes=1 << 20))
    server.fail(PATH, edgar.bomb(200 << 20))
    into = io.BytesIO()
    with pytest.raises(http_errors.TooLarge, match="once decompressed"):
        session.get(server.url + PATH, kind="json", into=into)
    assert len(into.getvalue()) <= 1 << 20


def test_a_bomb_takes_no_memory_on_its_way_to_the_disk(tmp_path: Path) -> None:
    packed = gzip.compress(bytes(60 << 20))
    with open(tmp_path / "body", "w+b") as into:
        tracemalloc.start()
        answers.decode([packed], "gzip", into, 1 << 30, 1 << 30)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert into.tell() == 60 << 20
    assert peak < 2 << 20


def test_an_endless_error_page_is_not_read(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, lambda *_: edgar.Response((b"x" * 100_000 for _ in range(2000)), status=404))
    started = time.monotonic()
    with pytest.raises(http_errors.NotFound):
        session.get(server.url + PATH, kind="json")
    assert time.monotonic() - started < 2
