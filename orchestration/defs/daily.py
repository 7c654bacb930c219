"""The one job and its schedule. Which days are missing is derived from the data, never from ticks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg

from orchestration.defs.history import MARKET_HISTORY
from orchestration.defs.raw_sec import WHOLE_UNIVERSE
from orchestration.policies import DAILY_CRON, TIMEZONE
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


def scheduled_config(context: dg.ScheduleEvaluationContext | None = None) -> dict[str, Any]:
    """Live where there is anyone that this home may ask, as decision 0016 has it; the bundle, without network, elsewhere."""
    sources = scheduled_sources(Settings.from_env())
    return workspace_config("live", sources) if sources else workspace_config("bundle")


def workspace_config(edition: str, sources: Sequence[str] | None = None) -> dict[str, Any]:
    """The run configuration of a refresh of `edition`; edition live asks `sources`, all when not given."""
    asked = {} if sources is None else {"sources": list(sources)}
    return {"resources": {"workspace": {"config": {"edition": edition, **asked}}}}


schedule = dg.ScheduleDefinition(
    name="daily_after_close",
    job=refresh,
    cron_schedule=DAILY_CRON,
    execution_timezone=TIMEZONE,
    run_config_fn=scheduled_config,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 20:30 New York: after the close of the exchange and after the UTC day has ended.",
)
