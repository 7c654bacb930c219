"""Reads a suite from its yml, Great Expectations' own form of a suite with hashwatt's part in `meta`, and the thresholds of all gates
from limits.yml, each once and with its reason.

`{limits.x}` in a query or a text is the threshold of that name (`{limits.x:.0%}` in that form), `{sql.x}` a piece of SQL of the suite's own `meta`, and
`{remedy}` in a remedy what to do about any bad row of the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from quality.rules import Rule

_NAMED = re.compile(r"\{(limits|sql)\.([a-z0-9_.]+)(?::([^{}]*))?\}")


def read_yml(path: Path) -> dict[str, Any]:
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if not isinstance(found, dict):
        raise ValueError(f"{path.name}: not a suite")
    return found


def read_limits(text: str) -> dict[str, int | float]:
    """Name to number; a pair is two names, x.low and x.high. Raises ValueError for an entry without a sentence, or with
    anything but a value or a pair."""
    return dict(_numbers(yaml.load(text, Loader=yaml.CSafeLoader)))


def _numbers(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, int | float]]:
    for name, entry in entries.items():
        numbers = {part: value for part, value in entry.items() if part != "why"}
        if set(numbers) not in ({"value"}, {"low", "high"}) or not str(entry.get("why", "")).endswith("."):
            raise ValueError(f"limit {name}: give a value, or low and high, and why, a sentence")
        for part, value in numbers.items():
            yield name if part == "value" else f"{name}.{part}", value


LIMITS = read_limits(Path(__file__).with_name("limits.yml").read_text(encoding="utf-8"))


def rules_of(suite: Mapping[str, Any], remedy: str) -> tuple[Rule, ...]:
    """The rules of a suite as read. Raises ValueError, naming the suite, for an entry that is no rule."""
    pieces = suite.get("meta", {}).get("sql", {})
    try:
        return tuple(_rule(entry, pieces, remedy) for entry in suite["expectations"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"suite {suite.get('name')}: {error}") from error


def _rule(entry: Mapping[str, Any], pieces: Mapping[str, str], remedy: str) -> Rule:
    meta = dict(entry["meta"])
    kwargs = {
        name: filled(value, pieces) if isinstance(value, str) else value for name, value in entry["kwargs"].items()
    }
    rule = Rule(
        meta.pop("rule"),
        entry["severity"],
        filled(entry["description"], {}),
        filled(meta.pop("remedy", "{remedy}"), {}).replace("{remedy}", remedy),
        type=entry["type"],
        kwargs=kwargs,
        as_of_severity=meta.pop("as_of_severity", None),
        bundle_severity=meta.pop("bundle_severity", None),
    )
    unknown = [*meta, *(set(entry) - {"type", "kwargs", "severity", "description", "meta"})]
    if unknown:
        raise ValueError(f"rule {rule.name}: nothing reads {', '.join(sorted(unknown))}")
    return rule


def filled(text: str, pieces: Mapping[str, str]) -> str:
    """The text with thresholds and pieces of SQL in it. Raises ValueError for a name that stands nowhere."""

    def value(match: re.Match[str]) -> str:
        kind, name, form = match.groups(default="")
        if kind == "limits" and name in LIMITS:
            return format(LIMITS[name], form)
        if kind == "sql" and name in pieces:
            return filled(pieces[name], {other: sql for other, sql in pieces.items() if other != name})
        raise ValueError(f"{match.group()} stands nowhere")

    return _NAMED.sub(value, text)
