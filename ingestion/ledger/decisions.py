"""Decisions about numbers of documents, written to decision.csv of a ledger folder; a person may edit the file as well."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion.contracts import TABLES
from ingestion.errors import SourceDamaged, SourceMissing
from ingestion.ledger.reader import file_columns, judge, lines_of

DECISION = TABLES["raw_ledger__decision"]
FILE = "decision.csv"


def record_decisions(folder: Path, decisions: Sequence[Mapping[str, Any]], now_utc: datetime) -> Path:
    """Add rows to the file, whole or not at all, and return its path.

    A decision has the columns of raw_ledger__decision that a ledger file holds. Raises SourceMissing where there is no such
    file or it may not be written, SourceDamaged where a row of it, an old or a new one, breaks a rule.
    """
    path = folder / FILE
    try:
        before = path.read_bytes()
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerows([_cell(one.get(name)) for name in file_columns(DECISION)] for one in decisions)
        ending = b"" if before.endswith(b"\n") else b"\n"
        after = before + ending + text.getvalue().encode()
        _refuse_unsound(path, after, now_utc)
        beside = path.with_suffix(".csv.new")
        beside.write_bytes(after)
        os.replace(beside, path)
    except OSError as error:
        remedy = "Set HASHWATT_LEDGER to a copy of the ledger folder that you may write to"
        raise SourceMissing(f"ledger/{FILE}", f"{path}: {error.strerror}", remedy) from error
    return path


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else str(value)


def _refuse_unsound(path: Path, content: bytes, now_utc: datetime) -> None:
    lines = lines_of(DECISION, content)
    problems = [*lines.problems, *judge(DECISION, lines, {}, now_utc)[1]]
    if problems:
        first = problems[0]
        told = f"line {first.line or 1}, {first.column}: {first.reason}; {first.remedy}"
        raise SourceDamaged(f"ledger/{FILE}", f"{path} would not hold: {told}", "See `hashwatt check ledger`")
