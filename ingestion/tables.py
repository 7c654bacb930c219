"""The contract of every raw table, written once. Market, network and calendar here, EDGAR in sec/tables.py, the ledger in ledger/tables.py."""

from __future__ import annotations

from ingestion.contract import DATE, FLAG, REAL, TEXT, TIMESTAMP, WHOLE, Column, Partition, Table
from ingestion.ledger.tables import LEDGER_TABLES
from ingestion.sec.tables import SEC_TABLES

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
    key=("instrument", "provider", "first_session_date"),
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
        Column("blocks", WHOLE, "Blocks mined on the day.", "blocks", nullable=False, positive=True, maximum=400),
        Column("fees_btc", REAL, "Transaction fees paid to miners on the day.", "BTC", nullable=False, minimum=0),
        Column("difficulty", REAL, "Mean difficulty of the day's blocks.", "difficulty", nullable=False, positive=True),
        Column(
            "hashrate_eh_s",
            REAL,
            "The provider's own estimate of network hashrate; null where it gives none.",
            "EH/s",
            positive=True,
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
    for table in (MARKET_BAR, MARKET_COVERAGE, NETWORK_DAY, CALENDAR_SESSION, *SEC_TABLES, *LEDGER_TABLES)
}
