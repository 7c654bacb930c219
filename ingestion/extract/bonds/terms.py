"""What one term of a bond says, from the stretch of text beside its label: values in the units of the table, or an abstention."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ingestion.extract.values import CUT, Quantity, moments, quantities, quantity_at, thirty_seconds
from ingestion.extract.words import words

INDEX = re.compile(
    r"(?:(?P<tenor>one|two|three|six|twelve|\d{1,2})[\s-]*m(?:onths?)?\s+)?(?P<name>(?:compounded\s+|term\s+|daily\s+|usd\s+)*(?:SOFR|LIBOR|EURIBOR|STIBOR|NIBOR|CIBOR|BBSW|CORRA|SONIA|ESTR|TONA|SARON|federal\s+funds\s+rate))\b",
    re.IGNORECASE,
)
ADDED = re.compile(
    r"\s*(?:\([^()]{0,60}\)\s*)?(?:rate|index|average)?\s*,?\s*(?P<sign>plus|minus|\+|-)\s*", re.IGNORECASE
)
TENORS = {"one": 1, "two": 2, "three": 3, "six": 6, "twelve": 12}
OVER = re.compile(
    r"\b(?:T|UST|B|G|DBR|UKT|MS|ASW|Treasury|Gilts?|Bunds?|mid-?\s?swaps?)\s*\+\s*(?P<number>\d{1,3}(?:\.\d+)?)(?!\s*[\d%.,]|\s*\w*%)",
    re.IGNORECASE,
)
BOND = re.compile(r"(?P<coupon>\d+(?:\.\d+)?(?:\s\d/\d)?)\s?%")
PREFIX = re.compile(r"\b(?P<prefix>UST|UKT|DBR|OBL|BKO|FRTR|T)\b")
SHARES = re.compile(
    r"(?<![\d.,$])(?P<n>\d[\d,]*(?:\.\d+)?)\s+(?:(?!per\b)[A-Za-z]+\s+){0,4}?shares\b.{0,140}?\b(?:per|(?:for|to)\s+(?:each|every))\s+(?:US)?\$1,000\b",
    re.IGNORECASE | re.DOTALL,
)
PER_THOUSAND = re.compile(r"\b(?:shares\s+per|each|every)\s+(?:US)?\$1,000\b|每\s?1,?000\s?美元", re.IGNORECASE)
ALONE = re.compile(r"\s*(?P<n>\d{1,3}\.\d+)\s*(?:(?:(?:\w+\s+){0,3}shares\b|股)[\s\S]*)?")
"""A rate of which the words before it say what it is a rate of."""
LABEL = 120
PAR = re.compile(r"\s*(?P<par>par)\b(?!\s+call)", re.IGNORECASE)
BARE = re.compile(r"\s*(?P<n>\d{2,3}\.\d{2,3})(?=\s*$|\s*[,;.)/]|\s+(?:and|plus|to|for|with)\b)(?!\.\d)")
"""A price without its unit, at the beginning of a cell or right behind its words."""
CENTS = re.compile(r"\s*(?P<n>\d{2,3}(?:\.\d+)?)\s+cents\s+on\s+the\s+dollar\b", re.IGNORECASE)
ZERO = re.compile(r"\bzero\b|零息", re.IGNORECASE)
GLUED = ("C$", "A$", "S$")
"""Signs whose letter may be the last of a name."""
DASH = re.compile(r"-\s*")
RANKS = re.compile(r"(?:senior|subordinated|junior)[\w ,-]{0,60}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Term:
    """One field's value with its span, or without a value and why."""

    field: str
    value: str
    unit: str
    start: int
    end: int
    reason: str = ""

    @classmethod
    def of(cls, field: str, said: Quantity, unit: str = "") -> Term:
        """A number as it is told, without zeros at its end; none where it must not be read."""
        value = "" if said.refused else f"{said.value.normalize():f}"
        return cls(field, value, unit or said.unit, said.start, said.end, said.refused)


Reading = Callable[[str, int, int, str], Iterator[Term]]


def read_term(field: str, text: str, start: int, end: int, prefix: str = "") -> list[Term]:
    """What [start, end) of the document's text says about a field of labels.yml; `prefix` names the family of a benchmark."""
    return list(READINGS[field](text, start, end, prefix))


def money(text: str, start: int, end: int, least: int = 1_000_000) -> Quantity | None:
    """The first amount in a currency, if it is one that a bond may have, or refused."""
    for one in quantities(text, start, end):
        if one.value < 0 and text[one.start] == "-":
            # A dash before the amount of a bond is a bullet's.
            begin = one.start + len(DASH.match(text, one.start).group())  # type: ignore[union-attr]
            one = replace(one, value=-one.value, start=begin)
        if text[one.start : one.start + 2] in GLUED and text[one.start - 1 : one.start].isalpha():
            # `LLC$1,600,000,000`
            one = replace(one, unit="USD", start=one.start + 1)
        if one.unit in set(words().currencies.values()) and (one.refused or one.value >= least):
            return one
    return None


def _amount(field: str) -> Reading:
    def read(text: str, start: int, end: int, _: str) -> Iterator[Term]:
        if (one := money(text, start, end)) is not None:
            yield Term.of(field, one)

    return read


def _principal(text: str, start: int, end: int, _: str) -> Iterator[Term]:
    for term in _amount("principal")(text, start, end, ""):
        yield term
        if term.value:
            yield Term("currency", term.unit, "", term.start, term.end)


def _percent(field: str, low: float, high: float, unit: str) -> Reading:
    def read(text: str, start: int, end: int, _: str) -> Iterator[Term]:
        for one in quantities(text, start, end):
            if one.unit == "percent" and not one.refused and low <= one.value <= high:
                yield Term(field, str(one.value), unit, one.start, one.end)
                return
            if one.refused:
                yield Term(field, "", unit, one.start, one.end, one.refused)
                return
            if one.unit:
                return

    return read


def _price(text: str, start: int, end: int, prefix: str) -> Iterator[Term]:
    if par := PAR.match(text, start, end):
        yield Term("price_to_public", "100", "percent of principal", *par.span("par"))
    elif cents := CENTS.match(text, start, end):
        yield Term("price_to_public", cents["n"], "percent of principal", *cents.span())
    elif (bare := BARE.match(text, start, end)) and 50 <= float(bare["n"]) <= 150:
        yield Term("price_to_public", bare["n"], "percent of principal", *bare.span("n"))
    else:
        yield from _percent("price_to_public", 50, 150, "percent of principal")(text, start, end, prefix)


def _coupon(text: str, start: int, end: int, prefix: str) -> Iterator[Term]:
    if INDEX.search(text, start, end):
        yield from floating(text, start, end)
    else:
        yield from _percent("coupon", 0, 30, "percent")(text, start, end, prefix)


def floating(text: str, start: int, end: int) -> Iterator[Term]:
    """Index and margin of a floating rate: `Compounded SOFR, plus 1.11%` is 111 basis points over Compounded SOFR."""
    index = INDEX.search(text, start, end)
    if index is None:
        return
    tenor = index["tenor"]
    name = " ".join(
        word.capitalize() if word.lower() in {"compounded", "term", "daily"} else word.upper()
        for word in index["name"].split()
    )
    months = TENORS.get(tenor.lower(), tenor) if tenor else ""
    yield Term("coupon_index", f"{months}-month {name}" if tenor else name, "", index.start(), index.end())
    added = ADDED.match(text, index.end(), end)
    if added is None:
        return
    for one in quantities(text, added.start("sign") if added["sign"] == "+" else added.end(), end)[:1]:
        yield _points("coupon_margin", one, index.start(), negative=added["sign"].lower() in {"minus", "-"})


def without_coupon(text: str, start: int, end: int) -> Iterator[Term]:
    """The coupon of notes that are called zero-coupon."""
    if zero := ZERO.search(text, start, end):
        yield Term("coupon", "0", "percent", *zero.span())


def _margin(text: str, start: int, end: int, prefix: str) -> Iterator[Term]:
    if INDEX.search(text, start, end):
        yield from floating(text, start, end)
        return
    if OVER.search(text, start, end):
        yield from _spread("spread_bp")(text, start, end, prefix)
        return
    for one in quantities(text, start, end)[:1]:
        if one.unit == "bp" or one.refused:
            yield _points("coupon_margin", one, one.start)


def _points(field: str, one: Quantity, start: int, *, negative: bool = False) -> Term:
    points = (one.value * 100 if one.unit == "percent" else one.value) * (-1 if negative else 1)
    unknown = "" if one.unit in {"bp", "percent"} else "the unit is missing"
    return Term.of(field, replace(one, value=points, start=start, refused=one.refused or unknown), "bp")


def _spread(field: str) -> Reading:
    def read(text: str, start: int, end: int, _: str) -> Iterator[Term]:
        found = quantities(text, start, end)
        points = next((one for one in found if one.unit == "bp"), None)
        if points is None and (over := OVER.search(text, start, end)) is not None:
            points = next((one for one in found if one.start <= over.start("number") < one.end), None)
            points = points and Quantity(points.value, "bp", over.start(), over.end(), refused=points.refused)
        points = points or next((one for one in found if one.unit == "percent" or one.refused), None)
        if points is not None:
            yield _points(field, points, points.start)

    return read


def _date(field: str) -> Reading:
    def read(text: str, start: int, end: int, _: str) -> Iterator[Term]:
        for moment in moments(text, start, end):
            if moment.precision == "day":
                yield Term(field, moment.first.isoformat(), "date", moment.start, moment.end)
                return
        if end == len(text) and text[start:end].strip():
            yield Term(field, "", "date", start, end, CUT)
            return
        year = re.compile(r"(?<![\d,.$])(20\d\d)(?!\d|[.,]\d|%)").search(text, start, end)
        if field == "maturity" and year and not text[start : year.start()].strip():
            yield Term(field, year[1], "year", year.start(), year.end())

    return read


def _benchmark(text: str, start: int, end: int, prefix: str) -> Iterator[Term]:
    yield from benchmark(text, prefix, (start, end))


def benchmark(text: str, prefix: str, *parts: tuple[int, int]) -> Iterator[Term]:
    """A government's bond by coupon and maturity, which may stand on two lines of a column."""
    coupon, printed = next(_found(BOND, text, parts), None), next(_found(PREFIX, text, parts), None)
    due = next((one for part in parts for one in moments(text, *part) if one.precision == "day"), None)
    family = (printed["prefix"] if printed else "") or prefix
    if coupon is None or due is None or not family:
        return
    family = "UST" if family == "T" else family
    yield Term(
        "benchmark",
        f"{family} {coupon['coupon']}% due {due.first.isoformat()}",
        "",
        min(coupon.start(), due.start, printed.start() if printed else coupon.start()),
        max(coupon.end(), due.end),
    )


def _found(pattern: re.Pattern[str], text: str, parts: Iterable[tuple[int, int]]) -> Iterator[re.Match[str]]:
    return (found for part in parts if (found := pattern.search(text, *part)))


def _benchmark_price(text: str, start: int, end: int, prefix: str) -> Iterator[Term]:
    price = thirty_seconds(text, start, end)
    if price is not None:
        yield Term.of("benchmark_price", price, "percent, from 32nds")
        start = price.end
    elif (decimal := quantities(text, start, end)[:1]) and decimal[0].unit == "percent" and decimal[0].value > 20:
        start = decimal[0].end
    yield from _percent("benchmark_yield", -2, 20, "percent")(text, start, end, prefix)


def _net_proceeds(text: str, start: int, end: int, _: str) -> Iterator[Term]:
    every = re.compile(r"\ball\s+(?:of\s+the\s+|the\s+)?notes\b", re.IGNORECASE).search(text, start, end)
    if (one := money(text, start, end)) is not None and every:
        yield from net_proceeds(one)


def net_proceeds(said: Quantity) -> Iterator[Term]:
    """What all tranches bring together."""
    unit = f"{said.unit}, approximately" if said.approximate else said.unit
    yield Term.of("net_proceeds_all_tranches", said, unit)


def _conversion(text: str, start: int, end: int, _: str) -> Iterator[Term]:
    """Shares for each thousand of principal: `11.8784 ordinary shares per $1,000`."""
    found = SHARES.search(text, start, end) or (
        PER_THOUSAND.search(text, max(0, start - LABEL), start) and ALONE.fullmatch(text, start, end)
    )
    if found and (one := quantity_at(text, found.start("n"), start, end)) is not None:
        value = "" if one.refused else str(one.value)
        end = max(one.end, found.end("n"))
        yield Term("conversion_rate", value, "shares per 1000 USD", one.start, end, one.refused)


def _ranking(text: str, start: int, end: int, _: str) -> Iterator[Term]:
    if (found := RANKS.match(text, start, end)) and found.end() < len(text):
        yield Term("ranking", " ".join(found.group().split()), "", *found.span())


def _silent(text: str, start: int, end: int, _: str) -> Iterator[Term]:
    yield from ()


READINGS: dict[str, Reading] = {
    "principal": _principal,
    "option_principal": _amount("option_principal"),
    "maturity": _date("maturity"),
    "coupon": _coupon,
    "coupon_margin": _margin,
    "price_to_public": _price,
    "yield": _percent("yield", -2, 30, "percent"),
    "spread_bp": _spread("spread_bp"),
    "mid_swap_spread_bp": _spread("mid_swap_spread_bp"),
    "benchmark": _benchmark,
    "benchmark_price": _benchmark_price,
    "benchmark_yield": _percent("benchmark_yield", -2, 20, "percent"),
    "mid_swap_yield": _percent("mid_swap_yield", -2, 20, "percent"),
    "trade_date": _date("trade_date"),
    "settlement_date": _date("settlement_date"),
    "gross_proceeds": _amount("gross_proceeds"),
    "net_proceeds": _net_proceeds,
    "conversion_rate": _conversion,
    "ranking": _ranking,
    "title": _silent,
    "tenor": _silent,
    "currency": _silent,
    "issuer": _silent,
}
