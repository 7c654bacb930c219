"""Contracts of the ledger's tables on where live data comes from: providers, series, who is asked, which bars are out."""

from __future__ import annotations

from ingestion.contracts.contract import DATE, FLAG, TEXT, WHOLE, Column
from ingestion.ledger.evidence import ledger_table

PROVIDER = ledger_table(
    "provider",
    "Providers of prices, network and macro data, and what their licence allows.",
    ("provider",),
    Column("provider", TEXT, "Short name of the provider.", nullable=False, pattern="[a-z0-9_]{2,24}"),
    Column("name", TEXT, "Name of the provider.", nullable=False),
    Column("access", TEXT, "Whether it asks for a key.", nullable=False, allowed=("keyless", "key", "shipped")),
    Column("licence", TEXT, "Licence or terms under which its data may be used.", nullable=False),
    Column(
        "redistribution",
        TEXT,
        "Whether its data may be passed on: allowed, with_attribution, non_commercial (with attribution), not_allowed, unknown, by_series where it depends on the owner of the series.",
        nullable=False,
        allowed=("allowed", "with_attribution", "non_commercial", "not_allowed", "unknown", "by_series"),
    ),
    Column("attribution", TEXT, "Words by which the provider is to be named; null where it asks for none."),
)

SERIES = ledger_table(
    "series",
    "Macro series: what they measure, how often, when they come out, who owns them.",
    ("series",),
    Column("series", TEXT, "Short name of the series.", nullable=False, pattern="[A-Z0-9_]{1,32}"),
    Column("name", TEXT, "What the series measures.", nullable=False),
    Column("unit", TEXT, "Unit of its values.", nullable=False),
    Column(
        "frequency",
        TEXT,
        "How often it has a value.",
        nullable=False,
        allowed=("daily", "weekly", "monthly", "quarterly"),
    ),
    Column(
        "publication_lag_days",
        WHOLE,
        "Days from the day described to the end of the UTC day by which its value is public, at the latest.",
        "days",
        nullable=False,
        minimum=0,
    ),
    Column("is_revised", FLAG, "True where published values change later.", nullable=False),
    Column("owner", TEXT, "Who owns the series.", nullable=False),
    Column(
        "redistribution",
        TEXT,
        "Whether its values may be passed on: allowed, not_allowed or unknown.",
        nullable=False,
        allowed=("allowed", "not_allowed", "unknown"),
    ),
)

FEED = ledger_table(
    "feed",
    "Who is asked about an instrument, the bitcoin network or a series, in which order and under which symbol.",
    ("domain", "subject", "provider", "valid_from_date"),
    Column("domain", TEXT, "What kind of data is asked for.", nullable=False, allowed=("market", "network", "macro")),
    Column("subject", TEXT, "Instrument, series, or BTC for the bitcoin network.", nullable=False),
    Column("provider", TEXT, "Short name of the provider.", nullable=False, pattern="[a-z0-9_]{2,24}"),
    Column("priority", WHOLE, "Place in the order: 1 is asked first and preferred.", nullable=False, minimum=1),
    Column("symbol", TEXT, "What the provider calls the subject.", nullable=False),
    Column(
        "valid_from_date",
        DATE,
        "First day on which the symbol is used; a renamed ticker has a row for each.",
        nullable=False,
    ),
)

BAR_EXCLUSION = ledger_table(
    "bar_exclusion",
    "Bars of a provider found wrong by a person: they stay in the lake and are used nowhere.",
    ("instrument", "session_date", "provider"),
    Column("instrument", TEXT, "Short name of the instrument in the universe.", nullable=False),
    Column("session_date", DATE, "Session of the bar.", nullable=False),
    Column("provider", TEXT, "Whose bar it is.", nullable=False, pattern="[a-z0-9_]{2,24}"),
    Column("reason", TEXT, "What is wrong with it.", nullable=False),
)
