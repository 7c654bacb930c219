"""Lines that tell a waiting person where a refresh is. Nothing is printed here; whoever starts the refresh listens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar

Listener = Callable[[str], None]

_listener: ContextVar[Listener | None] = ContextVar("hashwatt_progress", default=None)


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Send every report made inside the block, in this thread, to `listener`, with standard output as it is now:
    while steps run, what they print goes to a file."""
    out = sys.stdout

    def outside(line: str) -> None:
        with redirect_stdout(out):
            if listener is not None:
                listener(line)

    token = _listener.set(outside)
    try:
        yield
    finally:
        _listener.reset(token)


def report(line: str) -> None:
    """Tell the listener, if there is one. A run started by the scheduler has none."""
    listener = _listener.get()
    if listener is not None:
        listener(line)
