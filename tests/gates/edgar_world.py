"""Rows of the good world that come from EDGAR, and the map of concepts: two filings, one of which changes a number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

Row = Mapping[str, Any]


def edgar_rows() -> dict[str, list[Row]]:
    def fact(start: date, end: date, number: int, value: float, filed: date) -> Row:
        return {
            "issuer": "MSFT",
            "cik": "0000000003",
            "taxonomy": "us-gaap",
            "concept": "PaymentsToAcquirePropertyPlantAndEquipment",
            "unit": "USD",
            "period_type": "duration",
            "period_start_date": start,
            "period_end_date": end,
            "accession": f"0000000003-25-{number:06d}",
            "value": value,
            "fiscal_year": 2025,
            "fiscal_period": "Q1",
            "form": "10-Q",
            "filed_date": filed,
            "known_at_basis": "acceptance",
            "known_at_utc": datetime(filed.year, filed.month, filed.day, 21),
        }

    def concept(issuer: str, metric: str, name: str, **more: Any) -> Row:
        base = {
            "issuer": issuer,
            "metric": metric,
            "taxonomy": "us-gaap",
            "concept": name,
            "unit": "USD",
            "period_type": "duration",
            "priority": 1,
            "is_required": True,
            "basis": metric,
            "valid_from_date": date(2005, 1, 1),
        }
        return base | more

    new_year, april, july = date(2025, 1, 1), date(2025, 4, 24), date(2025, 7, 24)
    return {
        "raw_sec__filing": [
            {
                "issuer": "MSFT",
                "cik": "0000000003",
                "accession": f"0000000003-25-{number:06d}",
                "form": "10-Q",
                "items": None,
                "filed_date": filed,
                "report_date": date(2025, 3, 31),
                "acceptance_text": "2025-04-24T17:00:00.000Z",
                "acceptance_zone": "UTC",
                "primary_document": "a.htm",
                "is_xbrl": True,
                "size_bytes": 1000,
                "known_at_utc": datetime(filed.year, filed.month, filed.day, 21),
            }
            for number, filed in ((1, april), (2, july))
        ],
        "raw_sec__fact": [
            fact(new_year, date(2025, 3, 31), 1, 14_000e6, april),
            fact(new_year, date(2025, 3, 31), 2, 14_500e6, july),
            fact(new_year, date(2025, 6, 30), 2, 30_000e6, july),
        ],
        "raw_sec__document": [
            {
                "issuer": "MSFT",
                "cik": "0000000003",
                "accession": "0000000003-25-000001",
                "sequence": sequence,
                "document_type": "10-Q",
                "file_name": f"{sequence}.htm",
                "sha256": "a" * 64,
                "text_sha256": "b" * 64,
                "known_at_utc": datetime(2025, 4, 24, 21),
            }
            for sequence in (1, 2)
        ],
        "raw_ledger__concept": [
            concept("*", "capex_cash", "PaymentsToAcquirePropertyPlantAndEquipment"),
            concept("*", "cash", "Cash", period_type="instant"),
            concept("*", "shares", "Shares", period_type="instant", unit="shares", taxonomy="dei"),
            concept("MSFT", "debt", "LongTermDebt", period_type="instant"),
            concept("MSFT", "debt", "CommercialPaper", period_type="instant", priority=2, is_required=False),
            concept("MARA", "revenue", "Old", known_at_utc=datetime(2020, 1, 1)),
            concept("MARA", "revenue", "Old", valid_to_date=date(2024, 1, 1), known_at_utc=datetime(2024, 5, 1)),
            concept("MARA", "revenue", "New", valid_from_date=date(2024, 1, 1), known_at_utc=datetime(2024, 5, 1)),
        ],
    }
