"""A bare socket that answers with bytes at its own pace: for what no HTTP server would send."""

from __future__ import annotations

import socket
import threading
import time


class RawServer:
    """Sends `pieces` with a pause before each to whoever connects, and keeps what it was sent first."""

    def __init__(self, pieces: list[bytes], pause_seconds: float) -> None:
        self._pieces, self._pause = pieces, pause_seconds
        self._ended = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.heard: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self._listening.getsockname()[1])

    def __enter__(self) -> RawServer:
        self._listening.settimeout(0.05)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(0.3)
                try:
                    self.heard.append(connection.recv(65536))
                    for piece in self._pieces:
                        if self._ended.is_set():
                            break
                        time.sleep(self._pause)
                        connection.sendall(piece)
                except (TimeoutError, OSError):
                    self.heard.append(b"")
