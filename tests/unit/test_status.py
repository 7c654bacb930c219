"""The status screen: a plain publication, one with providers, gaps and disagreements, and one from before there were any."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from orchestration.settings import Settings
from tests.faults.publication_kit import make_candidate, publish_marker, settings_for

REACHES = """
insert into meta_freshness values
    ('raw_market__bar', 9, '2019-12-02', '2026-07-31', '2026-08-01'), ('raw_network__day', 9, '2019-01-01', '2026-06-01', '2026-06-02');
"""
HEALTH = """
create table mart_provider_health(
    provider varchar, domain varchar, asked_date date, questions bigint, answered bigint, empty bigint, requests bigint,
    fail_overs bigint, is_circuit_open boolean, first_problem varchar, primary key (provider, domain, asked_date)
);
insert into mart_provider_health values
    ('yahoo', 'market', '2026-11-18', 35, 35, 0, 35, 0, false, null),
    ('yahoo', 'market', '2026-11-20', 35, 1, 1, 5, 33, true, 'Unreachable: https://query1.example/v8/chart' || chr(10) || repeat('x', 90)),
    ('tiingo', 'market', '2026-11-19', 35, 34, 0, 36, 1, false, 'UnknownSubject: no data'),
    ('mempool', 'network', '2026-11-20', 1, 1, 0, 1, 0, false, null);
"""
GAPS = """
create table mart_market_gap(instrument varchar, session_date date, gap varchar, provider varchar, times_asked bigint);
insert into mart_market_gap
select 'I' || i, date '2026-03-02' + d::int, 'not_available', null, 3 from range(6) a(i), range(7) b(d) where d <= i;
insert into mart_market_gap values
    ('MARA', '2026-03-04', 'missing_at_provider', 'tiingo', 1), ('WULF', '2026-03-05', 'not_fetched', null, 0);
"""
PRICES = """
create table fct_market_price_daily(
    instrument varchar, session_date date, providers_count bigint, agreement varchar, max_difference_pct double,
    disagreement_reason varchar
);
insert into fct_market_price_daily
select 'A', date '2026-01-02' + i::int, 2, 'agrees', 0.01, null from range(20) t(i);
insert into fct_market_price_daily values
    ('B', '2026-01-02', 1, 'single', null, null), ('MARA', '2026-01-05', 2, 'differs', 900, 'tenfold: yahoo, tiingo by 900 %'),
    ('RIOT', '2026-01-06', 3, 'differs', 0.75, 'yahoo, tiingo by 0.75 %');
"""
QUALITY = """
create table mart_data_quality(finding varchar, severity varchar);
insert into mart_data_quality values
    ('tenfold_error', 'critical'), ('vendor_correction', 'warning'), ('vendor_correction', 'warning'), ('far', 'info');
"""
LEDGERS = """
insert into meta_freshness values
    ('raw_ledger__a', 2, '2020-01-01', '2025-01-01', '2025-01-02'), ('raw_ledger__b', 3, '2019-01-01', null, '2024-01-02'),
    ('raw_sec__fact', 0, null, null, null);
"""


def published(tmp_path: Path, extra: str) -> Settings:
    settings = settings_for(tmp_path / "home")
    publish_marker(settings, 1, candidate=make_candidate(tmp_path / "candidate.duckdb", 1, extra=extra))
    return settings


def screen(settings: Settings) -> str:
    done = CliRunner(env={"HASHWATT_HOME": str(settings.home)}).invoke(main, ["status"])
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def test_files_of_the_ledger_are_one_line_and_empty_sources_are_named(tmp_path: Path) -> None:
    text = screen(published(tmp_path, LEDGERS))
    assert re.search(r"raw_ledger__\* \(2 files\) +5 +2019-01-01 +2025-01-01 +\d+ d \d+ h\n", text)
    assert re.search(r"raw_x +3 +2025-01-01 +2025-02-01 +\d+ d", text)
    assert "  no rows: raw_sec__fact\n" in text
    assert not re.search("raw_ledger__a|NULL|Providers|Gaps|Disagreements|mart_data_quality", text)


def test_the_frozen_edition_says_to_where_it_reaches(tmp_path: Path) -> None:
    text = screen(published(tmp_path, REACHES))
    assert "\nEdition:   bundle, frozen: prices to 2026-07-31, the network to 2026-06-01\n" in text


def test_providers_gaps_and_disagreements_are_one_screen(tmp_path: Path) -> None:
    text = screen(published(tmp_path, HEALTH + GAPS + PRICES + QUALITY))
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


@pytest.mark.parametrize(
    "older",
    [
        "create table fct_market_price_daily(instrument varchar, session_date date, close_usd double);",
        "create table mart_provider_health(provider varchar, asked_date date);",
        "create table mart_market_gap(instrument varchar); create table mart_data_quality(source varchar);",
    ],
)
def test_a_publication_from_before_these_tables_still_shows(tmp_path: Path, older: str) -> None:
    with_health = HEALTH if "mart_provider_health" not in older else ""
    text = screen(published(tmp_path, older + with_health))
    assert "raw_x" in text and ("Providers" in text) == bool(with_health)
