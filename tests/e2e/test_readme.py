"""The README tells the truth: each query it shows prints, on the bundle edition, exactly the answer it shows."""

from __future__ import annotations

from typing import Any

import pytest

from tools.readme_outputs import README, Block, blocks, fill, run

BLOCKS = blocks(README.read_text(encoding="utf-8"))


def test_the_readme_shows_three_queries_with_rows() -> None:
    assert len(BLOCKS) >= 3
    assert [block.name for block in BLOCKS if len(block.answer.splitlines()) < 3] == []


@pytest.mark.e2e
@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_a_query_prints_what_the_readme_shows(block: Block, first_home: Any) -> None:
    assert run(block.command, first_home.settings.home) == block.answer


PAGE = """before
<!-- query: one -->
```sh
hashwatt query "select 1 as x"
```

```text
old
```
after
"""


def test_answers_are_replaced_and_nothing_else() -> None:
    asked: list[str] = []

    def answer(command: str) -> str:
        asked.append(command)
        return "new\\1\n"

    assert fill(PAGE, answer) == PAGE.replace("old\n", "new\\1\n")
    assert asked == ['hashwatt query "select 1 as x"']


def test_a_block_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(ValueError, match="query block"):
        blocks(PAGE.replace("```text", "```"))
