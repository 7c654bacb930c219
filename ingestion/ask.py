"""Who is asked about which days, and who in whose place. Fills the archive; reads of the answers only what says whether
there is something in them.

From outside: a FeedClient (providers/client.py) holds the wires, and `Ingestion(..., feeds=client).ask_feeds` in load.py asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from queue import SimpleQueue
from threading import Lock
from typing import Any

from ingestion import clock
from ingestion.answers import source_of
from ingestion.errors import IngestionError
from ingestion.fetch.http_errors import Blocked, DeadlineExceeded, QuotaExceeded, UnknownSubject
from ingestion.fetch.redaction import hide
from ingestion.outcomes import Outcome, Said, keep
from ingestion.providers import provider as providers
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Domain, Window, columns_missing
from ingestion.universe import Feed
from ingestion.wanted import ASKED_OF, FAILED_NOTES, TRIED_NOTES, Answered, Subject, Wanted, pieces, unanswered

AT_ONCE = 4
"""Requests to one provider under way together; never more than its limit lets through at once."""
FAILURES = 3
"""So many in a row, and a provider is not asked any more in this run."""
LONGEST_PROBLEM = 300

Report = Callable[[str], None]


class NobodyAnswered(IngestionError):
    """No provider of a domain had anything to say about days that were asked for the first time. What the others brought is
    archived, and so is `outcomes`."""

    def __init__(self, domain: Domain, outcomes: Sequence[Outcome]) -> None:
        counts = ", ".join(f"{name} {said}" for name, said in sorted({(one.provider, one.outcome) for one in outcomes}))
        first = next((f"; {one.problem}" for one in outcomes if one.problem), "")
        super().__init__(
            f"feed/{domain}",
            f"none of {len(outcomes)} questions was answered ({counts}){first}",
            "Try again later; the last publication stays as it is",
        )
        self.outcomes = tuple(outcomes)


class Circuit:
    """Whether a provider is still asked in this run: it opens after FAILURES failures in a row, at once when the provider
    gives nothing more for a while, or is asked once. May be used from several threads, which ask side by side and tell afterwards."""

    def __init__(self, provider: str, *, is_asked_once: bool = False) -> None:
        self._limit, self._failures, self._turn = f"feed-{provider}", 0, Lock()
        self._weight = FAILURES if is_asked_once else 1

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES

    def tell(self, error: Exception | None) -> None:
        """How a question ended. That the subject is unknown is an answer like any other."""
        with self._turn:
            if self.is_open:
                return
            if error is None or isinstance(error, UnknownSubject):
                self._failures = 0
            else:
                self._failures += FAILURES if self.is_spent(error) or isinstance(error, Blocked) else self._weight

    def said(self, error: Exception) -> Said:
        """What a question that ended so came to."""
        if isinstance(error, UnknownSubject):
            return "unknown_subject"
        return "quota_exceeded" if self.is_spent(error) else "failed"

    def is_spent(self, error: Exception) -> bool:
        """Whether the provider gives nothing more for a while, or our own limit leaves no place in time."""
        is_ours = isinstance(error, DeadlineExceeded) and error.source == self._limit
        return is_ours or isinstance(error, QuotaExceeded)


@dataclass
class _Question:
    """One window of one provider. `askers` are all that wait for the answer, each with its place among its providers;
    `outcome` is that of the first one. `turn` sorts it among the questions to its provider, earliest first."""

    provider: Provider[Any]
    window: Window
    symbols: list[str]
    is_first: bool
    askers: list[tuple[Subject, Feed]]
    outcome: Outcome | None = None
    turn: tuple[str, int] = ("", 0)


@dataclass
class Asking:
    """One asking run about what is `wanted`: questions by provider, archive name and window, circuits and threads by
    provider. `report` is told each end of a question.

    `served` are domains in which a provider answered, now or before, all that was wanted of it about a subject; `starved`
    those in which days were asked for the first time.

    Questions go out in rounds, first to those in the order and then to those who stand in. In each the subject comes first
    whose last answer of the provider is oldest, and of several the one that lacks most: with twenty answers a run all of n
    subjects have had one after n / 20 runs, and nobody starves behind a quota or behind those whom the provider fails on.
    """

    wanted: Wanted
    report: Report
    _done: SimpleQueue[tuple[_Question, Future[Outcome]]] = field(default_factory=SimpleQueue)
    _questions: dict[tuple[str, str, Window], _Question] = field(default_factory=dict)
    _circuits: dict[str, Circuit] = field(default_factory=dict)
    _threads: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    _outcomes: list[Outcome] = field(default_factory=list)
    _failed: dict[str, str] = field(default_factory=dict)
    _tried: dict[str, str] = field(default_factory=dict)
    _due: list[_Question] = field(default_factory=list)
    _waiting: int = 0
    _served: set[Domain] = field(default_factory=set)
    _starved: set[Domain] = field(default_factory=set)

    def everything(self, domains: Collection[Domain], subjects: Collection[str] | None) -> list[Outcome]:
        """Ask about all that is missing; see `Ingestion.ask_feeds`. The first two providers that can be asked about a
        subject are; one that fails or has nothing to say is replaced by the next. The questions are archived as one
        document, also when this is interrupted. Raises NobodyAnswered."""
        archive = self.wanted.client.archive
        try:
            for domain in domains:
                for subject in self.wanted.subjects(domain, subjects):
                    for feed in subject.feeds[:ASKED_OF]:
                        self._engage(subject, feed, None)
            while self._due:
                self._send()
                while self._waiting:
                    self._settle(*self._done.get())
        finally:
            for threads in self._threads.values():
                threads.shutdown(cancel_futures=True)
            if self._outcomes:
                keep(archive, self._outcomes, clock.now_utc())
                for notes, found in ((FAILED_NOTES, self._failed), (TRIED_NOTES, self._tried)):
                    archive.remember(notes, {**archive.remembered(notes), **found})
        for domain in domains:
            if domain in self._starved - self._served:
                raise NobodyAnswered(domain, [one for one in self._outcomes if one.domain == domain])
        return self._outcomes

    def _engage(self, subject: Subject, feed: Feed, days: Sequence[date] | None) -> None:
        """Ask `feed` for what is missing of it, or for those of `days` that it never answered; what it cannot give goes to
        the next provider."""
        provider, today = providers.provider(feed.provider), self.wanted.today
        subject.engaged.add(feed.provider)
        gaps, never = self.wanted.gaps(subject, provider, days)
        if not gaps:
            self._served.add(subject.domain)
        put = []
        turn = self.wanted.turn(subject, provider), -len(never)
        for gap in gaps:
            for window, symbols in pieces(gap.window, feed.symbols, provider, today):
                put.append(Answered(window, today))
                self._put(_Question(provider, window, symbols, gap.is_first, [(subject, feed)], turn=turn))
        subject.asked.setdefault(provider.name, []).extend(put)
        if left := unanswered(never, put):
            self._pass_on(subject, feed, left)

    def _pass_on(self, subject: Subject, feed: Feed, days: Sequence[date]) -> None:
        """Ask the provider that stands in for `feed` about `days`; nobody where all were asked."""
        if feed.provider not in subject.stand_ins:
            free = [one for one in subject.feeds[ASKED_OF:] if one.provider not in subject.engaged]
            if not free:
                return
            subject.stand_ins[feed.provider] = free[0]
        self._engage(subject, subject.stand_ins[feed.provider], days)

    def _put(self, question: _Question) -> None:
        """Make a question due; one that was put already is asked once for all its askers."""
        provider, ((subject, feed),) = question.provider, question.askers
        shared = provider.shared(subject.target(question.symbols[0]))
        known = self._questions.setdefault((provider.name, shared, question.window), question)
        if known is not question:
            known.is_first = known.is_first or question.is_first
            known.askers.append((subject, feed))
            if known.outcome is not None:
                self._note(known, _for_free(known.outcome, subject, feed), subject, feed)
            return
        self._due.append(question)

    def _send(self) -> None:
        """Send what is due on its way, each provider's in the order of its turns; what has the same turn as it was put."""
        due, self._due = sorted(self._due, key=lambda one: one.turn), []
        for question in due:
            provider, (subject, _) = question.provider, question.askers[0]
            shared = provider.shared(subject.target(question.symbols[0]))
            source = source_of(subject.domain, provider.name, shared, question.window, self.wanted.today)
            circuit = self._circuits.setdefault(
                provider.name, Circuit(provider.name, is_asked_once=provider.is_asked_once)
            )
            if provider.name not in self._threads:
                is_slow = provider.is_asked_once or provider.seconds > provider.requests * 2
                at_once = 1 if is_slow else min(provider.requests, AT_ONCE)
                self._threads[provider.name] = ThreadPoolExecutor(at_once, f"feed-{provider.name}")
            self._waiting += 1
            job = self._threads[provider.name].submit(self._ask, question, source, circuit)
            job.add_done_callback(lambda ended, question=question: self._done.put((question, ended)))  # type: ignore[misc]

    def _settle(self, question: _Question, job: Future[Outcome]) -> None:
        self._waiting -= 1
        question.outcome = outcome = job.result()
        for place, (subject, feed) in enumerate(question.askers):
            self._note(question, _for_free(outcome, subject, feed) if place else outcome, subject, feed)
        done, known = len(self._questions) - self._waiting - len(self._due), len(self._questions)
        self.report(
            f"{outcome.domain}: {outcome.provider} {outcome.subject} {outcome.first_date} to {outcome.last_date} "
            f"{outcome.outcome.replace('_', ' ')} ({done} of {known})"
        )

    def _note(self, question: _Question, outcome: Outcome, subject: Subject, feed: Feed) -> None:
        """Write down what a question came to for one of its askers, and go on from there."""
        self._outcomes.append(outcome)
        if outcome.outcome not in ("answered", "empty"):
            self._failed[subject.key(feed.provider)] = self.wanted.today.isoformat()
        if outcome.outcome in ("failed", "unknown_subject"):
            self._tried[subject.key(feed.provider)] = self.wanted.now_utc.isoformat()
        if question.is_first:
            self._starved.add(subject.domain)
        window = question.window
        if outcome.outcome == "answered":
            self._served.add(subject.domain)
        elif outcome.outcome != "empty" or question.is_first:
            self._pass_on(subject, feed, [day for day in subject.expected if window.first <= day <= window.last])

    def _ask(self, question: _Question, source: str, circuit: Circuit) -> Outcome:
        """Runs in a thread of the provider: says what came of it and raises nothing that a provider can cause."""
        # Never before the moment that the question was decided for, whatever becomes of the machine's clock meanwhile.
        asked_at, started = max(self.wanted.now_utc, clock.now_utc()), time.monotonic()
        provider, window, client = question.provider, question.window, self.wanted.client
        asked: list[Request] = []
        said: Said = "skipped"
        problem: str | None = "the circuit of the provider is open"
        sha256 = missing = None
        subject, feed = question.askers[0]
        for symbol in () if circuit.is_open else question.symbols:
            target, error = subject.target(symbol), None
            try:
                pages = client.ask(provider, source, target, window, asked_at.date(), asked)
                closes = self.wanted.closes
                readings = [provider.reading(document, fetch, target, window, closes) for fetch, document in pages]
                said = "answered" if any(one.rows for one in readings) else "empty"
                problem, sha256 = None, pages[0][0].sha256
                missing = ", ".join(columns_missing(readings, provider.gives(target))) or None
            except OSError:  # our own disk, not the provider
                raise
            except Exception as found:  # whatever a provider's answer does to its module, the others go on
                error, said = found, circuit.said(found)
                told = found.problem if isinstance(found, IngestionError) else str(found)
                problem = hide(f"{type(found).__name__}: {told}", [client.key(provider)])[:LONGEST_PROBLEM]
            circuit.tell(error)
            if not isinstance(error, UnknownSubject):
                break
        span, cost = (window.first, window.last), (len(asked), time.monotonic() - started)
        return Outcome(
            *(
                subject.domain,
                subject.name,
                provider.name,
                feed.priority,
                *span,
                said,
                problem,
                *cost,
                asked_at,
                sha256,
            ),
            columns_missing=missing,
        )


def _for_free(outcome: Outcome, subject: Subject, feed: Feed) -> Outcome:
    """The same for a further asker: the first one bears the cost."""
    return replace(outcome, subject=subject.name, priority=feed.priority, requests=0, seconds=0.0)
