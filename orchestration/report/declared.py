"""What a page of the report declares: its title, and blocks of one query each. The vocabulary only; each page is a yml file in pages/."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

PAGES: Final = Path(__file__).with_name("pages")


class Block(BaseModel):
    """One query and how its rows are shown.

    `table` is the published table whose rows they are, whole or in part, found by its key; empty where the query adds up or joins.
    `text` is a Jinja template over the rows. `chart` is a Vega-Lite specification without data, and `alt` what it shows, in words.
    `evidence` gives, by column, the address of what stands behind its numbers, and `anchor` the name by which such an address
    finds a row: both are filled with the row's values in braces. `labels` are heads of columns that their names do not make; columns that are `hidden` stand in the data alone.
    `empty` is said where there are no rows. A query of what changed since the publication before reads that one as `before`,
    and `without_before` is said where there is none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"[a-z][a-z0-9-]*")
    title: str
    sql: str
    table: str = ""
    text: str = ""
    rows: Literal["shown", "folded", "none"] = "shown"
    chart: dict[str, Any] | None = None
    alt: str = ""
    evidence: dict[str, str] = {}
    anchor: str = ""
    labels: dict[str, str] = {}
    hidden: tuple[str, ...] = ()
    empty: str
    without_before: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Block:
        if bool(self.chart) != bool(self.alt):
            raise ValueError("a chart and the words on what it shows come together")
        if ("before." in self.sql) != bool(self.without_before):
            raise ValueError("without_before is for a query of `before`, and every such query has one")
        return self


class Page(BaseModel):
    """One page: `name` is its file without ending, `about` the sentence under its title."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    about: str
    blocks: tuple[Block, ...] = Field(min_length=1)


def read_pages(folder: Path = PAGES) -> list[Page]:
    """The pages in the order of their files' numbers, `10-index.yml` first. Raises ValueError with the file and the field."""
    pages = []
    for file in sorted(folder.glob("*.yml")):
        given = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        try:
            pages.append(TypeAdapter(Page).validate_python({"name": file.stem.partition("-")[2], **given}))
        except (ValidationError, TypeError) as error:
            raise ValueError(f"{file.name}: {error}") from error
    return pages
