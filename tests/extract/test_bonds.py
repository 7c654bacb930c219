"""Bonds: our own documents in every layout, their traps, and what must not change when a copy is worse than the original."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.extract.extract import extract
from ingestion.extract.found import ABSTAINED, ACCEPTED, REVIEW, Found
from ingestion.extract.reread import reads_back
from tests.extract.written import written

CASES = written("bonds") | written("further_bonds")
BLOCKS = CASES["block a tranche, bars"].text
Row = tuple[str, ...]


def tranches(text: str) -> list[Found]:
    return [one for one in extract(text.encode(), "test") if one.kind == "tranche"]


def accepted(text: str) -> set[Row]:
    return {(one.record, one.field, one.value) for one in tranches(text) if one.state == ACCEPTED}


def numbers(text: str) -> set[tuple[str, str]]:
    """Fields and values; the year of a title is what is left of a date that a cut took."""
    return {(field, value) for _, field, value in accepted(text)}


@pytest.mark.parametrize("name", CASES)
def test_a_document_yields_its_values_and_no_others_each_from_its_passage(name: str) -> None:
    case = CASES[name]
    found = tranches(case.text)
    assert accepted(case.text) == case.told
    assert {one.field for one in found if one.state == ABSTAINED} == case.refused
    assert [one for one in found if one.state == REVIEW] == []
    for one in found:
        assert one.quote == case.text[one.start : one.end]
        assert one.value == "" or reads_back(one.quote, one.value, one.unit), one
        if (
            one.field in {"principal", "coupon", "price_to_public", "yield", "coupon_margin"}
            and one.value
            and one.quote != "par"
        ):
            digits = re.sub(r"\D", "", one.value).strip("0")
            assert digits in re.sub(r"&#?\w+;|\D", "", one.quote)


def test_what_is_payable_to_the_issuer_is_not_its_name() -> None:
    assert {one.issuer for one in tranches(CASES["interest that is payable to the issuer"].text)} == {""}


def test_each_note_of_a_digest_is_of_the_issuer_of_its_line() -> None:
    said = {(one.record, one.issuer) for one in tranches(CASES["notes in a line each"].text)}
    assert said == {("5.050% 2036", "Northgate"), ("3.500% 2033", "Hill Power"), ("2.750% 2030", "Southern Halls")}


def test_the_same_deal_in_sterling_is_another_currency() -> None:
    text = CASES["values on lines of their own"].text
    assert {value for _, field, value in accepted(text.replace("€", "£")) if field == "currency"} == {"GBP"}


def test_identifiers_are_never_said() -> None:
    said = " ".join(f"{one.value} {one.quote}" for one in tranches(BLOCKS))
    assert "665" not in said and "US665" not in said


@pytest.mark.parametrize(
    "name", ["block a tranche, bars", "wide blanks", "closing report, three in one sentence", "translated labels"]
)
def test_a_cut_anywhere_gives_the_same_numbers_or_fewer(name: str) -> None:
    text = CASES[name].text
    whole = numbers(text)
    years = {("maturity", value[:4]) for field, value in whole if field == "maturity"}
    for end in range(1, len(text), 31):
        assert numbers(text[:end]) <= whole | years, text[max(0, end - 40) : end]


OTHER_FORMS = {
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "other hyphens": lambda text: text.replace("-", "\u2011"),
    "straight quotes": lambda text: text.replace("“", '"').replace("”", '"'),
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
    "full-width signs": lambda text: text.replace("%", "％").replace("$", "＄").replace(":", "："),
    "zero-width spaces": lambda text: text.replace(":", ":\u200b"),
    "tabs for bars": lambda text: text.replace(" | ", "\t"),
    "lower-case labels": lambda text: re.sub(
        r"^[A-Z][a-z /]+:", lambda found: found.group().lower(), text, flags=re.MULTILINE
    ),
    "bold labels": lambda text: re.sub(r"^([A-Z][A-Za-z /]+:) \|", r"**\1** |", text, flags=re.MULTILINE),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_another_form_of_the_same_sheet_gives_the_same_values(form: str) -> None:
    assert accepted(OTHER_FORMS[form](BLOCKS)) == accepted(BLOCKS)


PAGES = {
    "minified": lambda page: re.sub(r"</(?:td|tr|p)>", "", page),
    "pretty": lambda page: page.replace("<t", "\n   <t").replace("<p>", "<p>\n    "),
    "upper-case tags with styles": lambda page: re.sub(
        r"<(td|tr|p)>", lambda found: f'<{found[1].upper()} STYLE="a:b">', page
    ),
    "entities": lambda page: (
        page.replace("€", "&euro;").replace("%", "&#37;").replace(" ", "&#160;").replace("<td", "<td ")
    ),
    "a raised footnote mark": lambda page: page.replace("Size:", "Size<sup>(1)</sup>:"),
}


@pytest.mark.parametrize("form", PAGES)
def test_another_markup_of_the_same_page_gives_the_same_values(form: str) -> None:
    page = CASES["several labelled values in one cell"].text
    assert accepted(PAGES[form](page)) == accepted(page)


def test_reflowed_prose_gives_the_same_values() -> None:
    text = CASES["closing report, three in one sentence"].text
    for width in (20, 47, 80):
        assert accepted(re.sub(rf"(.{{{width}}}\S*) ", r"\1\n", text)) == accepted(text)
    assert accepted("\n".join(text.split(" "))) == accepted(text)


def test_a_yield_that_is_not_benchmark_plus_spread_goes_to_review() -> None:
    found = {one.field: one for one in tranches(BLOCKS.replace("4.203%", "4.303%"))}
    assert {found[field].state for field in ("yield", "spread_bp", "benchmark_yield")} == {REVIEW}
    assert "miss the yield by -0.100" in found["yield"].reason


def test_two_values_of_one_term_go_to_review() -> None:
    doubled = BLOCKS.replace("Coupon: | 4.150% | |", "Price to Public: | 98.000% | |")
    assert {
        (one.field, one.state)
        for one in tranches(doubled)
        if one.record == "2031 Notes" and one.field == "price_to_public"
    } == {("price_to_public", REVIEW)}


def test_proceeds_that_do_not_add_up_are_left_alone() -> None:
    page = CASES["cover of a final supplement: price is not principal"].text.replace("895,680,000", "895,860,000")
    assert ("4.450% Senior Notes due 2033", "gross_proceeds", "898830000") not in accepted(page)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_copies_never_crash_and_never_invent(data: st.DataObject) -> None:
    """A stretch is deleted; what is left of the values were values before, or the joint made a new number of two."""
    text = data.draw(
        st.sampled_from([BLOCKS, CASES["wide blanks"].text, f"<html><body><pre>{BLOCKS}</pre></body></html>"])
    )
    start = data.draw(st.integers(0, len(text)))
    put = data.draw(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12))
    extract((text[:start] + put + text[start:]).encode(), "test")
    lines = text.splitlines(keepends=True)
    gone = data.draw(st.integers(0, len(lines) - 1))
    assert numbers("".join(lines[:gone])) <= numbers(text) | {
        ("maturity", "2031"),
        ("maturity", "2029"),
        ("maturity", "2039"),
    }
