"""What a printed label asks for: its field and unit, its site, and the day or year that it names, taken off."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from ingestion.extract.words import BULLETS, MARKS, Label, plain_label, words

LONGEST_BEGINNING = 90
MARKING = "0123456789,()[]*†‡§¹²³⁴⁵⁶⁷⁸⁹"
"""What a footnote mark may be of."""
WHOLES = ("total", "consolidated", "company")
MONEY = re.compile(r"[$€£]|\b(?:USD|CAD|thousands|millions)\b", re.IGNORECASE)
MEASURED = re.compile(r"\s*(?:\(([^()]*)\)|\b(per MWh))\s*[\^\[]?(?:\d{1,2}(?:,\s?\d{1,2})*|\*)?\]?\s*$")


@lru_cache(maxsize=1_024)
def begins(printed: str) -> bool:
    """Whether a label may begin so: with its first words, or with one that says nothing."""
    known = words()
    printed = known.updates["of_mining"].sub("", printed[:LONGEST_BEGINNING])
    first, *second = plain_label(printed).strip("(").split(maxsplit=2)[:2] or [""]
    if first in ("", "total") or known.updates["yearly"].match(printed):
        return True
    return " ".join([first, *(one.rstrip(MARKING) for one in second)]) in known.metric_starts or (
        first in known.labels["metric"]
    )


@lru_cache(maxsize=1_024)
def known_label(printed: str) -> tuple[Label, str, str, Decimal] | None:
    """What a label asks for, its words without marks, its site, and the factor of the unit that it names; None for none."""
    if not begins(printed):
        return None
    known, name, factor, in_money = words().updates, re.sub(r"\s+", " ", printed).strip(BULLETS), Decimal(1), False
    while words().label("metric", name) is None and (measured := MEASURED.search(name)) is not None:
        unit = (measured[1] or measured[2]).lower()
        in_money = in_money or MONEY.search(unit) is not None
        factor = words().factors.get(unit) or words().units.get(unit, ("", factor))[1]
        name = name[: measured.start()].strip(" :*")
    plain = name = MARKS.sub("", name).strip(" :*")
    name = known["dated"].sub("", known["by_whom"].sub("", known["of_mining"].sub("", name)))
    if (label := words().label("metric", name)) is not None:
        # Coins in dollars are what they were sold for.
        return None if in_money and label.unit == "BTC" else (label, plain, "", factor)
    bare = "" if known["fiscal"].search(name) else known["yearly"].sub("", name).strip(" :-,")
    if bare != name and (label := words().label("metric", bare)) is not None:
        field = f"{label.field.removesuffix('_ytd')}_ytd"
        return (Label(field, unit=label.unit), plain, "", factor) if field in words().metrics else None
    base, dash, site = name.rpartition(" - ")
    if known["no_site"].search(site):
        return None
    if dash and (label := words().label("metric", base)) is not None:
        if site.lower() in WHOLES:
            return label, plain, "", factor
        return _of_site(label), plain, site, factor
    for cut in range(name.count(" "), 0, -1):
        base, site = " ".join(name.split(" ")[:cut]), " ".join(name.split(" ")[cut:])
        if site.lower() in WHOLES and (label := words().label("metric", base)) is not None:
            return label, plain, "", factor
        if (
            site.istitle()
            and not known["no_site"].search(site)
            and (label := words().label("metric", base)) is not None
        ):
            return _of_site(label), plain, site, factor
    return None


def _of_site(label: Label) -> Label:
    field = f"{label.field}_site" if f"{label.field}_site" in words().metrics else label.field
    return Label(field, label.definition, label.unit, label.other)
