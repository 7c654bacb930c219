"""Fiscal calendars of all kinds at once: no number is wrong, no quarter that its filings give is missing, and every fact of the
lake is in a number or counted with a reason."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from tests.dbt import rows as raw
from tests.dbt.models import END_OF_TIME, Models
from tests.dbt.rows import Row

DAY = timedelta(days=1)
SEED, PER_KIND = 7, 4
MOMENTS = (END_OF_TIME, datetime(2023, 8, 20), datetime(2021, 5, 1))
SHORTEST, LONGEST = 80, 100
"""Days of what is called a quarter."""


def flow(first: date, last: date) -> float:
    """What is spent from one day to another; each day has an amount of its own, so that no other days have the same sum."""
    return float(sum(1000 + day * 7919 % 997 for day in range(first.toordinal(), last.toordinal() + 1)))


@dataclass
class Year:
    """The last days of the quarters of a fiscal year, and the form that its whole is reported in."""

    start: date
    ends: list[date]
    form: str = "10-K"

    @property
    def quarters(self) -> list[tuple[date, date]]:
        return list(zip([self.start, *(end + DAY for end in self.ends)], self.ends, strict=False))


@dataclass
class Filer:
    """An issuer and its facts; `began` is the day since when its filings tell of one business, `own` are its
    flows since the start of a year, `due` the quarters that they give."""

    name: str
    began: date
    business_start: date | None = None
    facts: list[Row] = field(default_factory=list)
    own: set[tuple[date, date]] = field(default_factory=set)
    due: set[tuple[date, date]] = field(default_factory=set)

    def file(
        self, first: date | None, last: date, form: str, filed: date, concept: str = "Capex", unit: str = "USD"
    ) -> None:
        """One filing's word on one period; an instant without `first`."""
        known = datetime(filed.year, filed.month, filed.day, 21)
        more = {"unit": unit, "cik": f"{sum(map(ord, self.name)):010}"}
        row = raw.fact(self.name, concept, first, last, flow(first or last, last), form, known, **more)
        if row not in self.facts:
            self.facts.append(row)

    def report(self, year: Year, draw: random.Random, missing: float) -> None:
        """Every quarter's report, save those that are `missing`: since the start of the year, often the quarter alone, the
        comparative of the year before, balances, and what no metric is made of."""
        given = []
        for number, (first, last) in enumerate(year.quarters, start=1):
            is_last = number == len(year.ends)
            if draw.random() < missing and not is_last:
                continue
            form, filed = (year.form, last + 60 * DAY) if is_last else ("10-Q", last + 40 * DAY)
            given.append(number)
            self.file(year.start, last, form, filed)
            self.own.add((year.start, last))
            self.file(None, last, form, filed, "Cash")
            self.file(None, last - 11 * DAY, form, filed, "Cash")
            self.file(year.start, last, form, filed, "Goodwill")
            self.file(year.start, last, form, filed, unit="CAD")
            if not is_last and last - 364 * DAY >= self.began:
                self.file(last - 364 * DAY, last, form, filed)
            if draw.random() < 0.5:
                self.file(first, last, form, filed)
            if draw.random() < 0.5:
                self.file(year.start, last, form, filed + 365 * DAY)
        for number, (first, last) in enumerate(year.quarters, start=1):
            follows = number == 1 or number - 1 in given
            if number in given and follows and SHORTEST <= (last - first).days + 1 <= LONGEST:
                self.due.add((first, last))


def months(start: date, count: int) -> date:
    """The day before the one that lies `count` months after the first of a month."""
    place = start.month - 1 + count
    return date(start.year + place // 12, place % 12 + 1, start.day) - DAY


def by_months(start: date, form: str = "10-K", length: int = 12) -> Year:
    ends = [months(start, count) for count in range(3, length, 3)]
    return Year(start, [*ends, months(start, length)], form)


def by_weeks(start: date, weeks: Sequence[int]) -> Year:
    ends, last = [], start - DAY
    for count in weeks:
        last += 7 * count * DAY
        ends.append(last)
    return Year(start, ends)


def following(year: Year) -> date:
    return year.ends[-1] + DAY


def born(start: date, of: Year) -> Year:
    """The year of a business that begins on a day within it."""
    return Year(start, [end for end in of.ends if end >= start])


def calendars(kind: str, draw: random.Random) -> list[Year]:
    """Some fiscal years of a filer, one after another."""
    first, more = date(2018, draw.randint(1, 12), 1), 3
    if kind in ("weeks", "long last quarter"):
        years, start = [], date(2018, 1, 1) + draw.randint(0, 360) * DAY
        for number in range(6):
            long = number == draw.randint(0, 5)
            weeks = [13, 13, 13, 13 + long] if draw.random() < 0.5 else [13 + long, 13, 13, 13]
            years.append(by_weeks(start, weeks if kind == "weeks" else [12, 12, 12, 16 + long]))
            start = following(years[-1])
        return years
    if kind in ("months", "odd days"):
        start = first if kind == "months" else date(2018, draw.randint(1, 12), draw.randint(2, 28))
        years, more = [by_months(start)], 5
    elif kind == "born":
        years = [born(first + draw.randint(1, 340) * DAY, by_months(first))]
    else:
        years = [by_months(first), by_months(months(first, 12) + DAY)]
        if kind == "another year end":
            years.append(by_months(following(years[-1]), "10-KT", draw.randint(1, 11)))
        else:  # reorganised
            whole = by_months(following(years[-1]))
            years.append(born(whole.start + draw.randint(17, 340) * DAY, whole))
    for _ in range(more):
        years.append(by_months(following(years[-1])))
    return years


KINDS = ("months", "weeks", "long last quarter", "odd days", "another year end", "born", "reorganised")


def filers() -> list[Filer]:
    found = []
    for kind in KINDS:
        for number in range(PER_KIND):
            draw = random.Random(f"{SEED} {kind} {number}")
            years = calendars(kind, draw)
            filer = Filer(f"{kind.upper()} {number:02}", years[0].start)
            for place, year in enumerate(years):
                if place and year.start > following(years[place - 1]):
                    filer.began = year.start
                filer.report(year, draw, missing=0.0 if number % 2 else 0.2)
            if number == 2:
                filer.business_start = filer.facts[0]["filed_date"] + 400 * DAY
                filer.due = set()  # what of them is filed anew later, the next years say
            found.append(filer)
    return found


@pytest.fixture(scope="module")
def told() -> list[Filer]:
    return filers()


def world(told: Sequence[Filer]) -> dict[str, list[Row]]:
    evidence = {"known_at_utc": datetime(2015, 1, 1)}
    return {
        "raw_sec__fact": [fact for filer in told for fact in filer.facts],
        # The first has left the universe.
        "raw_ledger__issuer": [
            raw.issuer(one.name, one.facts[0]["cik"], business_start_date=one.business_start, **evidence)
            for one in told[1:]
        ],
        "raw_ledger__concept": [
            raw.concept("*", "capex_cash", "Capex", **evidence),
            raw.concept("*", "cash", "Cash", period_type="instant", **evidence),
        ],
    }


@pytest.fixture(scope="module", params=MOMENTS, ids=str)
def build(request: pytest.FixtureRequest, models: Models, told: list[Filer]) -> Iterator[Build]:
    wanted = ("fct_financial_quarter", "mart_data_quality", "int_fact__use")
    with models.database(world(told), request.param, *wanted) as connection:
        yield Build(connection, request.param)


@dataclass
class Build:
    connection: duckdb.DuckDBPyConnection
    moment: datetime

    def rows(self, sql: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = self.connection.execute(sql).to_arrow_table().to_pylist()
        return found


def test_every_fact_is_in_a_number_or_counted_with_its_reason(build: Build, told: list[Filer]) -> None:
    held = Counter(fact["issuer"] for one in told for fact in one.facts if fact["known_at_utc"] <= build.moment)
    names = "|".join(held)
    counted = build.rows(
        f"SELECT regexp_extract(check_subject, '^({names})') AS issuer, sum(value) AS facts FROM mart_data_quality"
        " WHERE source = 'raw_sec__fact' AND finding LIKE 'facts_%' AND finding <> 'facts_known_by_filing_day' GROUP BY 1"
    )
    assert {row["issuer"]: row["facts"] for row in counted} == held


def test_what_is_counted_as_in_a_number_is(build: Build) -> None:
    """By the days alone: each such flow ends a quarter that has a number, or the one before it does."""
    numbers = build.rows("SELECT * FROM fct_financial_quarter WHERE value IS NOT NULL")
    ends = {(row["issuer"], row["metric"], row["period_end_date"]) for row in numbers}
    eves = {(row["issuer"], row["metric"], row["period_start_date"] - DAY) for row in numbers}
    used = build.rows("SELECT * FROM int_fact__use WHERE fact_use = 'in_a_number'")
    assert used
    for fact in used:
        assert (fact["issuer"], fact["metrics"], fact["period_end_date"]) in ends | eves, fact


def test_no_number_is_wrong(build: Build) -> None:
    found = build.rows("SELECT * FROM fct_financial_quarter WHERE metric = 'capex_cash' AND value IS NOT NULL")
    assert found
    for row in found:
        assert row["value"] == flow(row["period_start_date"], row["period_end_date"]), row


def test_every_quarter_that_the_filings_give_has_its_number(build: Build, told: list[Filer]) -> None:
    """Save where two fiscal quarters have their middle in one calendar quarter: a finding tells of the one that stands back."""
    if build.moment != END_OF_TIME:
        pytest.skip("not all is filed by then")
    found = build.rows("SELECT * FROM fct_financial_quarter WHERE metric = 'capex_cash' AND value IS NOT NULL")
    have = {(row["issuer"], row["period_start_date"], row["period_end_date"]) for row in found}
    due = {(filer.name, *days) for filer in told[1:] for days in filer.due}
    assert len(due) > 300
    told_of = build.rows("SELECT * FROM mart_data_quality WHERE finding = 'quarter_replaced' AND severity = 'warning'")
    back = {(row["check_subject"], row["period"]) for row in told_of}
    assert {(f"{name} capex_cash", f"{first} to {last}") for name, first, last in due - have} <= back
    assert len(due - have) < 20


def test_no_flow_since_the_start_of_a_year_is_taken_for_other_days(build: Build, told: list[Filer]) -> None:
    """What is counted without a warning as days that are no quarter is none: trailing years, and what was filed of an earlier
    business."""
    if build.moment != END_OF_TIME:
        pytest.skip("of a year that no annual report tells yet the quarters may have another length")
    other = build.rows(
        "SELECT * FROM int_fact__use WHERE fact_use = 'of_no_fiscal_quarter' AND period_type = 'duration'"
    )
    own = {(filer.name, *days) for filer in told if not filer.business_start for days in filer.own}
    assert other
    assert not own & {(fact["issuer"], fact["period_start_date"], fact["period_end_date"]) for fact in other}


def test_a_business_reorganised_in_a_quarter_has_the_quarters_after_it(models: Models) -> None:
    """From 24 January: its periods of 68, 159, 251 and 343 days fit no window, and their differences are quarters. The same
    before the year is over, when no annual report has told of it."""
    filer = Filer("NEW", date(2023, 1, 1))
    draw = random.Random(SEED)
    filer.report(by_months(date(2023, 1, 1)), draw, 0.0)
    for end, form in ((date(2024, 3, 31), "10-Q"), (date(2024, 6, 30), "10-Q"), (date(2024, 12, 31), "10-K")):
        filer.file(date(2024, 1, 24), end, form, end + 40 * DAY)
    filer.file(date(2024, 1, 24), date(2024, 9, 30), "10-Q", date(2024, 11, 9))
    quarters = (
        (date(2024, 4, 1), date(2024, 6, 30)),
        (date(2024, 7, 1), date(2024, 9, 30)),
        (date(2024, 10, 1), date(2024, 12, 31)),
    )
    for moment, known in ((datetime(2024, 9, 1), 1), (END_OF_TIME, 3)):
        with models.database(
            world([filer, filer]), moment, "fct_financial_quarter", "int_quality__filings"
        ) as connection:
            found = connection.execute(
                "SELECT calendar_quarter, value, null_reason FROM fct_financial_quarter"
                " WHERE metric = 'capex_cash' AND calendar_quarter LIKE '2024%' ORDER BY 1"
            ).fetchall()
        own = [(f"2024Q{number}", flow(*days), None) for number, days in enumerate(quarters, start=2)]
        assert found == [("2024Q1", None, "irregular_period"), *own[:known]]


@pytest.mark.parametrize("slip", [1, 1_000, 1_000_000])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_number_in_another_scale_is_named_and_not_relied_on(models: Models, slip: int, place: int) -> None:
    """A report gives what was spent since the start of the year in thousands or millions."""
    filer = Filer("SLIP", date(2024, 1, 1))
    for quarter, (_, end) in enumerate(by_months(date(2024, 1, 1)).quarters):
        filer.file(date(2024, 1, 1), end, "10-K" if quarter == 3 else "10-Q", end + 40 * DAY)
        filer.facts[-1]["value"] = 1e9 * (quarter + 1) / (slip if quarter == place else 1)
    with models.database(
        world([filer, filer]), END_OF_TIME, "fct_financial_quarter", "int_quality__filings"
    ) as connection:
        named = connection.execute(
            "SELECT check_subject, period, severity FROM int_quality__filings WHERE finding = 'of_another_scale_Capex'"
        ).fetchall()
        confidence = connection.execute(
            "SELECT confidence FROM fct_financial_quarter ORDER BY calendar_quarter"
        ).fetchall()
    assert named == ([("SLIP capex_cash", f"2024Q{place + 1}", "warning")] if slip > 1 else [])
    touched = {place, place + 1} if slip > 1 else set()
    assert [level == "low" for (level,) in confidence] == [quarter in touched for quarter in range(4)]
