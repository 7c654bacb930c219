"""Which days the lake holds of whom, read column by column so that ten years cost little more than one. Changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts import MACRO_OBSERVATION, MARKET_BAR, NETWORK_DAY
from ingestion.landing.lake import Lake

EPOCH = date(1970, 1, 1)
LAST_DAY = 1_000_000
"""More than any day of ours is after EPOCH."""
Pair = tuple[str, str]
"""Provider and subject."""


class HeldBars:
    """The bars that `lake` holds on the `expected` days of each calendar. `calendars` gives the calendar by instrument.

    Of a month in which every expected day has a bar only that is remembered, as a bit; of the others the days are.
    """

    def __init__(self, lake: Lake, expected: Mapping[str, Sequence[date]], calendars: Mapping[str, str]) -> None:
        self._calendars = calendars
        self._months = {name: _by_month(expected[name]) for name in sorted(set(calendars.values()))}
        self._complete: dict[Pair, int] = defaultdict(int)
        self._days: dict[Pair, set[date]] = defaultdict(set)
        held = set(lake.partitions(MARKET_BAR))
        for calendar, months in self._months.items():
            for place, (month, days) in enumerate(months.items()):
                name = f"month={month}"
                columns = ("provider", "instrument", "session_date")
                rows = lake.partition(MARKET_BAR, name, columns) if name in held else None
                if rows is not None:
                    self._read(calendar, place, days, rows)

    def absent(self, provider: str, instrument: str, since: date) -> list[date]:
        """The expected days from `since` on without a bar of the provider."""
        pair, months = (provider, instrument), self._months[self._calendars[instrument]]
        complete = self._complete.get(pair, 0)
        if complete == (1 << len(months)) - 1:
            return []
        held = self._days.get(pair, set())
        return [
            day
            for place, days in enumerate(months.values())
            if not complete >> place & 1 and days[-1] >= since
            for day in days
            if day >= since and day not in held
        ]

    def _read(self, calendar: str, place: int, days: Sequence[date], rows: pa.Table) -> None:
        """Count the days of each provider and instrument in one month. Numbers stand for the three, since counting texts
        would take longer than all the rest."""
        rows = rows.filter(pc.is_in(rows["session_date"], value_set=pa.array(days, pa.date32()))).combine_chunks()
        if rows.num_rows == 0:
            return
        providers, instruments = (_encoded(rows[name]) for name in ("provider", "instrument"))
        count = len(instruments.dictionary)
        pairs = pc.add(pc.multiply(providers.indices.cast(pa.int64()), count), instruments.indices.cast(pa.int64()))
        numbers = rows["session_date"].combine_chunks().cast(pa.int32()).cast(pa.int64())
        distinct = pc.unique(pc.add(pc.multiply(pairs, LAST_DAY), numbers))
        by, of = providers.dictionary.to_pylist(), instruments.dictionary.to_pylist()
        numbered = [(provider, instrument) for provider in by for instrument in of]
        counted, partly = pc.value_counts(pc.divide(distinct, LAST_DAY)), []
        for number, counts in zip(*(counted.field(n).to_pylist() for n in ("values", "counts")), strict=True):
            if counts != len(days):
                partly.append(number)
            elif self._calendars.get(numbered[number][1]) == calendar:
                self._complete[numbered[number]] |= 1 << place
        some = distinct.filter(pc.is_in(pc.divide(distinct, LAST_DAY), value_set=pa.array(partly, pa.int64())))
        for both in some.to_pylist():
            number, day = divmod(int(both), LAST_DAY)
            if self._calendars.get(numbered[number][1]) == calendar:
                self._days[numbered[number]].add(EPOCH + timedelta(days=day))


def held_days(lake: Lake, since: date) -> dict[str, set[date]]:
    """The UTC days of the bitcoin network from `since` on that the lake holds, by provider."""
    found: dict[str, set[date]] = defaultdict(set)
    for name in lake.partitions(NETWORK_DAY):
        if name < f"year={since.year}" or (rows := lake.partition(NETWORK_DAY, name, ("provider", "utc_date"))) is None:
            continue
        for provider, day in _rows(rows, "provider", "utc_date"):
            if isinstance(day, date):
                found[str(provider)].add(day)
    return found


def newest_observations(lake: Lake, series: Collection[str]) -> dict[Pair, date]:
    """The last observed day that the lake holds by provider and series."""
    found: dict[Pair, date] = {}
    for one in series:
        rows = lake.partition(MACRO_OBSERVATION, MACRO_OBSERVATION.partition.of(one), ("provider", "observation_date"))
        if rows is None:
            continue
        newest = rows.group_by("provider", use_threads=False).aggregate([("observation_date", "max")])
        for provider, day in _rows(newest, "provider", "observation_date_max"):
            if isinstance(day, date):
                found[(str(provider), one)] = day
    return found


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    return column.combine_chunks().dictionary_encode()


def _by_month(days: Sequence[date]) -> dict[str, list[date]]:
    return {month: list(own) for month, own in groupby(days, lambda day: day.strftime("%Y-%m"))}


def _rows(table: pa.Table, *columns: str) -> list[tuple[object, ...]]:
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))
