"""Puts quality's gates on Dagster's rails: blocking checks, refusals, and what crashed written to the run's check ledger.
What "good" means is not decided here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from ingestion.errors import IngestionError
from orchestration.pipeline.policies import PASSING_FAULTS, again
from orchestration.pipeline.workspace import Workspace

if TYPE_CHECKING:
    from quality.judge import Verdict

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
