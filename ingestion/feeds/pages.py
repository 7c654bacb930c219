"""The pages of one answer on their way into the archive. Reads none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from ingestion.feeds.client import FeedClient
from ingestion.feeds.provider import Provider
from ingestion.fetch.answers import Kind
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.redaction import hide


class Pages:
    """Asks for the pages of the answer called `source` as a provider wants them; see `Ask` in feeds/provider.py.

    The bytes of each page are stored before anyone reads them. The answer counts as archived when `finish` is called: the
    first page is recorded under `source` only then. Of an answer of several pages each is also recorded as it comes, so
    that after a kill only the others are asked for. `about` is written down with each page.
    """

    def __init__(self, client: FeedClient, provider: Provider, source: str, about: Mapping[str, object]) -> None:
        self._client, self._provider, self._source, self._about = client, provider, source, dict(about)
        self._archive: Archive = client.archive
        self.pages: list[tuple[Fetch, bytes]] = []
        self.requests = 0

    def __call__(
        self,
        path: str,
        *,
        kind: Kind,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> tuple[Fetch, bytes]:
        number = len(self.pages) + 1
        if number == 2:
            self._record(f"{self._source}/page-1", *self.pages[0])
        place = f"{self._source}/page-{number}"
        page = self._held(place)
        if page is None:
            url = self._client.url(self._provider, path)
            page = self._asked(self._source if number == 1 else place, url, kind, params, headers or {}, check)
            if number > 1:
                page = (self._record(place, *page), page[1])
        if number == 1:
            page = (replace(page[0], source=self._source), page[1])
        self.pages.append(page)
        return page

    def finish(self) -> None:
        """The answer is whole."""
        if self.pages:
            fetch, content = self.pages[0]
            self.pages[0] = (self._record(self._source, fetch, content), content)

    def _asked(
        self,
        place: str,
        url: str,
        kind: Kind,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        check: Callable[[bytes], None] | None,
    ) -> tuple[Fetch, bytes]:
        http = self._client.session(self._provider)
        self.requests += 1
        answer = http.answer(self._archive, place, url, kind=kind, headers=headers, params=params, check=check)
        content = _without(answer.content, self._client.key(self._provider))
        now_utc = datetime.now(UTC).replace(tzinfo=None)
        request = {**answer.request, **self._about}
        fetch = Fetch(place, self._archive.keep(content), len(content), answer.fetched_at_utc, now_utc, request)
        return fetch, content

    def _held(self, place: str) -> tuple[Fetch, bytes] | None:
        fetch = self._archive.latest(place)
        if fetch is None or not self._archive.holds(fetch.sha256):
            return None
        return fetch, self._archive.get(fetch.sha256)

    def _record(self, place: str, fetch: Fetch, content: bytes) -> Fetch:
        return self._archive.put(place, content, fetched_at_utc=fetch.fetched_at_utc, request=fetch.request)


def _without(content: bytes, key: str | None) -> bytes:
    """An answer that quotes our key is archived without it."""
    if not key:
        return content
    text = content.decode("utf-8", "surrogateescape")
    return hide(text, [key]).encode("utf-8", "surrogateescape")
