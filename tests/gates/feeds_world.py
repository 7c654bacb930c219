"""Rows of the good world about providers: who is asked, what they were asked, and macro series. Two providers each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

Row = Mapping[str, Any]

MARKET, NETWORK = ("yahoo", "stooq"), ("coin_metrics", "mempool")
MACRO = {"UST_10Y": ("fred", "treasury"), "SP500": ("fred", "fred_api"), "M2": ("fred", "fred_api")}
TERMS = {"bundle": "unknown", "fred": "by_series", "treasury": "allowed", "coin_metrics": "non_commercial"}
ASKED = datetime(2025, 7, 12, 6)


def feeds_rows(instruments: Sequence[str], sessions: Sequence[date]) -> dict[str, list[Row]]:
    """Providers are asked about `instruments`, the network and the series; the series have a value on `sessions`."""
    providers = sorted({"bundle", *MARKET, *NETWORK, *(name for names in MACRO.values() for name in names)})
    return {
        "raw_ledger__provider": [
            {
                "provider": provider,
                "name": f"{provider} data",
                "access": "shipped" if provider == "bundle" else "key" if provider == "fred_api" else "keyless",
                "licence": "terms of use",
                "redistribution": TERMS.get(provider, "not_allowed"),
                "attribution": f"Source: {provider}" if provider == "coin_metrics" else None,
            }
            for provider in providers
        ],
        "raw_ledger__series": [
            {
                "series": series,
                "name": f"{series} by day",
                "unit": unit,
                "frequency": "monthly" if revised else "daily",
                "publication_lag_days": 60 if revised else 1,
                "is_revised": revised,
                "owner": "an agency",
                "redistribution": "allowed",
            }
            for series, unit, revised in (
                ("UST_10Y", "percent", False),
                ("SP500", "index points", False),
                ("M2", "USD billion", True),
            )
        ],
        "raw_ledger__feed": [
            {
                "domain": domain,
                "subject": subject,
                "provider": provider,
                "priority": place,
                "symbol": subject.lower(),
                "valid_from_date": date(2020, 1, 1),
            }
            for domain, subject, asked in (
                *(("market", instrument, MARKET) for instrument in instruments),
                ("network", "BTC", NETWORK),
                *(("macro", series, asked) for series, asked in MACRO.items()),
            )
            for place, provider in enumerate(asked, start=1)
        ],
        "raw_ledger__bar_exclusion": [
            {
                "instrument": "MARA",
                "session_date": date(2025, 7, 8),
                "provider": "stooq",
                "reason": "ten times the close of all others",
                "known_at_utc": datetime(2025, 7, 10),
            }
        ],
        "raw_macro__observation": list(_observations(sessions)),
        "raw_feed__request": list(_requests(instruments)),
    }


def _observations(sessions: Sequence[date]) -> Iterator[Row]:
    for n, day in enumerate(sessions):
        for series, value, providers in (
            ("UST_10Y", 4.25 + n / 100, ("fred", "treasury")),
            ("SP500", 6200.0 + n, ("fred",)),
        ):
            for provider in providers:
                yield {
                    "series": series,
                    "observation_date": day,
                    "provider": provider,
                    "value": value,
                    "known_at_basis": "publication_lag",
                    "known_at_utc": datetime(day.year, day.month, day.day) + timedelta(days=2),
                }
    for month, value in ((date(2025, 4, 1), 21_900.0), (date(2025, 5, 1), 21_950.0)):
        yield {
            "series": "M2",
            "observation_date": month,
            "provider": "fred",
            "value": value,
            "known_at_basis": "observed",
            "known_at_utc": datetime(2025, 7, 1, 6),
        }


def _requests(instruments: Sequence[str]) -> Iterator[Row]:
    """MARA is unknown to the first provider and answered by the second; everything else is answered by the first."""
    subjects = [("market", instrument, MARKET) for instrument in instruments]
    subjects += [("network", "BTC", NETWORK), *(("macro", series, asked) for series, asked in MACRO.items())]
    for n, (domain, subject, providers) in enumerate(subjects):
        for place, provider in enumerate(providers, start=1):
            failed = subject == "MARA" and place == 1
            asked = ASKED + timedelta(seconds=10 * n + place)
            yield {
                "asked_date": asked.date(),
                "asked_at_utc": asked,
                "domain": domain,
                "subject": subject,
                "provider": provider,
                "priority": place,
                "first_date": date(2025, 6, 30),
                "last_date": date(2025, 7, 11),
                "outcome": "failed" if failed else "answered",
                "problem": "no answer within 30 seconds" if failed else None,
                "requests": 0 if failed else 1,
                "seconds": 0.5,
                "answer_sha256": None if failed else "b" * 64,
                "known_at_utc": asked + timedelta(seconds=1),
            }
