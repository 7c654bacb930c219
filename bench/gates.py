"""The gate of ten million bars by twenty rules, against one hand-written DuckDB pass that counts the same violations."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb

from bench.measure import Finding
from quality.judge import judge
from quality.rules import Context
from quality.suites import RAW_SUITES

ROWS = 10_000_000
NOW = datetime(2026, 1, 1)
AT_MOST = 3.0
RULES = (
    *(f"{name}_present" for name in ("instrument", "session_date", "provider", "close_usd", "known_at_utc", "source")),
    *(f"{name}_in_range" for name in ("open_usd", "high_usd", "low_usd", "close_usd", "volume")),
    *("schema_as_declared", "not_empty", "key_unique", "numbers_finite", "known_at_utc_not_in_future"),
    *("session_date_not_in_future", "high_not_below_low", "open_within_range", "close_within_range"),
)
BY_HAND = f"""
SELECT count(*), count(*) FILTER (instrument IS NULL), count(*) FILTER (session_date IS NULL),
  count(*) FILTER (provider IS NULL), count(*) FILTER (close_usd IS NULL), count(*) FILTER (known_at_utc IS NULL),
  count(*) FILTER (source IS NULL), count(*) FILTER (open_usd <= 0), count(*) FILTER (high_usd <= 0),
  count(*) FILTER (low_usd <= 0), count(*) FILTER (close_usd <= 0), count(*) FILTER (volume < 0),
  count(*) FILTER (NOT isfinite(open_usd) OR NOT isfinite(high_usd) OR NOT isfinite(low_usd)
    OR NOT isfinite(close_usd) OR NOT isfinite(volume)),
  count(*) FILTER (known_at_utc > TIMESTAMP '{NOW}'), count(*) FILTER (session_date > DATE '{NOW:%Y-%m-%d}'),
  count(*) FILTER (high_usd < low_usd), count(*) FILTER (open_usd < low_usd OR open_usd > high_usd),
  count(*) FILTER (close_usd < low_usd OR close_usd > high_usd),
  (SELECT count(*) FROM (SELECT 1 FROM raw.raw_market__bar GROUP BY instrument, session_date, provider, known_at_utc
    HAVING count(*) > 1))
FROM raw.raw_market__bar
"""


def gates(folder: Path, runs: int) -> Iterator[Finding]:
    """Both on the same file, in turns; the first turn warms the disk and imports, and is not counted."""
    suite = RAW_SUITES["raw_market__bar"]
    suite = replace(suite, rules=tuple(suite.rule(name) for name in RULES))
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / "bars.duckdb")) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute(f"""
            CREATE TABLE raw.raw_market__bar AS
            SELECT 'I' || (i % 3000) AS instrument, DATE '2010-01-01' + CAST(i // 3000 AS INTEGER) AS session_date,
              'tiingo' AS provider, close * 0.99 AS open_usd, close * 1.02 AS high_usd, close * 0.98 AS low_usd,
              close AS close_usd, CAST(1000 + i % 977 AS DOUBLE) AS volume,
              session_date + INTERVAL 21 HOUR AS known_at_utc, TIMESTAMP '2025-12-31' AS ingested_at_utc,
              'feed/market/tiingo' AS source, repeat('a', 64) AS source_sha256, '1' AS parser_version
            FROM (SELECT i, 10.0::DOUBLE + i % 1013 AS close FROM range({ROWS}) AS t(i))
        """)

        def judged() -> None:
            verdict = judge(connection, suite, Context(NOW))
            if not verdict.passed or len(verdict.outcomes) != len(RULES):
                raise RuntimeError(f"good bars were refused: {verdict.message()}")

        turns = [(_seconds(judged), _seconds(lambda: connection.execute(BY_HAND).fetchall())) for _ in range(runs + 1)]
    gate, bare = (statistics.median(times) for times in zip(*turns[1:], strict=True))
    yield Finding(
        f"gate of {ROWS:,} rows by {len(RULES)} rules",
        f"{gate:.2f} s",
        f"one DuckDB pass {bare:.2f} s",
        gate / bare,
        AT_MOST,
    )


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
