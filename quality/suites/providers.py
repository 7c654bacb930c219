"""Suites of who gives the data and how they fared: providers, series, macro values, the health of each provider by day."""

from __future__ import annotations

from ingestion.contracts import TABLES
from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, nothing_lost, one_of, published, unequal

_PROVIDER = TABLES["raw_ledger__provider"]
_SERIES = TABLES["raw_ledger__series"]
_REQUEST = TABLES["raw_feed__request"]
OUTCOMES = _REQUEST.column("outcome").allowed
TERMS = _PROVIDER.column("redistribution").allowed
AGREEMENTS = ("single", "agrees", "differs")

DIM_PROVIDER = published(
    "dim_provider",
    ("provider",),
    ("provider", "name", "access", "licence", "redistribution", "attribution"),
    (
        one_of("access", _PROVIDER.column("access").allowed),
        one_of("redistribution", TERMS),
        nothing_lost("raw_ledger__provider", {"provider": "provider"}),
    ),
)

DIM_SERIES = published(
    "dim_series",
    ("series",),
    ("series", "name", "unit", "frequency", "publication_lag_days", "is_revised", "owner", "redistribution"),
    (
        one_of("frequency", _SERIES.column("frequency").allowed),
        one_of("redistribution", _SERIES.column("redistribution").allowed),
        nothing_lost("raw_ledger__series", {"series": "series"}),
    ),
)

FCT_MACRO_OBSERVATION = published(
    "fct_macro_observation",
    ("series", "observation_date"),
    (
        "series",
        "observation_date",
        "value",
        "unit",
        "provider",
        "redistribution",
        "providers_count",
        "max_difference",
        "agreement",
        "known_at_basis",
    ),
    (
        in_dimension("series", "dim_series"),
        in_dimension("provider", "dim_provider"),
        one_of("agreement", AGREEMENTS),
        one_of("redistribution", tuple(term for term in TERMS if term != "by_series")),
        Rule(
            "value_of_provider",
            "critical",
            "The value is one that the named provider gave.",
            MODEL,
            violations=(
                "SELECT m.series, m.observation_date, m.provider, m.value FROM {relation} AS m"
                " ANTI JOIN raw.raw_macro__observation AS r ON r.series = m.series AND r.provider = m.provider"
                " AND r.observation_date = m.observation_date AND r.value = m.value AND r.known_at_utc < {horizon}"
            ),
            reads=("raw.raw_macro__observation",),
        ),
        Rule(
            "compared_where_possible",
            "critical",
            "Where several providers have the day they are compared, and where one has it alone nothing is claimed.",
            MODEL,
            where=(
                "providers_count < 1 OR (providers_count = 1) <> (agreement = 'single')"
                " OR (providers_count = 1) <> (max_difference IS NULL)"
            ),
        ),
        Rule(
            "providers_agree",
            "warning",
            "No two providers differ.",
            "Look at both; mart_data_quality tells the day and by how much. The preferred provider's value is used.",
            where="agreement = 'differs'",
        ),
        nothing_lost("raw_macro__observation", {"series": "series", "observation_date": "observation_date"}),
    ),
    of_feeds=True,
)

MART_PROVIDER_HEALTH = published(
    "mart_provider_health",
    ("provider", "domain", "asked_date"),
    (
        "provider",
        "domain",
        "asked_date",
        "questions",
        *OUTCOMES,
        "fail_overs",
        "is_circuit_open",
        "requests",
        "seconds",
        "first_problem",
    ),
    (
        in_dimension("provider", "dim_provider"),
        one_of("domain", _REQUEST.column("domain").allowed),
        Rule(
            "outcomes_add_up",
            "critical",
            "Every question came to one outcome.",
            MODEL,
            where=f"questions IS DISTINCT FROM {' + '.join(OUTCOMES)}",
        ),
        Rule(
            "questions_reconcile",
            "critical",
            "Questions and answers taken are those of raw_feed__request, with nothing left over.",
            MODEL,
            violations=(
                "SELECT coalesce(m.provider, r.provider) AS provider, coalesce(m.asked_date, r.asked_date) AS asked_date,"
                " m.questions, r.questions AS raw_questions, m.requests, r.requests AS raw_requests FROM {relation} AS m"
                " FULL JOIN (SELECT provider, domain, asked_date, count(*) AS questions, coalesce(sum(requests), 0) AS requests"
                " FROM raw.raw_feed__request WHERE known_at_utc < {horizon} GROUP BY ALL) AS r"
                " ON r.provider = m.provider AND r.domain = m.domain AND r.asked_date = m.asked_date"
                f" WHERE {unequal('m.questions', 'r.questions')} OR {unequal('m.requests', 'r.requests')}"
            ),
            reads=("raw.raw_feed__request",),
        ),
        Rule(
            "fail_overs_within_questions",
            "critical",
            "No provider was stood in for where it was not asked, or gave every answer.",
            MODEL,
            where="fail_overs > questions - answered - empty OR fail_overs < 0",
        ),
        Rule(
            "problem_of_failures",
            "warning",
            "A day with failures names the first problem.",
            f"What the log of questions does not say cannot be shown. {MODEL}",
            where="first_problem IS NULL AND questions > answered + empty",
        ),
        Rule(
            "circuit_closed",
            "warning",
            "On the last day of asking no provider ended with its circuit open.",
            "Refresh again later: the next run asks it again. Until then the next provider in the order stands in.",
            where="is_circuit_open AND asked_date = (SELECT max(asked_date) FROM {relation})",
        ),
    ),
    of_feeds=True,
)

SUITES = (DIM_PROVIDER, DIM_SERIES, FCT_MACRO_OBSERVATION, MART_PROVIDER_HEALTH)
