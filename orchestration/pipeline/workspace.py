"""What a run works with: settings, sources, private folder, lake, check ledger. Knows no Dagster: `hashwatt build` has one, too."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contracts import TABLES
from ingestion.landing.lake import Lake
from ingestion.load import Edition, Ingestion
from ingestion.outcomes import Outcome, asked_since
from orchestration.errors import HashwattError
from orchestration.faults import disk_is_full
from orchestration.live import lake_damages, lake_of
from orchestration.pipeline import dbt
from orchestration.progress import report
from orchestration.publish.lock import writer_lock
from orchestration.publish.reader import REFUSED_RUN
from orchestration.settings import FEEDS, SEC, SOURCES, Settings
from quality.ledger import CheckLedger, CheckLedgerError

if TYPE_CHECKING:
    from quality.judge import Verdict

FAILED_BUILDS_KEPT = 3


@dataclass
class Workspace:
    """One run's own things. `folder` is read by no one else; `asked_since` is when this run, or whoever started it, began to
    ask, naive UTC; `run_number` is what it got when it began, 0 where it publishes nothing; `rows` are those of the models that this run has built; `is_kept` says whether its
    folder stays to be looked into."""

    settings: Settings
    run_id: str
    edition: Edition
    as_of: date | None
    ingestion: Ingestion
    sources: frozenset[str] = frozenset(SOURCES)
    asked_since: datetime = datetime.max
    run_number: int = 0
    make_current: bool = False
    rows: dict[str, int] = field(default_factory=dict)
    is_kept: bool = True

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
    def lake(self) -> Lake:
        return lake_of(self.settings)

    @property
    def checks(self) -> CheckLedger:
        return CheckLedger(self.folder / "checks.jsonl")

    @property
    def horizon_utc(self) -> datetime | None:
        """Midnight after the day asked for, naive UTC: the first moment that may not be seen."""
        return None if self.as_of is None else datetime.combine(self.as_of + timedelta(days=1), time())

    @property
    def is_refused(self) -> bool:
        """Whether a check of this run keeps it from publication."""
        try:
            return any(one.status in ("failed", "crashed") for one in self.checks.read())
        except CheckLedgerError:
            return False

    @property
    def is_beside(self) -> bool:
        """Whether what it publishes stands beside the current publication."""
        return self.as_of is not None and not self.make_current

    @property
    def gate_edition(self) -> str:
        """The edition as the gates understand it: where EDGAR was never asked, its tables may be empty."""
        if self.edition == "live" and SEC in self.sources:
            return self.edition
        return self.edition if self.ingestion.feed.is_asked() else "bundle"

    def questions(self, group: str) -> list[Outcome] | None:
        """The questions of this run to the providers of a group of raw tables, of all for group feed; None where the group
        is no feed's, or nobody was to be asked."""
        if self.edition != "live" or not (group == "feed" or group in self.sources & set(FEEDS)):
            return None
        found = asked_since(self.ingestion.archive, self.asked_since)
        return [one for one in found if group in ("feed", one.domain)]

    def build(self, chosen: Collection[str] | None = None, tests: Collection[str] = ()) -> dbt.Built:
        """Build the whole project, or the models `chosen` and all that they and the tests need upstream, from the lake as it
        is, and write down what the tests found. Raises HashwattError when the lake lacks a table, or a file of it is not the
        one that was written."""
        manifest = dbt.load_manifest()
        tables = {source["name"] for source in manifest["sources"].values()}
        if lacking := sorted(name for name in tables if not self.lake.partitions(TABLES[name])):
            raise HashwattError(
                f"the lake has no {', '.join(lacking[:3])}{' and others' if lacking[3:] else ''}",
                "`hashwatt refresh`, or the job daily_refresh, fills the lake that models are built from",
            )
        if damages := lake_damages(self.settings):
            raise HashwattError(
                "the lake is damaged, so nothing is built from it: " + "; ".join(map(str, damages)),
                "`hashwatt refresh` makes damaged partitions again from the archive",
            )
        self.build_file.unlink(missing_ok=True)
        selection = None if chosen is None else (dbt.with_upstream(manifest, chosen, tests), tests)
        built = dbt.build(self.build_file, self.settings.lake, self.settings.dbt_target, self.as_of, selection)
        self.checks.record_dbt(built.results)
        self.rows = dbt.row_counts(self.build_file, built.models)
        return built

    def judged(self, marts: Collection[str]) -> Iterator[tuple[str, Verdict | Exception]]:
        """Each mart with the verdict on it, or with what crashed its gate; either is written down."""
        import duckdb

        from quality.judge import judge
        from quality.rules import Context
        from quality.suites import MART_SUITES

        moment = Context(now_utc=self.ingestion.moment_utc, as_of_utc=self.horizon_utc, edition=self.gate_edition)
        with duckdb.connect(str(self.build_file), read_only=True) as connection:
            for name in marts:
                try:
                    verdict = judge(connection, MART_SUITES[name], moment)
                    self.checks.record(verdict)
                except Exception as error:
                    self.checks.record_crash(name, error)
                    yield name, error
                else:
                    yield name, verdict


@contextmanager
def opened(settings: Settings, wait_seconds: float, make: Callable[[], Workspace]) -> Iterator[Workspace]:
    """The workspace that `make` makes once the writer lock is held, and its folder, for the block; raises RefreshRunning
    when the lock is not to be had."""
    with writer_lock(settings, wait_seconds):
        workspace = make()
        workspace.folder.mkdir(parents=True, exist_ok=True)
        try:
            yield workspace
        except KeyboardInterrupt:
            workspace.is_kept = False
            raise
        finally:
            if workspace.is_kept and workspace.run_number and workspace.is_refused:
                (workspace.folder / REFUSED_RUN).write_text(str(workspace.run_number), encoding="ascii")
            tidy_builds(workspace)


def tidy_builds(workspace: Workspace) -> None:
    """Remove the run's folder unless it is kept and has anything in it; of those kept only the newest few stay, and none
    on a disk that is full."""
    if disk_is_full(workspace.settings.home):
        report("the disk is full: the files of failed runs are removed")
        shutil.rmtree(workspace.settings.builds, ignore_errors=True)
        return
    if not workspace.is_kept or not any(workspace.folder.iterdir()):
        shutil.rmtree(workspace.folder, ignore_errors=True)
    folders = [path for path in workspace.settings.builds.iterdir() if path.is_dir()]
    for old in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[FAILED_BUILDS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
