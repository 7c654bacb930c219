"""The wires to the providers: one client and one limit each, their keys, and where they are. Parses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from ingestion.feeds.provider import Provider
from ingestion.fetch.answers import Bounds
from ingestion.fetch.archive import Archive
from ingestion.fetch.client import Client
from ingestion.fetch.limits import RateLimit

LOOPBACK = ("127.0.0.1",)
UNLIMITED = 1000
"""Requests a second behind which a test asks its own server."""


class FeedClient:
    """How providers are asked: `archive` takes their answers, `keys` holds their keys by the name of the setting.

    `base_url` replaces every provider's address by ``<base_url>/<provider name>`` on this machine, for tests; their limits
    are then UNLIMITED unless `keeps_limits`. `limit_folder` is where the limits are counted, by default one folder for the
    user. May be used from several threads. Never shows a key.
    """

    def __init__(
        self,
        archive: Archive,
        keys: Mapping[str, str],
        *,
        base_url: str | None = None,
        limit_folder: Path | None = None,
        bounds: Bounds | None = None,
        keeps_limits: bool = False,
    ) -> None:
        self.archive = archive
        self._keys, self._base_url, self._bounds = dict(keys), base_url, bounds
        self._limit_folder, self._keeps_limits = limit_folder, keeps_limits
        self._sessions: dict[str, Client] = {}
        self._turn = Lock()

    def __repr__(self) -> str:
        return f"FeedClient(keys: {', '.join(sorted(self._keys)) or 'none'})"

    def has_key(self, provider: Provider) -> bool:
        """Whether the provider can be asked: it needs no key, or there is one."""
        return provider.key_setting is None or bool(self._keys.get(provider.key_setting))

    def key(self, provider: Provider) -> str | None:
        """The provider's key; None where it needs none or there is none."""
        return None if provider.key_setting is None else self._keys.get(provider.key_setting)

    def url(self, provider: Provider, path: str) -> str:
        """The address of `path` at the provider."""
        base = provider.base_url if self._base_url is None else f"{self._base_url.rstrip('/')}/{provider.name}"
        return f"{base}{path}"

    def session(self, provider: Provider) -> Client:
        """The provider's own client behind its own limit, shared by all processes of this user."""
        with self._turn:
            if provider.name not in self._sessions:
                self._sessions[provider.name] = self._open(provider)
            return self._sessions[provider.name]

    def _open(self, provider: Provider) -> Client:
        requests, seconds = provider.requests, provider.seconds
        if self._base_url is not None and not self._keeps_limits:
            requests, seconds = UNLIMITED, 1.0
        limit = RateLimit(f"feed-{provider.name}", requests=requests, seconds=seconds, folder=self._limit_folder)
        return Client(
            limit,
            provider.hosts if self._base_url is None else LOOPBACK,
            bounds=self._bounds,
            secret_params=provider.secret_params,
            loopback_for_tests=self._base_url is not None,
        )
