"""The publications on disk: which exist, which are intact, which one `current` names, moving it, and clearing old ones.
Making one is publication.py; reading its tables is reader.py."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ingestion.clock import CLOCKS_DIFFER
from ingestion.fetch.storage import sha256_of, sync
from orchestration import clock
from orchestration.errors import HashwattError, NothingPublished, PublicationDamaged
from orchestration.faults import require_writable
from orchestration.settings import Settings

KEEP: Final = 5
"""Publications that were meant to be current, and as many days of those that stand beside."""
MANIFEST_NAME: Final = "manifest.json"
BUILD_PREFIX: Final = ".tmp-"
_POINTER_PREFIX: Final = ".current-"
_ID = re.compile(r"(\d{8}T\d{12}Z)-[0-9a-f]{12}")
_LOCK_SECONDS = 600.0


@dataclass(frozen=True)
class Publication:
    """One publication folder. `manifest` is empty when it cannot be read. The id holds the wall clock's time, which may have
    been wrong: `order` is what tells the later of two."""

    id: str
    path: Path
    manifest: dict[str, Any]

    @property
    def published_at_utc(self) -> datetime:
        return datetime.strptime(self.id.split("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)

    @property
    def is_dated_ahead(self) -> bool:
        """Whether it was published under a clock that was ahead, or this machine's is behind."""
        return self.published_at_utc > clock.now() + CLOCKS_DIFFER

    @property
    def order(self) -> tuple[int, str]:
        """Sorts as the beginnings of the runs do; those from before runs were numbered come first, by id."""
        number = self.manifest.get("run_number")
        return (number if isinstance(number, int) else 0, self.id)

    @property
    def is_beside(self) -> bool:
        """Whether it was made to stand beside the current one."""
        return self.manifest.get("is_beside") is True

    @property
    def edition(self) -> str:
        return str(self.manifest.get("edition", "unknown"))

    @property
    def as_of(self) -> str | None:
        """The day whose knowledge it contains, ISO 8601; None when everything known is in it."""
        value = self.manifest.get("as_of")
        return None if value is None else str(value)


def publication_id(now_utc: datetime, content_sha256: str) -> str:
    """`<UTC time to the microsecond>-<first 12 digits of the content hash>`."""
    return f"{now_utc.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{content_sha256[:12]}"


@contextmanager
def store_lock(settings: Settings) -> Iterator[None]:
    """Hold the lock under which publications are made, moved and cleared; seconds at most. Raises HashwattError."""
    import filelock

    require_writable(settings)
    lock = filelock.FileLock(str(settings.home / "publish.lock"))
    try:
        settings.publications.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_SECONDS)
    except filelock.Timeout as error:
        raise HashwattError(
            f"another process has been publishing for {_LOCK_SECONDS:.0f} seconds", "see `hashwatt doctor`"
        ) from error
    try:
        yield
    finally:
        lock.release()


def next_run_number(settings: Settings) -> int:
    """The number of a run that begins now: higher than that of every run before it in this home, whatever the clock says.

    Raises HashwattError when the home cannot be written.
    """
    counter = settings.home / "run_number"
    with store_lock(settings):
        numbers = [one.order[0] for one in list_publications(settings)]
        with suppress(OSError, ValueError):
            numbers.append(int(counter.read_text(encoding="ascii")))
        number = 1 + max([0, *numbers])
        try:
            (temporary := counter.with_suffix(".tmp")).write_text(str(number), encoding="ascii")
            temporary.replace(counter)
        except OSError as error:
            said = f"{counter} cannot be written: {error.strerror}"
            raise HashwattError(said, "run `hashwatt doctor` to see why") from error
    return number


def list_publications(settings: Settings) -> list[Publication]:
    """All publication folders, newest first, damaged ones too."""
    if not settings.publications.is_dir():
        return []
    found = [_publication(path) for path in settings.publications.iterdir() if _ID.fullmatch(path.name)]
    return sorted(found, key=lambda one: one.order, reverse=True)


def in_line(publications: list[Publication]) -> list[Publication]:
    """Those that were made to be current, in their order; the others stand beside."""
    return [one for one in publications if not one.is_beside]


def damages(publication: Publication) -> list[str]:
    """What does not match the manifest, by reading every file; empty when the publication is intact."""
    if not publication.manifest:
        return [f"{MANIFEST_NAME} is missing or cannot be read"]
    if publication.manifest.get("publication_id") != publication.id:
        return [f"{MANIFEST_NAME} is of another publication"]
    found: list[str] = []
    for name, facts in publication.manifest["files"].items():
        path = publication.path / name
        try:
            if path.stat().st_size != facts["bytes"] or sha256_of(path) != facts["sha256"]:
                found.append(f"{name} does not have the hash of the manifest")
        except OSError as error:
            found.append(f"{name} cannot be read: {error.strerror}")
    return found


def pointed_id(settings: Settings) -> str | None:
    """The id that `current` names; None when there is no pointer or it names no publication folder."""
    try:
        target = Path(os.readlink(settings.current))
    except OSError:
        return None
    # Joined to the home an absolute target stays itself, so that a pointer to another home is not taken for ours.
    ours = (settings.home / target).parent == settings.publications and _ID.fullmatch(target.name)
    return target.name if ours and (settings.publications / target.name).is_dir() else None


def pointed_publication(settings: Settings) -> Publication | None:
    """The publication that `current` names; None as of `pointed_id`."""
    name = pointed_id(settings)
    return None if name is None else _publication(settings.publications / name)


def current_publication(settings: Settings) -> Publication:
    """The publication that readers see, resolved now.

    Raises NothingPublished when there is none, PublicationDamaged when the pointer is lost but publications exist.
    """
    if (now := pointed_publication(settings)) is not None:
        return now
    kept = list_publications(settings)
    if in_line(kept):
        raise PublicationDamaged(
            f"the pointer {settings.current} is lost or names no publication",
            "run `hashwatt doctor --fix` to point it at the newest intact publication",
        )
    remedy = f"; for what is kept as of {kept[0].as_of}, ask with --as-of {kept[0].as_of}" if kept else ""
    raise NothingPublished(f"nothing is published in {settings.home} yet", f"run `hashwatt refresh` first{remedy}")


def move_pointer(settings: Settings, name: str) -> None:
    """Point `current` at publication `name` in one step: a reader sees the old one or the new one. Raises OSError."""
    temporary = settings.home / f"{_POINTER_PREFIX}{name}"
    temporary.unlink(missing_ok=True)
    os.symlink(Path(settings.publications.name) / name, temporary)
    settings.reach("pointer_prepared")
    try:
        if settings.current.is_dir() and not settings.current.is_symlink():
            # Someone put a real folder in the pointer's place: keep it, but out of the way.
            os.rename(settings.current, settings.home / f"current.displaced-{name}")
        os.replace(temporary, settings.current)
    finally:
        temporary.unlink(missing_ok=True)
    settings.reach("pointer_replaced")
    sync(settings.home)
    settings.reach("home_synced")


def rollback(settings: Settings, to: str | None = None) -> Publication:
    """Point `current` at the newest intact publication before it, or at publication `to`; returns that publication.

    The next refresh moves on from there as usual. Raises NothingPublished when there is none to go to,
    PublicationDamaged when `to` does not match its manifest.
    """
    with store_lock(settings):
        publications = list_publications(settings)
        target = _named(publications, to) if to else _previous(publications, pointed_id(settings))
        move_pointer(settings, target.id)
        return target


def repair_pointer(settings: Settings) -> Publication:
    """Point `current` at the newest intact publication that was made for it; raises NothingPublished when none is
    intact."""
    with store_lock(settings):
        for publication in in_line(list_publications(settings)):
            if not damages(publication):
                move_pointer(settings, publication.id)
                return publication
    raise NothingPublished("no intact publication is left", "run `hashwatt refresh`")


def clear_leftovers(settings: Settings) -> None:
    """Remove builds and pointers that a killed process left. Only under the store lock. Raises OSError."""
    for path in leftovers(settings):
        path.unlink() if path.is_symlink() else shutil.rmtree(path)


def leftovers(settings: Settings) -> list[Path]:
    """Builds and pointers that a killed process left, or that a running one is making."""
    return sorted([*settings.publications.glob(f"{BUILD_PREFIX}*"), *settings.home.glob(f"{_POINTER_PREFIX}*")])


def collect(settings: Settings, also_keep: str) -> tuple[str, ...]:
    """Remove all but the newest KEEP publications, and of those beside all but the newest of each of the last KEEP days asked
    for; never the one `current` names nor `also_keep`. Returns the ids of those removed.

    Only under the store lock. A folder that cannot be removed stays for the next time.
    """
    readable = [p for p in list_publications(settings) if p.manifest]
    by_day: dict[str | None, str] = {}
    for one in readable:
        if one.is_beside:
            by_day.setdefault(one.as_of, one.id)
    kept = {pointed_id(settings), also_keep, *list(by_day.values())[:KEEP], *(p.id for p in in_line(readable)[:KEEP])}
    removed = []
    for publication in readable:
        if publication.id in kept:
            continue
        settings.reach("collecting")
        # Renamed first: a kill in the middle leaves a leftover, not half a publication.
        doomed = settings.publications / f"{BUILD_PREFIX}old-{publication.id}"
        with suppress(OSError):
            os.rename(publication.path, doomed)
            removed.append(publication.id)
            shutil.rmtree(doomed)
    return tuple(removed)


def _publication(folder: Path) -> Publication:
    manifest: dict[str, Any] = {}
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        found = json.loads((folder / MANIFEST_NAME).read_text(encoding="utf-8"))
        files = [f["bytes"] >= 0 and f["sha256"] for f in found["files"].values()]
        manifest = found if files and all(t["rows"] >= 0 for t in found.get("tables", {}).values()) else {}
    return Publication(folder.name, folder, manifest)


def _named(publications: list[Publication], name: str) -> Publication:
    for publication in publications:
        if publication.id == name:
            if found := damages(publication):
                raise PublicationDamaged(
                    f"publication {name} is damaged: {'; '.join(found)}", "publish again with `hashwatt refresh`"
                )
            return publication
    raise NothingPublished(
        f"there is no publication {name}", "choose one of " + (", ".join(p.id for p in publications) or "none")
    )


def _previous(publications: list[Publication], now: str | None) -> Publication:
    current = next((one for one in publications if one.id == now), None)
    if current is None:
        raise NothingPublished(
            "there is no current publication to go back from",
            "run `hashwatt doctor --fix` when publications exist, else `hashwatt refresh`",
        )
    for publication in in_line(publications):
        # Of one without a manifest nobody knows which came before it.
        is_before = publication.order < current.order or not current.manifest
        if is_before and publication.id != now and not damages(publication):
            return publication
    raise NothingPublished(f"there is no intact publication before {now}", "see `hashwatt rollback --list`")
