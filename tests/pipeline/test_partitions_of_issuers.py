"""The issuers that EDGAR's tables are cut by: those of the ledger that the run reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from orchestration.pipeline.raw import universe
from orchestration.settings import Settings
from tests.unit.feedskit import LATER

LEDGER = b"issuer,name\nRIOT,Riot Platforms\n,nobody\nCLSK,CleanSpark\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HASHWATT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HASHWATT_LEDGER", str(tmp_path / "ledger"))
    return Settings.from_env()


def test_they_come_from_the_folder_of_the_ledger(settings: Settings) -> None:
    settings.ledger_dir.mkdir()
    (settings.ledger_dir / "issuer.csv").write_bytes(LEDGER)
    assert universe() == ["RIOT", "CLSK"]


def test_where_the_folder_is_gone_the_archived_ledger_speaks(settings: Settings) -> None:
    assert universe() == []
    archive = Archive(Storage(settings.archive))
    fetch = archive.put("ledger/issuer.csv", LEDGER, fetched_at_utc=LATER)
    assert universe() == ["RIOT", "CLSK"]
    archive.path(fetch.sha256).write_bytes(b"issuer\nRIOT\n")
    assert universe() == [], "what is not what was archived is not read"


def test_bytes_that_are_no_text_name_nobody(settings: Settings) -> None:
    settings.ledger_dir.mkdir()
    (settings.ledger_dir / "issuer.csv").write_bytes(b"issuer\n\xff\xfe\n")
    assert universe() == []
