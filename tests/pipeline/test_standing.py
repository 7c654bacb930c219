"""What a monitor is answered, and what the command of HASHWATT_TELL is told."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import clock
from orchestration.errors import HashwattError, SourceUnavailable
from orchestration.live import look
from orchestration.pipeline.gates import refusal
from orchestration.pipeline.jobs import note_failure
from orchestration.settings import Settings
from orchestration.standing import Looked, Problem, forget_problem, last_problem, note_look, note_problem, tell
from tests.faults.publication_kit import publish_marker, settings_for
from tests.unit.test_cli import run

SCRIPT = "import json, sys; open({path!r}, 'a').write(json.dumps([sys.argv[1], json.load(sys.stdin)]) + '\\n')"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose HASHWATT_TELL writes what it is told into told.jsonl."""
    script = tmp_path / "tell.py"
    script.write_text(SCRIPT.format(path=str(tmp_path / "told.jsonl")), encoding="utf-8")
    home = settings_for(tmp_path / "home")
    home.home.mkdir()
    return replace(home, tell=f"{sys.executable} '{script}'")


def told(settings: Settings) -> list[tuple[str, dict[str, Any]]]:
    file = settings.home.parent / "told.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [(line, said) for line, said in map(json.loads, lines)]


def answer(settings: Settings) -> tuple[str, int]:
    done = run(settings, "status", "--format", "json")
    return json.loads(done.stdout)["state"], done.exit_code


def test_a_monitor_is_told_by_the_exit_code(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(settings) == ("none", 3)
    publish_marker(settings, 1)
    assert answer(settings) == ("fresh", 0)
    note_problem(settings, Problem(clock.now_utc(), "refused", "capex is negative", "a run"))
    assert answer(settings) == ("failed", 1)
    assert "refused: capex is negative" in run(settings, "status").stdout
    forget_problem(settings)
    later = clock.now_utc() + timedelta(hours=50)
    monkeypatch.setattr(clock, "now_utc", lambda: later)
    assert answer(settings) == ("stale", 3)
    note_look(settings, Looked(later - timedelta(hours=1), "the current one"))
    assert answer(settings) == ("fresh", 0), "a look found that nothing is new"
    assert run(settings, "status", "--format", "xml").exit_code == 2


def test_a_refusal_is_told_once_a_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    @dg.op
    def first() -> None:
        raise refusal("raw_network__day: a day is missing")

    @dg.op
    def second() -> None:
        raise RuntimeError("after it")

    @dg.job(hooks={note_failure})
    def refused() -> None:
        first()
        second()

    monkeypatch.setenv("HASHWATT_HOME", str(settings.home))
    monkeypatch.setenv("HASHWATT_TELL", settings.tell or "")
    done = refused.execute_in_process(raise_on_error=False)
    ((line, said),) = told(settings)
    assert line.startswith("hashwatt ") and "\n" not in line
    assert said["kind"] == "refused" and said["run_id"] == done.run_id and said["home"] == str(settings.home)
    problem = last_problem(settings)
    assert problem is not None and (problem.kind, problem.message) == (said["kind"], said["message"])


def test_a_look_that_fails_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object) -> None:
        raise SourceUnavailable("EDGAR does not answer", "look again later")

    monkeypatch.setattr("orchestration.live.open_ingestion", unreachable)
    with pytest.raises(HashwattError):
        look(settings, None, 0.0, ("network",))
    ((line, said),) = told(settings)
    assert line == "hashwatt look failed: EDGAR does not answer" and said["kind"] == "look_failed"


@pytest.mark.parametrize("command", ["/no/such/program", "sh -c 'exit 3'", "sleep 60", "'"])
def test_a_command_that_fails_changes_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("orchestration.standing._SECONDS_TO_TELL", 0.5)
    before, started = sorted(settings.home.rglob("*")), time.monotonic()
    tell(replace(settings, tell=command), "stale", "older than wanted")
    assert time.monotonic() - started < 5
    assert sorted(settings.home.rglob("*")) == before
