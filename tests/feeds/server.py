"""A server on this machine in place of all providers of prices, network and macro data. Knows none of their formats.

A request for a provider arrives under `/<its name>/<path>`; what answers it is mounted (tests/feeds/formats/).
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from typing import Self

from werkzeug import Request, Response

from tests.edgar.server import Arrival, LocalServer

Handler = Callable[[str, Request], Response]
"""Answers the `path` behind the provider's name, with its leading slash and percent signs decoded."""


class FeedServer(LocalServer):
    """Serves what was mounted, compressed and conditionally where the answer is a 200; `fail` and `down` spoil it. The
    address of a provider is `f"{url}/{name}"`."""

    def reset(self) -> Self:
        self._handlers: dict[str, Handler] = {}
        self._down: set[str] = set()
        return super().reset()

    def mount(self, provider: str, handler: Handler) -> None:
        """From now on `handler` answers for `provider`."""
        self._handlers[provider] = handler

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

    def _choose(self, request: Request) -> Response:
        _, provider, path = request.path.split("/", 2) if request.path.count("/") > 1 else ("", request.path[1:], "")
        if provider in self._down:
            return Response("Service Unavailable", status=503, content_type="text/plain")
        fault = self._fault(provider)
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
