"""Which days the lake holds of which provider and subject: one query over the files of a table. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.contracts import MACRO_OBSERVATION, MARKET_BAR, NETWORK_DAY
from ingestion.contracts.contract import Table
from ingestion.landing.lake import Lake
from ingestion.providers.rows import DAY_COLUMNS, Domain

TABLES: dict[Domain, Table] = {"market": MARKET_BAR, "network": NETWORK_DAY, "macro": MACRO_OBSERVATION}
SUBJECTS: dict[Domain, str] = {"market": "instrument", "network": "'BTC'", "macro": "series"}


@dataclass(frozen=True)
class Held:
    """The newest day of a provider and subject, and a bit for each day since some first one, that one the lowest."""

    newest: date
    days: int


def held(lake: Lake, domain: Domain, first: date, last: date) -> dict[tuple[str, str], Held]:
    """What `lake` holds of the days from `first` to `last`, by provider and subject.

    Days are counted as bits by the query, since millions of them as rows would take longer than all the rest.
    """
    import duckdb

    files = lake.files(TABLES[domain])
    if not files or last < first:
        return {}
    day = DAY_COLUMNS[domain]
    span = (last - first).days
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"select provider, {SUBJECTS[domain]} as subject, max({day}),"
            f" bitstring_agg(datediff('day', {day}, $last), 0, {span}) filter ({day} between $first and $last)"
            " from read_parquet($files, hive_partitioning = false) group by all",
            {"files": files, "first": first, "last": last},
        ).fetchall()
    return {(provider, subject): Held(newest, int(bits or "0", 2)) for provider, subject, newest, bits in rows}


def bits_of(days: list[date], first: date) -> int:
    """The same bits for `days`, none of them before `first`."""
    found = bytearray((days[-1] - first).days // 8 + 1) if days else bytearray()
    for one in days:
        place = (one - first).days
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")


def days_of(bits: int, first: date) -> list[date]:
    """The days of bits, ascending."""
    return [first + timedelta(days=n) for n, bit in enumerate(reversed(f"{bits:b}")) if bit == "1"] if bits else []
