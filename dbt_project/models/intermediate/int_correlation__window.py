"""Correlation and beta of a pair over its trailing windows, and the error of the beta, in numpy by blocks of rows.

In SQL this took thirty-six sorted running sums (decision 0029). Here each sum of a window is put together from sums of 1, 2, 4 ...
rows, so that no row outside it has any part in it: nothing cancels, whatever stood before, and a row is the same to the last
bit wherever a block begins, in a whole build or in that of one day alone.

The error is that of Newey and West (1987) without a correction for small samples: with x of b and y of a,
u = (x - mean x) (y - alpha - beta x), and S the sum over the window of u u and of twice each weighted u and its lagged u, it
is sqrt(S) / sum of (x - mean x)^2. u is linear in the terms xy, xx, x, y and 1, with coefficients of the window, so S is a
quadratic form in the sums of products of those terms. A product of two rows belongs to a window where both lie in it: the
first LAGS rows of a window have their own sums, with those neighbours alone that lie in it, too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

WINDOWS = (30, 60, 90, 252)
"""Returns in a window; each has more than LAGS."""
LAGS = 5
WEIGHTS = tuple(2 * (LAGS + 1 - lag) / (LAGS + 1) for lag in range(1, LAGS + 1))
"""Of Bartlett, twice, since a neighbour before is one after, too."""
STILL = 1e-12
"""Least variance of what moves: steps that differ by less than a millionth count as none."""
DRIFT = 100
"""Square of the mean beside the variance, above which a window is computed by itself, each return less the mean."""
BLOCK_ROWS = 8192
"""Rows that are computed at once: their arrays stay in the processor's cache."""
READ = ("instrument_a", "instrument_b", "session_date", "log_return_a", "log_return_b", "known_at_utc")

Array = npt.NDArray[Any]


def model(dbt: Any, session: Any) -> Any:
    shared = dbt.ref("int_return__shared")
    if hasattr(session, "createDataFrame"):  # Spark's
        schema = (
            "instrument_a string, instrument_b string, session_date date, window_sessions bigint, "
            "correlation double, beta double, beta_standard_error double, known_at_utc timestamp"
        )
        return shared.select(*READ).groupBy("instrument_a", "instrument_b").applyInArrow(of_one_pair, schema=schema)
    reader = shared.select(*READ).to_arrow_reader(BLOCK_ROWS)
    return pa.RecordBatchReader.from_batches(schema_of(reader.schema), windows_of(reader))


def of_one_pair(returns: pa.Table) -> pa.Table:
    """The rows of a pair from its returns in any order, columns READ."""
    batches = returns.sort_by("session_date").combine_chunks().to_batches(BLOCK_ROWS)
    return pa.Table.from_batches(windows_of(batches), schema_of(returns.schema))


def schema_of(returns: pa.Schema) -> pa.Schema:
    """Columns of the model: keys and moments as the returns have them."""
    figures = [pa.field(name, pa.float64()) for name in ("correlation", "beta", "beta_standard_error")]
    keys = [returns.field(name) for name in READ[:3]]
    return pa.schema([*keys, pa.field("window_sessions", pa.int64()), *figures, returns.field("known_at_utc")])


def windows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A row for each window full of returns, block by block, and in each window by window.

    Raises ValueError where the returns, columns READ, are not in the order of their pairs and sessions.
    """
    for block, first, unbroken in blocks(batches):
        known = pc.fill_null(block["known_at_utc"].cast(pa.int64()), 0).to_numpy()
        known_of = trailing(known, WINDOWS, np.maximum)
        x, y = returns_of(block)
        fits = fitted(x, y)
        errors = standard_errors(x, y, fits)
        for window, fit in fits.items():
            rows = first + np.flatnonzero(unbroken[first:] >= window)
            figures = (fit.correlation, fit.beta, errors[window])
            drifting = rows[fit.drifts[rows]]
            of_window = drifting[:, None] + np.arange(1 - window, 1)
            for figure, again in zip(figures, of_residuals(x[of_window], y[of_window]), strict=True):
                figure[drifting] = again
            columns = block.select(READ[:3]).take(pa.array(rows)).columns
            columns.append(pa.array(np.full(len(rows), window)))
            columns += [pa.array(figure[rows], from_pandas=True) for figure in figures]
            columns.append(pa.array(known_of[window][rows]).cast(block.schema.field("known_at_utc").type))
            yield pa.RecordBatch.from_arrays(columns, schema=schema_of(block.schema))


def blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[pa.RecordBatch, int, Array]]:
    """Each batch behind the rows before it that its windows reach, their number, and for each row how many returns of its
    pair end with it without a hole, the rows of the block alone."""
    before: pa.RecordBatch | None = None
    seen = set[tuple[str, str]]()
    for batch in batches:
        block = batch if before is None else pa.concat_batches([before, batch])
        first = block.num_rows - batch.num_rows
        of_pair = [block[name] for name in READ[:2]]
        begins = np.ones(block.num_rows, dtype=bool)
        begins[1:] = pc.or_(*(pc.not_equal(name[1:], name[:-1]) for name in of_pair)).to_numpy(zero_copy_only=False)
        days = block["session_date"].cast(pa.int32()).to_numpy()
        new = [tuple(name[row].as_py() for name in of_pair) for row in first + np.flatnonzero(begins[first:])]
        if len(seen | set(new)) < len(seen) + len(new) or not np.all(begins[1:] | (days[1:] > days[:-1])):
            raise ValueError("the returns do not come in the order of their pairs and sessions")
        seen |= set(new)
        place = np.arange(block.num_rows)
        hole = np.isnan(np.add(*returns_of(block)))
        yield block, first, place - np.maximum.accumulate(np.where(hole, place, np.where(begins, place - 1, -1)))
        before = block[-max(WINDOWS) + 1 :]


def returns_of(block: pa.RecordBatch) -> tuple[Array, Array]:
    """Returns of b and of a, NaN where there are none."""
    x, y = (block[name].to_numpy(zero_copy_only=False) for name in ("log_return_b", "log_return_a"))
    return x, y


def trailing(values: Array, windows: Sequence[int], combine: Callable[..., Array] = np.add) -> dict[int, Array]:
    """`values` combined over each window of rows, along the last axis, by the row that ends it; earlier rows, which end none,
    hold what means nothing."""
    found: dict[int, Array] = {}
    reached = dict.fromkeys(windows, 0)
    size, of_size = 1, values
    while True:
        for window in windows:
            if window & size:
                if start := reached[window]:
                    whole = found[window][..., start:]
                    combine(whole, of_size[..., :-start], out=whole)
                else:
                    found[window] = of_size.copy()
                reached[window] += size
        if 2 * size > max(windows):
            return found
        doubled = of_size.copy()
        combine(of_size[..., size:], of_size[..., :-size], out=doubled[..., size:])
        size, of_size = 2 * size, doubled


@dataclass(frozen=True)
class Fit:
    """Least squares of y on x by the last row of the window: `squares` is the sum of (x - mean x)^2, and `drifts` tells where
    the moves of either are so small beside their mean that sums of products keep too few of their digits."""

    correlation: Array
    beta: Array
    alpha: Array
    mean_x: Array
    squares: Array
    drifts: Array


def fitted(x: Array, y: Array) -> dict[int, Fit]:
    """The fit of each window; NaN where x stood still, and the correlation also where y did."""
    fits = {}
    sums = trailing(np.stack([x, y, x * x, x * y, y * y]), WINDOWS)
    for window, (sum_x, sum_y, sum_xx, sum_xy, sum_yy) in sums.items():
        mean_x, mean_y = sum_x / window, sum_y / window
        xx, xy, yy = sum_xx - sum_x * mean_x, sum_xy - sum_x * mean_y, sum_yy - sum_y * mean_y
        xx[xx <= STILL * window] = np.nan
        yy[yy <= STILL * window] = np.nan
        beta = xy / xx
        drifts = (mean_x * sum_x > DRIFT * xx) | (mean_y * sum_y > DRIFT * yy)
        fits[window] = Fit(xy / np.sqrt(xx * yy), beta, mean_y - beta * mean_x, mean_x, xx, drifts)
    return fits


def standard_errors(x: Array, y: Array, fits: Mapping[int, Fit]) -> dict[int, Array]:
    """The error of each beta; of a fit without residuals nil, but for last digits."""
    terms = [x * y, x * x, x, y, np.ones_like(x)]
    # Each term with its weighted neighbours before it: none, one, ... all.
    neighbours = [[term] for term in terms]
    for lag, weight in enumerate(WEIGHTS, start=1):
        for term, known in zip(terms, neighbours, strict=True):
            known.append(known[-1].copy())
            known[-1][lag:] += weight * term[:-lag]
    coefficients = {
        window: (1.0, -fit.beta, fit.mean_x * fit.beta - fit.alpha, -fit.mean_x, fit.mean_x * fit.alpha)
        for window, fit in fits.items()
    }
    sums = {window: np.zeros_like(x) for window in fits}
    for one, other in combinations_with_replacement(range(len(terms)), 2):
        products = [terms[one] * beside for beside in neighbours[other]]
        if one != other:
            for product, beside in zip(products, neighbours[one], strict=True):
                product += terms[other] * beside
        first_rows, *later, whole = products
        for row, product in enumerate(later, start=1):
            first_rows[:-row] += product[row:]
        rest = trailing(whole, [window - LAGS for window in fits])
        for window, of in coefficients.items():
            inside = rest[window - LAGS]
            inside[window - 1 :] += first_rows[: max(len(x) - window + 1, 0)]
            sums[window] += of[one] * of[other] * inside
    return {window: np.sqrt(np.maximum(sums[window], 0.0)) / fit.squares for window, fit in fits.items()}


def of_residuals(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Correlation, beta and its error of windows that are each a row of `x` and `y`, from the residuals themselves."""
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    xx, xy, yy = (np.einsum("ij,ij->i", one, other) for one, other in ((x, x), (x, y), (y, y)))
    xx[xx <= STILL * x.shape[1]] = np.nan
    yy[yy <= STILL * x.shape[1]] = np.nan
    beta = xy / xx
    u = x * (y - beta[:, None] * x)
    total = np.einsum("ij,ij->i", u, u)
    for lag, weight in enumerate(WEIGHTS, start=1):
        total += weight * np.einsum("ij,ij->i", u[:, lag:], u[:, :-lag])
    return xy / np.sqrt(xx * yy), beta, np.sqrt(np.maximum(total, 0.0)) / xx
