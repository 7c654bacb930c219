"""What holds for EDGAR facts whatever the filings: the past stays, arrival does not matter, a changed number is told. That numbers
are right, and that evidence adds up to them: test_sec_calendars.py, and dbt's own tests in every build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt import rows as raw
from tests.dbt.models import END_OF_TIME, Models
from tests.dbt.rows import Row

MADE = ("mart_restatement", "mart_number_evidence")
STARTS = {"CAL": None, "WEEKS": date(2022, 6, 1)}
ISSUERS = [
    raw.issuer(name, f"000000000{number}", business_start_date=start)
    for number, (name, start) in enumerate(STARTS.items())
]
ENDS = {
    "CAL": [(date(y, 1, 1), [date(y, 3, 31), date(y, 6, 30), date(y, 9, 30), date(y, 12, 31)]) for y in (2022, 2023)],
    # 53 weeks with a first quarter of 14, then 52.
    "WEEKS": [
        (date(2022, 9, 25), [date(2022, 12, 31), date(2023, 4, 1), date(2023, 7, 1), date(2023, 9, 30)]),
        (date(2023, 10, 1), [date(2023, 12, 30), date(2024, 3, 30), date(2024, 6, 29), date(2024, 9, 28)]),
    ],
}
SWITCH = datetime(2023, 8, 1)


CONCEPTS = (
    raw.concept("*", "capex_cash", "Ppe"),
    raw.concept("CAL", "revenue", "Old"),
    raw.concept("CAL", "revenue", "Old", valid_to_date=date(2023, 1, 1), known_at_utc=SWITCH),
    raw.concept("CAL", "revenue", "New", valid_from_date=date(2023, 1, 1), known_at_utc=SWITCH),
    raw.concept("*", "cash", "Cash", period_type="instant"),
)


@st.composite
def filings(draw: st.DrawFn) -> list[Row]:
    """Facts of two issuers over two fiscal years: points missing, restated, filed late, given again, in two units."""
    facts: dict[tuple[Any, ...], Row] = {}

    def file(issuer: str, name: str, start: date | None, end: date, value: int, form: str, lag: int, unit: str) -> None:
        known = datetime(end.year, end.month, end.day, 21) + timedelta(days=lag)
        row = raw.fact(issuer, name, start, end, value, form, known, unit=unit)
        facts.setdefault((issuer, name, unit, start, end, row["accession"]), row)

    small = st.integers(min_value=0, max_value=3)
    for issuer, years in ENDS.items():
        names = ("Ppe", "Old", "New") if issuer == "CAL" else ("Ppe",)
        for name in names:
            for start, ends in years:
                total = 0
                for number, end in enumerate(ends, start=1):
                    quarter = draw(st.integers(min_value=-20, max_value=500)) * 1_000_000 + 137
                    total += quarter
                    if draw(small) == 0:
                        continue
                    form = "10-K" if number == 4 else "10-Q"
                    file(issuer, name, start, end, total, form, 30, "USD")
                    if draw(small) == 0:
                        file(issuer, name, start, end, total * 2, form, 30, "CAD")
                    if draw(small) == 0:
                        file(issuer, name, start, end, total + draw(small) * 7_000_000, form + "/A", 100, "USD")
                    if draw(small) > 1:
                        file(issuer, name, start, end, total + draw(small) * 5_000_000, form, 395, "USD")
                    if number > 1 and draw(small) == 0:
                        own = quarter + draw(st.sampled_from([0, 0, 1_000_000]))
                        file(issuer, name, ends[number - 2] + timedelta(days=1), end, own, form, 30, "USD")
        for _, ends in years:
            for end in ends:
                if draw(small):
                    file(issuer, "Cash", None, end, draw(small) * 9_000_000, "10-Q", 30, "USD")
    return list(facts.values())


MOMENTS = st.datetimes(min_value=datetime(2022, 3, 1), max_value=datetime(2026, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)
examples = settings(max_examples=15, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def world(facts: Sequence[Row], concepts: Sequence[Row] = CONCEPTS) -> dict[str, Sequence[Row]]:
    return {"raw_sec__fact": facts, "raw_ledger__concept": concepts, "raw_ledger__issuer": ISSUERS}


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Mapping[str, Any]]:
    result = connection.execute(sql)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


@examples
@given(facts=filings(), moment=MOMENTS, data=st.data())
def test_as_of_t_is_what_would_have_been_built_at_t_in_any_order(
    models: Models, facts: Sequence[Row], moment: datetime, data: st.DataObject
) -> None:
    cut = [fact for fact in facts if fact["known_at_utc"] <= moment]
    concepts = [row for row in CONCEPTS if row["known_at_utc"] <= moment]
    shuffled = data.draw(st.permutations(facts))
    found = models.rows(world(shuffled, CONCEPTS[::-1]), moment, *MADE)
    assert found == models.rows(world(cut, concepts), END_OF_TIME, *MADE)


@examples
@given(facts=filings(), first=MOMENTS, second=MOMENTS)
def test_a_number_known_stays_until_a_newer_filing(
    models: Models, facts: Sequence[Row], first: datetime, second: datetime
) -> None:
    earlier, later = sorted((first, second))
    key = ("issuer", "metric", "calendar_quarter")
    quarters = "SELECT * FROM int_financial__quarter WHERE value IS NOT NULL"
    with models.database(world(facts), earlier, "int_financial__quarter", "fct_financial_xbrl") as connection:
        then = {tuple(row[name] for name in key): row for row in rows(connection, quarters)}
        known = {row["accession"] for row in rows(connection, "SELECT DISTINCT accession FROM fct_financial_xbrl")}
    with models.database(world(facts), later, "int_financial__quarter", "fct_financial_xbrl") as connection:
        now = {tuple(row[name] for name in key): row for row in rows(connection, quarters)}
        filed = rows(connection, "SELECT * FROM int_fact__filed WHERE unit = 'USD'")
    new = [fact for fact in filed if fact["accession"] not in known]
    switched = earlier < SWITCH <= later
    for name, row in then.items():
        assert row["known_at_utc"] <= earlier
        concepts = {part.removeprefix("us-gaap:") for part in row["concept"].split(" + ")}
        if switched and row["metric"] == "revenue":
            continue
        year_end = row["fiscal_year_start_date"] + timedelta(days=378)
        if any(
            fact["issuer"] == row["issuer"]
            and fact["concept"] in concepts
            and row["fiscal_year_start_date"] <= fact["period_start_date"] <= year_end
            and fact["period_end_date"] <= year_end
            for fact in new
        ):
            continue
        assert now[name]["value"] == row["value"]
        assert now[name]["known_at_utc"] == row["known_at_utc"]


@examples
@given(facts=filings())
def test_every_changed_number_is_a_restatement(models: Models, facts: Sequence[Row]) -> None:
    with models.database(world(facts), END_OF_TIME, "mart_restatement") as connection:
        told = {
            (r["issuer"], r["concept"], r["period_start_date"], r["period_end_date"], r["to_accession"]): r["change"]
            for r in rows(connection, "SELECT * FROM mart_restatement")
        }
    by_fact: dict[tuple[Any, ...], list[Row]] = {}
    for fact in sorted(facts, key=lambda fact: (fact["known_at_utc"], fact["accession"])):
        start = STARTS[fact["issuer"]]
        if fact["unit"] == "USD" and (start is None or fact["filed_date"] >= start):
            key = (fact["issuer"], fact["concept"], fact["period_start_date"], fact["period_end_date"])
            by_fact.setdefault(key, []).append(fact)
    expected = {
        (*key, after["accession"]): after["value"] - before["value"]
        for key, said in by_fact.items()
        for before, after in pairwise(said)
        if after["value"] != before["value"]
    }
    assert told == expected
