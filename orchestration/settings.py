"""Where hashwatt keeps its files and what it was told from outside: the only reader of environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_INSTALL = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Folders of one hashwatt home. All paths are absolute, so that a change of working directory moves nothing.

    `contact` is the e-mail address that the live edition names to the SEC. `crash_at` names the crash point at which
    tests end the process, `edgar_url` a server on this machine that tests ask in EDGAR's place; outside tests both are
    always None.
    """

    home: Path
    ledger_dir: Path
    bundle_dir: Path
    crash_at: str | None = None
    contact: str | None = None
    edgar_url: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from HASHWATT_HOME, HASHWATT_LEDGER, HASHWATT_BUNDLE and HASHWATT_CONTACT; an empty one counts as not set."""
        env = os.environ if environ is None else environ
        testing = env.get("HASHWATT_TESTING") == "1"
        return cls(
            home=_absolute(env.get("HASHWATT_HOME") or ".hashwatt"),
            ledger_dir=_absolute(env.get("HASHWATT_LEDGER") or _INSTALL / "ingestion" / "ledger"),
            bundle_dir=_absolute(env.get("HASHWATT_BUNDLE") or _INSTALL / "ingestion" / "bundle"),
            crash_at=(env.get("HASHWATT_CRASH_AT") or None) if testing else None,
            contact=env.get("HASHWATT_CONTACT") or None,
            edgar_url=(env.get("HASHWATT_EDGAR_URL") or None) if testing else None,
        )

    @property
    def archive(self) -> Path:
        """Raw bytes by sha256."""
        return self.home / "archive"

    @property
    def lake(self) -> Path:
        """Typed Parquet tables."""
        return self.home / "lake"

    @property
    def builds(self) -> Path:
        """One private folder per run."""
        return self.home / "builds"

    @property
    def publications(self) -> Path:
        """Immutable publications."""
        return self.home / "publications"

    @property
    def current(self) -> Path:
        """The pointer: a symbolic link to the publication that readers see."""
        return self.home / "current"

    @property
    def dbt_target(self) -> Path:
        """dbt's compiled files and manifest."""
        return self.home / "dbt"

    @property
    def dagster_home(self) -> Path:
        """Dagster's instance: run history and schedules."""
        return self.home / "dagster"

    @property
    def lock_file(self) -> Path:
        """The writer lock."""
        return self.home / "refresh.lock"


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))
