"""The look before a scheduled build: what is new, asked in a run of its own that builds nothing."""

# Without postponed annotations: Dagster reads the classes of `context` and `config` from the annotations themselves.
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import dagster as dg
from pydantic import Field

from orchestration.errors import HashwattError
from orchestration.live import News
from orchestration.live import look as look_at_sources
from orchestration.pipeline.policies import PASSING_FAULTS, RETRY
from orchestration.pipeline.resources import SCHEDULED_WAIT_SECONDS
from orchestration.questions import feed_metadata
from orchestration.settings import Settings
from orchestration.sources import FEEDS, SEC, SOURCES, scheduled_sources

NEWS, NOTHING_NEW = "news", "nothing new"
FOUND = "hashwatt/look"
SINCE = "hashwatt/asked_since"
ASKED = "hashwatt/sources"
SAME_AS = "hashwatt/same_as"


class LookRequest(dg.Config):
    """Whom a look asks; editable in the launchpad."""

    sources: list[str] | None = Field(
        default=None,
        description="Whom to ask: sec (needs a contact address), market, network, macro. Nobody when empty, then a build is "
        "of the bundle; when not given those that the schedule would ask.",
    )
    wait_seconds: float = Field(
        default=SCHEDULED_WAIT_SECONDS, description="How long to wait for another refresh to end."
    )


@dg.op(
    name="look",
    description="Ask the sources what is missing, and hold what the archive has then against the current publication.",
    retry_policy=RETRY,
)
def look(context: dg.OpExecutionContext, config: LookRequest) -> None:
    """The look of the command line. What it found is the metadata of the step and, for the sensor, tags of the run."""
    settings = Settings.from_env()
    sources = scheduled_sources(settings) if config.sources is None else tuple(config.sources)
    if unknown := sorted(set(sources) - set(SOURCES)):
        raise dg.Failure(f"no source: {', '.join(unknown)}; choose among {', '.join(SOURCES)}", allow_retries=False)
    try:
        news = look_at_sources(settings, None, config.wait_seconds, sources)
    except HashwattError as error:
        raise dg.Failure(f"{error.message}; {error.remedy}", allow_retries=False) from error
    except PASSING_FAULTS:
        raise
    except Exception as error:
        raise dg.Failure(f"the look: {type(error).__name__}: {error}", allow_retries=False) from error
    context.add_output_metadata(found_metadata(news, sources))
    context.instance.add_run_tags(context.run_id, found_tags(news, sources))


@dg.job(
    name="daily_look",
    executor_def=dg.in_process_executor,
    description="Ask the sources. With news the sensor build_news starts daily_refresh; without, nothing is built.",
)
def daily_look() -> None:
    """One step: neither dbt nor Great Expectations is opened, and the publication stays as it is."""
    look()


def found_metadata(news: News, sources: Collection[str]) -> dict[str, Any]:
    """What was asked and what came of it, as it stands on the page."""
    found: dict[str, Any] = {
        "found": NEWS if news.same_as is None else f"{NOTHING_NEW} since {news.same_as.id}",
        "asked": ", ".join(sources) or "nobody",
    }
    if SEC in sources:
        found |= {
            "edgar_requests": news.requests,
            "edgar_issuers": len(news.asked),
            "edgar_issuers_with_news": ", ".join(news.changed) or "none",
        }
    return found | feed_metadata(news.outcomes) if set(sources) & set(FEEDS) else found


def found_tags(news: News, sources: Collection[str]) -> dict[str, str]:
    """What the sensor needs to know to ask for a build, or to say why it does not."""
    assert news.since_utc is not None
    found = {FOUND: NEWS, SINCE: news.since_utc.isoformat(), ASKED: ",".join(sources)}
    return found if news.same_as is None else found | {FOUND: NOTHING_NEW, SAME_AS: news.same_as.id}


def read_tags(tags: Mapping[str, str]) -> tuple[tuple[str, ...], datetime]:
    """The sources that a look with these tags asked, and the moment from which on, naive UTC."""
    return tuple(filter(None, tags[ASKED].split(","))), datetime.fromisoformat(tags[SINCE])


def look_config(sources: Collection[str]) -> dict[str, Any]:
    """The run configuration of a look that asks `sources`."""
    return {"ops": {"look": {"config": {"sources": list(sources)}}}}
