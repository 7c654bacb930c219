"""Production updates in the layouts in which miners and those who copy them write, with names and numbers of our own."""

from __future__ import annotations

import pytest

from ingestion.extract.extract import extract
from ingestion.extract.found import ABSTAINED, ACCEPTED, REVIEW, Found

BARS = """Example Mining Announces May 2025 Production and Operations Update
DALLAS, Texas, June 4, 2025 -- Example Mining today announced unaudited production and operations updates for May 2025.
| Metric | May 2025 1 | April 2025 1 | May 2024 | Month/Month |
| Bitcoin Produced | 412 | 398 | 301 | 4 % |
| Average Bitcoin Produced per Day | 13.3 | 13.3 | 9.7 | 0 % |
| Bitcoin Held 2 | 11,204 | 10,990 | 8,003 | 2 % |
| Bitcoin Sold | - | 55 | N/A | N/A |
| Bitcoin Sales - Net Proceeds | - | $5.1 million | N/A | N/A |
| Deployed Hash Rate - Plainview 2,3 | 18.5 EH/s | 18.1 EH/s | N/A | 2 % |
| Deployed Hash Rate - Total 2 | 31.4 EH/s | 30.9 EH/s | 12.0 EH/s | 2 % |
| Avg. Operating Hash Rate - Total | 28.8 EH/s | 29.1 EH/s | 9.4 EH/s | -1 % |
| All-in Power Cost - Total | 3.1c/kWh | (0.4)c/kWh | 4.4c/kWh | N/A |
1. Unaudited.
"""
ONE_CELL_A_LINE = BARS.replace(" | ", " |\n")
LEADERS = "\n".join(line.strip("| ").replace(" | ", " ..... ", 1).replace(" | ", " .. ") for line in BARS.splitlines())
MAY, APRIL = ("2025-05-01", "2025-05-31"), ("2025-04-01", "2025-04-30")
OF_MAY = {
    ("btc_produced", "412", *MAY),
    ("btc_produced", "398", *APRIL),
    ("btc_held", "11204", "", MAY[1]),
    ("btc_sold", "0", *MAY),
    ("btc_sold", "55", *APRIL),
    ("hashrate_deployed", "31.4", "", MAY[1]),
    ("hashrate_operating_average", "28.8", *MAY),
    ("power_cost", "0.031", *MAY),
}

HTML = """<html><body><p>Example Mining Corp. reports production for <b>October 2025</b></p>
<p>AUSTIN, November 5, 2025 -- unaudited production update</p>
<table><tr><th>Metric</th><th>October 2025</th><th>September 2025</th></tr>
<tr><td>BTC Mined<sup>3</sup></td><td>207</td><td>199</td></tr>
<tr><td>Total BTC Holdings<sup>1,2</sup></td><td>4,411</td><td>4,300</td></tr>
<tr><td>Average operating hashrate (PH/s)</td><td>9,450</td><td>9,120</td></tr>
<tr><td>Electricity costs (US$m)<sup>4</sup></td><td>7.25</td><td>6.9</td></tr>
<tr><td>Electricity cost per Bitcoin (US$'000)</td><td>35.0</td><td>34.7</td></tr>
<tr><td>AI Cloud Services</td><td></td><td></td></tr>
<tr><td>Electricity costs (US$'000)</td><td>88</td><td>61</td></tr></table></body></html>"""

COLONS = """Example Mining released its mining update for the month ending August 31, 2025. LAS VEGAS, Sept. 3, 2025.

Bitcoin mined in August: 655

CY2025 bitcoin mined: 5,118

Total BTC holdings as of August 31: 12,703

Total BTC sold in August: 530

Power Sales Equivalent BTC: 12

Month-end fleet efficiency: 16.07 J/Th

Current hashrate: 50.1 EH/s
"""
AUGUST = ("2025-08-01", "2025-08-31")

PROSE = (
    "Example Mining produced 233 bitcoin in July 2025, down from 250 bitcoin in June. The average operating hashrate rose "
    "to 21.5 EH/s. It sold approximately 147 BTC, and total bitcoin holdings grew to 1,903 BTC as of July 31, 2025. In the "
    "second quarter, Example mined 702 bitcoin. We expect to reach 30 EH/s of deployed hashrate and a deployed hashrate of "
    "31 EH/s by year-end. It bought S29 miners (9.5 J/TH efficiency). Customers earned an estimated 41 bitcoin. The power "
    "cost of the month was $0.047/kWh. Shareholders may call us."
)
JULY = ("2025-07-01", "2025-07-31")


def told(text: str, state: str = ACCEPTED) -> set[tuple[str, str, str, str]]:
    return {(one.field, one.value, one.period_start, one.period_end) for one in metrics(text) if one.state == state}


def metrics(text: str) -> list[Found]:
    return [one for one in extract(text.encode(), "update") if one.kind == "metric"]


@pytest.mark.parametrize(
    "text",
    [
        BARS,
        ONE_CELL_A_LINE,
        LEADERS,
        BARS.replace(" 2 |", " ^2 |"),
        BARS.replace(" - ", " \u2013 "),
        BARS.replace(" ", "\u00a0"),
    ],
)
def test_columns_are_months_and_a_dash_is_none(text: str) -> None:
    found = told(text)
    assert found >= OF_MAY
    assert not [one for one in found if one[0] == "btc_sold" and one[2] == "2024-05-01"], "N/A is no nil"
    assert not [one for one in found if "13.3" in one[1]], "a rate a day is not what was produced"


def test_a_site_has_a_record_of_its_own() -> None:
    of_site = [one for one in metrics(BARS) if "Plainview" in one.record]
    assert [(one.field, one.value, one.period_end) for one in of_site] == [
        ("hashrate_deployed", "18.5", "2025-05-31"),
        ("hashrate_deployed", "18.1", "2025-04-30"),
    ]
    site = BARS.replace("Bitcoin Produced |", "Bitcoin Self-Mined Lake Placid |")
    assert ("btc_produced_site", "412", *MAY) in told(site)
    assert "btc_produced" not in {field for field, *_ in told(site)}


def test_parts_of_a_row_bear_bullet_points() -> None:
    rows = "Total hash rate under management (EH/s) | 18.3 | 17.9\n\u2022 Self-mining | 8.1 | 7.6\n\u2022 Hosting | 10.2 | 10.3\n"
    text = f"Example Mining updates\n\nMetrics | May 2025 | Apr 2025\n{rows}Bitcoins mined (self-mining only) | 176 | 171\n\nUnaudited.\n"
    assert told(text) == {
        ("hashrate_month_end", "8.1", "", MAY[1]),
        ("hashrate_month_end", "7.6", "", APRIL[1]),
        ("btc_produced", "176", *MAY),
        ("btc_produced", "171", *APRIL),
    }


def test_unit_and_scale_are_those_of_the_row_and_marks_are_no_digits() -> None:
    october = ("2025-10-01", "2025-10-31")
    found = told(HTML)
    assert found >= {
        ("btc_produced", "207", *october),
        ("btc_held", "4411", "", october[1]),
        ("hashrate_operating_average", "9.45", *october),
        ("power_cost_total", "7250000", *october),
        ("power_cost_per_btc", "35000", *october),
    }
    assert not [one for one in found if one[1] == "88000"], "the AI business's electricity is not the miner's"


def test_lines_with_a_colon() -> None:
    assert told(COLONS) == {
        ("btc_produced", "655", *AUGUST),
        ("btc_produced_ytd", "5118", "2025-01-01", AUGUST[1]),
        ("btc_held", "12703", "", AUGUST[1]),
        ("btc_sold", "530", *AUGUST),
        ("btc_equivalent_power_sales", "12", *AUGUST),
        ("efficiency", "16.07", "", AUGUST[1]),
        ("hashrate_deployed", "50.1", "", AUGUST[1]),
    }


def test_sentences_speak_of_their_own_month_and_not_of_what_is_expected() -> None:
    assert told(PROSE) == {
        ("btc_produced", "233", *JULY),
        ("hashrate_operating_average", "21.5", *JULY),
        ("btc_sold", "147", *JULY),
        ("btc_held", "1903", "", JULY[1]),
        ("btc_produced_hosted", "41", *JULY),
        ("power_cost", "0.047", *JULY),
    }


def test_a_number_that_cannot_be_trusted_is_told_and_not_read() -> None:
    glued = "\n".join(
        ["Update for May 2025", "Metric", "May 2025", "April 2025", "Bitcoin Held", "19,2113", "18,100", "end", ""]
    )
    assert next((one.state, one.value) for one in metrics(glued) if one.field == "btc_held") == (ABSTAINED, "")
    other = COLONS.replace("50.1 EH/s", "50.1 MW")
    assert "hashrate_deployed" not in {field for field, *_ in told(other)}
    assert [one.reason for one in metrics(other) if one.state == ABSTAINED] == ["the number is in MW, not in EH/s"]
    nowhere = COLONS.replace("50.1 EH/s", "50,100")
    assert "no unit is printed" in next(one.reason for one in metrics(nowhere) if one.state == ABSTAINED)


def test_a_table_in_one_line_is_read_where_each_row_has_as_many_numbers_as_months() -> None:
    rows = (
        "Bitcoins mined (self-mining only) 375 282 166 Bitcoins held2 1,934 1,667 113 Bitcoin Sold 2 31 40 - Total power usage "
        "(MWh) 541,000 480,000 363,000 Average cost of electricity ($/MWh) 46 45 41 Bitcoin Purchased 12 14 Fleet Efficiency "
        "(J/TH) 19.9 21.5 31.6 1 Total hash rate under management as of August 31, 2025."
    )
    head = "Example Announces August 2025 Production SINGAPORE, Sept. 15, 2025 - Example announced its update. Metrics"
    found = told(f"{head} August 2025 July 2025 August 2024 {rows} Read more about Example on its pages.")
    july, before = ("2025-07-01", "2025-07-31"), ("2024-08-01", "2024-08-31")
    assert found >= {("btc_produced", "375", *AUGUST), ("btc_produced", "282", *july), ("btc_produced", "166", *before)}
    assert found >= {("btc_held", "1934", "", AUGUST[1]), ("power_cost", "0.046", *AUGUST), ("btc_sold", "31", *AUGUST)}
    assert ("efficiency", "31.6", "", before[1]) in found
    assert "btc_purchased" not in {field for field, *_ in found}, "one of its columns is empty"


def test_cells_that_a_copy_broke_over_lines_and_line_ends_that_it_left_escaped() -> None:
    cells = BARS.replace(" EH/s", "\nEH/s").replace("Bitcoin Produced", "Bitcoin\nProduced").replace(" | ", "\n|\n|\n")
    assert told(cells) >= OF_MAY
    wrapped = "News of a miner\n" + '[{"type": "text", "content": "' + BARS.replace(" | ", "\n").replace("\n", "\\n")
    assert told(wrapped) >= OF_MAY


@pytest.mark.parametrize("glue", [" ", ""], ids=["a blank between", "glued"])
def test_a_table_of_a_line_for_each_row(glue: str) -> None:
    lines = [
        ["Key measures", "May 25", "Apr 25*"],
        ["Average operating hashrate", "28.8 EH/s", "29.1 EH/s"],
        ["Bitcoin mined3", "412 BTC", "398 BTC"],
        ["Bitcoin held", "11,204 BTC", "10,990 BTC", " 2%"],
        ["Fleet efficiency", "-", "21.0 J/TH"],
        ["AI Cloud Services"],
        ["Average electricity cost", "$0.05/kWh", "$0.04/kWh"],
    ]
    head = "Example Mining May 2025 Update\n\nDALLAS, June 4, 2025 -- Example Mining reported for May 2025.\n\n"
    found = told(head + "\n".join(glue.join(line) for line in lines) + "\n\nIt goes on.\n")
    assert found == {
        ("hashrate_operating_average", "28.8", *MAY),
        ("hashrate_operating_average", "29.1", *APRIL),
        ("btc_produced", "412", *MAY),
        ("btc_produced", "398", *APRIL),
        ("btc_held", "11204", "", MAY[1]),
        ("btc_held", "10990", "", APRIL[1]),
    }


def test_each_number_of_a_roundup_is_of_the_miner_whose_paragraph_it_is() -> None:
    text = (
        "Three miners reported for May 2025 on June 4, 2025.\n\nRiot Platforms mined 533 bitcoin in May. Its holdings rose to 19,400 BTC.\n\n"
        "CleanSpark, which builds in Wyoming, produced 655 bitcoin. Customers earned an estimated 12 bitcoin on top. The company sold 301 bitcoin.\n\n"
        "Cipher Mining did not say how much it mined and holds 1,100 BTC, fewer than Strategy, which held 570,000 BTC.\n\n"
        "American Bitcoin, in which Hut 8 has a majority, mined 188 bitcoin in May.\n"
    )
    assert {(one.issuer, one.field, one.value) for one in metrics(text) if one.state == ACCEPTED} == {
        ("Riot Platforms", "btc_produced", "533"),
        ("Riot Platforms", "btc_held", "19400"),
        ("CleanSpark", "btc_produced", "655"),
        ("CleanSpark", "btc_produced_hosted", "12"),
        ("CleanSpark", "btc_sold", "301"),
        ("American Bitcoin", "btc_produced", "188"),
    }


def test_what_a_document_gives_in_two_ways_is_for_a_person() -> None:
    twice = COLONS + "\nBitcoin mined: 665\n\nBitcoin mined: 665\n\nBitcoin mined: 655\n"
    assert [one.value for one in metrics(twice) if one.state == REVIEW] == ["655", "665"]
    assert "btc_produced" not in {field for field, *_ in told(twice)}


@pytest.mark.parametrize(
    "text",
    [
        "Example Mining is one of the leading miners of bitcoin. Read our full analysis of the ten best shares in June 2025.",
        "Pricing Term Sheet June 3, 2025. Principal Amount: $500,000,000. Maturity: June 15, 2030. Coupon: 5.25%.",
        "Example Mining plans to have produced 900 bitcoin by the end of 2026.",
        f"{'A platform pays its users. ' * 10}While MARA produced 736 bitcoin in June 2026, they mine from their phones.",
        ": 900\n\n:\n\n | | \n",
    ],
)
def test_other_documents_yield_nothing(text: str) -> None:
    assert told(f"{text} And so it goes on for a while, until the end.") == set()


@pytest.mark.parametrize(
    "text", [BARS, ONE_CELL_A_LINE, COLONS, PROSE, HTML], ids=["bars", "cells", "colons", "prose", "html"]
)
def test_a_cut_text_says_the_same_or_less(text: str) -> None:
    whole = told(text)
    for end in range(len(text) // 3, len(text), 61):
        more = told(text[:end]) - whole
        assert not more, f"cut at {end}: {more}"


@pytest.mark.parametrize(
    "sentence",
    [
        "The order lets the company lift its hash rate to 20 EH/s.",
        "With the new machines, its hash rate could rise to 25 EH/s.",
        "A deal to bring its hash rate to 18 EH/s was signed.",
        "The hash rate of the network climbed to 850 EH/s, and the total hash rate of a pool reached 250 EH/s.",
        "The board decided to sell 500 BTC next month, or in June.",
        "By mid-June it had sold 80 BTC, and on 3 June alone it mined 12 BTC.",
        "Analysts put the power cost per bitcoin at $52,000.",
        "The miner generated 450 BTC worth of hosting revenue.",
        "In the spring the miner held 3,000 BTC.",
        "In March and April together it mined 900 BTC.",
        "Its holdings would rise to 9,000 BTC if the loan were repaid.",
        "Foundry's hash rate reached 21 EH/s, and an index tops 1,200 BTC.",
        "It has sold 900 BTC year-to-date and has mined 12,000 BTC since inception.",
        "It brought 3 EH/s online, and its pool's hash rate averaged 44 EH/s.",
        "A lender holds 410 BTC as collateral of customers.",
        "It sold power at $120 per MWh, and power averaged $41 per MWh on the grid.",
        "Other miners made no bitcoin sales, and it sold no bitcoin mining machines.",
        "Bitcoin production per exahash was 14, and bitcoin production cost rose to 52,000.",
        "Its BTC treasury strategy led to 12 new investors, and treasury companies held 900,000 BTC.",
        "Last May it mined 402 BTC. Its BTC sold at 99,000.",
    ],
)
def test_what_is_planned_estimated_or_of_others_adds_no_value(sentence: str) -> None:
    head = "Cipher Mining reports for May 2026\nNEW YORK, June 3, 2026 -- Cipher Mining Inc. reported for May 2026."
    assert told(f"{head}\n\n{sentence}\n\nThe company did not say more about it in its update.") == set()


def test_north_american_miners_are_not_american_bitcoin() -> None:
    text = "North American Bitcoin miners switched off machines in June 2026. Marathon Digital mined 811 Bitcoin in June 2026.\n"
    assert {one.issuer for one in metrics(text)} == {"MARA Holdings"}
