"""Asking a source until it answers or time is up: attempts, pauses, one deadline, secrets kept out of every word.

The exchange itself is in ingestion/fetch/http.py.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import BinaryIO

import tenacity

from ingestion.fetch import answers
from ingestion.fetch import http_errors as errors
from ingestion.fetch.answers import Answer, Bounds, Flaw, Kind
from ingestion.fetch.http import Exchange, Wire
from ingestion.fetch.limits import RateLimit
from ingestion.fetch.redaction import ALWAYS_SECRET, hide, quiet_urllib3, redact_headers, redact_url


class Session:
    """Requests to the `hosts` of one source behind its `limit`. May be used from several threads.

    Values of `secret_params` and `secret_headers` are sent and never written down. `block_marks` are phrases by which
    the source's page for unwelcome callers is known even under status 200. `loopback_for_tests` lets a test ask plain
    HTTP on this machine.
    """

    def __init__(
        self,
        limit: RateLimit,
        hosts: Collection[str],
        *,
        bounds: Bounds | None = None,
        secret_params: Collection[str] = (),
        secret_headers: Collection[str] = (),
        block_marks: Collection[bytes] = (),
        loopback_for_tests: bool = False,
    ) -> None:
        self.limit, self.bounds, self.block_marks = limit, bounds or Bounds(), tuple(block_marks)
        self._secret_params = frozenset(secret_params)
        self._secret_headers = ALWAYS_SECRET | {name.lower() for name in secret_headers}
        self._wire = Wire(limit, hosts, self._secret_headers, loopback_for_tests)
        quiet_urllib3()

    def get(
        self,
        url: str,
        *,
        kind: Kind,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        into: BinaryIO | None = None,
        bounds: Bounds | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> Answer:
        """The answer to GET `url`; its body goes `into` a seekable file when one is given, else into memory.

        Raises a FetchError; one that may pass is raised after the last attempt. With If-None-Match or
        If-Modified-Since among the `headers` the answer may be a 304. `check` looks at a whole body in memory and raises
        Flaw where it is an error under status 200; the error raised then carries the body. It also looks at the page of
        another status below 500: what it finds there counts for more than the status, unless it finds WrongContent.
        """
        sent = {"Accept": "*/*", "Accept-Encoding": "gzip", **(headers or {})}
        bounds, body, asked = bounds or self.bounds, into or io.BytesIO(), params or {}
        secrets = [value for name, value in asked.items() if name in self._secret_params]
        for value in (value for name, value in sent.items() if name.lower() in self._secret_headers):
            secrets += [value, value.split()[-1]] if value.split() else []  # the key behind "Token " or "Bearer ", too
        deadline = time.monotonic() + bounds.total_seconds

        def once() -> Exchange:
            refused = b""
            try:
                done = self._wire.exchange(url, asked, sent, body, bounds, deadline)
                if done.status == 200:
                    answers.check_kind(kind, body, done.size, self.block_marks)
                    if check is not None and isinstance(body, io.BytesIO):
                        refused = body.getvalue()
                        check(refused)
                return done
            except Flaw as found:
                flaw = found
            if flaw.page and check is not None and (flaw.status or 0) < 500:
                flaw, refused = _as_told(flaw, check)
            self._spread(flaw, bounds)
            # Raised out here, so that nothing which quotes the address or a header hangs on to it.
            error = flaw.error(
                self._shown(url, secrets),
                hide(flaw.problem, secrets),
                flaw.remedy,
                status=flaw.status,
                retry_after=flaw.retry_after,
            )
            # Some sources quote the key in the body by which they refuse it.
            text = refused.decode("utf-8", "surrogateescape")
            error.body = hide(text, secrets).encode("utf-8", "surrogateescape")
            raise error

        trying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, errors.FetchError) and error.again),
            stop=tenacity.stop_after_attempt(bounds.attempts) | tenacity.stop_before_delay(bounds.total_seconds),
            wait=lambda state: _pause(state, bounds),
            reraise=True,
        )
        try:
            done = trying(once)
        except errors.FetchError as error:
            error.add_note(f"Attempts: {trying.statistics['attempt_number']}.")
            raise
        content = body.getvalue() if isinstance(body, io.BytesIO) and done.status == 200 else b""
        request = {
            "method": "GET",
            "url": self._shown(done.url, secrets),
            "final_url": self._shown(done.final_url, secrets),
            "status": done.status,
            "request_headers": self._noted(sent, secrets),
            "headers": self._noted(done.headers, secrets),
        }
        return Answer(done.status, content, done.size, datetime.now(UTC).replace(tzinfo=None), request)

    def _spread(self, flaw: Flaw, bounds: Bounds) -> None:
        """What one request learned about the source holds for all that share the limit."""
        if flaw.error is errors.Blocked:
            self.limit.close(bounds.closed_seconds, flaw.problem)
        elif flaw.status in (200, 429, 503) and flaw.retry_after:
            self.limit.pause(flaw.retry_after)

    def _shown(self, url: str, secrets: list[str]) -> str:
        return hide(redact_url(url, self._secret_params), secrets)

    def _noted(self, headers: Mapping[str, str], secrets: list[str]) -> dict[str, str]:
        kept = redact_headers(headers, self._secret_headers)
        return {name: hide(value, secrets) for name, value in kept.items()}


def _as_told(flaw: Flaw, check: Callable[[bytes], None]) -> tuple[Flaw, bytes]:
    """What an error page says of itself, and the page; the flaw as its status has it where the page says nothing."""
    try:
        check(flaw.page)
    except Flaw as told:
        if told.error is not errors.WrongContent:
            told.status, told.retry_after = flaw.status, flaw.retry_after or told.retry_after
            return told, flaw.page
    return flaw, b""


def _pause(state: tenacity.RetryCallState, bounds: Bounds) -> float:
    """Exponential with full jitter, and never less than the server asked for."""
    jitter = tenacity.wait_random_exponential(bounds.first_pause_seconds, bounds.longest_pause_seconds)(state)
    error = state.outcome.exception() if state.outcome else None
    return jitter + ((error.retry_after or 0.0) if isinstance(error, errors.FetchError) else 0.0)
