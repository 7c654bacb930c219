"""The traps of documents, each with words and figures of our own: the reading that tempts, and the one that is right.

The numbers are those under which the traps were collected.
"""

from __future__ import annotations

import pytest

from ingestion.extract.extract import extract
from ingestion.extract.found import ABSTAINED, ACCEPTED, REVIEW, Found
from ingestion.extract.reading import read_document


def found(text: str) -> list[Found]:
    return extract(text.encode(), "document")


def accepted(text: str, field: str) -> list[str]:
    return [one.value for one in found(text) if one.field == field and one.state == ACCEPTED]


def update(*lines: str) -> str:
    head = "Example Mining Announces June 2025 Production and Operations Update\nDALLAS, July 3, 2025 -- unaudited.\n"
    return head + "\n".join(lines) + "\n1. Unaudited figures, which may change.\n"


def sheet(*lines: str) -> str:
    head = "Pricing Term Sheet\n\nIssuer: | Meta Platforms, Inc. |\nTitle: | 4.250% Notes due 2031 |\n"
    return head + "\n".join(f"{line} |" for line in lines) + "\nThe issuer has filed a registration statement.\n"


MONTHS = "| Metric | June 2025 | May 2025 |"
TERMS = (
    "Principal Amount: | $1,250,000,000",
    "Coupon: | 4.250%",
    "Maturity Date: | May 15, 2031",
    "Price to Public: | 99.500%",
)


def test_t1_a_raised_mark_glued_to_a_number_is_not_read() -> None:
    text = update(MONTHS, "| Bitcoin Held 2 | 18,4133 | 18,302 |")
    assert "184133" not in accepted(text, "btc_held") and "18413" not in accepted(text, "btc_held")
    assert [one.reason != "" for one in found(text) if one.state == ABSTAINED and one.field == "btc_held"] == [True]


@pytest.mark.parametrize("line", ["Bitcoin mined3612 BTC577 BTC601 BTC", "Hardware profit margin470%75%77%"])
def test_t2_t3_cells_that_ran_together_are_not_split(line: str) -> None:
    assert [one for one in found(update(line)) if one.state == ACCEPTED and one.field == "btc_produced"] == []


def test_t4_a_month_that_is_restated_keeps_its_month() -> None:
    """So that it is a later vintage of June beside the one that the update of June told; int_miner__filed keeps both."""
    lines = "| Metric | Jul 26 | Jun 26* |", "| Electricity cost (per Bitcoin) | $30,904 | $31,377* |", "* Restated."
    text = update(*lines).replace("June 2025", "July 2026").replace("July 3, 2025", "August 6, 2026")
    said = [(one.value, one.period_end) for one in found(text) if one.field == "power_cost_per_btc"]
    assert said == [("30904", "2026-07-31"), ("31377", "2026-06-30")]


@pytest.mark.parametrize(
    ("cells", "told"), [("($30,904) | ($31,377)*", {"30904", "31377"}), ("($30,904) | $31,377*", {"31377"})]
)
def test_t4_a_row_of_costs_in_brackets_is_one_of_expenses_and_one_alone_is_for_a_person(
    cells: str, told: set[str]
) -> None:
    text = update("| Metric | Jul 26 | Jun 26* |", f"| Electricity cost (per Bitcoin) | {cells} |")
    text = text.replace("June 2025", "July 2026").replace("July 3, 2025", "August 6, 2026")
    costs = [one for one in found(text) if one.field == "power_cost_per_btc"]
    assert {one.value for one in costs if one.state == ACCEPTED} == told
    assert {one.value for one in costs if one.state == REVIEW} == ({"-30904"} if len(told) == 1 else set())


@pytest.mark.parametrize("label", ["Electricity cost (per Bitcoin)1", "Net electricity cost per Bitcoin mined2"])
def test_t5_a_new_label_of_one_metric_stays_as_printed(label: str) -> None:
    """So that the definition behind it can be told: the record is the label without its mark."""
    said = [
        one for one in found(update(MONTHS, f"| {label} | $31,480 | $30,912 |")) if one.field == "power_cost_per_btc"
    ]
    assert [(one.record, one.value) for one in said] == [(label[:-1], "31480"), (label[:-1], "30912")]


def test_t6_a_year_to_date_is_no_month() -> None:
    text = update("Bitcoin mined in June: 541", "Calendar year-to-date bitcoin mined: 3,902")
    assert accepted(text, "btc_produced") == ["541"]
    assert "3902" not in accepted(text, "btc_produced")


@pytest.mark.parametrize("unit", ["J/Th", "J/TH", "joules per terahash", "W/TH"])
def test_t7_a_unit_in_any_spelling(unit: str) -> None:
    assert accepted(update(MONTHS, f"| Fleet Efficiency | 26.15 {unit} | 27.02 {unit} |"), "efficiency")[:1] == [
        "26.15"
    ]


def test_t8_cents_millions_nil_and_not_applicable() -> None:
    text = update(MONTHS, "| Bitcoin Sold | - | N/A |", "| All-in Power Cost - Total | 3.6c/kWh | 3.9c/kWh |")
    assert accepted(text, "btc_sold") == ["0"]
    assert accepted(text, "power_cost") == ["0.036", "0.039"]


def test_t9_a_part_is_not_taken_for_the_whole() -> None:
    text = update(
        "As of June 30, 2025 the company held 41,300 BTC, including 12,750 BTC loaned and pledged as collateral."
    )
    assert "28550" not in accepted(text, "btc_held")
    assert "12750" not in accepted(text, "btc_held")


def test_t10_coins_have_decimals() -> None:
    text = update(MONTHS, "| Bitcoin Produced | 612.4 | 598.7 |", "| Bitcoin Held | 5,731.2 | 5,120.9 |")
    assert accepted(text, "btc_produced") == ["612.4", "598.7"]
    assert accepted(text, "btc_held") == ["5731.2", "5120.9"]


def test_t11_a_preliminary_supplement_has_no_terms() -> None:
    text = (
        "Preliminary Prospectus Supplement\n\nAmazon.com, Inc.\n\n$ FLOATING RATE NOTES DUE\n\n$ % NOTES DUE\n\n"
        "The 4.000% notes due 2027 of $2,000,000,000 were issued in an earlier year.\n"
    )
    assert [one for one in found(text) if one.kind == "tranche" and one.state == ACCEPTED] == []


def test_t12_a_margin_is_no_coupon() -> None:
    text = sheet(
        "Principal Amount: | $500,000,000",
        "Coupon: | Compounded SOFR, plus 0.95% per year",
        "Maturity Date: | May 15, 2029",
        "Price to Public: | 100.000%",
    ).replace("4.250% Notes due 2031", "Floating Rate Notes due 2029")
    assert "0.95" not in accepted(text, "coupon")
    assert accepted(text, "coupon_margin") == ["95"]


def test_t13_one_cell_holds_the_terms_of_all_tranches() -> None:
    text = (
        "<html><body><p>Pricing Term Sheet</p><table><tr><td>Issuer:</td><td>Meta Platforms, Inc.</td></tr>"
        "<tr><td>Principal Amount:</td><td>2030 Notes: $700,000,000<br>2035 Notes: $900,000,000</td></tr>"
        "<tr><td>Coupon:</td><td>2030 Notes: 4.100%<br>2035 Notes: 4.650%</td></tr>"
        "<tr><td>Maturity Date:</td><td>2030 Notes: May 15, 2030<br>2035 Notes: May 15, 2035</td></tr></table>"
        "<p>The issuer has filed a registration statement.</p></body></html>"
    )
    said = {(one.record, one.field): one.value for one in found(text) if one.state == ACCEPTED}
    assert (said["2030 Notes", "principal"], said["2030 Notes", "coupon"]) == ("700000000", "4.100")
    assert (said["2035 Notes", "principal"], said["2035 Notes", "coupon"]) == ("900000000", "4.650")


def test_t14_a_treasury_price_is_in_32nds() -> None:
    text = sheet(*TERMS, "Benchmark Treasury Price/Yield: | 101-14 1/4 and 3.912%")
    assert accepted(text, "benchmark_price") == ["101.4453125"]


def test_t15_currencies_are_tranches_of_their_own() -> None:
    euros = sheet(*TERMS).replace("$", "€")
    assert (accepted(sheet(*TERMS), "currency"), accepted(euros, "currency")) == (["USD"], ["EUR"])


def test_t16_principal_is_not_the_price_to_public() -> None:
    text = sheet(*TERMS, "Net Proceeds: | $1,240,318,750")
    assert accepted(text, "principal") == ["1250000000"]


def test_t17_preferred_stock_of_the_same_day_is_no_bond() -> None:
    text = (
        "Pricing Term Sheet\n\nOracle Corporation\n\n6.00% Mandatory Convertible Preferred Stock\n\nDepositary Shares Offered: "
        "40,000,000\n\nPublic Offering Price: $50.00 per Depositary Share\n\nLiquidation Preference: $1,000 per share\n"
    )
    assert [one for one in found(text) if one.kind == "tranche" and one.state == ACCEPTED] == []


JOINT = (
    "TeraWulf entered a joint venture with Fluidstack, TeraWulf initially owning 51.0% of it. An affiliate of Fluidstack signed "
    "a 22-year lease of a data center for 150 MW of critical IT load, and contracted 22-year revenue to the joint venture is "
    "expected to total approximately $8.2 billion. "
)


def test_t18_a_value_stands_at_the_whole_with_the_share_beside_it() -> None:
    assert accepted(JOINT, "value") == ["8200000000"]
    assert accepted(JOINT, "share") == ["51"]


def test_t19_a_total_of_several_deals_is_no_deal() -> None:
    text = (
        JOINT
        + "With this lease cumulative contracted revenue reaches approximately $15 billion across all data centers."
    )
    assert "15000000000" not in accepted(text, "value")


def test_t20_operating_income_is_no_contract_value() -> None:
    text = JOINT + "The lease is expected to yield net operating income of approximately $7.9 billion over its term."
    assert accepted(text, "value") == ["8200000000"]


def test_t23_navigation_and_footer_belong_to_another_month() -> None:
    body = update(MONTHS, "| Bitcoin Produced | 541 | 527 |").replace("\n", "<br>")
    page = (
        "<html><body><nav><a>Example Mining Announces January 2026 Production: mined 999 BTC</a></nav><table><tr><th>Metric</th>"
        f"<th>June 2025</th><th>May 2025</th></tr><tr><td>Bitcoin Produced</td><td>541</td><td>527</td></tr></table><p>{body}</p>"
        "<footer>Example Mining mined 888 BTC in January 2026.</footer></body></html>"
    )
    assert not {"999", "888"} & {one.value for one in found(page)}


def test_t24_a_shell_gives_its_summary_alone() -> None:
    page = (
        '<html><head><meta property="og:description" content="Example Mining produced 541 bitcoin in June 2025 and held '
        '6,100 bitcoin."></head><body><script>load()</script></body></html>'
    )
    assert read_document(page.encode(), "shell").partial


OF_CAPEX = (
    "Microsoft's capex was $29.4 billion in the third quarter of fiscal 2026, down from $36.1 billion, which included finance "
    "leases, for its data center and AI contracts with OpenAI. The stock fell 2%.\n"
)
BY_QUARTER = "| Microsoft | Q2 2023 | Q2 2024 | Q2 2025 |\n| Capex of data centers | $12.9bn | $19.6bn | $32.2bn |\n"
PRICES = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2026-06-{day:02},28.{day},29.1,27.9,28.4,1200{day}\n" for day in range(1, 30)
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OF_CAPEX, id="t21: two bases of capex in one sentence are no value of a deal or a month"),
        pytest.param(BY_QUARTER, id="t22: a table of quarters that another worked out"),
        pytest.param(PRICES, id="t25: a file of prices under the ticker of a coin"),
        pytest.param(f"BTC\n{PRICES}BTC Produced is no column of it.\n", id="t25: the same, with the ticker above"),
    ],
)
def test_t21_t22_t25_what_is_no_document_of_these_kinds_gives_nothing(text: str) -> None:
    assert found(text) == []


def test_every_trap_of_a_document_is_kept() -> None:
    named = {int(part[1:]) for name in globals() for part in name.split("_") if part[:1] == "t" and part[1:].isdigit()}
    assert named == {*range(1, 26)}
