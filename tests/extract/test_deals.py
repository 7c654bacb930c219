"""AI hosting deals as releases, filings and news tell them, with parties of the register and figures of our own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ingestion.extract.extract import extract
from ingestion.extract.found import ACCEPTED, REVIEW, Found
from ingestion.extract.reread import reads_back
from tests.extract.layouts import WHOLE
from tests.extract.written import written

END = "The company has no duty to update what it says here, and the text ends with this sentence."

RELEASE = (
    "Riot Platforms Announces AI Data Center Lease\n\n"
    "CASTLE ROCK, March 3, 2026 -- Riot Platforms, Inc. has entered into two approximately 12-year lease agreements with "
    "CoreWeave. Under the lease agreements Riot will deliver 210 megawatts (MW) of critical IT load at its Corsicana campus. "
    "Over the approximately 12-year term, Riot anticipates approximately $4.2 billion in total revenue from the leases. "
    "CoreWeave also retains the option to access an additional 90 MW of critical IT load. The campus was designed to scale "
    "up to 1.1 gigawatts. Riot carries convertible notes of $870 million."
)
OF_RELEASE = {
    ("CoreWeave", "counterparty", "CoreWeave"),
    ("CoreWeave", "term_years", "12"),
    ("CoreWeave", "critical_mw", "210"),
    ("CoreWeave", "value", "4200000000"),
    ("CoreWeave", "option_critical_mw", "90"),
    ("CoreWeave", "value_basis", "base_term"),
}
JOINT = (
    "TeraWulf entered a joint venture with Fluidstack, with TeraWulf initially owning 50.4% of it. An affiliate of "
    "Fluidstack signed a 20-year lease for 144 MW of critical IT load, and contracted 20-year revenue to the joint venture "
    "is expected to total approximately $7.1 billion. The build cost is $9 million per MW. Google provides a backstop "
    "totaling $1.1 billion, which amortizes over 8 years. The pipeline is 900 MW."
)
TWO = (
    "Cipher Mining third quarter call\n\n"
    "- AWS: 260 MW gross capacity; approx $4.4B contract revenue over initial 14-year term.\n\n"
    "- Fluidstack/Google (Barber Lake): 120 MW critical IT; approx $2B over 9 years (options to ~$5B over 18 years).\n\n"
    "Combined, these contracts total approximately $6.4 billion in lease payments, said the company on its data center call."
)


BARE = "Cipher Mining signed a lease of a data center with CoreWeave for $2.2 billion of contracted revenue."
TOLD = written("told_deals")
LEASES = written("leases")
BESIDE = Path(__file__).with_name("documents") / "beside_deals.yml"


def told(text: str, state: str = ACCEPTED) -> set[tuple[str, str, str]]:
    return {(one.record, one.field, one.value) for one in deals(text) if one.state == state}


def deals(text: str) -> list[Found]:
    return [one for one in extract(text.encode(), "release") if one.kind == "deal"]


def test_the_fields_of_a_release_have_each_a_place_of_their_own() -> None:
    assert told(RELEASE) == OF_RELEASE
    assert {one.issuer for one in deals(RELEASE)} == {"Riot Platforms"}


def test_a_share_and_a_backstop_are_no_value() -> None:
    assert told(JOINT) == {
        ("Fluidstack", "counterparty", "Fluidstack"),
        ("Fluidstack", "share", "50.4"),
        ("Fluidstack", "term_years", "20"),
        ("Fluidstack", "critical_mw", "144"),
        ("Fluidstack", "value", "7100000000"),
        ("Fluidstack", "value_basis", "joint_venture"),
        ("Fluidstack", "backstop", "1100000000"),
        ("Fluidstack", "backstop_party", "Google"),
        ("Fluidstack", "cost_per_mw", "9000000"),
    }


def test_each_number_goes_to_the_tenant_that_stands_nearest() -> None:
    found = told(TWO)
    assert found >= {
        ("Amazon Web Services", "gross_mw", "260"),
        ("Amazon Web Services", "value", "4400000000"),
        ("Amazon Web Services", "term_years", "14"),
        ("Fluidstack", "critical_mw", "120"),
        ("Fluidstack", "value", "2000000000"),
        ("Fluidstack", "value_with_extensions", "5000000000"),
        ("Fluidstack", "term_years", "9"),
    }
    assert "6400000000" not in {value for _, field, value in found if field == "value"}, (
        "a total of two deals is no deal"
    )


@pytest.mark.parametrize(
    "text",
    [
        "HIVE Digital completed a 130 megawatt data center backed by a fully energized 250 MW substation. It aims at 20 EH/s.",
        "IREN buys chips for $6.1 billion under a contract with Dell for its data center. Its market value is $15 billion.",
        "Microsoft signed a 10-year lease of offices for $2 billion.",
        "Core Scientific received a takeover bid from CoreWeave at $6.25 per share, which values its data center at $900 million.",
    ],
)
def test_what_is_no_deal_of_a_landlord_yields_nothing(text: str) -> None:
    assert told(f"{text} And so the text goes on for a while until it ends.") == set()


def test_two_figures_for_one_field_are_for_a_person() -> None:
    text = RELEASE.replace("The campus was", "The leases bring in $4.6 billion in total revenue. The campus was")
    assert {value for _, field, value in told(text, REVIEW) if field == "value"} == {"4200000000", "4600000000"}
    assert "value" not in {field for _, field, _ in told(text)}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (
            "Bitfarms said that work has begun for its first AI partner. The 10-year contract for the data center brings $1.2 billion in revenue.",
            {("unnamed", "term_years", "10"), ("unnamed", "value", "1200000000")},
        ),
        (
            "Prairie Steel said that Meta will lease 60 MW of critical IT load at its AI data center under a 15-year lease.",
            {("Meta", "critical_mw", "60"), ("Meta", "term_years", "15")},
        ),
        (
            "IREN signed Microsoft for 210 MW at its AI data center. The 6-year contract with Microsoft is worth $9.1 billion.",
            {("Microsoft", "mw_unspecified", "210")},
        ),
    ],
    ids=["no tenant", "no landlord", "no word for the number"],
)
def test_what_a_deal_says_of_nobody_known_is_for_a_person(text: str, asked: set[tuple[str, str, str]]) -> None:
    assert told(f"{text}\n\n{END}", REVIEW) == asked
    assert told(f"{text}\n\n{END}").isdisjoint(asked)


@pytest.mark.parametrize("text", [RELEASE, JOINT, TWO], ids=["release", "joint", "two"])
def test_a_cut_or_another_dash_changes_no_number(text: str) -> None:
    whole = told(text)
    for other in (text.replace(" ", "\u00a0"), text.replace("-", "\u2011"), text.replace(". ", ".\n")):
        assert told(other) == whole
    for end in range(150, len(text), 41):
        more = {one for one in told(text[:end]) - whole if one[1] != "mw_unspecified"}
        assert not more, f"cut at {end}: {more}"


@pytest.mark.parametrize(("documents", "values"), [("unseen_deals", 73), ("further_deals", 227), ("scoped_deals", 95)])
def test_deals_in_wordings_of_another_hand_are_read_with_no_error(documents: str, values: int) -> None:
    right = 0
    for name, one in written(documents).items():
        page = replace(one.page, after=(*one.page.after, END))
        said = {(found.field, with_currency(found)) for found in deals(WHOLE["bars"](page)) if found.state == ACCEPTED}
        assert said <= one.told, name
        right += len(said)
    assert right >= values


@pytest.mark.parametrize("name", sorted(TOLD))
def test_a_deal_is_told_as_a_careful_reader_would(name: str) -> None:
    page = replace(TOLD[name].page, after=(*TOLD[name].page.after, END))
    found = [one for one in deals(WHOLE["bars"](page)) if one.state == ACCEPTED]
    assert {(one.field, with_currency(one)) for one in found} == TOLD[name].told


def test_lines_of_a_paragraph_that_begin_with_a_label_are_a_sentence_each() -> None:
    one = TOLD["lines that begin with a label each, with renewals above rent"]
    text = "\n".join(one.page.before) + f"\n\n{END}"
    assert {(field, value) for _, field, value in told(text)} == one.told


@pytest.mark.parametrize("name", sorted(LEASES))
def test_leases_of_one_tenant_are_told_apart(name: str) -> None:
    assert told(WHOLE["bars"](LEASES[name].page)) == LEASES[name].told


@pytest.mark.parametrize(
    "name", [name for name in TOLD if " told in " in name and name.endswith(("French", "German", "Spanish"))]
)
def test_what_another_tongue_tells_stands_in_its_own_words(name: str) -> None:
    text = WHOLE["bars"](TOLD[name].page)
    found = [one for one in deals(text) if one.state == ACCEPTED]
    assert all(text[one.start : one.end] == one.quote and reads_back(one.quote, one.value, one.unit) for one in found)
    assert {one.quote for one in found if one.field == "term_years"} <= {
        "douze ans",
        "20 ans",
        "doce años",
        "15 años",
        "15-jährigen",
        "fünfjährigen",
    }


@pytest.mark.parametrize("amount", ["1,400 milliard de dollars", "entre 1,2 et 1,4 milliard de dollars"])
def test_an_amount_of_another_tongue_that_has_two_readings_is_none(amount: str) -> None:
    text = WHOLE["bars"](TOLD["a lease told in French"].page).replace("1,4 milliard de dollars", amount)
    assert "value" not in {field for _, field, _ in told(text)}


def test_a_row_and_a_sentence_that_name_another_landlord_are_of_its_deal() -> None:
    for name in ("tenants and numbers in rows of several landlords", "two landlords on one day"):
        values = {one.issuer: one.value for one in deals(WHOLE["bars"](TOLD[name].page)) if one.field == "value"}
        assert len(values) == 2, f"{name}: {values}"


@pytest.mark.parametrize("text", [RELEASE, JOINT, BARE], ids=["release", "joint", "bare"])
def test_what_is_told_beside_a_deal_is_none_of_its_values(text: str) -> None:
    alone = of_issuer(f"{text}\n\n{END}")
    for sentence in yaml.safe_load(BESIDE.read_text(encoding="utf-8")):
        assert of_issuer(f"{text}\n\n{sentence}\n\n{END}") <= alone, sentence


def of_issuer(text: str) -> set[tuple[str, str, str]]:
    """What is told of the company whose release it is: the deal of another that it tells of is that one's."""
    found = [one for one in deals(text) if one.state == ACCEPTED]
    return {(one.record, one.field, one.value) for one in found if one.issuer in text.partition("\n\n")[0]}


def with_currency(found: Found) -> str:
    """The value, and behind one of another currency than the dollar its code."""
    currency = found.unit.partition("/")[0]
    return f"{found.value} {currency}" if currency in ("GBP", "EUR", "CAD") else found.value
