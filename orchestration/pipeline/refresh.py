"""One refresh from the command line: the daily job in this process, its failures as errors that a person can act on."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import GateRefused, HashwattError, RefreshRunning, SourceUnavailable
from orchestration.faults import plain, require_writable
from orchestration.live import News, look
from orchestration.pipeline.instance import prepare_instance, prune_runs, run_job
from orchestration.progress import Listener, listening, report
from orchestration.publish.lock import busy, running_refresh
from orchestration.questions import outcome_lines, silence
from orchestration.settings import SEC, SOURCES, Settings

if TYPE_CHECKING:
    import dagster as dg

    from ingestion.load import Edition

_STAGES = {"warehouse": "dbt", "mart_gates": "gates", "publication": "publication"}


@dataclass(frozen=True)
class RefreshSummary:
    """What a refresh did. It is not current where it stands beside the current publication. `rows` are by table,
    `rows_by_layer` by raw, staging, intermediate, marts, published, `checks` by status (passed, warned, failed), `seconds` by stage; `newly_warned` is what
    checks say, by id, that readers were not warned of before. `silence` names the subjects that got no answer, and why."""

    publication_id: str
    path: Path
    is_current: bool
    content_sha256: str
    rows_by_layer: dict[str, int]
    rows: dict[str, int]
    checks: dict[str, int]
    seconds: dict[str, float]
    run_id: str
    newly_warned: dict[str, str] = field(default_factory=dict)
    silence: str = ""


def refresh(
    settings: Settings,
    edition: Edition = "bundle",
    as_of: date | None = None,
    wait_seconds: float = 0.0,
    progress: Listener | None = None,
    sources: Sequence[str] = SOURCES,
    *,
    make_current: bool = False,
    force: bool = False,
) -> RefreshSummary | News:
    """Run the daily job and publish; with `as_of` beside the current publication unless `make_current`. Edition live first
    asks `sources`. All end there when nothing is new, unless `force`: what is returned then names the publication that
    everything is as in.

    Raises GateRefused when a source, a gate, a dbt test or the publication's own count of checks said no, RefreshRunning
    when another refresh holds the lock after `wait_seconds` or has published meanwhile, HashwattError when a step broke
    down, KeyboardInterrupt when a signal ended the run. In edition live also SettingMissing without the contact address that
    source sec needs, and SourceUnavailable when a source cannot be asked. Whatever is raised, the last publication is untouched.
    """
    with listening(progress):
        if not settings.home.exists():
            report(f"a new home is made: {settings.home}")
        require_writable(settings)
        holder = running_refresh(settings)
        if holder is not None and wait_seconds <= 0:
            raise busy(holder)
        news, is_beside = News(), as_of is not None and not make_current
        if edition == "live" or not force:
            asked = sources if edition == "live" else ()
            try:
                news = look(settings, as_of, wait_seconds, asked, edition, is_beside=is_beside)
            except SourceUnavailable:
                if edition == "live":
                    raise
                # Where nobody is asked, a source that cannot be read is left for the build to tell.
            if news.same_as is not None and not force:
                return news
            if edition == "live" and SEC in sources:
                report(f"EDGAR: {news.requests} requests, news about {', '.join(news.changed) or 'no issuer'}")
            for line in outcome_lines(news.outcomes):
                report(line)
        asked_since = news.since_utc if edition == "live" else None
        report("loading Dagster and the definitions")
        from orchestration.definitions import defs
        from orchestration.pipeline.jobs import workspace_config

        with prepare_instance(settings) as instance, quiet(settings):
            told = {"as_of": as_of, "sources": list(sources), "asked_since": asked_since, "make_current": make_current}
            request = workspace_config(edition, wait_seconds=wait_seconds, **told)
            result = run_job(instance, defs.resolve_job_def("daily_refresh"), request)
            prune_runs(instance)
        if any(_is_interruption(event) for event in result.all_events):
            shutil.rmtree(settings.builds / result.run_id, ignore_errors=True)
            raise KeyboardInterrupt
        if not result.success:
            raise explain(result.all_events, settings, result.run_id)
        summary = _summary(result)
        if not (summary.is_current or is_beside):
            said = "a run that began later has published already, and readers see that one"
            raise RefreshRunning(said, f"run `hashwatt refresh` again; {summary.publication_id} is kept meanwhile")
        return replace(summary, silence=silence(news.outcomes))


@contextmanager
def quiet(settings: Settings) -> Iterator[None]:
    """Send what dbt and Dagster print to a log file for the block; the run's events are in Dagster's own store."""
    log = settings.home / "logs" / "refresh.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Two handles on one file in append mode: Dagster closes logging handlers when it sets up its own.
    log.write_bytes(b"")
    handler = logging.FileHandler(log, mode="a", encoding="utf-8")
    loggers = [logging.getLogger(name) for name in ("dagster", "dagster_dbt", "great_expectations")]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        with log.open("a", encoding="utf-8") as out, redirect_stdout(out):
            yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate
        handler.close()


def explain(events: Sequence[dg.DagsterEvent], settings: Settings, run_id: str) -> HashwattError:
    """The failure of a run as one error: refusals first, since a refusal is what a person can mend."""
    from orchestration.pipeline.gates import REFUSED

    refusals: list[str] = []
    faults: list[tuple[str, str]] = []
    for event in events:
        step = event.step_key or "the run"
        given = event.step_failure_data.user_failure_data if event.is_step_failure else None
        if given is not None:
            told = given.description or ""
            faults += [] if REFUSED in given.metadata else [(step, told)]
            refusals += [told] if REFUSED in given.metadata else []
        elif error := getattr(event.event_specific_data, "error", None) if event.is_failure else None:
            faults.append((step, _root(error)))
    build = settings.builds / run_id
    if refusals:
        return GateRefused(
            "\n".join(refusals),
            refusals,
            f"nothing was published and the last publication is untouched; mend what is named above and refresh again. "
            f"This run's file and checks are in {build}",
        )
    running = [text for _, text in faults if text.startswith("RefreshRunning")]
    if running:
        return RefreshRunning(running[0].split(": ", 1)[1], "wait for it to end, or give --wait SECONDS")
    step, text = faults[0] if faults else ("the run", "Dagster gave no reason")
    if known := plain(text, settings):
        return HashwattError(f"{step} failed: {known.message}", known.remedy)
    return HashwattError(
        f"{step} failed: {text}",
        f"the last publication is untouched; this run's files are in {build}, dbt's log is {settings.dbt_target / 'dbt.log'}. "
        "`hashwatt doctor` looks for what is wrong",
    )


def _is_interruption(event: dg.DagsterEvent) -> bool:
    from dagster._core.events import RunFailureReason

    return event.is_job_failure and event.job_failure_data.failure_reason is RunFailureReason.UNEXPECTED_TERMINATION


def _root(error: Any) -> str:
    """The innermost cause as 'Class: message'."""
    while error.cause is not None:
        error = error.cause
    message = str(error.message).strip()
    name = str(error.cls_name or "")
    plain = message.split(": ", 1)[1] if ": " in message and message.split(": ", 1)[0].endswith(name) else message
    return f"{name}: {plain}"


def _summary(result: dg.JobExecutionResult) -> RefreshSummary:
    (event,) = result.asset_materializations_for_node("publication")
    facts: dict[str, Any] = {name: value.value for name, value in event.metadata.items()}
    seconds: dict[str, float] = {}
    for done in result.get_step_success_events():
        stage = _STAGES.get(done.step_key or "", "raw")
        seconds[stage] = seconds.get(stage, 0.0) + done.step_success_data.duration_ms / 1000
    told = {one.name: facts[one.name] for one in fields(RefreshSummary) if one.name in facts}
    return RefreshSummary(**{**told, "path": Path(told["path"])}, seconds=seconds, run_id=result.run_id)
