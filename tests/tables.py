"""Tables of data beside the tests that read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def tables(test: str) -> dict[str, Any]:
    """By name, what stands in the .yml beside a test file, given as `tables(__file__)`. Dates and numbers have their types."""
    found: dict[str, Any] = yaml.load(Path(test).with_suffix(".yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return found
