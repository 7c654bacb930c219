"""Rules of the raw tables read from EDGAR, and of the ledger's map of concepts. The models made of them are in filings.py."""

from __future__ import annotations

from quality.rules import Rule
from quality.sql import values_list
from quality.suites.universe import ISSUERS, LEDGER

EVERY_ISSUER = "*"
BALANCES = ("cash", "debt", "finance_leases", "digital_assets", "shares")
PARSER = "Look at the filing at EDGAR; correct the parser under ingestion/sec, then refresh again from the archive."
ACCEPTED_DAYS = (
    -5,
    2,
)  # A filing of a Friday night carries Monday's date; the end of a day in New York is the next in UTC.

_ISSUER_KNOWN = Rule(
    "issuer_known",
    "critical",
    "Every issuer is in the universe.",
    "Add the issuer to ingestion/ledger/issuer.csv, or remove its folder from the lake.",
    where=f"issuer NOT IN (SELECT issuer FROM {ISSUERS} WHERE issuer IS NOT NULL)",
    reads=(ISSUERS,),
)
_CIK_OF_ISSUER = Rule(
    "cik_of_issuer",
    "critical",
    "The CIK is the one that the universe has for the issuer.",
    "Look the registrant up by name at EDGAR; wrong CIKs circulate.",
    violations=(
        f"SELECT DISTINCT r.issuer, r.cik, i.cik AS universe_cik FROM {{relation}} AS r JOIN {ISSUERS} AS i"
        " ON i.issuer = r.issuer WHERE r.cik <> i.cik"
    ),
    reads=(ISSUERS,),
)
_ACCEPTED_NEAR_FILING_DATE = Rule(
    "known_near_filed_date",
    "warning",
    f"A filing is known between {-ACCEPTED_DAYS[0]} days before its filing date and {ACCEPTED_DAYS[1]} days after.",
    f"An acceptance time in another zone or of another filing looks like this. {PARSER}",
    where=(
        f"known_at_utc < filed_date + INTERVAL ({ACCEPTED_DAYS[0]}) DAY"
        f" OR known_at_utc >= filed_date + INTERVAL ({ACCEPTED_DAYS[1]}) DAY"
    ),
)

FILING: tuple[Rule, ...] = (
    _ISSUER_KNOWN,
    _CIK_OF_ISSUER,
    _ACCEPTED_NEAR_FILING_DATE,
)

FACT: tuple[Rule, ...] = (
    _ISSUER_KNOWN,
    _CIK_OF_ISSUER,
    _ACCEPTED_NEAR_FILING_DATE,
    Rule(
        "period_fits_type",
        "critical",
        "An instant is one day, and a duration ends no earlier than it begins.",
        PARSER,
        where=(
            "(period_type = 'instant' AND period_start_date <> period_end_date)"
            " OR (period_type = 'duration' AND period_start_date > period_end_date)"
        ),
    ),
)

DOCUMENT: tuple[Rule, ...] = (
    _ISSUER_KNOWN,
    _CIK_OF_ISSUER,
    Rule(
        "text_of_a_document",
        "critical",
        "A text was taken only from a document that was fetched.",
        PARSER,
        where="text_sha256 IS NOT NULL AND sha256 IS NULL",
    ),
)

# The rows of the map that stand now: a row again with a later known_at_utc replaces the earlier one.
_STANDING = (
    "(SELECT * FROM {relation} QUALIFY row_number() OVER"
    " (PARTITION BY issuer, metric, taxonomy, concept, valid_from_date ORDER BY known_at_utc DESC) = 1)"
)

CONCEPT: tuple[Rule, ...] = (
    Rule(
        "issuer_known",
        "critical",
        "Every issuer is in the universe, or stands for all of it.",
        "Add the issuer to ingestion/ledger/issuer.csv, or correct the line of ingestion/ledger/concept.csv.",
        where=f"issuer <> '{EVERY_ISSUER}' AND issuer NOT IN (SELECT issuer FROM {ISSUERS} WHERE issuer IS NOT NULL)",
        reads=(ISSUERS,),
    ),
    Rule(
        "period_type_fits_metric",
        "critical",
        "Balances are instants and flows are durations.",
        LEDGER,
        where=f"(period_type = 'instant') <> (metric IN ({values_list(BALANCES)}))",
    ),
    Rule(
        "unit_fits_metric",
        "critical",
        "Shares are counted in shares, and nothing else is.",
        LEDGER,
        where="(unit = 'shares') <> (metric = 'shares')",
    ),
    Rule(
        "validity_ordered",
        "critical",
        "A concept holds for at least a day.",
        LEDGER,
        where="valid_to_date <= valid_from_date",
    ),
    Rule(
        "terms_apart",
        "critical",
        "At any day one concept of a taxonomy has a place in a metric's sum: terms are added, never alternatives.",
        f"End the old concept where the new one begins, or give the second term its own place. {LEDGER}",
        violations=(
            "SELECT a.issuer, a.metric, a.taxonomy, a.priority, a.concept, b.concept AS other, b.valid_from_date"
            f" FROM {_STANDING} AS a JOIN {_STANDING} AS b USING (issuer, metric, taxonomy, priority)"
            " WHERE (a.concept, a.valid_from_date) < (b.concept, b.valid_from_date)"
            " AND a.valid_from_date < coalesce(b.valid_to_date, DATE '9999-12-31')"
            " AND b.valid_from_date < coalesce(a.valid_to_date, DATE '9999-12-31')"
        ),
    ),
    Rule(
        "first_term_required",
        "critical",
        "The leading term of a metric is required, and every sum has one.",
        LEDGER,
        violations=(
            f"SELECT issuer, metric, taxonomy, list(concept ORDER BY concept) AS concepts FROM {_STANDING}"
            " GROUP BY issuer, metric, taxonomy"
            " HAVING count(*) FILTER (WHERE priority = 1) = 0 OR count(*) FILTER (WHERE priority = 1 AND NOT is_required) > 0"
        ),
    ),
)

RULES = {
    "raw_sec__filing": FILING,
    "raw_sec__fact": FACT,
    "raw_sec__document": DOCUMENT,
    "raw_ledger__concept": CONCEPT,
}
