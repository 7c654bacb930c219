"""What is particular to each provider of network and macro data: pages, vintages, steps of difficulty, XML that means harm."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.errors import SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.providers.coin_metrics import CoinMetrics
from ingestion.providers.macro import treasury as module
from ingestion.providers.macro.fred import Fred, FredApi
from ingestion.providers.macro.treasury import Treasury
from ingestion.providers.mempool import Mempool
from ingestion.providers.rows import Reading, Target, Window
from tests.edgar.server import status
from tests.feeds.asking import Asking, read_page
from tests.feeds.cases import BTC, CURVE, KEY, MONEY, NETWORK_DAYS, TEN, VALUES, WINTER, YIELD
from tests.feeds.formats import coin_metrics, fred, mempool, treasury
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

LATER = datetime(2026, 1, 1)
JANUARY = Window(date(2024, 1, 1), date(2024, 1, 31))
HALF_YEAR = Window(date(2025, 1, 1), date(2025, 6, 30))
VIX = Target("macro", "VIX_CLOSE", "VIXCLS", "UTC")
THIRTY = Target("macro", "UST_30Y", "BC_30YEAR", "UTC")


def values(reading: Reading) -> dict[object, object]:
    return {row["observation_date"]: row["value"] for row in reading.rows}


def test_pages_of_coin_metrics_are_followed_to_the_last(server: FeedServer, tmp_path: Path) -> None:
    server.mount("coin_metrics", coin_metrics.coin_metrics(NETWORK_DAYS, most=10))
    asking = Asking(CoinMetrics(), server, tmp_path)
    assert len(asking.read(BTC, WINTER).rows) == 64
    assert server.asked("coin_metrics") == len(asking.fetches) == 7
    queries = [arrival.query for arrival in server.requests_of("coin_metrics")]
    assert [query.partition("next_page_token=")[2] for query in queries] == ["", "10", "20", "30", "40", "50", "60"]
    assert all("assets=btc" in query for query in queries)


def test_an_address_of_the_next_page_serves_as_well_and_leads_nowhere_else(server: FeedServer, tmp_path: Path) -> None:
    day, other = NETWORK_DAYS[40:42]
    address = "https://elsewhere.example/?page=1&next_page_token=abc%3D"
    pages = [coin_metrics.body([coin_metrics.row(day)], address=address), coin_metrics.body([coin_metrics.row(other)])]
    server.fail("coin_metrics", *(status(200, body=page) for page in pages))
    rows = Asking(CoinMetrics(), server, tmp_path).read(BTC, WINTER).rows
    assert [row["utc_date"] for row in rows] == [day.utc_date, other.utc_date]
    assert server.requests_of("coin_metrics")[1].query.endswith("next_page_token=abc%3D")


def test_a_metric_that_is_no_longer_public_leaves_the_others(server: FeedServer, tmp_path: Path) -> None:
    server.mount("coin_metrics", coin_metrics.coin_metrics(NETWORK_DAYS, forbidden=["FeeTotNtv"]))
    rows = Asking(CoinMetrics(), server, tmp_path).read(BTC, WINTER).rows
    assert len(rows) == 64 and {row["fees_btc"] for row in rows} == {None} and all(row["blocks"] for row in rows)


def test_numbers_of_coin_metrics_come_as_text_or_not_at_all() -> None:
    def read(**cells: object) -> Reading:
        content = coin_metrics.body([{"asset": "btc", "time": "2024-01-01T00:00:00.000000000Z", **cells}])
        return read_page(CoinMetrics(), content, BTC, JANUARY, LATER)

    (row,) = read(BlkCnt="147", FeeTotNtv=None, HashRate="112929774.504303", AssetEODCompletionTime="1704172500").rows
    difficulty = 112929774.504303 * 1e12 * 86400 / (147 * 2**32)
    final = datetime(2024, 1, 2, 5, 15)
    known = [date(2024, 1, 1), 147, None, pytest.approx(difficulty), pytest.approx(112.929774504303), final]
    assert list(row.values()) == known and isinstance(row["blocks"], int)
    assert read().rows == read(BlkCnt=None, HashRate=None, AssetEODCompletionTime="1704172500").rows == []
    (row,) = read(BlkCnt="0", HashRate="0").rows
    assert row["difficulty"] is None
    (row,) = read(BlkCnt="147").rows
    assert row["final_at_utc"] == datetime(2024, 1, 3), "where they do not say when, before the next day ends"
    for told in ("1704067199", "soon", "1704172500000"):
        assert [one.column for one in read(BlkCnt="147", AssetEODCompletionTime=told).rejected] == ["known_at_utc"]


@pytest.mark.parametrize(
    ("back", "period"),
    [(1, "1m"), (7, "1m"), (8, "3m"), (68, "3m"), (69, "6m"), (344, "1y"), (345, "2y"), (710, "3y"), (1075, "all")],
)
def test_the_shortest_period_that_holds_the_window_and_the_step_before_it(back: int, period: str) -> None:
    today = date(2025, 6, 1)
    day = today - timedelta(days=back)
    assert Mempool().request(BTC, Window(day, day), "", today).path == f"/api/v1/mining/hashrate/{period}"


def hashrates(*days: int) -> list[dict[str, object]]:
    return [mempool.hashrate(date(2024, 1, day), 5e20) for day in days]


def test_hashrates_bear_the_midnight_that_ended_their_day_and_keep_their_digits() -> None:
    row = {"timestamp": mempool.seconds(datetime(2024, 1, 1)), "avgHashrate": 1_112_345_678_901_234_567_890}
    new_year = Window(date(2023, 12, 30), date(2024, 1, 2))
    genesis = {"timestamp": 1231006505, "avgHashrate": 7e6}
    reading = read_page(Mempool(), mempool.body([genesis, row], []), BTC, new_year, LATER)
    assert [(one["utc_date"], one["hashrate_eh_s"]) for one in reading.rows] == [
        (date(2023, 12, 31), pytest.approx(1112.3456789012345, rel=1e-15))
    ]
    assert not reading.rejected


def test_the_difficulty_holds_from_the_day_after_a_step_to_the_day_before_the_next() -> None:
    dated_otherwise = {"timestamp": mempool.seconds(datetime(2024, 1, 6, 23, 59, 59)), "difficulty": 2e13}
    steps = [mempool.step(datetime(2024, 1, 20, 0, 0, 0), 3e13), dated_otherwise]
    reading = read_page(Mempool(), mempool.body(hashrates(*range(1, 24)), steps), BTC, JANUARY, LATER)
    assert {row["utc_date"].day: row["difficulty"] for row in reading.rows} == {
        **dict.fromkeys(range(1, 7), None),
        **dict.fromkeys(range(7, 20), 2e13),
        20: None,
        **dict.fromkeys(range(21, 24), 3e13),
    }


@pytest.mark.parametrize("step", [{"time": 1704182400000, "difficulty": 2e13}, {"time": 1704182400, "difficulty": 0}])
def test_a_step_that_cannot_be_read_takes_every_difficulty_and_no_hashrate(step: dict[str, object]) -> None:
    """Otherwise the days after it would bear the difficulty before it."""
    steps = [mempool.step(datetime(2023, 12, 20), 1e13), step]
    reading = read_page(Mempool(), mempool.body(hashrates(1, 3), steps), BTC, JANUARY, LATER)
    assert [(row["difficulty"], row["hashrate_eh_s"]) for row in reading.rows] == [(None, 500.0), (None, 500.0)]
    assert [(r.column, r.line) for r in reading.rejected] == [("difficulty", 4)]


@pytest.mark.parametrize("column", ["observation_date", "DATE"])
@pytest.mark.parametrize("missing", ["", "."])
@pytest.mark.parametrize(("old", "new"), [("", ""), ("\n", "\r\n"), ("observation_date,", '\ufeff"observation_date",')])
def test_the_csv_of_fred_is_read_in_all_its_ways(column: str, missing: str, old: str, new: str) -> None:
    content = fred.csv_body("DGS10", VALUES, column=column, missing=missing).decode()
    window = Window(date(2023, 12, 28), date(2024, 1, 5))
    reading = read_page(Fred(), content.replace(old, new).encode() if old else content.encode(), YIELD, window, LATER)
    assert values(reading) == {date(2023, 12, 28): 3.84, date(2024, 1, 2): 3.95, date(2024, 1, 3): -0.01}
    assert not reading.rejected


def test_values_of_now_are_not_dated(server: FeedServer, tmp_path: Path) -> None:
    """Their period of a value begins with the question: taken for a vintage, everything would become known today."""
    told: dict[date, float | None] = {date(2025, 1, 1): None, date(2025, 1, 2): 17.93, date(2025, 1, 3): 16.13}
    server.mount("fred_api", fred.fred_api({"VIXCLS": told}, KEY))
    reading = Asking(FredApi(), server, tmp_path, key=KEY).read(VIX, HALF_YEAR)
    assert list(reading.rows) == [
        {"observation_date": date(2025, 1, n), "value": told[date(2025, 1, n)]} for n in (2, 3)
    ]
    assert "realtime" not in server.requests_of("fred_api")[0].query
    before = fred.observation(date(2025, 1, 1), 1.0, "2025-01-01", "2025-02-01")
    page = fred.json_body([before], "2025-01-01", "9999-12-31")
    rows = read_page(FredApi(), page, MONEY, HALF_YEAR, LATER).rows
    assert list(rows) == [{"observation_date": date(2025, 1, 1), "value": 1.0}], "it stood before the question begins"


def test_pages_of_fred_are_followed_to_the_last_and_an_empty_one_ends_them(server: FeedServer, tmp_path: Path) -> None:
    told: dict[date, float | None] = {date(2025, 1, 1) + timedelta(days=n): float(n) for n in range(7)}
    server.mount("fred_api", fred.fred_api({"VIXCLS": told}, KEY, most=3))
    asking = Asking(FredApi(), server, tmp_path, key=KEY)
    assert list(values(asking.read(VIX, HALF_YEAR)).values()) == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [one.query.partition("offset=")[2] for one in server.requests_of("fred_api")] == ["", "3", "6"]
    row = fred.observation(date(2025, 1, 2), 1.0, "2026-01-01", "2026-01-01")
    pages = [fred.json_body(page, "2026-01-01", "2026-01-01", count=99) for page in ([row], [])]
    server.fail("fred_api", *(status(200, body=page) for page in pages))
    assert len(asking.read(VIX, HALF_YEAR).rows) == 1 and server.asked("fred_api") == 5


def read_curve(content: bytes, target: Target = TEN) -> dict[object, object]:
    return values(read_page(Treasury(), content, target, Window(date(2025, 1, 1), date(2025, 1, 31)), LATER))


def test_one_answer_of_the_treasury_serves_every_series_whatever_the_order_of_its_days() -> None:
    content = treasury.body([treasury.entry(day, CURVE[day]) for day in reversed(CURVE)])
    assert list(read_curve(content)) == [date(2025, 1, 2), date(2025, 1, 3), date(2025, 1, 6)]
    assert read_curve(content, THIRTY) == {date(2025, 1, 2): 4.79, date(2025, 1, 6): 4.85}
    assert {Treasury().shared(target) for target in (TEN, THIRTY)} == {"curve"}
    assert read_curve(treasury.body([])) == {}, "a month without a day yet"


def test_a_value_marked_as_null_is_none_even_with_text_and_an_empty_one_too() -> None:
    entry = treasury.entry(date(2025, 1, 6), {"BC_10YEAR": 4.62})
    marked = entry.replace('<d:BC_10YEAR m:type="Edm.Double">', '<d:BC_10YEAR m:null="true">')
    assert read_curve(treasury.body([marked])) == read_curve(treasury.body([entry.replace(">4.62<", "> <")])) == {}


HARMLESS = treasury.entry(date(2025, 1, 6), {"BC_10YEAR": 4.62})
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
BOMB = f'<!DOCTYPE feed [<!ENTITY l0 "ha">{LAUGHS}]>'
FILE = '<!DOCTYPE feed [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
DEEP = b'<feed xmlns="http://www.w3.org/2005/Atom">' + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</feed>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (treasury.body([HARMLESS.replace("4.62", "&l8;")], BOMB), "DTDForbidden"),
        (treasury.body([HARMLESS.replace("4.62", "&f;")], FILE), "DTDForbidden"),
        (treasury.body([HARMLESS])[:-20], "ParseError"),
        (DEEP, "levels"),
        (b"Access denied", "no readable XML"),
    ],
    ids=["bomb", "file", "cut", "deep", "text"],
)
def test_xml_that_is_none_or_means_harm_is_refused(body: bytes, said: str, server: FeedServer, tmp_path: Path) -> None:
    server.fail("treasury", *[status(200, body=body, kind="application/xml")] * 3)
    with pytest.raises(errors.WrongContent, match=said):
        Asking(Treasury(), server, tmp_path).read(TEN, Window(date(2025, 1, 1), date(2025, 1, 31)))


def test_a_month_that_is_far_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = treasury.body([HARMLESS])
    monkeypatch.setattr(module, "MOST_BYTES", len(content))
    assert read_curve(content)
    with pytest.raises(SourceDrifted, match="bytes are no month"):
        read_curve(content + b" ")
