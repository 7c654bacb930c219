"""Rules of macro series by day. What follows from the contract alone is in from_contract.py."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.feeds import SERIES, provider_known

PERCENT = (-5, 30)  # Policy rates and yields since 1954 lie between -0.1 and 23.
STEP_FACTOR = 5  # VIX has doubled in a day; nothing of the universe has moved fivefold.

PROVIDER = "Look at the value at its provider; correct the parser, or the unit in ingestion/ledger/series.csv, then refresh again."

_LATEST = (
    "(SELECT * FROM {relation} QUALIFY row_number() OVER"
    " (PARTITION BY series, provider, observation_date ORDER BY known_at_utc DESC) = 1)"
)

OBSERVATION: tuple[Rule, ...] = (
    provider_known(),
    Rule(
        "series_known",
        "critical",
        "Every series is in the ledger.",
        "Add the series with its unit and owner to ingestion/ledger/series.csv.",
        where=f"series NOT IN (SELECT series FROM {SERIES} WHERE series IS NOT NULL)",
        reads=(SERIES,),
    ),
    Rule(
        "basis_fits_series",
        "critical",
        "The moment of a revised series is never derived from its lag.",
        "What stands today was not known then: only its provider's date, or when we first saw it, may count.",
        violations=(
            "SELECT m.series, m.observation_date, m.provider, m.known_at_basis FROM {relation} AS m"
            f" JOIN {SERIES} AS s ON s.series = m.series WHERE s.is_revised AND m.known_at_basis = 'publication_lag'"
        ),
        reads=(SERIES,),
    ),
    Rule(
        "lag_kept",
        "critical",
        "A moment derived from the lag is not before the lag is over.",
        f"A value would be seen before it was published. {PROVIDER}",
        violations=(
            "SELECT m.series, m.observation_date, m.provider, m.known_at_utc FROM {relation} AS m"
            f" JOIN {SERIES} AS s ON s.series = m.series WHERE m.known_at_basis = 'publication_lag'"
            " AND m.known_at_utc < m.observation_date + to_days(CAST(s.publication_lag_days AS INTEGER))"
        ),
        reads=(SERIES,),
    ),
    Rule(
        "value_plausible",
        "warning",
        f"Percentages lie between {PERCENT[0]} and {PERCENT[1]}; amounts and indices are above zero.",
        f"A wrong column or unit looks like this. {PROVIDER}",
        violations=(
            "SELECT m.series, m.observation_date, m.provider, m.value, s.unit FROM {relation} AS m"
            f" JOIN {SERIES} AS s ON s.series = m.series WHERE CASE WHEN s.unit = 'percent'"
            f" THEN m.value NOT BETWEEN {PERCENT[0]} AND {PERCENT[1]} ELSE m.value <= 0 END"
        ),
        reads=(SERIES,),
    ),
    Rule(
        "step_plausible",
        "warning",
        f"No amount or index changes by a factor of more than {STEP_FACTOR} from one value to the next.",
        f"A lost digit or another unit looks like this. {PROVIDER}",
        violations=(
            "SELECT m.series, m.provider, m.observation_date, m.previous, m.value FROM"
            f" (SELECT *, lag(value) OVER (PARTITION BY series, provider ORDER BY observation_date) AS previous FROM {_LATEST})"
            f" AS m JOIN {SERIES} AS s ON s.series = m.series WHERE s.unit <> 'percent' AND m.previous > 0 AND m.value > 0"
            f" AND (m.value > {STEP_FACTOR} * m.previous OR {STEP_FACTOR} * m.value < m.previous)"
        ),
        reads=(SERIES,),
    ),
)

RULES = {"raw_macro__observation": OBSERVATION}
