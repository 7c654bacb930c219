"""Every file in which a home keeps its state, garbled in every way: each later command works, or names what is damaged with a
remedy, and that remedy is run once. Altered files of the lake reach no reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from orchestration.settings import Settings
from tests.e2e.live_world import World, hashwatt
from tests.e2e.poison import readers_see, tables_of

pytestmark = [pytest.mark.e2e, pytest.mark.long]

# The archive of EDGAR and of the providers is no state that a home could make again: see test_archive and docs/operations.md.
STATES = {
    "the bundle's record in the archive": "archive/fetches/bundle/bundle.json/*.json",
    "the ledger's record in the archive": "archive/fetches/ledger/issuer.csv/*.json",
    "the sessions' record in the archive": "archive/fetches/calendar/XNYS/*.json",
    "archived bytes of the bundle": "archive/objects/*/{bundle}*",
    "notes of the archive": "archive/notes/**/*.json",
    "manifests of the lake": "lake/raw_sec__*/manifest.json",
    "a manifest of a provider's table": "lake/raw_market__bar/manifest.json",
    "files of the lake": "lake/raw_sec__fact/*/data.parquet",
    "a file without a batch": "lake/raw_macro__observation/*/data.parquet",
    "the manifest of a publication": "publications/*/manifest.json",
    "the last look": "looked.json",
    "who holds the lock": "refresh.lock.json",
    "the number of the last run": "run_number",
    "Dagster's settings": "dagster/dagster.yaml",
    "Dagster's runs": "dagster/history/runs.db",
    "Dagster's events": "dagster/history/runs/*.db",
    "Dagster's schedules": "dagster/schedules/schedules.db",
}
HARMS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda content: b"",
    "torn": lambda content: content[: len(content) // 2],
    "of another shape": lambda content: (
        b'{"partitions": {"whole": [1]}, "files": {"a": 1}, "at_utc": "2026-01-01", "problem": 5}'
    ),
    "binary": lambda content: bytes(range(256)) * 40,
}


def files_of(settings: Settings, state: str) -> list[Path]:
    (record,) = (settings.archive / "fetches/bundle/bundle.json").glob("*.json")
    pattern = STATES[state].format(bundle=record.stem.rsplit("-", 1)[1])
    return sorted(path for path in settings.home.glob(pattern) if path.is_file())


@pytest.fixture(scope="module")
def home(world: World, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home whose files each test puts back."""
    settings = world.copy(tmp_path_factory.mktemp("state"))
    (settings.home / "refresh.lock.json").write_text("{}")
    return settings


@pytest.fixture(params=[(state, harm) for state in STATES for harm in HARMS], ids=lambda given: ", ".join(given))
def garbled(request: pytest.FixtureRequest, home: Settings) -> Iterator[list[Path]]:
    state, harm = request.param
    before = {path: path.read_bytes() for path in files_of(home, state)[:3]}
    assert before, "the home has such a file"
    for path, content in before.items():
        path.write_bytes(HARMS[harm](content))
    yield list(before)
    for path, content in before.items():
        path.write_bytes(content)


def test_readers_are_served_and_the_doctor_names_what_is_damaged(home: Settings, garbled: list[Path]) -> None:
    for command in (("status",), ("query", "select 1"), ("rollback", "--list")):
        done = hashwatt(home, *command)
        assert done.exit_code == 0, done.output
    seen = hashwatt(home, "doctor")
    assert "the check itself failed" not in seen.output and "Traceback" not in seen.output
    remedies = "".join("-" if "-> " in line else line[0] for line in seen.output.splitlines())
    assert "F" not in remedies.replace("F-", ""), seen.output
    assert seen.exit_code == ("F-" in remedies)


@pytest.mark.parametrize("turn", range(2))
def test_one_run_of_what_the_doctor_says_mends_everything_at_once(turn: int, world: World, tmp_path: Path) -> None:
    """Each state in another way, and five files of EDGAR's facts with values three times as high: first a build from them is
    refused by name, then the bundle, which asks nobody, is as right as before."""
    settings = world.copy(tmp_path)
    told = tables_of(settings.current.resolve())
    for number, state in enumerate(STATES):
        harm = list(HARMS.values())[(number + turn) % len(HARMS)]
        for path in files_of(settings, state)[5 if state == "files of the lake" else 0 :]:
            path.write_bytes(harm(path.read_bytes()))
    altered = files_of(settings, "files of the lake")[:5]
    for path in altered:
        facts = pq.read_table(path, partitioning=None)
        place = facts.column_names.index("value")
        pq.write_table(facts.set_column(place, "value", pc.multiply(facts["value"], pa.scalar(3.0))), path)
    published = readers_see(settings)
    refused = hashwatt(settings, "build", "fct_financial_quarter")
    assert refused.exit_code == 1 and all(str(path) in refused.output for path in altered), refused.output
    assert "hashwatt refresh" in refused.output
    assert readers_see(settings) == published
    fixed = hashwatt(settings, "doctor", "--fix")
    assert "damaged records were put aside" in fixed.output
    done = hashwatt(settings, "refresh")
    assert done.exit_code == 0, done.output
    assert all(f"raw_sec__fact {path.parent.name}" in done.output for path in altered), "what was made again is said"
    healthy = hashwatt(settings, "doctor")
    assert healthy.exit_code == 0 and "OK    history" in healthy.output, healthy.output
    now = tables_of(settings.current.resolve())
    for table in ("fct_financial_quarter", "fct_market_price_daily", "mart_number_evidence", "mart_hyperscaler_capex"):
        assert now[table] == told[table], table
