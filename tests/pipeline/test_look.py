"""The scheduled look and the sensor that builds from it: real runs in a real instance, against a server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.cli.status import look_line, status_lines
from orchestration.clock import now_utc
from orchestration.definitions import defs
from orchestration.live import News, inputs_sha256, lake_of, look, open_ingestion
from orchestration.pipeline.instance import prepare_instance
from orchestration.pipeline.jobs import look_config
from orchestration.pipeline.resources import WorkspaceResource
from orchestration.publish.lock import writer_lock
from orchestration.settings import Settings
from orchestration.standing import last_look
from tests.faults.publication_kit import publish_marker
from tests.feeds.economy import serve_network
from tests.feeds.server import FeedServer

FIRST = date(2025, 12, 1)
NETWORK = ("network",)
PROVIDERS = ("coin_metrics", "mempool")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """With the days of the network until today."""
    with FeedServer() as server:
        serve_network(server, FIRST, datetime.now(UTC).date())
        yield server


@pytest.fixture
def home(server: FeedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Nothing is archived and nothing published; the environment names it, as it does for the daemon's runs."""
    monkeypatch.setenv("HASHWATT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HASHWATT_TESTING", "1")
    monkeypatch.setenv("HASHWATT_FEEDS_URL", server.url)
    return Settings.from_env()


@pytest.fixture
def instance(home: Settings) -> Iterator[dg.DagsterInstance]:
    with prepare_instance(home) as instance:
        yield instance


def run_look(instance: dg.DagsterInstance, sources: tuple[str, ...], wait_seconds: float = 0.0) -> dg.DagsterRun:
    """A run of the look, as the schedule would start it, and as it stands in the instance afterwards."""
    config = look_config(sources)
    config["ops"]["look"]["config"]["wait_seconds"] = wait_seconds
    job = defs.resolve_job_def("daily_look")
    done = job.execute_in_process(run_config=config, instance=instance, raise_on_error=False)
    run = instance.get_run_by_id(done.run_id)
    assert run is not None
    return run


def tick(instance: dg.DagsterInstance, cursor: str | None = None) -> tuple[list[dg.RunRequest], str | None, str]:
    """One evaluation of the sensor: what it asks for, its cursor, and why it asks for nothing."""
    sensor = defs.resolve_sensor_def("build_news")
    with dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs) as context:
        found = sensor.evaluate_tick(context)
    return list(found.run_requests or ()), found.cursor, found.skip_message or ""


def publish_what_is_there(home: Settings, edition: str, sources: tuple[str, ...] = ()) -> str:
    """A publication that says of itself that it was made of exactly what the home holds now."""
    assert edition in ("bundle", "live")
    ingestion = open_ingestion(home, edition, now_utc(), sources=sources)
    made_of = inputs_sha256(ingestion, lake_of(home), None, as_archived=False)
    return publish_marker(home, 1, inputs_sha256=made_of).id


def said(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, object]:
    """The metadata of the look's one step."""
    outputs = [log.dagster_event for log in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_OUTPUT)]
    (event,) = [one for one in outputs if one is not None]
    return {name: value.value for name, value in event.step_output_data.metadata.items()}


def test_a_look_with_news_is_built_from_once_and_nobody_is_asked_again(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance
) -> None:
    assert tick(instance) == ([], None, "No look has come to its end yet.")
    before = now_utc()
    run = run_look(instance, NETWORK)
    assert run.status is dg.DagsterRunStatus.SUCCESS
    found = said(instance, run)
    assert (found["found"], found["asked"], found["questions"]) == ("news", "network", 2)
    assert found["requests_by_provider"] == dict.fromkeys(PROVIDERS, 1) and "edgar_requests" not in found
    (request,), cursor, _ = tick(instance)
    config = request.run_config["resources"]["workspace"]["config"]
    assert (config["edition"], config["sources"], request.run_key) == ("live", ["network"], run.run_id)
    assert before <= datetime.fromisoformat(config["asked_since"]) <= now_utc()
    dg.validate_run_config(defs.resolve_job_def("daily_refresh"), request.run_config)
    workspace = WorkspaceResource(**config).open("a run")
    assert workspace.ingestion.client is None and workspace.ingestion.feeds is None
    assert {one.provider for one in workspace.questions("feed") or ()} == set(PROVIDERS)
    assert tick(instance, cursor) == ([], cursor, f"The news of look {run.run_id} was given to a run already.")
    assert server.asked() == 2 and not home.builds.exists()


def test_a_look_that_finds_nothing_new_starts_nothing(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance
) -> None:
    first = run_look(instance, NETWORK)
    published = publish_what_is_there(home, "live", NETWORK)
    run = run_look(instance, NETWORK)
    assert run.tags["hashwatt/look"] == f"nothing new since {published}"
    assert said(instance, run)["found"] == f"nothing new since {published}"
    # Not even for the look before, which nobody has built from by the look of the instance.
    assert tick(instance) == ([], None, f"Look {run.run_id} found nothing new since {published}.")
    assert first.tags["hashwatt/look"] == "news"


def test_what_a_failed_build_left_unpublished_is_news_to_the_next_look(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance
) -> None:
    publish_what_is_there(home, "live", NETWORK)
    first = run_look(instance, NETWORK)
    (request,), cursor, _ = tick(instance)
    # The build that was asked for comes to nothing: readers see what they saw, and nobody has anything to say since.
    server.arrivals = []
    second = run_look(instance, NETWORK)
    assert server.asked() == 0
    (again,), _, _ = tick(instance, cursor)
    assert (request.run_key, again.run_key) == (first.run_id, second.run_id)


def test_only_the_newest_of_several_looks_is_built_from(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance
) -> None:
    run_look(instance, NETWORK)
    newest = run_look(instance, NETWORK)
    assert [request.run_key for request in tick(instance)[0]] == [newest.run_id]


def test_a_look_that_fails_is_a_failed_run_and_starts_nothing(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance
) -> None:
    server.down(*PROVIDERS)
    run = run_look(instance, NETWORK)
    assert run.status is dg.DagsterRunStatus.FAILURE
    (failure,) = [log.dagster_event for log in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)]
    given = failure.step_failure_data.user_failure_data
    assert (
        given is not None and "NobodyAnswered" in str(given.description) and "stays as it is" in str(given.description)
    )
    assert tick(instance)[0] == []
    looked = last_look(home)
    assert looked is not None and "NobodyAnswered" in str(looked.problem)
    assert "came to nothing: NobodyAnswered" in look_line(looked, datetime.now(UTC))
    server.up(*PROVIDERS)
    assert run_look(instance, NETWORK).status is dg.DagsterRunStatus.SUCCESS
    assert len(tick(instance)[0]) == 1


def test_a_look_waits_for_the_writer_and_says_who_it_is(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance
) -> None:
    with writer_lock(home):
        run = run_look(instance, NETWORK)
    assert run.status is dg.DagsterRunStatus.FAILURE and server.asked() == 0
    assert last_look(home) is None


def test_a_source_that_there_is_not_is_refused(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance
) -> None:
    assert run_look(instance, ("netwrok",)).status is dg.DagsterRunStatus.FAILURE
    assert server.asked() == 0


def test_where_nobody_may_be_asked_the_bundle_is_built_when_it_is_another(
    home: Settings, server: FeedServer, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    run = run_look(instance, ())
    assert said(instance, run) == {"found": "news", "asked": "nobody"}
    (request,), cursor, _ = tick(instance)
    assert request.run_config["resources"]["workspace"]["config"] == {"edition": "bundle"}
    publish_what_is_there(home, "bundle")
    run_look(instance, ())
    assert tick(instance, cursor)[0] == []
    other = replace(home, ledger_dir=_with_one_line_more(home, tmp_path))
    assert look(other, None, 0.0, ()).same_as is None
    assert server.asked() == 0


def _with_one_line_more(home: Settings, tmp_path: Path) -> Path:
    folder = tmp_path / "ledger"
    folder.mkdir()
    for file in home.ledger_dir.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    with (folder / "capex_guidance.csv").open("a", encoding="utf-8") as guidance:
        guidance.write("\n")
    return folder


def test_status_says_when_the_sources_were_last_looked_at(home: Settings, server: FeedServer) -> None:
    publish_what_is_there(home, "live", NETWORK)
    assert not [line for line in status_lines(home) if line.startswith("Looked:")]
    news = look(home, None, 0.0, NETWORK)
    assert isinstance(news, News) and news.since_utc is not None
    (line,) = [line for line in status_lines(home) if line.startswith("Looked:")]
    assert line.endswith("ago, found something to build from")
    published = publish_marker(
        home,
        2,
        inputs_sha256=inputs_sha256(open_ingestion(home, "live", now_utc()), lake_of(home), None, as_archived=False),
    )
    look(home, None, 0.0, NETWORK)
    (line,) = [line for line in status_lines(home) if line.startswith("Looked:")]
    assert line.endswith(f"ago, nothing new since {published.id}")
    (home.home / "looked.json").write_text('{"at_utc": "yesterday"}')
    assert last_look(home) is None
