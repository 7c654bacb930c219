"""The one HTTP client: asks a source until it answers or time is up, and keeps secrets out of every word."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from typing import BinaryIO
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from ingestion.clock import now_utc
from ingestion.fetch import answers
from ingestion.fetch import http_errors as errors
from ingestion.fetch.answers import AGAIN_LATER, Answer, Bounds, Kind
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.http import Adapter, Watch, own_name
from ingestion.fetch.limits import RateLimit
from ingestion.fetch.redaction import SECRET_HEADERS, hide, quiet_urllib3, redact_headers, redact_url

REDIRECTS = {301, 302, 303, 307, 308}
MOST_HOPS = 5
# The header of an answer, and the header that asks whether it still holds.
VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}

Check = Callable[[bytes], None]
"""Looks at a whole body and raises a FetchError where it is an error under status 200. It also looks at the page of another status
below 500: what it finds there counts for more than the status, unless it finds WrongContent."""


class Client:
    """Requests to the `hosts` of one source behind its `limit`. May be used from several threads.

    Values of `secret_params` and of SECRET_HEADERS are sent and never written down; these headers do not follow a redirect
    to another host. `block_marks` are phrases by which the source's page for unwelcome callers is known even under status
    200 or 429. With `is_spent_by_429` that status says that the source gives nothing more for a while, and is never asked
    again at once. `loopback_for_tests` lets a test ask plain HTTP on this machine. All methods raise a FetchError; one that may pass
    is raised after the last attempt.
    """

    def __init__(
        self,
        limit: RateLimit,
        hosts: Collection[str],
        *,
        bounds: Bounds | None = None,
        secret_params: Collection[str] = (),
        block_marks: Collection[bytes] = (),
        is_spent_by_429: bool = False,
        loopback_for_tests: bool = False,
    ) -> None:
        self.limit, self.bounds, self.block_marks = limit, bounds or Bounds(), tuple(block_marks)
        self._is_spent_by_429 = is_spent_by_429
        self._hosts, self._loopback = frozenset(hosts), loopback_for_tests
        self._secret_params = frozenset(secret_params)
        self._requests = requests.Session()
        self._requests.trust_env = False  # no proxy and no .netrc from the environment
        self._requests.headers.clear()
        self._requests.adapters.clear()
        for scheme in ("https://", "http://") if loopback_for_tests else ("https://",):
            self._requests.mount(scheme, Adapter(pool_maxsize=limit.requests))
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
        check: Check | None = None,
    ) -> Answer:
        """The answer to GET `url`, not archived; its body goes `into` a seekable file when one is given, else into memory,
        where `check` looks at it. With If-None-Match or If-Modified-Since among the `headers` it may be a 304."""
        sent = {"User-Agent": own_name(), "Accept": "*/*", "Accept-Encoding": "gzip", **(headers or {})}
        bounds, body = bounds or self.bounds, into or io.BytesIO()
        secrets = self._secrets(params or {}, sent)
        deadline = time.monotonic() + bounds.total_seconds
        for attempt in range(1, bounds.attempts + 1):
            try:
                request = self._prepared(url, sent, params or {})
                response = self._exchange(request, body, bounds, deadline)
                if response.status_code == 200:
                    answers.check_kind(kind, body, self.block_marks)
                    if check is not None and isinstance(body, io.BytesIO):
                        _look(check, body.getvalue())
                break
            except errors.FetchError as found:
                if found.source:  # the limit's own, which never saw the request
                    raise
                error = self._spent(_as_told(found, check))
            self._spread(error, bounds)
            # Raised out here, so that nothing which quotes the address or a header hangs on to it.
            error = error.about(self._shown(url, secrets), secrets)
            # Exponential with full jitter, and never less than the server asked for.
            pause = random.uniform(
                0, min(bounds.first_pause_seconds * 2 ** (attempt - 1), bounds.longest_pause_seconds)
            )
            pause += error.retry_after or 0.0
            if not error.again or attempt == bounds.attempts or time.monotonic() + pause >= deadline:
                error.add_note(f"Attempts: {attempt}.")
                raise error
            time.sleep(pause)
        is_whole = response.status_code == 200
        told = {
            "method": "GET",
            "url": self._shown(str(request.url), secrets),
            "final_url": self._shown(response.url, secrets),
            "status": response.status_code,
            "request_headers": self._noted(sent, secrets),
            "headers": self._noted(response.headers, secrets),
        }
        content = body.getvalue() if is_whole and isinstance(body, io.BytesIO) else b""
        return Answer(response.status_code, content, now_utc(), told)

    def fetch(
        self,
        archive: Archive,
        source: str,
        url: str,
        *,
        kind: Kind,
        headers: Mapping[str, str],
        bounds: Bounds | None = None,
        on_disk: bool = False,
    ) -> Fetch:
        """The newest answer at `url`, archived as `source`: the one that the archive holds already where nothing changed.

        Asks conditionally where the archive holds an earlier answer with an ETag or a date. With `on_disk` the answer is
        never held in memory.
        """
        held = archive.held(source)
        asked = {**headers, **_conditions(archive, held)}
        with archive.scratch() as path, open(path, "w+b") if on_disk else io.BytesIO() as into:
            answer = self.get(url, kind=kind, headers=asked, into=into, bounds=bounds)
            if held is not None and answer.status == 304:
                return held
            into.flush()
            stored = path if on_disk else answer.content
            fetch = archive.put(source, stored, fetched_at_utc=answer.fetched_at_utc, request=answer.request)
        if held is not None and fetch.sha256 == held.sha256:
            # The same bytes under another tag or date: ask with these from now on, or every day costs the whole answer.
            archive.remember(source, {**_validators(answer.request), "sha256": fetch.sha256})
        return fetch

    def _prepared(self, url: str, headers: Mapping[str, str], params: Mapping[str, str]) -> requests.PreparedRequest:
        try:
            return self._requests.prepare_request(requests.Request("GET", url, dict(headers), params=dict(params)))
        except (requests.RequestException, ValueError):
            raise errors.AddressRefused("", "this is no address", "Check how it was put together") from None

    def _exchange(
        self, request: requests.PreparedRequest, into: BinaryIO, bounds: Bounds, deadline: float
    ) -> requests.Response:
        """One attempt, redirects followed, the decoded body written `into`; raises a FetchError without an address,
        whose words may quote it and the headers, and what RateLimit.place raises."""
        with Watch(deadline, loopback=self._loopback) as watch:
            try:
                return self._follow(request, into, bounds, watch, deadline)
            except errors.FetchError as found:
                error = found
            except (requests.RequestException, HTTPError) as broken:
                error = errors.Unreachable("", f"{type(broken).__name__}: {broken}", "Check the network")
            # A connection that was cut looks like any other broken one.
            is_cut = watch.expired and isinstance(error, errors.Unreachable | errors.Truncated)
            raise answers.late(bounds) if is_cut else error

    def _follow(
        self, request: requests.PreparedRequest, into: BinaryIO, bounds: Bounds, watch: Watch, deadline: float
    ) -> requests.Response:
        first = parse_url(str(request.url)).host
        for hop in range(MOST_HOPS + 1):
            here = str(request.url)
            if reason := self._refuses(here):
                kind, told = (errors.ForeignRedirect, "redirected: ") if hop else (errors.AddressRefused, "")
                raise kind("", told + reason, "If the source has moved, change its address")
            left = max(deadline - time.monotonic(), 0.001)
            timeout = min(bounds.connect_seconds, left), min(bounds.read_seconds, left)
            with self.limit.place(deadline) as watch.place:
                adapter = self._requests.get_adapter(here)
                response = adapter.send(request, stream=True, timeout=timeout, verify=True)
            with closing(response):
                if response.status_code not in REDIRECTS:
                    answers.receive(response, into, bounds, self.block_marks)
                    if watch.expired:  # a cut connection can look like the end of the body
                        raise answers.late(bounds)
                    return response
                if not (location := response.headers.get("location")):
                    raise errors.Refused("", f"{response.status_code} that leads nowhere", AGAIN_LATER)
            request = self._prepared(urljoin(here, location), request.headers, {})
            if parse_url(str(request.url)).host != first:
                for name in SECRET_HEADERS & {name.lower() for name in request.headers}:
                    del request.headers[name]
        raise errors.Refused("", f"more than {MOST_HOPS} redirects", "Ask for the final address")

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

    def _spent(self, error: errors.FetchError) -> errors.FetchError:
        """The error as the source's manners have it."""
        if not (self._is_spent_by_429 and error.status == 429 and error.again):
            return error
        problem, remedy = f"{error.problem}: it gives nothing more for a while", "It is asked again by the next run"
        return errors.QuotaExceeded("", problem, remedy, status=429, retry_after=error.retry_after)

    def _spread(self, error: errors.FetchError, bounds: Bounds) -> None:
        """What one request learned about the source holds for all that share the limit."""
        if isinstance(error, errors.Blocked):
            self.limit.hold(bounds.closed_seconds, error.problem)
        elif error.status in (200, 429, 503) and error.retry_after:
            self.limit.hold(error.retry_after)

    def _secrets(self, params: Mapping[str, str], headers: Mapping[str, str]) -> list[str]:
        found = [value for name, value in params.items() if name in self._secret_params]
        for value in (value for name, value in headers.items() if name.lower() in SECRET_HEADERS):
            found += [value, *value.split()[-1:]]  # the key behind "Token " or "Bearer ", too
        return found

    def _shown(self, url: str, secrets: list[str]) -> str:
        return hide(redact_url(url, self._secret_params), secrets)

    def _noted(self, headers: Mapping[str, str], secrets: list[str]) -> dict[str, str]:
        kept = redact_headers(headers)
        return {name: hide(value, secrets) for name, value in kept.items()}


def _look(check: Check, body: bytes) -> None:
    """Raises the error that `check` finds, with the body that it refuses."""
    try:
        check(body)
    except errors.FetchError as told:
        told.body = body
        raise


def _as_told(error: errors.FetchError, check: Check | None) -> errors.FetchError:
    """What an error page says of itself; the error as its status has it where the page says nothing."""
    if check is not None and error.page and (error.status or 0) < 500:
        try:
            _look(check, error.page)
        except errors.FetchError as told:
            if not isinstance(told, errors.WrongContent):
                told.status, told.retry_after = error.status, error.retry_after or told.retry_after
                return told
    return error


def _conditions(archive: Archive, held: Fetch | None) -> dict[str, str]:
    """Headers that ask whether the answer that is held is still the newest."""
    if held is None:
        return {}
    notes = archive.remembered(held.source)
    known = notes if notes.get("sha256") == held.sha256 else _validators(held.request)
    return {asked: known[name] for name, asked in VALIDATORS.items() if name in known}


def _validators(request: Mapping[str, object]) -> dict[str, str]:
    headers = request.get("headers")
    if not isinstance(headers, Mapping):
        return {}
    return {name: str(headers[name]) for name in VALIDATORS if headers.get(name)}
