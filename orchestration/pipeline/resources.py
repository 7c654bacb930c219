"""The workspace of a run as Dagster's resource: its request, editable in the launchpad, and the lock it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, cast, get_args

import dagster as dg
from pydantic import Field

from ingestion.load import Edition
from orchestration import clock
from orchestration.errors import HashwattError
from orchestration.live import edgar_client, feed_client, open_ingestion
from orchestration.pipeline.workspace import Workspace, opened
from orchestration.publish.store import next_run_number
from orchestration.settings import SEC, SOURCES, Settings


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
    make_current: bool = Field(
        default=False, description="With as_of: let readers see it, in the place of what is known now."
    )
    wait_seconds: float = Field(
        default=clock.SCHEDULED_WAIT_SECONDS, description="How long to wait for another refresh to end."
    )

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Workspace]:
        """Hold the writer lock from the first step to the last; raises RefreshRunning when it is not to be had."""
        if context.run is None:
            raise HashwattError("a workspace belongs to a run", "materialize assets in a run, not by calling them")
        run_id = context.run.run_id
        with opened(Settings.from_env(), self.wait_seconds, lambda: self.open(run_id)) as workspace:
            yield workspace

    def open(self, run_id: str) -> Workspace:
        """The workspace of the run; raises HashwattError or ValueError for a request that cannot be meant."""
        if self.edition not in get_args(Edition):
            raise HashwattError(f"edition is {self.edition!r}", f"choose {' or '.join(get_args(Edition))}")
        if unknown := sorted(set(self.sources) - set(SOURCES)):
            raise HashwattError(f"no source: {', '.join(unknown)}", f"choose among {', '.join(SOURCES)}")
        # A request names no folder: who may send one to the page could have any folder written.
        settings = Settings.from_env()
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
            run_number=next_run_number(settings),
            make_current=self.make_current,
        )
