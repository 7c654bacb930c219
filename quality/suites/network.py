"""Rules of the bitcoin network by UTC day. What follows from the contract alone is in from_contract.py."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.feeds import provider_known

BLOCKS_PER_DAY = (90, 220)  # 144 expected; the days of 2025 lie between 107 and 184.
MEAN_BLOCKS = (125, 165)  # Over many days the retarget holds the mean near 144.
MEAN_DAYS = 7  # Fewer days than that prove nothing about their mean.
FROZEN = "bundle"
RETARGET_FACTOR = 4  # The protocol bounds each retarget by a factor of four either way.
FEES_PER_BLOCK_BTC = 10
HASHRATE_FACTOR = 2  # A provider's estimate against the hashrate that difficulty implies.

PROVIDER = "Look at the day at its provider; correct the bundle file or the parser, then refresh again."

_LATEST = (
    "(SELECT * FROM {relation} QUALIFY row_number() OVER"
    " (PARTITION BY provider, utc_date ORDER BY known_at_utc DESC) = 1)"
)
_IMPLIED_EH_S = "(difficulty * 4294967296 / 600 / 1e18)"


def _missing(whose: str) -> str:
    """Days without a row between the first and the last of a provider; `whose` is a condition on the provider."""
    return (
        "SELECT d.provider, d.utc_date FROM (SELECT provider, CAST(unnest(generate_series(min(utc_date), max(utc_date),"
        " INTERVAL 1 DAY)) AS DATE) AS utc_date FROM {relation} WHERE utc_date <= CAST({now} AS DATE)"
        f" AND provider {whose} GROUP BY provider)"
        " AS d ANTI JOIN {relation} AS n ON n.provider = d.provider AND n.utc_date = d.utc_date"
    )


DAY: tuple[Rule, ...] = (
    provider_known(),
    Rule(
        "frozen_day_missing",
        "critical",
        "No UTC day is missing between the first and the last of the frozen file.",
        "Restore the bundle: every day has blocks.",
        violations=_missing(f"= '{FROZEN}'"),
    ),
    Rule(
        "day_missing",
        "warning",
        "No UTC day is missing between a provider's first and last.",
        "Refresh again, the day is asked for again; until then another provider's day is used, or none.",
        violations=_missing(f"<> '{FROZEN}'"),
    ),
    Rule(
        "figures_present",
        "critical",
        "A row says at least one of blocks, fees, difficulty and hashrate.",
        f"A row that says nothing only looks like a day that was covered. {PROVIDER}",
        where="blocks IS NULL AND fees_btc IS NULL AND difficulty IS NULL AND hashrate_eh_s IS NULL",
    ),
    Rule(
        "known_after_day",
        "critical",
        "No day was known before it was over.",
        f"A day read while it ran is not a whole day. {PROVIDER}",
        where="known_at_utc < utc_date + INTERVAL 1 DAY",
    ),
    Rule(
        "blocks_plausible",
        "warning",
        f"A day has between {BLOCKS_PER_DAY[0]} and {BLOCKS_PER_DAY[1]} blocks.",
        f"A day far from 144 blocks is often a part of a day. {PROVIDER}",
        where=f"blocks NOT BETWEEN {BLOCKS_PER_DAY[0]} AND {BLOCKS_PER_DAY[1]}",
    ),
    Rule(
        "mean_blocks_plausible",
        "warning",
        f"A provider's mean number of blocks a day lies between {MEAN_BLOCKS[0]} and {MEAN_BLOCKS[1]}.",
        "Over many days difficulty keeps the mean near 144: see whether days are cut at another hour than midnight UTC.",
        violations=(
            "SELECT provider, avg(blocks) AS mean_blocks FROM {relation} GROUP BY provider"
            f" HAVING count(blocks) >= {MEAN_DAYS} AND avg(blocks) NOT BETWEEN {MEAN_BLOCKS[0]} AND {MEAN_BLOCKS[1]}"
        ),
    ),
    Rule(
        "difficulty_steps_possible",
        "critical",
        f"Difficulty changes from one day to the next by a factor of {RETARGET_FACTOR} at most.",
        f"The protocol allows no larger step: a unit or a digit is wrong. {PROVIDER}",
        violations=(
            "SELECT provider, utc_date, previous, difficulty FROM (SELECT *, lag(difficulty) OVER w AS previous,"
            f" lag(utc_date) OVER w AS previous_date FROM {_LATEST} WINDOW w AS (PARTITION BY provider ORDER BY utc_date))"
            " WHERE utc_date - previous_date = 1 AND previous > 0 AND difficulty > 0"
            f" AND (difficulty > {RETARGET_FACTOR} * previous OR {RETARGET_FACTOR} * difficulty < previous)"
        ),
    ),
    Rule(
        "fees_plausible",
        "warning",
        f"Fees are at most {FEES_PER_BLOCK_BTC} BTC a block.",
        f"Satoshis taken for bitcoin, or fees with the subsidy, look like this. {PROVIDER}",
        where=f"fees_btc > {FEES_PER_BLOCK_BTC} * blocks AND blocks > 0",
    ),
    Rule(
        "hashrate_agrees_with_difficulty",
        "warning",
        f"A provider's hashrate is within a factor of {HASHRATE_FACTOR} of the one that difficulty implies, its own or another's.",
        f"A hashrate in another unit looks like this; the warehouse counts in EH/s. {PROVIDER}",
        violations=(
            f"SELECT provider, utc_date, hashrate_eh_s, implied_eh_s FROM (SELECT *, {_IMPLIED_EH_S} AS implied_eh_s FROM"
            " (SELECT provider, utc_date, hashrate_eh_s, coalesce(difficulty, median(difficulty) OVER (PARTITION BY utc_date))"
            f" AS difficulty FROM {{relation}})) WHERE hashrate_eh_s > {HASHRATE_FACTOR} * implied_eh_s"
            f" OR (hashrate_eh_s > 0 AND {HASHRATE_FACTOR} * hashrate_eh_s < implied_eh_s)"
        ),
    ),
)

RULES = {"raw_network__day": DAY}
