"""The job that builds, the look before it, and what starts them: the schedule and the sensors; and prices of past months on demand.
Which days are missing is derived from the data, never from ticks."""

# Without postponed annotations: Dagster reads the classes of `context` and `config` from the annotations themselves.
import hashlib
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import dagster as dg
from pydantic import Field

from orchestration import clock
from orchestration.errors import HashwattError, RefreshRunning, SettingMissing, SourceUnavailable
from orchestration.export.postgres import copy
from orchestration.live import News, fill, look_for_filings
from orchestration.live import look as look_at_sources
from orchestration.pipeline.gates import OWNER, PASSING_FAULTS, REFUSED, again, recorded_crash
from orchestration.pipeline.published import KEY as PUBLICATION
from orchestration.pipeline.raw import WHOLE_UNIVERSE
from orchestration.pipeline.workspace import Workspace
from orchestration.questions import feed_metadata, unanswered
from orchestration.settings import FEEDS, SEC, SOURCES, Settings, scheduled_sources
from orchestration.standing import Problem, note_problem, tell

MARKET_HISTORY = "market_history"
ANSWERED = "every_instrument_answered"
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2019-01-01")
NEWS = "news"
FOUND, ASKED, SINCE = "hashwatt/look", "hashwatt/sources", "hashwatt/asked_since"


@dg.failure_hook(name="note_problem")
def note_failure(context: dg.HookContext) -> None:
    """Write down why the run came to nothing, and tell it; a step that a signal ended is no failure."""
    error = context.op_exception
    if isinstance(error, Exception):
        is_refusal = isinstance(error, dg.Failure) and REFUSED in error.metadata
        message = (error.description if isinstance(error, dg.Failure) else None) or f"{type(error).__name__}: {error}"
        problem = Problem(clock.now_utc(), "refused" if is_refusal else "failed", message, context.run_id)
        note_problem(Settings.from_env(), problem)


@dg.success_hook(name="copy_to_postgres")
def copy_published(context: dg.HookContext) -> None:
    """Copy what the run has published into the database that HASHWATT_EXPORT names. That a database does not answer is no
    fault of the publication: it is told, and the next run or `hashwatt export postgres` makes up for it."""
    settings = Settings.from_env()
    if context.op.name != PUBLICATION or settings.export is None:
        return
    try:
        copied = copy(settings, settings.export)
    except HashwattError as error:
        context.log.error(f"{error.message}; {error.remedy}")
        tell(settings, "copy_failed", error.message, run_id=context.run_id)
    else:
        context.log.info(f"schema {copied.schema} is {copied.publication_id}")


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


refresh = dg.define_asset_job(
    "daily_refresh",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(MARKET_HISTORY),
    executor_def=dg.in_process_executor,
    hooks={note_failure, copy_published},
    description="Ingest what is missing, judge it, build the warehouse in a file of this run alone, judge it, publish. By hand: "
    "Open launchpad, Materialize, Confirm. That is one run; Materialize all makes several, by partitions, and publishes nothing.",
    # A publication counts the checks of its own run only, so a second attempt has to run every step again.
    tags={"dagster/retry_strategy": "ALL_STEPS", **WHOLE_UNIVERSE},
)


def workspace_config(edition: str, **request: Any) -> dict[str, Any]:
    """The run configuration of a refresh of `edition`; `request` are other fields of WorkspaceResource, those that are None
    left out."""
    given = {
        name: one.isoformat() if isinstance(one, date) else one for name, one in request.items() if one is not None
    }
    return {"resources": {"workspace": {"config": {"edition": edition, **given}}}}


class LookRequest(dg.Config):
    """Whom a look asks; editable in the launchpad."""

    sources: list[str] | None = Field(
        default=None,
        description="Whom to ask: sec (needs a contact address), market, network, macro. Nobody when empty, then a build is "
        "of the bundle; when not given those that the schedule would ask.",
    )
    wait_seconds: float = Field(
        default=clock.SCHEDULED_WAIT_SECONDS, description="How long to wait for another refresh to end."
    )


def look_config(sources: Collection[str]) -> dict[str, Any]:
    return {"ops": {"look": {"config": {"sources": list(sources)}}}}


@dg.op(
    name="look",
    description="Ask the sources what is missing, and hold what the archive has then against the current publication.",
)
def look(context: dg.OpExecutionContext, config: LookRequest) -> None:
    """The look of the command line. What it found is the metadata of the step and, for the sensor, tags of the run."""
    settings = Settings.from_env()
    sources = scheduled_sources(settings) if config.sources is None else tuple(config.sources)
    if unknown := sorted(set(sources) - set(SOURCES)):
        raise dg.Failure(f"no source: {', '.join(unknown)}; choose among {', '.join(SOURCES)}")
    try:
        news = look_at_sources(settings, None, config.wait_seconds, sources)
    except HashwattError as error:
        raise dg.Failure(f"{error.message}; {error.remedy}") from error
    except PASSING_FAULTS as error:
        raise again() from error
    except Exception as error:
        raise dg.Failure(f"the look: {type(error).__name__}: {error}") from error
    found = NEWS if news.same_as is None else f"nothing new since {news.same_as.id}"
    context.add_output_metadata({"found": found, **_asked(news, sources)})
    assert news.since_utc is not None
    tags = {FOUND: found, ASKED: ",".join(sources), SINCE: news.since_utc.isoformat()}
    context.instance.add_run_tags(context.run_id, tags)


def _asked(news: News, sources: Collection[str]) -> dict[str, Any]:
    """What was asked and what came of it, as it stands on the page."""
    found: dict[str, Any] = {"asked": ", ".join(sources) or "nobody"}
    if SEC in sources:
        found |= {
            "edgar_requests": news.requests,
            "edgar_issuers": len(news.asked),
            "edgar_issuers_with_news": ", ".join(news.changed) or "none",
        }
    return found | feed_metadata(news.outcomes) if set(sources) & set(FEEDS) else found


@dg.job(
    name="daily_look",
    executor_def=dg.in_process_executor,
    description="Ask the sources. With news the sensor build_news starts daily_refresh; without, nothing is built.",
)
def daily_look() -> None:
    """One step: neither dbt nor Great Expectations is opened, and the publication stays as it is."""
    look()


def scheduled_look(context: dg.ScheduleEvaluationContext | None = None) -> dict[str, Any]:
    """Whom this home may ask, as decision 0016 has it. Nobody is asked here: an evaluation has a minute, a look may take
    several."""
    return look_config(scheduled_sources(Settings.from_env()))


schedule = dg.ScheduleDefinition(
    name="daily_after_close",
    job=daily_look,
    cron_schedule=clock.DAILY_CRON,
    execution_timezone=clock.TIMEZONE,
    run_config_fn=scheduled_look,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 20:30 New York: after the close of the exchange and after the UTC day has ended.",
)


@dg.sensor(
    name="build_news",
    job=refresh,
    minimum_interval_seconds=clock.SECONDS_UNTIL_BUILT,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="A refresh of what the last look found, without asking anybody again; none where it found nothing new.",
)
def build_news(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Only the newest look counts: what earlier ones archived and nobody built is part of what it found. The cursor and
    the run key are that look's, so a look is built from once."""
    ended_well = dg.RunsFilter(job_name=daily_look.name, statuses=[dg.DagsterRunStatus.SUCCESS])
    looks = context.instance.get_runs(filters=ended_well, limit=1)
    if not looks:
        return dg.SkipReason("No look has come to its end yet.")
    (last,) = looks
    if last.tags.get(FOUND) != NEWS:
        return dg.SkipReason(f"Look {last.run_id} found {last.tags.get(FOUND)}.")
    if last.run_id == context.cursor:
        return dg.SkipReason(f"The news of look {last.run_id} was given to a run already.")
    sources = list(filter(None, last.tags[ASKED].split(",")))
    since = last.tags[SINCE]
    build = workspace_config("live", sources=sources, asked_since=since) if sources else workspace_config("bundle")
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=last.run_id, run_config=build)], cursor=last.run_id)


@dg.sensor(
    name="new_filings",
    job=daily_look,
    minimum_interval_seconds=clock.SECONDS_BETWEEN_LOOKS_FOR_FILINGS,
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
