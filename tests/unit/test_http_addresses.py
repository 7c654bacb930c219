"""Whom we ask: HTTPS, the hosts on the list, public addresses, also after a redirect; and nothing the environment says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket

from ingestion.fetch import http, http_errors
from ingestion.fetch.client import Client
from ingestion.fetch.http_errors import FetchError
from ingestion.fetch.limits import RateLimit
from tests.edgar import server as edgar
from tests.edgar.raw import RawServer
from tests.edgar.server import QUICK, EdgarServer
from tests.tables import tables

DATA = tables(__file__)

PATH = "/submissions/CIK0009990001.json"
BODY = b'{"cik": "0009990001"}'


@pytest.fixture(autouse=True)
def only_this_machine() -> Iterator[None]:
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)
    yield
    pytest_socket._remove_restrictions()


@pytest.fixture
def server(running_edgar: EdgarServer) -> EdgarServer:
    running_edgar.reset().put(PATH, BODY)
    return running_edgar


@pytest.fixture
def session(server: EdgarServer, tmp_path: Path) -> Client:
    return server.http(tmp_path / "limit")


def test_a_redirect_at_home_is_followed_under_the_limit(server: EdgarServer, session: Client) -> None:
    server.fail("/old.json", edgar.redirect("/older.json", 301))
    server.fail("/older.json", edgar.redirect(PATH, 307))
    answer = session.get(server.url + "/old.json", kind="json")
    assert (answer.content, answer.request["final_url"]) == (BODY, server.url + PATH)
    assert [one.path for one in server.arrivals] == ["/old.json", "/older.json", PATH]


@pytest.mark.parametrize("target", DATA["elsewhere"])
def test_a_redirect_elsewhere_is_not_followed(target: str, server: EdgarServer, session: Client) -> None:
    server.fail(PATH, edgar.redirect(target.format(port=server.port)))
    with pytest.raises(http_errors.ForeignRedirect):
        session.get(server.url + PATH, kind="json")
    assert server.asked() == 1


def test_a_circle_of_redirects_ends(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, *[edgar.redirect(PATH)] * 50)
    with pytest.raises(http_errors.Refused, match="more than 5 redirects"):
        session.get(server.url + PATH, kind="json")
    assert server.asked() == 6


@pytest.mark.parametrize(("url", "why"), DATA["not_asked"])
def test_addresses_that_are_not_asked(url: str, why: str, tmp_path: Path) -> None:
    session = Client(RateLimit("edgar", requests=8, folder=tmp_path), {"data.sec.gov"}, bounds=QUICK)
    with pytest.raises(http_errors.AddressRefused, match=why):
        session.get(url, kind="json")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_name_that_leads_to_a_private_address_is_refused_before_a_byte_is_sent(host: str) -> None:
    with RawServer([b"HTTP/1.1 200 OK\r\n\r\n{}"], pause_seconds=0) as raw:
        with http.Watch(time.monotonic() + 5, loopback=False):
            connection = http.Connection(host, raw.port, timeout=2)
            with pytest.raises(FetchError, match="no public address"):
                connection.request("GET", "/secret")
        time.sleep(0.4)
        assert [one for one in raw.heard if one] == []


def test_a_cookie_is_not_sent_back(server: EdgarServer, session: Client) -> None:
    server.fail(PATH, lambda *_: edgar.Response(BODY, headers={"Set-Cookie": "session=1; Path=/"}))
    session.get(server.url + PATH, kind="json")
    session.get(server.url + PATH, kind="json")
    assert [one for one in server.arrivals if "Cookie" in one.headers] == []


def test_no_proxy_and_no_password_comes_from_the_environment(
    server: EdgarServer, session: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert session.get(server.url + PATH, kind="json").content == BODY
    assert "Authorization" not in server.arrivals[0].headers
