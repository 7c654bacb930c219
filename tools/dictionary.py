"""Writes docs/dictionary.md from the dbt manifest: tables, keys, columns, metrics, pictures. `make readme` calls it; a test holds the
page and the models together."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestration.pipeline.dbt import Manifest, Node, load_manifest, models
from orchestration.publish.build import meta_tables

PAGE = Path(__file__).resolve().parent.parent / "docs" / "dictionary.md"
LAYERS = {
    "dim": ("Dimensions", "who and what the facts are about"),
    "fct": ("Facts", "one row per key, the vintage known at T"),
    "mart": ("Marts", "answers made from them"),
    "meta": ("Meta", "about the publication itself"),
}

OPENING = """\
# Data dictionary

<!-- Written by `make readme` from the models' yml files; edit those, not this page. -->

Every published table: its grain, key, columns with unit and meaning, what it is made from, and what its columns point at. T is the
moment that a publication speaks from (`--as-of`, by default now). The same stands in each publication, in `meta_column` and
in `hashwatt tables`. What the lake holds before any model is on [raw tables](raw-tables.md); the questions that these tables
answer are on [questions](questions.md).
"""

References = Mapping[str, Mapping[str, tuple[str, str]]]
"""Of each table, by column, the table and column that a test of relationships holds it to."""


def render(manifest: Manifest) -> str:
    """The whole page."""
    return "\n".join(_lines(manifest)).rstrip() + "\n"


def references(manifest: Manifest) -> References:
    """What the columns of the published tables point at, by the tests of relationships that are declared beside them."""
    published = models(manifest, "marts")
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for test in manifest["nodes"].values():
        if (test.get("test_metadata") or {}).get("name") != "relationships":
            continue
        given = test["test_metadata"]["kwargs"]
        of, to = manifest["nodes"][test["attached_node"]]["name"], given["to"].split("'")[1]
        if of in published and to in published:
            found.setdefault(of, {})[given["column_name"]] = (to, given["field"])
    return found


def made_from(manifest: Manifest, name: str) -> tuple[list[str], list[str]]:
    """Names of the published tables, and of the raw ones, that a table reads, itself or by intermediate models."""
    nodes, published, raw = manifest["nodes"], set[str](), set[str]()
    waiting = list(models(manifest)[name]["depends_on"]["nodes"])
    for parent in waiting:
        if parent.startswith("source."):
            raw.add(manifest["sources"][parent]["name"])
        elif nodes[parent]["fqn"][1] == "marts":
            published.add(nodes[parent]["name"])
        else:
            waiting += [one for one in nodes[parent]["depends_on"]["nodes"] if one not in waiting]
    return sorted(published), sorted(raw)


def _lines(manifest: Manifest) -> Iterator[str]:
    published, pointed = models(manifest, "marts"), references(manifest)
    yield OPENING
    for layer, (title, what) in LAYERS.items():
        yield f"## {title}: {what}\n"
        yield "| table | one row per | |\n|---|---|---|"
        for name in _of(layer, published):
            yield f"| [{name}](#{name}) | {_key(_primary(published[name]))} | {_sentence(published[name])} |"
        if layer == "meta":
            for meta in meta_tables():
                yield f"| [{meta.name}](#{meta.name}) | {_key(meta.key)} | {meta.description} |"
        yield ""
    yield from _metrics(manifest)
    yield "## What points at what\n"
    yield "Tables by the columns whose values a test of every build finds in the other table; a ring at its end where the column may be null."
    yield "\n```mermaid\nerDiagram"
    for name, columns in sorted(pointed.items()):
        for column, (to, _) in sorted(columns.items()):
            one = "||" if _is_filled(published[name], column) else "|o"
            yield f"  {to} {one}--o{{ {name} : {column}"
    yield "```\n"
    yield from _lineage(manifest, published)
    for layer in LAYERS:
        for name in _of(layer, published):
            yield from _table(manifest, published[name], pointed.get(name, {}))
    for meta in meta_tables():
        yield f"## {meta.name}\n\n{meta.description}\n\n- key: {_key(meta.key)}\n- made from: the run that published\n"
        yield "| column | type | unit | meaning |\n|---|---|---|---|"
        for column, kind, sentence, unit in meta.columns:
            yield f"| `{column}` | {kind.split()[0].lower()} | {unit} | {_cell(sentence)} |"
        yield ""


def _metrics(manifest: Manifest) -> Iterator[str]:
    metrics = sorted(manifest["metrics"].values(), key=lambda metric: str(metric["name"]))
    if not metrics:
        return
    yield "## Metrics\n"
    yield "Defined once, as dbt metrics, and answered by MetricFlow: [metrics](metrics.md).\n"
    yield "| metric | unit | meaning |\n|---|---|---|"
    for metric in metrics:
        yield f"| `{metric['name']}` | {_unit(metric)} | {_cell(metric['description'])} |"
    yield ""


def _lineage(manifest: Manifest, published: Mapping[str, Node]) -> Iterator[str]:
    yield "## Lineage\n"
    yield "Groups of raw tables, and published tables by what they read; intermediate models are left out, `meta_*` too.\n"
    yield "```mermaid\nflowchart LR"
    for name in sorted(published):
        if name.startswith("meta"):
            continue
        tables, raw = made_from(manifest, name)
        for group in sorted({one.split("__")[0] for one in raw}):
            yield f"  {group}[({group.removeprefix('raw_')})] --> {name}"
        for table in tables:
            yield f"  {table} --> {name}"
    yield "```\n"


def _table(manifest: Manifest, node: Node, pointed: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    published, raw = made_from(manifest, node["name"])
    sources = [f"[{one}](#{one})" for one in published] + [f"[{one}](raw-tables.md#{one})" for one in raw]
    yield f"## {node['name']}\n\n{node['description']}\n"
    yield f"- key: {_key(_primary(node))}"
    yield f"- made from: {', '.join(sources)}\n"
    yield "| column | type | unit | meaning |\n|---|---|---|---|"
    for name, column in node["columns"].items():
        to = f" Names a row of [{pointed[name][0]}](#{pointed[name][0]})." if name in pointed else ""
        kind = column["data_type"] + ("" if _is_filled(node, name) else " or null")
        yield f"| `{name}` | {kind} | {_unit(column)} | {_cell(column['description'])}{to} |"
    yield ""


def _of(layer: str, published: Collection[str]) -> list[str]:
    return sorted(name for name in published if name.split("_")[0] == layer)


def _key(columns: Collection[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _primary(node: Node) -> list[str]:
    """Columns of the primary key in their order; dbt's own list of them is sorted."""
    return [column for one in node["constraints"] if one["type"] == "primary_key" for column in one["columns"]]


def _is_filled(node: Node, column: str) -> bool:
    promised = (one["type"] for one in node["columns"][column]["constraints"])
    return column in _primary(node) or "not_null" in promised


def _sentence(node: Node) -> str:
    return _cell(node["description"].split(". ")[0].rstrip(".") + ".")


def _unit(described: Mapping[str, Any]) -> str:
    unit = str(described["config"].get("meta", {}).get("unit", ""))
    return "" if unit == "none" else unit


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Writes the page."""
    PAGE.write_text(render(load_manifest()), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")


if __name__ == "__main__":
    main()
