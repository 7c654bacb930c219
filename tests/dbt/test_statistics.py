"""Statistics of the marts against numpy, which computes each window by itself: on closes that were, and on series that are
no good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.dbt.models import Models, module_of

KNOWN = datetime(2026, 1, 1)
LAGS = 5

MODEL = module_of("int_correlation__window")
RETURNS = pa.schema(
    dict(
        zip(
            MODEL.READ,
            (pa.string(), pa.string(), pa.date32(), pa.float64(), pa.float64(), pa.timestamp("us")),
            strict=True,
        )
    )
)
FIRST = date(2020, 1, 1)

Series = Sequence[tuple[float | None, float | None]]
"""Log returns of a and b by session; None where there is none."""


def newey_west(y: np.ndarray, *factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Betas of y on the factors and their errors, from residuals and weights over all pairs of sessions of the window."""
    design = np.column_stack([np.ones_like(y), *(factor - factor.mean() for factor in factors)])
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ y
    scores = design * (y - design @ coefficients)[:, None]
    apart = np.abs(np.subtract.outer(np.arange(len(y)), np.arange(len(y))))
    weights = np.clip(1 - apart / (LAGS + 1), 0, None)
    return coefficients[1:], np.sqrt(np.diag(bread @ scores.T @ weights @ scores @ bread))[1:]


def correlations(pairs: Mapping[str, Series]) -> dict[tuple[str, int, int], tuple[float | None, ...]]:
    """Correlation, beta and its error by pair, window and place of the last session, as the model has them."""
    returns = returns_of(pairs)
    # Blocks much shorter than a window, of one pair or of several.
    return {
        (row["instrument_a"], row["window_sessions"], (row["session_date"] - FIRST).days): (
            row["correlation"],
            row["beta"],
            row["beta_standard_error"],
        )
        for row in windows(returns, 37)
    }


def returns_of(pairs: Mapping[str, Series]) -> pa.Table:
    rows = [
        dict(zip(MODEL.READ, (name, "B", FIRST + timedelta(days=day), a, b, KNOWN), strict=True))
        for name, series in pairs.items()
        for day, (a, b) in enumerate(series)
    ]
    return pa.Table.from_pylist(rows, schema=RETURNS)


def windows(returns: pa.Table, block_rows: int) -> list[dict[str, Any]]:
    batches = MODEL.windows_of(returns.to_batches(block_rows))
    found: list[dict[str, Any]] = pa.Table.from_batches(batches, MODEL.schema_of(returns.schema)).to_pylist()
    return found


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


def holds(pairs: Mapping[str, Series]) -> int:
    """Every window without a hole is in the model with numpy's figures, and no other; the number of them."""
    found = correlations(pairs)
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
                    (wanted_beta,), (wanted_error,) = newey_west(y, x)
                    assert beta == pytest.approx(wanted_beta, rel=1e-9, abs=1e-12)
                    # A fit without residuals leaves last digits under the root.
                    assert error == pytest.approx(wanted_error, rel=1e-9, abs=1e-8 * abs(wanted_beta) + 1e-12)
                if correlation is not None:
                    assert correlation == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-9, abs=1e-12)
    assert expected == len(found)
    return expected


def test_correlation_beta_and_error_of_closes_that_were(real: dict[str, Series]) -> None:
    assert holds(real) > 2000


def test_correlation_beta_and_error_of_series_that_are_no_good() -> None:
    chance = np.random.default_rng(20260731)
    x = chance.normal(0, 0.03, 400)
    y = 1.7 * x + chance.standard_t(3, 400) * 0.04
    jump, far_y, far_x, faint = y.copy(), y.copy(), x.copy(), 0.02 + 1e-4 * x
    jump[200] = 4.0
    far_y[150] = far_x[200] = 1e6
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
        "a far off once": both(far_y, x),
        "b far off once": both(y, far_x),
        "a moves faintly about a drift": both(faint, x),
        "b moves faintly about a drift": both(y, faint),
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
    assert holds(pairs) > 4000


def test_a_row_is_the_same_wherever_a_block_begins(real: dict[str, Series]) -> None:
    returns = returns_of(real)
    whole = windows(returns, len(returns))
    assert len(whole) > 2000
    in_order = [sorted(windows(returns, rows), key=repr) for rows in (1, 300)]
    assert in_order == [sorted(whole, key=repr)] * 2
    # The last day alone, from no more than its longest window.
    one = returns.filter(pc.equal(returns["instrument_a"], "MARA"))
    last = one["session_date"][-1].as_py()
    of_last = [row for row in whole if row["instrument_a"] == "MARA" and row["session_date"] == last]
    assert [row for row in windows(one[-252:], 252) if row["session_date"] == last] == of_last and len(of_last) > 2


def test_figures_by_hand_with_holes_and_the_moment_they_were_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one lag. Returns of b 3, 0, 0 and of a -1, -1, 2: sums of squares 6 and 6, of products -3, so correlation and
    beta -1/2; residuals 0, -3/2, 3/2 times b less its mean 0, 3/2, -3/2, S = 9/2 - 9/4, error 3/2 / 6. A session later b 0,
    0, 3 and a -1, 2, 2: correlation and beta 1/2, error 1/4. What lies before a window is in no figure of it, nor when it
    became known."""
    for name, value in {"WINDOWS": (3,), "LAGS": 1, "WEIGHTS": (1.0,)}.items():
        monkeypatch.setattr(MODEL, name, value)
    late = datetime(2026, 2, 3)
    series = [(None, None), (-1, 3), (-1, 0), (2, 0), (2, 3), (None, None), (0, 1), (0, 1), (0, 1)]
    rows = [
        ("A", "B", FIRST + timedelta(days=day), a, b, late if day == 1 else KNOWN if day else None)
        for day, (a, b) in enumerate(series)
    ]
    returns = pa.Table.from_pylist([dict(zip(MODEL.READ, row, strict=True)) for row in rows], schema=RETURNS)
    assert [(row["session_date"].day, *list(row.values())[3:]) for row in windows(returns, 2)] == [
        (4, 3, -0.5, -0.5, 0.25, late),
        (5, 3, 0.5, 0.5, 0.25, KNOWN),
        (9, 3, None, None, None, KNOWN),
    ]


def test_returns_out_of_order_are_refused(real: dict[str, Series]) -> None:
    returns = returns_of(real)
    twice = pa.concat_tables([returns[:40], returns[-40:], returns[40:80]])
    for wrong in (returns.take(pa.array(range(99, -1, -1))), twice, pa.concat_tables([returns[:9], returns[8:9]])):
        with pytest.raises(ValueError, match="order"):
            windows(wrong, 16)


DAYS = [date(2024, 1, 1) + timedelta(days=day) for day in range(400)]
"""Sessions of a calendar without rest days; the number of a session is its place, from one."""


def returns_table(connection: duckdb.DuckDBPyConnection, series: Mapping[str, np.ndarray]) -> None:
    """Log returns by instrument, one a day of DAYS, NaN where there is none; funds are those of the factors."""
    connection.execute(
        "CREATE TABLE int_return__session (instrument VARCHAR, kind VARCHAR, issuer VARCHAR, session_date DATE,"
        " session_number BIGINT, log_return DOUBLE, known_at_utc TIMESTAMP)"
    )
    rows = [
        (name, "etf" if name in ("IBIT", "QQQ") else "equity", name, day, place + 1, float(value), KNOWN)
        for name, values in series.items()
        for place, (day, value) in enumerate(zip(DAYS, values, strict=True))
        if not np.isnan(value)
    ]
    connection.executemany("INSERT INTO int_return__session VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def shares() -> dict[str, np.ndarray]:
    """Two factors that go together and shares on them, some of which are no good."""
    chance = np.random.default_rng(20251103)
    bitcoin = chance.normal(0, 0.03, len(DAYS))
    second = 0.4 * bitcoin + chance.standard_t(4, len(DAYS)) * 0.015
    noise = chance.standard_t(3, len(DAYS)) * 0.03
    share = 0.001 + 1.2 * bitcoin + 0.7 * second + noise + 0.5 * np.roll(noise, 1)
    holes, late = share.copy(), share.copy()
    holes[[40, 200]] = np.nan
    late[:180] = np.nan
    good = {"IBIT": bitcoin, "NVDA": second, "QQQ": second, "share": share}
    return {**good, "holes": holes, "late": late, "still": np.zeros(len(DAYS)), "exact": 2 * bitcoin - second}


@pytest.mark.parametrize("factors", ["apart", "one", "still"])
def test_exposure_to_two_factors(models: Models, factors: str) -> None:
    series = shares()
    if factors != "apart":
        series["NVDA"] = 3 * series["IBIT"] if factors == "one" else np.zeros(len(DAYS))
    with duckdb.connect(":memory:") as connection:
        returns_table(connection, series)
        rows = connection.execute(models.sql["mart_factor_exposure"]).to_arrow_table().to_pylist()
    found = {(row["instrument"], row["window_sessions"], row["session_date"]): row for row in rows}
    month_ends = [place for place, day in enumerate(DAYS) if place == len(DAYS) - 1 or DAYS[place + 1].day == 1]
    expected = 0
    for name in ("share", "holes", "late", "still", "exact"):
        for window in (90, 252):
            for last in month_ends:
                y, x, z = (series[one][max(last - window + 1, 0) : last + 1] for one in (name, "IBIT", "NVDA"))
                if len(y) < window or np.isnan(y).any():
                    continue
                expected += 1
                row = found[name, window, DAYS[last]]
                if factors != "apart":
                    assert (
                        row["beta_btc"] is row["beta_ai"] is row["beta_btc_standard_error"] is row["r_squared"] is None
                    )
                    continue
                betas, errors = newey_west(y, x, z)
                assert [row["beta_btc"], row["beta_ai"]] == pytest.approx(betas, rel=1e-8, abs=1e-10)
                assert [row["beta_btc_standard_error"], row["beta_ai_standard_error"]] == pytest.approx(
                    errors, rel=1e-8, abs=1e-10
                )
                explained = np.column_stack([x - x.mean(), z - z.mean()]) @ betas
                if name == "still":
                    assert row["r_squared"] is None
                else:
                    assert row["r_squared"] == pytest.approx(explained @ explained / ((y - y.mean()) @ (y - y.mean())))
    assert expected == len(found) > 50


def drawn_sums(residuals: np.ndarray, sessions: int) -> np.ndarray:
    """2,000 sums of `sessions` residuals each, put together session by session from blocks of five that wrap around."""
    number, sums = 1, np.empty(2000)
    for draw in range(len(sums)):
        starts = []
        for _ in range(2):
            number = number * 48271 % (2**31 - 1)
            starts.append(int(len(residuals) * number / (2**31 - 1)))
        places = [(starts[place // 5] + place % 5) % len(residuals) for place in range(sessions)]
        sums[draw] = residuals[places].sum()
    return sums


def test_abnormal_returns_around_events(models: Models) -> None:
    series = shares()
    events = [
        (f"{name} {place}", name, place) for name in ("share", "holes", "late", "still") for place in range(5, 400, 7)
    ]
    with duckdb.connect(":memory:") as connection:
        returns_table(connection, series)
        connection.execute(
            "CREATE TABLE dim_instrument (instrument VARCHAR, issuer VARCHAR, kind VARCHAR, calendar VARCHAR)"
        )
        connection.execute(
            "INSERT INTO dim_instrument SELECT DISTINCT instrument, issuer, kind, 'XNYS' FROM int_return__session"
        )
        connection.execute(
            "CREATE TABLE int_session__calendar AS SELECT DISTINCT 'XNYS' AS calendar, session_date AS date_day,"
            " true AS is_session, session_number FROM int_return__session"
        )
        connection.execute(
            "CREATE TABLE fct_event (event_id VARCHAR, issuer VARCHAR, kind VARCHAR, event_date DATE,"
            " event_precision VARCHAR, known_at_utc TIMESTAMP)"
        )
        connection.executemany(
            "INSERT INTO fct_event VALUES (?, ?, 'deal', ?, 'day', ?)",
            [(event, name, DAYS[place], KNOWN) for event, name, place in events],
        )
        rows = connection.execute(models.sql["mart_event_study"]).to_arrow_table().to_pylist()
    found = {row["event_id"]: row for row in rows}
    assert len(found) == len(events)
    studied = 0
    spans = {"ar_day_0": (0, 0), "car_1_before_1_after": (-1, 1), "car_0_5_after": (0, 5), "car_9_2_before": (-9, -2)}
    for event, name, place in events:
        row = found[event]
        y, x, z = (series[one][max(place - 129, 0) : max(place - 9, 0)] for one in (name, "IBIT", "QQQ"))
        if len(y) < 120 or np.isnan(y).any():
            assert row["estimation_sessions"] == np.count_nonzero(~np.isnan(y)) and row["ar_day_0_pct"] is None
            assert row["null_reason"].startswith(f"{row['estimation_sessions']} of 120 sessions before it")
            continue
        studied += 1
        design = np.column_stack([np.ones(120), x, z])
        coefficients, *_ = np.linalg.lstsq(design, y, rcond=None)
        residuals = y - design @ coefficients
        deviation = np.sqrt(np.sum(residuals**2) / 117)
        assert [row["beta_btc"], row["beta_technology"]] == pytest.approx(coefficients[1:], rel=1e-8, abs=1e-10)
        assert row["residual_deviation_pct"] == pytest.approx(100 * deviation, abs=1e-9)
        for span, (start, end) in spans.items():
            around = slice(place + start, place + end + 1)
            left = series[name][around] - coefficients[0]
            left = left - coefficients[1] * series["IBIT"][around] - coefficients[2] * series["QQQ"][around]
            if len(left) < end - start + 1 or np.isnan(left).any():
                assert row[f"{span}_pct"] is row[f"{span}_t"] is None and "15 sessions around it" in row["null_reason"]
                continue
            assert row[f"{span}_pct"] == pytest.approx(100 * left.sum(), rel=1e-8, abs=1e-9)
            if name != "still":
                assert row[f"{span}_t"] == pytest.approx(left.sum() / deviation / np.sqrt(len(left)), rel=1e-8)
                sums = drawn_sums(residuals * np.sqrt(120 / 117), len(left))
                as_far = np.count_nonzero(np.abs(sums) >= abs(left.sum()))
                assert row[f"{span}_p"] == pytest.approx((1 + as_far) / 2001)
                ends = [row[f"{span}_low_pct"], row[f"{span}_high_pct"]]
                assert ends == pytest.approx(100 * (left.sum() - np.quantile(sums, [0.975, 0.025])), rel=1e-8, abs=1e-9)
    assert studied > 80
