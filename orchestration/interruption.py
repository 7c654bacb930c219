"""SIGINT and SIGTERM end a command within seconds and by name, whatever it does at that moment. Light: the standard library alone."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# Once a second the signal is repeated, in case a library took the first for an error of its own; then the process ends as it is.
_SECONDS, _REPEATS = 1.0, 4


class Interrupted(KeyboardInterrupt):
    """A signal ended the command; `exit_code` is 128 and the signal's number, as shells have it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.exit_code = 128 + number


@contextmanager
def interruptible(say: Callable[[Interrupted], None]) -> Iterator[None]:
    """Raise Interrupted at the end of the block when a signal came during it, whatever became of the block.

    Dagster puts handlers of its own in the place of ours, and other libraries make errors of an interruption. The
    system's wakeup descriptor tells of a signal whoever handles it. A block that does not end is ended: `say` is called
    and the process leaves. That may be at any instruction, which is what a publication has to survive in any case.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    came: list[int] = []
    is_over = threading.Event()

    def watch() -> None:
        repeats = 0
        while True:
            is_read, _, _ = select.select([reader], [], [], _SECONDS if came else None)
            byte = os.read(reader, 1)[0] if is_read else None
            if byte in SIGNALS:
                came.append(byte)
            elif byte is not None:
                is_over.set()
                if not came:
                    return
            elif repeats == _REPEATS:
                error = Interrupted(came[0])
                if not is_over.is_set():
                    say(error)
                os._exit(error.exit_code)
            else:
                repeats += 1
                if not is_over.is_set():
                    signal.pthread_kill(main, came[0])

    main = threading.get_ident()
    before = {number: signal.signal(number, _raise) for number in SIGNALS}
    descriptor = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=watch, name="signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.write(writer, b"\0")
        is_over.wait()
        # Where a signal came the watcher stays: threads that wait for an answer would hold up the end of the process.
        if came:
            raise Interrupted(came[0])
        os.close(reader)
        os.close(writer)


def _raise(number: int, frame: FrameType | None) -> None:
    raise Interrupted(number)
