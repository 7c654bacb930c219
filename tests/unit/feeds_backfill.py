"""A backfill in a process of its own, for tests that kill it: ``python -m tests.unit.feeds_backfill FOLDER URL``."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path

from ingestion.answers import note_since
from ingestion.ask import Asking
from ingestion.fetch.answers import Bounds
from ingestion.providers.client import FeedClient
from ingestion.wanted import Wanted
from tests.unit.feedskit import CLOSES, SINCE, Home, part_of

SUBJECTS = ("BTC-USD", "ETH-USD", "MSTR", "RIOT", "MARA")
FIRST = date(2022, 1, 3)
NOW = datetime(2026, 3, 13, 22)
PATIENT = Bounds(attempts=1, total_seconds=60, read_seconds=60)
"""No request is sent twice because the machine is busy."""


def backfill(folder: Path, url: str) -> None:
    home = Home(folder, part_of("market", SUBJECTS))
    client = FeedClient(home.archive, {}, base_url=url, limit_folder=folder / "limits", bounds=PATIENT)
    note_since(home.archive, ("market",), None, FIRST)
    wanted = Wanted(client, home.universe, CLOSES, NOW, SINCE, home.lake, only_missing=True)
    Asking(wanted, lambda line: None).everything(("market",), None)


if __name__ == "__main__":
    backfill(Path(sys.argv[1]), sys.argv[2])
