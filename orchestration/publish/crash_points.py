"""Named points, one after each side effect of publication and of a copy of one, at which tests end the process as a power cut would."""

from __future__ import annotations

import os
from typing import Final

from orchestration.settings import Settings

PUBLICATION_POINTS: Final = (
    "checks_read",
    "build_started",
    "tables_copied",
    "file_closed",
    "parquet_written",
    "report_written",
    "manifest_written",
    "files_synced",
    "renamed",
    "publications_synced",
    "pointer_prepared",
    "pointer_replaced",
    "home_synced",
    "collecting",
    "collected",
)
EXPORT_POINTS: Final = (
    "schema_made",
    "table_loaded",
    "tables_finished",
    "reader_let_in",
    "copy_committed",
    "old_taken_away",
    "schema_swapped",
    "swap_committed",
)


def reach(name: str, settings: Settings) -> None:
    """Do nothing, or, when the test asked for this point, exit at once with 137: no cleanup, no flush, no handlers."""
    if settings.crash_at == name:
        os._exit(137)
