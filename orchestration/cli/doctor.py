"""`hashwatt doctor`: looks at a home and its machine, says what is wrong and what to do. Repairs nothing but the
pointer and the archive's records, and only when told to."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, NamedTuple

import click

from orchestration.cli.base import EXIT_CODES
from orchestration.cli.output import say
from orchestration.cli.status import warned_text
from orchestration.dates import date_again, dated_ahead
from orchestration.errors import HashwattError, NothingPublished, PublicationDamaged
from orchestration.faults import disk_is_full, plain, require_writable
from orchestration.live import archive_of, lake_damages
from orchestration.pipeline.instance import unreadable_history
from orchestration.publish import store
from orchestration.publish.lock import running_refresh, writer_lock
from orchestration.publish.reader import newly_warned, read_publication
from orchestration.settings import KEY_SETTINGS, KEYS_BRING, Settings, scheduled_sources

LOCK_FILE: Final = Path(__file__).resolve().parents[2] / "requirements.lock"
PYTHONS: Final = ((3, 11), (3, 13))
# A refresh of the bundle edition needs some tens of megabytes; five publications are kept beside it.
SPACE_FAIL_BYTES: Final = 200_000_000
SPACE_WARN_BYTES: Final = 2_000_000_000


@click.command(epilog=EXIT_CODES)
@click.option(
    "--fix",
    is_flag=True,
    help="Put damaged records of the archive aside, date again what a clock that was ahead has dated in the future, and point "
    "`current` at the newest intact publication when it is lost or damaged.",
)
@click.pass_context
def doctor(ctx: click.Context, fix: bool) -> None:
    """Look for what is wrong and say what to do about it; exit 1 when something FAILs."""
    settings: Settings = ctx.obj
    if fix:
        say(fix_archive(settings))
        say(date_again(settings))
        say(fix_pointer(settings))
    failed = False
    for subject, (grade, detail, remedy) in examine(settings):
        failed = failed or grade == "FAIL"
        say(f"{grade:<5} {subject:<13} {detail}")
        if remedy:
            say(f"{'':<19} -> {remedy}")
    ctx.exit(1 if failed else 0)


class Finding(NamedTuple):
    """One thing looked at: how it is, and what to do when it is not OK."""

    grade: Literal["OK", "WARN", "FAIL"]
    detail: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[tuple[str, Finding]]:
    """Every finding with its subject, as it is made. A check that cannot be made is itself a FAIL."""
    for check in CHECKS:
        try:
            yield from ((check.__name__, finding) for finding in check(settings))
        except Exception as error:
            told = error if isinstance(error, HashwattError) else plain(error, settings)
            remedy = told.remedy if told else "see the message; the check itself failed"
            yield check.__name__, Finding("FAIL", told.message if told else f"{type(error).__name__}: {error}", remedy)


def _or_ok(found: Iterable[Finding], ok: str) -> Iterator[Finding]:
    return iter([*found] or [Finding("OK", ok)])


def fix_archive(settings: Settings) -> str:
    """Put every damaged record aside, so that its source is read or asked again; says what was done. Raises RefreshRunning."""
    with writer_lock(settings):
        damaged = archive_of(settings).damages()
        for record, _ in damaged:
            archive_of(settings).set_aside(record)
    return f"archive: {len(damaged)} damaged records were put aside in {settings.archive / 'damaged'}"


def fix_pointer(settings: Settings) -> str:
    """Point `current` at the newest intact publication unless it names an intact one; says what was done.

    Raises NothingPublished when no publication is intact.
    """
    try:
        publication = store.current_publication(settings)
        if not store.damages(publication):
            return f"current names {publication.id}, which is intact: nothing to repair"
    except PublicationDamaged:
        pass
    return f"current now names {store.repair_pointer(settings).id}, the newest intact publication"


def python(settings: Settings) -> Iterator[Finding]:
    text = ".".join(map(str, sys.version_info[:3]))
    low, high = PYTHONS
    if low <= sys.version_info[:2] <= high:
        yield Finding("OK", text)
    else:
        yield Finding("FAIL", f"{text} is not supported", f"use Python 3.{low[1]} to 3.{high[1]}")


def versions(settings: Settings) -> Iterator[Finding]:
    """The installed distributions against the lock file: a difference is a WARN, an absent lock file is OK."""
    from importlib import metadata

    if not LOCK_FILE.exists():
        yield Finding("OK", "no lock file beside the install; nothing to compare with")
        return
    pins = re.findall(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", LOCK_FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    installed = {}
    for name, _ in pins:
        with suppress(metadata.PackageNotFoundError):  # a pin of another platform or Python
            installed[name] = metadata.version(name)
    compared = [(name, pinned) for name, pinned in pins if name in installed]
    different = [
        f"{name} {installed[name]} (locked {pinned})" for name, pinned in compared if installed[name] != pinned
    ]
    if different:
        more = f" and {len(different) - 5} more" if len(different) > 5 else ""
        remedy = f"install what was tested: pip install --require-hashes -r {LOCK_FILE}"
        yield Finding("WARN", f"{', '.join(different[:5])}{more}", remedy)
    else:
        yield Finding("OK", f"{len(compared)} distributions as locked")


def home(settings: Settings) -> Iterator[Finding]:
    if not os.path.lexists(settings.home):
        above = next(folder for folder in settings.home.parents if os.path.lexists(folder))
        if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
            yield Finding("OK", f"{settings.home} does not exist yet; the first refresh makes it")
        else:
            remedy = "set HASHWATT_HOME to a folder that can be made"
            yield Finding("FAIL", f"{settings.home} cannot be made: {above} is no folder that may be written", remedy)
        return
    try:
        require_writable(settings)
    except HashwattError as error:
        can_read = (
            settings.home.is_dir() and os.access(settings.home, os.R_OK | os.X_OK) and not disk_is_full(settings.home)
        )
        yield Finding(
            "WARN" if can_read else "FAIL",
            error.message,
            f"{error.remedy}; asking it goes on" if can_read else error.remedy,
        )
    else:
        yield Finding("OK", f"{settings.home} can be written")


def disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / 1e9:.1f} GB free"
    if free >= SPACE_WARN_BYTES:
        yield Finding("OK", detail)
    else:
        grade: Literal["FAIL", "WARN"] = "FAIL" if free < SPACE_FAIL_BYTES else "WARN"
        yield Finding(grade, detail, "free some space on the disk of HASHWATT_HOME")


def contact(settings: Settings) -> Iterator[Finding]:
    if settings.contact is None:
        yield Finding("OK", "HASHWATT_CONTACT is not set, which only source sec of the live edition needs")
        return
    from ingestion.edgar.client import CONTACT

    if CONTACT.fullmatch(settings.contact):
        yield Finding("OK", "HASHWATT_CONTACT is set, so EDGAR may be asked")
    else:
        yield Finding("WARN", "HASHWATT_CONTACT holds no e-mail address", "set it to one that reaches you")


def keys(settings: Settings) -> Iterator[Finding]:
    listed = ", ".join(name for name in KEY_SETTINGS if name in settings.keys)
    yield Finding("OK", f"{listed or 'none'} set; providers' keys are optional")
    for name, gift in KEYS_BRING.items():
        if name not in settings.keys and name not in settings.unfit_keys:
            yield Finding("OK", f"{name} would bring {gift}")
    for name in settings.unfit_keys:
        yield Finding("WARN", f"{name} holds something that is no key, so it is not used", "set it to the key alone")


def schedule(settings: Settings) -> Iterator[Finding]:
    sources = scheduled_sources(settings)
    asked = f"edition live, sources {', '.join(sources)}" if sources else "edition bundle, nobody is asked"
    yield Finding("OK", f"looked at every day under `hashwatt serve`, and built when something is new: {asked}")


def lock(settings: Settings) -> Iterator[Finding]:
    try:
        holder = running_refresh(settings)
    except HashwattError as unknown:
        yield Finding("WARN", f"whether a refresh is running {unknown.message}", unknown.remedy)
        return
    if holder:
        remedy = "wait for it; end that process if it hangs, which frees the lock"
        yield Finding("WARN", f"a refresh is running: {holder}", remedy)
    else:
        yield Finding("OK", "no refresh is running")


def current(settings: Settings) -> Iterator[Finding]:
    try:
        publication = store.current_publication(settings)
    except NothingPublished as nothing:
        yield Finding("WARN", nothing.message, nothing.remedy)
        return
    if found := store.damages(publication):
        remedy = "run `hashwatt doctor --fix` to go to the newest intact publication, or `hashwatt refresh`"
        yield Finding("FAIL", f"{publication.id}: {'; '.join(found)}", remedy)
    else:
        yield Finding("OK", f"{publication.id} is intact")


def dates(settings: Settings) -> Iterator[Finding]:
    return _or_ok((Finding("FAIL", *told) for told in dated_ahead(settings)), "nothing is dated in the future")


def warnings(settings: Settings) -> Iterator[Finding]:
    """What the current publication warns of and the one before it did not."""
    try:
        with read_publication(settings) as reading:
            new = newly_warned(reading)
    except NothingPublished:
        new = {}
    remedy = "`hashwatt status` shows its rows, and what to do"
    found = (Finding("WARN", warned_text(check, said).splitlines()[0], remedy) for check, said in new.items())
    yield from _or_ok(found, "nothing that the publication before did not warn of")


def publications(settings: Settings) -> Iterator[Finding]:
    now = store.pointed_id(settings)
    intact = 0
    for publication in store.list_publications(settings):
        if publication.id == now:
            continue
        if found := store.damages(publication):
            yield Finding("WARN", f"{publication.id}: {'; '.join(found)}", f"remove the folder {publication.path}")
        else:
            intact += 1
    yield Finding("OK", f"{intact} other intact publications to go back to")


def leftovers(settings: Settings) -> Iterator[Finding]:
    if found := store.leftovers(settings):
        names = ", ".join(path.name for path in found)
        yield Finding("WARN", f"unfinished publications: {names}", "the next refresh removes them")
    else:
        yield Finding("OK", "none")


def archive(settings: Settings) -> Iterator[Finding]:
    found = (
        Finding("FAIL", f"{settings.archive / record.name}: {damage.problem}", damage.remedy)
        for record, damage in archive_of(settings).damages()
    )
    return _or_ok(found, "records and archived bytes are as they were written")


def lake(settings: Settings) -> Iterator[Finding]:
    remedy = "run `hashwatt refresh`, which makes it again from the archive"
    found = (Finding("FAIL", str(damage), remedy) for damage in lake_damages(settings))
    return _or_ok(found, "its files are as they were written")


def history(settings: Settings) -> Iterator[Finding]:
    remedy = "run `hashwatt refresh`, which begins a new history of runs"
    found = (Finding("WARN", f"{path} cannot be read", remedy) for path in unreadable_history(settings))
    return _or_ok(found, "Dagster's history of runs can be read")


CHECKS: Final = (
    *(python, versions, home, disk, contact, keys, schedule, lock),
    *(current, dates, warnings, publications, leftovers, archive, lake, history),
)
