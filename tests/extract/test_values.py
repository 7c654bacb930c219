"""Numbers, prices and dates as documents print them: read in units, or refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import yaml

from ingestion.extract.values import CUT, GLUED, GROUPS, moments, quantities, thirty_seconds
from ingestion.extract.words import FILE

AFTER = " and here the text goes on for a while."


@pytest.mark.parametrize(
    ("printed", "value", "unit"),
    [
        ("$2,350,000,000", "2350000000", "USD"),
        ("$2.35 billion", "2350000000", "USD"),
        ("$1.5B", "1500000000", "USD"),
        ("US$12.1 million", "12100000", "USD"),
        ("£40,000,000", "40000000", "GBP"),
        ("C$4.5m", "4500000", "CAD"),
        ("3.7c/kWh", "0.037", "USD/kWh"),
        ("4.1 cents per kWh", "0.041", "USD/kWh"),
        ("$0.043/kWh", "0.043", "USD/kWh"),
        ("$-0.002 per kWh", "-0.002", "USD/kWh"),
        ("7.7 PH/s", "0.0077", "EH/s"),
        ("27.32 J/Th", "27.32", "J/TH"),
        ("1.2 GW", "1200", "MW"),
        ("+70 basis points", "70", "bp"),
        ("-10 %", "-10", "percent"),
        ("-0.4 c/kWh", "-0.004", "USD/kWh"),
        ("650.5 BTC", "650.5", "BTC"),
        ("15-year", "15", "year"),
    ],
)
def test_a_number_with_scale_sign_and_unit(printed: str, value: str, unit: str) -> None:
    text = f"we say {printed}{AFTER}"
    found = quantities(text)[0]
    assert (found.value, found.unit, found.refused) == (Decimal(value), unit, "")
    assert text[found.start : found.end] in printed


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (f"Held 19,2113{AFTER}", GROUPS),
        (f"Held 1,23,456{AFTER}", GROUPS),
        (f"Held 1.234.567{AFTER}", GROUPS),
        (f"mined459 BTC{AFTER}", GLUED),
        ("2031 Notes: 9", CUT),
        ("principal of $36.2", CUT),
        ("principal of $36.2 bil", CUT),
        ("principal of $2,000,000", CUT),
        ("000,000 of its notes", CUT),
    ],
)
def test_a_number_that_cannot_be_trusted_is_refused(text: str, refused: str) -> None:
    assert [one.refused for one in quantities(text) if one.value != 2031][
        -1 if refused == CUT and text[0] == "p" else 0
    ] == refused


def test_a_glued_footnote_mark_is_offered_and_not_taken() -> None:
    (found,) = quantities(f"Held 19,2113{AFTER}")
    assert (found.refused, found.value, found.mark) == (GROUPS, Decimal(19211), "3")


def test_approximations_are_marked() -> None:
    said = f"approximately $7 billion, then $8 billion, approx $5.5 billion or up to 3{AFTER}"
    assert [one.approximate for one in quantities(said)] == [True, False, True, True]


def test_a_letter_that_only_folds_to_one_of_a_unit_or_month_breaks_nothing() -> None:
    assert [one.unit for one in quantities(f"of 5 MW\u017f{AFTER}")] == ["MW"]
    assert [str(one.first) for one in moments("in Augu\u017ft 2031")] == ["2031-08-01"]


@pytest.mark.parametrize(
    ("printed", "price"),
    [
        ("100-21+", "100.671875"),
        ("100-29 3/4", "100.9296875"),
        ("99-09", "99.28125"),
        ("96-02 ¾", "96.0859375"),
        ("100-216", "100.6796875"),
    ],
)
def test_prices_in_32nds(printed: str, price: str) -> None:
    text = f"Price: {printed} / 3.793%{AFTER}"
    found = thirty_seconds(text, 0, len(text))
    assert found is not None and (found.value, found.refused) == (Decimal(price), "")


@pytest.mark.parametrize(
    ("printed", "first", "last", "precision"),
    [
        ("August 15th, 2031", "2031-08-15", "2031-08-15", "day"),
        ("Dec 31, 2031", "2031-12-31", "2031-12-31", "day"),
        ("3 December 2031", "2031-12-03", "2031-12-03", "day"),
        ("2031-12-03", "2031-12-03", "2031-12-03", "day"),
        ("12/03/31", "2031-12-03", "2031-12-03", "day"),
        ("2031 年 9 月 27 日", "2031-09-27", "2031-09-27", "day"),
        ("2031年9月27日", "2031-09-27", "2031-09-27", "day"),
        ("Dec. 4.", "0001-12-04", "0001-12-04", "day_of_year"),
        ("Sep-31", "2031-09-01", "2031-09-30", "month"),
        ("February 2032", "2032-02-01", "2032-02-29", "month"),
        ("4Q 2031", "2031-10-01", "2031-12-31", "quarter"),
        ("third quarter of 2031", "2031-07-01", "2031-09-30", "quarter"),
        ("second quarter of fiscal 2031", "2031-04-01", "2031-06-30", "fiscal_quarter"),
    ],
)
def test_dates_and_periods(printed: str, first: str, last: str, precision: str) -> None:
    (found,) = moments(f"on {printed} it was")
    assert (str(found.first), str(found.last), found.precision) == (first, last, precision)


def test_no_day_of_the_calendar_is_no_date() -> None:
    found = moments("on February 30, 2031 or 2031-13-01 or December 1, 20")
    assert [(one.precision, one.first.month) for one in found] == [("day_of_year", 12)]


def test_no_key_of_the_file_of_words_stands_twice_the_second_would_take_the_place_of_the_first() -> None:
    def keys(node: yaml.Node) -> Iterator[list[str]]:
        if isinstance(node, yaml.MappingNode):
            yield [key.value for key, _ in node.value]
        for one in node.value if isinstance(node.value, list) else ():
            for part in one if isinstance(one, tuple) else (one,):
                yield from keys(part)

    for said in keys(yaml.compose(FILE.read_text(encoding="utf-8"))):
        assert len(said) == len(set(said)), said
