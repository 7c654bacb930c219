"""Prices of past months, brought into the archive on demand. No part of the daily job, which asks for what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.live import fill
from orchestration.pipeline.gates import recorded_crash
from orchestration.pipeline.policies import OWNER
from orchestration.pipeline.workspace import Workspace
from orchestration.questions import feed_metadata, unanswered

MARKET_HISTORY = "market_history"
ANSWERED = "every_instrument_answered"
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2019-01-01")


@dg.asset(
    name=MARKET_HISTORY,
    group_name="backfill",
    description="Bars, splits and dividends of past months in the archive, and the day from which the daily job keeps them "
    "whole. Publishes nothing: the next live or replay refresh reads what was archived.",
    kinds={"python"},
    owners=[OWNER],
    partitions_def=MONTHS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[
        dg.AssetCheckSpec(
            ANSWERED,
            asset=MARKET_HISTORY,
            blocking=True,
            description="Of every instrument that was asked about, some provider knew something.",
        )
    ],
)
def market_history(workspace: dg.ResourceParam[Workspace]) -> Iterator[Any]:
    """Ask from the first chosen month on; one run takes all chosen months. What is archived is not asked again."""
    chosen = dg.AssetExecutionContext.get().partition_time_window
    first, after = chosen.start.date(), chosen.end.date()
    with recorded_crash(workspace, MARKET_HISTORY):
        outcomes = fill(workspace.settings, "market", first, ())
    silent = unanswered(outcomes)
    told = f"Nobody answered about {', '.join(silent)}." if silent else "Every instrument has an answer."
    answered = dg.AssetCheckResult(passed=not silent, severity=dg.AssetCheckSeverity.WARN, description=told)
    days = {"first_day": first.isoformat(), "first_day_after": after.isoformat()}
    yield dg.MaterializeResult(metadata={**days, **feed_metadata(outcomes)}, check_results=[answered])


fill_history = dg.define_asset_job(
    "fill_market_history",
    selection=dg.AssetSelection.assets(MARKET_HISTORY),
    executor_def=dg.in_process_executor,
    description="Ask the providers of prices for past months, one run for all months chosen.",
)
