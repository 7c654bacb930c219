"""One value of a production update before it is told."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ingestion.extract.mining.months import Period
from ingestion.extract.values import Quantity
from ingestion.extract.words import Label


@dataclass(frozen=True)
class Value:
    """One value before it is told: several of the same field, site and period are one, or contradict each other."""

    record: str
    label: Label
    site: str
    period: Period
    quantity: Quantity
    value: Decimal

    @property
    def about(self) -> tuple[str, str, Period]:
        return self.label.field, self.site, self.period


def value_of(record: str, label: Label, site: str, period: Period, quantity: Quantity, factor: Decimal) -> Value:
    if label.field.endswith("_ytd"):
        period = (period[1].replace(month=1, day=1), period[1])
    # A unit printed beside the number counts, and not that of the row.
    value = quantity.value * (1 if quantity.scaled else factor)
    return Value(record, label, site, period, quantity, value)
