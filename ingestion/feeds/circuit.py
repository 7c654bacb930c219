"""When a provider is not asked any more in this run. Asks nobody."""

from __future__ import annotations

import pybreaker

from ingestion.fetch.http_errors import Blocked, DeadlineExceeded, QuotaExceeded, UnknownSubject

FAILURES = 3
NEVER_SECONDS = 10**9
"""A circuit that opened stays open for the run; the next run begins with closed ones."""


class Circuit:
    """Opens after FAILURES failures in a row, at once when the provider gives nothing more for a while. May be used from
    several threads, which ask side by side and tell afterwards."""

    def __init__(self, provider: str) -> None:
        self._limit = f"feed-{provider}"
        self._breaker = pybreaker.CircuitBreaker(
            fail_max=FAILURES, reset_timeout=NEVER_SECONDS, exclude=[UnknownSubject], name=provider
        )

    @property
    def is_open(self) -> bool:
        return bool(self._breaker.current_state == pybreaker.STATE_OPEN)

    def tell(self, error: Exception | None) -> None:
        """How a question ended. That the subject is unknown is an answer like any other."""
        if error is not None and (self.is_spent(error) or isinstance(error, Blocked)):
            self._breaker.open()
            return
        try:
            self._breaker.call(_end, error)
        except Exception as raised:
            if raised is not error and not isinstance(raised, pybreaker.CircuitBreakerError):
                raise

    def is_spent(self, error: Exception) -> bool:
        """Whether the provider gives nothing more for a while, or our own limit leaves no place in time."""
        is_ours = isinstance(error, DeadlineExceeded) and error.source == self._limit
        return is_ours or isinstance(error, QuotaExceeded)


def _end(error: Exception | None) -> None:
    if error is not None:
        raise error
