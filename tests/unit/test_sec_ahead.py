"""Reading ahead keeps the order, runs one job beside the caller, and raises where the result is due."""

from __future__ import annotations

import threading

import pytest

from ingestion.sec.ahead import ahead


def test_results_come_in_order() -> None:
    assert list(ahead((lambda n=n: n * n) for n in range(20))) == [n * n for n in range(20)]  # type: ignore[misc]
    assert list(ahead([])) == []


def test_the_next_job_runs_while_the_caller_is_busy_and_no_further_one() -> None:
    started = [threading.Event() for _ in range(4)]

    def job(number: int) -> int:
        started[number].set()
        return number

    results = ahead((lambda n=n: job(n)) for n in range(4))  # type: ignore[misc]
    assert next(results) == 0
    assert started[1].wait(5)
    assert not started[2].wait(0.1)


def test_an_error_is_raised_at_its_place() -> None:
    def fail() -> int:
        raise ValueError("second")

    results = ahead([lambda: 1, fail, lambda: 3])
    assert next(results) == 1
    with pytest.raises(ValueError, match="second"):
        next(results)
