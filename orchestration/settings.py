"""Where hashwatt keeps its files and what it was told from outside: the only reader of environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_INSTALL = Path(__file__).resolve().parent.parent

KEY_SETTINGS = ("HASHWATT_TIINGO_KEY", "HASHWATT_POLYGON_KEY", "HASHWATT_ALPHA_VANTAGE_KEY", "HASHWATT_FRED_KEY")
# What may stand in a header and in an address; anything else was pasted by mistake.
_KEY = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}")


class Keys(Mapping[str, str]):
    """Keys of providers by the name of their setting. Whatever prints it shows the names and never a value."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Keys({', '.join(sorted(self._values)) or 'none'})"


@dataclass(frozen=True)
class Settings:
    """Folders of one hashwatt home. All paths are absolute, so that a change of working directory moves nothing.

    `contact` is the e-mail address that the live edition names to the SEC. `keys` are those of providers that ask for
    one, by the name of their setting; `unfit_keys` names the settings that hold something else than a key. `crash_at`
    names the crash point at which tests end the process, `edgar_url` and `feeds_url` servers on this machine that tests
    ask in the place of EDGAR and of the providers; outside tests the three are always None.
    """

    home: Path
    ledger_dir: Path
    bundle_dir: Path
    crash_at: str | None = None
    contact: str | None = None
    edgar_url: str | None = None
    keys: Mapping[str, str] = field(default_factory=Keys, hash=False)
    unfit_keys: tuple[str, ...] = ()
    feeds_url: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", Keys(self.keys))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from HASHWATT_HOME, HASHWATT_LEDGER, HASHWATT_BUNDLE, HASHWATT_CONTACT and the keys of providers; an
        empty one counts as not set."""
        env = os.environ if environ is None else environ
        testing = env.get("HASHWATT_TESTING") == "1"
        given = {name: env[name].strip() for name in KEY_SETTINGS if env.get(name, "").strip()}
        return cls(
            home=_absolute(env.get("HASHWATT_HOME") or ".hashwatt"),
            ledger_dir=_absolute(env.get("HASHWATT_LEDGER") or _INSTALL / "ingestion" / "ledger"),
            bundle_dir=_absolute(env.get("HASHWATT_BUNDLE") or _INSTALL / "ingestion" / "bundle"),
            crash_at=(env.get("HASHWATT_CRASH_AT") or None) if testing else None,
            contact=env.get("HASHWATT_CONTACT") or None,
            edgar_url=(env.get("HASHWATT_EDGAR_URL") or None) if testing else None,
            keys=Keys({name: key for name, key in given.items() if _KEY.fullmatch(key)}),
            unfit_keys=tuple(name for name, key in given.items() if not _KEY.fullmatch(key)),
            feeds_url=(env.get("HASHWATT_FEEDS_URL") or None) if testing else None,
        )

    @property
    def environment(self) -> dict[str, str]:
        """The variables that name the three folders to another process."""
        folders = {"HOME": self.home, "LEDGER": self.ledger_dir, "BUNDLE": self.bundle_dir}
        return {f"HASHWATT_{name}": str(folder) for name, folder in folders.items()}

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """For the block, `from_env` finds these three folders, in processes that are started from it too."""
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                os.environ.update({} if value is None else {name: value})

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
