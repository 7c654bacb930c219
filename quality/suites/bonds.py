"""Rules of the ledger's bond tranches: terms that belong together, tranches that sum to their headline."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.universe import LEDGER, issuer_known

HEADLINE_TOLERANCE = 0.005  # Headlines are rounded; tranches are not.
HIGHEST_COUPON_PCT = 15
PRICE_PCT = (70, 130)
YIELD_PCT = (-1, 20)
SPREAD_BP = (-100, 1500)

BOND_TRANCHE: tuple[Rule, ...] = (
    issuer_known("bond_tranche"),
    Rule(
        "final_has_terms",
        "critical",
        "A priced tranche has currency, principal and maturity.",
        f"Without them the tranche is preliminary. {LEDGER}",
        where="status = 'final' AND (currency IS NULL OR principal_m IS NULL OR maturity_date IS NULL)",
    ),
    Rule(
        "preliminary_has_no_terms",
        "critical",
        "A preliminary tranche has neither principal nor coupon.",
        f"Blanks of a preliminary supplement were filled from elsewhere; enter the final terms as a final row. {LEDGER}",
        where="status = 'preliminary' AND (principal_m IS NOT NULL OR coupon_pct IS NOT NULL)",
    ),
    Rule(
        "all_priced",
        "info",
        "Every tranche is priced.",
        "Nothing to mend: enter the final terms when they are filed. Marts leave preliminary tranches out.",
        where="status = 'preliminary'",
    ),
    Rule(
        "coupon_fits_kind",
        "critical",
        "A fixed note has a coupon and no margin, a floating one no coupon, a zero-coupon note neither.",
        f"A margin over a reference rate is no coupon. {LEDGER}",
        where=(
            "CASE coupon_kind WHEN 'fixed' THEN coupon_pct IS NULL OR floating_margin_bp IS NOT NULL"
            " WHEN 'floating' THEN coupon_pct IS NOT NULL"
            " WHEN 'zero' THEN coupon_pct <> 0 OR floating_margin_bp IS NOT NULL"
            " ELSE coupon_kind IS NULL AND (coupon_pct IS NOT NULL OR floating_margin_bp IS NOT NULL) END"
        ),
    ),
    Rule(
        "floating_terms_known",
        "warning",
        "A floating note has its reference rate and margin.",
        f"The terms were not recorded; look them up in the final term sheet. {LEDGER}",
        where="coupon_kind = 'floating' AND (floating_index IS NULL OR floating_margin_bp IS NULL)",
    ),
    Rule(
        "settled_after_announcement",
        "critical",
        "No tranche settles before it was announced.",
        LEDGER,
        where="settled_date < announced_date",
    ),
    Rule(
        "matures_after_announcement",
        "critical",
        "Every tranche matures after it was announced and settled.",
        LEDGER,
        where="maturity_date <= announced_date OR maturity_date <= settled_date",
    ),
    Rule(
        "deal_of_one_issuer",
        "critical",
        "All tranches of a deal have one issuer, one currency and one headline.",
        f"A deal is named by issuer, announcement and currency. {LEDGER}",
        violations=(
            "SELECT deal_id, count(DISTINCT issuer) AS issuers, count(DISTINCT currency) AS currencies,"
            " count(DISTINCT deal_headline_m) AS headlines FROM {relation} GROUP BY deal_id"
            " HAVING count(DISTINCT issuer) > 1 OR count(DISTINCT currency) > 1 OR count(DISTINCT deal_headline_m) > 1"
        ),
    ),
    Rule(
        "tranches_sum_to_headline",
        "critical",
        "The priced tranches of a deal sum to its headline.",
        f"A tranche is missing, doubled, or its price to public was read as principal. {LEDGER}",
        violations=(
            "SELECT deal_id, count(*) AS tranches, sum(principal_m) AS principal_m, max(deal_headline_m) AS deal_headline_m"
            " FROM {relation} WHERE status = 'final' GROUP BY deal_id"
            f" HAVING abs(sum(principal_m) - max(deal_headline_m)) > {HEADLINE_TOLERANCE} * max(deal_headline_m)"
        ),
    ),
    Rule(
        "orders_have_currency",
        "critical",
        "Peak orders name their currency, and only they do.",
        LEDGER,
        where="(peak_orders_m IS NULL) <> (peak_orders_currency IS NULL)",
    ),
    Rule(
        "coupon_plausible",
        "warning",
        f"No coupon is above {HIGHEST_COUPON_PCT} percent.",
        f"A coupon in basis points looks like this. {LEDGER}",
        where=f"coupon_pct > {HIGHEST_COUPON_PCT}",
    ),
    Rule(
        "price_plausible",
        "warning",
        f"The price to public lies between {PRICE_PCT[0]} and {PRICE_PCT[1]} percent of principal.",
        f"A price as a fraction or in 32nds looks like this. {LEDGER}",
        where=f"price_pct NOT BETWEEN {PRICE_PCT[0]} AND {PRICE_PCT[1]}",
    ),
    Rule(
        "yield_plausible",
        "warning",
        f"The yield to maturity lies between {YIELD_PCT[0]} and {YIELD_PCT[1]} percent.",
        LEDGER,
        where=f"ytm_pct NOT BETWEEN {YIELD_PCT[0]} AND {YIELD_PCT[1]}",
    ),
    Rule(
        "spread_plausible",
        "warning",
        f"Spread and margin lie between {SPREAD_BP[0]} and {SPREAD_BP[1]} basis points.",
        f"A spread in percent or a price in 32nds looks like this. {LEDGER}",
        where=(
            f"spread_bp NOT BETWEEN {SPREAD_BP[0]} AND {SPREAD_BP[1]}"
            f" OR floating_margin_bp NOT BETWEEN {SPREAD_BP[0]} AND {SPREAD_BP[1]}"
        ),
    ),
)

RULES = {"raw_ledger__bond_tranche": BOND_TRANCHE}
