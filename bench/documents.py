"""Grids of one large filing, against edgartools and pandas.read_html, and against the bare parse of the same library; and of one in
inline XBRL, most of which are attributes that a parse passes over, against its bare parse.

`make bench ARGS=documents` writes filings of 3 MB of its own, and installs edgartools and pandas into an environment of their
own: the project does not depend on them for this. Processor time of the fastest of the runs counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.companyfacts import PEERS
from bench.measure import Finding
from tools.own_environment import environment

MEGABYTES = 3
LEAD_EDGARTOOLS, LEAD_PANDAS, OVER_PARSE = 20.0, 5.0, 3.0

PEER = """
import io, json, sys, time, warnings
import pandas
from edgar.documents import parse_html
warnings.simplefilter("ignore")
page = open(sys.argv[1], encoding="utf-8").read()
def timed(work):
    started = time.process_time()
    return len(work()), time.process_time() - started
found, runs = {}, int(sys.argv[2])
for name, work in (
    ("edgartools", lambda: [table.to_dataframe() for table in parse_html(page).tables]),
    ("pandas", lambda: pandas.read_html(io.StringIO(page))),
):
    tables, seconds = min((timed(work) for _ in range(runs)), key=lambda one: one[1])
    found[name] = {"tables": tables, "seconds": seconds}
print(json.dumps(found))
"""
CELL = '<td style="vertical-align:bottom;padding:0pt 2pt 0pt 0pt" align="right"><p style="margin:0pt;font-size:10pt">{}</p></td>'
GAP = '<td style="vertical-align:bottom">&#160;</td>'
STYLE = "white-space:pre-wrap;vertical-align:bottom;padding-top:0.01in;padding-left:0in;padding-bottom:0in;padding-right:0.01in"
SAID = (
    f'<td style="{STYLE}"><p style="font-size:9pt;margin-top:0;font-family:Times New Roman;margin-bottom:0;text-align:left">'
    '<span style="color:#000000;white-space:pre-wrap;font-kerning:none;min-width:fit-content">{}</span></p></td>'
)
FACT = (
    '<ix:nonFraction id="F_b1cf0a3e-4b0f-4f0a-{0:012d}" contextRef="C_80256a5c-325b-4420-{1:012d}" name="us-gaap:Revenues" unitRef="U_USD" '
    'scale="3" decimals="-3" format="ixt:num-dot-decimal">{2}</ix:nonFraction>'
)
CONTEXT = (
    '<xbrli:context id="C_80256a5c-325b-4420-{0:012d}"><xbrli:entity><xbrli:identifier scheme="http://www.sec.gov/CIK">0001234567'
    "</xbrli:identifier></xbrli:entity><xbrli:period><xbrli:instant>2026-06-{1:02d}</xbrli:instant></xbrli:period></xbrli:context>"
)


def inline_filing(megabytes: float) -> str:
    """The same in inline XBRL: each number a fact, each text in a styled span, and the contexts of the facts hidden at the head."""
    contexts = "".join(CONTEXT.format(number, number % 30 + 1) for number in range(300))
    parts = [
        "<?xml version='1.0' encoding='ASCII'?>\n<!-- Inline XBRL Document -->\n<html><head><title>10-Q</title></head><body>"
        f'<div style="display:none"><ix:header><ix:resources>{contexts}</ix:resources></ix:header></div>'
    ]
    size, number = len(parts[0]), 0
    while size < megabytes * 1e6:
        number += 1
        facts = (FACT.format(number * 100 + n, number % 300, f"{n + 1},{number % 900 + 100}") for n in range(36))
        gap = SAID.format("&#160;")
        rows = "".join(
            f"<tr>{SAID.format(f'Line {row} of part {number}')}{gap}{SAID.format('$')}{SAID.format(next(facts))}{gap}{gap}"
            f"{SAID.format('$')}{SAID.format(next(facts))}{gap}</tr>\n"
            for row in range(18)
        )
        said = f'<p style="font-size:10pt;text-indent:0.25in"><span style="{STYLE}">Revenue of part {number} rose&#160;to {FACT.format(number, 7, number)}.</span></p>'
        parts.append(f'{said * 4}<table style="border-spacing:0;width:100%">{rows}</table>')
        size += len(parts[-1])
    return "".join([*parts, "</body></html>"])


def filing(megabytes: float) -> str:
    """A quarterly report: four paragraphs and a table of 18 rows in turn, in the markup of a filing agent."""
    parts, size, number = ["<html><head><title>10-Q</title></head><body>"], 0, 0
    while size < megabytes * 1e6:
        number += 1
        prose = (
            f'<p style="margin:12pt 0pt 0pt;text-indent:24pt;font-size:10pt">In the quarter ended June&#160;30, 2026, revenue of site {number} '
            f"rose by {number % 40}.{number % 10}&#160;percent, and <b>power</b> cost <i>fell</i> to $0.0{number % 9 + 1} per kWh&#8212;see note&#160;7.</p>"
        )
        rows = "".join(
            f'<tr><td style="vertical-align:top"><p style="margin:0pt 0pt 0pt 10pt;font-size:10pt">Line {row} of part {number}</p></td>{GAP}'
            f"{CELL.format('$')}{CELL.format(f'{number * row % 900 + 100},{number % 900 + 100}')}{GAP}{GAP}"
            f"{CELL.format('$')}{CELL.format(f'({number % 900 + 100},{row + 100})')}{GAP}</tr>\n"
            for row in range(18)
        )
        head = f'<tr><td style="width:40%">&#160;</td>{GAP}<td colspan="3"><b>June&#160;30,</b></td>{GAP}<td colspan="3"><b>December&#160;31,</b></td></tr>'
        parts.append(
            f'{prose * 4}<table cellspacing="0" cellpadding="0" style="border-collapse:collapse">{head}{rows}</table>'
        )
        size += len(parts[-1])
    return "".join([*parts, "</body></html>"])


def documents(folder: Path, runs: int) -> Iterator[Finding]:
    """Four ratios of processor time; RuntimeError when the tables are not the same number."""
    page = folder / "filing.htm"
    page.write_text(filing(MEGABYTES), encoding="utf-8")
    ours, parse, grids = timed(page.read_text(encoding="utf-8"), runs)
    peers = run_peers(environment(*PEERS), page, runs)
    for name, lead in (("edgartools", LEAD_EDGARTOOLS), ("pandas", LEAD_PANDAS)):
        if peers[name]["tables"] != grids:
            raise RuntimeError(f"{grids} grids here, {peers[name]['tables']:.0f} in {name}")
        yield _finding(ours, name, peers[name]["seconds"], 1 / lead)
    yield _finding(ours, "lexbor's bare parse", parse, OVER_PARSE)
    inline, parse, _ = timed(inline_filing(MEGABYTES), runs)
    yield _finding(inline, "lexbor's bare parse of inline XBRL", parse, OVER_PARSE)


def timed(text: str, runs: int) -> tuple[float, float, int]:
    """Processor seconds of the grids of a page and of its bare parse, and how many grids it has."""
    from selectolax.lexbor import LexborHTMLParser

    from ingestion.extract.reading import read_document

    content, ours, parse, grids = text.encode(), float("inf"), float("inf"), 0
    for _ in range(runs):
        started = time.process_time()
        grids = len(read_document(content, "filing.htm").tables)
        ours = min(ours, time.process_time() - started)
        started = time.process_time()
        LexborHTMLParser(text)
        parse = min(parse, time.process_time() - started)
    return ours, parse, grids


def _finding(ours: float, name: str, theirs: float, bound: float) -> Finding:
    baseline = f"{name} {theirs * 1000:.0f} ms, {theirs / ours:.1f}x"
    return Finding(f"grids of a filing of {MEGABYTES} MB", f"{ours * 1000:.0f} ms", baseline, ours / theirs, bound)


def run_peers(python: Path, page: Path, runs: int) -> dict[str, dict[str, float]]:
    command = [str(python), "-c", PEER, str(page), str(runs)]
    done = subprocess.run(command, env={**os.environ, "HOME": str(page.parent)}, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"the peers ended with {done.returncode}:\n{done.stderr[-3000:]}")
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found
