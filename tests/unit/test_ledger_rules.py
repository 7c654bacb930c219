"""Each refusal of the ledger has a small file that triggers exactly it, and names file, line, column and what to write."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingestion.errors import SourceDamaged
from ingestion.ledger.rules import RULES
from tests.unit.ledgerrows import TABLES, UNIVERSE, read, render

Rows = list[Mapping[str, str]]


def cases() -> Iterator[Any]:
    said = yaml.load(Path(__file__).with_name("ledger_told.yml").read_text(encoding="utf-8"), yaml.CBaseLoader)
    del said["rows"]
    for promise, told in said.items():
        for entity, rows, expected, *words in told:
            changes = [ChainMap(*row[::-1]) if isinstance(row, list) else row for row in rows]
            changes = [rows] if isinstance(rows, dict) else changes
            yield pytest.param(entity, changes, expected, "".join(words), id=f"{promise} {entity} {words}")
    for entity in TABLES:
        yield pytest.param(entity, [{}], [], "", id=f"a good row is kept {entity}")


@pytest.mark.parametrize(("entity", "rows", "expected", "words"), [*cases()])
def test_what_is_told_of_a_file(entity: str, rows: Rows, expected: list[str], words: str) -> None:
    """Exactly this, by rule, line and column; the counts add up."""
    batch = read(entity, render(entity, *rows))
    assert batch.rows_read == len(batch.records) + len(batch.rejected) == len(rows)
    assert [f"{one.rule} {one.line} {one.column}" for one in batch.rejected] == expected
    assert not words or words in batch.rejected[0].reason


def test_each_column_of_a_rule_is_one_of_a_table() -> None:
    """A rule that misspells a column would be held against nothing."""
    conditions = (*RULES["filled"], *RULES["empty"])
    named = {*RULES["described_from"], *(name for pair in RULES["wholes"] for name in pair)}
    named |= {name for before, after, _ in RULES["ordered"] for name in (before, after)}
    named |= {name for column, _, others in conditions for name in (column, *others)}
    for entity, columns in (*((one, pair) for one, *pair in RULES["one_each"]), *RULES["statements"].items()):
        assert {*columns} <= {column.name for column in TABLES[entity].columns}
    named |= {name for column, _, other, _ in RULES["together"] for name in (column, other)}
    assert named <= {column.name for table in TABLES.values() for column in table.columns}
    assert {*RULES["own_words"]} <= TABLES.keys()
    for column, values, _ in conditions:
        allowed = [one.allowed for table in TABLES.values() for one in table.columns if one.name == column]
        assert any({*values} - {None} <= {*among} for among in allowed), (column, values)


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    wrong = {"issuer": "NOPE", "value_usd_m": "2000000000", "citation": ""}
    (one,) = read("ai_deal", render("ai_deal", wrong)).rejected
    assert one.column == "issuer"
    assert all(words in one.reason for words in ("NOPE is not in the universe", "| value_usd_m: ", "| citation: "))


def test_an_issuer_has_a_name() -> None:
    with pytest.raises(SourceDamaged, match="CORZ has no name here; MARA has no name here"):
        read("issuer_name", render("issuer_name", {"issuer": "META"}), universe=replace(UNIVERSE))


def test_names_are_looked_up_only_where_they_are_known() -> None:
    """The universe is read before itself: without one nothing is unknown."""
    assert read("feed", render("feed", {"provider": "new"}), universe=None).rejected == ()
