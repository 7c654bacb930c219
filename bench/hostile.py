"""Pages written to take a reader down, of a megabyte each: processor time, the least of three runs, and memory of all readers, per
megabyte of input.

`python -m bench.hostile` prints them all; `tests/extract/test_hostile.py` reads smaller ones of the same shapes.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count, islice

MEGABYTES, BOUND_SECONDS, BOUND_MEMORY, RUNS = 1.0, 2.0, 20.0, 3
HEAD = "Riot Platforms: operations update for March 2026, and a data center lease for AI\n\n"
DEAL = "In March, Riot Platforms produced {0} bitcoin and signed a 12-year lease with CoreWeave for {1} MW of critical IT load worth ${1} billion. "
BOND = "The Company priced an offering of ${1} million aggregate principal amount of its {2}.{0}% senior notes due {3} at 99.5%. "
ROW = "<tr><td>Bitcoin Produced at Site {0}</td><td>{0}</td><td>{1}</td></tr>"


def _rows(form: str, head: str = HEAD) -> Callable[[int], str]:
    """Text of a size: a form again and again, with numbers that differ each time."""

    def write(size: int) -> str:
        many = size // len(form.format(1, 1, 1, 2031)) + 1
        return head + "".join(form.format(n, n % 900 + 1, n % 12, 2027 + n % 60) for n in islice(count(1), many))

    return write


def _drawn(pieces: list[str], between: str) -> Callable[[int], str]:
    def write(size: int) -> str:
        draw = random.Random(7).choices
        return HEAD + between.join(draw(pieces, k=size * len(pieces) // len(between.join(pieces))))

    return write


SHAPES: dict[str, Callable[[int], str]] = {
    "one sentence of a deal": _rows(DEAL.format(5, 5)),
    "sentences of deals": _rows(DEAL),
    "sentences of deals in paragraphs": _rows(DEAL + "\n\n"),
    "tenants of many names": _rows("A lease with Tenant{0} Compute for 12 years, {1} MW of critical IT load. "),
    "one sentence of a bond": _rows(BOND.format(5, 5, 5, 2031)),
    "sentences of bonds": _rows(BOND),
    "one title": _rows("4.25% Notes due 2031\n"),
    "titles and labels": _rows("{2}.{0}% Senior Notes due {3}\nPrincipal Amount: ${1},000,000\n"),
    "names of tranches": _rows("{3} Series{0} Notes: $500,000,000\n", f"{HEAD}Principal Amount:\n"),
    "amounts": _rows("$1,000,000 up to an additional ", f"{HEAD}4.1% Notes due 2031\nPricing\n"),
    "selectors of tranches": _rows("2031 Notes: ", f"{HEAD}4.1% Notes due 2031\nPricing\n"),
    "prices of notes": _rows("Price to Public\nPer {3} Note\n99%\n1%\n98%\n"),
    "one label": _rows("Bitcoin Produced: 533\n"),
    "labels": _rows("Bitcoin Produced: {0}\n"),
    "rows of a table": _rows(ROW, f"{HEAD}<table><tr><td>Metric</td><td>March 2026</td><td>February 2026</td></tr>"),
    "one word a line": _rows("Riot\n\nproduced\n\n533\n\nbitcoin\n\nin\n\nMarch\n\n"),
    "words of all phrases": _rows(
        "The average hash rate options of total contract value, NOI and annual rent of {0} deployed fleet costs. "
    ),
    "sentences of updates": _rows(
        "In July we produced {0} bitcoin at our Lake facility, sold {0} BTC, and held {0} bitcoin with an average hash rate of {0} EH/s. "
    ),
    "one sentence of an update": _rows(
        "produced {0} bitcoin holdings of {0} btc average hash rate network of {0} EH/s "
    ),
    "a table in one line": _rows("July 2025 June 2025 Bitcoin Produced {0} 3 Bitcoin Held 2 {0} 9,334 4% "),
    "names of miners": _rows("Riot MARA Hut 8 produced {0} bitcoin "),
    "brackets never shut": _rows("Bitcoin Produced (12 "),
    "months": _rows("March 2026\n"),
    "tables": _rows("<table><tr><td>Bitcoin Produced</td><td>{0}</td></tr></table>", "<html><body>"),
    "nested tables": _rows("<table><tr><td>" * 300 + "Bitcoin Produced" + "</td></tr></table>" * 300, "<html><body>"),
    "tables never closed": _rows("<table><tr><td>", "<html><body>"),
    "tags never closed": _rows("<p>Riot <b>produced <i>{0} <td>bitcoin", "<html><body>"),
    "a thousand columns": _rows("<tr>" + "<td>12</td>" * 1000 + "</tr>", f"{HEAD}<table>"),
    "a thousand bars": _rows("| 12 " * 1000 + "|\n"),
    "wide spans": _rows("<tr><td colspan=1000 rowspan=1000>1</td></tr>", "<html><body><table>"),
    "wide spans beside a deal": _rows(
        "<tr><td colspan=1000 rowspan=1000>1</td></tr>",
        "<html><body><p>Riot leases a data center for AI to CoreWeave.</p><table>",
    ),
    "entities": _rows("a&nbsp;5&#8212;&amp;", "<html><body><p>"),
    "styles": _rows("<p style='a:{0}'>Bitcoin {0}</p>", "<html><body>"),
    "hidden parts": _rows("<div style='display:none'>x</div><p>Riot produced {0} bitcoin.</p>", "<html><body>"),
    "hidden paragraphs": _rows("<p style='display:none'>x</p><p>Riot produced {0} bitcoin.</p>", "<html><body>"),
    "hidden tables": _rows("<div hidden><table><tr><td>{0}</table></div><p>a", "<html><body>"),
    "brackets of no tag": _rows("<", "<html>"),
    "quotes never shut": _rows('<a b="> ', "<html>"),
    "escapes in JSON": lambda size: '{"a": "' + "\\\\" * (size // 2) + '"}',
    "one digit": _rows("1"),
    "digits and commas": _rows("1,"),
    "line ends": _rows("\n"),
    "tabs": _rows("a\t"),
    "capitals": _rows("Aaa ", f"{HEAD}A lease with "),
    "any characters": _drawn(list("ab1,.$% \n\t|<>()-"), ""),
    "any words": _drawn(
        f"{DEAL} {BOND} hash rate options NOI costs renewals in average annual revenue ; \n \n\n".split(" "), " "
    ),
}


def measured(page: str) -> tuple[float, float]:
    """Processor seconds and memory above the start, MB, of reading a page in a process of its own."""
    from ingestion.extract.document import UnreadableDocument
    from ingestion.extract.extract import extract

    extract(b"Riot produced 5 bitcoin in a data center.", "warm")
    content = page.encode()
    told, tell = os.pipe()
    if (child := os.fork()) == 0:
        before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        with suppress(UnreadableDocument):
            extract(content, "page")
        seconds = time.process_time() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
        os.write(tell, f"{seconds} {grown}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(tell)
    with os.fdopen(told) as pipe:
        seconds, grown = map(float, pipe.read().split())
    return seconds, grown


def main() -> int:
    broken = 0
    for name, shape in SHAPES.items():
        page = shape(int(MEGABYTES * 1e6))
        size = len(page.encode()) / 1e6
        # Other work on the machine only adds to the time.
        seconds, grown = (min(one) / size for one in zip(*(measured(page) for _ in range(RUNS)), strict=True))
        broken += (much := seconds > BOUND_SECONDS or grown > BOUND_MEMORY)
        print(f"{name:<34}{seconds:>6.2f} s a MB   {grown:>5.1f}x memory{'   TOO MUCH' if much else ''}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
