"""An answer: its bounds, its body decompressed under caps and checked for its kind, what a refusal means. Opens nothing."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal

from ingestion.fetch import http_errors as errors

Kind = Literal["json", "zip", "document"]
STEP = 1 << 16


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

    `content` is the body as sent, after content decoding; empty when it went into a file. `request` is what the
    archive writes down: method, address, status and headers of both sides, without secrets. Times are naive UTC.
    """

    status: int
    content: bytes
    size: int
    fetched_at_utc: datetime
    request: Mapping[str, object]


class Flaw(Exception):
    """What is wrong with an answer: the error to raise, before it is known which address to name in it.

    `page` is what came with a status other than 200 and 304, as far as it was read.
    """

    def __init__(
        self,
        error: type[errors.FetchError],
        problem: str,
        remedy: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(problem)
        self.page = b""
        self.error, self.problem, self.remedy, self.status, self.retry_after = (
            error,
            problem,
            remedy,
            status,
            retry_after,
        )


AGAIN_LATER = "Try again later"


def receive(chunks: Iterable[bytes], encoding: str, into: BinaryIO, most: int, most_decoded: int) -> int:
    """Writes the decoded body into `into` from its start; returns its size. Raises Flaw."""
    into.seek(0)
    into.truncate()
    size = 0
    for part in _decoded(_capped(chunks, most), encoding):
        size += len(part)
        if size > most_decoded:
            raise Flaw(
                errors.TooLarge, f"more than {most_decoded:,} bytes once decompressed", "Raise the cap if this is right"
            )
        into.write(part)
    return size


def _capped(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        if received > most:
            raise Flaw(errors.TooLarge, f"more than {most:,} bytes sent", "Raise the cap if this is right")
        yield chunk


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Flaw(errors.WrongContent, f"content encoding {encoding!r}, asked for gzip", AGAIN_LATER)
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
        raise Flaw(errors.Truncated, f"the compressed body is damaged ({error})", AGAIN_LATER) from None
    if begun and not gunzip.eof:
        raise Flaw(errors.Truncated, "the compressed body ends too early", AGAIN_LATER)


def check_kind(kind: Kind, body: BinaryIO, size: int, block_marks: Iterable[bytes]) -> None:
    """Raises Flaw when the body is not what the address stands for."""
    body.seek(0)
    head = body.read(4096)
    body.seek(max(size - 64, 0))
    tail = body.read().rstrip()
    if any(mark.lower() in head.lower() for mark in block_marks):
        raise blocked(200)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise Flaw(errors.WrongContent, "an empty body", AGAIN_LATER, status=200)
    if kind == "json" and start[:1] not in (b"{", b"["):
        raise Flaw(errors.WrongContent, f"no JSON; the body begins {start[:40]!r}", AGAIN_LATER, status=200)
    if kind == "json" and tail[-1:] not in (b"}", b"]"):
        raise Flaw(
            errors.Truncated, f"the JSON does not end; its last bytes are {tail[-40:]!r}", AGAIN_LATER, status=200
        )
    if kind == "zip" and not head.startswith(b"PK\x03\x04"):
        raise Flaw(errors.WrongContent, f"no zip file; the body begins {start[:40]!r}", AGAIN_LATER, status=200)


def refusal(status: int, body: bytes, retry_after: float | None) -> Flaw:
    """What an answer other than 200 and 304 means."""
    if status == 403 and b"<Code>AccessDenied</Code>" in body:
        return Flaw(
            errors.NotPublishedYet,
            "nothing is published at this address (403, AccessDenied)",
            "Try again once the source has published it",
            status=status,
        )
    if status == 403:
        return blocked(status)
    if status in (404, 410):
        return Flaw(errors.NotFound, f"there is nothing at this address ({status})", "Check the address", status=status)
    if status in (408, 429) or status >= 500:
        asked = "" if retry_after is None else f", and asks for a pause of {retry_after:.0f} s"
        return Flaw(
            errors.Unavailable,
            f"the server answered {status}{asked}",
            AGAIN_LATER,
            status=status,
            retry_after=retry_after,
        )
    return Flaw(errors.Refused, f"the server answered {status}", "Check the address and the parameters", status=status)


def blocked(status: int) -> Flaw:
    return Flaw(
        errors.Blocked,
        f"the source has shut us out ({status})",
        "Stop asking, check the contact address and the limit, and wait at least ten minutes",
        status=status,
    )
