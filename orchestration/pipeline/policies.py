"""What every asset and the daily job share: owner, cadence, freshness, retries. No asset lives here."""

from __future__ import annotations

import warnings

import dagster as dg

from orchestration.clock import FRESH_FOR, SECONDS_BEFORE_A_RETRY, STALE_AFTER

# Dagster calls backfill policies unfinished; that they do here what is asked of them is tested. Of owners of sensors, which
# nobody gives, it speaks when it copies a sensor.
warnings.filterwarnings("ignore", message="Parameter `(backfill_policy|owners)`", category=dg.BetaWarning)

OWNER = "team:hashwatt"

FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=STALE_AFTER, warn_window=FRESH_FOR)

# Only faults that may heal by themselves are tried again; a gate's refusal and unreadable bytes end the step at once. No
# retry policy says so: under one Dagster takes a signal for a fault and begins the step anew.
PASSING_FAULTS = (ConnectionError, TimeoutError)


def again() -> dg.RetryRequested:
    """What a step raises from one of the PASSING_FAULTS: it is tried three times in all."""
    return dg.RetryRequested(max_retries=2, seconds_to_wait=SECONDS_BEFORE_A_RETRY)


# Dagster's page lists groups by name, so the names carry the order of the flow.
_FLOW = ("raw", "staging", "intermediate", "marts", "publication")


def group(layer: str, part: str = "") -> str:
    """The group of the assets of a layer, or of a part of it."""
    return f"{_FLOW.index(layer) + 1}_{layer}{f'_{part}' if part else ''}"
