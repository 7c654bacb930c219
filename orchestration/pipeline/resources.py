"""What a run works with: settings, lock, private folder, lake, check ledger. Held for the whole run, whoever started it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, cast, get_args

import dagster as dg
from pydantic import Field

from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.load import Edition, Ingestion
from ingestion.outcomes import Outcome
from orchestration import clock
from orchestration.errors import HashwattError
from orchestration.live import edgar_client, feed_client, inputs_sha256, open_ingestion, tell_waiting
from orchestration.publish.writer_lock import writer_lock
from orchestration.questions import asked_since
from orchestration.settings import Settings
from orchestration.sources import FEEDS, SEC, SOURCES
from quality.ledger import CheckLedger

FAILED_BUILDS_KEPT = 3
SCHEDULED_WAIT_SECONDS = 600.0


@dataclass
class Workspace:
    """One run's own things. `folder` is read by no one else; `asked_since` is when this run, or whoever started it, began to
    ask, naive UTC; `published` is set once readers see the result."""

    settings: Settings
    run_id: str
    edition: Edition
    as_of: date | None
    ingestion: Ingestion
    lake: Lake
    sources: frozenset[str] = frozenset(SOURCES)
    asked_since: datetime = datetime.max
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
        """The edition as the gates understand it: where EDGAR was never asked, its tables may be empty."""
        if self.edition == "live" and SEC in self.sources:
            return self.edition
        return self.edition if self.ingestion.feed.inputs() else "bundle"

    def questions(self, group: str) -> list[Outcome] | None:
        """The questions of this run to the providers of a group of raw tables, of all for group feed; None where the group
        is no feed's, or nobody was to be asked."""
        if self.edition != "live" or not (group == "feed" or group in self.sources & set(FEEDS)):
            return None
        found = asked_since(self.ingestion.archive, self.asked_since)
        return [one for one in found if group in ("feed", one.domain)]

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
        description="bundle: the frozen excerpt of the package. live: that and the sources. replay: what the archive holds.",
    )
    sources: list[str] = Field(
        default=list(SOURCES),
        description="What edition live asks: sec (needs a contact address), market, network, macro.",
    )
    asked_since: str | None = Field(
        default=None,
        description="The sources were asked from this moment on (ISO 8601, UTC), so the live edition reads what is archived.",
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
        with writer_lock(self.settings(), self.wait_seconds, tell_waiting):
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
        if unknown := sorted(set(self.sources) - set(SOURCES)):
            raise HashwattError(f"no source: {', '.join(unknown)}", f"choose among {', '.join(SOURCES)}")
        settings = self.settings()
        edition = cast(Edition, self.edition)
        now_utc = clock.now_utc()
        is_asking = edition == "live" and self.asked_since is None
        client = edgar_client(settings) if is_asking and SEC in self.sources else None
        feeds = feed_client(settings) if is_asking else None
        return Workspace(
            settings=settings,
            run_id=run_id,
            edition=edition,
            as_of=None if self.as_of is None else date.fromisoformat(self.as_of),
            ingestion=open_ingestion(settings, edition, now_utc, client, feeds, self.sources),
            sources=frozenset(self.sources),
            asked_since=now_utc if self.asked_since is None else datetime.fromisoformat(self.asked_since),
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
    """Remove the run's folder once it is published, or empty; of the others only the newest few stay, to be looked into."""
    if workspace.published or not any(workspace.folder.iterdir()):
        shutil.rmtree(workspace.folder, ignore_errors=True)
    folders = [path for path in workspace.settings.builds.iterdir() if path.is_dir()]
    for old in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[FAILED_BUILDS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
