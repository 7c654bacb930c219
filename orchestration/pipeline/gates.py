"""What every asset shares: owner, freshness, retries, group, and the gate of quality/ on Dagster's rails: blocking checks, refusals, and
what crashed written to the run's check ledger. What "good" means is not decided here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from ingestion.errors import IngestionError
from orchestration.clock import FRESH_FOR, SECONDS_BEFORE_A_RETRY, STALE_AFTER
from orchestration.pipeline.workspace import Workspace

if TYPE_CHECKING:
    from quality.judge import Verdict

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


GATE = "gate"
REFUSED = "refused"


def gate_spec(asset: str) -> dg.AssetCheckSpec:
    """The blocking check that every raw table and every mart carries."""
    return dg.AssetCheckSpec(
        GATE,
        asset=asset,
        blocking=True,
        description=f"The suite of {asset}: a critical finding stops everything that depends on the table.",
    )


def refusal(message: str) -> dg.Failure:
    """The failure of a step whose input was judged unfit; a second attempt would find the same."""
    return dg.Failure(description=message, metadata={REFUSED: True})


@contextmanager
def recorded_crash(workspace: Workspace, table: str) -> Iterator[None]:
    """Write down what crashed inside the block, then raise it: as a refusal when the source is at fault, as a wish
    to try again when it may pass by itself, else as a failure. A failure that was raised on purpose passes."""
    try:
        yield
    except dg.Failure:
        raise
    except IngestionError as error:
        workspace.checks.record_crash(table, error)
        raise refusal(str(error) if table in str(error) else f"{table}: {error}") from error
    except PASSING_FAULTS as error:
        workspace.checks.record_crash(table, error)
        raise again() from error
    except Exception as error:
        workspace.checks.record_crash(table, error)
        raise dg.Failure(f"{table}: {type(error).__name__}: {error}") from error


def check_result(asset: str, verdict: Verdict) -> dg.AssetCheckResult:
    """The verdict as Dagster shows it: an error when critical, a warning when only lesser rules failed."""
    failed = verdict.failures
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=GATE,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN if verdict.passed else dg.AssetCheckSeverity.ERROR,
        description=verdict.message() if failed else f"{len(verdict.outcomes)} rules hold over {verdict.rows} rows.",
        metadata={
            "rows": verdict.rows,
            "rules": len(verdict.outcomes),
            "failed_rules": ", ".join(outcome.rule for outcome in failed) or "none",
            "seconds": round(verdict.seconds, 3),
        },
    )
