"""Who is asked about which days, and who in whose place. Fills the archive; reads of the answers only what says whether
there is something in them.

From outside: a FeedClient (feeds/client.py) holds the wires, and `Ingestion(..., feeds=client).ask_feeds` in load.py asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from queue import SimpleQueue

from ingestion.errors import IngestionError
from ingestion.feeds import registry, requests_log
from ingestion.feeds.answered import source_of
from ingestion.feeds.circuit import Circuit
from ingestion.feeds.client import FeedClient
from ingestion.feeds.orders import ASKED_OF, FAILED_NOTES, Order, Orders, key_of
from ingestion.feeds.pages import Pages
from ingestion.feeds.plan import left_over, pieces
from ingestion.feeds.provider import Domain, Provider, Target, Window
from ingestion.feeds.requests_log import Outcome as Outcome
from ingestion.feeds.requests_log import Said
from ingestion.fetch.archive import Archive
from ingestion.fetch.http_errors import UnknownSubject
from ingestion.fetch.redaction import hide
from ingestion.landing.lake import Lake
from ingestion.universe import Feed, Universe

AT_ONCE = 4
"""Requests to one provider under way together; never more than its limit lets through at once."""
LONGEST_PROBLEM = 300
DOMAINS: tuple[Domain, ...] = ("market", "network", "macro")

Report = Callable[[str], None]


class NobodyAnswered(IngestionError):
    """No provider of a domain had anything to say about days that were asked for the first time. What the others brought is
    archived, and so is `outcomes`."""

    def __init__(self, source: str, problem: str, remedy: str, outcomes: Sequence[Outcome]) -> None:
        super().__init__(source, problem, remedy)
        self.outcomes = tuple(outcomes)


@dataclass
class _Question:
    """One window of one provider. `orders` are all that wait for the answer, each with its place among its providers."""

    provider: Provider
    window: Window
    symbols: list[str]
    is_first: bool
    orders: list[tuple[Order, Feed]]
    result: _Result | None = None


@dataclass(frozen=True)
class _Result:
    outcome: Said
    problem: str | None
    requests: int
    seconds: float
    asked_at_utc: datetime
    answer_sha256: str | None


@dataclass
class _Run:
    """What one asking run holds: questions by provider, archive name and window, circuits and threads by provider.

    `served` are domains in which a provider answered, now or before, all that was wanted of it about a subject; `starved`
    those in which days were asked for the first time.
    """

    orders: Orders
    report: Report
    done: SimpleQueue[tuple[_Question, _Result | BaseException]] = field(default_factory=SimpleQueue)
    questions: dict[tuple[str, str, Window], _Question] = field(default_factory=dict)
    circuits: dict[str, Circuit] = field(default_factory=dict)
    threads: dict[str, ThreadPoolExecutor] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    waiting: int = 0
    served: set[Domain] = field(default_factory=set)
    starved: set[Domain] = field(default_factory=set)


class Asking:
    """Asks through `client` about the subjects of `universe` and keeps the answers in its archive.

    `closes` gives the close of each exchange session, `now_utc` is the moment for which it is decided what is missing,
    both naive UTC; `since` is the first day wanted where no backfill asked for earlier ones.
    """

    def __init__(
        self, client: FeedClient, universe: Universe, closes: Mapping[date, datetime], now_utc: datetime, since: date
    ) -> None:
        self._client, self._universe, self._closes, self._now, self._since = client, universe, closes, now_utc, since
        self._archive: Archive = client.archive

    def everything(
        self,
        domains: Collection[Domain],
        subjects: Collection[str] | None,
        lake: Lake,
        report: Report,
        *,
        only_missing: bool = False,
    ) -> list[Outcome]:
        """Ask about all that is missing; see `Ingestion.ask_feeds`. The first two providers that can be asked about a
        subject are; one that fails or has nothing to say is replaced by the next. The questions are archived as one
        document, also when this is interrupted. Raises NobodyAnswered."""
        orders = Orders(
            self._client, self._universe, self._closes, self._now, self._since, lake, only_missing=only_missing
        )
        run = _Run(orders, report)
        try:
            for domain in domains:
                for order in orders.take(domain, subjects):
                    for feed in order.feeds[:ASKED_OF]:
                        self._engage(run, order, feed, None)
            while run.waiting:
                self._settle(run, *run.done.get())
        finally:
            for threads in run.threads.values():
                threads.shutdown(cancel_futures=True)
            if run.outcomes:
                requests_log.keep(self._archive, run.outcomes, _now())
                self._archive.remember(FAILED_NOTES, {**self._archive.remembered(FAILED_NOTES), **run.failed})
        for domain in domains:
            if domain in run.starved - run.served:
                raise _nobody(domain, run.outcomes)
        return run.outcomes

    def _engage(self, run: _Run, order: Order, feed: Feed, days: Sequence[date] | None) -> None:
        """Ask `feed` for what is missing of it, or for those of `days` that it never answered; what it cannot give goes to
        the next provider."""
        provider = registry.provider(feed.provider)
        order.engaged.add(feed.provider)
        wanted, never = run.orders.wanted(order, provider, days)
        if not wanted:
            run.served.add(order.domain)
        asked = []
        for one in wanted:
            for window, symbols in pieces(one.window, feed.symbols, provider, self._now.date()):
                asked.append(window)
                order.asked.setdefault(provider.name, []).append(window)
                self._put(run, order, feed, provider, window, symbols, one.is_first)
        if left := left_over(never, asked):
            self._pass_on(run, order, feed, left)

    def _pass_on(self, run: _Run, order: Order, feed: Feed, days: Sequence[date]) -> None:
        """Ask the provider that stands in for `feed` about `days`; nobody where all were asked."""
        if feed.provider not in order.stand_ins:
            free = [one for one in order.feeds[ASKED_OF:] if one.provider not in order.engaged]
            if not free:
                return
            order.stand_ins[feed.provider] = free[0]
        self._engage(run, order, order.stand_ins[feed.provider], days)

    def _put(
        self,
        run: _Run,
        order: Order,
        feed: Feed,
        provider: Provider,
        window: Window,
        symbols: list[str],
        is_first: bool,
    ) -> None:
        shared = provider.shared(_target(order, symbols[0]))
        key = (provider.name, shared, window)
        known = run.questions.get(key)
        if known is not None:
            known.is_first = known.is_first or is_first
            known.orders.append((order, feed))
            if known.result is not None:
                self._note(run, known, known.result, order, feed, is_repeat=True)
            return
        question = run.questions[key] = _Question(provider, window, symbols, is_first, [(order, feed)])
        source = source_of(order.domain, provider.name, shared, window, self._now.date())
        circuit = run.circuits.setdefault(provider.name, Circuit(provider.name))
        if provider.name not in run.threads:
            at_once = min(provider.requests, AT_ONCE) if provider.seconds <= provider.requests * 2 else 1
            run.threads[provider.name] = ThreadPoolExecutor(at_once, f"feed-{provider.name}")
        run.waiting += 1
        job = run.threads[provider.name].submit(self._ask, question, source, circuit)
        job.add_done_callback(lambda ended: run.done.put((question, _end_of(ended))))

    def _settle(self, run: _Run, question: _Question, result: _Result | BaseException) -> None:
        run.waiting -= 1
        if isinstance(result, BaseException):
            raise result
        question.result = result
        for place, (order, feed) in enumerate(question.orders):
            self._note(run, question, result, order, feed, is_repeat=place > 0)
        order = question.orders[0][0]
        run.report(
            f"{order.domain}: {question.provider.name} {order.subject} {question.window.first} to {question.window.last} "
            f"{result.outcome.replace('_', ' ')} ({len(run.questions) - run.waiting} of {len(run.questions)})"
        )

    def _note(
        self, run: _Run, question: _Question, result: _Result, order: Order, feed: Feed, *, is_repeat: bool
    ) -> None:
        window = question.window
        run.outcomes.append(
            Outcome(
                order.domain,
                order.subject,
                feed.provider,
                feed.priority,
                window.first,
                window.last,
                result.outcome,
                result.problem,
                0 if is_repeat else result.requests,
                0.0 if is_repeat else result.seconds,
                result.asked_at_utc,
                result.answer_sha256,
            )
        )
        if result.outcome not in ("answered", "empty"):
            run.failed[key_of(order, feed.provider)] = self._now.date().isoformat()
        if question.is_first:
            run.starved.add(order.domain)
        if result.outcome == "answered":
            run.served.add(order.domain)
        elif result.outcome != "empty" or question.is_first:
            self._pass_on(run, order, feed, [day for day in order.expected if window.first <= day <= window.last])

    def _ask(self, question: _Question, source: str, circuit: Circuit) -> _Result:
        """Runs in a thread of the provider: says what came of it and raises nothing that a provider can cause."""
        # Never before the moment that the question was decided for, whatever becomes of the machine's clock meanwhile.
        asked_at, started = max(self._now, _now()), time.monotonic()
        if circuit.is_open:
            return _Result("skipped", "the circuit of the provider is open", 0, 0.0, asked_at, None)
        provider, requests = question.provider, 0
        key = self._client.key(provider)
        outcome: Said = "failed"
        problem, sha256 = None, None
        for symbol in question.symbols:
            target = _target(question.orders[0][0], symbol)
            symbols = {order.subject: symbol for order, _ in question.orders[:1]}
            pages = Pages(self._client, provider, source, {"symbols": symbols})
            error: Exception | None = None
            try:
                provider.ask(pages, target, question.window, key)
                pages.finish()
                outcome = "answered" if self._rows(provider, pages, target, question.window) else "empty"
                problem, sha256 = None, pages.pages[0][0].sha256 if pages.pages else None
            except OSError:  # our own disk, not the provider
                raise
            except Exception as found:  # whatever a provider's answer does to its module, the others go on
                error = found
                outcome, problem = _said(found, circuit), hide(_words(found), [key or ""])[:LONGEST_PROBLEM]
            requests += pages.requests
            circuit.tell(error)
            if not isinstance(error, UnknownSubject):
                break
        return _Result(outcome, problem, requests, time.monotonic() - started, asked_at, sha256)

    def _rows(self, provider: Provider, pages: Pages, target: Target, window: Window) -> int:
        return sum(
            len(provider.read(fetch, content, target, window, self._closes).rows) for fetch, content in pages.pages
        )


def _target(order: Order, symbol: str) -> Target:
    return Target(order.domain, order.subject, symbol, order.calendar)


def _said(error: Exception, circuit: Circuit) -> Said:
    if isinstance(error, UnknownSubject):
        return "unknown_subject"
    return "quota_exceeded" if circuit.is_spent(error) else "failed"


def _words(error: Exception) -> str:
    told = error.problem if isinstance(error, IngestionError) else str(error)
    return f"{type(error).__name__}: {told}"


def _nobody(domain: Domain, outcomes: Iterable[Outcome]) -> NobodyAnswered:
    own = [one for one in outcomes if one.domain == domain]
    counts = ", ".join(f"{name} {said}" for name, said in sorted({(one.provider, one.outcome) for one in own}))
    first = next((one.problem for one in own if one.problem), None)
    return NobodyAnswered(
        f"feed/{domain}",
        f"none of {len(own)} questions was answered ({counts})" + (f"; {first}" if first else ""),
        "Try again later; the last publication stays as it is",
        own,
    )


def _end_of(job: Future[_Result]) -> _Result | BaseException:
    if job.cancelled():
        return KeyboardInterrupt()
    return job.exception() or job.result()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
