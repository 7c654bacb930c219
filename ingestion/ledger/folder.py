"""All files of a ledger folder at once: everything that is wrong with any of them. Reads the folder and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from ingestion.contracts import LEDGER_TABLES
from ingestion.landing.delimited import Lines, Problem
from ingestion.ledger.reader import file_columns, judge, lines_of

STAMP = "ledger.json"
TABLES = {table.name.removeprefix("raw_ledger__"): table for table in LEDGER_TABLES}


@dataclass(frozen=True)
class Checked:
    """What was read, and each problem with the name of its file, in the order of files and lines."""

    files: int
    rows: int
    problems: tuple[tuple[str, Problem], ...]


def check_folder(folder: Path, now_utc: datetime) -> Checked:
    """Every problem of every ledger file in the folder; `now_utc` (naive UTC) bounds what can be known already.

    A name counts as known where its own table has it, in a row with a problem, too.
    """
    problems = [(STAMP, one) for one in _stamp(folder / STAMP)]
    for path in sorted(folder.glob("*.csv")):
        if path.stem not in TABLES:
            near = get_close_matches(path.stem, TABLES, n=1)
            remedy = f"name it {near[0]}.csv" if near else "take it out of the folder"
            problems.append((path.name, Problem("unknown_file", None, "", "the ledger has no such table", remedy)))
    read: dict[str, Lines] = {}
    for entity, table in TABLES.items():
        try:
            read[entity] = lines_of(table, (folder / f"{entity}.csv").read_bytes())
        except OSError as error:
            reason = "the file is missing" if isinstance(error, FileNotFoundError) else str(error.strerror)
            remedy = f"a ledger has a file for each of its tables; its first line reads {','.join(file_columns(table))}"
            problems.append((f"{entity}.csv", Problem("missing", None, "", reason, remedy)))
    # The names stand in the first column of a key, and what a spelling stands for in the one that bears the table's name;
    # None where the file does not have them.
    known = {
        own: {cells[name]: cells.get(own, "") for _, cells in lines.cells if cells.get(name)} or None
        for own, lines in read.items()
        for name in TABLES[own].key[:1]
    }
    for entity, lines in read.items():
        found = judge(TABLES[entity], lines, known, now_utc)[1]
        ordered = sorted([*lines.problems, *found], key=lambda one: one.line or 0)
        problems.extend((f"{entity}.csv", one) for one in ordered)
    problems.sort(key=lambda told: told[0])
    return Checked(len(read), sum(len(lines.cells) for lines in read.values()), tuple(problems))


def _stamp(path: Path) -> list[Problem]:
    """What is wrong with the file that says when the ledger was last verified."""
    remedy = 'the file must hold {"verified_at_utc": "YYYY-MM-DDTHH:MM:SSZ"}'
    try:
        datetime.strptime(json.loads(path.read_bytes())["verified_at_utc"], "%Y-%m-%dT%H:%M:%SZ")
    except FileNotFoundError:
        return [Problem("missing", None, "", "the file is missing", remedy)]
    except (ValueError, KeyError, TypeError) as error:
        return [Problem("damaged", None, "", f"verified_at_utc cannot be read ({error})", remedy)]
    return []
