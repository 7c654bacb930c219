"""The check ledger of one run: what every check found, one JSON line each, safe on disk before the run goes on.

It records; what the records allow is decided in gate.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from quality.rules import Severity

if TYPE_CHECKING:
    from quality.judge import Outcome, Verdict

Kind = Literal["gate", "dbt_test"]
Status = Literal["passed", "failed", "warned", "crashed"]

WHOLE_TABLE = "*"  # The rule of a record about a gate that crashed before it could judge any rule.

_FROM_DBT: dict[str, Status] = {"pass": "passed", "success": "passed", "fail": "failed", "warn": "warned"}


class CheckLedgerError(RuntimeError):
    """The ledger is missing or a line of it cannot be read; nothing may be published on its word."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CheckRecord:
    """What one check found.

    `severity` is the one that counted in the run. A critical rule that did not hold is `failed`, a lesser one `warned`;
    `crashed` means the check gave no answer. `observed` counts violations or is the metric; `rows_evaluated` are the
    rows of the table, unknown for a dbt test.
    """

    check_id: str
    kind: Kind
    table: str
    rule: str
    severity: Severity
    status: Status
    observed: float | None
    rows_evaluated: int | None
    message: str
    remedy: str


_RECORD = TypeAdapter(CheckRecord)


@dataclass(frozen=True)
class CheckLedger:
    """The ledger file at `path`; appended to, never rewritten."""

    path: Path

    def record(self, verdict: Verdict) -> None:
        """Write down every rule of a verdict. Rules that could not be evaluated are crashed."""
        said = "Not evaluated: the columns it reads are not there.", "Put the columns of the table right first."
        lost = [
            _of_gate(verdict.table, rule, "critical", "crashed", None, verdict.rows, *said)
            for rule in verdict.unevaluated
        ]
        self._append([*(_of_outcome(verdict, outcome) for outcome in verdict.outcomes), *lost])

    def record_crash(self, table: str, error: BaseException) -> None:
        """Write down that the gate of `table` raised before it could judge."""
        message = f"{type(error).__name__}: {error}"
        remedy = "See the error and the log of the run; a gate that crashes holds back the publication."
        self._append([_of_gate(table, WHOLE_TABLE, "critical", "crashed", None, None, message, remedy)])

    def record_dbt(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Write down dbt's results: mappings with unique_id, status, failures and message, as in run_results.json.

        Every test is written down; of other nodes only those that did not succeed.
        """
        self._append([record for result in results if (record := _of_dbt(result)) is not None])

    def read(self) -> list[CheckRecord]:
        """All records in the order written. Raises CheckLedgerError when the file is missing, torn or not ours."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CheckLedgerError(f"{self.path}: the check ledger cannot be read: {error}") from error
        if text and not text.endswith("\n"):
            raise CheckLedgerError(f"{self.path}: the last line is torn; run the refresh again")
        return [self._parse(number, line) for number, line in enumerate(text.splitlines(), start=1)]

    def _parse(self, number: int, line: str) -> CheckRecord:
        try:
            return _RECORD.validate_json(line)
        except ValueError as error:
            raise CheckLedgerError(f"{self.path}: line {number} is not a check record: {error}") from error

    def _append(self, records: list[CheckRecord]) -> None:
        if not records:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(json.dumps(asdict(record), ensure_ascii=True, allow_nan=False) + "\n" for record in records)
        with self.path.open("a", encoding="utf-8") as out:
            out.write(lines)
            out.flush()
            os.fsync(out.fileno())


def newly_warned(records: Iterable[CheckRecord], before: Mapping[str, float | None]) -> dict[str, str]:
    """What the checks say that warn and did not `before`, or find more now, by id. `before` is what each check observed
    that warned then."""
    return {
        record.check_id: record.message
        for record in records
        if record.status == "warned"
        and (record.check_id not in before or (record.observed or 0) > (before[record.check_id] or 0))
    }


def gate_check_id(table: str, rule: str) -> str:
    return f"gate.{table}.{rule}"


def dbt_rule(unique_id: str) -> str:
    """The name of a dbt test without its project and hash."""
    return unique_id.split(".")[2] if unique_id.count(".") >= 2 else unique_id


def _of_gate(table: str, rule: str, *found: Any) -> CheckRecord:
    return CheckRecord(gate_check_id(table, rule), "gate", table, rule, *found)


def _of_outcome(verdict: Verdict, outcome: Outcome) -> CheckRecord:
    from quality.judge import describe

    status: Status = "passed" if outcome.passed else "failed" if outcome.severity == "critical" else "warned"
    said = describe(verdict.table, verdict.rows, outcome), outcome.remedy
    return _of_gate(verdict.table, outcome.rule, outcome.severity, status, outcome.observed, verdict.rows, *said)


def _of_dbt(result: Mapping[str, Any]) -> CheckRecord | None:
    name = str(result["unique_id"])
    is_test = name.startswith(("test.", "unit_test."))
    status = _FROM_DBT.get(str(result["status"]), "crashed")
    if not is_test and status != "crashed":
        return None
    failures = result.get("failures")
    return CheckRecord(
        check_id=name,
        kind="dbt_test",
        table=str(result.get("table") or ""),
        rule=dbt_rule(name),
        severity="warning" if status == "warned" else "critical",
        status=status,
        observed=None if failures is None else float(failures),
        rows_evaluated=None,
        message=str(result.get("message") or ""),
        remedy="" if status == "passed" else "Run the test's compiled SQL against the candidate file to see the rows.",
    )
