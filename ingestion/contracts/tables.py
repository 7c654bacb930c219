"""The contract of every raw table, written once. Market, network, macro, requests and calendar here, EDGAR in sec/tables.py, the ledger in ledger/tables.py."""

from __future__ import annotations

from ingestion.contracts.contract import DATE, FLAG, REAL, TEXT, TIMESTAMP, WHOLE, Column, Partition, Table
from ingestion.contracts.edgar_tables import SEC_TABLES
from ingestion.contracts.ledger_tables import LEDGER_TABLES

MARKET_BAR = Table(
    name="raw_market__bar",
    description="Daily bars as a provider gave them, unadjusted: one row per instrument, session, provider and vintage.",
    group="market",
    key=("instrument", "session_date", "provider", "known_at_utc"),
    partition=Partition("month", "session_date"),
    own_columns=(
        Column("instrument", TEXT, "Short name of the instrument in the universe.", nullable=False),
        Column("session_date", DATE, "Exchange session, or UTC day for coins, that the bar describes.", nullable=False),
        Column("provider", TEXT, "Who gave the bar.", nullable=False),
        Column(
            "open_usd",
            REAL,
            "First price of the session; null where the provider gives closes only.",
            "USD",
            positive=True,
        ),
        Column(
            "high_usd",
            REAL,
            "Highest price of the session; null where the provider gives closes only.",
            "USD",
            positive=True,
        ),
        Column(
            "low_usd",
            REAL,
            "Lowest price of the session; null where the provider gives closes only.",
            "USD",
            positive=True,
        ),
        Column(
            "close_usd",
            REAL,
            "Last price of the session, not adjusted; index points for an index.",
            "USD",
            nullable=False,
            positive=True,
        ),
        Column(
            "volume", REAL, "Shares or coins traded; null where the provider gives closes only.", "units", minimum=0
        ),
    ),
)

MARKET_COVERAGE = Table(
    name="raw_market__coverage",
    description="What each provider was asked for: a bar missing inside the span is missing, one outside it was never fetched.",
    group="market",
    key=("instrument", "provider", "first_session_date", "last_session_date", "known_at_utc"),
    partition=Partition("whole"),
    own_columns=(
        Column("instrument", TEXT, "Short name of the instrument in the universe.", nullable=False),
        Column("provider", TEXT, "Who was asked.", nullable=False),
        Column("first_session_date", DATE, "First session asked for.", nullable=False),
        Column("last_session_date", DATE, "Last session asked for.", nullable=False),
    ),
)

NETWORK_DAY = Table(
    name="raw_network__day",
    description="The bitcoin network by UTC day as a provider gave it: one row per day, provider and vintage.",
    group="network",
    key=("utc_date", "provider", "known_at_utc"),
    partition=Partition("year", "utc_date"),
    own_columns=(
        Column("utc_date", DATE, "UTC day.", nullable=False),
        Column("provider", TEXT, "Who gave the day.", nullable=False),
        Column(
            "blocks",
            WHOLE,
            "Blocks mined on the day; null where the provider gives none.",
            "blocks",
            positive=True,
            maximum=400,
        ),
        Column(
            "fees_btc",
            REAL,
            "Transaction fees paid to miners on the day; null where the provider gives none.",
            "BTC",
            minimum=0,
        ),
        Column(
            "difficulty",
            REAL,
            "Mean difficulty of the day's blocks; null where the provider gives none, or on the day of an adjustment only steps.",
            "difficulty",
            positive=True,
        ),
        Column(
            "hashrate_eh_s",
            REAL,
            "The provider's own estimate of network hashrate; null where it gives none.",
            "EH/s",
            positive=True,
        ),
    ),
)

MARKET_ACTION = Table(
    name="raw_market__action",
    description="Splits and cash dividends as a provider gave them: one row per instrument, ex-date, kind, provider and vintage.",
    group="market",
    key=("instrument", "ex_date", "action", "provider", "known_at_utc"),
    partition=Partition("year", "ex_date"),
    own_columns=(
        Column("instrument", TEXT, "Short name of the instrument in the universe.", nullable=False),
        Column(
            "ex_date",
            DATE,
            "First session on which the price is without the dividend or after the split.",
            nullable=False,
        ),
        Column("action", TEXT, "What happened.", nullable=False, allowed=("split", "dividend")),
        Column("provider", TEXT, "Who gave the action.", nullable=False),
        Column(
            "split_ratio",
            REAL,
            "Shares after for one share before; null for a dividend.",
            "shares per share",
            positive=True,
        ),
        Column(
            "dividend_usd",
            REAL,
            "Cash per share as paid on the shares of that day, not adjusted for later splits; null for a split.",
            "USD per share",
            positive=True,
        ),
    ),
)

MACRO_OBSERVATION = Table(
    name="raw_macro__observation",
    description="Macro series as a provider gave them: one row per series, day, provider and vintage.",
    group="macro",
    key=("series", "observation_date", "provider", "known_at_utc"),
    partition=Partition("value", "series"),
    own_columns=(
        Column("series", TEXT, "Short name of the series in the ledger.", nullable=False, pattern="[A-Z0-9_]{1,32}"),
        Column(
            "observation_date",
            DATE,
            "Day that the value describes; of a month or quarter its first day.",
            nullable=False,
        ),
        Column("provider", TEXT, "Who gave the value.", nullable=False),
        Column(
            "value", REAL, "The value in the unit that the ledger names for the series.", "see series", nullable=False
        ),
        Column(
            "known_at_basis",
            TEXT,
            "realtime where the provider dates the vintage, publication_lag where known_at_utc follows from the series' lag, observed where it is when we first saw a value that is revised.",
            nullable=False,
            allowed=("realtime", "publication_lag", "observed"),
        ),
    ),
)

FEED_REQUEST = Table(
    name="raw_feed__request",
    description="What the providers of prices, network and macro data were asked and what came of it: one row per question.",
    group="feed",
    key=("asked_at_utc", "provider", "subject", "first_date"),
    partition=Partition("month", "asked_date"),
    own_columns=(
        Column("asked_date", DATE, "UTC day of the question.", nullable=False),
        Column("asked_at_utc", TIMESTAMP, "When the question was asked, UTC.", nullable=False),
        Column(
            "domain", TEXT, "What kind of data was asked for.", nullable=False, allowed=("market", "network", "macro")
        ),
        Column("subject", TEXT, "Instrument, network or series that was asked about.", nullable=False),
        Column("provider", TEXT, "Who was asked.", nullable=False),
        Column(
            "priority", WHOLE, "Place of the provider in the order for the subject, 1 is asked first.", nullable=False
        ),
        Column("first_date", DATE, "First day asked for.", nullable=False),
        Column("last_date", DATE, "Last day asked for.", nullable=False),
        Column(
            "outcome",
            TEXT,
            "answered; empty where a whole answer held no row; unknown_subject; quota_exceeded; failed after all attempts; skipped while the circuit of the provider was open.",
            nullable=False,
            allowed=("answered", "empty", "unknown_subject", "quota_exceeded", "failed", "skipped"),
        ),
        Column("problem", TEXT, "What went wrong, without addresses' secrets; null where nothing did."),
        Column("requests", WHOLE, "Answers that were taken for the question, pages included.", "requests", minimum=0),
        Column("seconds", REAL, "How long it took, waiting and pauses included.", "seconds", minimum=0),
        Column(
            "answer_sha256", TEXT, "SHA-256 of the first archived answer; null without one.", pattern="[0-9a-f]{64}"
        ),
    ),
)

CALENDAR_SESSION = Table(
    name="raw_calendar__session",
    description="Sessions of the New York Stock Exchange as the calendar library knows them.",
    group="calendar",
    key=("exchange", "session_date"),
    partition=Partition("whole"),
    own_columns=(
        Column("exchange", TEXT, "Market identifier code of the exchange.", nullable=False, allowed=("XNYS",)),
        Column("session_date", DATE, "Day on which the exchange holds a session.", nullable=False),
        Column("open_utc", TIMESTAMP, "Start of the session, UTC.", nullable=False),
        Column("close_utc", TIMESTAMP, "End of the session, UTC; earlier than usual on half days.", nullable=False),
        Column("is_half_day", FLAG, "True where the session ends early.", nullable=False),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        MARKET_BAR,
        MARKET_ACTION,
        MARKET_COVERAGE,
        NETWORK_DAY,
        MACRO_OBSERVATION,
        FEED_REQUEST,
        CALENDAR_SESSION,
        *SEC_TABLES,
        *LEDGER_TABLES,
    )
}
