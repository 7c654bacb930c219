"""What ends a step at once, and what is tried again."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import dagster as dg
import pytest

from orchestration.pipeline.gates import recorded_crash
from orchestration.pipeline.workspace import Workspace
from quality.ledger import CheckLedger


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (TimeoutError("slow"), dg.RetryRequested),
        (ConnectionResetError("cut"), dg.RetryRequested),
        (ValueError("wrong"), dg.Failure),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_only_passing_faults_are_tried_again(tmp_path: Path, fault: BaseException, raised: type[BaseException]) -> None:
    ledger = CheckLedger(tmp_path / "checks.jsonl")
    workspace = cast(Workspace, SimpleNamespace(checks=ledger))
    with pytest.raises(raised), recorded_crash(workspace, "raw_network__day"):
        raise fault
    crashed = [] if raised is KeyboardInterrupt else ["raw_network__day"]
    assert ([one.table for one in ledger.read()] if ledger.path.exists() else []) == crashed
