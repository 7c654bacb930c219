"""Rows of the good world about AI deals and bond tranches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

Row = Mapping[str, Any]


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(days=1)


def deals() -> list[Row]:
    def deal(deal_id: str, announced: date, programme: str, **more: Any) -> Row:
        issuer = deal_id.split("-")[0]
        base = {
            "deal_id": deal_id,
            "issuer": issuer,
            "issuer_name_at_time": f"{issuer} Inc.",
            "deal_kind": "contract",
            "counterparty": "CoreWeave",
            "announced_date": announced,
            "announced_precision": "day",
            "service_model": "colocation",
            "programme": programme,
            "mw_basis": "critical_it",
            "issuer_share_pct": 100.0,
            "form": "8-K",
            "known_at_utc": midnight_after(announced),
        }
        return {**base, **more}

    valued = {"value_basis": "contracted revenue", "term_years": 12.0}
    return [
        deal(
            "CORZ-A",
            date(2024, 6, 3),
            "hosting",
            **valued,
            value_kind="increment",
            value_usd_m=3500.0,
            value_with_extensions_usd_m=5000.0,
            critical_it_mw=200.0,
            backstop_party="Google",
            backstop_usd_m=1000.0,
        ),
        deal(
            "CORZ-B",
            date(2024, 10, 22),
            "hosting",
            **valued,
            value_kind="cumulative",
            value_usd_m=8700.0,
            value_includes="CORZ-A",
            critical_it_mw=500.0,
        ),
        deal(
            "MARA-C",
            date(2025, 6, 30),
            "cloud",
            value_basis="contract value",
            value_kind="increment",
            value_usd_m=900.0,
            service_model="gpu_cloud",
            term_years=5.0,
            mw_basis="both",
            critical_it_mw=20.0,
            gross_mw=30.0,
            issuer_share_pct=60.0,
        ),
        deal(
            "MARA-N",
            date(2025, 7, 2),
            "none",
            deal_kind="none_signed",
            counterparty=None,
            service_model=None,
            mw_basis="none",
        ),
        deal(
            "MARA-P",
            date(2025, 7, 3),
            "land",
            deal_kind="pipeline",
            counterparty=None,
            service_model=None,
            mw_basis="gross",
            gross_mw=285.0,
        ),
    ]


def tranches() -> list[Row]:
    def tranche(tranche_id: str, deal_id: str, announced: date, **more: Any) -> Row:
        base = {
            "tranche_id": tranche_id,
            "deal_id": deal_id,
            "issuer": deal_id.split("-")[0],
            "obligor": "the company",
            "is_issuer_debt": True,
            "status": "final",
            "announced_date": announced,
            "announced_precision": "day",
            "settled_date": announced + timedelta(days=3),
            "currency": "USD",
            "coupon_kind": "fixed",
            "maturity_date": date(2035, 5, 15),
            "maturity_precision": "day",
            "registration": "sec_registered",
            "known_at_utc": midnight_after(announced),
        }
        return {**base, **more}

    deal = {"deal_headline_m": 2500.0, "peak_orders_m": 9000.0, "peak_orders_currency": "USD"}
    fixed = {"price_pct": 99.5, "ytm_pct": 4.6, "spread_bp": 70.0}
    announced = date(2025, 5, 13)
    return [
        tranche("MSFT-1-2030", "MSFT-1", announced, **deal, **fixed, principal_m=1000.0, coupon_pct=4.5),
        tranche("MSFT-1-2035", "MSFT-1", announced, **deal, **fixed, principal_m=1500.0, coupon_pct=4.75),
        tranche(
            "MSFT-2-FRN",
            "MSFT-2",
            date(2025, 6, 3),
            coupon_kind="floating",
            floating_index="compounded SOFR",
            floating_margin_bp=76.0,
            principal_m=500.0,
        ),
        tranche(
            "MARA-1-2032",
            "MARA-1",
            date(2025, 6, 17),
            coupon_kind="zero",
            coupon_pct=0.0,
            principal_m=950.0,
            currency="EUR",
            registration="144a_convertible",
        ),
    ]
