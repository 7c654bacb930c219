"""The examples of docs/explain.md, run on company facts as EDGAR gave them for the recorded issuers of the universe."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from orchestration.settings import Settings
from tests.conftest import Once
from tests.dbt.conftest import ROOT
from tests.dbt.models import Models
from tests.dbt.sec_home import filers
from tests.faults.publication_kit import settings_for

pytestmark = pytest.mark.shared

RECORDED = ("AAPL", "NVDA", "GOOGL")


@pytest.fixture(scope="module")
def settings(once: Once, models: Models, shared: Path) -> Settings:
    return settings_for(filers(once, models, shared))


def test_the_examples_are_what_it_prints(settings: Settings) -> None:
    page = (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
    examples = re.findall(r"^```text\n\$ hashwatt explain (.+)\n((?:.*\n)+?)```$", page, flags=re.MULTILINE)
    assert {command.split()[0] for command, _ in examples} == set(RECORDED)
    for command, printed in examples:
        done = CliRunner(env={"HASHWATT_HOME": str(settings.home)}).invoke(main, ["explain", *command.split()])
        # The last line names the publication, which is another one here.
        assert done.output.splitlines()[:-1] == printed.splitlines()[:-1]


def test_every_number_of_the_recorded_issuers_adds_up(settings: Settings) -> None:
    """From the filings' facts alone; dbt's own tests of the mart say the same of every build."""
    with duckdb.connect(str(settings.current / "hashwatt.duckdb"), read_only=True) as connection:
        numbers = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE told.made = value) FROM fct_financial_quarter LEFT JOIN ("
            " SELECT issuer, metric, calendar_quarter, sum(sign * operand_value) AS made FROM mart_number_evidence"
            " WHERE is_used GROUP BY ALL) AS told USING (issuer, metric, calendar_quarter)"
            f" WHERE issuer IN {RECORDED} AND value IS NOT NULL"
        ).fetchone()
    assert numbers is not None and numbers[0] == numbers[1] > 900
