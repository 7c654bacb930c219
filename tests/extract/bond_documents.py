"""Documents of our own about bonds, in the formats that issuers and aggregators use, with what a careful reader finds.

Companies, numbers and words are invented. An expectation is `record | field | value`; a document without one must yield nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

NORTH = "Northgate Systems, Inc."


@dataclass(frozen=True)
class Case:
    """One document: its text, and what must be accepted; `abstained` are fields that must be refused."""

    text: str
    expected: str
    abstained: tuple[str, ...] = ()


def html(body: str) -> str:
    return f"<html><head><title>FWP</title></head><body>{body}</body></html>"


BLOCKS = """PRICING TERM SHEET
Northgate Systems, Inc.

4.150% Notes due 2031 (“2031 Notes”)
Issuer: | Northgate Systems, Inc. | |
Principal Amount: | $1,250,000,000 | |
Maturity: | March 15, 2031 | |
Coupon: | 4.150% | |
Price to Public: | 99.764% of the principal amount | |
Benchmark Treasury: | 3.875% due February 28, 2031 | |
Benchmark Treasury Yield: | 3.553% | |
Spread to Benchmark Treasury: | +65 basis points | |
Yield to Maturity: | 4.203% | |
Optional Redemption: | at the Treasury Rate plus 10 basis points, or 100% of the principal amount | |
Trade Date: | March 9, 2026 | |
Settlement Date: | March 12, 2026 (T+3) | |
CUSIP / ISIN: | 665 XYZ AA1 / US665XYZAA12 | |

Floating Rate Notes due 2031
Principal Amount: | $400,000,000 | |
Maturity: | March 15, 2031 | |
Coupon: | Compounded SOFR, plus 0.98% per year | |
Price to Public: | 100.000% of the principal amount | |
Trade Date: | March 9, 2026 | |
Settlement Date: | March 12, 2026 (T+3) | |
Denominations: | $2,000 and multiples of $1,000 | |
"""
BLOCKS_FOUND = """
2031 Notes | principal | 1250000000
2031 Notes | currency | USD
2031 Notes | maturity | 2031-03-15
2031 Notes | coupon | 4.150
2031 Notes | price_to_public | 99.764
2031 Notes | benchmark | UST 3.875% due 2031-02-28
2031 Notes | benchmark_yield | 3.553
2031 Notes | spread_bp | 65
2031 Notes | yield | 4.203
2031 Notes | trade_date | 2026-03-09
2031 Notes | settlement_date | 2026-03-12
Floating Rate Notes due 2031 | principal | 400000000
Floating Rate Notes due 2031 | currency | USD
Floating Rate Notes due 2031 | maturity | 2031-03-15
Floating Rate Notes due 2031 | coupon_index | Compounded SOFR
Floating Rate Notes due 2031 | coupon_margin | 98
Floating Rate Notes due 2031 | price_to_public | 100.000
Floating Rate Notes due 2031 | trade_date | 2026-03-09
Floating Rate Notes due 2031 | settlement_date | 2026-03-12
"""
TWO = """
2029 Notes | principal | 700000000
2029 Notes | currency | {currency}
2029 Notes | maturity | 2029-05-20
2029 Notes | coupon | 3.250
2029 Notes | yield | 3.281
2039 Notes | principal | 1100000000
2039 Notes | currency | {currency}
2039 Notes | maturity | 2039-08-20
2039 Notes | coupon | 3.875
2039 Notes | yield | 3.902
"""
TITLES = "3.250% Notes due 2029 (the “2029 Notes”)", "3.875% Notes due 2039 (the “2039 Notes”)"
TERMS = (
    ("Size", "€700,000,000", "€1,100,000,000"),
    ("Maturity Date", "May 20, 2029", "August 20, 2039"),
    ("Coupon (Interest Rate)", "3.250% per annum", "3.875% per annum"),
    ("Yield to Maturity", "3.281%", "3.902%"),
)


def lines_of_values(sign: str = "€") -> str:
    body = "\n\n".join(f"{label}:\n\n2029 Notes: {one}\n\n2039 Notes: {two}" for label, one, two in TERMS).replace(
        "€", sign
    )
    return (
        f"Pricing Term Sheet\n\nIssuer: {NORTH}\nTitle:\n\n{TITLES[0]}\n\n{TITLES[1]}\n\n{body}\n\nListing:\n\nNone\n"
    )


def cells_of_values() -> str:
    rows = "".join(
        f"<tr><td><p>{label}:</p></td><td><p>2029 Notes:&nbsp;{one}</p><p>2039&#160;Notes: {two}</p></td></tr>"
        for label, one, two in TERMS
    )
    return html(f"<table><tr><td>Title:</td><td>{TITLES[0]}<br>{TITLES[1]}</td></tr>{rows}</table>")


def selector_cells() -> str:
    rows = "".join(
        f"<tr><td>{label}:</td><td>2029 Notes:</td><td>{one}</td><td>2039 Notes:</td><td>{two}</td></tr>"
        for label, one, two in TERMS
    )
    return html(f"<p>{TITLES[0]}</p><p>{TITLES[1]}</p><p>Term Sheet</p><table>{rows}</table>")


def column_for_each() -> str:
    rows = "".join(f"<tr><td>{label}</td><td>{one}</td><td>{two}</td></tr>" for label, one, two in TERMS)
    return html(f"<table><tr><td></td><td>{TITLES[0]}</td><td>{TITLES[1]}</td></tr>{rows}</table>")


def wide_blanks() -> str:
    rows = "\n".join(f"{label}:    2029 Notes:    {one}\n   2039 Notes:    {two}" for label, one, two in TERMS)
    return f"{TITLES[0]}\n{TITLES[1]}\n\nPricing Term Sheet\n\n{rows}\n"


COVER = html(
    "<p>PROSPECTUS SUPPLEMENT</p><p>$1,500,000,000</p><p>$900,000,000 4.450% Senior Notes due 2033</p><p>$600,000,000 5.100% Senior Notes due 2046</p>"
    "<table><tr><td></td><td>Price to Public(1)</td><td>Underwriting Discount</td><td>Proceeds</td></tr>"
    "<tr><td>Per 2033 note</td><td>99.870</td><td>%</td><td>0.350</td><td>%</td><td>99.520</td><td>%</td></tr>"
    "<tr><td>2033 notes total</td><td>$</td><td>898,830,000</td><td>$</td><td>3,150,000</td><td>$</td><td>895,680,000</td></tr>"
    "<tr><td>Per 2046 note</td><td>98.760</td><td>%</td><td>0.800</td><td>%</td><td>97.960</td><td>%</td></tr>"
    "<tr><td>Total</td><td>$</td><td>1,491,390,000</td><td>$</td><td>7,950,000</td><td>$</td><td>1,483,440,000</td></tr></table>"
)

CASES = {
    "block a tranche, bars": Case(BLOCKS, BLOCKS_FOUND),
    "values on lines of their own": Case(lines_of_values(), TWO.format(currency="EUR")),
    "the same deal in sterling is another currency": Case(lines_of_values("£"), TWO.format(currency="GBP")),
    "several labelled values in one cell": Case(cells_of_values(), TWO.format(currency="EUR")),
    "selector in a cell of its own": Case(selector_cells(), TWO.format(currency="EUR")),
    "one column a tranche": Case(column_for_each(), TWO.format(currency="EUR")),
    "wide blanks": Case(wide_blanks(), TWO.format(currency="EUR")),
    "series blocks under a title label, shared dates before": Case(
        html(
            "<table><tr><td>Trade Date:</td><td>June 2, 2026</td></tr><tr><td>Settlement Date:</td><td>T+3; June 5, 2026</td></tr></table>"
            "<table><tr><td>Title:</td><td>6.100% Series A Junior Subordinated Notes due 2056</td></tr><tr><td>Principal Amount:</td><td>$300,000,000</td></tr></table>"
            "<table><tr><td>Title:</td><td>6.350% Series B Junior Subordinated Notes due 2056</td></tr><tr><td>Principal Amount:</td><td>$450,000,000</td></tr></table>"
        ),
        """
6.100% Series A Junior Subordinated Notes due 2056 | principal | 300000000
6.100% Series A Junior Subordinated Notes due 2056 | currency | USD
6.100% Series A Junior Subordinated Notes due 2056 | coupon | 6.100
6.100% Series A Junior Subordinated Notes due 2056 | maturity | 2056
6.100% Series A Junior Subordinated Notes due 2056 | trade_date | 2026-06-02
6.100% Series A Junior Subordinated Notes due 2056 | settlement_date | 2026-06-05
6.350% Series B Junior Subordinated Notes due 2056 | principal | 450000000
6.350% Series B Junior Subordinated Notes due 2056 | currency | USD
6.350% Series B Junior Subordinated Notes due 2056 | coupon | 6.350
6.350% Series B Junior Subordinated Notes due 2056 | maturity | 2056
6.350% Series B Junior Subordinated Notes due 2056 | trade_date | 2026-06-02
6.350% Series B Junior Subordinated Notes due 2056 | settlement_date | 2026-06-05
""",
    ),
    "two of one year, told apart by name": Case(
        'Title:\n4.000% Notes due 2028 (the "2028 Fixed Rate Notes")\nFloating Rate Notes due 2028 (the "2028 Floating Rate Notes")\n\n'
        "Size:\n2028 Fixed Rate Notes: $500,000,000\n2028 Floating Rate Notes: $250,000,000\n\nNet Proceeds:\nas stated in the supplement\n",
        """
2028 Fixed Rate Notes | principal | 500000000
2028 Fixed Rate Notes | currency | USD
2028 Fixed Rate Notes | coupon | 4.000
2028 Fixed Rate Notes | maturity | 2028
2028 Floating Rate Notes | principal | 250000000
2028 Floating Rate Notes | currency | USD
2028 Floating Rate Notes | maturity | 2028
""",
    ),
    "cover of a final supplement: price is not principal": Case(
        COVER,
        """
4.450% Senior Notes due 2033 | principal | 900000000
4.450% Senior Notes due 2033 | currency | USD
4.450% Senior Notes due 2033 | coupon | 4.450
4.450% Senior Notes due 2033 | maturity | 2033
4.450% Senior Notes due 2033 | price_to_public | 99.870
4.450% Senior Notes due 2033 | gross_proceeds | 898830000
5.100% Senior Notes due 2046 | principal | 600000000
5.100% Senior Notes due 2046 | currency | USD
5.100% Senior Notes due 2046 | coupon | 5.100
5.100% Senior Notes due 2046 | maturity | 2046
5.100% Senior Notes due 2046 | price_to_public | 98.760
 | gross_proceeds | 1491390000
 | principal | 1500000000
""",
    ),
    "gilt as benchmark": Case(
        "2.950% Notes due 2034 (the “2034 Notes”)\n\nPrincipal Amount:    £350,000,000\nBenchmark Security:    UKT 4.25% due July 31, 2034\n"
        "Spread to Benchmark Security:    110 basis points\nRedemption:    plus 20 basis points\n",
        """
2034 Notes | principal | 350000000
2034 Notes | currency | GBP
2034 Notes | coupon | 2.950
2034 Notes | maturity | 2034
2034 Notes | benchmark | UKT 4.25% due 2034-07-31
2034 Notes | spread_bp | 110
""",
    ),
    "a price in 32nds, and the spread in per cent and points": Case(
        "5.000% Notes due 2036\nSpread to Benchmark Treasury: | 0.85% (+85 basis points) |\nBenchmark Treasury Price and Yield: | 98-17+ / 4.180% |\nYield to Maturity: | 5.030% |\nListing: | None |\n",
        """
5.000% Notes due 2036 | spread_bp | 85
5.000% Notes due 2036 | benchmark_price | 98.546875
5.000% Notes due 2036 | benchmark_yield | 4.180
5.000% Notes due 2036 | yield | 5.030
5.000% Notes due 2036 | coupon | 5.000
5.000% Notes due 2036 | maturity | 2036
""",
    ),
    "closing report, three in one sentence": Case(
        f"On May 6, 2026, {NORTH} (the “Company”) completed an offering of $700,000,000 aggregate principal amount of its 4.300% Senior Notes due 2031 "
        "(the “2031 Notes”), $800,000,000 aggregate principal amount of its 4.900% Senior Notes due 2036 (the “2036 Notes”) and $500,000,000 aggregate "
        "principal amount of its 5.600% Senior Notes due 2056 (the “2056 Notes”). The offering was made under the registration statement.\n",
        "\n".join(
            f"{year} Notes | {field} | {value}"
            for year, coupon, amount in ((2031, "4.300", 7), (2036, "4.900", 8), (2056, "5.600", 5))
            for field, value in (
                ("principal", f"{amount}00000000"),
                ("currency", "USD"),
                ("coupon", coupon),
                ("maturity", year),
                ("settlement_date", "2026-05-06"),
            )
        ),
    ),
    "an intention, a pricing and an old amount in one report": Case(
        html(
            "<p>On June 1, 2026, the Company announced its intention to offer, subject to market conditions, $400 million aggregate principal amount of its "
            "0% convertible senior notes due 2032, and to grant an option to purchase up to an additional $60&#160;million aggregate principal amount.</p>"
            "<p>On June 3, 2026, the Company announced that it has priced an offering of $550&#160;million aggregate principal amount of its 0% convertible "
            "senior notes due 2032. The Company also granted an option to purchase up to an additional $80 million aggregate principal amount of the notes. "
            "The offering was upsized from the previously announced offering of $400 million aggregate principal amount of the notes. "
            "The offering is expected to close on June 5, 2026. The Company will redeem $90 million of its 1.5% convertible notes due 2027.</p>"
        ),
        """
0% convertible senior notes due 2032 | principal | 550000000
0% convertible senior notes due 2032 | currency | USD
0% convertible senior notes due 2032 | coupon | 0
0% convertible senior notes due 2032 | maturity | 2032
0% convertible senior notes due 2032 | settlement_date | 2026-06-05
0% convertible senior notes due 2032 | option_principal | 80000000
""",
    ),
    "a closing whose amount stands apart": Case(
        'On April 8, 2026, Hill Mining Ltd. completed its previously announced private offering of 1.25% convertible senior notes due 2031 (the "notes"). '
        "The aggregate principal amount of notes sold in the offering was $210 million. The notes were issued at a price equal to 100% of their principal "
        "amount. The notes will mature on May 1, 2031, unless earlier converted. The initial conversion rate is 41.2205 shares per $1,000 principal amount "
        "of notes. It used $20 million to repurchase its existing convertible notes due 2027.\n",
        """
1.25% convertible senior notes due 2031 | principal | 210000000
1.25% convertible senior notes due 2031 | currency | USD
1.25% convertible senior notes due 2031 | coupon | 1.25
1.25% convertible senior notes due 2031 | maturity | 2031-05-01
1.25% convertible senior notes due 2031 | price_to_public | 100
1.25% convertible senior notes due 2031 | settlement_date | 2026-04-08
1.25% convertible senior notes due 2031 | conversion_rate | 41.2205
""",
    ),
    "a loan beside notes": Case(
        "## Summary\n- $0.9B delayed draw term loan (SOFR + 2.75%) and $1.3B 6.10% senior notes due Jan 31, 2032.\n- Maturity Jan 31, 2032 with amortization.\n",
        """
delayed draw term loan | principal | 900000000
delayed draw term loan | currency | USD
delayed draw term loan | coupon_index | SOFR
delayed draw term loan | coupon_margin | 275
delayed draw term loan | maturity | 2032-01-31
6.10% senior notes due Jan 31, 2032 | principal | 1300000000
6.10% senior notes due Jan 31, 2032 | currency | USD
6.10% senior notes due Jan 31, 2032 | coupon | 6.10
6.10% senior notes due Jan 31, 2032 | maturity | 2032-01-31
""",
    ),
    "translated labels": Case(
        "最終定價條款表\n\n   4.150%到期於2031年的票據(“2031票據”)\n本金金額:    $1,250,000,000\n到期日:    2031年3月15日\n優惠券:    4.150%\n"
        "公開發售價格:    本金金額的99.764%\n基準債券利差:    +65個基點\n交易日期:    2026年3月9日\n可選贖回:   加上10個基點\n",
        """
2031票據 | principal | 1250000000
2031票據 | currency | USD
2031票據 | maturity | 2031-03-15
2031票據 | coupon | 4.150
2031票據 | price_to_public | 99.764
2031票據 | spread_bp | 65
2031票據 | trade_date | 2026-03-09
""",
    ),
    "an old floater": Case(
        "FINAL PRICING TERM SHEET\n\nFloating Rate Notes due 2029\n\nPrincipal Amount:\n\n   $300,000,000\n\nSpread to LIBOR:\n\n   12 basis points\n\n"
        "Initial Interest Rate:\n\n   Three month LIBOR plus 12bps, determined on the second day\n\nNet Proceeds:\n\n   Net proceeds from sale of all notes will be "
        "approximately $4.98 billion after discounts.\n\nUnderwriters:\n\n   A Bank\n",
        """
Floating Rate Notes due 2029 | principal | 300000000
Floating Rate Notes due 2029 | currency | USD
Floating Rate Notes due 2029 | coupon_margin | 12
Floating Rate Notes due 2029 | coupon_index | 3-month LIBOR
Floating Rate Notes due 2029 | maturity | 2029
 | net_proceeds_all_tranches | 4980000000
""",
    ),
    "cut inside a price": Case(
        "4.150% Notes due 2031 (the “2031 Notes”)\nSize:    $1,250,000,000\nPublic Offering Price:    9",
        "2031 Notes | principal | 1250000000\n2031 Notes | currency | USD\n2031 Notes | coupon | 4.150\n2031 Notes | maturity | 2031",
        ("price_to_public",),
    ),
    "malformed thousands": Case(
        "4.150% Notes due 2031\nSize:    $1,25,000,000\nCoupon:    4.150%\nListing:    None\n",
        "4.150% Notes due 2031 | coupon | 4.150\n4.150% Notes due 2031 | maturity | 2031",
        ("principal",),
    ),
    "preliminary, with a past amount": Case(
        "Subject to Completion, dated March 9, 2026\nPreliminary Prospectus Supplement\n$        \nNorthgate Systems, Inc.\n$    % Notes due 2031\n$    Floating Rate Notes due\n"
        "In May 2024 we issued $1,500,000,000 aggregate principal amount of our 4.000% Notes due 2029.\n",
        "",
        ("principal",),
    ),
    "proposed only": Case(
        "Hill Mining Ltd. today announced that it intends to offer $250 million aggregate principal amount of its 2.5% convertible senior notes due 2031 in a private offering.\n",
        "",
        ("principal",),
    ),
    "common stock with a preferred beside it": Case(
        html(
            "<p>PROSPECTUS SUPPLEMENT</p><p>$800,000,000</p><p>Common Stock</p><p>We also offer 6.00% Series A Mandatory Convertible Preferred Stock. Price to Public: $21.50 per share</p>"
        ),
        "",
    ),
    "a structured note": Case(
        html(
            "<p>Capped Buffered Notes linked to the Example Index, due July 31, 2028</p><p>The notes are linked to the Underlying Index.</p>"
            "<p>Starting Value: 2,287.69</p><p>Participation Rate: 110.00%</p><p>Principal Amount: $10.00 per unit; 1,200,000 units</p>"
        ),
        "",
    ),
    "a dividend reinvestment plan": Case(
        "Dividend Reinvestment Plan\n5,000,000 shares of Common Stock\nPrice: 97% of the average. Amount: $50,000,000\n",
        "",
    ),
    "only past debt in a quarterly report": Case(
        "We redeemed $300 million aggregate principal amount of our 3.5% senior notes due 2026. At quarter end our outstanding debt included $750 million of 4.2% senior notes due 2030.\n",
        "",
    ),
    "preliminary without saying so, a floater with its year": Case(
        "$ Floating Rate Notes due 2031\n$ % Notes due 2031\nNorthgate Systems, Inc.\nWe issued $900,000,000 of our 4.2% Notes due 2029 last year.\n",
        "",
        ("principal",),
    ),
    "amounts behind titles": Case(
        "Northgate Systems priced three tranches: 4.300% Senior Notes due 2031 ($700 million), 4.900% Senior Notes due 2036 ($800 million) and others.\n",
        """
4.300% Senior Notes due 2031 | principal | 700000000
4.300% Senior Notes due 2031 | currency | USD
4.300% Senior Notes due 2031 | coupon | 4.300
4.300% Senior Notes due 2031 | maturity | 2031
4.900% Senior Notes due 2036 | principal | 800000000
4.900% Senior Notes due 2036 | currency | USD
4.900% Senior Notes due 2036 | coupon | 4.900
4.900% Senior Notes due 2036 | maturity | 2036
""",
    ),
    "a total below each tranche": Case(
        "Price to Public | Discount | Proceeds |\nPer 2031 Note | 99.500% | 0.400% | 99.100% |\nTotal | $497,500,000 | $2,000,000 | $495,500,000 |\n"
        "Per 2036 Note | 99.000% | 0.500% | 98.500% |\nTotal | $396,000,000 | $2,000,000 | $394,000,000 |\nPlus accrued interest, if any.\n",
        """
2031 Notes | price_to_public | 99.500
2031 Notes | gross_proceeds | 497500000
2036 Notes | price_to_public | 99.000
2036 Notes | gross_proceeds | 396000000
""",
    ),
    "a block that is cut does not borrow the dates of the one before": Case(
        "4.100% Notes due 2028 (“2028 Notes”)\nPrincipal Amount: | $500,000,000 |\nTrade Date: | March 9, 2026 |\n"
        "4.300% Notes due 2031 (“2031 Notes”)\nPrincipal Amount: | $600,000,000 |\nDay Count Convention: | 30/360 |\n",
        """
2028 Notes | principal | 500000000
2028 Notes | currency | USD
2028 Notes | coupon | 4.100
2028 Notes | maturity | 2028
2028 Notes | trade_date | 2026-03-09
2031 Notes | principal | 600000000
2031 Notes | currency | USD
2031 Notes | coupon | 4.300
2031 Notes | maturity | 2031
""",
    ),
    "HTML inside JSON": Case(
        '{"form": "FWP", "body": "<table><tr><td>Title:<\\/td><td>4.150% Notes due 2031<\\/td><\\/tr><tr><td>Size:<\\/td><td>$1,250,000,000<\\/td><\\/tr><\\/table><p>End of sheet.<\\/p>"}',
        "4.150% Notes due 2031 | principal | 1250000000\n4.150% Notes due 2031 | currency | USD\n4.150% Notes due 2031 | coupon | 4.150\n4.150% Notes due 2031 | maturity | 2031",
    ),
}
