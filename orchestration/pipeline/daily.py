"""The job that builds, and the schedule. Which days are missing is derived from the data, never from ticks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dagster as dg

from orchestration.pipeline.backfills import MARKET_HISTORY
from orchestration.pipeline.look import daily_look, look_config
from orchestration.pipeline.policies import DAILY_CRON, TIMEZONE
from orchestration.pipeline.raw import WHOLE_UNIVERSE
from orchestration.settings import Settings
from orchestration.sources import scheduled_sources

refresh = dg.define_asset_job(
    "daily_refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(MARKET_HISTORY),
    executor_def=dg.in_process_executor,
    description="Ingest what is missing, judge it, build the warehouse in a file of this run alone, judge it, publish.",
    # A publication counts the checks of its own run only, so a second attempt has to run every step again.
    tags={"dagster/retry_strategy": "ALL_STEPS", **WHOLE_UNIVERSE},
)


def workspace_config(
    edition: str, sources: Sequence[str] | None = None, asked_since: datetime | None = None
) -> dict[str, Any]:
    """The run configuration of a refresh of `edition`. Edition live asks `sources`, all when not given; where somebody
    has asked them from `asked_since` on, naive UTC, it reads what is archived."""
    asked = {} if sources is None else {"sources": list(sources)}
    since = {} if asked_since is None else {"asked_since": asked_since.isoformat()}
    return {"resources": {"workspace": {"config": {"edition": edition, **asked, **since}}}}


def scheduled_look(context: dg.ScheduleEvaluationContext | None = None) -> dict[str, Any]:
    """Whom this home may ask, as decision 0016 has it. Nobody is asked here: an evaluation has a minute, a look may take
    several."""
    return look_config(scheduled_sources(Settings.from_env()))


schedule = dg.ScheduleDefinition(
    name="daily_after_close",
    job=daily_look,
    cron_schedule=DAILY_CRON,
    execution_timezone=TIMEZONE,
    run_config_fn=scheduled_look,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 20:30 New York: after the close of the exchange and after the UTC day has ended.",
)
