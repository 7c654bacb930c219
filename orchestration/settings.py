"""Where hashwatt keeps its files and what it was told from outside: the only reader of environment variables; and the sources that
edition live may ask."""

from __future__ import annotations

import os
import re
import stat
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orchestration.errors import SettingUnfit

HOME_NAME = ".hashwatt"
_INSTALL = Path(__file__).resolve().parent.parent

HISTORY_SETTING = "HASHWATT_HISTORY"
EXPORT_SETTING = "HASHWATT_EXPORT"
KEYS_BRING = {
    "HASHWATT_TIINGO_KEY": "shares and funds, second beside Yahoo and in its place, 40 questions an hour (free, tiingo.com)",
    "HASHWATT_POLYGON_KEY": "shares and funds of two years, 5 questions a minute, in another's place (free, massive.com)",
    "HASHWATT_ALPHA_VANTAGE_KEY": "shares and funds of five months, 25 questions a day, in another's place (free, alphavantage.co)",
    "HASHWATT_FRED_KEY": "every macro series from a cloud, too, and the vintages of revised ones (free, fred.stlouisfed.org)",
}
"""The keys of providers by the name of their setting, and what each brings."""
KEY_SETTINGS = tuple(KEYS_BRING)
_UNFIT = re.compile(r"[?*\[\\]|%[0-9A-Fa-f]{2}")
# SQLite opens paths of at most 512 bytes; the longest of Dagster's is this much longer than the home.
_HOME_BYTES = 512 - len(f"/dagster/history/runs/{uuid.UUID(int=0)}.db-journal") - 1
# What may stand in a header and in an address; anything else was pasted by mistake.
_KEY = re.compile(r"[A-Za-z0-9._~+/=-]{1,256}")
# dbt goes through all variables for each line that it logs, so its process is handed no others, and no key.
_PASSED_ON = re.compile(r"HOME|PATH|LANG|LC_\w+|TZ|TMPDIR|(PYTHON|DBT_|LD_|DYLD_)\w+")
SEC = "sec"
FEEDS = ("market", "network", "macro")
SOURCES = (SEC, *FEEDS)


class Keys(dict[str, str]):
    """Keys of providers by the name of their setting. Whatever prints it shows the names and never a value."""

    def __repr__(self) -> str:
        return f"Keys({', '.join(sorted(self)) or 'none'})"


class _Inside:
    """A path of the home, by its name there."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, settings: Settings, kind: type[Settings]) -> Path:
        return settings.home / self._name


@dataclass(frozen=True)
class Settings:
    """Folders of one hashwatt home. All paths are absolute, so that a change of working directory moves nothing.

    `contact` is the e-mail address that the live edition names to the SEC. `keys` are those of providers that ask for
    one, by the name of their setting; `unfit_keys` names the settings that hold something else than a key. `tell`
    is a command that is told what a person should know of (orchestration/standing.py). `history` is the address of a
    PostgreSQL database that keeps Dagster's history, in the home when None, and `export` that of one into which each publication
    is copied. `crash_at` names the crash point at which tests end the process, `edgar_url` and `feeds_url` servers on this machine that tests
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
    tell: str | None = None
    history: str | None = field(default=None, repr=False)
    export: str | None = field(default=None, repr=False)

    archive = _Inside("archive")  # raw bytes by SHA-256
    lake = _Inside("lake")  # typed Parquet tables
    builds = _Inside("builds")  # a private folder for each run
    publications = _Inside("publications")  # immutable
    current = _Inside("current")  # the pointer, a symbolic link to the publication that readers see
    dbt_target = _Inside("dbt")  # dbt's compiled files and log
    dagster_home = _Inside("dagster")  # Dagster's instance: history of runs, schedules
    charts = _Inside("charts")  # the library that draws the charts of reports, kept from one publication to the next
    lock_file = _Inside("refresh.lock")  # the writer lock

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", Keys(self.keys))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Settings from HASHWATT_HOME, HASHWATT_LEDGER, HASHWATT_BUNDLE, HASHWATT_CONTACT, HASHWATT_TELL, HASHWATT_HISTORY, HASHWATT_EXPORT and
        the keys of providers; an empty one counts as not set. Raises SettingUnfit for a home in whose path not all that is used can
        write."""
        env = os.environ if environ is None else environ
        testing = env.get("HASHWATT_TESTING") == "1"
        given = {name: env[name].strip() for name in KEY_SETTINGS if env.get(name, "").strip()}
        return cls(
            home=_fit(_absolute(env.get("HASHWATT_HOME") or _nearest_home())),
            ledger_dir=_absolute(env.get("HASHWATT_LEDGER") or _INSTALL / "ingestion" / "ledger"),
            bundle_dir=_absolute(env.get("HASHWATT_BUNDLE") or _INSTALL / "ingestion" / "bundle"),
            crash_at=(env.get("HASHWATT_CRASH_AT") or None) if testing else None,
            contact=env.get("HASHWATT_CONTACT") or None,
            edgar_url=(env.get("HASHWATT_EDGAR_URL") or None) if testing else None,
            keys=Keys({name: key for name, key in given.items() if _KEY.fullmatch(key)}),
            unfit_keys=tuple(name for name, key in given.items() if not _KEY.fullmatch(key)),
            feeds_url=(env.get("HASHWATT_FEEDS_URL") or None) if testing else None,
            tell=env.get("HASHWATT_TELL", "").strip() or None,
            history=env.get(HISTORY_SETTING, "").strip() or None,
            export=env.get(EXPORT_SETTING, "").strip() or None,
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

    def reach(self, point: str) -> None:
        """Named after a side effect of publication or of a copy. Does nothing, or, where a test asked for this point, ends the
        process as a power cut would, with 137: no cleanup, no flush, no handlers."""
        if self.crash_at == point:
            os._exit(137)


def _nearest_home() -> Path:
    """The `.hashwatt` of this folder or of the nearest one above, as git finds its own; else that of the checkout this is
    started in, else a new one here. Not one that lies where everybody may put one, as in /tmp."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        home = folder / HOME_NAME
        if os.path.lexists(home) and (folder == here or not folder.stat().st_mode & stat.S_IWOTH):
            return home
    is_checkout = (_INSTALL / "pyproject.toml").exists() and here.is_relative_to(_INSTALL)
    return (_INSTALL if is_checkout else here) / HOME_NAME


def _fit(home: Path) -> Path:
    """The path itself. DuckDB reads `?` as the end of a file's name, and writes beside the home then, and takes `*`, `[` and
    a backslash for patterns of other names; SQLite decodes % with digits, and cannot open longer paths."""
    path, remedy = str(home), "set HASHWATT_HOME to a folder with another name, or move the folder it lies in"
    if found := _UNFIT.search(path):
        raise SettingUnfit(f"the home {path} cannot be used: its path has {found.group()!r} in it", remedy)
    if any("\udc80" <= letter <= "\udcff" for letter in path):
        raise SettingUnfit(f"the home {path!r} cannot be used: its path is not UTF-8", remedy)
    if len(os.fsencode(path)) > _HOME_BYTES:
        raise SettingUnfit(f"the home {path} cannot be used: its path is longer than {_HOME_BYTES} bytes", remedy)
    return home


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))


def scheduled_sources(settings: Settings) -> tuple[str, ...]:
    """What the schedule asks here: all where a contact address is set, else those of the feeds that somebody has asked in
    this home before, by hand. None where nobody has told this home to ask anyone; see decision 0016."""
    if settings.contact is not None:
        return SOURCES
    return tuple(feed for feed in FEEDS if (settings.archive / "fetches" / "feed" / feed).is_dir())


def passed_on() -> dict[str, str]:
    """The variables of the environment that dbt's process is handed."""
    return {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
