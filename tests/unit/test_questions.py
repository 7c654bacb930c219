"""Questions to providers, counted: who answered, who stood in for whom, whose circuit is open, and the archive's record of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.outcomes import Outcome, Said, asked_since, keep
from orchestration.questions import Tally, silence, tallies

NOW = datetime(2026, 3, 2, 21, 30)


def question(
    subject: str, provider: str, priority: int, outcome: Said, second: int, problem: str | None = None
) -> Outcome:
    return Outcome(
        domain="market",
        subject=subject,
        provider=provider,
        priority=priority,
        first_date=date(2026, 2, 23),
        last_date=date(2026, 3, 2),
        outcome=outcome,
        problem=problem,
        requests=0 if outcome == "skipped" else 2,
        seconds=0.5,
        asked_at_utc=NOW + timedelta(seconds=second),
        answer_sha256="a" * 64 if outcome == "answered" else None,
    )


ASKED = [
    question("MARA", "yahoo", 1, "answered", 0),
    question("MARA", "polygon", 2, "failed", 1, "Unreachable:\n no way"),
    question("MARA", "tiingo", 3, "answered", 2),
    question("RIOT", "yahoo", 1, "empty", 3),
    question("RIOT", "polygon", 2, "skipped", 4, "the circuit is open"),
    question("RIOT", "tiingo", 3, "unknown_subject", 5, "UnknownSubject: Not found."),
    question("VIX", "polygon", 2, "skipped", 6),
]


def test_each_provider_is_counted() -> None:
    polygon, tiingo, yahoo = tallies(ASKED[::-1])
    assert polygon == Tally("market", "polygon", 3, 0, 2, 1, True, "Unreachable:\n no way")
    assert tiingo == Tally("market", "tiingo", 2, 1, 4, 0, False, "UnknownSubject: Not found.")
    assert yahoo == Tally("market", "yahoo", 2, 2, 4, 0, False, None)


def test_nobody_stands_in_for_a_provider_that_answered_in_another_window() -> None:
    twice = [*ASKED, question("MARA", "polygon", 2, "answered", 9)]
    polygon, *_ = tallies(twice)
    assert (polygon.fail_overs, polygon.is_circuit_open) == (0, False)


def test_who_got_nothing_is_told_by_name_with_the_reason_of_each_provider() -> None:
    network = Outcome(**{**vars(question("BTC", "mempool", 2, "failed", 9, "Unavailable: 503")), "domain": "network"})
    said = silence(
        [
            question("AMZN", "yahoo", 1, "quota_exceeded", 0, "QuotaExceeded: 429"),
            question("MARA", "yahoo", 1, "skipped", 1, "the circuit of the provider is open"),
            question("MARA", "tiingo", 2, "unknown_subject", 2, "UnknownSubject: Not found."),
            question("RIOT", "yahoo", 1, "skipped", 1, "the circuit of the provider is open"),
            question("SPY", "tiingo", 2, "answered", 3),
            network,
        ]
    )
    assert said == (
        "No answer about 4 of 5 subjects. market: AMZN, RIOT (yahoo: QuotaExceeded: 429). "
        "market: MARA (tiingo: UnknownSubject: Not found.; yahoo: QuotaExceeded: 429). "
        "network: BTC (mempool: Unavailable: 503)"
    )
    assert silence([question("SPY", "tiingo", 2, "empty", 3)]) == silence([]) == ""


@pytest.mark.parametrize(("since", "found"), [(0, 7), (1, 7), (60, 7), (61, 2), (3600, 2), (3601, 0)])
def test_the_questions_of_a_run_are_those_archived_since_it_began(since: int, found: int, tmp_path: Path) -> None:
    archive = Archive(Storage(tmp_path))
    keep(archive, ASKED[:5], NOW + timedelta(seconds=60))
    keep(archive, ASKED[5:], NOW + timedelta(seconds=3600))
    got = asked_since(archive, NOW + timedelta(seconds=since))
    assert got == ASKED[7 - found :]
