"""Bare words of the operating system, of DuckDB and of SQLite become one line that names the place, and a remedy."""

from __future__ import annotations

import errno
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from orchestration import faults
from orchestration.cli.main import main
from orchestration.faults import plain
from orchestration.publish.lock import running_refresh, writer_lock
from orchestration.settings import Settings
from tests.faults.publication_kit import process_env, publish_marker, settings_for
from tests.tables import tables

DATA = tables(__file__)

HASHWATT = [sys.executable, "-m", "orchestration.cli.main"]
NOBODY = 65534
as_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="root and setpriv are needed to become somebody else"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_for(tmp_path / "home")
    publish_marker(settings, 1)
    with writer_lock(settings):
        pass
    return settings


def hashwatt(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command by somebody who owns nothing: root without the powers that let it into other people's files."""
    command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *HASHWATT, *arguments]
    return subprocess.run(command, env=process_env(settings), capture_output=True, text=True)


@pytest.mark.parametrize(("said", "message", "remedy"), DATA["words"])
def test_words_of_the_system_become_words_for_people(
    said: list[str] | str, message: str, remedy: str, settings: Settings
) -> None:
    """A list is an error of the operating system: its number by name, and the file."""
    home = str(settings.home)
    if isinstance(said, list):
        number = getattr(errno, said[0])
        told = plain(OSError(number, os.strerror(number), said[1].format(home=home)), settings)
    else:
        told = plain(said.format(home=home), settings)
    assert told is not None and message.format(home=home) in told.message and remedy in told.remedy


def test_an_error_of_our_own_making_is_not_put_down_to_the_system(settings: Settings) -> None:
    assert plain(ZeroDivisionError("division by zero"), settings) is None


def test_an_error_of_a_full_disk_is_told_as_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "OperationalError: (sqlite3.OperationalError) disk I/O error"
    assert "cannot be read or written" in getattr(plain(said, settings), "message", "")
    monkeypatch.setattr(faults.shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    assert getattr(plain(said, settings), "message", "") == f"the disk of {settings.home} is full"


def test_a_home_that_cannot_be_one_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name, says in (
        ("file", "is no folder"),
        ("file/home", "no folder"),
        ("dangling", "does not exist"),
        ("loop", ""),
    ):
        home = tmp_path / name
        for command in ("refresh", "doctor"):
            done = CliRunner(env={"HASHWATT_HOME": str(home)}).invoke(main, [command])
            assert done.exit_code == 1 and str(home) in done.output and says in done.output, done.output
            assert "Errno" not in done.output
            assert command == "doctor" or len(done.stderr.splitlines()) <= 3, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "file", "loop"]


def test_sql_that_is_not_utf_8_is_said_in_a_line(settings: Settings) -> None:
    said, environment = b"select '\xe4' as x", process_env(settings)
    by_pipe = subprocess.run([*HASHWATT, "query", "-"], input=said, env=environment, capture_output=True)
    by_word = subprocess.run([*map(os.fsencode, HASHWATT), b"query", said], env=environment, capture_output=True)
    for done in (by_pipe, by_word):
        assert done.returncode == 6 and b"not UTF-8" in done.stderr and b"iconv" in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 2


def test_a_byte_order_mark_is_no_part_of_the_sql(settings: Settings) -> None:
    done = CliRunner(env={"HASHWATT_HOME": str(settings.home)}).invoke(
        main, ["query", "-"], input=b"\xef\xbb\xbfselect 1 as x"
    )
    assert (done.exit_code, done.output) == (0, "x\n-\n1\n")


def test_a_pipe_that_is_closed_early_is_no_error_to_read_about(settings: Settings) -> None:
    line = f"{sys.executable} -m orchestration.cli.main query --format csv 'from range(1000000)' | head -1"
    done = subprocess.run(line, shell=True, env=process_env(settings), capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("range\n", "")


def test_a_refresh_is_seen_by_who_may_only_read_the_lock(settings: Settings) -> None:
    settings.lock_file.chmod(0o444)
    assert running_refresh(settings) is None
    with writer_lock(settings):
        holder = running_refresh(settings)
        assert holder is not None and holder.startswith(f"process {os.getpid()} on ")
    assert running_refresh(settings) is None


@pytest.fixture
def of_another(settings: Settings) -> Settings:
    """A home that belongs to somebody else."""
    for path in (settings.home, *settings.home.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return settings


@as_root
@pytest.mark.slow
def test_who_may_only_read_gets_every_answer_and_is_told_whose_home_it_is(of_another: Settings) -> None:
    for arguments in (["query", "select 1"], ["tables"], ["status"], ["rollback", "--list"]):
        done = hashwatt(of_another, *arguments)
        assert done.returncode == 0, done.stderr
    assert "Running:   no refresh" in hashwatt(of_another, "status").stdout
    looked = hashwatt(of_another, "doctor")
    assert (
        looked.returncode == 0
        and f"WARN  home          no right to read or write {of_another.home}: it belongs to" in looked.stdout
    )
    for arguments in (["refresh", "--quiet"], ["rollback"]):
        done = hashwatt(of_another, *arguments)
        assert done.returncode == 1 and len(done.stderr.splitlines()) == 2, done.stderr
        assert str(of_another.home) in done.stderr and f"it belongs to {pwd.getpwuid(NOBODY).pw_name}" in done.stderr


@as_root
@pytest.mark.slow
def test_what_cannot_be_told_is_said(of_another: Settings) -> None:
    of_another.lock_file.chmod(0o600)
    done = hashwatt(of_another, "status")
    assert done.returncode == 0 and "Running:   cannot be told" in done.stdout
    assert "whether a refresh is running cannot be told" in hashwatt(of_another, "doctor").stdout
    for shut, arguments in (("publications", ["status"]), ("publications", ["query", "select 1"]), ("", ["tables"])):
        (of_another.home / shut).chmod(0o700)
        done = hashwatt(of_another, *arguments)
        assert done.returncode == 1 and "it belongs to" in done.stderr, done.stderr
        assert "Errno" not in done.stderr and str(of_another.home) in done.stderr
