"""The doctor: each thing that can be wrong is found, graded and comes with a remedy."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest

from ingestion.contracts import MARKET_BAR
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from orchestration.cli import doctor
from orchestration.cli.doctor import Finding, examine
from orchestration.publish.lock import writer_lock
from orchestration.publish.publication import publish
from orchestration.settings import KEY_SETTINGS, Settings
from quality.ledger import CheckLedger
from tests.faults.publication_kit import ids, make_request, publish_marker, settings_for, verdict
from tests.lakes import stage_one
from tests.unit.rawrows import NOW, bar


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = settings_for(tmp_path_factory.mktemp("published") / "home")
    publish_marker(settings, 1)
    publish_marker(settings, 2)
    return settings.home


@pytest.fixture
def settings(published: Path, tmp_path: Path) -> Settings:
    """A home of one's own with two publications."""
    return settings_for(shutil.copytree(published, tmp_path / "home", symlinks=True))


def of(settings: Settings, subject: str) -> list[Finding]:
    found = [finding for about, finding in examine(settings) if about == subject]
    assert found
    assert all(finding.remedy for finding in found if finding.grade != "OK")
    return found


def test_a_healthy_home_has_no_failure(settings: Settings) -> None:
    assert [found for found in examine(settings) if found[1].grade == "FAIL"] == []
    (current,) = of(settings, "current")
    assert ids(settings)[-1] in current.detail
    assert "1 other intact" in of(settings, "publications")[0].detail


def test_a_home_before_its_first_refresh(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "new" / "home")
    assert [found for found in examine(settings) if found[1].grade == "FAIL"] == []
    (current,) = of(settings, "current")
    assert current.grade == "WARN" and "hashwatt refresh" in current.remedy
    assert not settings.home.exists(), "looking makes nothing"


def test_a_check_that_falls_over_is_a_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.store, "leftovers", lambda _: 1 / 0)
    (found,) = of(settings, "leftovers")
    assert found.grade == "FAIL" and "ZeroDivisionError" in found.detail
    assert of(settings, "lake"), "the checks after it are made"


def test_a_python_that_nobody_tried_is_a_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for tried, grade in (((3, 10, 9), "FAIL"), ((3, 13, 1), "OK"), ((3, 14, 0), "FAIL")):
        monkeypatch.setattr("sys.version_info", tried)
        assert [one.grade for one in doctor.python(settings)] == [grade]


def test_a_damaged_publication_fails_when_it_is_current_and_a_lost_pointer_too(settings: Settings) -> None:
    (settings.publications / ids(settings)[0] / "manifest.json").write_text("")
    assert [found.grade for found in of(settings, "publications")] == ["WARN", "OK"]
    (settings.current / "parquet" / "fct_day.parquet").unlink()
    (current,) = of(settings, "current")
    assert current.grade == "FAIL" and "fct_day" in current.detail
    settings.current.unlink()
    (current,) = of(settings, "current")
    assert current.grade == "FAIL" and "--fix" in current.remedy


def test_what_is_newly_warned_is_named(settings: Settings) -> None:
    assert [finding.grade for finding in of(settings, "warnings")] == ["OK"]
    request = make_request(settings, 3)
    CheckLedger(request.checks).record(verdict(failing=["move_plausible"]))
    publish(request)
    (found,) = of(settings, "warnings")
    assert found.grade == "WARN" and found.detail.startswith("raw_market__bar.move_plausible (warning): 1 found")


def test_a_running_refresh_is_named(settings: Settings) -> None:
    with writer_lock(settings):
        (lock,) = of(settings, "lock")
    assert lock.grade == "WARN" and "since" in lock.detail
    assert of(settings, "lock")[0].grade == "OK"


def test_leftovers_are_named(settings: Settings) -> None:
    (settings.publications / ".tmp-dead").mkdir()
    (found,) = of(settings, "leftovers")
    assert found.grade == "WARN" and ".tmp-dead" in found.detail


def test_keys_are_named_and_never_shown(settings: Settings) -> None:
    none, *others = of(settings, "keys")
    assert none.detail.startswith("none set")
    assert [finding.detail.split(" would bring ")[0] for finding in others] == list(KEY_SETTINGS)
    env = {KEY_SETTINGS[0]: "canary-key", KEY_SETTINGS[1]: "no key", "HASHWATT_HOME": str(settings.home)}
    found = of(Settings.from_env(env), "keys")
    assert [finding.grade for finding in found] == ["OK", "OK", "OK", "WARN"]
    assert KEY_SETTINGS[0] in found[0].detail and KEY_SETTINGS[1] in found[3].detail
    assert [finding.detail.split(" ")[0] for finding in found[1:3]] == list(KEY_SETTINGS[2:])
    assert not any("canary-key" in str(finding) or "no key'" in str(finding) for finding in found)


def test_what_the_schedule_would_ask_is_said(settings: Settings) -> None:
    assert "edition bundle, nobody is asked" in of(settings, "schedule")[0].detail
    (settings.archive / "fetches" / "feed" / "network").mkdir(parents=True)
    assert of(settings, "schedule")[0].detail.endswith("edition live, sources network")
    assert of(replace(settings, contact="me@example.org"), "schedule")[0].detail.endswith("sec, market, network, macro")


def test_a_home_that_is_no_folder_fails(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    (found,) = of(settings_for(tmp_path / "home"), "home")
    assert found.grade == "FAIL"


@pytest.mark.parametrize(
    ("free", "grade"), [(0, "FAIL"), (doctor.SPACE_FAIL_BYTES, "WARN"), (doctor.SPACE_WARN_BYTES, "OK")]
)
def test_disk_space(free: int, grade: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    assert [found.grade for found in of(settings, "disk")] == [grade]


def test_versions_are_compared_with_the_lock(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    monkeypatch.setattr(doctor, "LOCK_FILE", lock)
    assert of(settings, "versions")[0].grade == "OK"
    lock.write_text("click==0.0.1 \\\n    --hash=sha256:00\nnot-installed-anywhere==1.0 ; sys_platform == 'win32'\n")
    (found,) = of(settings, "versions")
    assert found.grade == "WARN" and "(locked 0.0.1)" in found.detail
    lock.write_text(f"click=={version('click')} \\\n    --hash=sha256:00\n")
    assert of(settings, "versions") == [Finding("OK", "1 distributions as locked")]


def test_a_damaged_lake_fails(settings: Settings, tmp_path: Path) -> None:
    lake = Lake(Storage(settings.lake))
    rows = [bar(date(2025, 1, 2)), bar(date(2025, 2, 3))]
    lake.promote(stage_one(lake, Batch(MARKET_BAR, rows, (), frozenset({"unit/bars"}), True), tmp_path / "build", NOW))
    assert [found.grade for found in of(settings, "lake")] == ["OK"]
    (settings.lake / MARKET_BAR.name / "month=2025-01" / "data.parquet").write_bytes(b"torn")
    (settings.lake / MARKET_BAR.name / "month=2025-02" / "data.parquet").unlink()
    found = of(settings, "lake")
    assert [finding.grade for finding in found] == ["FAIL", "FAIL"]
    assert "month=2025-01" in found[0].detail and "gone" in found[1].detail
