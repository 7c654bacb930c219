"""One model from every layout: cells, grids, footnote marks, and the way back to the original."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ingestion.extract.document import Document, UnreadableDocument
from ingestion.extract.reading import MOST_BYTES, read_document


def read(text: str) -> Document:
    return read_document(text.encode(), "test")


def lines(document: Document) -> list[list[str]]:
    return [[document.of(cell) for cell in row.cells] for row in document.rows]


WANTED = [["Size:", "2031 Notes:", "$750,000,000"], ["Yield:", "2031 Notes:", "4.412%"]]
LAYOUTS = {
    "html": "<table><tr><td>Size:</td><td>2031 Notes:</td><td>$750,000,000</td></tr><tr><td>Yield:<td>2031&nbsp;Notes:<td>4.412%</table>",
    "minified, no closing tags": "<div><table><tr><td>Size:<td>2031 Notes:<td>$750,000,000<tr><td>Yield:<td>2031 Notes:<td>4.412%</table></div>",
    "bars": "| Size: | 2031 Notes: | $750,000,000 |\n|---|---|---|\n| Yield: | 2031 Notes: | 4.412% |\n",
    "blanks": "Size:    2031 Notes:    $750,000,000\nYield:   2031 Notes:   4.412%\n",
    "tabs": "Size:\t2031 Notes:\t$750,000,000\r\nYield:\t2031 Notes:\t4.412%\r\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_of_cells_that_lead_back_to_their_characters(layout: str) -> None:
    document = read(LAYOUTS[layout])
    assert [[text for text in row if text] for row in lines(document)] == WANTED
    for cell in document.cells:
        start, end, quote = document.passage(cell.start, cell.end)
        assert quote == document.original[start:end]
        assert quote.replace("&nbsp;", " ") == document.of(cell)


def test_html_inside_json_leads_back_through_the_escapes() -> None:
    page = "<html><body><p>Priced \u201c2031 Notes\u201d</p><table><tr><td>Size:</td><td>&pound;40,000,000 and more</td></tr></table></body></html>"
    raw = json.dumps({"id": 7, "body": page}).replace("<", "\\u003c")
    document = read(raw)
    assert document.layout == "json"
    assert lines(document) == [['Priced "2031 Notes"'], ["Size:", "£40,000,000 and more"]]
    cell = document.cells[-1]
    assert document.passage(cell.start, cell.end)[2] == "&pound;40,000,000 and more"
    assert document.passage(cell.start, cell.start + 1)[2] == "&pound;"
    assert document.passage(document.cells[0].start + 7, document.cells[0].start + 8)[2] == "\\u201c"


def test_spans_fill_the_grid() -> None:
    document = read(
        "<table><tr><td rowspan=2>Site</td><td colspan=2>June</td></tr><tr><td>MW</td><td>EH/s</td></tr>"
        "<tr><td>North</td><td>40</td><td>2.1</td></tr></table>"
    )
    grid = [[document.of(cell) if cell else None for cell in row] for row in document.tables[0]]
    assert grid == [["Site", "June", "June"], ["Site", "MW", "EH/s"], ["North", "40", "2.1"]]


def test_raised_marks_leave_the_text_and_ordinals_stay() -> None:
    document = read(
        "<table><tr><td>Bitcoin Held <sup>(2)</sup></td><td>9,812<span style='vertical-align:super'>3</span></td></tr></table>"
        "<p>Due June 5<sup>th</sup>, 2031</p>"
    )
    assert lines(document) == [["Bitcoin Held", "9,812"], ["Due June 5th, 2031"]]
    assert [cell.marks for cell in document.cells] == [("(2)",), ("3",), ()]


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<div style='display:none'>1<div>2<span>3</span></div></div>4", "4"),
        ("<div hidden><div hidden>1</div>2</div><span hidden>3<sup>4</sup></span>5<!-- 6 -->7", "5 7"),
        ("<div hidden>1<table><tr><td>2</table></div>3", "3"),
        # A paragraph ends where a table or another paragraph begins, whatever its own end says.
        ("<p hidden>1</p><p>2</p>3", "2 3"),
        ("<p hidden>1<p>2<div hidden>3</div>4", "2 4"),
        ("<div hidden>1<span>2</div>3</span>4", "34"),
        ("<table><tr hidden><td>1<table><tr><td>2</table><td>3<tr><td>4<span hidden>5<td>6</table>7", "4 6 7"),
        ("<h1 hidden>1<h2>2</h1><div><span hidden>3<span>4</span></div>5", "2 5"),
        ("<ix:header><ix:hidden>1</ix:hidden><ix:resources>2</ix:resources></ix:header>3", "3"),
    ],
)
def test_what_is_hidden_ends_where_a_browser_ends_it(page: str, shown: str) -> None:
    document = read(f"<html><body>{page}</body></html>")
    assert " ".join(document.of(cell) for cell in document.cells) == shown


TEXTS = st.integers(10, 99).map(lambda number: f"t{number} ")
HIDES = st.sampled_from(("", "", " hidden"))
ELEMENTS = {
    "div": "<div{0}>{1}</div>",
    "span": "<div><span{0}>u1 </span>{1}</div>",
    "p": "<p{0}>w1 <p>w2 </p>{1}",
    "h2": "<h2{0}>h1 </h2>{1}",
    "table": "<table{0}><tr{0}><td>c1 <td>{1}<tr><td>c2 </table>",
}
PAGES = st.recursive(
    TEXTS,
    lambda inner: st.lists(
        st.tuples(st.sampled_from(sorted(ELEMENTS)), HIDES, inner).map(lambda one: ELEMENTS[one[0]].format(*one[1:])),
        min_size=1,
        max_size=3,
    ).map("".join),
    max_leaves=12,
)


@given(PAGES)
def test_what_is_hidden_is_what_a_parser_hides(page: str) -> None:
    tree = LexborHTMLParser(f"<html><body>{page}</body></html>")
    for node in tree.css("[hidden]"):
        node.decompose()
    assert tree.body is not None
    assert read(f"<html><body>{page}</body></html>").text.split() == tree.body.text().split()


def test_spans_fill_no_more_than_eight_places_for_each_cell() -> None:
    document = read("<html><table>" + "<tr><td colspan=1000 rowspan=1000>1</td></tr>" * 200)
    assert sum(map(len, document.tables[0])) < 50_000


def test_navigation_scripts_and_hidden_parts_yield_nothing() -> None:
    document = read(
        "<html><title>12 EH/s</title><nav>Mined 99 bitcoin</nav><script>var a = '77 BTC <b>';</script><style>p{}</style>"
        "<!-- 55 BTC --><div style='display:none'>44 BTC</div><p title='a > 33 BTC'>Mined 5 bitcoin</p><footer>11 BTC</footer>"
    )
    assert lines(document) == [["Mined 5 bitcoin"]]


def test_nested_tables_keep_the_order_of_reading() -> None:
    document = read("<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table>d</td><td>e</td></tr></table>")
    assert [document.of(cell) for cell in document.cells] == ["a", "b", "c", "d", "e"]


def test_a_shell_gives_its_summary_and_says_so() -> None:
    document = read(
        "<html><head><meta property='og:description' content='Mined 612 BTC &amp; sold 3'></head><body></body></html>"
    )
    assert document.partial
    assert lines(document) == [["Mined 612 BTC & sold 3"]]


def test_spaces_dashes_and_invisible_characters_have_one_form() -> None:
    document = read(
        "Net\u00a0cost:\u2003\u2003\u2003\u2212\u200b4.1\u00a0c/kWh \u2011 \uff15\uff10\uff05 of \u201cplan\u201d\n"
    )
    assert lines(document) == [["Net cost:", '-4.1 c/kWh - 50% of "plan"']]


def test_sentences_run_over_line_ends() -> None:
    document = read("MARA\nHoldings, Inc. mined 700\nbitcoin. It sold\nnone.\n\nOutlook\n")
    found = [" ".join(document.text[start:end].split()) for start, end in document.sentences]
    assert found == ["MARA Holdings, Inc. mined 700 bitcoin.", "It sold none.", "Outlook"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x" * (MOST_BYTES + 1), "at most 64,000,000"),
        (b"<p>x</p>" + b"<div>" * 25_000 + b"x", "more than 20,000 tags without a text"),
        (b"%PDF\x00\x01", "not a text"),
    ],
)
def test_what_is_beyond_the_limits_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableDocument, match=said):
        read_document(content, "test")


@pytest.mark.parametrize(
    "piece", ["<", "<a", "<td", "<table><tr><td>", "&amp;", "&", "<!--", "<script", '<p title="', "|", "$ ", "</table>"]
)
def test_hostile_input_takes_no_longer_than_its_size(piece: str) -> None:
    content = ("<p>x</p>" + piece * (100_000 // len(piece))).encode()
    started = time.process_time()
    with contextlib.suppress(UnreadableDocument):
        read_document(content, "test")
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize("blank", ["\u00a0", "&nbsp;", "&#XA0;", " \n", "&ensp;&emsp;"])
def test_a_blank_is_no_text_however_it_is_written(blank: str) -> None:
    page = f"<p>Tenant</p><p>{blank}</p><p>Example{blank}<b>AI</b></p><table><tr><td>{blank}</td><td>5</td></tr></table>{blank}"
    document = read(page)
    assert document.text == "Tenant\n\nExample AI\n\n5\t\n"
    assert [len(row.cells) for row in document.rows] == [1, 1, 2]
