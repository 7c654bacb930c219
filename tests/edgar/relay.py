"""A way to a server on this machine that takes its time: bytes go through sockets, later than they were sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing, suppress


class Relay:
    """Passes bytes on to `port` after `there` seconds and those that come back after `back`. Connecting takes no time."""

    def __init__(self, port: int, there: Callable[[], float], back: Callable[[], float] = lambda: 0.0) -> None:
        self._target, self._there, self._back = port, there, back
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        if not self._started.wait(5):
            raise TimeoutError("the relay did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    async def _serve(self) -> None:
        """Until the end; the loop then cancels what still waits for bytes."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        self._started.set()
        await self._ended.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):
            answers, requests = await asyncio.open_connection("127.0.0.1", self._target)
            await asyncio.gather(_pass(reader, requests, self._there), _pass(answers, writer, self._back))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: Callable[[], float]) -> None:
    with closing(writer):
        while data := await reader.read(1 << 16):
            await asyncio.sleep(delay())
            writer.write(data)
