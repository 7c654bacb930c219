"""What every asset and the daily job share: owner, cadence, freshness, retries. No asset lives here."""

from __future__ import annotations

import warnings
from datetime import timedelta

import dagster as dg

# Dagster calls backfill policies unfinished; that they do here what is asked of them is tested.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)

OWNER = "team:hashwatt"

# New York closes at 16:00 and the UTC day ends at 19:00 or 20:00 New York time: half an hour after the later of the
# two, equities, coins and the network can all be known. Every day, because coins and blocks know no weekend.
DAILY_CRON = "30 20 * * *"
TIMEZONE = "America/New_York"

FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=49), warn_window=timedelta(hours=25))

# Only faults that may heal by themselves are retried; a gate's refusal and unreadable bytes end the step at once.
RETRY = dg.RetryPolicy(max_retries=2, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
PASSING_FAULTS = (ConnectionError, TimeoutError)

# Dagster's page lists groups by name, so the names carry the order of the flow.
_FLOW = ("raw", "staging", "intermediate", "marts", "publication")


def group(layer: str, part: str = "") -> str:
    """The group of the assets of a layer, or of a part of it."""
    return f"{_FLOW.index(layer) + 1}_{layer}{f'_{part}' if part else ''}"
