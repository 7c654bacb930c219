"""Settings: defaults, variables, and the crash point that only tests may set."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings

INSTALL = Path(__file__).resolve().parents[2]


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.home == tmp_path / ".hashwatt"
    assert settings.ledger_dir == INSTALL / "ingestion" / "ledger"
    assert settings.bundle_dir == INSTALL / "ingestion" / "bundle"
    assert (settings.crash_at, settings.contact, settings.edgar_url) == (None, None, None)


@pytest.mark.parametrize(("testing", "asked"), [("1", "http://127.0.0.1:1"), ("", None)])
def test_only_tests_ask_another_server_than_edgar(testing: str, asked: str | None) -> None:
    env = {
        "HASHWATT_CONTACT": "me@example.org",
        "HASHWATT_EDGAR_URL": "http://127.0.0.1:1",
        "HASHWATT_TESTING": testing,
    }
    settings = Settings.from_env(env)
    assert (settings.contact, settings.edgar_url) == ("me@example.org", asked)


def test_everything_lies_in_the_home(tmp_path: Path) -> None:
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path)})
    found = {
        settings.archive: "archive",
        settings.lake: "lake",
        settings.builds: "builds",
        settings.publications: "publications",
        settings.current: "current",
        settings.dbt_target: "dbt",
        settings.dagster_home: "dagster",
        settings.lock_file: "refresh.lock",
    }
    assert found == {tmp_path / name: name for name in found.values()}


def test_paths_are_absolute_and_survive_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    settings = Settings.from_env(
        {"HASHWATT_HOME": "a/../b", "HASHWATT_LEDGER": "~/ledger", "HASHWATT_BUNDLE": "/srv/bundle"}
    )
    monkeypatch.chdir("/")
    assert settings.home == tmp_path / "b"
    assert settings.ledger_dir == tmp_path / "me" / "ledger"
    assert settings.bundle_dir == Path("/srv/bundle")


def test_an_empty_variable_counts_as_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    empty = dict.fromkeys(
        ("HASHWATT_HOME", "HASHWATT_LEDGER", "HASHWATT_BUNDLE", "HASHWATT_CONTACT", "HASHWATT_CRASH_AT"), ""
    )
    assert Settings.from_env({**empty, "HASHWATT_TESTING": "1"}) == Settings.from_env({})


@pytest.mark.parametrize("testing", [{}, {"HASHWATT_TESTING": "0"}, {"HASHWATT_TESTING": "true"}])
def test_a_crash_point_outside_tests_is_ignored(testing: dict[str, str]) -> None:
    assert Settings.from_env({"HASHWATT_CRASH_AT": "renamed", **testing}).crash_at is None


def test_a_crash_point_in_tests_is_honoured() -> None:
    assert Settings.from_env({"HASHWATT_CRASH_AT": "renamed", "HASHWATT_TESTING": "1"}).crash_at == "renamed"


def test_the_process_environment_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHWATT_HOME", str(tmp_path / "env"))
    assert Settings.from_env().home == tmp_path / "env"
