"""Term sheets and reports of offerings as pages without a layout: issuers of the register, invented figures.

`expected` is `field | value; ...`; what else stands there, of earlier notes, of stock, of an intention, is there to tempt."""

from __future__ import annotations

from dataclasses import dataclass

from tests.extract.layouts import Page


@dataclass(frozen=True)
class Sheet:
    """A page and the terms in it."""

    page: Page
    expected: str = ""

    @property
    def wanted(self) -> set[tuple[str, str]]:
        rows = [line.split("|") for line in self.expected.split(";") if line.strip()]
        return {(field.strip(), value.strip()) for field, value in rows}


END = "The issuer has filed a registration statement with the SEC for the offering to which this communication relates."

SHEETS = {
    "one tranche of a term sheet": Sheet(
        Page(
            ("Filed Pursuant to Rule 433", "Pricing Term Sheet dated August 4, 2026", "Oracle Corporation"),
            (
                ("Issuer:", "Oracle Corporation"),
                ("Securities:", "5.250% Notes due 2033"),
                ("Aggregate Principal Amount:", "$2,250,000,000"),
                ("Maturity Date:", "August 3, 2033"),
                ("Coupon (Interest Rate):", "5.250% per annum"),
                ("Public Offering Price:", "99.812% of principal amount"),
                ("Yield to Maturity:", "5.282%"),
                ("Spread to Benchmark Treasury:", "+95 basis points"),
                ("Benchmark Treasury:", "4.250% due July 31, 2033"),
                ("Benchmark Treasury Price and Yield:", "99-17; 4.332%"),
                ("Interest Payment Dates:", "February 3 and August 3, commencing February 3, 2027"),
                ("Make-Whole Call:", "T+15 basis points"),
                ("Trade Date:", "August 4, 2026"),
                ("Settlement Date:", "August 7, 2026 (T+3)"),
                ("CUSIP/ISIN:", "68389X XX1 / US68389XXX12"),
            ),
            (END,),
        ),
        """
        benchmark | UST 4.250% due 2033-07-31; benchmark_price | 99.53125; benchmark_yield | 4.332;
        coupon | 5.250; currency | USD; maturity | 2033-08-03; price_to_public | 99.812; principal | 2250000000;
        settlement_date | 2026-08-07; spread_bp | 95; trade_date | 2026-08-04; yield | 5.282
        """,
    ),
    "a convertible priced, another bought back": Sheet(
        Page(
            (
                'MARA Holdings, Inc. Announces Pricing of $900 Million Offering of 0.00% Convertible Senior Notes due 2033. Miami, July 23, 2026 - MARA Holdings, Inc. (NASDAQ: MARA) today announced the pricing of its offering of $900 million aggregate principal amount of 0.00% convertible senior notes due 2033 (the "notes") in a private offering to qualified institutional buyers. MARA also granted the initial purchasers an option to purchase, within a 13-day period, up to an additional $150 million aggregate principal amount of the notes. The offering is expected to close on July 28, 2026. The notes will mature on August 1, 2033. The initial conversion rate is 49.3619 shares of MARA common stock per $1,000 principal amount of notes. MARA estimates that net proceeds will be approximately $887 million. MARA expects to use $50 million to repurchase its 1.00% convertible senior notes due 2026.',
            ),
            (),
            (END,),
        ),
        """
        conversion_rate | 49.3619; coupon | 0.00; currency | USD; maturity | 2033-08-01;
        option_principal | 150000000; principal | 900000000; settlement_date | 2026-07-28
        """,
    ),
    "a previously announced offering completed": Sheet(
        Page(
            (
                'Item 1.01 Entry into a Material Definitive Agreement. On June 10, 2026, Cipher Compute LLC, a wholly owned subsidiary of Cipher Mining Inc., completed its previously announced private offering of $1.4 billion aggregate principal amount of 7.125% senior secured notes due 2030 (the "Notes"). The Notes were issued at a price equal to 100% of their principal amount. The Notes bear interest at a rate of 7.125% per year and mature on November 15, 2030. The Issuer will pay interest semi-annually.',
            ),
            (),
            (END,),
        ),
        """
        coupon | 7.125; currency | USD; maturity | 2030-11-15; price_to_public | 100; principal | 1400000000;
        settlement_date | 2026-06-10
        """,
    ),
    "upsized, closing expected": Sheet(
        Page(
            (
                "TeraWulf prices upsized offering. TeraWulf Inc. announced on May 12, 2026 that it priced its upsized offering of $3.2 billion of 7.750% senior secured notes due 2030. The offering was upsized from $3.0 billion. The notes were priced at par. Closing is expected on May 20, 2026.",
            ),
            (),
            (END,),
        ),
        """
        coupon | 7.750; currency | USD; maturity | 2030; principal | 3200000000; settlement_date | 2026-05-20
        """,
    ),
    "two tranches over mid-swaps": Sheet(
        Page(
            (
                "Alphabet Inc.",
                "Pricing Term Sheet",
                "3.000% Notes due 2030 (the “2030 Notes”)",
                "3.625% Notes due 2038 (the “2038 Notes”)",
                "Size:",
                "2030 Notes: €1,000,000,000",
                "2038 Notes: €1,250,000,000",
                "Maturity Date:",
                "2030 Notes: May 6, 2030",
                "2038 Notes: May 6, 2038",
                "Public Offering Price:",
                "2030 Notes: 99.871%",
                "2038 Notes: 99.402%",
                "Mid-Swap Yield:",
                "2030 Notes: 2.481%",
                "2038 Notes: 2.889%",
                "Spread to Mid-Swap Yield:",
                "2030 Notes: +55 basis points",
                "2038 Notes: +80 basis points",
                "Yield to Maturity:",
                "2030 Notes: 3.031%",
                "2038 Notes: 3.689%",
                "Settlement Date:",
                "May 6, 2026 (T+3)",
            ),
            (),
            (END,),
        ),
        """
        benchmark_yield | 2.481; benchmark_yield | 2.889; coupon | 3.000; coupon | 3.625; currency | EUR;
        maturity | 2030-05-06; maturity | 2038-05-06; price_to_public | 99.402; price_to_public | 99.871;
        principal | 1000000000; principal | 1250000000; settlement_date | 2026-05-06; spread_bp | 55;
        spread_bp | 80; yield | 3.031; yield | 3.689
        """,
    ),
    "blanks of a preliminary supplement": Sheet(
        Page(
            (
                "Subject to Completion, dated June 1, 2026",
                "Preliminary Prospectus Supplement",
                "Oracle Corporation",
                "$        ",
                "$         % Notes due 2031",
                "$         % Notes due 2036",
                "We intend to use the net proceeds for general purposes. In 2024 we issued $1,000,000,000 of 4.2% notes due 2029.",
            ),
            (),
            (END,),
        ),
    ),
    "sterling over a gilt": Sheet(
        Page(
            ("Apple Inc. Pricing Term Sheet",),
            (
                ("Issuer:", "Apple Inc."),
                ("Title:", "3.600% Notes due 2042"),
                ("Aggregate Principal Amount Offered:", "£500,000,000"),
                ("Maturity:", "July 31, 2042"),
                ("Reoffer Yield:", "3.748%"),
                ("Benchmark:", "UKT 4.500% due December 7, 2042"),
                ("Spread to Benchmark:", "G+103 bps"),
                ("Issue Price:", "98.125%"),
                ("Settlement:", "July 31, 2026 (T+5)"),
                ("Pricing Date:", "July 24, 2026"),
            ),
            (END,),
        ),
        """
        benchmark | UKT 4.500% due 2042-12-07; coupon | 3.600; currency | GBP; maturity | 2042-07-31;
        price_to_public | 98.125; principal | 500000000; settlement_date | 2026-07-31; spread_bp | 103;
        trade_date | 2026-07-24; yield | 3.748
        """,
    ),
    "an offering without terms": Sheet(
        Page(
            (
                "The company announced a private offering of $500 million of convertible notes due 2031, subject to market conditions. It intends to grant initial purchasers an option for $75 million. IREN said the interest rate will be determined at pricing.",
            ),
            (),
            (END,),
        ),
    ),
    "a redemption": Sheet(
        Page(
            (
                "On June 2, 2026, CleanSpark, Inc. delivered notice to redeem all of its outstanding $650 million aggregate principal amount of 0.00% convertible senior notes due 2030 at par. The redemption date is July 15, 2026.",
            ),
            (),
            (END,),
        ),
    ),
    "preferred stock beside old notes": Sheet(
        Page(
            (
                "Strategy announced the pricing of 7,500,000 shares of 9.00% Series A Perpetual Stride Preferred Stock at $85 per share, for gross proceeds of $637 million. It has $8.2 billion of convertible notes outstanding.",
            ),
            (),
            (END,),
        ),
    ),
    "parts that are not told apart": Sheet(
        Page(
            (
                "Alphabet sold $9 billion of bonds in four parts on Monday, a person familiar said. The longest, a 40-year bond, yields 1.05 percentage points above Treasuries. Proceeds are for general purposes.",
            ),
            (),
            (END,),
        ),
    ),
}
