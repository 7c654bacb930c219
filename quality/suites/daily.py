"""Suites of the facts about prices and the network."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, nothing_lost, published, unequal

BENCHMARK = "SPY"
HASHPRICE_USD_PH_DAY = (1, 1000)  # About 40 to 60 in 2025, above 100 in 2021.
SUBSIDIES_BTC = (25.0, 12.5, 6.25, 3.125)

FCT_MARKET_PRICE_DAILY = published(
    "fct_market_price_daily",
    ("instrument", "session_date"),
    ("instrument", "session_date", "open_usd", "high_usd", "low_usd", "close_usd", "volume", "provider"),
    (
        Rule(
            "close_positive",
            "critical",
            "Every close is above zero.",
            MODEL,
            where="close_usd IS NULL OR close_usd <= 0",
        ),
        Rule(
            "range_ordered",
            "critical",
            "Open and close lie between low and high.",
            MODEL,
            where="close_usd > high_usd OR close_usd < low_usd OR open_usd > high_usd OR open_usd < low_usd",
        ),
        in_dimension("instrument", "dim_instrument"),
        Rule(
            "benchmark_complete",
            "critical",
            f"{BENCHMARK} has every session asked for, up to its last one.",
            "Correlations and returns lean on it: fetch the session again.",
            violations=(
                "SELECT d.date_day FROM main.dim_date AS d JOIN raw.raw_market__coverage AS c"
                f" ON c.instrument = '{BENCHMARK}' AND d.date_day BETWEEN c.first_session_date AND c.last_session_date"
                f" JOIN (SELECT max(session_date) AS last FROM {{relation}} WHERE instrument = '{BENCHMARK}') AS p"
                f" ON d.date_day <= p.last ANTI JOIN {{relation}} AS b ON b.instrument = '{BENCHMARK}'"
                " AND b.session_date = d.date_day WHERE d.is_xnys_session"
            ),
            reads=("main.dim_date", "raw.raw_market__coverage"),
            as_of_severity="warning",
        ),
        nothing_lost("raw_market__bar", {"instrument": "instrument", "session_date": "session_date"}),
    ),
)

FCT_NETWORK_DAILY = published(
    "fct_network_daily",
    ("utc_date",),
    (
        "utc_date",
        "blocks",
        "fees_btc",
        "difficulty",
        "hashrate_eh_s",
        "hashprice_usd_ph_day",
        "block_subsidy_btc",
        "btc_close_usd",
        "hashrate_realized_eh_s",
        "hashprice_null_reason",
    ),
    (
        Rule(
            "days_complete",
            "critical",
            "No UTC day is missing between the first and the last.",
            MODEL,
            violations=(
                "SELECT utc_date, next_date FROM (SELECT utc_date, lead(utc_date) OVER (ORDER BY utc_date) AS next_date"
                " FROM {relation}) WHERE next_date - utc_date > 1"
            ),
            as_of_severity="warning",
        ),
        Rule(
            "hashrates_agree",
            "critical",
            "Realized hashrate is to implied hashrate as the day's blocks are to 144.",
            f"The two pairings of hashrate and blocks were mixed. {MODEL}",
            where=unequal("hashrate_realized_eh_s * 144", "hashrate_eh_s * blocks"),
        ),
        Rule(
            "subsidy_of_halvings",
            "critical",
            "The subsidy is one the halvings allow and never rises.",
            MODEL,
            violations=(
                "SELECT utc_date, previous, block_subsidy_btc FROM (SELECT utc_date, block_subsidy_btc,"
                " lag(block_subsidy_btc) OVER (ORDER BY utc_date) AS previous FROM {relation})"
                " WHERE block_subsidy_btc IS NULL OR block_subsidy_btc > previous"
                f" OR block_subsidy_btc NOT IN ({', '.join(map(str, SUBSIDIES_BTC))})"
            ),
        ),
        Rule(
            "hashprice_plausible",
            "warning",
            f"Hashprice lies between {HASHPRICE_USD_PH_DAY[0]} and {HASHPRICE_USD_PH_DAY[1]} USD per PH/s and day.",
            f"A wrong unit of hashrate moves it a thousandfold. {MODEL}",
            where=f"hashprice_usd_ph_day NOT BETWEEN {HASHPRICE_USD_PH_DAY[0]} AND {HASHPRICE_USD_PH_DAY[1]}",
        ),
        Rule(
            "hashprice_or_reason",
            "critical",
            "A day has a hashprice or the reason why not.",
            MODEL,
            where="(hashprice_usd_ph_day IS NULL) <> (hashprice_null_reason IS NOT NULL)",
        ),
        nothing_lost("raw_network__day", {"utc_date": "utc_date"}),
    ),
)

SUITES = (FCT_MARKET_PRICE_DAILY, FCT_NETWORK_DAILY)
