"""Days without a session, half days, and the moment a bar can be known; the closes are in test_feeds_wanted.py."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime

import pytest

from ingestion.calendars import bar_known_at, parse_sessions, render_sessions


@pytest.fixture(scope="module")
def closes() -> dict[date, datetime]:
    return {s.session_date: s.close_utc for s in parse_sessions("calendar/XNYS", render_sessions(date(2026, 1, 5)))}


def test_no_session_on_holidays_mourning_and_weekends(closes: dict[date, datetime]) -> None:
    assert not closes.keys() & {date(2025, 1, 9), date(2025, 12, 25), date(2026, 1, 1), date(2025, 11, 1)}


def test_half_days_are_marked() -> None:
    half = {s.session_date for s in parse_sessions("c", render_sessions(date(2025, 12, 31))) if s.is_half_day}
    assert {date(2025, 7, 3), date(2025, 11, 28), date(2025, 12, 24)} <= half
    assert date(2025, 11, 26) not in half


def test_a_bar_is_known_a_quarter_of_an_hour_after_the_close(closes: dict[date, datetime]) -> None:
    assert bar_known_at("XNYS", date(2025, 11, 28), closes) == datetime(2025, 11, 28, 18, 15)
    assert bar_known_at("UTC", date(2025, 9, 30), closes) == datetime(2025, 10, 1)


@pytest.mark.slow
def test_the_zone_of_the_process_does_not_matter() -> None:
    code = (
        "import hashlib; from datetime import date; from ingestion.calendars import render_sessions;"
        "print(hashlib.sha256(render_sessions(date(2025, 12, 31))).hexdigest())"
    )
    here, there = (
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "TZ": z}, capture_output=True, text=True, check=True
        )
        for z in ("UTC", "Asia/Tokyo")
    )
    assert here.stdout == there.stdout
