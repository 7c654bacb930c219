"""What a provider is to the rest: how it is asked, how often, and how its answers are read. Holds no provider itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, Generic, TypeVar

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch.answers import Kind
from ingestion.fetch.archive import Fetch
from ingestion.fetch.http_errors import FetchError
from ingestion.providers.pages import Unreadable
from ingestion.providers.rows import VALUES, Domain, Reading, Rows, Target, Window

DOMAINS: tuple[Domain, ...] = ("market", "network", "macro")
PLACES: dict[str, tuple[Domain, str, str]] = {
    "yahoo": ("market", "ingestion.providers.yahoo", "Yahoo"),
    "coinbase": ("market", "ingestion.providers.coinbase", "Coinbase"),
    "kraken": ("market", "ingestion.providers.kraken", "Kraken"),
    "tiingo": ("market", "ingestion.providers.tiingo", "Tiingo"),
    "polygon": ("market", "ingestion.providers.polygon", "Polygon"),
    "alpha_vantage": ("market", "ingestion.providers.alpha_vantage", "AlphaVantage"),
    "coin_metrics": ("network", "ingestion.providers.coin_metrics", "CoinMetrics"),
    "mempool": ("network", "ingestion.providers.mempool", "Mempool"),
    "cboe": ("macro", "ingestion.providers.macro.cboe", "Cboe"),
    "fiscal_data": ("macro", "ingestion.providers.macro.fiscal_data", "FiscalData"),
    "federal_reserve": ("macro", "ingestion.providers.macro.federal_reserve", "FederalReserve"),
    "ecb": ("macro", "ingestion.providers.macro.ecb", "Ecb"),
    "fred": ("macro", "ingestion.providers.macro.fred", "Fred"),
    "fred_api": ("macro", "ingestion.providers.macro.fred", "FredApi"),
    "treasury": ("macro", "ingestion.providers.macro.treasury", "Treasury"),
}
"""Name to domain, module and class: a provider's module is loaded when it is asked for."""

Document = TypeVar("Document")


@dataclass(frozen=True)
class Request:
    """One page to ask for: the path behind the provider's address, and what goes with it."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class Provider(Generic[Document]):
    """A source of bars, network days or macro observations, to inherit from. `Document` is what one page is parsed to.

    `requests` in any `seconds` is the limit we keep, below the provider's own. `key_setting` names the environment
    variable that holds its key, None where it needs none. `newest_days` says how many days before today it still gives,
    `most_days` how many in one answer, both None where it gives any. `is_split_adjusted` says that its prices, dividends
    and volumes are restated for every split up to the moment of the answer, which comes as one page; a window then always ends
    with the newest complete day, because an answer about older days alone would not tell the splits it is adjusted by.
    `is_spent_by_429` says that after that status it is left alone until the next run, `is_asked_once` that it is after any
    failure, without a second attempt: it hangs, and would again.
    `mirrors` are further addresses of the same service, each asked where the one before is not to be reached.
    `knows_by_status` says that a 404 means that it does not know the subject.
    """

    name: ClassVar[str]
    base_url: ClassVar[str]
    requests: ClassVar[int]
    seconds: ClassVar[float]
    parser_version: ClassVar[str]
    kind: ClassVar[Kind] = "json"
    key_setting: ClassVar[str | None] = None
    secret_params: ClassVar[tuple[str, ...]] = ()
    newest_days: ClassVar[int | None] = None
    most_days: ClassVar[int | None] = None
    is_split_adjusted: ClassVar[bool] = False
    is_spent_by_429: ClassVar[bool] = False
    is_asked_once: ClassVar[bool] = False
    mirrors: ClassVar[tuple[str, ...]] = ()
    knows_by_status: ClassVar[bool] = False

    def gives(self, target: Target) -> Sequence[str]:
        """The columns of which an answer about `target` over some days has values: one without any is a finding."""
        return VALUES[target.domain]

    def windows(self, window: Window, today: date) -> list[Window]:
        """`window` cut to what one question can bring, oldest first, without the days that it cannot give any more."""
        found, first = [], window.first
        if self.newest_days is not None:
            first = max(first, today - timedelta(days=self.newest_days))
        while first <= window.last:
            last = window.last if self.most_days is None else min(first + timedelta(self.most_days - 1), window.last)
            found.append(Window(first, last))
            first = last + timedelta(days=1)
        return found

    def shared(self, target: Target) -> str:
        """The name under which answers are archived: the subject, or one name for subjects that come in one answer."""
        return target.subject

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        """The first page of the answer about `window`; `key` is empty where the provider needs none."""
        raise NotImplementedError

    def following(self, document: Document, request: Request) -> Request | None:
        """The page after the one that `request` brought, None where that was the last."""
        return None

    def parse(self, content: bytes) -> Document:
        """What a page says; raises FetchError, also for an error that it tells under status 200."""
        raise NotImplementedError

    def check(self, document: Document, target: Target) -> None:
        """Raises FetchError where the page is about something else than was asked about."""

    def read(self, document: Document, rows: Rows) -> None:
        """Put what a page says into `rows`; raises FetchError where it says nothing about their target at all."""
        raise NotImplementedError

    def open(self, fetch: Fetch, content: bytes) -> Document:
        """What an archived page says; raises SourceDamaged for bytes that are none, SourceDrifted for another page."""
        try:
            return self.parse(content)
        except FetchError as flaw:
            error = SourceDamaged if isinstance(flaw, Unreadable) else SourceDrifted
            problem = flaw.problem
        raise error(fetch.source, problem, "Look at the archived answer and adapt the provider's module")

    def reading(
        self, document: Document, fetch: Fetch, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        """The rows of an archived page that lie in `window` and were complete when it was fetched.

        `closes` gives the close of each exchange session, naive UTC. Rows that cannot be read are rejected one by one;
        raises SourceDrifted for a page that says nothing about `target`.
        """
        rows = Rows(fetch, target, window, closes)
        try:
            self.read(document, rows)
        except FetchError as flaw:
            raise SourceDrifted(fetch.source, flaw.problem, "Check the symbol in ingestion/ledger/feed.csv") from None
        return rows.reading(is_split_adjusted=self.is_split_adjusted)


def names(domain: Domain) -> Sequence[str]:
    """The providers of a domain, in the order of PLACES."""
    return [name for name, (own, _, _) in PLACES.items() if own == domain]


@cache
def provider(name: str) -> Provider[Any]:
    """The provider called `name`; raises KeyError where there is none."""
    _, module, cls = PLACES[name]
    found: Provider[Any] = getattr(import_module(module), cls)()
    return found
