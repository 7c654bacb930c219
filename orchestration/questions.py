"""What questions to the providers came to, counted by provider: for progress lines, summaries and run metadata. Asks nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingestion.outcomes import Outcome

LONGEST_REASON = 90
_ANSWERED = ("answered", "empty")
_OPEN = ("skipped", "quota_exceeded")


@dataclass(frozen=True)
class Tally:
    """The questions to one provider. `fail_overs` are subjects that it left without an answer and a provider of lower rank
    answered; its circuit is open where the last question was not asked any more, or went beyond its quota."""

    domain: str
    provider: str
    questions: int
    answered: int
    requests: int
    fail_overs: int
    is_circuit_open: bool
    first_problem: str | None


def tallies(outcomes: Collection[Outcome]) -> list[Tally]:
    """One tally a provider and domain, by name. A provider says that a subject is unknown to it as an answer, too, but
    another one has to stand in."""
    last_rank: dict[tuple[str, str], int] = {}
    for one in outcomes:
        if one.outcome in _ANSWERED:
            subject = (one.domain, one.subject)
            last_rank[subject] = max(last_rank.get(subject, one.priority), one.priority)
    asked: dict[tuple[str, str], list[Outcome]] = {}
    for one in sorted(outcomes, key=lambda o: (o.domain, o.provider, o.asked_at_utc, o.subject, o.first_date)):
        asked.setdefault((one.domain, one.provider), []).append(one)
    return [_tally(domain, provider, questions, last_rank) for (domain, provider), questions in asked.items()]


def _tally(domain: str, provider: str, questions: list[Outcome], last_rank: dict[tuple[str, str], int]) -> Tally:
    ranks = {one.subject: one.priority for one in questions}
    answered = {one.subject for one in questions if one.outcome in _ANSWERED}
    return Tally(
        domain,
        provider,
        questions=len(questions),
        answered=sum(one.outcome in _ANSWERED for one in questions),
        requests=sum(one.requests for one in questions),
        fail_overs=sum(
            subject not in answered and last_rank.get((domain, subject), 0) > rank for subject, rank in ranks.items()
        ),
        is_circuit_open=questions[-1].outcome in _OPEN,
        first_problem=next((one.problem for one in questions if one.problem), None),
    )


def unanswered(outcomes: Collection[Outcome]) -> list[str]:
    """Subjects about which nobody answered any of these questions, by name."""
    answered = {(one.domain, one.subject) for one in outcomes if one.outcome in _ANSWERED}
    return sorted({one.subject for one in outcomes if (one.domain, one.subject) not in answered})


def outcome_lines(outcomes: Collection[Outcome]) -> Iterator[str]:
    """One line a provider, and one for subjects that nobody answered."""
    for one in tallies(outcomes):
        parts = [
            f"{one.answered} of {_counted(one.questions, 'question')} answered by {_counted(one.requests, 'request')}"
        ]
        if one.fail_overs:
            parts.append(f"another provider stood in for {one.fail_overs}")
        if one.is_circuit_open:
            parts.append("circuit open")
        if one.first_problem:
            parts.append(" ".join(one.first_problem.split()))
        yield f"{one.domain}: {one.provider}: {'; '.join(parts)}"
    if told := silence(outcomes):
        yield told


def silence(outcomes: Collection[Outcome]) -> str:
    """How many subjects nobody answered about, which, and why, by what the providers asked said of it; empty where none."""
    answered = {(one.domain, one.subject) for one in outcomes if one.outcome in _ANSWERED}
    asked = {(one.domain, one.subject) for one in outcomes}
    opened: dict[str, str] = {}  # why a provider was not asked any more
    reasons: dict[tuple[str, str], dict[str, str]] = {}
    for one in sorted(outcomes, key=lambda o: (o.asked_at_utc, o.outcome == "skipped")):
        said = one.outcome.replace("_", " ") if not one.problem else " ".join(one.problem.split())
        if one.outcome == "skipped":
            said = opened.get(one.provider, said)
        elif one.outcome not in _ANSWERED:
            opened[one.provider] = said
        if (one.domain, one.subject) not in answered:
            reasons.setdefault((one.domain, one.subject), {})[one.provider] = said[:LONGEST_REASON]
    alike: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for (domain, subject), told in sorted(reasons.items()):
        alike.setdefault((domain, tuple(sorted(told.items()))), []).append(subject)
    groups = [
        f"{domain}: {', '.join(subjects)} ({'; '.join(f'{provider}: {said}' for provider, said in told)})"
        for (domain, told), subjects in alike.items()
    ]
    return f"No answer about {len(reasons)} of {len(asked)} subjects. {'. '.join(groups)}" if groups else ""


def feed_metadata(outcomes: Collection[Outcome]) -> dict[str, Any]:
    """The same as the metadata of a materialization: requests, fail-overs and open circuits by provider."""
    found = tallies(outcomes)
    opened = sorted({one.provider for one in found if one.is_circuit_open})
    return {
        "questions": sum(one.questions for one in found),
        "questions_answered": sum(one.answered for one in found),
        "requests_by_provider": {one.provider: one.requests for one in found},
        "fail_overs_by_provider": {one.provider: one.fail_overs for one in found if one.fail_overs},
        "open_circuits": ", ".join(opened) or "none",
        "no_answer_about": ", ".join(unanswered(outcomes)) or "none",
    }


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
