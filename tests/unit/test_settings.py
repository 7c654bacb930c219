"""Settings: defaults, variables, keys that nothing shows, and what only tests may set."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from orchestration.settings import KEY_SETTINGS, Settings, passed_on

CANARY = "canary-4f1d.9~a/b+c="
INSTALL = Path(__file__).resolve().parents[2]


def test_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    assert settings.home == tmp_path / ".hashwatt"
    assert settings.ledger_dir == INSTALL / "ingestion" / "ledger"
    assert settings.bundle_dir == INSTALL / "ingestion" / "bundle"
    assert (settings.crash_at, settings.contact, settings.edgar_url, settings.feeds_url) == (None, None, None, None)
    assert dict(settings.keys) == {} and settings.unfit_keys == ()


def test_a_home_is_found_from_the_folders_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "project" / "notebooks" / "deep"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert Settings.from_env({}).home == below / ".hashwatt"
    home = tmp_path / "project" / ".hashwatt"
    home.mkdir()
    assert Settings.from_env({}).home == home
    assert Settings.from_env({"HASHWATT_HOME": ".hashwatt"}).home == below / ".hashwatt"
    home.parent.chmod(0o1777)
    assert Settings.from_env({}).home == below / ".hashwatt", "anybody may have put it there"
    monkeypatch.chdir(home.parent)
    assert Settings.from_env({}).home == home


def test_in_a_checkout_a_first_home_is_made_at_its_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "docs").mkdir(parents=True)
    monkeypatch.setattr("orchestration.settings._INSTALL", checkout)
    monkeypatch.chdir(checkout / "docs")
    assert Settings.from_env({}).home == checkout / "docs" / ".hashwatt", "site-packages is no checkout"
    (checkout / "pyproject.toml").write_text("")
    assert Settings.from_env({}).home == checkout / ".hashwatt"


@pytest.mark.parametrize(("testing", "asked"), [("1", "http://127.0.0.1:1"), ("", None)])
def test_only_tests_ask_other_servers_than_the_sources(testing: str, asked: str | None) -> None:
    env = {
        "HASHWATT_CONTACT": "me@example.org",
        "HASHWATT_EDGAR_URL": "http://127.0.0.1:1",
        "HASHWATT_FEEDS_URL": "http://127.0.0.1:1",
        "HASHWATT_TESTING": testing,
    }
    settings = Settings.from_env(env)
    assert (settings.contact, settings.edgar_url, settings.feeds_url) == ("me@example.org", asked, asked)


def test_a_key_is_held_and_never_shown(tmp_path: Path) -> None:
    setting = KEY_SETTINGS[0]
    settings = Settings.from_env({setting: f" {CANARY}\n", "HASHWATT_HOME": str(tmp_path)})
    assert settings.keys[setting] == CANARY
    copied = replace(settings, home=tmp_path / "other")
    for shown in (repr(settings), str(settings), f"{settings.keys}", repr(copied), str(asdict(copied))):
        assert setting in shown and CANARY not in shown


@pytest.mark.parametrize("value", ["two words", "line\nline", "ключ", "a" * 257, "<html>"])
def test_what_cannot_be_a_key_is_set_aside_without_being_shown(value: str) -> None:
    settings = Settings.from_env({KEY_SETTINGS[0]: value, KEY_SETTINGS[1]: CANARY})
    assert (list(settings.keys), settings.unfit_keys) == ([KEY_SETTINGS[1]], (KEY_SETTINGS[0],))
    assert value not in repr(settings)


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
    folders = ("HASHWATT_HOME", "HASHWATT_LEDGER", "HASHWATT_BUNDLE", "HASHWATT_CONTACT", "HASHWATT_CRASH_AT")
    empty = dict.fromkeys((*folders, "HASHWATT_FEEDS_URL", *KEY_SETTINGS), "")
    assert Settings.from_env({**empty, "HASHWATT_TESTING": "1"}) == Settings.from_env({})


@pytest.mark.parametrize("testing", [{}, {"HASHWATT_TESTING": "0"}, {"HASHWATT_TESTING": "true"}])
def test_a_crash_point_outside_tests_is_ignored(testing: dict[str, str]) -> None:
    assert Settings.from_env({"HASHWATT_CRASH_AT": "renamed", **testing}).crash_at is None


def test_settings_are_in_force_for_a_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHWATT_HOME", str(tmp_path / "before"))
    folders = {"HASHWATT_HOME": "home", "HASHWATT_LEDGER": "ledger", "HASHWATT_BUNDLE": "bundle"}
    settings = Settings.from_env({name: str(tmp_path / folder) for name, folder in folders.items()})
    with settings.in_force():
        assert Settings.from_env() == settings
    assert Settings.from_env() == Settings.from_env({"HASHWATT_HOME": str(tmp_path / "before")})


def test_dbt_is_handed_what_a_process_needs_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"PATH": "/bin", "LC_ALL": "C", "LD_LIBRARY_PATH": "/lib", "DBT_LOG_FORMAT": "text"}
    for name in (*given, *KEY_SETTINGS, "AWS_SECRET_ACCESS_KEY", "MY_PATH"):
        monkeypatch.setenv(name, given.get(name, CANARY))
    handed = passed_on()
    assert given.items() <= handed.items() and CANARY not in handed.values()
