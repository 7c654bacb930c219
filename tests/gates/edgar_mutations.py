"""Mutations of the rules over EDGAR's tables, the map of concepts and the models made of filings."""

from __future__ import annotations

from tests.gates.mutation import TARGETS, Mutation

MART_TARGETS = {
    "fct_financial_xbrl": "period_end_date = DATE '2025-06-30'",
    "mart_restatement": "revision_number = 1",
    "mart_data_quality": "source = 'raw_market__bar'",
}


def _change(
    table: str, rule: str, change: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    """The target row of a table, raw or published, changed."""
    schema, target = ("raw", TARGETS) if table in TARGETS else ("main", MART_TARGETS)
    sql = f"UPDATE {schema}.{table} SET {change} WHERE {where or target[table]}"
    return Mutation(table, rule, (sql,), {}, frozenset(also), variant)


def _other(table: str, rule: str, *sql: str, also: tuple[str, ...] = (), variant: str = "") -> Mutation:
    return Mutation(table, rule, sql, {}, frozenset(also), variant)


FILING, FACT, DOCUMENT, CONCEPT = "raw_sec__filing", "raw_sec__fact", "raw_sec__document", "raw_ledger__concept"

EDGAR_RAW_MUTATIONS = (
    *(_change(table, "issuer_known", "issuer = 'TSLA'") for table in (FILING, FACT, DOCUMENT)),
    *(_change(table, "cik_of_issuer", "cik = '0000000002'") for table in (FILING, FACT, DOCUMENT)),
    *(
        _change(table, "known_near_filed_date", f"known_at_utc = filed_date + INTERVAL '{days}' DAY", variant=variant)
        for table in (FILING, FACT)
        for variant, days in (("before", -6), ("after", 2))
    ),
    _change(FACT, "period_fits_type", "period_type = 'instant'"),
    _change(FACT, "period_fits_type", "period_start_date = DATE '2025-07-01'", variant="reversed"),
    _change(DOCUMENT, "text_of_a_document", "sha256 = NULL"),
    _change(CONCEPT, "issuer_known", "issuer = 'TSLA'", where="concept = 'New'"),
    _change(CONCEPT, "period_type_fits_metric", "period_type = 'duration'"),
    _change(CONCEPT, "unit_fits_metric", "unit = 'shares'"),
    _change(CONCEPT, "validity_ordered", "valid_to_date = valid_from_date"),
    _change(CONCEPT, "terms_apart", "valid_from_date = DATE '2023-12-31'", where="concept = 'New'"),
    _change(CONCEPT, "terms_apart", "priority = 1, is_required = true", variant="two_leads"),
    _change(CONCEPT, "first_term_required", "is_required = false", where="concept = 'LongTermDebt'"),
    _other(CONCEPT, "first_term_required", f"DELETE FROM raw.{CONCEPT} WHERE concept = 'LongTermDebt'", variant="lost"),
)

XBRL, RESTATED, FINDINGS, QUARTERS = (
    "fct_financial_xbrl",
    "mart_restatement",
    "mart_data_quality",
    "fct_financial_quarter",
)
_DIFFERS = (
    f"UPDATE main.{QUARTERS} SET method = 'reported', value_usd_m = value_usd_m + 0.6"
    " WHERE metric = 'capex_cash' AND calendar_quarter = '2025Q2'"
)
_OTHER_DAYS = (
    f"UPDATE main.{QUARTERS} SET method = 'reported', ledger_period_end_date = period_end_date - 1"
    " WHERE metric = 'capex_cash' AND calendar_quarter = '2025Q2'"
)
_RESTATED_SINCE = (
    f"UPDATE main.{QUARTERS} SET method = 'reported', minuend_value = value, minuend_latest_value = value + 1"
    " WHERE metric = 'capex_cash' AND calendar_quarter = '2025Q2'"
)
_GAP = (
    f"UPDATE main.{QUARTERS} SET method = 'not_derived', value_usd_m = NULL, null_reason = 'missing_9m'"
    " WHERE metric = 'capex_cash' AND calendar_quarter = '2025Q2'"
)

_FACT = ("issuer", "taxonomy", "concept", "unit", "period_type", "period_start_date", "period_end_date")
EDGAR_SHARED_COMPANIONS: dict[str, dict[str, tuple[str, ...]]] = {
    XBRL: {"key_unique": ("filings_counted",)},
    RESTATED: {
        "not_empty": ("every_change_told",),
        **{f"key_present-{column}": ("every_change_told",) for column in _FACT},
    },
    FINDINGS: {
        "not_empty": ("every_source_told", "failures_told"),
        "key_present-source": ("every_source_told",),
        "key_present-finding": ("every_source_told",),
    },
}

EDGAR_MART_MUTATIONS = (
    *(
        _other(table, "issuer_in_dim_issuer", "DELETE FROM main.dim_issuer WHERE issuer = 'MSFT'")
        for table in (XBRL, RESTATED)
    ),
    _change(XBRL, "change_kind_allowed", "change_kind = 'moved'"),
    _change(XBRL, "known_at_basis_allowed", "known_at_basis = 'guess'"),
    _change(XBRL, "filings_counted", "is_latest = false"),
    _change(XBRL, "filings_counted", "filing_number = 2", variant="gap"),
    _change(
        XBRL,
        "later_filings_known_later",
        "known_at_utc = TIMESTAMP '2025-07-31'",
        where="period_end_date = DATE '2025-03-31' AND filing_number = 1",
    ),
    _change(RESTATED, "change_kind_allowed", "change_kind = 'moved'"),
    _change(RESTATED, "change_adds_up", "change = 1"),
    _change(RESTATED, "change_adds_up", "to_value = from_value, change = 0", variant="nothing"),
    _change(RESTATED, "from_one_filing_to_another", "from_accession = to_accession"),
    _change(RESTATED, "from_one_filing_to_another", "from_known_at_utc = TIMESTAMP '2025-07-31'", variant="time"),
    _other(RESTATED, "every_change_told", f"UPDATE main.{XBRL} SET change_kind = 'restated'"),
    _change(RESTATED, "change_plausible", "to_value = 2 * from_value, change = from_value"),
    _change(FINDINGS, "severity_allowed", "severity = 'fatal'"),
    _other(FINDINGS, "differences_told", _DIFFERS),
    _other(FINDINGS, "other_days_told", _OTHER_DAYS),
    _other(FINDINGS, "restatements_since_told", _RESTATED_SINCE),
    _other(FINDINGS, "gaps_counted", _GAP),
    _other(FINDINGS, "every_source_told", f"DELETE FROM main.{FINDINGS} WHERE {MART_TARGETS[FINDINGS]}"),
    _other(
        QUARTERS,
        "method_allowed",
        f"UPDATE main.{QUARTERS} SET method = 'guessed' WHERE metric = 'capex_cash' AND calendar_quarter = '2025Q2'",
    ),
    _other(
        QUARTERS,
        "difference_adds_up",
        f"UPDATE main.{QUARTERS} SET method = 'ytd_difference', minuend_value = value + 2, subtrahend_value = 1,"
        " minuend_accession = 'a', subtrahend_accession = 'b' WHERE metric = 'capex_cash' AND calendar_quarter = '2025Q2'",
    ),
    _other(
        QUARTERS,
        "difference_adds_up",
        f"UPDATE main.{QUARTERS} SET method = 'ytd_difference', minuend_value = value + 1, subtrahend_value = 1,"
        " minuend_accession = 'a' WHERE metric = 'capex_cash' AND calendar_quarter = '2025Q2'",
        variant="unnamed",
    ),
)
