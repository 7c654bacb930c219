"""Numbers with scale, unit and sign, prices in 32nds, dates and periods; each with its span, or with the reason it is no number.

A number that touches an end of the text, has malformed groups of thousands, or is glued to a letter or to another number is
found and refused, so that a reader can abstain there instead of passing over it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ingestion.extract.phrases import any_of
from ingestion.extract.words import words

CUT = "the number touches an end of the text"
GROUPS = "malformed groups of thousands"
GLUED = "the number is glued to what stands before or behind it"
NIL = re.compile(r"-+|nil|none|zero", re.IGNORECASE)
NOT_APPLICABLE = re.compile(r"n\.?\s?/?\s?a\.?|not applicable|not meaningful|n/?m|\*", re.IGNORECASE)
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")
PLAIN = re.compile(r"\d*\.?\d+")
MARKED = re.compile(r"(\d{1,3}(?:,\d{3})+)(\d{1,2})")
APPROXIMATE = re.compile(
    r"(?:approximately|approx\.?|about|around|roughly|nearly|almost|some|over|more than|up to|circa|~|≈|est\.?|estimated)\s*(?:of\s*)?$",
    re.IGNORECASE,
)
APPROXIMATELY = (
    *("approximately", "approx", "approx.", "about", "around", "roughly", "nearly", "almost", "some", "over", "than"),
    *("up to", "circa", "~", "≈", "est", "est.", "estimated", "of"),
)
"""How what stands before such a number ends."""
CLOSE = re.compile(r"\s{0,2}\)")
"""The bracket behind an amount, also in a cell of its own."""
LOOK_BEHIND, LOOK_AHEAD = 24, 28
BEFORE_NUMBER, BEHIND_NUMBER = 12, 60
"""Characters in which sign and currency stand before a number, and scale and unit behind it."""
DIGIT = re.compile(r"\d")
LONGEST = 40
"""Characters of a number that something is counted with."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in units, not in the scale it was printed in. `unit` is one of the words' units, a currency, a currency per
    unit (USD/kWh), or empty. `refused` says why it must not be read; `mark` is the footnote mark it may be glued to."""

    value: Decimal
    unit: str
    start: int
    end: int
    approximate: bool = False
    scaled: bool = False
    refused: str = ""
    mark: str = ""


@lru_cache(maxsize=1)
def _grammar() -> re.Pattern[str]:
    known = words()
    currency, unit = any_of(known.currencies), any_of(known.units)
    long, short = (any_of(one for one in known.scales if (len(one) > 1) is long) for long in (True, False))
    first = re.escape("".join({one[0] for one in known.currencies}))
    return re.compile(
        # Most places before a number are told by one look at them.
        rf"(?=[-(+~.\d{first}])(?P<open>\()?(?:(?P<sign>(?<![\w.)])[-+~])\s?)?(?:(?P<currency>{currency})\s{{0,12}}(?P<sign2>-)?(?P<open2>\()?)?"
        rf"(?P<number>\d(?:[\d,.]*\d)?|\.\d+)"
        rf"(?P<scaled>\+?(?:(?:\s?-?\s?(?P<scale>{long})|(?P<short>{short})))(?![^\W\d_]))?"
        rf"(?P<measured>\+?(?:\s?-?\s?|[^\S\n]\t[^\S\n])(?:per\s|/\s?|a\s)?(?P<unit>{unit})(?:(?<=[\u2e80-\uffff])|(?![^\W_\u2e80-\uffff])))?"
        rf"(?P<close>\s?\))?",
        re.IGNORECASE,
    )


def quantities(text: str, start: int = 0, end: int | None = None) -> list[Quantity]:
    """All numbers of a stretch of the document's text, in order. `text` is the whole text: its ends are where it was cut."""
    return list(_quantities(text, start, len(text) if end is None else end))


def _quantities(text: str, start: int, end: int) -> Iterator[Quantity]:
    return (_quantity(text, found) for found in _near_digits(_grammar(), 24, text, start, end))


def _near_digits(pattern: re.Pattern[str], lead: int, text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """What `finditer` gives for a pattern that begins at most `lead` characters before its first digit: where no digits are,
    nothing is looked for."""
    while (digit := DIGIT.search(text, start, end)) is not None:
        if (found := pattern.search(text, max(start, digit.start() - lead), end)) is None:
            return
        yield found
        start = found.end()


def quantity_at(text: str, at: int, start: int, end: int) -> Quantity | None:
    """The number that stands at `at`, within `start` and `end`; only what is near is looked at, however long that stretch."""
    near = _quantities(text, max(start, at - BEFORE_NUMBER), min(end, at + BEHIND_NUMBER))
    return next((one for one in near if one.start <= at < one.end), None)


def _quantity(text: str, found: re.Match[str]) -> Quantity:
    known, printed = words(), found["number"]
    begin, finish = (
        found.start("number"),
        found.end("measured" if found["unit"] else "scaled" if found["scaled"] else "number"),
    )
    first = min(position for group in ("sign", "currency", "number") if (position := found.start(group)) >= 0)
    refused = mark = ""
    if len(printed) > LONGEST:
        refused, printed = GROUPS, "0"
    elif not GROUPED.fullmatch(printed):
        refused = GROUPS
        if (glued := MARKED.fullmatch(printed)) is not None:
            printed, mark = glued.groups()
    plain = printed.replace(",", "")
    value = Decimal(plain if not refused or PLAIN.fullmatch(plain) else 0)
    before, after = text[begin - 1 : begin], text[finish : finish + 1]
    letter_before = before.isalpha() and first == begin and not _ideograph(before)
    if not refused and (
        letter_before or (after.isalpha() and not found["unit"] and not _ideograph(after) and not found["scaled"])
    ):
        refused = GLUED
    if not refused and is_cut(text, first, finish, closed=found["unit"] is not None):
        refused = CUT
    if scale := found["scale"] or found["short"]:
        value *= known.scales[scale.casefold()]
    unit = known.currencies[found["currency"].upper()] if found["currency"] else ""
    if found["unit"]:
        name, factor = known.units[" ".join(found["unit"].casefold().split())]
        value *= factor
        # A currency that stands behind its amount says of which country its sign is.
        unit = f"{unit}/{name}" if unit and name not in known.currencies else name
    opened = found["open"] or found["open2"]
    shut = CLOSE.match(text, found.start("close") if found["close"] else found.end()) if opened else None
    if found["sign"] == "-" or found["sign2"] == "-" or (shut and _is_loss(text, found.start(), shut.end())):
        value = -value
        first = min(first, found.start())
        finish = shut.end() if shut else finish
    approximate = found["sign"] == "~" or _approximate(text[max(0, first - LOOK_BEHIND) : first])
    return Quantity(value, unit, first, finish, approximate, found["scaled"] is not None, refused, mark)


def _approximate(before: str) -> bool:
    return before.rstrip().lower().endswith(APPROXIMATELY) and APPROXIMATE.search(before) is not None


def _ideograph(character: str) -> bool:
    return character > "\u2e7f"


def _is_loss(text: str, start: int, end: int) -> bool:
    """A bracketed amount that stands alone in its cell is negative; in a sentence it is an aside."""
    before, after = text[max(0, start - 8) : start].rstrip(" $"), text[end : end + 8].lstrip(" ")[:1]
    return (not before or before[-1] in "\n\t|") and after in {"", "\n", "\t", "|", "%", "*"}


def is_cut(text: str, start: int, end: int, *, closed: bool = False) -> bool:
    """Whether a number may have lost its beginning, its last digits, or the scale behind it where the text ends."""
    if start == 0:
        return True
    if len(text) - end > LOOK_AHEAD:
        return False
    tail = text[end:]
    if closed:
        return bool(re.fullmatch(r"[\w/]*", tail)) and text[end - 1] != "%"
    complete = re.match(r"[.,;:)%\]|\"']*\s+\S+[\s.,;:)]|[.;)%]+\s|\.$|\s*\n", tail)
    return complete is None


THIRTY_SECONDS = re.compile(
    r"(?<![\d-])(\d{2,3})-(\d{2})(?:(\+|\s\+(?=\s*/|$))|\s?(\d)[/⁄](\d)|\s?([¼½¾⅛⅜⅝⅞])|(\d))?(?![\d/⁄-])"
)
EIGHTHS = {"¼": 2, "½": 4, "¾": 6, "⅛": 1, "⅜": 3, "⅝": 5, "⅞": 7}


def thirty_seconds(text: str, start: int, end: int) -> Quantity | None:
    """The first price in 32nds: 100-21+ is 100 + 21.5/32, 100-29 3/4 is 100 + 29.75/32, 100-216 is 100 + 21.75/32."""
    found = THIRTY_SECONDS.search(text, start, end)
    if found is None or int(found[2]) >= 32:
        return None
    part = Decimal(found[2])
    if found[3]:
        part += Decimal("0.5")
    elif found[4]:
        part += Decimal(found[4]) / Decimal(found[5]) if found[5] != "0" else 0
    elif found[6]:
        part += Decimal(EIGHTHS[found[6]]) / 8
    elif found[7]:
        part += Decimal(found[7]) / 8
    cut = CUT if is_cut(text, *found.span()) else ""
    return Quantity(Decimal(found[1]) + part / 32, "percent", found.start(), found.end(), refused=cut)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, month or quarter: its first and last day. `precision` is day, month, quarter, fiscal_quarter (days as if the year
    began in January; the reader must know when it does), or day_of_year when the year is not printed: then it is year 1."""

    first: date
    last: date
    precision: str
    start: int
    end: int


NAMES = (calendar.month_name, calendar.month_abbr)
MONTHS = {name.lower(): number for names in NAMES for number, name in enumerate(names) if number} | {"sept": 9}
NO_LETTER = r"(?![^\W\d_])"
MONTH = rf"(?P<{{0}}>{any_of(MONTHS)}){NO_LETTER}\.?"
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
MOMENT = re.compile(
    # The first character stands apart and in both its cases: only then is it looked for as fast as the machine can.
    rf"(?P<lead>(?-i:[JFMASONDQTjfmasondqt\d]))(?:(?<!\w.)(?:(?P<m1>{any_of(MONTHS, led=True)}){NO_LETTER}\.?"
    r"(?:(?:\s+|(?=\d{1,2},\s+\d{4}))(?P<d1>\d{1,2})(?:st|nd|rd|th)?\b(?!\d)(?:\s*,\s*|\s+(?=\d{4}))?(?:(?P<y1>\d{4})(?!\d|,\d))?"
    r"|(?:\s+|-|,\s*|\s*')(?:(?P<y5>\d{4})(?!\d)|'?(?P<y7>\d{2})(?![\d/]|[.,]\d)))"
    rf"|(?<=\d)(?<!\d\..)(?P<d2>\d?)(?:st|nd|rd|th)?(?!\s*\n\s*\n)\s+(?:of\s+)?{MONTH.format('m2')},?\s+(?P<y2>\d{{4}})(?!\d)"
    r"|(?<=\d)(?:(?P<y3>\d{3})-(?P<n3>\d{2})-(?P<d3>\d{2})|(?P<n4>\d?)/(?P<d4>\d{1,2})/(?P<y4>\d{4}|\d{2}))(?![\d/])"
    rf"|(?:(?<=q)(?P<q6>[1-4])|(?<=[1-4])(?P<q7>)q|(?P<o8>{any_of(ORDINALS, led=True)})\s+(?:quarter|qtr\.?)(?:\s+of)?)"
    r"[\s-]*(?P<fiscal>fiscal\s+(?:year\s+)?|FY\s?)?'?(?P<y6>\d{4}|\d{2}(?!\d))(?!\d))"
    r"|(?<=\d)(?P<y9>\d{3})\s?年\s?(?P<n9>\d{1,2})\s?月(?:\s?(?P<d9>\d{1,2})\s?日)?)",
    re.IGNORECASE,
)
LED = ("m1", "d2", "y3", "n4", "q7", "o8", "y9")
"""Groups of it that lack their first character, which is its lead."""


def moments(text: str, start: int = 0, end: int | None = None) -> Iterator[Moment]:
    """Dates and named periods of a stretch, in order; what is no day of the calendar is left out."""
    for found in _near_digits(MOMENT, 40, text, start, len(text) if end is None else end):
        # One alternative holds: its groups are told by the first letters of their names.
        said = {
            name[0]: found["lead"] * (name in LED) + text
            for name, text in found.groupdict().items()
            if text is not None
        }
        printed = said.get("y", "0")
        year = int(printed) + 2000 * (len(printed) == 2)
        quarter = said.get("q") or ORDINALS.get(said.get("o", "").casefold())
        month, day = MONTHS.get(said.get("m", "").casefold(), 0) or int(said.get("n", 0)), int(said.get("d", 0))
        try:
            if quarter:
                yield _span(year, 3 * int(quarter) - 2, 3, "fiscal_quarter" if "f" in said else "quarter", found)
            elif day:
                when = date(year or 1, month, day)
                yield Moment(when, when, "day" if year else "day_of_year", *_exact(found))
            else:
                yield _span(year, month, 1, "month", found)
        except ValueError:
            continue


def _exact(found: re.Match[str]) -> tuple[int, int]:
    return found.start(), found.start() + len(found.group().rstrip(" ,\n\t"))


def _span(year: int, month: int, months: int, precision: str, found: re.Match[str]) -> Moment:
    last = month + months - 1
    return Moment(date(year, month, 1), date(year, last, calendar.monthrange(year, last)[1]), precision, *_exact(found))
