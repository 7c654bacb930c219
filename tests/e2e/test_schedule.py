"""What becomes of the scheduled look on a day without news and on a day with some, in a home that is published."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import defs
from orchestration.pipeline.instance import prepare_instance
from orchestration.pipeline.resources import WorkspaceResource
from tests.e2e import feeds_world
from tests.e2e.edgar_world import RESTATED, registrants, serve
from tests.e2e.live_world import World

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
# A run of its own as the daemon starts one, in the home's own instance: what it loaded beyond the definitions, and what
# processes it started.
LOOK = """
import sys
from orchestration.definitions import defs
from orchestration.pipeline.instance import prepare_instance
from orchestration.settings import Settings
loaded, started = set(sys.modules), []
sys.addaudithook(lambda event, args: started.append(event) if event in EVENTS else None)
config = {"ops": {"look": {"config": {"sources": ["sec"]}}}}
with prepare_instance(Settings.from_env()) as instance:
    done = defs.resolve_job_def("daily_look").execute_in_process(run_config=config, instance=instance)
heavy = sorted(m for m in {*sys.modules} - loaded if m.split(".")[0] in ("dagster_dbt", "dbt", "great_expectations"))
print(done.success, started, heavy, done.run_id)
""".replace("EVENTS", repr(("subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.system")))


def test_it_looks_first_and_builds_only_what_is_new(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look of a day without news opens neither dbt nor Great Expectations and starts nothing; that of a day with news
    starts one build, which asks nobody."""
    home, server = world.copy(tmp_path), world.edgar
    named = feeds_world.environment(home)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **named}
    current, asked = os.readlink(home.current), len(registrants(home.ledger_dir))
    quiet = _look(environment)
    assert server.asked() == asked
    with prepare_instance(home) as instance:
        requests, cursor, reason = _tick(instance, None)
        assert not requests
        assert reason == f"Look {quiet} found nothing new since {current.rsplit('/', 1)[-1]}."
    assert os.readlink(home.current) == current and not home.builds.exists()

    (restated,) = [one for one in registrants(home.ledger_dir) if one.issuer == "CLSK"]
    serve(server, restated, RESTATED)
    server.arrivals = []
    newest = _look(environment)
    assert server.asked() > asked
    with prepare_instance(home) as instance:
        run = instance.get_run_by_id(newest)
        assert run is not None
        (request,), cursor, _ = _tick(instance, cursor)
        again, _, reason = _tick(instance, cursor)
        assert not again and reason == f"The news of look {newest} was given to a run already."
    assert request.run_key == newest
    config = request.run_config["resources"]["workspace"]["config"]
    assert (config["edition"], config["sources"]) == ("live", ["sec"])
    assert datetime.fromisoformat(config["asked_since"]).isoformat() == run.tags["hashwatt/asked_since"]
    server.arrivals = []
    workspace = WorkspaceResource(**config).open("a run")
    assert workspace.settings.home == home.home
    assert [batch.table.name for batch in workspace.ingestion.batches("raw_sec__fact", workspace.lake)] == [
        "raw_sec__fact"
    ]
    assert server.asked() == 0


def _look(environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LOOK], cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    said, run_id = done.stdout.strip().splitlines()[-1].rsplit(" ", 1)
    assert said == "True [] []", done.stderr
    return run_id


def _tick(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[dg.RunRequest], str | None, str | None]:
    """One evaluation of the sensor: what it asks for, its cursor, and why it asks for nothing."""
    with dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs) as context:
        found = defs.resolve_sensor_def("build_news").evaluate_tick(context)
    return list(found.run_requests or ()), found.cursor, found.skip_message
