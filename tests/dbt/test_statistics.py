"""Statistics of the marts against numpy, which computes each window by itself: on closes that were, and on series that are
no good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.dbt.models import Models

KNOWN = datetime(2026, 1, 1)
LAGS = 5

Series = Sequence[tuple[float | None, float | None]]
"""Log returns of a and b by session; None where there is none."""


def newey_west(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Beta of y on x and its error, from residuals and a matrix of weights over all pairs of sessions of the window."""
    design = np.column_stack([np.ones_like(x), x])
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ y
    scores = design * (y - design @ coefficients)[:, None]
    apart = np.abs(np.subtract.outer(np.arange(len(x)), np.arange(len(x))))
    weights = np.clip(1 - apart / (LAGS + 1), 0, None)
    return coefficients[1], float(np.sqrt((bread @ scores.T @ weights @ scores @ bread)[1, 1]))


def correlations(models: Models, pairs: Mapping[str, Series]) -> dict[tuple[str, int, int], tuple[float | None, ...]]:
    """Correlation, beta and its error by pair, window and place of the last session, as the model has them."""
    first = date(2020, 1, 1)
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE int_return__shared (instrument_a VARCHAR, instrument_b VARCHAR, close_alignment VARCHAR,"
            " same_close_alternative VARCHAR, session_date DATE, log_return_a DOUBLE, log_return_b DOUBLE,"
            " known_at_utc TIMESTAMP)"
        )
        rows = [
            (name, first + timedelta(days=day), a, b, KNOWN)
            for name, series in pairs.items()
            for day, (a, b) in enumerate(series)
        ]
        connection.executemany("INSERT INTO int_return__shared VALUES (?, 'B', 'same_close', NULL, ?, ?, ?, ?)", rows)
        found = connection.execute(models.sql["mart_correlation"]).to_arrow_table().to_pylist()
    return {
        (row["instrument_a"], row["window_sessions"], (row["session_date"] - first).days): (
            row["correlation"],
            row["beta"],
            row["beta_standard_error"],
        )
        for row in found
    }


def closes(lake: Path, instrument: str) -> dict[date, float]:
    sql = "SELECT session_date, close_usd FROM read_parquet(?) WHERE instrument = ? AND session_date >= '2024-12-31'"
    with duckdb.connect(":memory:") as connection:
        files = str(lake / "raw_market__bar" / "*" / "data.parquet")
        return dict(connection.execute(sql, [files, instrument]).fetchall())


@pytest.fixture(scope="module")
def real(lake: Path) -> dict[str, Series]:
    """Miners, a calm fund and a coin against the bitcoin fund, over the sessions that both have."""
    base = closes(lake, "IBIT")
    found: dict[str, Series] = {}
    for name in ("MARA", "WULF", "GLD", "BTC-USD"):
        other = closes(lake, name)
        days = sorted(base.keys() & other.keys())
        assert len(days) > 200
        a, b = np.log([other[day] for day in days]), np.log([base[day] for day in days])
        found[name] = list(zip(np.diff(a).tolist(), np.diff(b).tolist(), strict=True))
    return found


def holds(models: Models, pairs: Mapping[str, Series]) -> int:
    """Every window without a hole is in the model with numpy's figures, and no other; the number of them."""
    found = correlations(models, pairs)
    expected = 0
    for name, series in pairs.items():
        values = np.array(series, dtype=float)
        for window in (30, 60, 90, 252):
            for last in range(window - 1, len(values)):
                y, x = values[last - window + 1 : last + 1].T
                if np.isnan(x).any() or np.isnan(y).any():
                    continue
                expected += 1
                correlation, beta, error = found[name, window, last]
                still_x, still_y = np.var(x) < 1e-12, np.var(y) < 1e-12
                assert (beta is None) == (error is None) == still_x
                assert (correlation is None) == (still_x or still_y)
                if not still_x:
                    wanted_beta, wanted_error = newey_west(x, y)
                    assert beta == pytest.approx(wanted_beta, rel=1e-8, abs=1e-10)
                    assert error == pytest.approx(wanted_error, rel=1e-7, abs=1e-7)
                if correlation is not None:
                    assert correlation == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-8, abs=1e-10)
    assert expected == len(found)
    return expected


def test_correlation_beta_and_error_of_closes_that_were(models: Models, real: dict[str, Series]) -> None:
    assert holds(models, real) > 2000


def test_correlation_beta_and_error_of_series_that_are_no_good(models: Models) -> None:
    chance = np.random.default_rng(20260731)
    x = chance.normal(0, 0.03, 400)
    y = 1.7 * x + chance.standard_t(3, 400) * 0.04
    jump = y.copy()
    jump[200] = 4.0
    still, stopped, line = np.zeros(400), x.copy(), np.full(400, 0.001)
    stopped[100:200] = 0.0
    holes: list[tuple[float | None, float | None]] = list(zip(y.tolist(), x.tolist(), strict=True))
    for hole in (0, 57, 58, 120, 399):
        holes[hole] = (None, None)

    def both(a: np.ndarray, b: np.ndarray) -> Series:
        return list(zip(a.tolist(), b.tolist(), strict=True))

    pairs: dict[str, Series] = {
        "holes": holes,
        "jump": both(jump, x),
        "a still": both(still, x),
        "b still": both(y, still),
        "b on a line": both(y, line),
        "both still": both(still, still),
        "b stops and goes on": both(y, stopped),
        "a by its last digits": both(1e-15 * x, x),
        "a twice b": both(2 * x, x),
        "a against b": both(-x, x),
        "short": both(y[:29], x[:29]),
        "just long enough": both(y[:30], x[:30]),
        "none": both(y[:0], x[:0]),
    }
    assert holds(models, pairs) > 4000
