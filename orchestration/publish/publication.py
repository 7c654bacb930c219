"""Makes one publication of an audited candidate: gate, build, sync, rename, pointer last. Readers see the publication
before or the one after, never between. The files are built by build.py, kept by store.py."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ingestion.fetch.storage import sha256_of, sync
from orchestration import __version__
from orchestration.errors import PublicationFailed, PublicationRefused
from orchestration.publish import build
from orchestration.publish.store import (
    BUILD_PREFIX,
    MANIFEST_NAME,
    clear_leftovers,
    collect,
    move_pointer,
    pointed_id,
    pointed_publication,
    publication_id,
    store_lock,
)
from orchestration.settings import Settings
from quality.sql import literal

if TYPE_CHECKING:
    from quality.gate import Decision, ExpectedCheck
    from quality.ledger import CheckRecord


@dataclass(frozen=True)
class PublishRequest:
    """What to publish and on whose word.

    `inputs` gives, per raw table, the SHA-256 of each archived source; `units` the unit of published numbers by table and column;
    `as_of` is the last day whose knowledge the candidate holds, None for everything; `now_utc` has a time zone;
    `run_number` is what the run got when it began; one `is_beside` does not become current;
    `inputs_sha256` is one hash over all the candidate follows from, empty where nobody knows it; `report` writes pages into the
    folder it is given, from the finished file there and the folder of the publication before, if any.
    """

    candidate: Path
    checks: Path
    expected: Sequence[ExpectedCheck]
    settings: Settings
    run_id: str
    edition: str
    as_of: date | None
    inputs: Mapping[str, Sequence[str]]
    units: Mapping[tuple[str, str], str]
    now_utc: datetime
    run_number: int
    is_beside: bool = False
    inputs_sha256: str = ""
    report: Callable[[Path, Path | None], None] | None = None


@dataclass(frozen=True)
class Published:
    """What was published. `is_current` is False where it stands beside the current one, or a run that began later had
    published already; that one then stays current. `newly_warned` is what checks say, by id, that readers were not warned
    of before."""

    id: str
    path: Path
    is_current: bool
    rows: dict[str, int]
    content_sha256: str
    checks: dict[str, int]
    newly_warned: dict[str, str]


def publish(request: PublishRequest) -> Published:
    """Publish the candidate of a run whose checks all allow it.

    Raises PublicationRefused when a check is missing, crashed, critical and failed, or looked at nothing, and
    PublicationFailed when the files cannot be written; in both cases the current publication stays as it is.
    """
    settings = request.settings
    try:
        with store_lock(settings):
            records, decision = _audit(request)
            settings.reach("checks_read")
            clear_leftovers(settings)
            folder = settings.publications / f"{BUILD_PREFIX}{request.run_id}"
            folder.mkdir()
            try:
                # What readers had before is known until the pointer moves.
                new = _newly_warned(settings, records)
                name, manifest = _build(request, folder, records, decision, new)
                is_current = _put_in_place(request, folder, name)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            collect(settings, also_keep=name)
            settings.reach("collected")
    except (OSError, duckdb.Error) as error:
        reason = (
            f"{error.strerror or error}: {error.filename or settings.home}" if isinstance(error, OSError) else error
        )
        raise PublicationFailed(
            f"the publication could not be written: {reason}",
            "see that the disk of HASHWATT_HOME has room and may be written, then run `hashwatt refresh` again; "
            "readers keep a whole publication meanwhile, `hashwatt status` says which",
        ) from error
    return Published(
        id=name,
        path=settings.publications / name,
        is_current=is_current,
        rows={table: facts["rows"] for table, facts in manifest["tables"].items()},
        content_sha256=manifest["content_sha256"],
        checks=manifest["checks"],
        newly_warned=new,
    )


def _audit(request: PublishRequest) -> tuple[list[CheckRecord], Decision]:
    from quality.gate import decide, effective
    from quality.ledger import CheckLedger, CheckLedgerError

    remedy = "mend what the checks name and run `hashwatt refresh` again"
    try:
        records = CheckLedger(request.checks).read()
    except CheckLedgerError as error:
        raise PublicationRefused("the checks of this run cannot be read", [str(error)], remedy) from error
    decision = decide(records, request.expected)
    if not decision.passed:
        raise PublicationRefused("the checks of this run do not allow publication", decision.reasons, remedy)
    return effective(records), decision


def _build(
    request: PublishRequest, folder: Path, records: Sequence[CheckRecord], decision: Decision, new: Collection[str]
) -> tuple[str, dict[str, Any]]:
    settings = request.settings
    settings.reach("build_started")
    connection = build.open_build(request.candidate, folder)
    try:
        build.copy_tables(connection)
        build.write_meta_column(connection, request.units)
        settings.reach("tables_copied")
        facts = build.table_facts(connection, volatile=False)
        content = build.content_sha256(facts)
        # A clock that stands still gives two publications one moment, and the second would find its folder taken.
        moment = request.now_utc
        while any(settings.publications.glob(f"{publication_id(moment, '')}*")):
            moment += timedelta(microseconds=1)
        name = publication_id(moment, content)
        versions = _versions()
        checks = {str(status): int(count) for status, count in decision.counts.items()}
        listed = sorted(records, key=lambda record: record.check_id)
        build.insert(connection, "meta_check", [(*astuple(one), one.check_id in new) for one in listed])
        published_at = moment.astimezone(UTC).replace(tzinfo=None)
        about = [
            name,
            published_at,
            request.edition,
            request.as_of,
            request.run_id,
            content,
            versions["hashwatt"],
            versions["duckdb"],
            versions["dbt-core"],
            build.STORAGE_VERSION,
            checks.get("passed", 0),
            checks.get("warned", 0),
        ]
        build.insert(connection, "meta_publication", [about])
        facts = dict(sorted({**facts, **build.table_facts(connection, volatile=True)}.items()))
        build.close_file(connection, folder)
    finally:
        connection.close()
    settings.reach("file_closed")
    build.write_parquet(folder, {table: rows for table, (rows, _) in facts.items()})
    shutil.rmtree(folder / ".spill", ignore_errors=True)
    settings.reach("parquet_written")
    if request.report is not None:
        before = None if request.is_beside else pointed_publication(settings)
        request.report(folder, None if before is None else before.path)
    settings.reach("report_written")
    files = _file_facts(folder)
    manifest: dict[str, Any] = {
        "publication_id": name,
        "run_number": request.run_number,
        "is_beside": request.is_beside,
        "published_at_utc": published_at.isoformat() + "Z",
        "edition": request.edition,
        "as_of": request.as_of.isoformat() if request.as_of else None,
        "run_id": request.run_id,
        "content_sha256": content,
        "inputs_sha256": request.inputs_sha256,
        "inputs": {table: sorted(hashes) for table, hashes in sorted(request.inputs.items())},
        "versions": versions,
        "storage_version": build.STORAGE_VERSION,
        "checks": checks,
        "tables": {
            table: {
                "rows": rows,
                "content_sha256": digest,
                "parquet_sha256": files[f"parquet/{table}.parquet"]["sha256"],
            }
            for table, (rows, digest) in facts.items()
        },
        "files": files,
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    settings.reach("manifest_written")
    # What is in a folder before the folder, and all of it before it gets its name.
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        sync(path)
    settings.reach("files_synced")
    return name, manifest


def _put_in_place(request: PublishRequest, folder: Path, name: str) -> bool:
    settings = request.settings
    final = settings.publications / name
    before = pointed_publication(settings)
    os.rename(folder, final)
    try:
        settings.reach("renamed")
        sync(settings.publications)
        settings.reach("publications_synced")
        if request.is_beside or (before is not None and before.order[0] > request.run_number):
            return False
        move_pointer(settings, name)
    except BaseException:
        # Unless the pointer already names it, nobody saw it: take it away again, so that a failure leaves no trace.
        if pointed_id(settings) != name:
            with suppress(OSError):
                os.rename(final, folder)
        raise
    return True


def _newly_warned(settings: Settings, records: Sequence[CheckRecord]) -> dict[str, str]:
    """The checks that warn of something the current publication does not warn of; none where that cannot be read."""
    from quality.ledger import newly_warned

    file = settings.current / "parquet" / "meta_check.parquet"
    query = f"SELECT check_id, observed::DOUBLE FROM read_parquet({literal(file)}) WHERE status = 'warned'"
    try:
        with duckdb.connect() as connection:
            return newly_warned(records, dict(connection.execute(query).fetchall()))
    except duckdb.Error:
        return {}


def _file_facts(folder: Path) -> dict[str, dict[str, object]]:
    paths = [folder / build.DATABASE_NAME, *(path for path in sorted(folder.glob("*/**/*")) if path.is_file())]
    return {str(path.relative_to(folder)): {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in paths}


def _versions() -> dict[str, str]:
    return {"hashwatt": __version__, **{name: metadata.version(name) for name in ("duckdb", "dbt-core", "dbt-duckdb")}}
