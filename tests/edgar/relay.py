"""A way to a server on this machine that takes its time: bytes go through sockets, later than they were sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing
from types import TracebackType


class Relay:
    """Passes bytes on to `port` after `there` seconds and those that come back after `back`. Connecting takes no time."""

    def __init__(self, port: int, there: Callable[[], float], back: Callable[[], float] = lambda: 0.0) -> None:
        self._target, self._there, self._back = port, there, back
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        start = asyncio.start_server(self._connected, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(5)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(_pass(reader, requests, self._there), _pass(answers, writer, self._back))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: Callable[[], float]) -> None:
    with closing(writer):
        while data := await reader.read(1 << 16):
            await asyncio.sleep(delay())
            writer.write(data)
