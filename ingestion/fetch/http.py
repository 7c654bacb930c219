"""One exchange with a source over HTTPS, redirects followed. The only module that opens a socket.

Attempts and secrets are in ingestion/fetch/session.py; what an answer means, in ingestion/fetch/answers.py.
"""

from __future__ import annotations

import io
import ipaddress
import socket
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, InvalidHeader, ProtocolError
from urllib3.util import Retry, parse_url

from ingestion.fetch import answers
from ingestion.fetch import http_errors as errors
from ingestion.fetch.answers import AGAIN_LATER, Bounds, Flaw
from ingestion.fetch.limits import Place, RateLimit

REDIRECTS = {301, 302, 303, 307, 308}
MOST_HOPS = 5
CHUNK = 1 << 16
ERROR_PAGE_BYTES = 1 << 18


@dataclass(frozen=True)
class Exchange:
    """What came back: 200 with `size` bytes of body, or 304 with none. Addresses as asked first and as answered."""

    status: int
    size: int
    url: str
    final_url: str
    headers: Mapping[str, str]


class Wire:
    """Connections to `hosts` behind `limit`. May be used from several threads.

    `secret_headers`, in lower case, do not follow a redirect to another host. `loopback` allows plain HTTP to this
    machine, for tests.
    """

    def __init__(
        self, limit: RateLimit, hosts: Collection[str], secret_headers: Collection[str], loopback: bool
    ) -> None:
        self._limit, self._hosts, self._loopback = limit, frozenset(hosts), loopback
        self._secret_headers = frozenset(secret_headers)
        self._requests = requests.Session()
        self._requests.trust_env = False  # no proxy and no .netrc from the environment
        self._requests.headers.clear()
        self._requests.adapters.clear()
        for scheme in ("https://", "http://") if loopback else ("https://",):
            self._requests.mount(scheme, _Adapter(pool_maxsize=limit.requests))

    def exchange(
        self,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        into: BinaryIO,
        bounds: Bounds,
        deadline: float,
    ) -> Exchange:
        """One GET, its decoded body written `into` a seekable file. `deadline` is on time.monotonic().

        Raises Flaw, whose words may quote the address and the headers; and what RateLimit.place raises.
        """
        with _Watch(deadline, bounds, self._loopback) as watch:
            try:
                return self._follow(url, params, headers, into, watch)
            except Flaw as found:
                flaw = found
            except (requests.RequestException, HTTPError) as error:
                flaw = Flaw(errors.Unreachable, f"{type(error).__name__}: {error}", "Check the network")
            # A connection that was cut looks like any other broken one.
            cut = watch.expired and flaw.error in (errors.Unreachable, errors.Truncated)
            raise watch.late() if cut else flaw

    def _follow(
        self, url: str, params: Mapping[str, str], headers: Mapping[str, str], into: BinaryIO, watch: _Watch
    ) -> Exchange:
        request = self._prepared(url, headers, params)
        first = str(request.url)
        for hop in range(MOST_HOPS + 1):
            here = str(request.url)
            if reason := self._refuses(here):
                kind = errors.ForeignRedirect if hop else errors.AddressRefused
                raise Flaw(
                    kind, f"{'redirected: ' if hop else ''}{reason}", "If the source has moved, change its address"
                )
            with closing(self._send(request, watch)) as response:
                if response.status_code not in REDIRECTS:
                    status, size = response.status_code, self._read(response, headers, into, watch)
                    return Exchange(status, size, first, here, dict(response.headers))
                if not (location := response.headers.get("location")):
                    raise Flaw(errors.Refused, f"{response.status_code} that leads nowhere", AGAIN_LATER)
            request = self._prepared(urljoin(here, location), headers, {})
            if parse_url(str(request.url)).host != parse_url(first).host:
                for name in self._secret_headers & {name.lower() for name in request.headers}:
                    del request.headers[name]
        raise Flaw(errors.Refused, f"more than {MOST_HOPS} redirects", "Ask for the final address")

    def _prepared(self, url: str, headers: Mapping[str, str], params: Mapping[str, str]) -> requests.PreparedRequest:
        try:
            request = requests.Request("GET", url, dict(headers), params=dict(params))
            return self._requests.prepare_request(request)
        except (requests.RequestException, ValueError):
            raise Flaw(errors.AddressRefused, "this is no address", "Check how it was put together") from None

    def _refuses(self, url: str) -> str | None:
        """Why `url` may not be asked, or None."""
        parts = parse_url(url)
        if parts.scheme != "https" and not (self._loopback and parts.scheme == "http"):
            return "only HTTPS is asked"
        if parts.auth is not None or (parts.port not in (None, 443) and not self._loopback):
            return "an address may hold no user name and no other port"
        if parts.host not in self._hosts:
            return f"{parts.host} is none of {', '.join(sorted(self._hosts))}"
        return None

    def _send(self, request: requests.PreparedRequest, watch: _Watch) -> requests.Response:
        adapter = self._requests.get_adapter(str(request.url))
        with self._limit.place(watch.deadline) as watch.place:
            left = max(watch.deadline - time.monotonic(), 0.001)
            timeout = (min(watch.bounds.connect_seconds, left), min(watch.bounds.read_seconds, left))
            return adapter.send(request, stream=True, timeout=timeout, verify=True)

    def _read(self, response: requests.Response, sent: Mapping[str, str], into: BinaryIO, watch: _Watch) -> int:
        status, bounds = response.status_code, watch.bounds
        encoding = response.headers.get("content-encoding", "").strip().lower()
        conditional = {"if-none-match", "if-modified-since"} & {name.lower() for name in sent}
        if status != 200 and not (status == 304 and conditional):
            page = io.BytesIO()
            with suppress(Flaw, HTTPError):  # what the page says matters less than its status
                answers.receive(_chunks(response), encoding, page, ERROR_PAGE_BYTES, ERROR_PAGE_BYTES)
            flaw = answers.refusal(status, page.getvalue(), _retry_after(response.headers.get("retry-after")))
            flaw.page = page.getvalue()
            raise flaw
        if status == 304:
            encoding = ""
        size = answers.receive(_chunks(response), encoding, into, bounds.most_bytes, bounds.most_decoded_bytes)
        if watch.expired:  # a cut connection can look like the end of the body
            raise watch.late()
        return size


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives: one read of the socket at a time, so that no drip holds us."""
    try:
        while chunk := response.raw.read1(CHUNK, decode_content=False):
            yield chunk
    except ProtocolError as error:
        raise Flaw(errors.Truncated, f"the body ends too early ({error})", AGAIN_LATER) from None


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, given in seconds or as a date; None when absent or unreadable."""
    try:
        return None if text is None else float(Retry().parse_retry_after(text))
    except InvalidHeader:
        return None


class _Watch:
    """Cuts the connection of one attempt at the deadline, wherever it hangs: handshake, headers or body."""

    def __init__(self, deadline: float, bounds: Bounds, loopback: bool) -> None:
        self.deadline, self.bounds, self.loopback, self.expired = deadline, bounds, loopback, False
        self.place = Place()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        _watches.current = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _watches.current = None

    def guard(self, connection: socket.socket) -> None:
        self._socket = connection
        if self.expired:
            self._cut()

    def _cut(self) -> None:
        self.expired = True
        if self._socket is not None:
            with suppress(OSError):
                # Below TLS: the reading thread still uses the TLS object above.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def late(self) -> Flaw:
        problem = f"no whole answer within {self.bounds.total_seconds:g} s"
        return Flaw(errors.DeadlineExceeded, problem, AGAIN_LATER)


_watches = threading.local()


class _Guarded(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        """Looks at the address really connected to, so that no name can lead into a private network."""
        connection = super()._new_conn()
        address = ipaddress.ip_address(connection.getpeername()[0].partition("%")[0])
        if not (address.is_global or (_watches.current.loopback and address.is_loopback)):
            connection.close()
            problem = f"{self.host} is at {address}, which is no public address"
            raise Flaw(errors.AddressRefused, problem, "Check the name service of this machine")
        _watches.current.guard(connection)
        return connection

    def getresponse(self) -> Any:
        """Called as soon as the request has been written, on a new connection and on one kept alive."""
        _watches.current.guard(self.sock)
        _watches.current.place.written()
        return super().getresponse()


class _GuardedTLS(_Guarded, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
