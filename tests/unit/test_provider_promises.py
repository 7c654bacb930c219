"""What every provider promises, over a real local server: the request, the rows, errors by their types, keys where they
belong, and windows no longer than it can bring."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.fetch.http import own_name
from ingestion.providers import provider as providers
from ingestion.providers.pages import Unreadable
from ingestion.providers.rows import Window, columns_missing
from tests.edgar.server import QUICK, Fault, half_json, page_instead, status
from tests.feeds import days
from tests.feeds.asking import Asking, read_page
from tests.feeds.cases import CASES, KEY, Case
from tests.feeds.formats import coin_metrics, official, treasury
from tests.feeds.server import FeedServer
from tests.tables import tables
from tests.unit.feedskit import universe

DATA = tables(__file__)

pytestmark = pytest.mark.usefixtures("only_this_machine")

KEY_SETTINGS = [str(case.provider.key_setting) for case in CASES if case.provider.key_setting]
BY_NAME = {case.provider.name: case for case in reversed(CASES)}


def asked(case: Case, server: FeedServer, folder: Path, **others: Any) -> Asking:
    server.reset().mount(case.provider.name, case.tells())
    return Asking(case.provider, server, folder, **{"key": KEY if case.provider.key_setting else None} | others)


def day_of(row: Mapping[str, object]) -> date:
    return next(value for value in row.values() if isinstance(value, date))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_window_is_asked_for_and_read_as_it_was(case: Case, running_feeds: FeedServer, tmp_path: Path) -> None:
    asking = asked(case, running_feeds, tmp_path)
    window = case.provider.windows(case.window, case.today)[0]
    reading = asking.read(case.target, window, today=case.today)
    (arrival,) = running_feeds.requests_of(case.provider.name)
    assert arrival.path == f"/{case.provider.name}{case.address.path}"
    assert parse_qsl(arrival.query) == parse_qsl(case.address.query)
    assert {name: arrival.headers[name] for name in case.headers} == case.headers
    assert own_name() in arrival.headers["User-Agent"] and own_name().startswith("hashwatt/")
    expected = [row for row in case.rows if day_of(row) >= window.first]
    assert [list(row) for row in reading.rows] == [list(row) for row in expected] and expected
    for row, other in zip(reading.rows, expected, strict=True):
        assert list(row.values()) == [pytest.approx(v, rel=1e-7) if isinstance(v, float) else v for v in other.values()]
    assert [dict(one) for one in reading.actions] == [
        {name: pytest.approx(value) if isinstance(value, float) else value for name, value in one.items()}
        for one in case.actions
    ]
    assert not reading.rejected
    given = case.provider.gives(case.target)
    assert columns_missing([reading], given) == [] and given
    for column in given:
        without = replace(reading, rows=[{**row, column: None} for row in reading.rows])
        assert columns_missing([without], given) == [column]
        assert columns_missing([replace(without, rows=without.rows[:1])], given) == [], "one day alone proves nothing"
    held = [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
    assert not held, "a key is sent and kept nowhere"


FAULTS = {
    "a page instead": (page_instead, errors.WrongContent),
    "half": (half_json, errors.Truncated),
    "429": (status(429, body=b"slow down"), errors.Unavailable),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
@pytest.mark.parametrize("case", BY_NAME.values(), ids=str)
def test_what_may_pass_is_asked_again_and_then_an_error(
    case: Case, fault: str, running_feeds: FeedServer, tmp_path: Path
) -> None:
    name = case.provider.name
    if fault == "half" and case.provider.kind != "json":
        pytest.skip("half a text is a shorter one")
    asking = asked(case, running_feeds, tmp_path)
    told, error = FAULTS[fault]
    if is_spent := fault == "429" and case.provider.is_spent_by_429:
        error = errors.QuotaExceeded
    running_feeds.fail(name, *[told] * 3)
    with pytest.raises(error) as caught:
        asking.read(case.target, case.window, today=case.today)
    attempts = 1 if is_spent or case.provider.is_asked_once else 3
    assert type(caught.value) is error and running_feeds.asked(name) == attempts
    assert not asking.archive.sources("feed")
    server_again = asked(case, running_feeds, tmp_path)
    running_feeds.fail(name, *[told] * (attempts > 1))
    assert server_again.read(case.target, case.window, today=case.today).rows, "what passes is asked again"


def said(code: int, document: object) -> Fault:
    body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
    return status(code, body=body, kind="application/json")


# What no document of the table can say: headers, and bodies that other modules make.
SAID = [
    *((name, said(code, words), getattr(errors, error)) for name, code, words, error in DATA["errors"]),
    ("coin_metrics", coin_metrics.too_many, errors.Unavailable),
    ("fiscal_data", said(200, official.debt_body({date(2024, 3, 28): 1e12}, total=2).decode()), errors.WrongContent),
    ("federal_reserve", said(200, official.ddp_body("H41", {"OTHER_N.WW": {}}).decode()), errors.UnknownSubject),
]


@pytest.mark.parametrize(("name", "fault", "error"), SAID, ids=[f"{n}-{e.__name__}" for n, _, e in SAID])
def test_an_error_has_its_type_under_whatever_status(
    name: str, fault: Fault, error: type[errors.FetchError], running_feeds: FeedServer, tmp_path: Path
) -> None:
    case = BY_NAME[name]
    asking = asked(case, running_feeds, tmp_path)
    running_feeds.fail(name, *[fault] * 3)
    with pytest.raises(error) as caught:
        asking.read(case.target, case.window, today=case.today)
    assert type(caught.value) in (error, Unreadable) and running_feeds.asked(name) == (
        3 if error.again and not case.provider.is_asked_once else 1
    )
    setting = case.provider.key_setting
    named = [name for name in KEY_SETTINGS if name in caught.value.remedy]
    assert named == ([setting] if setting and error is errors.Refused else []), (
        "no remedy names a key that is not asked for"
    )
    assert setting or "the key" not in caught.value.remedy
    assert not asking.archive.sources("feed")
    if error in (errors.UnknownSubject, errors.Refused, errors.QuotaExceeded) and caught.value.body:
        assert asking.refused() == [caught.value.body]


@pytest.mark.parametrize("name", [name for name, case in BY_NAME.items() if case.provider.key_setting])
def test_without_its_key_nothing_is_asked_and_a_wrong_one_is_refused(
    name: str, running_feeds: FeedServer, tmp_path: Path
) -> None:
    case = BY_NAME[name]
    with pytest.raises(ValueError, match=f"{case.provider.key_setting} is not set"):
        asked(case, running_feeds, tmp_path, key="").read(case.target, case.window)
    assert running_feeds.asked() == 0
    with pytest.raises(errors.Refused) as caught:
        asked(case, running_feeds, tmp_path, key=f"wrong{KEY}").read(case.target, case.window)
    assert KEY not in repr(vars(caught.value)) + str(caught.value)


@pytest.mark.parametrize(
    ("name", "words", "pause"),
    [
        ("alpha_vantage", {"Information": "Please consider 1 request per second."}, 2.0),
        *(
            ("kraken", {"error": [said]}, 3.0)
            for said in ("EGeneral:Too many requests", "EService: Throttled: 1735689600")
        ),
    ],
)
def test_asked_too_fast_under_status_200_all_who_ask_pause(
    name: str, words: object, pause: float, running_feeds: FeedServer, tmp_path: Path
) -> None:
    case = BY_NAME[name]
    asking = asked(case, running_feeds, tmp_path, bounds=replace(QUICK, attempts=1))
    running_feeds.fail(name, said(200, words))
    with pytest.raises(errors.Unavailable) as caught:
        asking.read(case.target, case.window)
    assert caught.value.retry_after == pause
    hasty = Asking(case.provider, running_feeds, tmp_path, replace(QUICK, total_seconds=0.5), asking.key)
    with pytest.raises(errors.DeadlineExceeded, match="asked for a pause"):
        hasty.read(case.target, case.window)
    assert running_feeds.asked(name) == 1


UNREADABLE = [
    *((name, b"{", SourceDamaged) for name, case in BY_NAME.items() if case.provider.kind == "json"),
    *((name, b'{"a": 1}', SourceDrifted) for name, case in BY_NAME.items()),
    ("fred", b"observation_date,DGS10\n2024-01-02,\xff\n", SourceDamaged),
    ("kraken", b'{"error":["E:x"]}', SourceDrifted),
    ("cboe", b"\xff\xfe", SourceDamaged),
    ("federal_reserve", official.ddp_body("H41", {"OTHER_N.WW": {}}), SourceDrifted),
    ("ecb", official.ecb_body("GBP", {date(2024, 1, 2): 0.86}), SourceDrifted),
    ("treasury", treasury.body([treasury.entry(date(2025, 1, 3), {"BC_2YEAR": 4.6})]), SourceDrifted),
]


@pytest.mark.parametrize(("name", "content", "error"), UNREADABLE)
def test_an_archived_page_that_cannot_be_read_is_named(name: str, content: bytes, error: type[Exception]) -> None:
    case = BY_NAME[name]
    with pytest.raises(error, match=f"feed/x/{name}"):
        read_page(case.provider, content, case.target, case.window, days.NOW, f"feed/x/{name}")


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.target.calendar == "UTC" and case.target.subject not in ("M2", "FEDERAL_DEBT")],
    ids=str,
)
def test_the_day_under_way_is_no_row(case: Case, running_feeds: FeedServer, tmp_path: Path) -> None:
    """A UTC day ends at midnight; one of the network is settled an hour later. Sessions have tests of their own."""
    asking = asked(case, running_feeds, tmp_path)
    last = max(v for row in case.rows for v in list(row.values())[:1] if isinstance(v, date))
    ended = datetime.combine(last, datetime.min.time()) + timedelta(days=1)
    ended += timedelta(hours=1) if case.target.domain == "network" else timedelta(0)
    for at, is_read in ((ended - timedelta(seconds=1), False), (ended, True)):
        reading = asking.read(case.target, case.window, at=at, today=case.today)
        assert (last in [next(iter(row.values())) for row in reading.rows]) is is_read


@pytest.mark.parametrize(("name", "first", "last", "found"), DATA["windows"])
def test_windows_are_cut_to_what_a_provider_can_bring(name: str, first: str, last: str, found: list[str]) -> None:
    window = Window(date.fromisoformat(first), date.fromisoformat(last))
    cuts = providers.provider(name).windows(window, date(2025, 1, 6))
    assert [f"{one.first} {one.last}" for one in cuts] == found


def test_every_provider_of_the_ledger_exists_and_names_itself() -> None:
    assert {case.provider.name for case in CASES} == set(providers.PLACES)
    assert {feed.provider for feeds in universe().feeds.values() for feed in feeds} == set(providers.PLACES)
    for name in providers.PLACES:
        found = providers.provider(name)
        assert (found.name, found.base_url[:8]) == (name, "https://")
        assert found.windows(Window(days.NOW.date(), days.NOW.date()), days.NOW.date())
