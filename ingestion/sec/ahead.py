"""One document read while the one before is written: two cores kept busy, two documents in memory at most."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def ahead(jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
    """The results of `jobs` in their order; the next job runs in a thread while the caller is busy with a result.

    What a job raises is raised where its result is due, and no later job is started then.
    """
    waiting = iter(jobs)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        first = next(waiting, None)
        pending = None if first is None else pool.submit(first)
        while pending is not None:
            result = pending.result()
            following = next(waiting, None)
            pending = None if following is None else pool.submit(following)
            yield result
            del result
