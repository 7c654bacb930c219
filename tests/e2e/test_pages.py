"""The pages tell the truth: each query they show prints, on the bundle edition, exactly the answer they show."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from orchestration.cli.refresh import QUESTIONS
from tools.page_outputs import PAGES, Block, blocks, fill, run

BLOCKS = {page.name: blocks(page.read_text(encoding="utf-8")) for page in PAGES}
SHOWN = [pytest.param(b, id=f"{name}-{n}") for name, found in BLOCKS.items() for n, b in enumerate(found, 1)]


def test_the_readme_shows_three_queries_and_every_answer_has_rows() -> None:
    assert len(BLOCKS["README.md"]) == 3
    assert [b.command for found in BLOCKS.values() for b in found if len(b.answer.splitlines()) < 3] == []


def test_the_first_questions_are_what_a_refresh_answers() -> None:
    said = [shlex.split(block.command)[2] for block in BLOCKS["questions.md"]]
    assert [" ".join(sql.split()) for sql in said[:3]] == [" ".join(question.sql.split()) for question in QUESTIONS]


@pytest.mark.e2e
@pytest.mark.parametrize("block", SHOWN)
def test_a_query_prints_what_the_page_shows(block: Block, first_home: Any) -> None:
    assert run(block.command, first_home.settings.home) == block.answer


PAGE = """before
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
    with pytest.raises(ValueError, match="answer"):
        blocks(PAGE.replace("```text", "```"))
