"""Runs the measurements and prints each beside its baseline and its bound; ends with 1 when a bound is broken."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import append, betas, commands, companyfacts, documents, feeds, gates, growth, limits
from bench.measure import Finding

PARTS = ("refresh", "query", "questions", "import", "append", "gates", "limits", "feeds", "growth", "betas")
# Against what the project does not depend on; run only when named.
AGAINST = ("companyfacts", "documents")


def findings(parts: list[str], folder: Path, runs: int) -> Iterator[Finding]:
    todo: dict[str, Callable[[], Iterator[Finding]]] = {
        "refresh": lambda: commands.refresh(folder, runs),
        "query": lambda: commands.query(commands.published(folder), 2 * runs + 1),
        "questions": lambda: commands.questions(commands.published(folder), 2 * runs + 1),
        "import": lambda: commands.definitions(runs),
        "append": lambda: append.append(folder / "append", 2 * runs + 1),
        "gates": lambda: gates.gates(folder / "gates", runs),
        "limits": lambda: limits.limits(folder),
        "feeds": lambda: feeds.backfill(folder / "feeds"),
        "growth": lambda: growth.growth(folder / "growth", runs),
        "betas": lambda: betas.betas(folder / "betas"),
        "companyfacts": lambda: companyfacts.companyfacts(folder, runs),
        "documents": lambda: documents.documents(folder, runs),
    }
    for part in parts:
        yield from todo[part]()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"of {', '.join(PARTS)}, which are run when none is named, and {', '.join(AGAINST)}",
    )
    parser.add_argument("--runs", type=int, default=3, help="runs per measurement, of which the median counts")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - {*PARTS, *AGAINST}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    broken = 0
    print(f"{'what':<46}{'measured':>10}   {'ratio':>6}{'at most':>9}   baseline", flush=True)
    with tempfile.TemporaryDirectory(prefix="hashwatt-bench-") as folder:
        for one in findings(asked.parts or list(PARTS), Path(folder), asked.runs):
            verdict = "" if one.holds else "   TOO MUCH"
            broken += not one.holds
            print(
                f"{one.subject:<46}{one.value:>10}   {one.ratio:>6.3f}x{one.bound:>8.3f}x   {one.baseline}{verdict}",
                flush=True,
            )
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
