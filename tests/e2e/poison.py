"""Editions and homes with one thing broken in each, and what can be compared of a home. No test lives here."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
BARS = "market_bar.csv.gz"
NETWORK = "network_day.csv.gz"
EPOCHS = "network_epoch.csv.gz"

Row = dict[str, str]


def edition(settings: Settings, folder: Path) -> Settings:
    """The same home with its own copy of ledger and bundle, to be broken."""
    shutil.copytree(ROOT / "ingestion" / "bundle", folder / "bundle")
    shutil.copytree(
        ROOT / "ingestion" / "ledger", folder / "ledger", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )
    return replace(settings, bundle_dir=folder / "bundle", ledger_dir=folder / "ledger")


def rewrite(path: Path, change: Callable[[list[Row]], object], rename: tuple[str, str] | None = None) -> None:
    """Change the rows of a CSV file in place, compressed or not; `rename` gives a column another name."""
    packed = path.suffix == ".gz"
    text = gzip.decompress(path.read_bytes()).decode() if packed else path.read_text(encoding="utf-8")
    reader = csv.DictReader(io.StringIO(text))
    columns = list(reader.fieldnames or [])
    rows = list(reader)
    change(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    changed = out.getvalue().replace(rename[0], rename[1], 1) if rename else out.getvalue()
    path.write_bytes(gzip.compress(changed.encode(), mtime=0) if packed else changed.encode())


def bar(rows: list[Row], instrument: str = "MARA", day: str = "2025-03-03") -> Row:
    """The row of one instrument and day."""
    (found,) = [row for row in rows if (row["instrument"], row["session_date"]) == (instrument, day)]
    return found


@dataclass(frozen=True)
class Poison:
    """One thing broken, the table that must say so, and words its message must hold (beside table and remedy)."""

    name: str
    table: str
    words: tuple[str, ...]
    spoil: Callable[[Settings], object]


def _bars(change: Callable[[list[Row]], object]) -> Callable[[Settings], object]:
    return lambda settings: rewrite(settings.bundle_dir / BARS, change)


def _ledger(file: str, change: Callable[[list[Row]], object]) -> Callable[[Settings], object]:
    return lambda settings: rewrite(settings.ledger_dir / file, change)


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


POISONS: tuple[Poison, ...] = (
    Poison(
        "negative close", "raw_market__bar", ("close_usd", "-3"), _bars(lambda rows: bar(rows).update(close_usd="-3"))
    ),
    Poison(
        "bits of another epoch",
        "raw_network__epoch",
        ("difficulty_from_bits", "0x1d00d86a"),
        lambda s: rewrite(s.bundle_dir / EPOCHS, lambda rows: rows[3].update(bits="0x1d00d86a")),
    ),
    Poison(
        "duplicate key",
        "raw_market__bar",
        ("duplicate_key", "MARA", "2025-03-03"),
        _bars(lambda rows: rows.append({**bar(rows), "close_usd": "1.5"})),
    ),
    Poison(
        "future date",
        "raw_market__bar",
        ("2124-03-03",),
        _bars(lambda rows: rows.append({**bar(rows, "BTC-USD"), "session_date": "2124-03-03"})),
    ),
    Poison(
        "missing session",
        "raw_market__bar",
        ("session_missing", "MARA", "2025-03-03"),
        _bars(lambda rows: rows.remove(bar(rows))),
    ),
    Poison(
        "unknown issuer",
        "raw_ledger__ai_deal",
        ("NOBODY",),
        _ledger("ai_deal.csv", lambda rows: rows[0].update(issuer="NOBODY")),
    ),
    Poison("no rows", "raw_network__day", ("network_day",), lambda s: rewrite(s.bundle_dir / NETWORK, list.clear)),
    Poison("empty file", "raw_network__day", ("network_day",), lambda s: (s.bundle_dir / NETWORK).write_bytes(b"")),
    Poison("truncated gzip", "raw_market__bar", ("market_bar",), lambda s: cut_in_half(s.bundle_dir / BARS)),
    Poison(
        "retyped column",
        "raw_network__day",
        ("blocks", "a hundred"),
        lambda s: rewrite(s.bundle_dir / NETWORK, lambda rows: [row.update(blocks="a hundred") for row in rows]),
    ),
    Poison(
        "renamed column",
        "raw_network__day",
        ("network_day", "fees_btc"),
        lambda s: rewrite(s.bundle_dir / NETWORK, len, rename=("fees_btc", "fees")),
    ),
)


def tree(folder: Path, leave_out: str = "") -> dict[str, str]:
    """Every file below `folder` with the hash of its bytes, and where every link points."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if leave_out and leave_out in name:
            continue
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def readers_see(settings: Settings) -> dict[str, str]:
    """What a reader could tell apart: the pointer and every byte of every publication."""
    return {"current": str(settings.current.readlink()), **tree(settings.publications)}


def tables_of(publication: Path, without: str = "") -> dict[str, list[tuple[object, ...]]]:
    """Every published table but those that name their own run, with all rows in one order; no column called `without`."""
    with duckdb.connect(str(publication / "hashwatt.duckdb"), read_only=True) as connection:
        tables = "select table_name from duckdb_tables() where schema_name = 'main' order by 1"
        names = [name for (name,) in connection.execute(tables).fetchall()]
        return {
            name: connection.execute(
                f"""select columns(lambda c: c <> '{without}') from "{name}" order by all"""
            ).fetchall()
            for name in names
            if name not in ("meta_publication", "meta_check")
        }


def known_times(publication: Path) -> Iterator[tuple[str, object]]:
    """The latest moment of every published column that says when something was known."""
    with duckdb.connect(str(publication / "hashwatt.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = 'main' and not internal and column_name like '%known_at_utc'"
        ).fetchall()
        for table, column in columns:
            row = connection.execute(f'select max("{column}") from "{table}"').fetchone()
            yield f"{table}.{column}", row[0] if row else None
