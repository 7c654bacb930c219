"""Rules of the ledger's universe: issuers, their names and tickers, instruments, disclosure habits. No deals, no figures."""

from __future__ import annotations

from quality.rules import Rule

ISSUERS = "raw.raw_ledger__issuer"
LEDGER = "Correct the line of the ledger file that source_line names, then refresh again."


def issuer_known(file: str) -> Rule:
    """Every issuer of the table is in the universe."""
    return Rule(
        "issuer_known",
        "critical",
        "Every issuer is in the universe.",
        f"Add the issuer to ingestion/ledger/issuer.csv, or correct the line of ingestion/ledger/{file}.csv.",
        where=f"issuer NOT IN (SELECT issuer FROM {ISSUERS} WHERE issuer IS NOT NULL)",
        reads=(ISSUERS,),
    )


ISSUER: tuple[Rule, ...] = (
    Rule(
        "cik_unique",
        "critical",
        "No two issuers share a CIK.",
        f"Look the registrant up by name at EDGAR; wrong CIKs circulate. {LEDGER}",
        violations="SELECT cik, list(issuer ORDER BY issuer) AS issuers FROM {relation} GROUP BY cik HAVING count(DISTINCT issuer) > 1",
    ),
    Rule(
        "sec_name_unique",
        "warning",
        "No two issuers share the name of the registrant.",
        f"Two short names for one registrant would count it twice. {LEDGER}",
        violations=(
            "SELECT sec_name, list(issuer ORDER BY issuer) AS issuers FROM {relation}"
            " GROUP BY sec_name HAVING count(DISTINCT issuer) > 1"
        ),
    ),
)

ISSUER_NAME: tuple[Rule, ...] = (
    issuer_known("issuer_name"),
    Rule(
        "name_changes",
        "warning",
        "Each dated name differs from the one before.",
        f"Remove the line that changes nothing. {LEDGER}",
        violations=(
            "SELECT issuer, valid_from_date, name FROM (SELECT issuer, valid_from_date, name,"
            " lag(name) OVER (PARTITION BY issuer ORDER BY valid_from_date) AS previous FROM {relation}) WHERE name = previous"
        ),
    ),
    Rule(
        "every_issuer_named",
        "warning",
        "Every issuer has a dated name.",
        "Add the legal name with its first day to ingestion/ledger/issuer_name.csv.",
        violations=f"SELECT i.issuer, i.sec_name FROM {ISSUERS} AS i ANTI JOIN {{relation}} AS n ON n.issuer = i.issuer",
        reads=(ISSUERS,),
    ),
)

TICKER: tuple[Rule, ...] = (
    issuer_known("ticker"),
    Rule(
        "delisted_was_listed",
        "critical",
        "A ticker is delisted only after it was listed by the same issuer.",
        f"Add the day of the listing. {LEDGER}",
        violations=(
            "SELECT d.issuer, d.ticker, d.valid_from_date FROM {relation} AS d ANTI JOIN {relation} AS l"
            " ON l.issuer = d.issuer AND l.ticker = d.ticker AND l.event = 'listed' AND l.valid_from_date < d.valid_from_date"
            " WHERE d.event = 'delisted'"
        ),
    ),
    Rule(
        "ticker_held_by_one",
        "critical",
        "No ticker belongs to two issuers on one day.",
        f"Date the end of the older use. {LEDGER}",
        violations=(
            "WITH held AS (SELECT issuer, ticker, event, valid_from_date,"
            " coalesce(lead(valid_from_date) OVER (PARTITION BY issuer ORDER BY valid_from_date), DATE '9999-12-31') AS until"
            " FROM {relation})"
            " SELECT a.ticker, a.issuer, b.issuer AS other_issuer, b.valid_from_date FROM held AS a JOIN held AS b"
            " ON a.ticker = b.ticker AND a.issuer <> b.issuer AND a.event = 'listed' AND b.event = 'listed'"
            " AND b.valid_from_date >= a.valid_from_date AND b.valid_from_date < a.until"
        ),
    ),
)

INSTRUMENT: tuple[Rule, ...] = (
    issuer_known("instrument"),
    Rule(
        "calendar_fits_kind",
        "critical",
        "Coins trade every UTC day, everything else on an exchange.",
        LEDGER,
        where="(kind = 'crypto') <> (calendar = 'UTC')",
    ),
    Rule(
        "close_fits_calendar",
        "critical",
        "What trades every UTC day closes at UTC midnight, everything else with the exchange.",
        LEDGER,
        where="(calendar = 'UTC') <> (close_convention = 'utc_midnight')",
    ),
    Rule(
        "only_equity_has_issuer",
        "critical",
        "Only an equity has an issuer of the universe behind it.",
        LEDGER,
        where="kind <> 'equity' AND issuer IS NOT NULL",
    ),
    Rule(
        "issuer_has_one_equity",
        "warning",
        "No issuer has two equities in the universe.",
        f"Sums by issuer would count the market value twice. {LEDGER}",
        violations=(
            "SELECT issuer, list(instrument ORDER BY instrument) AS instruments FROM {relation}"
            " WHERE kind = 'equity' AND issuer IS NOT NULL GROUP BY issuer HAVING count(DISTINCT instrument) > 1"
        ),
    ),
)

DISCLOSURE_REGIME: tuple[Rule, ...] = (
    issuer_known("disclosure_regime"),
    Rule(
        "cadence_changes",
        "warning",
        "Each habit differs in cadence or label from the one before.",
        f"Remove the line that changes nothing. {LEDGER}",
        violations=(
            "SELECT issuer, metric, valid_from_date, cadence FROM (SELECT *, lag(cadence) OVER w AS previous,"
            " lag(label) OVER w AS previous_label FROM {relation}"
            " WINDOW w AS (PARTITION BY issuer, metric ORDER BY valid_from_date))"
            " WHERE cadence = previous AND label IS NOT DISTINCT FROM previous_label"
        ),
    ),
)

RULES = {
    "raw_ledger__issuer": ISSUER,
    "raw_ledger__issuer_name": ISSUER_NAME,
    "raw_ledger__ticker": TICKER,
    "raw_ledger__instrument": INSTRUMENT,
    "raw_ledger__disclosure_regime": DISCLOSURE_REGIME,
}
