"""What a provider is to the rest: how it is asked, how often, and how its answers are read. Holds no provider itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol

from ingestion.fetch.answers import Kind
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Rejected

Domain = Literal["market", "network", "macro"]
Row = Mapping[str, object]


@dataclass(frozen=True, order=True)
class Window:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a window from {self.first} to {self.last} holds no day")


@dataclass(frozen=True)
class Target:
    """What a provider is asked about: `subject` by our name, `symbol` by the provider's.

    `calendar` is XNYS where the days are sessions of the exchange, UTC where every day counts.
    """

    domain: Domain
    subject: str
    symbol: str
    calendar: Literal["XNYS", "UTC"]


@dataclass(frozen=True)
class Reading:
    """What one archived answer says. `rows` and `actions` hold the own columns of their raw table without subject,
    provider, known_at_utc and provenance, which are the same for all and are added by the feed.

    Rows of domain market: session_date, open_usd, high_usd, low_usd, close_usd, volume; of `actions`: ex_date, action,
    split_ratio, dividend_usd. Of domain network: utc_date, blocks, fees_btc, difficulty, hashrate_eh_s. Of domain macro:
    observation_date, value, and realtime_date where the provider dates the vintage.
    """

    rows: Sequence[Row]
    rejected: Sequence[Rejected] = ()
    actions: Sequence[Row] = field(default=())


class Ask(Protocol):
    """One page of an answer: asked for behind the provider's limit and archived, or taken from the archive."""

    def __call__(
        self,
        path: str,
        *,
        kind: Kind,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        check: Callable[[bytes], None] | None = None,
    ) -> tuple[Fetch, bytes]:
        """The page at `path` of the provider's address. The first call is page 1, the next one page 2. Raises a FetchError."""


class Provider(Protocol):
    """A source of bars, network days or macro observations.

    `requests` in any `seconds` is the limit we keep, below the provider's own. `key_setting` names the environment
    variable that holds its key, None where it needs none. `is_split_adjusted` says that its prices, dividends and
    volumes are restated for every split up to the moment of the answer. `reaches_to_now` says that a window always ends
    with the newest complete day, because an answer about older days alone would not tell the splits it is adjusted by.
    """

    name: ClassVar[str]
    domain: ClassVar[Domain]
    base_url: ClassVar[str]
    hosts: ClassVar[tuple[str, ...]]
    requests: ClassVar[int]
    seconds: ClassVar[float]
    key_setting: ClassVar[str | None]
    secret_params: ClassVar[tuple[str, ...]]
    is_split_adjusted: ClassVar[bool]
    reaches_to_now: ClassVar[bool]
    parser_version: ClassVar[str]

    def windows(self, window: Window, today: date) -> list[Window]:
        """`window` cut to what one question can bring, oldest first, without the days that it cannot give any more."""

    def shared(self, target: Target) -> str:
        """The name under which answers are archived: the subject, or one name for subjects that come in one answer."""

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        """Ask for `window`, following the pages. Raises a FetchError; QuotaExceeded and UnknownSubject among them."""

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        """The rows of one archived page that lie in `window` and were complete when it was fetched.

        `closes` gives the close of each exchange session, naive UTC. Rows that cannot be read are rejected one by one;
        raises SourceDamaged or SourceDrifted for a page that cannot be read at all.
        """


@dataclass(frozen=True)
class Common:
    """What most providers have in common, to inherit from."""

    key_setting: ClassVar[str | None] = None
    secret_params: ClassVar[tuple[str, ...]] = ()
    is_split_adjusted: ClassVar[bool] = False
    reaches_to_now: ClassVar[bool] = False

    def windows(self, window: Window, today: date) -> list[Window]:
        return [window]

    def shared(self, target: Target) -> str:
        return target.subject
