"""Grids of one large filing, against edgartools and pandas.read_html, and against the bare parse of the same library.

`make bench ARGS=documents` writes a filing of 3 MB of its own, and installs edgartools and pandas into an environment of their
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
    """Three ratios of processor time; RuntimeError when the tables are not the same number."""
    from selectolax.lexbor import LexborHTMLParser

    from ingestion.extract.reading import read_document

    page = folder / "filing.htm"
    page.write_text(filing(MEGABYTES), encoding="utf-8")
    content, text = page.read_bytes(), page.read_text(encoding="utf-8")
    ours, grids, parse = float("inf"), 0, float("inf")
    for _ in range(runs):
        started = time.process_time()
        grids = len(read_document(content, page.name).tables)
        ours = min(ours, time.process_time() - started)
        started = time.process_time()
        LexborHTMLParser(text)
        parse = min(parse, time.process_time() - started)
    peers = run_peers(environment(*PEERS), page, runs)
    for name, lead in (("edgartools", LEAD_EDGARTOOLS), ("pandas", LEAD_PANDAS)):
        if peers[name]["tables"] != grids:
            raise RuntimeError(f"{grids} grids here, {peers[name]['tables']:.0f} in {name}")
        yield _finding(ours, name, peers[name]["seconds"], 1 / lead)
    yield _finding(ours, "lexbor's bare parse", parse, OVER_PARSE)


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
