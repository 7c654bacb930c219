"""What an answer may be: its bounds, its body decompressed under caps and checked for its kind, what a refusal means."""

from __future__ import annotations

import io
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal

import requests
from urllib3.exceptions import HTTPError, InvalidHeader, ProtocolError
from urllib3.util import Retry

from ingestion.fetch import http_errors as errors

Kind = Literal["json", "zip", "document"]
STEP = 1 << 16
ERROR_PAGE_BYTES = 1 << 18
AGAIN_LATER = "Try again later"


@dataclass(frozen=True)
class Bounds:
    """How long and how often one request is tried, and how much it may bring. Seconds and bytes.

    `total_seconds` covers everything: waiting for a place, all attempts, all pauses, the slowest body.
    """

    attempts: int = 5
    total_seconds: float = 120.0
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 20.0
    most_bytes: int = 256 << 20
    most_decoded_bytes: int = 512 << 20
    closed_seconds: float = 600.0


@dataclass(frozen=True)
class Answer:
    """An answer of status 200 with its whole body, or of 304 with none.

    `content` is the body as sent, after content decoding; empty when it went into a file. `request` is what
    the archive writes down: method, address, status and headers of both sides, without secrets. Times are naive UTC.
    """

    status: int
    content: bytes
    fetched_at_utc: datetime
    request: Mapping[str, object]


def receive(response: requests.Response, into: BinaryIO, bounds: Bounds, block_marks: Collection[bytes] = ()) -> None:
    """Writes the decoded body `into` from its start, nothing of a 304; raises FetchError, also for any status but these.
    By `block_marks` the source's page for unwelcome callers is known under 429, too."""
    status, encoding = response.status_code, response.headers.get("content-encoding", "").strip().lower()
    asked = {name.lower() for name in response.request.headers}
    if status == 200 or (status == 304 and asked & {"if-none-match", "if-modified-since"}):
        encoding = "" if status == 304 else encoding
        decode(_chunks(response), encoding, into, bounds.most_bytes, bounds.most_decoded_bytes)
        return
    page = io.BytesIO()
    with suppress(errors.FetchError, HTTPError):  # what the page says matters less than its status
        decode(_chunks(response), encoding, page, ERROR_PAGE_BYTES, ERROR_PAGE_BYTES)
    if status == 429 and _is_block(page.getvalue(), block_marks):
        raise _blocked(status, page.getvalue())
    raise _refusal(status, page.getvalue(), _retry_after(response.headers.get("retry-after")))


def decode(chunks: Iterable[bytes], encoding: str, into: BinaryIO, most: int, most_decoded: int) -> None:
    """Writes the decompressed `chunks` into `into` from its start. Raises FetchError."""
    into.seek(0)
    into.truncate()
    size = 0
    for part in _decoded(_capped(chunks, most), encoding):
        size += len(part)
        if size > most_decoded:
            raise _too_large(f"more than {most_decoded:,} bytes once decompressed")
        into.write(part)


def late(bounds: Bounds) -> errors.FetchError:
    return errors.DeadlineExceeded("", f"no whole answer within {bounds.total_seconds:g} s", AGAIN_LATER)


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives: one read of the socket at a time, so that no drip holds us."""
    try:
        while chunk := response.raw.read1(STEP, decode_content=False):
            yield chunk
    except ProtocolError as error:
        raise errors.Truncated("", f"the body ends too early ({error})", AGAIN_LATER) from None


def _retry_after(text: str | None) -> float | None:
    """Seconds of a Retry-After header, given in seconds or as a date; None when absent or unreadable."""
    try:
        return None if text is None else float(Retry().parse_retry_after(text))
    except InvalidHeader:
        return None


def _capped(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > most:
            raise _too_large(f"more than {most:,} bytes sent")
        yield chunk


def _too_large(problem: str) -> errors.FetchError:
    return errors.TooLarge("", problem, "Raise the cap if this is right")


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip"):
        raise errors.WrongContent("", f"content encoding {encoding!r}, asked for gzip", AGAIN_LATER)
    gunzip, begun = zlib.decompressobj(wbits=31), False
    try:
        for chunk in chunks:
            while chunk:
                if gunzip.eof:  # a gzip body may consist of several members
                    gunzip = zlib.decompressobj(wbits=31)
                begun = True
                yield gunzip.decompress(chunk, STEP)
                chunk = gunzip.unconsumed_tail or gunzip.unused_data
    except zlib.error as error:
        raise errors.Truncated("", f"the compressed body is damaged ({error})", AGAIN_LATER) from None
    if begun and not gunzip.eof:
        raise errors.Truncated("", "the compressed body ends too early", AGAIN_LATER)


def check_kind(kind: Kind, body: BinaryIO, block_marks: Iterable[bytes]) -> None:
    """Raises FetchError when the body is not what the address stands for."""
    body.seek(0)
    head = body.read(4096)
    body.seek(max(body.seek(0, io.SEEK_END) - 64, 0))
    tail = body.read().rstrip()
    if _is_block(head, block_marks):
        raise _blocked(200)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    error: type[errors.FetchError] = errors.WrongContent
    problem = ""
    if not start:
        problem = "an empty body"
    elif kind == "json" and start[:1] not in (b"{", b"["):
        problem = f"no JSON; the body begins {start[:40]!r}"
    elif kind == "json" and tail[-1:] not in (b"}", b"]"):
        error, problem = errors.Truncated, f"the JSON does not end; its last bytes are {tail[-40:]!r}"
    elif kind == "zip" and not head.startswith(b"PK\x03\x04"):
        problem = f"no zip file; the body begins {start[:40]!r}"
    if problem:
        body.seek(0)
        raise error("", problem, AGAIN_LATER, status=200, page=body.read(ERROR_PAGE_BYTES))


def _is_block(page: bytes, marks: Iterable[bytes]) -> bool:
    return any(mark.lower() in page.lower() for mark in marks)


def _refusal(status: int, page: bytes, retry_after: float | None) -> errors.FetchError:
    error: type[errors.FetchError] = errors.Refused
    problem, remedy = f"the server answered {status}", "Check the address and the parameters"
    if status == 403 and b"<Code>AccessDenied</Code>" in page:
        error, problem = errors.NotPublishedYet, "nothing is published at this address (403, AccessDenied)"
        remedy = "Try again once the source has published it"
    elif status == 403:
        return _blocked(status, page)
    elif status in (404, 410):
        error, problem = errors.NotFound, f"there is nothing at this address ({status})"
        remedy = "Check the address"
    elif status in (408, 429) or status >= 500:
        error, remedy = errors.Unavailable, AGAIN_LATER
        problem += "" if retry_after is None else f", and asks for a pause of {retry_after:.0f} s"
    return error("", problem, remedy, status=status, retry_after=retry_after, page=page)


def _blocked(status: int, page: bytes = b"") -> errors.FetchError:
    problem = f"the source has shut us out ({status})"
    remedy = "Nothing is asked of it for ten minutes. Many sources refuse the addresses of clouds for good: then ask from another"
    return errors.Blocked("", problem, remedy, status=status, page=page)
