"""Asking a provider: one HTTP client and one limit each, its key, and its pages on their way into the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from ingestion.clock import now_utc
from ingestion.fetch.answers import AGAIN_LATER, Answer, Bounds
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.client import Client
from ingestion.fetch.http_errors import FetchError, ForeignRedirect, NotFound, UnknownSubject, Unreachable, WrongContent
from ingestion.fetch.limits import RateLimit
from ingestion.fetch.redaction import hide_bytes
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Target, Window

LOOPBACK = ("127.0.0.1",)
UNLIMITED = 1000
"""Requests a second behind which a test asks its own server."""
MOST_PAGES = 100

Page = tuple[Fetch, Any]
"""The record of a page, and what the provider parsed it to."""


class FeedClient:
    """How providers are asked: `archive` takes their answers, `keys` holds their keys by the name of the setting.

    `base_url` replaces every provider's address by ``<base_url>/<provider name>`` on this machine, for tests; their limits
    are then UNLIMITED unless `keeps_limits`. `limit_folder` is where the limits are counted, by default one folder for the
    user. May be used from several threads. Never shows a key.
    """

    def __init__(
        self,
        archive: Archive,
        keys: Mapping[str, str],
        *,
        base_url: str | None = None,
        limit_folder: Path | None = None,
        bounds: Bounds | None = None,
        keeps_limits: bool = False,
    ) -> None:
        self.archive = archive
        self._keys, self._base_url, self._bounds = dict(keys), base_url, bounds
        self._limit_folder, self._keeps_limits = limit_folder, keeps_limits
        self._clients: dict[str, Client] = {}
        self._turn = Lock()

    def __repr__(self) -> str:
        return f"FeedClient(keys: {', '.join(sorted(self._keys)) or 'none'})"

    def has_key(self, provider: Provider[Any]) -> bool:
        """Whether the provider can be asked: it needs no key, or there is one."""
        return provider.key_setting is None or bool(self.key(provider))

    def key(self, provider: Provider[Any]) -> str:
        """The provider's key; empty where it needs none or there is none."""
        return self._keys.get(provider.key_setting, "") if provider.key_setting else ""

    def _client(self, provider: Provider[Any]) -> Client:
        """The provider's own client behind its own limit, shared by all processes of this user."""
        with self._turn:
            if provider.name in self._clients:
                return self._clients[provider.name]
            requests, seconds = provider.requests, provider.seconds
            if self._base_url is not None and not self._keeps_limits:
                requests, seconds = UNLIMITED, 1.0
            self._clients[provider.name] = Client(
                RateLimit(f"feed-{provider.name}", requests=requests, seconds=seconds, folder=self._limit_folder),
                self._hosts(provider) if self._base_url is None else LOOPBACK,
                bounds=replace(self._bounds or Bounds(), attempts=1) if provider.is_asked_once else self._bounds,
                is_spent_by_429=provider.is_spent_by_429,
                secret_params=provider.secret_params,
                loopback_for_tests=self._base_url is not None,
            )
            return self._clients[provider.name]

    @staticmethod
    def _hosts(provider: Provider[Any]) -> list[str]:
        return [str(urlsplit(base).hostname) for base in (provider.base_url, *provider.mirrors)]

    def _bases(self, provider: Provider[Any]) -> list[str]:
        """The addresses of the provider; of the test server a folder by its name, for a mirror by its host."""
        if self._base_url is None:
            return [provider.base_url, *provider.mirrors]
        folders = [provider.name, *self._hosts(provider)[1:]]
        return [f"{self._base_url.rstrip('/')}/{folder}" for folder in folders]

    def ask(
        self, provider: Provider[Any], source: str, target: Target, window: Window, today: date, asked: list[Request]
    ) -> list[Page]:
        """Ask for all pages about `target` in `window` and archive them as the answer called `source`.

        Of an answer of several pages each is recorded as it comes, so that after a kill only the others are asked for, and
        the first one under `source` only when all are there: then the answer is whole. `asked` is given each request as it
        is sent. Raises a FetchError, QuotaExceeded and UnknownSubject among them; and ValueError where the provider's key
        is not set.
        """
        if not self.has_key(provider):
            raise ValueError(f"{provider.key_setting} is not set")
        pages: list[Page] = []
        seen: list[Request] = []
        request: Request | None = provider.request(target, window, self.key(provider), today)
        while request is not None:
            if request in seen or len(seen) == MOST_PAGES:
                raise WrongContent(source, f"the pages do not end, {len(seen)} so far", AGAIN_LATER)
            seen.append(request)
            place = f"{source}/page-{len(pages) + 1}"
            held = self.archive.held(place)
            if held is not None:
                page = held, provider.open(held, self.archive.get(held.sha256))
            else:
                asked.append(request)
                answer, document = self._answer(provider, place if pages else source, target, request)
                is_whole = not pages and provider.following(document, request) is None
                page = self._kept(provider, source if is_whole else place, target, answer), document
            pages.append(page)
            request = provider.following(page[1], request)
        first = pages[0][0]
        if first.source != source:
            content = self.archive.get(first.sha256)
            first = self.archive.put(source, content, fetched_at_utc=first.fetched_at_utc, request=first.request)
        return [(first, pages[0][1]), *pages[1:]]

    def _answer(self, provider: Provider[Any], source: str, target: Target, request: Request) -> tuple[Answer, Any]:
        parsed: list[Any] = []

        def check(content: bytes) -> None:
            parsed[:] = [provider.parse(content)]
            provider.check(parsed[0], target)

        def asked_at(base: str) -> Answer:
            url, client = f"{base}{request.path}", self._client(provider)
            try:
                return client.get(url, kind=provider.kind, headers=request.headers, params=request.params, check=check)
            except FetchError as error:
                if error.body:  # one that the check refuses is archived here, and never counts as an answer
                    refused = {"method": "GET", "url": error.source, "status": error.status, "refused": error.problem}
                    self.archive.put(f"refused/{source}", error.body, fetched_at_utc=now_utc(), request=refused)
                raise

        try:
            *others, last = self._bases(provider)
            for base in others:
                try:
                    answer = asked_at(base)
                    break
                except (Unreachable, ForeignRedirect):  # it has moved, or is about to
                    continue
            else:
                answer = asked_at(last)
        except NotFound as error:
            if not provider.knows_by_status:
                raise
            problem, remedy = f"there is no {target.symbol} ({error.status})", "Check it in ingestion/ledger/feed.csv"
            raise UnknownSubject(error.source, problem, remedy, status=error.status) from error
        return answer, parsed[0]

    def _kept(self, provider: Provider[Any], place: str, target: Target, answer: Answer) -> Fetch:
        told = {**answer.request, "symbols": {target.subject: target.symbol}}
        content = hide_bytes(answer.content, [self.key(provider)])  # some answers quote our key
        return self.archive.put(place, content, fetched_at_utc=answer.fetched_at_utc, request=told)
