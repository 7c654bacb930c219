"""The report of a real publication, as a reader has it: every number in it asked anew and every link followed; all pages in a browser: test_report_access."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pytest
from click.testing import CliRunner
from selectolax.lexbor import LexborHTMLParser, LexborNode

from orchestration.cli.main import main
from orchestration.report.declared import PAGES, read_pages
from tests.e2e.conftest import Home
from tests.e2e.live_world import World
from tests.e2e.test_doors import CHROMIUM

pytestmark = pytest.mark.e2e

DECLARED = read_pages(PAGES)
BYTES = 6_000_000


@pytest.fixture(scope="module", params=["bundle", "live"])
def published(request: pytest.FixtureRequest) -> Path:
    """The folder of a publication of the edition."""
    if request.param == "bundle":
        home: Home = request.getfixturevalue("first_home")
        return home.summary.path
    world: World = request.getfixturevalue("world")
    return (world.settings.current).resolve()


@pytest.fixture(scope="module")
def bundle(first_home: Home) -> Path:
    """The folder of a publication, for what does not hang on what it tells."""
    return first_home.summary.path


@pytest.fixture(scope="module")
def warehouse(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published / "hashwatt.duckdb"), read_only=True) as connection:
        yield connection


def pages(published: Path) -> dict[str, LexborHTMLParser]:
    return {
        path.name: LexborHTMLParser(path.read_text(encoding="utf-8"))
        for path in sorted((published / "report").glob("*.html"))
    }


def test_it_is_there_whole_and_small(published: Path) -> None:
    report = published / "report"
    assert {path.name for path in report.glob("*.html")} == {f"{page.name}.html" for page in DECLARED}
    assert sum(path.stat().st_size for path in report.rglob("*") if path.is_file()) < BYTES
    for page in DECLARED:
        shown = LexborHTMLParser((report / f"{page.name}.html").read_text(encoding="utf-8"))
        assert [section.attributes["id"] for section in shown.css("section")] == [block.id for block in page.blocks]
        assert any(not section.css("p.empty") for section in shown.css("section")), f"{page.name} shows nothing"


def as_shown(value: Any) -> str:
    """How a key stands in a page, written down here once more."""
    match value:
        case None:
            return "—"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case date():
            return f"{value:%Y-%m-%d}"
    return str(value)


def differs(figure: LexborNode, value: Any) -> str | None:
    """Why a number on a page is not `value`; its text may be rounded to its own last decimal."""
    written = float(figure.attributes["value"] or "nan")
    if not math.isclose(written, float(value), rel_tol=1e-12):
        return f"{written} is not {value}"
    text = figure.text().replace(",", "").replace("−", "-")
    places = len(text.partition(".")[2])
    return None if abs(float(text) - float(value)) <= 0.5000001 * 10**-places else f"{text} is not {value}"


def named(figure: LexborNode, tag: str) -> dict[str, str | None]:
    """What the element around a number says of it."""
    around = figure.parent
    while around is not None and around.tag != tag:
        around = around.parent
    return {} if around is None else around.attributes


def wrong_figures(page: LexborHTMLParser, warehouse: duckdb.DuckDBPyConnection) -> tuple[int, list[str]]:
    """How many numbers a page shows, and those that its publication does not give: by key from the table that is named, else
    from the query that the page shows."""
    asked: dict[str, list[dict[str, Any]]] = {}
    keyed: dict[tuple[str, ...], dict[tuple[str, ...], list[dict[str, Any]]]] = {}

    def rows(sql: str) -> list[dict[str, Any]]:
        if sql not in asked:
            found = warehouse.execute(sql)
            names = [column[0] for column in found.description or []]
            asked[sql] = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        return asked[sql]

    def with_key(table: str, key: dict[str, str]) -> list[dict[str, Any]]:
        if (table, *key) not in keyed:
            by_key = keyed[table, *key] = {}
            for row in rows(f"from {table}"):
                by_key.setdefault(tuple(as_shown(row[column]) for column in key), []).append(row)
        return keyed[table, *key].get(tuple(key.values()), [])

    queries = {code.attributes["data-block"]: code.text() for code in page.css("pre code")}
    figures, wrong = page.css("data"), []
    for figure in figures:
        said = {**named(figure, "table"), **named(figure, "tr"), **figure.attributes}
        key, column = json.loads(said["data-key"] or ""), said["data-column"] or ""
        if table := said.get("data-table"):
            found = with_key(table, key)
        else:
            found = rows(queries[said["data-block"]])[key["row"] : key["row"] + 1]
        if len(found) != 1:
            wrong.append(f"{table} {key}: {len(found)} rows")
        elif why := differs(figure, found[0][column]):
            wrong.append(f"{table or said['data-block']} {key} {column}: {why}")
    return len(figures), wrong


def test_every_number_is_what_the_publication_gives(published: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    counts = {}
    for name, page in pages(published).items():
        counts[name], wrong = wrong_figures(page, warehouse)
        assert wrong == [], name
    assert sum(counts.values()) > 300


def test_a_wrong_number_is_found(bundle: Path) -> None:
    html = (bundle / "report" / "index.html").read_text(encoding="utf-8")
    for changed in (
        re.sub(r'<data value="(\d)', r'<data value="1\1', html, count=1),
        re.sub(r"(<data [^>]*>)(\d)", r"\g<1>1\2", html, count=1),
        html.replace('data-column="checks_passed"', 'data-column="checks_warned"', 1),
        html.replace("source_table&#34;: &#34;raw_", "source_table&#34;: &#34;row_", 1),
    ):
        assert changed != html
        with duckdb.connect(str(bundle / "hashwatt.duckdb"), read_only=True) as warehouse:
            assert len(wrong_figures(LexborHTMLParser(changed), warehouse)[1]) == 1


def dead_links(report: Path) -> list[str]:
    """Addresses in the pages that lead nowhere: files and anchors of the report; others must be of a site, by https."""
    anchors = {}
    for path in report.glob("*.html"):
        page = LexborHTMLParser(path.read_text(encoding="utf-8"))
        named = [one.attributes["id"] for one in page.css("[id]")]
        assert len(named) == len(set(named)), (
            f"{path.name}: one id twice: {[n for n in named if named.count(n) > 1][:3]}"
        )
        anchors[path.name] = set(named)
    dead = []
    for path in report.glob("*.html"):
        page = LexborHTMLParser(path.read_text(encoding="utf-8"))
        for one in page.css("[href], [src]"):
            address = one.attributes.get("href") or one.attributes.get("src") or ""
            if address.startswith("https://"):
                continue
            file, _, anchor = address.partition("#")
            target = file or path.name
            if not (report / target).is_file() or (anchor and unquote(anchor) not in anchors.get(target, set())):
                dead.append(f"{path.name}: {address}")
    return sorted(set(dead))


def test_every_link_leads_somewhere(published: Path, tmp_path: Path) -> None:
    assert dead_links(published / "report") == []
    shutil.copytree(published / "report", tmp_path / "report")
    page = tmp_path / "report" / "index.html"
    page.write_text(
        page.read_text(encoding="utf-8").replace("report.css", "gone.css").replace('id="freshness"', 'id="else"')
    )
    (tmp_path / "report" / "dictionary.html").open("a").write('<a href="index.html#freshness">')
    assert dead_links(tmp_path / "report") == ["dictionary.html: index.html#freshness", "index.html: gone.css"]


def test_tables_and_charts_can_be_read_without_seeing_them(bundle: Path) -> None:
    for name, page in pages(bundle).items():
        assert page.css_first("html").attributes["lang"] == "en" and page.css_first("title").text(), name
        assert [len(page.css(one)) for one in ("h1", "main", "nav[aria-label]", "a.skip")] == [1, 1, 1, 1], name
        for table in page.css("table"):
            assert table.css_first("caption").text() and table.css("thead th[scope=col]"), name
            assert len(table.css("tbody tr")) == len(table.css("tbody th[scope=row]")), name
        for figure in page.css("figure"):
            described = figure.css_first(".plot[role=img]").attributes["aria-labelledby"]
            assert len(page.css_first(f"#{described}").text()) > 40, name
        assert all(
            one.attributes.get("tabindex") == "0" for one in page.css(".scroll[role=region][aria-label], pre")
        ), name


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_words_and_marks_stand_out_from_their_ground(bundle: Path) -> None:
    assert round(contrast("#000000", "#ffffff"), 6) == 21 and 4.5 < contrast("#767676", "#ffffff") < 4.6
    style = (bundle / "report" / "report.css").read_text()
    palettes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", part)) for part in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(palettes) == 3
    for palette in palettes:
        words = {
            (n, g): contrast(palette[n], palette[g]) for n in ("ink", "soft", "link") for g in ("ground", "raised")
        }
        marks = {n: contrast(palette[n], palette["ground"]) for n in palette if re.fullmatch(r"c\d+", n)}
        assert len(marks) == 10
        assert {pair: ratio for pair, ratio in words.items() if ratio < 4.5} == {}
        assert {name: ratio for name, ratio in marks.items() if ratio < 3} == {}


OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--virtual-time-budget=8000",
    "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--dump-dom",
)


def browse(page: Path, profile: Path) -> tuple[LexborHTMLParser, list[str]]:
    """A page as it stands in a browser without a network, and what stands in the browser's console."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return LexborHTMLParser(done.stdout), re.findall(r"CONSOLE.*?\] (.*)", done.stderr)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_tells_of_a_broken_page_and_lets_no_text_run(bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(bundle / "report", tmp_path / "report")
    page = tmp_path / "report" / "ai-book.html"
    page.write_text(
        page.read_text(encoding="utf-8")
        .replace('"mark":"bar"', '"mark":"none such"')
        .replace("</h1>", "</h1><script>document.title = 'run'</script><img src='https://example.org/x.png'>")
    )
    shown, said = browse(page, tmp_path / "profile")
    assert any("report.js" in line for line in said) and any("Content Security Policy" in line for line in said)
    assert shown.css_first("title").text() != "run"


def test_the_command_names_the_file(first_home: Home) -> None:
    env = {"HASHWATT_HOME": str(first_home.settings.home)}
    said = CliRunner(env=env).invoke(main, ["report"])
    file = first_home.settings.home / "publications" / first_home.summary.publication_id / "report" / "index.html"
    assert (said.exit_code, said.output) == (0, f"{file}\n")
    assert CliRunner(env=env).invoke(main, ["report", "--publication", "none"]).exit_code == 5
