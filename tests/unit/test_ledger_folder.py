"""`hashwatt check ledger` tells every error of every file and nothing else, each with its place and what to write."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingestion.landing.delimited import UNREADABLE
from ingestion.ledger.folder import check_folder
from orchestration.cli.main import main
from tests.tables import tables
from tests.unit.ledgerrows import LEDGER, TABLES

DATA = tables(__file__)

Rows = list[dict[str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the ledger that ships."""
    copy = tmp_path / "my ledger"
    shutil.copytree(LEDGER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def rewrite(folder: Path, entity: str, change: Callable[[Rows], object], rename: tuple[str, str] = ("", "")) -> None:
    """Change the rows of a file, and a word of it."""
    path = folder / f"{entity}.csv"
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    rows = list(reader)
    change(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(reader.fieldnames or []), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue().replace(*rename, 1), encoding="utf-8")


def told(folder: Path) -> list[tuple[str, int | None, str, str]]:
    return [
        (file, one.line, one.column, one.rule) for file, one in check_folder(folder, datetime(2026, 11, 30)).problems
    ]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", "ledger", *arguments])


def test_the_ledger_that_ships_holds(folder: Path) -> None:
    lines = sum(len(list(csv.reader(path.open(encoding="utf-8")))) - 1 for path in LEDGER.glob("*.csv"))
    for result in (run(), run(str(folder))):
        assert (result.exit_code, result.stdout) == (0, f"{lines} rows of {len(TABLES)} files hold\n")


def test_every_error_of_every_file_is_told_and_nothing_else(folder: Path) -> None:
    """Three errors in one row, of a deal that a total includes; contract, rules, rows beside each other; files."""
    below = {path.stem: len(list(csv.reader(path.open(encoding="utf-8")))) + 1 for path in folder.glob("*.csv")}
    rows = sum(below.values()) - 2 * len(below)
    first = {"issuer": "CORZZ", "announced_date": "2024-06", "citation": ""}
    rewrite(folder, "ai_deal", lambda rows: rows[0].update(first))
    rewrite(folder, "bond_tranche", lambda rows: rows[3].update(coupon_pct="", settled_date="2020-01-01"))
    rewrite(folder, "feed", lambda rows: rows[1].update(priority=rows[0]["priority"]))
    rewrite(folder, "issuer", lambda rows: rows[1].update(cik="123", role="minor"))
    wrong = {"btc_sold": "1,5", "btc_held": "9"}
    rewrite(folder, "production", lambda rows: rows.append({**rows[0], **wrong}), ("btc_sold", "btc_sale"))
    (folder / "ticker.csv").write_bytes((folder / "ticker.csv").read_bytes() + b'KEEL,"KEEL\n')
    with (folder / "concept.csv").open("ab") as file:
        file.write(b"META,capex_cash\n")
    (folder / "series.csv").rename(folder / "serie.csv")
    (folder / "ledger.json").write_text("{}")
    result = run(str(folder))
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert [line.removeprefix(f"{folder}/").split("; ")[0] for line in lines[:-1]] == [
        line.format(**below) for line in DATA["errors"]
    ]
    remedies = [line.partition("; ")[2] for line in lines[:-1]]
    assert all(remedies)
    for words in ("write CORZ, or", "write YYYY-MM-DD", "write miner", "write btc_sold", "name it series.csv"):
        assert any(words in remedy for remedy in remedies), words
    read = f"{rows + 1 - (below['series'] - 2)} rows of {len(TABLES) - 1} files were read"
    assert lines[-1] == f"17 errors in 10 files; {read}"


def test_names_of_a_row_with_an_error_stay_known(folder: Path) -> None:
    """Else one wrong cell of an issuer would be told again for each of its rows."""
    rewrite(folder, "issuer", lambda rows: [row.update(role="bank") for row in rows])
    rewrite(folder, "provider", lambda rows: None, ("provider,name", "supplier,name"))
    assert {(file, rule) for file, _, _, rule in told(folder)} == {
        ("issuer.csv", "not_allowed"),
        ("provider.csv", "drifted"),
    }


@pytest.mark.parametrize("harm", DATA["no_tables"])
def test_a_file_that_is_no_table(folder: Path, harm: str) -> None:
    (old, new, count, *encoding), *expected = DATA["no_tables"][harm]
    path = folder / "series.csv"
    text = re.sub(old, new, path.read_bytes().decode("latin-1"), count=count)
    path.write_bytes(text.encode(*(encoding or ["latin-1"])))
    found = [[line, column, rule] for file, line, column, rule in told(folder) if file == "series.csv"]
    assert [one for one in found if one[2] in UNREADABLE] == expected


def test_the_same_as_data(folder: Path) -> None:
    rewrite(folder, "issuer", lambda rows: rows[1].update(cik="=1+1"))
    rows = json.loads(run(str(folder), "--format", "json").stdout)
    assert [(row["file"], row["line"], row["column"], row["rule"]) for row in rows] == [
        (f"{folder}/issuer.csv", 3, "cik", "pattern")
    ]
    table = run(str(folder), "--format", "csv")
    assert [[row["line"], row["what_to_do"]] for row in csv.DictReader(io.StringIO(table.stdout))] == [
        ["3", rows[0]["what_to_do"]]
    ]
    assert "1 error in 1 file" in table.stderr
    assert run("--format", "json").stdout == "[]\n"


def test_a_folder_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    assert run(str(tmp_path / "nothing")).exit_code == 2
    lost = CliRunner(env={"HASHWATT_LEDGER": str(tmp_path / "nothing")}).invoke(main, ["check", "ledger"])
    assert lost.exit_code == 2
    assert "correct HASHWATT_LEDGER" in lost.stderr


@pytest.mark.slow
def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys; from orchestration.cli.main import main; main(['check', 'ledger'], standalone_mode=False);"
        " print({'dagster', 'dbt', 'great_expectations', 'duckdb', 'requests'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "set()"
