"""A small good world: every raw table with rows that keep every rule, in one DuckDB connection. No mutations here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import duckdb

from ingestion.contracts import TABLES
from tests.gates.contracts_world import deals, midnight_after, tranches
from tests.gates.edgar_world import edgar_rows
from tests.gates.feeds_world import feeds_rows

NOW = datetime(2025, 8, 1, 12)
FIRST, LAST = date(2025, 6, 30), date(2025, 7, 11)
MIDDLE = date(2025, 7, 5)
HOLIDAYS = (date(2025, 6, 19), date(2025, 7, 4))
HALF_DAYS = (date(2025, 7, 3),)
SPLIT_DATE, SPLIT_RATIO = date(2025, 7, 7), 4.0
EXCLUDED = date(2025, 7, 8)
INSTRUMENTS = ("MARA", "SPY", "VIX", "BTC-USD")
REGISTRY = datetime(2020, 1, 1)

COMMON: dict[str, Any] = {
    "known_at_utc": REGISTRY,
    "ingested_at_utc": datetime(2025, 7, 20),
    "source": "here",
    "source_sha256": "0" * 63 + "a",
    "parser_version": "1",
}
EVIDENCE: dict[str, Any] = {"citation": "a filing", "confidence": "high", "known_at_basis": "filing", "source_line": 2}

Row = Mapping[str, Any]


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def sessions(first: date, last: date) -> list[date]:
    return [day for day in days(first, last) if day.isoweekday() < 6 and day not in HOLIDAYS]


def raw_world() -> duckdb.DuckDBPyConnection:
    """A connection in which raw.<table> is a table with the contract's columns and a handful of rows."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 1")
    connection.execute("CREATE SCHEMA raw")
    for name, rows in _raw_rows().items():
        table = TABLES[name]
        columns = [c.name for c in table.columns]
        declared = ", ".join(f'"{c.name}" {c.sql_type}' for c in table.columns)
        connection.execute(f"CREATE TABLE raw.{name} ({declared})")
        defaults = {**COMMON, **(EVIDENCE if table.group == "ledger" else {})}
        filled = [{**defaults, **row} for row in rows]
        assert all(set(row) <= set(columns) for row in filled), name
        marks = ", ".join("?" * len(columns))
        connection.executemany(
            f"INSERT INTO raw.{name} VALUES ({marks})", [[row.get(column) for column in columns] for row in filled]
        )
    return connection


def _raw_rows() -> dict[str, list[Row]]:
    return {
        "raw_market__bar": list(_bars()),
        "raw_market__coverage": [
            {"instrument": name, "provider": "bundle", "first_session_date": FIRST, "last_session_date": LAST}
            for name in INSTRUMENTS
        ]
        + [
            # Questions to a provider overlap, so that a correction is seen.
            {"instrument": "MARA", "provider": "stooq", "first_session_date": first, "last_session_date": LAST}
            for first in (FIRST, EXCLUDED)
        ],
        "raw_market__action": list(_actions()),
        "raw_network__day": [
            {
                "utc_date": day,
                "provider": "bundle",
                "blocks": 140 + n,
                "fees_btc": 4.5 + n / 10,
                "difficulty": 1.17e14,
                "hashrate_eh_s": 850.0,
                "known_at_utc": midnight_after(day),
            }
            for n, day in enumerate(days(FIRST, LAST))
        ]
        + [
            {
                "utc_date": day,
                "provider": "mempool",
                "difficulty": None if day == MIDDLE else 1.17e14,
                "hashrate_eh_s": 840.0,
                "known_at_utc": midnight_after(day),
            }
            for day in days(MIDDLE - timedelta(days=1), MIDDLE + timedelta(days=1))
        ],
        "raw_calendar__session": [
            {
                "exchange": "XNYS",
                "session_date": day,
                "open_utc": datetime(day.year, day.month, day.day, 13, 30),
                "close_utc": _close(day),
                "is_half_day": day in HALF_DAYS,
            }
            for day in sessions(date(2025, 6, 2), date(2025, 7, 18))
        ],
        **_universe_rows(),
        **_disclosure_rows(),
        **edgar_rows(),
        **feeds_rows(INSTRUMENTS, sessions(FIRST, LAST)),
        "raw_ledger__ai_deal": deals(),
        "raw_ledger__bond_tranche": tranches(),
    }


def _close(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 17 if day in HALF_DAYS else 20)


def _bars() -> Iterator[Row]:
    prices = {"MARA": 16.0, "SPY": 620.0, "VIX": 17.0, "BTC-USD": 108_000.0}
    series = [(instrument, "bundle", price) for instrument, price in prices.items()]
    for instrument, provider, price in (*series, ("MARA", "stooq", 16.02)):
        coin = instrument == "BTC-USD"
        for n, day in enumerate(days(FIRST, LAST) if coin else sessions(FIRST, LAST)):
            close = price * (1 + 0.01 * (n % 4))
            if instrument == "SPY" and day >= SPLIT_DATE:
                close /= SPLIT_RATIO
            if provider == "stooq" and day == EXCLUDED:
                close *= 10
            yield {
                "instrument": instrument,
                "session_date": day,
                "provider": provider,
                "open_usd": close * 0.99,
                "high_usd": close * 1.02,
                "low_usd": close * 0.98,
                "close_usd": close,
                "volume": 1000.0 + n,
                "known_at_utc": midnight_after(day) if coin else _close(day),
            }


def _actions() -> Iterator[Row]:
    """A split of SPY and a dividend of MARA, the latter told by two providers."""
    told = [
        ("SPY", SPLIT_DATE, "split", "yahoo", SPLIT_RATIO),
        ("MARA", date(2025, 7, 2), "dividend", "yahoo", 0.4),
        ("MARA", date(2025, 7, 2), "dividend", "stooq", 0.402),
    ]
    for instrument, day, action, provider, amount in told:
        yield {
            "instrument": instrument,
            "ex_date": day,
            "action": action,
            "provider": provider,
            "split_ratio": amount if action == "split" else None,
            "dividend_usd": amount if action == "dividend" else None,
            "known_at_utc": datetime(day.year, day.month, day.day, 13, 30),
        }


def _universe_rows() -> dict[str, list[Row]]:
    roles = {"MARA": "miner", "CORZ": "ai_landlord", "MSFT": "hyperscaler"}
    issuers = [
        {
            "issuer": issuer,
            "cik": f"{number:010d}",
            "sec_name": f"{issuer} Inc.",
            "role": role,
            "fiscal_year_end": "12-31",
            "taxonomy": "us-gaap",
            "reporting_currency": "USD",
            "forms": "10-K, 10-Q",
            "business_start_date": date(2020, 1, 1) if issuer == "CORZ" else None,
            "business_start_precision": "year" if issuer == "CORZ" else None,
        }
        for number, (issuer, role) in enumerate(roles.items(), start=1)
    ]
    names = [
        {"issuer": issuer, "name": name, "valid_from_date": begun, "valid_from_precision": "day"}
        for issuer, name, begun in (
            ("MARA", "Marathon Digital Holdings, Inc.", date(2021, 3, 2)),
            ("MARA", "MARA Holdings, Inc.", date(2024, 8, 15)),
            ("CORZ", "Core Scientific, Inc.", date(2022, 1, 19)),
            ("MSFT", "Microsoft Corporation", date(1993, 12, 8)),
        )
    ]
    tickers = [
        {"issuer": issuer, "ticker": ticker, "event": event, "valid_from_date": begun, "valid_from_precision": "day"}
        for issuer, ticker, event, begun in (
            ("MARA", "MARA", "listed", date(2014, 7, 2)),
            ("CORZ", "CORZ", "listed", date(2022, 1, 20)),
            ("CORZ", "CORZ", "delisted", date(2022, 12, 22)),
            ("CORZ", "CORZQ", "listed", date(2023, 1, 3)),
            ("MSFT", "MSFT", "listed", date(1986, 3, 13)),
        )
    ]
    instruments = [
        {
            "instrument": instrument,
            "name": f"{instrument} shares",
            "kind": kind,
            "issuer": issuer,
            "calendar": "UTC" if kind == "crypto" else "XNYS",
            "currency": "USD",
            "close_convention": "utc_midnight" if kind == "crypto" else "exchange_close",
        }
        for instrument, kind, issuer in (
            ("MARA", "equity", "MARA"),
            ("SPY", "etf", None),
            ("VIX", "index", None),
            ("BTC-USD", "crypto", None),
        )
    ]
    regimes = [
        {
            "issuer": "MARA",
            "metric": "btc_produced",
            "cadence": cadence,
            "valid_from_date": begun,
            "valid_from_precision": "day",
            "label": "BTC produced",
        }
        for cadence, begun in (("monthly", date(2020, 1, 10)), ("quarterly", date(2025, 7, 2)))
    ]
    return {
        "raw_ledger__issuer": issuers,
        "raw_ledger__issuer_name": names,
        "raw_ledger__ticker": tickers,
        "raw_ledger__instrument": instruments,
        "raw_ledger__disclosure_regime": regimes,
    }


def _disclosure_rows() -> dict[str, list[Row]]:
    quarters = (
        (date(2024, 7, 1), date(2024, 9, 30), 14_900.0),
        (date(2024, 10, 1), date(2024, 12, 31), 15_800.0),
        (date(2025, 1, 1), date(2025, 3, 31), 16_700.0),
        (date(2025, 4, 1), date(2025, 6, 30), 17_000.0),
    )
    capex = [
        {
            "issuer": "MSFT",
            "metric": metric,
            "period_start_date": begun,
            "period_end_date": ended,
            "value": value + more,
            "unit": "USD million",
            "basis": "cash paid",
            "known_at_utc": midnight_after(ended) + timedelta(days=25),
        }
        for metric, more in (("capex_cash", 0.0), ("capex_with_finance_leases", 5_000.0))
        for begun, ended, value in quarters
    ]
    guidance = [
        {
            "issuer": "MSFT",
            "metric": "capex",
            "target_year": 2025,
            "target_basis": "calendar",
            "low": low,
            "high": high,
            "unit": "USD million",
            "announced_date": announced,
            "announced_precision": "day",
            "known_at_utc": midnight_after(announced),
        }
        for announced, low, high in ((date(2025, 1, 29), 75_000.0, None), (date(2025, 7, 23), 80_000.0, 85_000.0))
    ]
    production = [
        {
            "issuer": "MARA",
            "period_start_date": begun,
            "period_end_date": ended,
            "btc_produced": 700.0,
            "btc_sold": 0.0,
            "btc_held": held,
            "btc_restricted": 4_000.0,
            "hashrate_energized_eh_s": 57.0,
            "hashrate_operating_eh_s": 50.0,
            "fleet_efficiency_j_per_th": 18.0,
            "electricity_cost_usd_per_btc": 35_000.0,
            "power_cost_usd_per_kwh": 0.04,
            "revenue_usd_per_btc": 100_000.0,
            "definition_version": 1,
            "known_at_utc": midnight_after(ended) + timedelta(days=3),
        }
        for begun, ended, held in (
            (date(2025, 5, 1), date(2025, 5, 31), 49_000.0),
            (date(2025, 6, 1), date(2025, 6, 30), 49_700.0),
        )
    ]
    return {
        "raw_ledger__capex_quarter": capex,
        "raw_ledger__capex_guidance": guidance,
        "raw_ledger__production": production,
    }
