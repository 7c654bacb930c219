"""Rules of the ledger's AI deals: what adds up, what must not be added, which megawatts are meant."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.universe import LEDGER, issuer_known

USD_M_PER_MW_YEAR = (0.3, 30.0)  # Space and power about 1.2 to 2.3, computing about 10.
LONGEST_TERM_YEARS = 40

# Rows that a cumulative row includes, also through another cumulative row: (total, part).
_INCLUDED = (
    "WITH RECURSIVE named AS (SELECT deal_id AS total, trim(unnest(string_split(value_includes, ';'))) AS part"
    " FROM {relation} WHERE value_includes IS NOT NULL),"
    " included AS (SELECT total, part FROM named UNION"
    " SELECT i.total, n.part FROM included AS i JOIN named AS n ON n.total = i.part)"
)

AI_DEAL: tuple[Rule, ...] = (
    issuer_known("ai_deal"),
    Rule(
        "value_has_kind",
        "critical",
        "A value is marked as increment or cumulative, and only a value is.",
        f"Without the mark a total and its parts could be summed. {LEDGER}",
        where="(value_usd_m IS NULL) <> (value_kind IS NULL)",
    ),
    Rule(
        "value_has_basis",
        "critical",
        "A value says what it is a value of.",
        LEDGER,
        where="value_usd_m IS NOT NULL AND value_basis IS NULL",
    ),
    Rule(
        "only_totals_include",
        "critical",
        "Only a cumulative value names the deals it includes.",
        LEDGER,
        where="value_includes IS NOT NULL AND value_kind IS DISTINCT FROM 'cumulative'",
    ),
    Rule(
        "included_deals_exist",
        "critical",
        "Every deal that a total includes is an earlier deal of the same issuer and programme.",
        LEDGER,
        violations=(
            f"{_INCLUDED} SELECT n.total, n.part FROM named AS n JOIN {{relation}} AS t ON t.deal_id = n.total"
            " ANTI JOIN {relation} AS p ON p.deal_id = n.part AND p.issuer = t.issuer AND p.programme = t.programme"
            " AND p.announced_date <= t.announced_date AND p.deal_id <> t.deal_id"
        ),
    ),
    Rule(
        "increments_inside_total",
        "critical",
        "A total of a programme includes every valued deal announced before it.",
        f"Name the deal in value_includes, or give it a programme of its own: else it would be counted twice. {LEDGER}",
        violations=(
            f"{_INCLUDED} SELECT t.deal_id AS total, p.deal_id AS part FROM {{relation}} AS t JOIN {{relation}} AS p"
            " ON p.issuer = t.issuer AND p.programme = t.programme AND p.deal_id <> t.deal_id"
            " AND p.announced_date <= t.announced_date AND p.value_usd_m IS NOT NULL"
            " ANTI JOIN included AS i ON i.total = t.deal_id AND i.part = p.deal_id WHERE t.value_kind = 'cumulative'"
        ),
    ),
    Rule(
        "total_not_below_parts",
        "warning",
        "A total is not below the largest deal it includes.",
        f"A programme that shrinks is possible, but worth a second look. {LEDGER}",
        violations=(
            f"{_INCLUDED} SELECT t.deal_id AS total, t.value_usd_m, p.deal_id AS part, p.value_usd_m AS part_value_usd_m"
            " FROM included AS i JOIN {relation} AS t ON t.deal_id = i.total JOIN {relation} AS p ON p.deal_id = i.part"
            " AND p.value_usd_m > t.value_usd_m"
        ),
    ),
    Rule(
        "unsigned_has_no_figures",
        "critical",
        "A row that says nothing is signed has no value and no megawatts.",
        LEDGER,
        where="deal_kind = 'none_signed' AND (value_usd_m IS NOT NULL OR critical_it_mw IS NOT NULL OR gross_mw IS NOT NULL)",
    ),
    Rule(
        "contract_names_counterparty",
        "critical",
        "A contract says who signed, if only as unnamed.",
        LEDGER,
        where="deal_kind = 'contract' AND counterparty IS NULL",
    ),
    Rule(
        "contract_names_service",
        "critical",
        "A contract says whether space and power or computing is sold.",
        f"The two are never compared per megawatt. {LEDGER}",
        where="deal_kind = 'contract' AND service_model IS NULL",
    ),
    Rule(
        "extensions_add",
        "critical",
        "The value with extensions is not below the base value.",
        LEDGER,
        where="value_with_extensions_usd_m < value_usd_m",
    ),
    Rule(
        "critical_load_within_gross",
        "critical",
        "Critical IT load is not above gross power.",
        f"The two were probably exchanged. {LEDGER}",
        where="critical_it_mw > gross_mw",
    ),
    Rule(
        "mw_basis_agrees",
        "critical",
        "Megawatts stand in the column that mw_basis names; an unknown basis stands in gross_mw.",
        LEDGER,
        where=(
            "(critical_it_mw IS NOT NULL) <> (mw_basis IN ('critical_it', 'both'))"
            " OR (gross_mw IS NOT NULL) <> (mw_basis IN ('gross', 'both', 'unknown'))"
        ),
    ),
    Rule(
        "backstop_has_party",
        "critical",
        "A guaranteed amount names who guarantees it.",
        LEDGER,
        where="backstop_usd_m IS NOT NULL AND backstop_party IS NULL",
    ),
    Rule(
        "backstop_within_value",
        "warning",
        "No guarantee is larger than the value of its deal.",
        f"A total of several guarantees looks like this. {LEDGER}",
        where="backstop_usd_m > value_usd_m",
    ),
    Rule(
        "value_per_mw_year_plausible",
        "warning",
        f"Value per critical MW and year lies between {USD_M_PER_MW_YEAR[0]:g} and {USD_M_PER_MW_YEAR[1]:g} USD million.",
        f"Gross megawatts taken for critical ones, or a value with extensions, look like this. {LEDGER}",
        where=(
            "value_usd_m > 0 AND critical_it_mw > 0 AND term_years > 0"
            " AND (critical_it_mw <= gross_mw OR gross_mw IS NULL) AND value_usd_m / critical_it_mw / term_years"
            f" NOT BETWEEN {USD_M_PER_MW_YEAR[0]} AND {USD_M_PER_MW_YEAR[1]}"
        ),
    ),
    Rule(
        "term_plausible",
        "warning",
        f"No base term is longer than {LONGEST_TERM_YEARS} years.",
        f"A term in months looks like this. {LEDGER}",
        where=f"term_years > {LONGEST_TERM_YEARS}",
    ),
)

RULES = {"raw_ledger__ai_deal": AI_DEAL}
