"""Another day of edition live: only what is new is taken in, a correction is a new vintage, what a person decided is published,
and what is archived is enough to build it all once more. Two refreshes at once: one waits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.contracts import SEC_TABLES
from orchestration import clock
from orchestration.live import News
from orchestration.pipeline.refresh import refresh
from orchestration.publish.lock import running_refresh
from orchestration.settings import Settings
from tests.e2e.conftest import landed
from tests.e2e.edgar_world import RESTATED, Registrant, registrants, serve
from tests.e2e.feeds_world import DOWN, environment
from tests.e2e.filed import LAST, MONTHS, use_of
from tests.e2e.live_world import World, copy_of, hashwatt, partitions, raw, rows
from tests.e2e.poison import ROOT, tables_of, tree
from tests.feeds.formats.market import SESSIONS, Bar

pytestmark = pytest.mark.e2e

CORRECTED = "RIOT"
RESTATING = "CLSK"
NOW = datetime.now(UTC).replace(tzinfo=None)
LATER = min(one.close_utc for one in SESSIONS.values() if one.close_utc > NOW) + timedelta(minutes=30)
"""Half an hour after the next close of the exchange, by our clock; the providers' own stays where it is."""


@dataclass(frozen=True)
class SecondDay:
    """A home after its second live refresh, never to be changed; the first day's EDGAR tables by file, who filed anew, and
    the corrected day with the close that was told first."""

    settings: Settings
    before: Mapping[str, str]
    restated: Registrant
    day: date
    close: float


@pytest.fixture(scope="module")
def second_day(world: World, tmp_path_factory: pytest.TempPathFactory) -> SecondDay:
    folder = tmp_path_factory.mktemp("second")
    ledger = Path(shutil.copytree(world.settings.ledger_dir, folder / "ledger"))
    home = replace(world.copy(folder), ledger_dir=ledger)
    before = partitions(home)
    (restated,) = [one for one in registrants(ledger) if one.issuer == RESTATING]
    serve(world.edgar, restated, RESTATED)
    ((day,),) = rows(home, f"select max(session_date) from fct_market_price_daily where instrument = '{CORRECTED}'")
    assert isinstance(day, date)
    close = world.market.bar(CORRECTED, day).close

    def correct(symbol: str, bar: Bar) -> Bar:
        return replace(bar, close=corrected(close)) if (symbol, bar.day) == (CORRECTED, day) else bar

    world.market.providers["yahoo"].edit = correct
    world.feeds.up(DOWN)
    for way, value in (("--accept", "2140"), ("--reject", "2410")):
        done = hashwatt(home, "review", way, str(use_of(home, value)[1]), "--by", "A. Reader")
        assert done.exit_code == 0, done.output
    assert "hold" in hashwatt(home, "check", "ledger").stdout
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now_utc", lambda: LATER)
        later = hashwatt(home, "refresh", "--edition", "live")
    world.servers.as_after_the_first()
    assert later.exit_code == 0, later.output
    return SecondDay(home, before, restated, day, close)


def corrected(close: float) -> float:
    return round(close * 1.002, 2)


def test_one_changed_document_rewrites_one_issuer(second_day: SecondDay) -> None:
    before, after = second_day.before, partitions(second_day.settings)
    touched = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert touched == {f"raw_sec__{table}/cik={second_day.restated.cik}/data.parquet" for table in ("filing", "fact")}
    assert rows(second_day.settings, "select issuer, from_value, to_value from mart_restatement order by 1") == [
        ("CLSK", 100e6, 110e6),
        ("MARA", 100e6, 110e6),
    ]


def test_a_correction_is_a_new_vintage(second_day: SecondDay) -> None:
    home, day, close = second_day.settings, second_day.day, second_day.close
    vintages = raw(
        home,
        f"select close_usd, known_at_utc from bar where instrument = '{CORRECTED}' and provider = 'yahoo' "
        f"and session_date = '{day}' order by known_at_utc",
    )
    assert [value for value, _ in vintages] == pytest.approx([close, corrected(close)], rel=1e-6)
    first, second = (known for _, known in vintages)
    assert isinstance(first, datetime) and isinstance(second, datetime)
    assert first.date() == day and second > datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    assert rows(
        home,
        f"select close_usd from fct_market_price_daily where instrument = '{CORRECTED}' and session_date = '{day}'",
    )[0][0] == pytest.approx(corrected(close), rel=1e-6)
    others = raw(home, "select count(*) from bar group by instrument, session_date, provider having count(*) > 1")
    assert len(others) == 1, "no other value became a new vintage"
    assert rows(
        home,
        f"select count(*) from mart_data_quality where finding = 'vendor_correction' and check_subject like '%{CORRECTED}%'",
    ) == [(1,)]


def test_what_a_person_decided_is_published(second_day: SecondDay) -> None:
    home = second_day.settings
    assert (use_of(home, "2140")[0], use_of(home, "2410")[0]) == ("published", "rejected")
    assert rows(home, MONTHS) == [("btc_held", 2140), ("btc_produced", 611)]
    assert "Nothing waits for a person." in hashwatt(home, "review").stdout
    month = f"{LAST.replace(day=1)}"
    assert (
        "accepted by A. Reader" in hashwatt(home, "evidence", "fct_miner_operating", "BTDR", month, "btc_held").stdout
    )


REPLAY = """
import sys
from datetime import datetime
from orchestration import clock
from orchestration.pipeline.refresh import refresh
from orchestration.settings import Settings

def refuse(event, args):
    if event == "socket.connect":
        raise AssertionError(f"a socket was opened: {args}")

sys.addaudithook(refuse)
clock.now_utc = lambda: datetime.fromisoformat(sys.argv[1])
print(refresh(Settings.from_env(), edition="replay", force=True).content_sha256)
"""


@pytest.fixture
def no_network() -> Iterator[None]:
    """Whoever opens a socket in this process fails; a hook cannot be taken away, so it is told to rest."""

    def refuse(event: str, args: tuple[object, ...]) -> None:
        if blocked and event == "socket.connect":
            raise AssertionError(f"a socket was opened: {args}")

    blocked = [True]
    sys.addaudithook(refuse)
    yield
    blocked.clear()


@pytest.mark.usefixtures("no_network")
def test_of_two_refreshes_one_waits_and_what_was_archived_is_enough(
    second_day: SecondDay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network: a process of its own builds all of it from the archive alone, with neither lake nor shipped files,
    and comes to the same bytes; this one waits, and finds nothing new then."""
    copied = copy_of(second_day.settings, tmp_path)
    alone = replace(copied, contact=None, edgar_url=None, feeds_url=None, keys={})
    live, published = alone.current.resolve(), publications(alone)
    lake = tree(alone.lake, leave_out=".quarantine/")
    shutil.rmtree(alone.lake)
    nowhere = {"HASHWATT_LEDGER": str(tmp_path / "no ledger"), "HASHWATT_BUNDLE": str(tmp_path / "no bundle")}
    replaying = subprocess.Popen(
        [sys.executable, "-c", REPLAY, LATER.isoformat()],
        cwd=ROOT,
        env={**os.environ, **environment(alone), **nowhere},
        stdout=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    try:
        deadline = time.monotonic() + 240
        while running_refresh(alone) is None:
            assert replaying.poll() is None and time.monotonic() < deadline, "the replay never took the lock"
            time.sleep(0.05)
        monkeypatch.setattr(clock, "now_utc", lambda: LATER)
        waited = refresh(alone, "replay", wait_seconds=600, progress=lines.append)
        out, _ = replaying.communicate(timeout=240)
    finally:
        replaying.kill()
    (again,) = publications(alone) - published
    assert replaying.returncode == 0 and isinstance(waited, News) and waited.publication_id == again.name
    assert any(line.startswith("waiting for another refresh to end: process") for line in lines)
    assert out.strip().splitlines()[-1] == content(again) == content(live)
    assert tables_of(again) == tables_of(live)
    assert tree(alone.lake, leave_out=".quarantine/") == lake
    edgar = partitions(alone)
    landed(alone, "bundle", *(table.name for table in SEC_TABLES))
    assert partitions(alone) == edgar, "what EDGAR said is kept under the bundle, and is not written again"


def publications(settings: Settings) -> set[Path]:
    return {path for path in settings.publications.iterdir() if not path.name.startswith(".")}


def content(publication: Path) -> str:
    manifest: dict[str, str] = json.loads((publication / "manifest.json").read_text(encoding="utf-8"))
    return manifest["content_sha256"]
