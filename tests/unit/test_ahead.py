"""A clock that was ahead: the archive keeps the order in which answers came, and their dates are mended within it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import ingestion.fetch.archive
from ingestion import outcomes
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.ahead import answers_ahead, date_again, tables_ahead
from ingestion.landing.lake import Lake

NOW = datetime(2026, 3, 1, 12)
SECOND = timedelta(seconds=1)
AHEAD = timedelta(days=500)


@pytest.fixture
def at(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime, str, bytes], None]:
    """Archive an answer that comes in at a moment of the machine's clock."""

    def put(moment: datetime, source: str, content: bytes) -> None:
        monkeypatch.setattr(ingestion.fetch.archive, "now_utc", lambda: moment)
        archive.put(source, content, fetched_at_utc=moment)

    return put


def test_the_newest_answer_is_the_last_that_came(archive: Archive, at: Callable[..., None]) -> None:
    at(NOW + AHEAD, "a", b"first")
    at(NOW, "a", b"second")
    at(NOW, "b/c", b"third")
    at(NOW - SECOND, "a", b"fourth")
    newest = archive.latest("a")
    assert newest is not None and archive.get(newest.sha256) == b"fourth"
    assert newest.archived_at_utc == NOW - SECOND, "the order is not told as a time"
    contents = [archive.get(archive.open(record).sha256) for record in archive.records("")]
    assert contents == [b"first", b"second", b"third", b"fourth"]
    at(NOW, "a", b"fourth")
    assert len(archive.records("a")) == 3, "what was answered last is no new answer"


def test_an_archive_opened_anew_goes_on_in_order(archive: Archive, at: Callable[..., None]) -> None:
    at(NOW + AHEAD, "a", b"first")
    again = Archive(archive._storage)
    again.put("b", b"second", fetched_at_utc=NOW)
    again.put("a", b"third", fetched_at_utc=NOW)
    assert [archive.get(archive.open(record).sha256) for record in archive.records("")] == [
        b"first",
        b"second",
        b"third",
    ]


def test_dates_are_mended_within_the_order(archive: Archive, at: Callable[..., None], tmp_path: Path) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    at(NOW - SECOND, "a", b"before")
    at(NOW + AHEAD, "a", b"ahead")
    at(NOW + AHEAD + SECOND, f"{outcomes.FOLDER}/x", b"a log")
    at(NOW, "a", b"after")
    at(NOW + AHEAD, "b", b"ahead again")
    names = [record.name for record in archive.records("a")]
    assert [record.source for record, _ in answers_ahead(archive, NOW + SECOND)] == ["a", f"{outcomes.FOLDER}/x", "b"]
    assert date_again(archive, lake, NOW + SECOND) == (3, [])
    assert answers_ahead(archive, NOW + SECOND) == [] and tables_ahead(lake, NOW) == {}
    assert [record.name for record in archive.records("a")] == names
    before, mended, after = archive.fetches("a")
    assert before.fetched_at_utc < mended.fetched_at_utc == mended.archived_at_utc < after.fetched_at_utc == NOW
    assert archive.get(mended.sha256) == b"ahead"
    recorded = mended.request["recorded_as"]
    assert isinstance(recorded, dict) and recorded["fetched_at_utc"].startswith("2027-07-14T12:00:00")
    (last,) = archive.fetches("b")
    assert NOW < last.fetched_at_utc < NOW + SECOND
    assert archive.latest(f"{outcomes.FOLDER}/x") is None, "its bytes hold the wrong times themselves"
    assert date_again(archive, lake, NOW + SECOND) == (0, [])
