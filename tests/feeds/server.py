"""A server on this machine in place of all providers of prices, network and macro data. Knows none of their formats.

A request for a provider arrives under `/<its name>/<path>`; what answers it is mounted (tests/feeds/formats/).
"""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from types import TracebackType

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.edgar.server import Arrival, Fault

Handler = Callable[[str, Request], Response]
"""Answers the `path` behind the provider's name, with its leading slash and percent signs decoded."""


class FeedServer:
    """Serves what was mounted, compressed and conditionally where the answer is a 200; `fail` and `down` spoil it."""

    def __init__(self) -> None:
        self._server = HTTPServer(host="127.0.0.1", port=0, threaded=True)
        self._lock = threading.Lock()
        self.reset()

    def __enter__(self) -> FeedServer:
        self._server.start()
        self._server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.clear()
        self._server.stop()

    def reset(self) -> FeedServer:
        """As just started: nothing mounted, nothing asked. What still answers then is forgotten."""
        self._handlers: dict[str, Handler] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._down: set[str] = set()
        self.arrivals: list[Arrival] = []
        self.latency_seconds = 0.0
        return self

    @property
    def url(self) -> str:
        """The address of the server; that of a provider is `f"{url}/{name}"`."""
        return f"http://127.0.0.1:{self._server.port}"

    def mount(self, provider: str, handler: Handler) -> None:
        """From now on `handler` answers for `provider`."""
        self._handlers[provider] = handler

    def fail(self, provider: str, *faults: Fault) -> None:
        """The next answers of `provider`, one fault each; then it answers as it should."""
        with self._lock:
            self._faults[provider].extend(faults)

    def down(self, *providers: str) -> None:
        """503 to whatever these are asked, until `up`."""
        self._down |= set(providers)

    def up(self, *providers: str) -> None:
        self._down -= set(providers)

    def asked(self, provider: str | None = None) -> int:
        """How often `provider` was asked, all of them without one."""
        return len(self.requests_of(provider))

    def requests_of(self, provider: str | None = None) -> list[Arrival]:
        """The requests for `provider`, of all without one, in the order in which they were answered."""
        return [one for one in self.arrivals if provider is None or one.path.startswith(f"/{provider}/")]

    def _answer(self, request: Request) -> Response:
        moment, arrivals = time.monotonic(), self.arrivals
        if self.latency_seconds:
            time.sleep(self.latency_seconds)
        response = self._choose(request)
        arrival = Arrival(
            moment, request.path, request.query_string.decode(), dict(request.headers), response.status_code
        )
        with self._lock:
            arrivals.append(arrival)
        return response

    def _choose(self, request: Request) -> Response:
        _, provider, path = request.path.split("/", 2) if request.path.count("/") > 1 else ("", request.path[1:], "")
        if provider in self._down:
            return Response("Service Unavailable", status=503, content_type="text/plain")
        with self._lock:
            fault = self._faults[provider].popleft() if self._faults[provider] else None
        handler = self._handlers.get(provider)
        if handler is None:
            whole = Response(f"{provider} is not mounted", status=404, content_type="text/plain")
        else:
            whole = handler(f"/{path}", request)
        return _as_servers_do(request, whole) if fault is None else fault(request, whole.get_data())


def _as_servers_do(request: Request, whole: Response) -> Response:
    """304 where the caller holds these bytes; gzip where it is understood."""
    if whole.status_code != 200 or whole.is_streamed:
        return whole
    body = whole.get_data()
    whole.headers.setdefault("ETag", f'"{hashlib.md5(body).hexdigest()}"')
    if request.headers.get("If-None-Match") == whole.headers["ETag"]:
        return Response(status=304, headers={"ETag": whole.headers["ETag"]})
    if body and "gzip" in request.headers.get("Accept-Encoding", "") and "Content-Encoding" not in whole.headers:
        whole.set_data(gzip.compress(body, mtime=0))
        whole.headers["Content-Encoding"] = "gzip"
    return whole
