"""Claims and news as readers ask for them: of the ledger, of their own, and as of earlier days, with nothing known later."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from tests.e2e.conftest import Home
from tests.e2e.live_world import copy_of

pytestmark = pytest.mark.e2e

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "claims_example.csv"
VERDICTS = {
    "supported",
    "rounded",
    "base-dependent",
    "stale",
    "misdated",
    "misclassified",
    "refuted",
    "not testable",
}


def ask(home: Home, *arguments: str) -> Result:
    return CliRunner(env={"HASHWATT_HOME": str(home.settings.home)}).invoke(main, list(arguments))


def rows(home: Home, *arguments: str) -> list[dict[str, Any]]:
    done = ask(home, *arguments, "--format", "json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_each_of_55_claims_has_a_verdict_in_one_line(first_home: Home) -> None:
    lines = ask(first_home, "claims").stdout.splitlines()[2:]
    assert len(lines) == len({line.split()[0] for line in lines}) == 55
    by_claim = {row["claim_id"]: row for row in rows(first_home, "claims")}
    assert {row["claim_verdict"] for row in by_claim.values()} <= VERDICTS
    assert all(by_claim[line.split()[0]]["claim_verdict"] in line for line in lines)


@pytest.mark.parametrize(
    ("claim", "verdict", "basis", "value"),
    [
        # 48.49 on 2025-11-24 over 9.82 at the end of 2024.
        ("S4-09", "stale", "year_to_date", 100 * (48.49 / 9.82 - 1)),
        # 257.75 on 2020-03-31 over 296.26 on 2020-02-28; 34 % is the way from the peak of 19 February to 23 March.
        ("S1-01", "base-dependent", "calendar_month", 100 * (257.75 / 296.26 - 1)),
        ("S4-05", "misclassified", "day", 100 * (31.10 / 26.00 - 1)),
        ("S4-08", "supported", "announced", 9700.0),
        ("S3-02", "refuted", "value", None),
        ("S1-13", "not testable", "none", None),
    ],
)
def test_verdicts_follow_from_figures_that_a_person_can_recompute(
    first_home: Home, claim: str, verdict: str, basis: str, value: float | None
) -> None:
    own = next(row for row in rows(first_home, "claims", claim) if row["is_own_basis"])
    assert (own["claim_verdict"], own["basis"]) == (verdict, basis)
    if value is not None:
        assert own["value"] == pytest.approx(value, rel=2e-4)
    told = ask(first_home, "claims", claim.lower()).stdout
    assert told.startswith(f"{claim}: {verdict}. ") and own["citation"] in told


def test_what_a_claim_was_taken_for_stands_under_it(first_home: Home) -> None:
    assert "  note: Needs a rise beyond bitcoin and technology on the day" in ask(first_home, "claims", "S4-04").stdout


def test_the_four_returns_of_one_article_fit_together_weeks_before_it(first_home: Home) -> None:
    dated = {
        (row["best_date"], row["best_error_pct"]) for row in rows(first_home, "claims") if row["figure_set"] == "S4-YTD"
    }
    ((best, error),) = dated
    assert "2025-11-03" <= best <= "2025-11-06" and error < 8


def test_claims_of_a_reader_are_judged_and_not_kept(first_home: Home) -> None:
    before = rows(first_home, "claims")
    own = {row["claim_id"]: row for row in rows(first_home, "claims", "check", str(EXAMPLE)) if row["is_own_basis"]}
    assert {name: row["claim_verdict"] for name, row in own.items()}["MY-03"] == "supported"
    assert own["MY-04"]["claim_verdict"] == "refuted" and own["MY-04"]["value"] == 0
    assert rows(first_home, "claims") == before


def test_a_claim_with_an_error_is_told_by_line_and_column(first_home: Home, tmp_path: Path) -> None:
    wrong = tmp_path / "claims.csv"
    wrong.write_text(EXAMPLE.read_text(encoding="utf-8").replace("at_least", "atleast", 1), encoding="utf-8")
    done = ask(first_home, "claims", "check", str(wrong))
    assert done.exit_code == 1
    assert f"{wrong}:2:comparison" in done.stderr and "write at_least" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["claims", "S4-99"], 6, "S4-09"),
        (["claims", "check"], 2, "needs a FILE"),
        (["claims", "S4-09", str(EXAMPLE)], 2, "nothing else takes one"),
        (["news", "--since", "2025-11-04", "--until", "2025-11-03"], 2, "is before --since"),
    ],
)
def test_what_cannot_be_answered_says_why(first_home: Home, arguments: list[str], code: int, words: str) -> None:
    done = ask(first_home, *arguments)
    assert done.exit_code == code and words in done.stderr


def test_news_of_a_day_is_what_became_known_on_it(first_home: Home) -> None:
    found = rows(first_home, "news", "--since", "2025-11-24", "--until", "2025-11-24")
    assert {row["known_at_utc"][:10] for row in found} == {"2025-11-24"}
    moved = {row["subject"] for row in found if row["kind"] == "move"}
    assert "BMNR" in moved and "SPY" not in moved
    every = rows(first_home, "news", "--since", "2025-11-01")
    assert {"deal", "financing", "guidance", "move", "claim"} <= {row["kind"] for row in every}


@pytest.mark.long
@pytest.mark.parametrize("day", [date(2025, 4, 30), date(2025, 11, 3), date(2026, 3, 31)])
def test_no_claim_and_no_news_rests_on_what_was_known_later(first_home: Home, tmp_path: Path, day: date) -> None:
    home = replace(first_home, settings=copy_of(first_home.settings, tmp_path))
    done = ask(home, "build", "mart_claims", "mart_news", "--as-of", day.isoformat(), "--keep", "--quiet")
    assert done.exit_code == 0, done.output
    with duckdb.connect(done.stdout.split("the file is ")[1].strip(), read_only=True) as then:
        late = f">= TIMESTAMP '{day}' + INTERVAL 1 DAY"
        for mart in ("mart_claims", "mart_news"):
            assert then.sql(f"SELECT count(*) FROM {mart} WHERE known_at_utc {late}").fetchone() == (0,)
        assert then.sql(f"SELECT count(*) FROM mart_claims WHERE article_date > DATE '{day}'").fetchone() == (0,)
        articles = {name for (name,) in then.sql("SELECT DISTINCT article FROM mart_claims").fetchall()}
        assert articles == {
            name
            for name, first in (("A1", "2025-04-07"), ("A0", "2025-11-03"), ("A4", "2025-11-25"))
            if first <= day.isoformat()
        }
        news = set(then.sql("SELECT news_id FROM mart_news WHERE kind IN ('move', 'guidance', 'regime')").fetchall())
    now = {(row["news_id"],) for row in rows(first_home, "news", "--since", "2000-01-01", "--until", day.isoformat())}
    assert news and news <= now
