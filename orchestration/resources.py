"""What a run works with: settings, lock, private folder, lake, check ledger. Held for the whole run, whoever started it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast, get_args

import dagster as dg
from pydantic import Field

from ingestion.lake import Lake
from ingestion.load import Edition, Ingestion
from ingestion.storage import Storage
from orchestration.errors import HashwattError
from orchestration.live import edgar_client, inputs_sha256, open_ingestion
from orchestration.progress import report
from orchestration.settings import Settings
from orchestration.writer_lock import Holder, writer_lock
from quality.ledger import CheckLedger

FAILED_BUILDS_KEPT = 3
SCHEDULED_WAIT_SECONDS = 600.0


@dataclass
class Workspace:
    """One run's own things. `folder` is read by no one else; `published` is set once readers see the result."""

    settings: Settings
    run_id: str
    edition: Edition
    as_of: date | None
    ingestion: Ingestion
    lake: Lake
    published: bool = False

    @property
    def folder(self) -> Path:
        return self.settings.builds / self.run_id

    @property
    def build_file(self) -> Path:
        """The candidate that dbt builds and the gates judge."""
        return self.folder / "hashwatt.duckdb"

    @property
    def staging(self) -> Path:
        """Partitions that wait for their gate."""
        return self.folder / "lake"

    @property
    def horizon_utc(self) -> datetime | None:
        """Midnight after the day asked for, naive UTC: the first moment that may not be seen."""
        return None if self.as_of is None else datetime.combine(self.as_of + timedelta(days=1), time())

    @property
    def gate_edition(self) -> str:
        """The edition as the gates understand it: without any answer of EDGAR its tables may be empty."""
        return "bundle" if self.edition == "replay" and not self.ingestion.feed.inputs() else self.edition

    def inputs_sha256(self) -> str:
        """What the run's publication follows from, as one hash."""
        return inputs_sha256(self.ingestion, self.as_of, as_archived=True)

    @property
    def checks(self) -> CheckLedger:
        return CheckLedger(checks_file(self.settings, self.run_id))


def checks_file(settings: Settings, run_id: str) -> Path:
    """The check ledger of a run."""
    return settings.builds / run_id / "checks.jsonl"


class WorkspaceResource(dg.ConfigurableResource[Any]):
    """Opens the workspace of a run. The fields are the run's request, editable in the launchpad."""

    edition: str = Field(
        default="bundle",
        description="bundle: the frozen excerpt of the package. live: that and EDGAR. replay: what the archive holds.",
    )
    is_asked: bool = Field(
        default=False, description="EDGAR was asked just now, so the live edition reads what is archived."
    )
    as_of: str | None = Field(
        default=None, description="Show only what was known by the end of this UTC day, YYYY-MM-DD."
    )
    wait_seconds: float = Field(
        default=SCHEDULED_WAIT_SECONDS, description="How long to wait for another refresh to end."
    )
    home: str | None = Field(default=None, description="Folder of all files; HASHWATT_HOME when not given.")
    ledger_dir: str | None = Field(default=None, description="Folder of the ledger; HASHWATT_LEDGER when not given.")
    bundle_dir: str | None = Field(default=None, description="Folder of the bundle; HASHWATT_BUNDLE when not given.")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Workspace]:
        """Hold the writer lock from the first step to the last; raises RefreshRunning when it is not to be had."""
        if context.run is None:
            raise HashwattError("a workspace belongs to a run", "materialize assets in a run, not by calling them")
        with writer_lock(self.settings(), self.wait_seconds, _tell_waiting):
            workspace = self.open(context.run.run_id)
            workspace.folder.mkdir(parents=True, exist_ok=True)
            try:
                yield workspace
            finally:
                tidy_builds(workspace)

    def open(self, run_id: str) -> Workspace:
        """The workspace of the run; raises HashwattError or ValueError for a request that cannot be meant."""
        if self.edition not in get_args(Edition):
            raise HashwattError(f"edition is {self.edition!r}", f"choose {' or '.join(get_args(Edition))}")
        settings = self.settings()
        now_utc = datetime.now(UTC).replace(tzinfo=None)
        edition = cast(Edition, self.edition)
        client = edgar_client(settings) if edition == "live" and not self.is_asked else None
        return Workspace(
            settings=settings,
            run_id=run_id,
            edition=edition,
            as_of=None if self.as_of is None else date.fromisoformat(self.as_of),
            ingestion=open_ingestion(settings, edition, now_utc, client),
            lake=Lake(Storage(settings.lake)),
        )

    def settings(self) -> Settings:
        """The environment's settings, with the folders named in the run's request in their place."""
        known = Settings.from_env()
        return replace(
            known,
            home=_given(self.home) or known.home,
            ledger_dir=_given(self.ledger_dir) or known.ledger_dir,
            bundle_dir=_given(self.bundle_dir) or known.bundle_dir,
        )


def _given(folder: str | None) -> Path | None:
    return Path(folder).absolute() if folder else None


def tidy_builds(workspace: Workspace) -> None:
    """Remove the run's folder once it is published; of the others only the newest few stay, to be looked into."""
    if workspace.published:
        shutil.rmtree(workspace.folder, ignore_errors=True)
    folders = [path for path in workspace.settings.builds.iterdir() if path.is_dir()]
    for old in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[FAILED_BUILDS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _tell_waiting(holder: Holder | None) -> None:
    report(f"waiting for another refresh to end: {holder.sentence() if holder else 'it left no details'}")
