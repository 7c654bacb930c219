"""One value of a production update before it is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from ingestion.extract.mining.months import Period
from ingestion.extract.values import Quantity
from ingestion.extract.words import Label, words


@dataclass(frozen=True)
class Value:
    """One value before it is told: several of the same field, site and period are one, or contradict each other."""

    record: str
    label: Label
    site: str
    period: Period
    quantity: Quantity
    value: Decimal
    doubt: str = ""

    @property
    def about(self) -> tuple[str, str, Period]:
        # A stock is of its last day, however long a time the text speaks of.
        first, last = self.period
        return self.label.field, self.site, (last if words().metrics[self.label.field] == "stock" else first, last)


def value_of(record: str, label: Label, site: str, period: Period, quantity: Quantity, factor: Decimal) -> Value:
    if label.field.endswith("_ytd"):
        period = (period[1].replace(month=1, day=1), period[1])
    # A unit printed beside the number counts, and not that of the row.
    value = quantity.value * (1 if quantity.scaled else factor)
    if label.unit == "USD/kWh" and quantity.unit == "USD/MWh":
        value, quantity = value / 1000, replace(quantity, unit=label.unit)
    return Value(record, label, site, period, quantity, value, str((label.other or {}).get("doubt", "")))
