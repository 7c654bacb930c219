"""From a source's address into the archive, asking only for what is new. Interprets nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.fetch.answers import Answer, Bounds, Kind
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.http_errors import FetchError
from ingestion.fetch.session import Session

# The header of an answer, and the header that asks whether it still holds.
VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


@dataclass(frozen=True)
class Unchanged:
    """The source still says what `fetch` holds. `checked_at_utc` is when it said so, naive UTC."""

    fetch: Fetch
    checked_at_utc: datetime


class Fetcher:
    """Requests of `session` whose answers are archived before anyone reads them."""

    def __init__(self, archive: Archive, session: Session) -> None:
        self._archive, self._session = archive, session

    def fetch(
        self,
        source: str,
        url: str,
        *,
        kind: Kind,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> Fetch | Unchanged:
        """The newest answer at `url`, archived as `source`. Raises a FetchError.

        `check` raises Flaw where a body of status 200 is an error in disguise: that body is archived under
        ``refused/<source>`` and never counts as an answer.

        Asks conditionally where the archive holds an earlier answer with an ETag or a date. An answer with the same
        bytes counts as unchanged, too.
        """
        newest = self.held(source)
        asked = {**headers, **self._conditions(newest)}
        answer = self.answer(source, url, kind=kind, headers=asked, params=params, check=check)
        if newest is not None and answer.status == 304:
            return Unchanged(newest, answer.fetched_at_utc)
        fetch = self._archive.put(source, answer.content, fetched_at_utc=answer.fetched_at_utc, request=answer.request)
        return self._outcome(newest, fetch, answer.fetched_at_utc, answer.request)

    def answer(
        self,
        source: str,
        url: str,
        *,
        kind: Kind,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> Answer:
        """What is at `url`, for the caller to archive. Only a body that is refused is archived here. Raises a FetchError."""
        try:
            return self._session.get(url, kind=kind, headers=headers, params=params, check=check)
        except FetchError as error:
            if error.body:
                now_utc = datetime.now(UTC).replace(tzinfo=None)
                request = {"method": "GET", "url": error.source, "status": error.status, "refused": error.problem}
                self._archive.put(f"refused/{source}", error.body, fetched_at_utc=now_utc, request=request)
            raise

    def fetch_file(
        self, source: str, url: str, *, kind: Kind, headers: Mapping[str, str], bounds: Bounds
    ) -> Fetch | Unchanged:
        """The same for an answer too large to hold in memory: it goes to the disk as it comes."""
        newest = self.held(source)
        with self._archive.scratch() as path:
            with open(path, "w+b") as into:
                answer = self._session.get(
                    url, kind=kind, headers={**headers, **self._conditions(newest)}, into=into, bounds=bounds
                )
            if newest is not None and answer.status == 304:
                return Unchanged(newest, answer.fetched_at_utc)
            fetch = self._archive.put_file(source, path, fetched_at_utc=answer.fetched_at_utc, request=answer.request)
        return self._outcome(newest, fetch, answer.fetched_at_utc, answer.request)

    def held(self, source: str) -> Fetch | None:
        """The newest answer of `source`; None also when its bytes are damaged, so that it is asked for in full."""
        newest = self._archive.latest(source)
        return newest if newest is not None and self._archive.holds(newest.sha256) else None

    def _conditions(self, newest: Fetch | None) -> dict[str, str]:
        if newest is None:
            return {}
        notes = self._archive.remembered(newest.source)
        known = notes if notes.get("sha256") == newest.sha256 else _validators(newest.request)
        return {asked: known[name] for name, asked in VALIDATORS.items() if name in known}

    def _outcome(
        self, newest: Fetch | None, fetch: Fetch, fetched_at_utc: datetime, request: Mapping[str, object]
    ) -> Fetch | Unchanged:
        if newest is None or fetch.sha256 != newest.sha256:
            return fetch
        # The same bytes under another tag or date: ask with these from now on, else every day costs the whole answer.
        self._archive.remember(fetch.source, {**_validators(request), "sha256": fetch.sha256})
        return Unchanged(newest, fetched_at_utc)


def _validators(request: Mapping[str, object]) -> dict[str, str]:
    headers = request.get("headers")
    if not isinstance(headers, Mapping):
        return {}
    return {name: str(headers[name]) for name in VALIDATORS if headers.get(name)}
