"""Watches EDGAR for filings of the universe between the daily runs. Off until somebody turns it on."""

from __future__ import annotations

import hashlib

import dagster as dg

from orchestration.defs.daily import refresh, workspace_config
from orchestration.errors import RefreshRunning, SettingMissing, SourceUnavailable
from orchestration.live import look_for_filings
from orchestration.settings import Settings

SECONDS_BETWEEN_LOOKS = 900


@dg.sensor(
    name="new_filings",
    job=refresh,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="One conditional request for each issuer; a live refresh is asked for when EDGAR lists something new.",
)
def new_filings(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """The cursor is a hash over the newest lists of filings, so a look that was lost is made up for by the next one."""
    try:
        news = look_for_filings(Settings.from_env())
    except (SettingMissing, SourceUnavailable, RefreshRunning) as error:
        return dg.SkipReason(f"{error.message}; {error.remedy}")
    state = hashlib.sha256("\n".join(f"{one.issuer} {one.answer_sha256}" for one in news.asked).encode()).hexdigest()
    if state == context.cursor:
        return dg.SkipReason(f"EDGAR lists nothing new about {len(news.asked)} issuers.")
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=state, run_config=workspace_config("live"))], cursor=state
    )
