"""The circuit of a provider: three failures in a row, a spent quota at once, an unknown subject never."""

from __future__ import annotations

import threading

import pytest

from ingestion.ask import FAILURES, Circuit
from ingestion.fetch.http_errors import Blocked, DeadlineExceeded, QuotaExceeded, Unavailable, UnknownSubject

DOWN = Unavailable("there", "answered 503", "Wait")
UNKNOWN = UnknownSubject("there", "no such symbol", "Check it")


def test_it_opens_after_three_failures_in_a_row() -> None:
    circuit = Circuit("one")
    for _ in range(FAILURES - 1):
        circuit.tell(DOWN)
    assert not circuit.is_open
    circuit.tell(None)
    for _ in range(FAILURES - 1):
        circuit.tell(DOWN)
    assert not circuit.is_open
    circuit.tell(DOWN)
    assert circuit.is_open


def test_it_stays_open_whatever_late_answers_say() -> None:
    circuit = Circuit("one")
    for _ in range(FAILURES):
        circuit.tell(DOWN)
    circuit.tell(None)
    circuit.tell(UNKNOWN)
    circuit.tell(DOWN)
    assert circuit.is_open


def test_an_unknown_subject_is_no_failure() -> None:
    circuit = Circuit("one")
    for _ in range(3 * FAILURES):
        circuit.tell(UNKNOWN)
    assert not circuit.is_open
    for error in (DOWN, DOWN, UNKNOWN, DOWN, DOWN):
        circuit.tell(error)
    assert not circuit.is_open


@pytest.mark.parametrize(
    "error",
    [
        QuotaExceeded("there", "daily limit", "Wait"),
        Blocked("there", "shut out", "Wait"),
        DeadlineExceeded("feed-one", "the limit leaves no place", "Wait"),
    ],
)
def test_it_opens_at_once_where_asking_on_is_pointless(error: Exception) -> None:
    circuit = Circuit("one")
    circuit.tell(error)
    assert circuit.is_open


def test_a_slow_answer_is_a_failure_like_any_other() -> None:
    circuit = Circuit("one")
    slow = DeadlineExceeded("https://there/", "no answer in time", "Wait")
    circuit.tell(slow)
    assert not circuit.is_open and not circuit.is_spent(slow)


def test_a_fault_of_the_program_counts_as_a_failure_too() -> None:
    circuit = Circuit("one")
    for _ in range(FAILURES):
        circuit.tell(KeyError("cursor"))
    assert circuit.is_open


def test_threads_may_tell_it_at_the_same_time() -> None:
    circuit = Circuit("one")
    start = threading.Barrier(8)

    def tell() -> None:
        start.wait()
        circuit.tell(DOWN)

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert circuit.is_open
