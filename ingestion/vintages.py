"""Which observation is a new vintage. Knows no table, no provider and no file."""

from __future__ import annotations

from bisect import bisect_right, insort
from datetime import datetime

Key = tuple[object, ...]
Values = tuple[object, ...]


class Vintages:
    """What is known by key and time; times are naive UTC. `tolerances` gives the relative difference up to which two
    numbers of a column are the same value, in the order of the columns."""

    def __init__(self, tolerances: tuple[float, ...]) -> None:
        self._tolerances = tolerances
        self._known: dict[Key, list[tuple[datetime, int]]] = {}
        self._values: list[Values] = []

    def know(self, key: Key, known_at_utc: datetime, values: Values) -> None:
        """A vintage that stands already."""
        self._values.append(values)
        insort(self._known.setdefault(key, []), (known_at_utc, len(self._values) - 1))

    def observe(
        self, key: Key, values: Values, *, seen_utc: datetime, public_utc: datetime, dated_utc: datetime | None = None
    ) -> datetime | None:
        """`values` were seen at `seen_utc`: the moment from which they are known if they are a new vintage, else None.

        The first vintage of a key is known since `public_utc`, a later one since it was seen; one that the source dates
        itself since `dated_utc`. Nothing is known later than it was seen. What equals the vintage known at its moment says
        nothing new; so does what differs from one of the same moment, since nothing that stands is overwritten.
        """
        known = self._known.get(key, [])
        moment = min(seen_utc if dated_utc is None else dated_utc, seen_utc)
        place = bisect_right(known, (moment, len(self._values)))
        if place:
            since, index = known[place - 1]
            if since == moment or self._same(self._values[index], values):
                return None
        elif dated_utc is None:
            moment = min(public_utc, seen_utc)
        self.know(key, moment, values)
        return moment

    def _same(self, one: Values, other: Values) -> bool:
        return all(
            before == after or _near(before, after, tolerance)
            for before, after, tolerance in zip(one, other, self._tolerances, strict=True)
        )


def _near(before: object, after: object, tolerance: float) -> bool:
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return False
    return abs(before - after) <= tolerance * max(abs(before), abs(after))
