"""Prices of past months, brought into the archive on demand. No part of the daily job, which asks for what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dagster as dg

from orchestration.backfill import fill
from orchestration.pipeline.gates import recorded_crash
from orchestration.pipeline.policies import OWNER, RETRY
from orchestration.pipeline.workspace import Workspace
from orchestration.questions import feed_metadata, unanswered

MARKET_HISTORY = "market_history"
ANSWERED = "every_instrument_answered"
FIRST_MONTH = "2019-01-01"
MONTHS = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH)


@dg.asset(
    name=MARKET_HISTORY,
    group_name="backfill",
    description="Bars, splits and dividends of past months in the archive, and the day from which the daily job keeps them "
    "whole. Publishes nothing: the next live or replay refresh reads what was archived.",
    kinds={"python"},
    owners=[OWNER],
    retry_policy=RETRY,
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
    with recorded_crash(workspace, MARKET_HISTORY):
        outcomes = fill(workspace.settings, "market", chosen.start.date(), ())
    silent = unanswered(outcomes)
    yield dg.MaterializeResult(
        metadata={
            "first_day": chosen.start.date().isoformat(),
            "first_day_after": chosen.end.date().isoformat(),
            **feed_metadata(outcomes),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=MARKET_HISTORY,
                check_name=ANSWERED,
                passed=not silent,
                severity=dg.AssetCheckSeverity.WARN,
                description=f"Nobody answered about {', '.join(silent)}."
                if silent
                else "Every instrument has an answer.",
            )
        ],
    )


fill_history = dg.define_asset_job(
    "fill_market_history",
    selection=dg.AssetSelection.assets(MARKET_HISTORY),
    executor_def=dg.in_process_executor,
    description="Ask the providers of prices for past months, one run for all months chosen.",
)

assets = (market_history,)
