"""Connections to public addresses alone, cut at a deadline wherever they hang. The only module that opens a socket."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from contextlib import suppress
from importlib import metadata
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from ingestion.fetch.http_errors import AddressRefused
from ingestion.fetch.limits import Place


def own_name() -> str:
    """Who asks, as every request says it: `hashwatt/<version>`."""
    try:
        return f"hashwatt/{metadata.version('hashwatt')}"
    except metadata.PackageNotFoundError:  # run from a working copy that is not installed
        return "hashwatt/unreleased"


class Watch:
    """Cuts the connection of one attempt, made in this thread inside the block, at `deadline` (on time.monotonic()): in
    the handshake, the headers or the body. `loopback` allows this machine, for tests; `place` is that of the request."""

    def __init__(self, deadline: float, *, loopback: bool) -> None:
        self.loopback, self.expired, self.place = loopback, False, Place()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(deadline - time.monotonic(), 0), self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Watch:
        _watches.current = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _watches.current = None

    def guard(self, connection: socket.socket) -> None:
        self._socket = connection
        if self.expired:
            self._cut()

    def _cut(self) -> None:
        self.expired = True
        if self._socket is not None:
            with suppress(OSError):
                # Below TLS: the reading thread still uses the TLS object above.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_watches = threading.local()


class Connection(HTTPConnection):
    """A connection whose other end is looked at before a byte is sent."""

    def _new_conn(self) -> socket.socket:
        """Looks at the address really connected to, so that no name can lead into a private network."""
        connection = super()._new_conn()
        address = ipaddress.ip_address(connection.getpeername()[0].partition("%")[0])
        if not (address.is_global or (_watches.current.loopback and address.is_loopback)):
            connection.close()
            problem = f"{self.host} is at {address}, which is no public address"
            raise AddressRefused("", problem, "Check the name service of this machine")
        _watches.current.guard(connection)
        return connection

    def getresponse(self) -> Any:
        """Called as soon as the request has been written, on a new connection and on one kept alive."""
        _watches.current.guard(self.sock)
        _watches.current.place.written()
        return super().getresponse()


class _ConnectionTLS(Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = Connection


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _ConnectionTLS


class Adapter(HTTPAdapter):
    """Lets a requests.Session use such connections."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
