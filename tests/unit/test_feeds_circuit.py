"""The circuit of a provider: three failures in a row, a spent quota at once, an unknown subject never."""

from __future__ import annotations

import pytest

from ingestion.ask import Circuit
from ingestion.fetch.http_errors import Blocked, DeadlineExceeded, QuotaExceeded, Unavailable, UnknownSubject

DOWN = Unavailable("there", "answered 503", "Wait")
UNKNOWN = UnknownSubject("there", "no such symbol", "Check it")
SLOW = DeadlineExceeded("https://there/", "no answer in time", "Wait")
BUG = KeyError("cursor")


@pytest.mark.parametrize(
    ("told", "is_open"),
    [
        ([DOWN, DOWN], False),
        ([DOWN, SLOW, BUG], True),
        ([DOWN, DOWN, None, DOWN, DOWN], False),
        ([DOWN, DOWN, UNKNOWN, DOWN, DOWN], False),
        ([UNKNOWN] * 9, False),
        ([DOWN, DOWN, DOWN, None, UNKNOWN], True),  # late answers change nothing
        ([QuotaExceeded("there", "daily limit", "Wait")], True),
        ([Blocked("there", "shut out", "Wait")], True),
        ([DeadlineExceeded("feed-one", "the limit leaves no place", "Wait")], True),
    ],
)
def test_it_opens_where_asking_on_is_pointless_and_stays_open(told: list[Exception | None], is_open: bool) -> None:
    circuit = Circuit("one")
    for error in told:
        circuit.tell(error)
    assert circuit.is_open is is_open
