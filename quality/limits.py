"""The thresholds of the gates, each once and with its reason: limits.yml by name. A pair is two names, x.low and x.high."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

Number = int | float


def read_limits(text: str) -> dict[str, Number]:
    """Name to number. Raises ValueError for an entry without a sentence, or with anything but a value or a pair."""
    return dict(_numbers(yaml.load(text, Loader=yaml.CSafeLoader)))


def _numbers(entries: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Number]]:
    for name, entry in entries.items():
        numbers = {part: value for part, value in entry.items() if part != "why"}
        if set(numbers) not in ({"value"}, {"low", "high"}) or not str(entry.get("why", "")).endswith("."):
            raise ValueError(f"limit {name}: give a value, or low and high, and why, a sentence")
        for part, value in numbers.items():
            yield name if part == "value" else f"{name}.{part}", value


LIMITS = read_limits(Path(__file__).with_name("limits.yml").read_text(encoding="utf-8"))
