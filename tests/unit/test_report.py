"""The report by a small publication of its own: escaping, what changed, failures that publish nothing, a manifest that covers it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from selectolax.lexbor import LexborHTMLParser

from orchestration.cli.main import main
from orchestration.errors import PublicationFailed
from orchestration.publish.publication import Published
from orchestration.publish.store import damages, list_publications
from orchestration.report import shown, site
from orchestration.report.declared import PAGES, read_pages
from orchestration.report.site import write_report
from orchestration.settings import Settings
from tests.faults.publication_kit import make_candidate, make_request, publish, publish_marker, settings_for, snapshot

HOSTILE = """<script>alert("1")</script>' onload='x"""
PAGE = """
title: Book
about: What is on record.
blocks:
  - id: book
    title: Book
    table: mart_book
    empty: Nothing.
    text: "{{ figure('value_usd_m') }} of {{ value('issuer') }}."
    anchor: of-{issuer}
    evidence: {value_usd_m: "#of-{issuer}"}
    alt: Bars, the first {{ value("issuer") }}.
    chart: {mark: bar, encoding: {x: {field: issuer}, y: {field: value_usd_m, type: quantitative}}}
    sql: select issuer, value_usd_m from mart_book order by issuer limit 3
  - id: new
    title: New since
    empty: Nothing new.
    without_before: There was none.
    sql: select issuer, marker from mart_book where marker not in (select marker from before.mart_book) order by issuer limit 2
"""
Publish = Callable[..., Published]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home whose library of charts is there already: bundling it takes seconds, and the e2e tests do that."""
    settings = settings_for(tmp_path / "home")
    settings.charts.mkdir(parents=True)
    (settings.charts / f"vega-{metadata.version('vl-convert-python')}.js").write_text("// charts")
    return settings


@pytest.fixture
def publish_pages(settings: Settings, tmp_path: Path) -> Publish:
    pages = tmp_path / "pages"
    pages.mkdir()

    def publish_one(marker: int, page: str = PAGE, sql: str = "", **changes: Any) -> Published:
        (pages / "10-index.yml").write_text(page)
        request = make_request(
            settings, marker, report=partial(write_report, cache=settings.charts, pages=pages), **changes
        )
        make_candidate(request.candidate, marker, extra=sql)
        return publish(request)

    return publish_one


def read(published: Published) -> LexborHTMLParser:
    return LexborHTMLParser((published.path / "report" / "index.html").read_text(encoding="utf-8"))


def test_a_hostile_name_is_text_wherever_it_stands(publish_pages: Publish) -> None:
    quoted = HOSTILE.replace("'", "''")
    published = publish_pages(
        1,
        sql=f"insert into dim_issuer values ('{quoted}', 'x', now()); insert into mart_book values ('{quoted}', 1, 7.5)",
    )
    page = read(published)
    assert [script.attributes.get("src") for script in page.css("script")] == [None, "vega.js", "report.js"]
    assert [one.tag for one in page.css("*") if any(name.startswith("on") for name in one.attributes)] == []
    first = page.css_first("tbody tr")
    assert first.css_first("th").text() == HOSTILE
    assert json.loads(first.attributes["data-key"] or "") == {"issuer": HOSTILE}
    assert HOSTILE in page.css_first("section p").text() and HOSTILE in page.css_first("figcaption").text()
    spec = json.loads(page.css_first("script.spec").text())
    assert spec["data"]["values"][0] == {"issuer": HOSTILE, "value_usd_m": 7.5}
    csv = (published.path / "report" / "data" / "index-book.csv").read_text(encoding="utf-8")
    assert csv.splitlines()[1] == '"' + HOSTILE.replace('"', '""') + '",7.5'


def test_what_changed_is_read_against_the_publication_before(publish_pages: Publish) -> None:
    assert read(publish_pages(1)).css_first("#new .empty").text() == "There was none."
    second = read(publish_pages(2))
    assert [[cell.text() for cell in row.css("th, td")] for row in second.css("#new tbody tr")] == [
        ["I0", "2"],
        ["I1", "2"],
    ]
    assert read(publish_pages(2)).css_first("#new .empty").text() == "Nothing new."
    beside = read(publish_pages(930, is_beside=True))
    assert beside.css_first("#new .empty").text() == "There was none."


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            PAGE.replace("from mart_book order", "from mart_gone order"),
            "page index, block book: Catalog Error: .*mart_gone",
        ),
        (PAGE.replace("value('issuer')", "value('gone')"), "page index, block book: 'gone'"),
        (PAGE.replace("{{ figure", "{{ figur"), "page index, block book: 'figur' is undefined"),
        (PAGE.replace("select issuer, marker", "select issuer, 1 // 0, error('x')"), "page index, block new: .*x"),
    ],
)
def test_a_page_that_cannot_be_made_publishes_nothing(
    publish_pages: Publish, settings: Settings, wrong: str, said: str
) -> None:
    publish_pages(1)
    before = snapshot(settings)
    with pytest.raises(PublicationFailed, match=said) as failed:
        publish_pages(2, page=wrong)
    assert "orchestration/report/pages" in failed.value.remedy
    assert snapshot(settings) == before


def test_a_query_without_end_is_ended(
    publish_pages: Publish, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "_SECONDS", 0.2)
    endless = PAGE.replace(
        "select issuer, value_usd_m from mart_book",
        "select 'x' as issuer, sum(a.i * b.i) as value_usd_m from range(1000000) a(i), range(1000000) b(i)",
    )
    with pytest.raises(PublicationFailed, match="block book: INTERRUPT"):
        publish_pages(1, page=endless)
    assert list_publications(settings) == []


def test_the_manifest_covers_the_report(publish_pages: Publish, settings: Settings) -> None:
    published = publish_pages(1)
    (kept,) = list_publications(settings)
    named = {name for name in kept.manifest["files"] if name.startswith("report/")}
    there = {str(path.relative_to(published.path)) for path in (published.path / "report").rglob("*") if path.is_file()}
    assert named == there >= {"report/index.html", "report/vega.js", "report/data/index-book.csv"}
    with (published.path / "report" / "index.html").open("a") as page:
        page.write("<p>more")
    assert damages(kept) == ["report/index.html does not have the hash of the manifest"]


def test_the_command_names_the_page_and_says_what_to_do_without_one(
    publish_pages: Publish, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report(*options: str) -> tuple[int, str]:
        said = CliRunner(env={"HASHWATT_HOME": str(settings.home)}).invoke(main, ["report", *options])
        return said.exit_code, said.output

    page = publish_pages(1).path / "report" / "index.html"
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: bool(opened.append(address)))
    assert report() == (0, f"{page}\n")
    code, said = report("--open")
    assert (code, opened) == (1, [page.as_uri()]) and f"open {page.as_uri()} in one yourself" in said
    bare = publish_marker(settings, 2)
    code, said = report()
    assert code == 5 and f"publication {bare.id} has no report" in said and "hashwatt refresh --force" in said
    assert report("--publication", page.parts[-3]) == (0, f"{page}\n")


def test_a_declaration_that_is_none_is_told_with_its_file(tmp_path: Path) -> None:
    for wrong, said in (
        (PAGE.replace('    alt: Bars, the first {{ value("issuer") }}.\n', ""), "come together"),
        (PAGE.replace("    without_before: There was none.\n", ""), "every such query has one"),
        (PAGE.replace("title: New since", "titel: New since"), "titel"),
    ):
        (tmp_path / "10-index.yml").write_text(wrong)
        with pytest.raises(ValueError, match=rf"10-index\.yml: (.|\n)*{re.escape(said)}"):
            read_pages(tmp_path)
    assert next(iter(read_pages(PAGES))).name == "index"


def test_a_citation_links_what_can_be_opened() -> None:
    cited = shown.cited("8-K 0001140361-25-040072, https://example.org/a?b=1&c=<2 (text)", "0001878848")
    assert [link.attributes["href"] for link in LexborHTMLParser(str(cited)).css("a")] == [
        "https://www.sec.gov/Archives/edgar/data/1878848/000114036125040072/0001140361-25-040072-index.htm",
        "https://example.org/a?b=1&c=",
    ]
    assert LexborHTMLParser(str(cited)).text() == "8-K 0001140361-25-040072, https://example.org/a?b=1&c=<2 (text)"
    assert "<a" not in shown.cited("8-K 0001140361-25-040072", None)


def test_of_a_long_text_the_first_words_are_shown_and_nothing_is_lost() -> None:
    address = "https://example.org/" + "a" * 150
    text = f"one\ttwo <b> {address} {'three ' * 40}end"
    cell = LexborHTMLParser(str(shown.folded(text, None)))
    rest = cell.css_first("details")
    cell.css_first("summary").decompose()
    assert cell.css_first("a").attributes["href"] == address and cell.css_first("body").text(deep=False).strip() == (
        "one two <b>"
    )
    assert cell.css_first("body").text() == " ".join(text.split()) and rest.text().endswith("three end")
