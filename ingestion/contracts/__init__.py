"""What each raw table promises: TABLES has the contract of every yml file of this folder, by name."""

from __future__ import annotations

from ingestion.contracts.read import read_tables

TABLES = read_tables()


LEDGER_TABLES = tuple(table for table in TABLES.values() if table.group == "ledger")

# Tables that parsers and feeds make by name.
MARKET_BAR = TABLES["raw_market__bar"]
MARKET_ACTION = TABLES["raw_market__action"]
MARKET_COVERAGE = TABLES["raw_market__coverage"]
NETWORK_DAY = TABLES["raw_network__day"]
NETWORK_EPOCH = TABLES["raw_network__epoch"]
MACRO_OBSERVATION = TABLES["raw_macro__observation"]
FEED_REQUEST = TABLES["raw_feed__request"]
CALENDAR_SESSION = TABLES["raw_calendar__session"]
FILING = TABLES["raw_sec__filing"]
FACT = TABLES["raw_sec__fact"]
DOCUMENT = TABLES["raw_sec__document"]
NUMBER = TABLES["raw_extract__number"]
# What is made of EDGAR's answers, one partition a registrant.
SEC_TABLES = (FILING, FACT, DOCUMENT, NUMBER)
ACCESSION_PATTERN = FILING.column("accession").pattern
