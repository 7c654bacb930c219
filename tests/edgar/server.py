"""A server on this machine that speaks EDGAR's format, well or badly on request. Real sockets, nothing simulated in us."""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ingestion.edgar.client import BLOCK_MARKS, EdgarClient
from ingestion.fetch.answers import Bounds
from ingestion.fetch.archive import Archive
from ingestion.fetch.client import Client
from ingestion.fetch.limits import RateLimit

CONTACT = "tester@example.org"
# Small, so that what takes minutes with EDGAR takes a moment here.
QUICK = Bounds(
    attempts=3,
    total_seconds=5.0,
    connect_seconds=1.0,
    read_seconds=1.0,
    first_pause_seconds=0.01,
    longest_pause_seconds=0.05,
)
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

Fault = Callable[[Request, bytes], Response]


@dataclass(frozen=True)
class Arrival:
    """One request as the server saw it; `moment` on time.monotonic()."""

    moment: float
    path: str
    query: str
    headers: dict[str, str]
    status: int


class LocalServer:
    """An HTTP server on this machine that notes each request; what it answers, its kinds say."""

    def __init__(self) -> None:
        self._server = HTTPServer(host="127.0.0.1", port=0, threaded=True)
        self._lock = threading.Lock()
        self.reset()

    def __enter__(self) -> Self:
        self._server.start()
        self._server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.clear()
        self._server.stop()

    def reset(self) -> Self:
        """As just started: starting and stopping takes longer than most tests. What still answers then is forgotten."""
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self.arrivals: list[Arrival] = []
        self.latency_seconds = 0.0
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return int(self._server.port)

    def fail(self, asked: str, *faults: Fault) -> None:
        """The next answers at this path, or of this provider, one fault each; then it is served as it should be."""
        with self._lock:
            self._faults[asked].extend(faults)

    def _fault(self, asked: str) -> Fault | None:
        with self._lock:
            return self._faults[asked].popleft() if self._faults[asked] else None

    def _answer(self, request: Request) -> Response:
        moment, arrivals = time.monotonic(), self.arrivals
        time.sleep(self.latency_seconds)
        response = self._choose(request)
        query, headers = request.query_string.decode(), dict(request.headers)
        with self._lock:
            arrivals.append(Arrival(moment, request.path, query, headers, response.status_code))
        return response

    def _choose(self, request: Request) -> Response:
        raise NotImplementedError


class EdgarServer(LocalServer):
    """Serves what `put` was given, conditionally and compressed as EDGAR does; `fail` makes the next answers bad."""

    def reset(self) -> Self:
        self._bodies: dict[str, tuple[bytes, str, str]] = {}
        return super().reset()

    def put(self, path: str, body: bytes, *, etag: str | None = None) -> None:
        tag = etag or f'"{hashlib.md5(body).hexdigest()}"'
        self._bodies[path] = (body, tag, "Tue, 05 Aug 2025 02:00:00 GMT")

    def body(self, path: str) -> bytes:
        """What is served at `path`."""
        return self._bodies[path][0]

    def put_recorded(self, folder: Path) -> list[str]:
        """All answers recorded in ../shared/data/sec under the paths they were recorded from; returns the paths."""
        for file in sorted(folder.iterdir()):
            name = file.name.replace("_MSTR.json", ".json")
            if name.startswith("submissions_CIK") and file.suffix == ".json":
                self.put(f"/submissions/{name.removeprefix('submissions_')}", file.read_bytes())
            elif "companyfacts_CIK" in name:
                self.put(f"/api/xbrl/companyfacts/{name.partition('companyfacts_')[2]}", file.read_bytes())
            elif name.startswith("Archives_edgar_data_") and name.endswith("-index.html"):
                cik, accession = name.removeprefix("Archives_edgar_data_").split("_")
                self.put(f"/Archives/edgar/data/{cik}/{accession}", file.read_bytes())
        return sorted(self._bodies)

    def asked(self, path: str | None = None) -> int:
        return len([one for one in self.arrivals if path in (None, one.path)])

    def busiest(self, seconds: float = 1.0) -> int:
        """The most requests that arrived within any sliding window of `seconds`."""
        return busiest([one.moment for one in self.arrivals], seconds)

    def http(self, limit_folder: Path, bounds: Bounds = QUICK, requests: int = 1000) -> Client:
        limit = RateLimit("edgar", requests=requests, folder=limit_folder)
        return Client(limit, {"127.0.0.1"}, bounds=bounds, block_marks=BLOCK_MARKS, loopback_for_tests=True)

    def client(self, archive: Archive, limit_folder: Path, bounds: Bounds = QUICK, requests: int = 1000) -> EdgarClient:
        return EdgarClient(
            archive, CONTACT, requests=requests, bounds=bounds, limit_folder=limit_folder, base_url=self.url
        )

    def _choose(self, request: Request) -> Response:
        body, etag, modified = self._bodies.get(request.path, (b"", "", ""))
        if (fault := self._fault(request.path)) is not None:
            return fault(request, body)
        if request.path not in self._bodies:
            return no_such_key(request, body)
        headers = {"ETag": etag, "Last-Modified": modified, "Content-Type": _type(request.path)}
        asked = request.headers.get("If-None-Match")
        if asked == etag or (asked is None and request.headers.get("If-Modified-Since") == modified):
            return Response(status=304, headers=headers)
        if "gzip" in request.headers.get("Accept-Encoding", "") and not request.path.endswith(".zip"):
            return Response(gzip.compress(body, mtime=0), headers=headers | {"Content-Encoding": "gzip"})
        return Response(body, headers=headers)


def busiest(moments: list[float], seconds: float = 1.0) -> int:
    ordered = sorted(moments)
    return max((sum(start <= one < start + seconds for one in ordered) for start in ordered), default=0)


def status(code: int, *, retry_after: str | None = None, body: bytes = b"", kind: str = "text/plain") -> Fault:
    headers = {"Content-Type": kind} | ({"Retry-After": retry_after} if retry_after else {})
    return lambda request, _: Response(body, status=code, headers=headers)


def block_page(code: int = 403, title: str = "Request Rate Threshold Exceeded") -> Fault:
    page = f"<!DOCTYPE html>\n<html><head><title>SEC.gov | {title}</title></head><body><h1>{title}</h1></body></html>"
    return status(code, body=page.encode(), kind="text/html")


def access_denied(request: Request, _: bytes) -> Response:
    """As the object store behind EDGAR answers for what is not there yet."""
    body = XML_HEAD + "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return Response(body, status=403, content_type="application/xml")


def no_such_key(request: Request, _: bytes) -> Response:
    body = XML_HEAD + f"<Error><Code>NoSuchKey</Code><Key>{request.path[1:]}</Key></Error>"
    return Response(body, status=404, content_type="application/xml")


def page_instead(request: Request, _: bytes) -> Response:
    return Response("<html><head><title>Maintenance</title></head></html>", content_type="text/html")


def empty(request: Request, _: bytes) -> Response:
    return Response(b"", content_type="application/json")


def half_json(request: Request, body: bytes) -> Response:
    return Response(body[: len(body) // 2], content_type="application/json")


def half_gzip(request: Request, body: bytes) -> Response:
    """Whole as far as HTTP can tell, cut inside the compression."""
    packed = gzip.compress(body)
    return Response(
        packed[: len(packed) // 2], headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
    )


def garbled_gzip(request: Request, body: bytes) -> Response:
    packed = bytearray(gzip.compress(body))
    packed[len(packed) // 2] ^= 0xFF
    return Response(bytes(packed), headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


def short_length(request: Request, body: bytes) -> Response:
    """Promises more than it sends."""
    response = Response(body, content_type="application/json")
    response.headers["Content-Length"] = str(len(body) + 100)
    return response


def other_encoding(request: Request, body: bytes) -> Response:
    return Response(body, headers={"Content-Encoding": "br", "Content-Type": "application/json"})


def drip(pause_seconds: float, pieces: int = 1000) -> Fault:
    """A byte at a time, so that no single read ever waits long."""

    def slowly() -> Iterator[bytes]:
        for _ in range(pieces):
            yield b" "
            time.sleep(pause_seconds)

    return lambda request, _: Response(slowly(), content_type="application/json")


def silence(seconds: float) -> Fault:
    def late(request: Request, body: bytes) -> Response:
        time.sleep(seconds)
        return Response(body)

    return late


def redirect(to: str, code: int = 302) -> Fault:
    return lambda request, _: Response("moved", status=code, headers={"Location": to})


def bomb(decoded_bytes: int) -> Fault:
    """Little on the way, much once decompressed."""
    packed = gzip.compress(bytes(decoded_bytes))
    return lambda request, _: Response(packed, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


def _type(path: str) -> str:
    if path.endswith(".json"):
        return "application/json"
    return "application/zip" if path.endswith(".zip") else "text/html"
