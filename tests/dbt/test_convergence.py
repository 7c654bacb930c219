"""The convergence index against its definition computed elsewhere, and as it stood at the time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.dbt.models import END_OF_TIME, Models, Row

PILLARS = ("revenue", "capacity", "capital", "market")
KNOWN = datetime(2026, 1, 1)
DRAWS = 2000


def minimal_standard(seed: int) -> Iterator[int]:
    """Park and Miller's generator, one number after the other."""
    while True:
        yield (seed := seed * 48271 % (2**31 - 1))


def drawn_weights() -> np.ndarray:
    """(draws, pillars): exponential variates from the seed of the definition."""
    numbers = islice(minimal_standard(1103), DRAWS * len(PILLARS))
    return -np.log(np.fromiter(numbers, float).reshape(DRAWS, len(PILLARS)) / (2**31 - 1))


def test_weights_are_drawn_by_the_generator(models: Models) -> None:
    """Number 10,000 from the seed 1 is the one that the standard of C++ gives for minstd_rand."""
    assert next(islice(minimal_standard(1), 9999, None)) == 399268537
    with duckdb.connect(":memory:") as connection:
        found = connection.execute(models.sql["int_convergence__draw"]).fetchall()
    drawn = {(draw, pillar): weight for draw, pillar, _, weight in found}
    assert len(drawn) == len(found) == DRAWS * len(PILLARS)
    expected = drawn_weights()
    for place, pillar in enumerate(PILLARS):
        assert [drawn[draw, pillar] for draw in range(DRAWS)] == pytest.approx(expected[:, place], rel=1e-12)


def test_index_interval_and_ranks_are_those_of_numpy(models: Models) -> None:
    chance = np.random.default_rng(7)
    scores = {f"issuer {n:02}": chance.uniform(0.02, 1, 4).round(6) for n in range(12)}
    for n, name in enumerate(scores):
        scores[name][: n % 3] = np.nan  # four, three and two pillars
    rows = [
        (name, KNOWN, KNOWN, pillar, "", share, 1, None if np.isnan(share) else share, KNOWN, "none", KNOWN)
        for name, shares in scores.items()
        for pillar, share in zip(PILLARS, shares.tolist(), strict=True)
    ]
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE int_convergence__draw AS {models.sql['int_convergence__draw']}")
        connection.execute(
            "CREATE TABLE int_convergence__pillar (issuer VARCHAR, period_start_date DATE, period_end_date DATE,"
            " pillar VARCHAR, measured_by VARCHAR, part DOUBLE, whole DOUBLE, share DOUBLE, through_date DATE,"
            " null_reason VARCHAR, known_at_utc TIMESTAMP)"
        )
        connection.execute(
            "CREATE TABLE dim_ownership (issuer VARCHAR, parent VARCHAR, valid_from_date DATE, valid_to_date DATE,"
            " is_consolidated BOOLEAN)"
        )
        connection.executemany("INSERT INTO int_convergence__pillar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        found = connection.execute(models.sql["mart_convergence_index"]).to_arrow_table().to_pylist()
    by_name = {row["subject"]: row for row in found}
    ranked = [name for name, shares in scores.items() if np.count_nonzero(~np.isnan(shares)) >= 3]
    weights = drawn_weights()
    drawn = {}
    for name in ranked:
        known = ~np.isnan(scores[name])
        logs = np.log(scores[name][known])
        drawn[name] = 100 * np.exp(weights[:, known] @ logs / weights[:, known].sum(axis=1))
        row = by_name[name]
        assert row["index_pct"] == pytest.approx(100 * np.exp(logs.mean()), abs=1e-6)
        assert [row["index_low_pct"], row["index_high_pct"]] == pytest.approx(
            np.quantile(drawn[name], [0.1, 0.9]), abs=1e-6
        )
    for name in ranked:
        row = by_name[name]
        rank = 1 + sum(by_name[other]["index_pct"] > row["index_pct"] for other in ranked)
        ranks = 1 + sum((drawn[other] > drawn[name]).astype(int) for other in ranked)
        assert (row["index_rank"], row["best_rank"], row["worst_rank"]) == (rank, min(ranks), max(ranks))
        assert row["rank_held_pct"] == pytest.approx(100 * np.mean(ranks == rank))
    assert len(ranked) == 8
    assert all(by_name[name]["index_pct"] is None for name in scores.keys() - set(ranked))


def index_as_of(models: Models, lake: Path, as_of: datetime) -> dict[tuple[str, object], Row]:
    """The mart by subject and month, built from the lake as known then."""
    with duckdb.connect(":memory:") as connection:
        models.build(connection, lake, as_of, "mart_convergence_index")
        rows = connection.table("mart_convergence_index").to_arrow_table().to_pylist()
    return {(row["subject"], row["period_end_date"]): row for row in rows}


def test_a_month_stays_as_it_was_known(models: Models, lake: Path) -> None:
    """What becomes known after a month changes nothing of it: each month that had closed by T is the same at the end of
    time."""
    last = index_as_of(models, lake, END_OF_TIME)
    assert index_as_of(models, lake, END_OF_TIME) == last
    for as_of in (datetime(2025, 12, 31, 23, 59, 59), datetime(2026, 4, 15)):
        then = index_as_of(models, lake, as_of)
        assert sum(row["index_pct"] is not None for row in then.values()) > 0
        closed = {key for key in last if datetime.combine(key[1], datetime.max.time()) < as_of}
        assert then == {key: last[key] for key in closed}
