"""Contracts of the hand-verified ledger: each table is one CSV file of the same name in this folder.

A row carries its citation, how sure we are, and how its known_at_utc was established. Validation that goes across
columns or rows (unknown issuer, dates out of order, increments beside cumulative totals) is in checks.py.
"""

from __future__ import annotations

from ingestion.contracts.contract import DATE, FLAG, REAL, TEXT, WHOLE, Column, Table
from ingestion.ledger.concepts import CONCEPT_COLUMNS, CONCEPT_DESCRIPTION, CONCEPT_KEY
from ingestion.ledger.evidence import ledger_table
from ingestion.ledger.feeds import BAR_EXCLUSION, FEED, PROVIDER, SERIES

DATE_PRECISIONS = ("day", "month", "year", "before")
PRECISION_SENTENCE = "How exact the date is: day; month or year (the date is then the first day of it); before (in force since before the date)."

ISSUER_COLUMN = Column(
    "issuer", TEXT, "Short name of the issuer in the universe.", nullable=False, pattern="[A-Z0-9]{1,8}"
)

ISSUER = ledger_table(
    "issuer",
    "Issuers of the universe: one row per registrant.",
    ("issuer",),
    ISSUER_COLUMN,
    Column("cik", TEXT, "Central Index Key at the SEC, ten digits.", nullable=False, pattern="[0-9]{10}"),
    Column(
        "sec_name",
        TEXT,
        "Name of the registrant at the SEC in June 2026; for reading, not for matching by date.",
        nullable=False,
    ),
    Column(
        "role",
        TEXT,
        "What the business is to the convergence.",
        nullable=False,
        allowed=(
            "miner",
            "ai_landlord",
            "hyperscaler",
            "neocloud",
            "supplier",
            "treasury",
            "host",
            "reference",
            "not_in_scope",
        ),
    ),
    Column(
        "fiscal_year_end",
        TEXT,
        "Month and day on which the fiscal year ends, or the rule for 52/53-week years.",
        nullable=False,
    ),
    Column("taxonomy", TEXT, "Accounting taxonomy of the filings, in order of time.", nullable=False),
    Column("reporting_currency", TEXT, "Reporting currency, in order of time.", nullable=False),
    Column("forms", TEXT, "Forms filed, in order of time.", nullable=False),
    Column(
        "business_start_date",
        DATE,
        "Day from which filings under the CIK describe this business; null where it always did or is not recorded.",
    ),
    Column("business_start_precision", TEXT, PRECISION_SENTENCE, allowed=DATE_PRECISIONS),
)

ISSUER_NAME = ledger_table(
    "issuer_name",
    "Legal names by the date they took effect; a name ends where the next begins.",
    ("issuer", "valid_from_date"),
    ISSUER_COLUMN,
    Column("name", TEXT, "Legal name of the issuer.", nullable=False),
    Column("valid_from_date", DATE, "First day of the name.", nullable=False),
    Column("valid_from_precision", TEXT, PRECISION_SENTENCE, nullable=False, allowed=DATE_PRECISIONS),
)

TICKER = ledger_table(
    "ticker",
    "Tickers by the date they began or ended; a ticker ends where the issuer's next event begins.",
    ("issuer", "valid_from_date"),
    ISSUER_COLUMN,
    Column("ticker", TEXT, "Exchange ticker.", nullable=False),
    Column(
        "event",
        TEXT,
        "What happened on the date: listed under the ticker, or delisted.",
        nullable=False,
        allowed=("listed", "delisted"),
    ),
    Column("valid_from_date", DATE, "Day of the event.", nullable=False),
    Column("valid_from_precision", TEXT, PRECISION_SENTENCE, nullable=False, allowed=DATE_PRECISIONS),
)

INSTRUMENT = ledger_table(
    "instrument",
    "Instruments of the universe whose daily bars are kept.",
    ("instrument",),
    Column(
        "instrument", TEXT, "Short name of the instrument: the present ticker, or the pair for coins.", nullable=False
    ),
    Column("name", TEXT, "Name of the instrument.", nullable=False),
    Column("kind", TEXT, "What it is.", nullable=False, allowed=("equity", "etf", "crypto", "index")),
    Column(
        "issuer",
        TEXT,
        "Issuer of the universe behind an equity; null for funds, coins, indices and companies outside the universe.",
    ),
    Column(
        "calendar",
        TEXT,
        "Sessions it trades on: the exchange's code, or UTC for every day.",
        nullable=False,
        allowed=("XNYS", "UTC"),
    ),
    Column("currency", TEXT, "Currency of its price.", nullable=False, allowed=("USD",)),
    Column("close_convention", TEXT, "What its close is.", nullable=False, allowed=("exchange_close", "utc_midnight")),
    Column("first_session_date", DATE, "First session of the listing, where it began inside the warehouse's window."),
)

AI_DEAL = ledger_table(
    "ai_deal",
    "AI hosting and cloud deals of miners, one row per announcement; cumulative totals name the deals they include.",
    ("deal_id",),
    Column("deal_id", TEXT, "Name of the row: issuer, date, counterparty.", nullable=False, pattern="[A-Za-z0-9-]+"),
    ISSUER_COLUMN,
    Column("issuer_name_at_time", TEXT, "Name the issuer had at the announcement.", nullable=False),
    Column(
        "deal_kind",
        TEXT,
        "A signed contract, an acquisition, a pipeline (land and power without tenant), or a statement that none is signed.",
        nullable=False,
        allowed=("contract", "acquisition", "pipeline", "none_signed"),
    ),
    Column("counterparty", TEXT, "Who signed as tenant or customer; null where there is none."),
    Column("end_user", TEXT, "Who uses the capacity behind the counterparty, where named."),
    Column("backstop_party", TEXT, "Who guarantees the counterparty's payments, where named."),
    Column("backstop_usd_m", REAL, "Amount guaranteed under this deal alone.", "USD million", positive=True),
    Column("announced_date", DATE, "Day of the announcement.", nullable=False),
    Column("announced_precision", TEXT, PRECISION_SENTENCE, nullable=False, allowed=DATE_PRECISIONS),
    Column("service_model", TEXT, "What is sold: space and power, or computing.", allowed=("colocation", "gpu_cloud")),
    Column("site", TEXT, "Where the capacity stands."),
    Column("programme", TEXT, "Series of deals that a cumulative total of the issuer runs over.", nullable=False),
    Column(
        "value_kind",
        TEXT,
        "Whether the value adds to the programme or is its total so far; null without a value.",
        allowed=("increment", "cumulative"),
    ),
    Column(
        "value_usd_m",
        REAL,
        "Value announced for the base term, at 100 % of the contracting entity.",
        "USD million",
        positive=True,
    ),
    Column("value_basis", TEXT, "What the value is a value of, in the words of the announcement."),
    Column("value_includes", TEXT, "Deal ids that a cumulative value includes, separated by semicolons."),
    Column("value_with_extensions_usd_m", REAL, "Value with all extension options.", "USD million", positive=True),
    Column(
        "critical_it_mw",
        REAL,
        "Critical IT load of the deal (of the programme so far for a cumulative row).",
        "MW",
        positive=True,
    ),
    Column(
        "gross_mw",
        REAL,
        "Gross power of the deal (of the programme so far for a cumulative row), basis as announced.",
        "MW",
        positive=True,
    ),
    Column(
        "mw_basis",
        TEXT,
        "Which load the announcement states; unknown stays unknown.",
        nullable=False,
        allowed=("critical_it", "gross", "both", "unknown", "none"),
    ),
    Column("term_years", REAL, "Base term.", "years", positive=True),
    Column(
        "issuer_share_pct", REAL, "The issuer's share of the contracting entity.", "percent", positive=True, maximum=100
    ),
    Column("delivery", TEXT, "When the capacity is due, as announced."),
    Column("form", TEXT, "Document of the announcement."),
)

BOND_TRANCHE = ledger_table(
    "bond_tranche",
    "Bond tranches of hyperscalers and miners, one row per tranche.",
    ("tranche_id",),
    Column(
        "tranche_id", TEXT, "Name of the tranche: deal, maturity, coupon.", nullable=False, pattern="[A-Za-z0-9.-]+"
    ),
    Column(
        "deal_id", TEXT, "Name of the deal: issuer, announcement, currency.", nullable=False, pattern="[A-Za-z0-9-]+"
    ),
    ISSUER_COLUMN,
    Column("obligor", TEXT, "Legal entity that owes.", nullable=False),
    Column("is_issuer_debt", FLAG, "False for debt of a vehicle that the issuer does not consolidate.", nullable=False),
    Column("status", TEXT, "Priced, or preliminary without terms.", nullable=False, allowed=("final", "preliminary")),
    Column("announced_date", DATE, "Day of pricing or announcement.", nullable=False),
    Column("announced_precision", TEXT, PRECISION_SENTENCE, nullable=False, allowed=DATE_PRECISIONS),
    Column("settled_date", DATE, "Day of settlement, where recorded."),
    Column("currency", TEXT, "Currency of the principal.", allowed=("USD", "EUR", "GBP", "CHF")),
    Column(
        "principal_m",
        REAL,
        "Principal in millions of the currency; not the price to public.",
        "million of currency",
        positive=True,
    ),
    Column("coupon_kind", TEXT, "Fixed, floating or zero coupon.", allowed=("fixed", "floating", "zero")),
    Column(
        "coupon_pct", REAL, "Fixed coupon; null for floating notes, whose margin is no coupon.", "percent", minimum=0
    ),
    Column("floating_index", TEXT, "Reference rate of a floating note."),
    Column("floating_margin_bp", REAL, "Margin over the reference rate.", "basis points"),
    Column("maturity_date", DATE, "Day of maturity; the first of January where only the year is recorded."),
    Column("maturity_precision", TEXT, "How exact the maturity is.", allowed=("day", "year")),
    Column("spread_bp", REAL, "Spread over the benchmark at pricing.", "basis points"),
    Column("price_pct", REAL, "Price to public.", "percent of principal", positive=True),
    Column("ytm_pct", REAL, "Yield to maturity at pricing.", "percent"),
    Column(
        "peak_orders_m",
        REAL,
        "Peak orders for the whole deal as reported by media, millions.",
        "million of order currency",
        positive=True,
    ),
    Column("peak_orders_currency", TEXT, "Currency of the peak orders.", allowed=("USD", "EUR", "GBP")),
    Column(
        "registration",
        TEXT,
        "How the notes were offered.",
        nullable=False,
        allowed=("sec_registered", "144a", "144a_convertible", "unregistered"),
    ),
    Column(
        "deal_headline_m",
        REAL,
        "Principal of the whole deal as headlines state it, where one was recorded apart from the tranches.",
        "million of currency",
        positive=True,
    ),
    Column("form", TEXT, "Document of the terms."),
)

CAPEX_QUARTER = ledger_table(
    "capex_quarter",
    "Capital expenditure by fiscal quarter and basis; bases are never mixed.",
    ("issuer", "metric", "period_end_date", "known_at_utc"),
    ISSUER_COLUMN,
    Column("metric", TEXT, "Basis of the figure.", nullable=False, allowed=("capex_cash", "capex_with_finance_leases")),
    Column("period_start_date", DATE, "First day of the quarter.", nullable=False),
    Column("period_end_date", DATE, "Last day of the quarter.", nullable=False),
    Column("value", REAL, "Amount.", "see unit", nullable=False, minimum=0),
    Column("unit", TEXT, "Unit of the amount.", nullable=False, allowed=("USD million",)),
    Column("basis", TEXT, "What the amount includes, in words.", nullable=False),
    Column("xbrl_concept", TEXT, "XBRL concept of the amount; null for company definitions outside XBRL."),
)

CAPEX_GUIDANCE = ledger_table(
    "capex_guidance",
    "Guidance by the day it was given; every revision is a row.",
    ("issuer", "metric", "target_year", "announced_date"),
    ISSUER_COLUMN,
    Column(
        "metric",
        TEXT,
        "What is guided: capex, or a financing plan, which is not capex.",
        nullable=False,
        allowed=("capex", "financing_plan"),
    ),
    Column("target_year", WHOLE, "Year guided.", "year", nullable=False, minimum=2000, maximum=2100),
    Column(
        "target_basis",
        TEXT,
        "Whether the year is the issuer's fiscal year or the calendar year.",
        nullable=False,
        allowed=("fiscal", "calendar"),
    ),
    Column("low", REAL, "Lower end, or the single figure given.", "see unit", nullable=False, positive=True),
    Column("high", REAL, "Upper end; null where a single figure was given.", "see unit", positive=True),
    Column("unit", TEXT, "Unit of both ends.", nullable=False, allowed=("USD million",)),
    Column("announced_date", DATE, "Day it was given.", nullable=False),
    Column("announced_precision", TEXT, PRECISION_SENTENCE, nullable=False, allowed=DATE_PRECISIONS),
)

PRODUCTION = ledger_table(
    "production",
    "Monthly production updates of miners; an empty cell was not disclosed.",
    ("issuer", "period_start_date", "known_at_utc"),
    ISSUER_COLUMN,
    Column("period_start_date", DATE, "First day of the month.", nullable=False),
    Column("period_end_date", DATE, "Last day of the month.", nullable=False),
    Column("btc_produced", REAL, "Bitcoin produced in the month.", "BTC", minimum=0),
    Column("btc_sold", REAL, "Bitcoin sold in the month.", "BTC", minimum=0),
    Column("btc_held", REAL, "Bitcoin held at the end of the month, restricted coins included.", "BTC", minimum=0),
    Column(
        "btc_restricted",
        REAL,
        "Part of the bitcoin held that is pledged, loaned or otherwise restricted.",
        "BTC",
        minimum=0,
    ),
    Column(
        "hashrate_energized_eh_s",
        REAL,
        "Hashrate deployed or energized at the end of the month.",
        "EH/s",
        positive=True,
    ),
    Column("hashrate_operating_eh_s", REAL, "Average operating hashrate of the month.", "EH/s", positive=True),
    Column("fleet_efficiency_j_per_th", REAL, "Efficiency of the fleet.", "J/TH", positive=True),
    Column(
        "electricity_cost_usd_per_btc",
        REAL,
        "Electricity cost per bitcoin mined, as disclosed.",
        "USD per BTC",
        positive=True,
    ),
    Column("power_cost_usd_per_kwh", REAL, "All-in power cost.", "USD per kWh", positive=True),
    Column("revenue_usd_per_btc", REAL, "Revenue per bitcoin mined, as disclosed.", "USD per BTC", positive=True),
    Column(
        "definition_version",
        WHOLE,
        "Version of the issuer's definitions; a changed label is a new version.",
        "version",
        nullable=False,
        minimum=1,
    ),
)

DISCLOSURE_REGIME = ledger_table(
    "disclosure_regime",
    "How often an issuer discloses a metric, by the date the habit began; none means it fell silent.",
    ("issuer", "metric", "valid_from_date"),
    ISSUER_COLUMN,
    Column("metric", TEXT, "What is disclosed.", nullable=False, allowed=("btc_produced",)),
    Column(
        "cadence",
        TEXT,
        "How often: monthly, quarterly, or none (no longer monthly; any later habit is not recorded).",
        nullable=False,
        allowed=("monthly", "quarterly", "none"),
    ),
    Column("valid_from_date", DATE, "First day of the first period under the habit.", nullable=False),
    Column("valid_from_precision", TEXT, PRECISION_SENTENCE, nullable=False, allowed=DATE_PRECISIONS),
    Column("label", TEXT, "The issuer's own labels for the metric."),
)

CONCEPT = ledger_table("concept", CONCEPT_DESCRIPTION, CONCEPT_KEY, *CONCEPT_COLUMNS)

LEDGER_TABLES: tuple[Table, ...] = (
    ISSUER,
    ISSUER_NAME,
    TICKER,
    INSTRUMENT,
    AI_DEAL,
    BOND_TRANCHE,
    CAPEX_QUARTER,
    CAPEX_GUIDANCE,
    PRODUCTION,
    DISCLOSURE_REGIME,
    CONCEPT,
    PROVIDER,
    SERIES,
    FEED,
    BAR_EXCLUSION,
)

# Tables in which no row is a statement, too: nothing has been found wrong.
MAY_BE_EMPTY = frozenset({BAR_EXCLUSION.name})
