"""Prices restated for splits, back to what was traded. Only splits of the answer itself count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from math import prod

from ingestion.providers.pages import local_date
from ingestion.providers.rows import NEW_YORK, Row

PRICES = ("open_usd", "high_usd", "low_usd", "close_usd")


def splits_until(actions: Iterable[Row], fetched_at_utc: datetime) -> list[tuple[date, float]]:
    """Ex-dates and ratios of the splits that had taken effect in New York when the answer was given; naive UTC."""
    today = local_date(fetched_at_utc, NEW_YORK)
    splits = {row["ex_date"]: row["split_ratio"] for row in actions if row["action"] == "split"}
    return sorted((ex_date, ratio) for ex_date, ratio in splits.items() if ex_date <= today)


def bars_as_traded(rows: Sequence[Row], splits: Sequence[tuple[date, float]]) -> list[Row]:
    """Bars that are restated for all `splits` as they were traded: prices times the ratio of each split after the
    session, volume divided by it."""
    found: list[Row] = []
    for row in rows:
        ratio = _after(row["session_date"], splits)
        prices = {name: _times(row.get(name), ratio) for name in PRICES}
        found.append({**row, **prices, "volume": _times(row.get("volume"), 1 / ratio)})
    return found


def actions_as_paid(actions: Sequence[Row], splits: Sequence[tuple[date, float]]) -> list[Row]:
    """Dividends that are restated for all `splits` as they were paid; splits as they are."""
    return [{**row, "dividend_usd": _times(row.get("dividend_usd"), _after(row["ex_date"], splits))} for row in actions]


def _after(day: date, splits: Sequence[tuple[date, float]]) -> float:
    return prod(ratio for ex_date, ratio in splits if ex_date > day)


def _times(value: float | None, ratio: float) -> float | None:
    return value * ratio if value is not None and ratio != 1 else value
