"""What is started by something that happened: a build by a look with news, a look by new filings at EDGAR."""

from __future__ import annotations

import hashlib

import dagster as dg

from orchestration.errors import RefreshRunning, SettingMissing, SourceUnavailable
from orchestration.live import look_for_filings
from orchestration.pipeline.daily import refresh, workspace_config
from orchestration.pipeline.look import FOUND, NEWS, SAME_AS, daily_look, look_config, read_tags
from orchestration.settings import Settings
from orchestration.sources import scheduled_sources

SECONDS_BETWEEN_LOOKS = 900
SECONDS_UNTIL_BUILT = 30
_ENDED_WELL = dg.RunsFilter(job_name=daily_look.name, statuses=[dg.DagsterRunStatus.SUCCESS])


@dg.sensor(
    name="build_news",
    job=refresh,
    minimum_interval_seconds=SECONDS_UNTIL_BUILT,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A refresh of what the last look found, without asking anybody again; none where it found nothing new.",
)
def build_news(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Only the newest look counts: what earlier ones archived and nobody built is part of what it found. The cursor and
    the run key are that look's, so a look is built from once."""
    looks = context.instance.get_runs(filters=_ENDED_WELL, limit=1)
    if not looks:
        return dg.SkipReason("No look has come to its end yet.")
    (last,) = looks
    if last.tags.get(FOUND) != NEWS:
        return dg.SkipReason(f"Look {last.run_id} found nothing new since {last.tags.get(SAME_AS)}.")
    if last.run_id == context.cursor:
        return dg.SkipReason(f"The news of look {last.run_id} was given to a run already.")
    sources, since_utc = read_tags(last.tags)
    build = workspace_config("live", sources, since_utc) if sources else workspace_config("bundle")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=last.run_id, run_config=build)], cursor=last.run_id)


@dg.sensor(
    name="new_filings",
    job=daily_look,
    minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="One conditional request for each issuer; a look is asked for when EDGAR lists something new.",
)
def new_filings(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """The cursor is a hash over the newest lists of filings, so a look that was lost is made up for by the next one."""
    settings = Settings.from_env()
    try:
        news = look_for_filings(settings)
    except (SettingMissing, SourceUnavailable, RefreshRunning) as error:
        return dg.SkipReason(f"{error.message}; {error.remedy}")
    state = hashlib.sha256("\n".join(f"{one.issuer} {one.answer_sha256}" for one in news.asked).encode()).hexdigest()
    if state == context.cursor:
        return dg.SkipReason(f"EDGAR lists nothing new about {len(news.asked)} issuers.")
    asked = look_config(scheduled_sources(settings))
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=state, run_config=asked)], cursor=state)
