"""Edition live, for real, against a server on this machine: first load, a day without news, refusal, backfill, sensor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from ingestion.contracts import FACT, SEC_TABLES
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from orchestration.cli.refresh import questions
from orchestration.definitions import defs
from orchestration.errors import HashwattError, SettingMissing, SourceUnavailable
from orchestration.live import News, backfill_filings, look
from orchestration.pipeline.jobs import new_filings, workspace_config
from orchestration.pipeline.refresh import refresh
from orchestration.settings import Settings
from tests.e2e import feeds_world
from tests.e2e.conftest import landed
from tests.e2e.edgar_world import (
    BULK_PATHS,
    RESTATED,
    Registrant,
    live,
    registrants,
    serve,
    serve_bulk,
    serve_recorded,
    serve_universe,
)
from tests.e2e.filed import FILED
from tests.e2e.live_world import World, partitions, rows
from tests.edgar import server as edgar
from tests.edgar.server import CONTACT, EdgarServer
from tests.lakes import rows_of

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
SEC = ("sec",)
TOLD = [name for one in FILED.values() for name in one.documents]


def requests_about(issuers: Sequence[Registrant]) -> int:
    """Of each issuer its filings, its facts, the index page of one piece of news and that filing's two documents; of those in
    FILED another index page and its documents."""
    return 5 * len(issuers) + len(FILED) + len(TOLD)


@pytest.fixture
def home(world: World, tmp_path: Path) -> Settings:
    """A home of the test's own, after the first live refresh; the server has forgotten what it was asked."""
    return world.copy(tmp_path)


@pytest.fixture
def dagster(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """An instance for what reads its settings from the environment, as the daemon's runs do."""
    for name, value in environment(home).items():
        if name.startswith("HASHWATT_"):
            monkeypatch.setenv(name, value)
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_the_first_live_refresh_publishes_what_edgar_says(world: World) -> None:
    issuers = registrants(world.settings.ledger_dir)
    lake = Lake(Storage(world.settings.lake))
    filings, facts, documents, numbers = (rows_of(lake, table) for table in SEC_TABLES)
    assert filings.num_rows == 5 * len(issuers) + 1 + len(FILED)
    assert facts.num_rows == 8 * len(issuers) + 1
    assert documents.num_rows == 3 * len(issuers) + len(TOLD)
    assert {*numbers["cik"].to_pylist()} == {one.cik for one in issuers if one.issuer in FILED}
    assert set(facts["known_at_basis"].to_pylist()) == {"acceptance"}
    found = rows(
        world.settings,
        "select calendar_quarter, value_usd_m, method from fct_financial_quarter "
        "where issuer = 'RIOT' and metric = 'capex_cash' and calendar_quarter like '2024%' order by 1",
    )
    assert [value for _, value, _ in found] == [100, 150, 200, 250]
    assert [method for *_, method in found][1:] == ["ytd_difference"] * 3
    assert rows(world.settings, "select edition from meta_publication") == [("live",)]


def test_each_document_is_asked_for_once_under_our_name(world: World) -> None:
    issuers = registrants(world.settings.ledger_dir)
    paths = [request.path for request in world.first.to_edgar]
    assert len(paths) == len(set(paths)) == requests_about(issuers)
    assert {request.headers["User-Agent"].rsplit(" ", 1)[1] for request in world.first.to_edgar} == {CONTACT}
    assert f"{len(issuers)} of {len(issuers)}" in world.first.stderr


def test_a_day_without_news_costs_one_conditional_request_an_issuer(home: Settings, world: World) -> None:
    before = (os.readlink(home.current), partitions(home))
    outcome = refresh(home, edition="live", sources=SEC)
    assert isinstance(outcome, News)
    assert outcome.publication_id == home.current.resolve().name
    assert [arrival.status for arrival in world.edgar.arrivals] == [304] * len(outcome.asked)
    assert outcome.requests == len(outcome.asked) == len(registrants(home.ledger_dir))
    assert (os.readlink(home.current), partitions(home)) == before


LIGHT = """
import sys
from orchestration.cli.main import main
try:
    main(["refresh", "--edition", "live", "--source", "sec", "--quiet"])
except SystemExit as ended:
    heavy = sorted({m.split(".")[0] for m in sys.modules} & {"dagster", "dagster_dbt", "dbt", "great_expectations"})
    print(ended.code, heavy)
"""


def test_nothing_new_is_said_on_the_command_line_without_dagster_dbt_or_gx(home: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False
    )
    said, *answers, loaded = done.stdout.splitlines()
    assert said.startswith("Nothing new: ")
    assert questions().keys() <= {*answers}
    assert loaded == "0 []", done.stderr


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a person would give them to a process of their own."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **feeds_world.environment(settings)}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda home: replace(home, ledger_dir=_edited_ledger(home)), id="a line of the ledger"),
        pytest.param(lambda home: _spoiled_lake(home), id="a file of the lake"),
    ],
)
def test_anything_else_that_changed_is_news(home: Settings, change: Callable[[Settings], Settings]) -> None:
    news = look(change(home), None, 0.0, SEC)
    assert news.same_as is None
    assert news.changed == ()


def _edited_ledger(home: Settings) -> Path:
    folder = home.home.parent / "ledger"
    shutil.copytree(home.ledger_dir, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "issuer.csv"
    file.write_text(
        file.read_text(encoding="utf-8").replace("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z", 1), "utf-8"
    )
    return folder


def _spoiled_lake(home: Settings) -> Settings:
    next((home.lake / "raw_sec__fact").rglob("*.parquet")).write_bytes(b"")
    return home


def test_a_block_page_stops_the_refresh_and_the_publication_stays(home: Settings, world: World) -> None:
    pointed = os.readlink(home.current)
    world.edgar.fail(registrants(home.ledger_dir)[7].submissions_path, edgar.block_page())
    with pytest.raises(SourceUnavailable, match=r"Blocked: .*shut us out"):
        refresh(home, edition="live", sources=SEC)
    assert os.readlink(home.current) == pointed
    with pytest.raises(SourceUnavailable, match="nothing is asked"):
        refresh(home, edition="live", sources=SEC)
    assert world.edgar.asked() <= len(registrants(home.ledger_dir))


def test_without_a_contact_address_nothing_is_asked_and_the_setting_is_named(home: Settings, world: World) -> None:
    with pytest.raises(SettingMissing, match="no contact address") as caught:
        refresh(replace(home, contact=None), edition="live", sources=SEC)
    assert "HASHWATT_CONTACT" in caught.value.remedy
    assert caught.value.exit_code == 2
    assert world.edgar.asked() == 0


def test_a_backfill_that_was_cut_short_asks_only_for_the_rest(tmp_path: Path, world: World) -> None:
    settings = replace(world.settings, home=tmp_path / "home")
    issuers = registrants(settings.ledger_dir)
    world.edgar.fail(issuers[20].facts_path, edgar.block_page())
    world.edgar.arrivals = []
    with pytest.raises(SourceUnavailable):
        backfill_filings(settings, [], False, 0.0)
    answered = {arrival.path for arrival in world.edgar.arrivals if arrival.status == 200}
    assert 0 < len(answered) < requests_about(issuers)
    shutil.rmtree(settings.home / "limits")
    world.edgar.arrivals = []
    rest = backfill_filings(settings, [], False, 0.0)
    assert not answered & {arrival.path for arrival in world.edgar.arrivals}
    assert len(answered) + rest.requests == requests_about(issuers)
    world.edgar.arrivals = []
    assert backfill_filings(settings, ["RIOT"], False, 0.0).requests == 0


def test_the_nightly_archives_are_taken_when_told_to(tmp_path: Path, world: World) -> None:
    settings = replace(world.settings, home=tmp_path / "home")
    issuers = serve_universe(world.edgar, settings.ledger_dir)
    serve_bulk(world.edgar, issuers)
    world.edgar.arrivals = []
    filled = backfill_filings(settings, [], True, 0.0)
    asked = sorted(arrival.path for arrival in world.edgar.arrivals)
    filed = [path for path in asked if path.startswith("/Archives/edgar/data/")]
    assert sorted({*asked} - {*filed}) == sorted(f"/Archives/edgar/daily-index/{path}" for path in BULK_PATHS)
    assert len([path for path in filed if path.endswith("-index.html")]) == len(issuers)
    assert len(filed) == 3 * len(issuers) == filled.requests
    archive = Archive(Storage(settings.archive))
    fetch = archive.latest(f"sec/companyfacts/CIK{issuers[0].cik}.json")
    assert fetch is not None
    assert fetch.request["bulk"] == "sec/bulk/companyfacts.zip"
    news = look(settings, None, 0.0, SEC)
    assert (news.changed, news.requests) == ((), 2 * len(issuers))


def test_a_backfill_of_somebody_unknown_is_refused(world: World) -> None:
    with pytest.raises(HashwattError, match="no issuer of the universe: NOBODY"):
        backfill_filings(world.settings, ["RIOT", "NOBODY"], False, 0.0)


def test_one_issuer_alone_is_asked_about_and_landed(home: Settings, world: World, dagster: dg.DagsterInstance) -> None:
    by_name = {one.issuer: one for one in registrants(home.ledger_dir)}
    for name in ("CIFR", "CLSK"):
        serve(world.edgar, by_name[name], RESTATED)
    before = partitions(home)
    done = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[dg.AssetKey(table.name) for table in SEC_TABLES],
        partition_key="CIFR",
        run_config=workspace_config("live"),
        instance=dagster,
    )
    assert done.success
    cik = by_name["CIFR"].cik
    assert {arrival.path for arrival in world.edgar.arrivals} == {
        f"/submissions/CIK{cik}.json",
        by_name["CIFR"].facts_path,
    }
    after = partitions(home)
    assert {name.split("/")[1] for name in after if before[name] != after[name]} == {f"cik={cik}"}
    assert dagster.get_materialized_partitions(dg.AssetKey("raw_sec__fact")) == {"CIFR"}


def test_the_sensor_asks_for_a_run_when_edgar_lists_something_new(
    home: Settings, world: World, dagster: dg.DagsterInstance
) -> None:
    def tick(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        return new_filings(dg.build_sensor_context(instance=dagster, cursor=cursor))

    first = tick(None)
    assert isinstance(first, dg.SensorResult)
    (request,) = first.run_requests or ()
    assert request.run_config == {"ops": {"look": {"config": {"sources": ["sec", "market", "network", "macro"]}}}}
    again = tick(first.cursor)
    assert isinstance(again, dg.SkipReason) and "nothing new" in (again.skip_message or "")
    serve(world.edgar, registrants(home.ledger_dir)[1], RESTATED)
    news = tick(first.cursor)
    assert isinstance(news, dg.SensorResult)
    assert news.cursor != first.cursor
    assert world.edgar.asked() == 3 * len(registrants(home.ledger_dir))
    world.edgar.fail(registrants(home.ledger_dir)[0].submissions_path, edgar.block_page())
    refused = tick(news.cursor)
    assert isinstance(refused, dg.SkipReason) and "shut us out" in (refused.skip_message or "")


@pytest.mark.shared
def test_recorded_answers_of_real_registrants_are_landed(copied: Callable[[], Settings], shared: Path) -> None:
    with EdgarServer() as server:
        settings = live(copied(), server)
        serve_universe(server, settings.ledger_dir)
        real = serve_recorded(server, shared / "data" / "sec", settings.ledger_dir)
        assert {one.issuer for one in real} == {"AAPL", "NVDA", "GOOGL", "MSTR"}
        done = landed(settings, "live", *(table.name for table in SEC_TABLES))
    assert {name for name, one in done.items() if not one.verdict.passed} == set()
    facts = rows_of(Lake(Storage(settings.lake)), FACT)["issuer"].to_pylist()
    assert all(facts.count(one.issuer) > 10_000 for one in real)
