"""Looks at a hashwatt home and its machine and says what is wrong and what to do. Repairs nothing but the pointer."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, Literal

from orchestration.errors import HashwattError, NothingPublished, PublicationDamaged
from orchestration.publish.publication_store import (
    current_publication,
    damages,
    leftovers,
    list_publications,
    repair_pointer,
)
from orchestration.publish.writer_lock import running_refresh
from orchestration.settings import KEY_SETTINGS, Settings
from orchestration.sources import scheduled_sources

Grade = Literal["OK", "WARN", "FAIL"]

LOCK_FILE: Final = Path(__file__).resolve().parents[2] / "requirements.lock"
PYTHONS: Final = ((3, 11), (3, 13))
# A refresh of the bundle edition needs some tens of megabytes; five publications are kept beside it.
SPACE_FAIL_BYTES: Final = 200_000_000
SPACE_WARN_BYTES: Final = 2_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and what to do when it is not OK."""

    grade: Grade
    subject: str
    detail: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding in turn, as it is made. A check that cannot be made is itself a FAIL."""
    checks: tuple[tuple[str, Callable[[Settings], Iterator[Finding]]], ...] = (
        ("python", _python),
        ("versions", _versions),
        ("home", _home),
        ("disk", _disk),
        ("contact", _contact),
        ("keys", _keys),
        ("schedule", _schedule),
        ("lock", _lock),
        ("current", _current),
        ("publications", _others),
        ("leftovers", _leftovers),
        ("lake", _lake),
    )
    for subject, check in checks:
        try:
            yield from check(settings)
        except Exception as error:
            remedy = error.remedy if isinstance(error, HashwattError) else "see the message; the check itself failed"
            yield Finding("FAIL", subject, f"{type(error).__name__}: {error}", remedy)


def fix_pointer(settings: Settings) -> str:
    """Point `current` at the newest intact publication unless it names an intact one; says what was done.

    Raises NothingPublished when no publication is intact.
    """
    try:
        publication = current_publication(settings)
        if not damages(publication):
            return f"current names {publication.id}, which is intact: nothing to repair"
    except PublicationDamaged:
        pass
    return f"current now names {repair_pointer(settings).id}, the newest intact publication"


def _python(settings: Settings) -> Iterator[Finding]:
    version = sys.version_info
    text = f"{version.major}.{version.minor}.{version.micro}"
    low, high = PYTHONS
    if low <= version[:2] <= high:
        yield Finding("OK", "python", text)
    else:
        wanted = f"{low[0]}.{low[1]} to {high[0]}.{high[1]}"
        yield Finding("FAIL", "python", f"{text} is not supported", f"use Python {wanted}")


def _versions(settings: Settings) -> Iterator[Finding]:
    yield compare_versions(LOCK_FILE)


def compare_versions(lock_file: Path) -> Finding:
    """The installed distributions against the lock file: a difference is a WARN, an absent lock file is OK."""
    from importlib import metadata

    if not lock_file.exists():
        return Finding("OK", "versions", "no lock file beside the install; nothing to compare with")
    pins = re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", lock_file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    different = []
    compared = 0
    for name, pinned in pins:
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # a pin of another platform or Python
        compared += 1
        if installed != pinned:
            different.append(f"{name} {installed} (locked {pinned})")
    if different:
        more = f" and {len(different) - 5} more" if len(different) > 5 else ""
        return Finding(
            "WARN",
            "versions",
            f"{', '.join(different[:5])}{more}",
            f"install what was tested: pip install --require-hashes -r {lock_file}",
        )
    return Finding("OK", "versions", f"{compared} distributions as locked")


def _home(settings: Settings) -> Iterator[Finding]:
    if not settings.home.exists():
        yield Finding("OK", "home", f"{settings.home} does not exist yet; the first refresh makes it")
        return
    try:
        with TemporaryFile(dir=settings.home) as file:
            file.write(b"hashwatt")
    except OSError as error:
        yield Finding(
            "FAIL", "home", f"{settings.home} cannot be written: {error.strerror}", "set HASHWATT_HOME or its rights"
        )
        return
    yield Finding("OK", "home", f"{settings.home} can be written")


def _contact(settings: Settings) -> Iterator[Finding]:
    if settings.contact is None:
        yield Finding("OK", "contact", "HASHWATT_CONTACT is not set, which only source sec of the live edition needs")
        return
    from ingestion.edgar.client import CONTACT

    if CONTACT.fullmatch(settings.contact):
        yield Finding("OK", "contact", "HASHWATT_CONTACT is set, so EDGAR may be asked")
    else:
        yield Finding("WARN", "contact", "HASHWATT_CONTACT holds no e-mail address", "set it to one that reaches you")


def _keys(settings: Settings) -> Iterator[Finding]:
    listed = ", ".join(name for name in KEY_SETTINGS if name in settings.keys)
    yield Finding("OK", "keys", f"{listed or 'none'} set; providers' keys are optional")
    for name in settings.unfit_keys:
        yield Finding(
            "WARN", "keys", f"{name} holds something that is no key, so it is not used", "set it to the key alone"
        )


def _schedule(settings: Settings) -> Iterator[Finding]:
    sources = scheduled_sources(settings)
    asked = f"edition live, sources {', '.join(sources)}" if sources else "edition bundle, nobody is asked"
    yield Finding(
        "OK", "schedule", f"looked at every day under `hashwatt dev`, and built when something is new: {asked}"
    )


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    yield grade_space(shutil.disk_usage(folder).free)


def grade_space(free_bytes: int) -> Finding:
    """How much room there is for the next refresh."""
    grade: Grade = "FAIL" if free_bytes < SPACE_FAIL_BYTES else "WARN" if free_bytes < SPACE_WARN_BYTES else "OK"
    remedy = "" if grade == "OK" else "free some space on the disk of HASHWATT_HOME"
    return Finding(grade, "disk", f"{free_bytes / 1e9:.1f} GB free", remedy)


def _lock(settings: Settings) -> Iterator[Finding]:
    holder = running_refresh(settings)
    if holder is None:
        yield Finding("OK", "lock", "no refresh is running")
    else:
        yield Finding(
            "WARN",
            "lock",
            f"a refresh is running: {holder.sentence()}",
            "wait for it; end that process if it hangs, which frees the lock",
        )


def _current(settings: Settings) -> Iterator[Finding]:
    try:
        publication = current_publication(settings)
    except NothingPublished as nothing:
        yield Finding("WARN", "current", nothing.message, nothing.remedy)
        return
    found = damages(publication)
    if found:
        yield Finding(
            "FAIL",
            "current",
            f"{publication.id}: {'; '.join(found)}",
            "run `hashwatt doctor --fix` to go to the newest intact publication, or `hashwatt refresh`",
        )
    else:
        yield Finding("OK", "current", f"{publication.id} is intact")


def _others(settings: Settings) -> Iterator[Finding]:
    try:
        now = current_publication(settings).id
    except HashwattError:
        now = ""
    intact = 0
    for publication in list_publications(settings):
        if publication.id == now:
            continue
        if found := damages(publication):
            yield Finding(
                "WARN", "publications", f"{publication.id}: {'; '.join(found)}", f"remove the folder {publication.path}"
            )
        else:
            intact += 1
    yield Finding("OK", "publications", f"{intact} other intact publications to go back to")


def _leftovers(settings: Settings) -> Iterator[Finding]:
    found = leftovers(settings)
    if found:
        names = ", ".join(path.name for path in found)
        yield Finding("WARN", "leftovers", f"unfinished publications: {names}", "the next refresh removes them")
    else:
        yield Finding("OK", "leftovers", "none")


def _lake(settings: Settings) -> Iterator[Finding]:
    if not settings.lake.exists():
        yield Finding("OK", "lake", "no lake yet; the first refresh makes it")
        return
    from ingestion.contracts import TABLES
    from ingestion.fetch.storage import Storage
    from ingestion.landing.lake import Lake

    lake = Lake(Storage(settings.lake))
    found = [damage for table in TABLES.values() for damage in lake.verify(table)]
    for damage in found:
        yield Finding(
            "FAIL",
            "lake",
            f"{damage.table} {damage.partition}: {damage.problem} ({damage.path})",
            "run `hashwatt refresh`, which writes damaged partitions again from the archive",
        )
    if not found:
        yield Finding("OK", "lake", f"{len(TABLES)} tables match their manifests")
