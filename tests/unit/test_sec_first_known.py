"""What was known when stays as it was first read, whatever later answers add; the archive alone gives it again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts import FACT, FILING
from ingestion.contracts.contract import Table
from ingestion.edgar.acceptance import new_york_to_utc
from ingestion.edgar.client import facts_source, page_source, submissions_source
from ingestion.edgar.feed import SecFeed
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.conform import conform
from ingestion.landing.lake import Lake
from ingestion.universe import Registrant
from tests.edgar import documents as doc
from tests.lakes import stage_one

ONE = Registrant(doc.ISSUER, doc.CIK, frozenset({doc.NAME}))
Known = dict[str, tuple[object, ...]]


class History:
    """An archive that answers come into, and the tables that it gives now."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.archive = Archive(Storage(home / "archive"))
        self.feed = SecFeed(self.archive, {doc.ISSUER: ONE})

    def list(self, filings: Sequence[doc.Filing], at: datetime, older: Sequence[doc.Filing] = ()) -> None:
        if older:
            name = f"CIK{doc.CIK}-submissions-001.json"
            self.archive.put(page_source(name), doc.as_json(doc.columns(older)), fetched_at_utc=at)
        body = doc.submissions(filings, older=[older] if older else [])
        self.archive.put(submissions_source(doc.CIK), doc.as_json(body), fetched_at_utc=at)

    def tell(self, facts: Sequence[doc.Fact], at: datetime) -> None:
        self.archive.put(facts_source(doc.CIK), doc.as_json(doc.company_facts(facts)), fetched_at_utc=at)

    def rows(self, table: Table) -> list[Mapping[str, object]]:
        """Rows as they would enter an empty lake, facts behind their filings."""
        shutil.rmtree(self.home / "lake", ignore_errors=True)
        lake = Lake(Storage(self.home / "lake"))
        for batch in self.feed.batches(FILING, lake) if table is FACT else ():
            lake.promote(stage_one(lake, batch, self.home / "staging", datetime(2999, 1, 1)))
        (batch,) = self.feed.batches(table, lake)
        good, rejected = conform(table, batch.records, datetime(2999, 1, 1))
        assert [*batch.rejected, *rejected] == []
        return good.to_pylist()

    def known(self, table: Table = FILING) -> Known:
        more = "acceptance_zone" if table is FILING else "known_at_basis"
        return {str(row["accession"]): (row["known_at_utc"], row[more]) for row in self.rows(table)}


def filing(number: int, filed: str, printed: str, form: str = "8-K") -> doc.Filing:
    return doc.Filing(f"0009990001-24-{number:06}", form, filed, f"{printed}.000Z")


# Accepted on a Thursday morning: 14:30 in New York or in UTC, nothing says which. Then an evening that only UTC explains.
PLAIN = filing(2, "2024-07-11", "2024-07-11T14:30:00")
UTC_BEFORE = filing(1, "2024-07-09", "2024-07-10T00:30:00")
UTC_AFTER = filing(3, "2024-07-16", "2024-07-17T00:30:00")
FIRST, LATER = datetime(2024, 7, 12, 12), datetime(2024, 7, 19, 12)
BOUND = datetime(2024, 7, 11, 18, 30)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def test_later_evidence_stands_beside_and_the_bound_stays(history: History) -> None:
    history.list([PLAIN, UTC_BEFORE], FIRST)
    assert history.known()[PLAIN.accession] == (BOUND, "bound")
    history.list([UTC_AFTER, PLAIN, UTC_BEFORE], LATER)
    rows = {row["accession"]: row for row in history.rows(FILING)}
    assert history.known()[PLAIN.accession] == (BOUND, "bound")
    assert rows[PLAIN.accession]["acceptance_zone_later"] == "UTC"
    assert rows[UTC_BEFORE.accession]["acceptance_zone_later"] is None
    assert history.known()[UTC_AFTER.accession] == (datetime(2024, 7, 17, 0, 30), "UTC")


def test_who_asked_later_knows_the_zone_from_the_start(history: History) -> None:
    history.list([UTC_AFTER, PLAIN, UTC_BEFORE], LATER)
    assert history.known()[PLAIN.accession] == (datetime(2024, 7, 11, 14, 30), "UTC")


def test_a_filing_that_moved_to_an_older_page_keeps_its_moment(history: History) -> None:
    history.list([PLAIN, UTC_BEFORE], FIRST)
    history.list([UTC_AFTER], LATER, older=[PLAIN, UTC_BEFORE])
    assert history.known()[PLAIN.accession] == (BOUND, "bound")


def test_facts_take_the_bound_and_say_so(history: History) -> None:
    facts = [doc.Fact(one, doc.CASH, "2024-06-30", 1e6) for one in (PLAIN, UTC_BEFORE)]
    history.list([PLAIN, UTC_BEFORE], FIRST)
    history.tell(facts, FIRST)
    before = history.known(FACT)
    assert before[PLAIN.accession] == (BOUND, "bound")
    assert before[UTC_BEFORE.accession] == (datetime(2024, 7, 10, 0, 30), "acceptance")
    history.list([UTC_AFTER, PLAIN, UTC_BEFORE], LATER)
    assert history.known(FACT) == before


def test_facts_that_came_before_the_list_keep_the_end_of_the_filing_day(history: History) -> None:
    history.list([UTC_BEFORE], datetime(2024, 7, 11, 12))
    history.tell([doc.Fact(PLAIN, doc.CASH, "2024-06-30", 1e6)], datetime(2024, 7, 11, 22))
    first = history.known(FACT)[PLAIN.accession]
    assert first == (datetime(2024, 7, 11, 22), "filed_date")
    history.list([UTC_AFTER, PLAIN, UTC_BEFORE], LATER)
    history.tell([doc.Fact(PLAIN, doc.CASH, "2024-06-30", 2e6)], LATER)
    assert history.known(FACT)[PLAIN.accession] == (first[0], "bound")
    assert history.known(FILING)[PLAIN.accession] == (first[0], "bound")


def test_facts_that_no_list_names_keep_the_moment_they_were_met(history: History) -> None:
    history.list([UTC_BEFORE], FIRST)
    history.tell([doc.Fact(PLAIN, doc.CASH, "2024-06-30", 1e6)], datetime(2024, 7, 11, 22))
    first = history.known(FACT)
    history.tell([doc.Fact(PLAIN, doc.CASH, "2024-06-30", 2e6)], LATER)
    assert history.known(FACT) == first


def test_an_earlier_answer_that_cannot_be_read_is_passed_over(history: History) -> None:
    history.archive.put(submissions_source(doc.CIK), b"<html>", fetched_at_utc=FIRST - timedelta(days=1))
    history.list([PLAIN, UTC_BEFORE], FIRST)
    assert history.known()[PLAIN.accession] == (BOUND, "bound")


def test_earlier_answers_are_among_the_inputs(history: History) -> None:
    """What was answered before counts although a newer answer says it all."""
    history.list([PLAIN, UTC_BEFORE], FIRST)
    history.list([UTC_AFTER, PLAIN, UTC_BEFORE], LATER)
    both = history.feed.inputs()
    assert history.feed.inputs() == both
    history.archive.set_aside(history.archive.records(submissions_source(doc.CIK))[0])
    assert history.feed.inputs() != both


FORMS = st.sampled_from(["8-K", "10-Q", "4", "10-K"])


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[datetime, list[doc.Filing]]]:
    """Answers as they come in: what was filed by then, each printed in one zone or the other, at any hour."""
    day = date(2024, 1, 2)
    filings: list[tuple[datetime, doc.Filing]] = []
    for number in range(draw(st.integers(min_value=2, max_value=9))):
        day += timedelta(days=draw(st.integers(min_value=0, max_value=40)))
        while day.weekday() > 4:
            day += timedelta(days=1)
        new_york = datetime.combine(day, time(draw(st.integers(6, 21)), draw(st.integers(0, 59)), 7))
        accepted = new_york_to_utc(new_york)
        form = draw(FORMS)
        filed = day + timedelta(days=int(form != "4" and new_york.time() > time(17, 30)))
        while filed.weekday() > 4:
            filed += timedelta(days=1)
        printed = accepted if draw(st.booleans()) else new_york
        one = doc.Filing(f"0009990001-24-{number:06}", form, f"{filed}", f"{printed.isoformat()}.000Z")
        filings.append((accepted, one))
    filings.sort(key=lambda pair: pair[0])
    answers = []
    for place in sorted(draw(st.sets(st.integers(1, len(filings)), min_size=1, max_size=4))):
        at = filings[place - 1][0] + timedelta(minutes=draw(st.integers(1, 3000)))
        answers.append((at, [one for accepted, one in filings if accepted <= at][::-1]))
    return answers


@pytest.mark.slow
@settings(max_examples=25, derandomize=True)
@given(answers=lives(), repeat=st.booleans())
def test_later_answers_never_change_what_was_known_when(
    answers: list[tuple[datetime, list[doc.Filing]]], repeat: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        so_far: Known = {}
        for at, filings in answers:
            history.list(filings, at)
            history.tell([doc.Fact(one, doc.CASH, "2023-12-31", len(filings) * 1e6) for one in filings], at)
            now = history.known()
            assert {accession: now[accession] for accession in so_far} == so_far
            assert {at_utc for at_utc, _ in history.known(FACT).values()} <= {at_utc for at_utc, _ in now.values()}
            so_far = now
        if repeat:
            # Read again from the archive alone, by a reader that has seen nothing before.
            again = SecFeed(Archive(Storage(history.home / "archive")), {doc.ISSUER: ONE})
            (batch,) = again.batches(FILING, Lake(Storage(history.home / "none")))
            assert {row["accession"]: (row["known_at_utc"], row["acceptance_zone"]) for row in batch.records} == so_far
