"""Jobs keep their order, are done by two threads, and stop at an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ingestion.landing.jobs import THREADS, Jobs, jobs_of


def numbers(count: int) -> Jobs[int]:
    return Jobs((lambda n=n: n) for n in range(count))  # type: ignore[misc]


def test_results_come_in_order() -> None:
    assert list(numbers(20)) == list(range(20))
    assert numbers(20).each(lambda n: n * n) == [n * n for n in range(20)]
    assert list(numbers(0)) == numbers(0).each(str) == []


def test_two_threads_do_the_jobs_and_no_third() -> None:
    both = threading.Barrier(THREADS)
    busy, most = set(), []

    def use(number: int) -> int:
        busy.add(threading.get_ident())
        most.append(len(busy))
        if number < THREADS:
            both.wait(10)  # passes only when the other thread is here as well
        busy.discard(threading.get_ident())
        return number

    assert numbers(12).each(use) == list(range(12))
    assert max(most) == THREADS


def test_an_iterator_is_never_entered_by_two_threads() -> None:
    def slow() -> Iterator[int]:
        for number in range(8):
            threading.Event().wait(0.005)
            yield number

    assert jobs_of(slow()).each(lambda n: n) == list(range(8))


def test_jobs_stay_the_same_jobs() -> None:
    jobs = numbers(3)
    assert jobs_of(jobs) is jobs


def test_after_an_error_nothing_begins_and_the_earliest_is_raised() -> None:
    begun = []

    def job(number: int) -> int:
        begun.append(number)
        if number >= 3:
            raise ValueError(f"job {number}")
        return number

    with pytest.raises(ValueError, match=r"job 3"):
        Jobs((lambda n=n: job(n)) for n in range(50)).each(str)  # type: ignore[misc]
    assert max(begun) <= 3 + THREADS


def test_an_error_between_the_jobs_is_raised() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("no second one")

    with pytest.raises(ValueError, match="no second one"):
        jobs_of(broken()).each(str)
