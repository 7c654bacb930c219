"""Folders that survive a power cut, and the points at which tests end the process as one would."""

from __future__ import annotations

import os
from pathlib import Path

from ingestion.fetch.storage import sync
from orchestration.settings import Settings


def sync_tree(folder: Path) -> None:
    """Sync everything below `folder`, what is in a folder before the folder, and `folder` itself last."""
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        sync(path)


def reach(point: str, settings: Settings) -> None:
    """Named after a side effect of publication or of a copy. Does nothing, or, where a test asked for this point, exits at
    once with 137: no cleanup, no flush, no handlers."""
    if settings.crash_at == point:
        os._exit(137)
