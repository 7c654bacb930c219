"""Jobs done by two threads, each of which takes the next one when it is free: two cores kept busy, two documents in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = 2


class Jobs(Iterator[T], Generic[T]):
    """The results of `jobs`. Whoever takes one does the job in its own thread; which job comes next is never decided by
    two at once."""

    def __init__(self, jobs: Iterable[Callable[[], T]]) -> None:
        self._waiting = enumerate(jobs)
        self._turn = threading.Lock()

    def __next__(self) -> T:
        _, job = self._take()
        return job()

    def each(self, use: Callable[[T], R]) -> list[R]:
        """What `use` makes of every result, in the order of the jobs; a result is given up before the next job begins.

        After an error no further job is begun, and the error of the earliest job is raised.
        """
        done: dict[int, R] = {}
        errors: dict[int, BaseException] = {}

        def work() -> None:
            while not errors:
                try:
                    number, job = self._take()
                except StopIteration:
                    return
                try:
                    done[number] = use(job())
                except BaseException as error:
                    errors[number] = error

        # The caller's thread is one of them: each further one has memory of its own that is not given back.
        with ThreadPoolExecutor(THREADS - 1, thread_name_prefix="jobs") as pool:
            others = [pool.submit(work) for _ in range(THREADS - 1)]
            work()
            for other in others:
                other.result()
        if errors:
            raise errors[min(errors)]
        return [done[number] for number in sorted(done)]

    def _take(self) -> tuple[int, Callable[[], T]]:
        with self._turn:
            return next(self._waiting)


def jobs_of(results: Iterable[T]) -> Jobs[T]:
    """The same for results that come from elsewhere, one at a time; of Jobs they are these jobs."""
    return results if isinstance(results, Jobs) else Jobs((lambda one=one: one) for one in results)  # type: ignore[misc]
