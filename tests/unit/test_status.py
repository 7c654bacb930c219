"""The status screen: a plain publication, one with providers, gaps and disagreements, and one from before there were any."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from orchestration.settings import Settings
from tests.faults.publication_kit import make_candidate, publish_marker, settings_for
from tests.tables import tables

DATA = tables(__file__)


def published(tmp_path: Path, extra: str) -> Settings:
    settings = settings_for(tmp_path / "home")
    publish_marker(settings, 1, candidate=make_candidate(tmp_path / "candidate.duckdb", 1, extra=extra))
    return settings


def screen(settings: Settings) -> str:
    done = CliRunner(env={"HASHWATT_HOME": str(settings.home)}).invoke(main, ["status"])
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def test_files_of_the_ledger_are_one_line_and_empty_sources_are_named(tmp_path: Path) -> None:
    text = screen(published(tmp_path, DATA["ledgers"]))
    assert re.search(r"raw_ledger__\* \(2 files\) +5 +2019-01-01 +2025-01-01 +\d+ d \d+ h\n", text)
    assert re.search(r"raw_x +3 +2025-01-01 +2025-02-01 +\d+ d", text)
    assert "  no rows: raw_sec__fact\n" in text
    assert not re.search("raw_ledger__a|NULL|Providers|Gaps|Disagreements|mart_data_quality", text)


def test_the_frozen_edition_says_to_where_it_reaches(tmp_path: Path) -> None:
    text = screen(published(tmp_path, DATA["reaches"]))
    assert "\nEdition:   bundle, frozen: prices to 2026-07-31, the network to 2026-06-01\n" in text


def test_providers_gaps_and_disagreements_are_one_screen(tmp_path: Path) -> None:
    text = screen(published(tmp_path, DATA["health"] + DATA["gaps"] + DATA["prices"] + DATA["quality"]))
    assert re.search(
        r"yahoo +market +2026-11-20 +2 of 35 +5 +33 +OPEN +Unreachable: https://query1\S* x+\.\.\.\n", text
    )
    assert "2026-11-18" not in text, "only the last day of a provider is shown"
    assert re.search(r"tiingo +market +2026-11-19 +34 of 35 +36 +1 +closed +UnknownSubject: no data\n", text)
    assert re.search(r"mempool +network +2026-11-20 +1 of 1 +1 +0 +closed\n", text)
    worst = "I5 6 (last 2026-03-07), I4 5 (last 2026-03-06), I3 4 (last 2026-03-05), I2 3 (last 2026-03-04), and 2 more"
    assert f"  21 sessions not available at any provider asked: {worst}\n" in text
    assert "  1 session missing at one provider while another has it: MARA at tiingo 1 (last 2026-03-04)\n" in text
    assert "  1 session not fetched: WULF 1 (last 2026-03-05)\n" in text
    assert "Disagreements: 2 of 22 bars that several providers gave\n" in text
    assert re.search(r"MARA +2026-01-05 +900\.00 +tenfold: yahoo, tiingo by 900 %\n", text)
    assert text.index("MARA        2026-01-05") < text.index("RIOT        2026-01-06")
    assert "Findings in mart_data_quality: 2 vendor_correction, 1 tenfold_error\n" in text
    assert len(text.splitlines()) < 50 and max(map(len, text.splitlines())) < 160


@pytest.mark.parametrize("older", DATA["older"])
def test_a_publication_from_before_these_tables_still_shows(tmp_path: Path, older: str) -> None:
    with_health = DATA["health"] if "mart_provider_health" not in older else ""
    text = screen(published(tmp_path, older + with_health))
    assert "raw_x" in text and ("Providers" in text) == bool(with_health)
