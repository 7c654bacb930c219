"""The one job and its schedule. Which days are missing is derived from the data, never from ticks."""

from __future__ import annotations

import dagster as dg

from orchestration.policies import DAILY_CRON, TIMEZONE

refresh = dg.define_asset_job(
    "daily_refresh",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Ingest what is missing, judge it, build the warehouse in a file of this run alone, judge it, publish.",
    # A publication counts the checks of its own run only, so a second attempt has to run every step again.
    tags={"dagster/retry_strategy": "ALL_STEPS"},
)

schedule = dg.ScheduleDefinition(
    name="daily_after_close",
    job=refresh,
    cron_schedule=DAILY_CRON,
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 20:30 New York: after the close of the exchange and after the UTC day has ended.",
)
