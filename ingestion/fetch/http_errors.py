"""What can go wrong between asking a source and holding its answer, one class per behaviour. Opens no connection."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from ingestion.errors import IngestionError
from ingestion.fetch.redaction import hide, hide_bytes


class FetchError(IngestionError):
    """A request did not end with an answer. `source` is its address, secrets taken out; it is empty until the client that
    asked has filled it in, since whoever looks at a body does not know where it came from.

    `again` says whether the same request may succeed a moment later; `retry_after` is the pause in seconds that the
    server asked for, `status` its status code, both None where there was none. `body` is what the source said where its
    own check refused it, under status 200 or on an error page, secrets taken out; empty otherwise.
    """

    again: ClassVar[bool] = False

    def __init__(
        self,
        source: str,
        problem: str,
        remedy: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        page: bytes = b"",
    ) -> None:
        super().__init__(source, problem, remedy)
        self.status, self.retry_after = status, retry_after
        self.body, self.page = b"", page
        """`page` came with the status, as far as it was read; nothing of it leaves the client."""

    def about(self, source: str, secrets: Collection[str]) -> Self:
        """The error as it may be raised: with the address, without the secrets, and without whatever led to it, which
        may quote both. Some sources quote the key in the body by which they refuse it."""
        IngestionError.__init__(self, source, hide(self.problem, secrets), self.remedy)
        self.body = hide_bytes(self.body, secrets)
        self.page, self.__cause__, self.__context__ = b"", None, None
        return self.with_traceback(None)


class ContactMissing(IngestionError):
    """The source asks who is calling, and no contact address is set. Nothing was sent."""


class Unreachable(FetchError):
    """No connection, no answer in time, or the connection broke. Tried again."""

    again = True


class Unavailable(FetchError):
    """The server answered 429 or 5xx. Tried again, not before the pause it asks for."""

    again = True


class Truncated(FetchError):
    """The body ended before its declared length or before its compression did. Tried again."""

    again = True


class WrongContent(FetchError):
    """A body of another kind than the address stands for: a page where JSON is due, or nothing at all. Tried again."""

    again = True


class DeadlineExceeded(FetchError):
    """The time for this request, with all its attempts and pauses, is used up. Final."""


class Blocked(FetchError):
    """The source has shut us out. Final: every request under the same limit stops at once, in all processes."""


class NotPublishedYet(FetchError):
    """Nothing has been published at this address yet (403 with AccessDenied, as object stores answer). Final."""


class NotFound(FetchError):
    """There is nothing at this address (404, 410). Final."""


class Refused(FetchError):
    """The server will not answer this request: another 4xx, or an answer that HTTP does not allow here. Final."""


class AddressRefused(FetchError):
    """Not asked: not HTTPS, a host that is not on the list, or a private network address. Final."""


class ForeignRedirect(AddressRefused):
    """The answer leads to an address that we do not ask. Not followed. Final."""


class TooLarge(FetchError):
    """The body exceeds its cap, as sent or once decompressed. Final."""


class QuotaExceeded(FetchError):
    """The source gives nothing more for a while, said in an answer of status 200 or by its status. Final."""


class UnknownSubject(FetchError):
    """The source does not know the instrument or series asked for. Final."""
