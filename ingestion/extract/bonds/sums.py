"""The arithmetic of a deal: yields of benchmark and spread, proceeds of amount and price, and the total of its tranches."""

from __future__ import annotations

from decimal import Decimal

from ingestion.extract.bonds.terms import Term
from ingestion.extract.bonds.tranches import Deal, Tranche
from ingestion.extract.values import quantities
from ingestion.extract.words import words

ADDED_UP = frozenset({"benchmark_yield", "spread_bp", "yield", "principal", "price_to_public", "gross_proceeds"})
BELOW = 2_000
"""Characters below the last amount in which a total stands."""
PENNY = Decimal("0.0061")


def add_up(deal: Deal) -> None:
    """Puts terms of a tranche into doubt that do not go together, and finds the amount of all."""
    for one in deal.tranches:
        _add_up(one)
    _headline(deal)


def _headline(deal: Deal) -> None:
    """An amount that is the sum of the tranches, above them or called their total, is the deal's."""
    parts = [one.terms.get("principal") for one in deal.tranches]
    told = [part for part in parts if part and part.value]
    # A sum with a loan is of no offering.
    if len(told) < max(2, len(parts)) or any("loan" in one.title.lower() for one in deal.tranches):
        return
    text, whole = deal.document.text, sum(Decimal(part.value) for part in told)
    first, last = min(part.start for part in told), max(part.end for part in told) + BELOW
    for cell in deal.document.cells:
        for one in quantities(text, cell.start, min(cell.end, last)) if cell.start < last else ():
            said = one.start < first or words().offering["total"].search(
                text, max(0, one.start - len("Total: |")), one.start
            )
            if said and not one.refused and (one.value, one.unit) == (whole, told[0].unit):
                deal.common.append(Term.of("principal", one))
                return


def _add_up(one: Tranche) -> None:
    value = {name: Decimal(term.value) for name, term in one.terms.items() if term.value and name in ADDED_UP}
    if value.keys() >= {"benchmark_yield", "spread_bp", "yield"}:
        off = value["benchmark_yield"] + value["spread_bp"] / 100 - value["yield"]
        if abs(off) > PENNY:
            reason = f"benchmark yield and spread miss the yield by {off:.3f}"
            one.doubts |= dict.fromkeys(("yield", "spread_bp", "benchmark_yield"), reason)
    if value.keys() >= {"principal", "price_to_public", "gross_proceeds"}:
        off = value["principal"] * value["price_to_public"] / 100 - value["gross_proceeds"]
        if abs(off) > 1:
            reason = f"principal times price misses the proceeds by {off:.0f}"
            one.doubts |= dict.fromkeys(("principal", "price_to_public", "gross_proceeds"), reason)
    maturity = one.terms.get("maturity")
    if maturity and maturity.value and one.year and not maturity.value.startswith(one.year):
        one.doubts["maturity"] = "another year than in the title"
