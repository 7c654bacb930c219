"""Deals as filings, releases, news and summaries tell them: wording of our own, parties of the register or invented, invented
figures. `expected` is `field | value; ...`; what else stands in the text is there to tempt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """Paragraphs, and what they say of the deals in them."""

    paragraphs: tuple[str, ...]
    expected: str = ""

    @property
    def wanted(self) -> set[tuple[str, str]]:
        rows = [line.split("|") for line in self.expected.split(";") if line.strip()]
        return {(field.strip(), value.strip()) for field, value in rows}


END = "Forward-looking statements involve risks that are described in the reports of the company, which it has no duty to update."

DEALS = {
    "item 1.01 of a filing": Told(
        (
            "Item 1.01 Entry into a Material Definitive Agreement.",
            "On March 9, 2026, Corsair Data LLC, a wholly-owned subsidiary of Riot Platforms, Inc. (the “Company”), entered into a Data Center Lease "
            "(the “Lease”) with CoreWeave, Inc. (“Tenant”). The Lease has an initial term of fifteen years, and Tenant has two options to extend the "
            "term by five years each.",
            "Pursuant to the Lease, the Company will deliver 130 megawatts of critical IT load. Base rent over the initial term is expected to total "
            "approximately $3.6 billion, and rises by 2.5% per year.",
        ),
        """
        counterparty | CoreWeave; critical_mw | 130; value | 3600000000; term_years | 15
        """,
    ),
    "release with renewals, cost and income": Told(
        (
            "TeraWulf Signs 12-Year, 96 MW AI Hosting Agreement with Nscale",
            "EASTON, Md., April 14, 2026 -- TeraWulf Inc. (Nasdaq: WULF) today announced a 12-year colocation agreement with Nscale for 96 MW of critical IT "
            "load at its Lake Mariner campus, representing approximately $2.1 billion in contracted revenue.",
            "The agreement includes two five-year extension options which, if exercised, would bring total contract revenue to approximately $3.9 billion. "
            "TeraWulf expects project costs of $9 million per MW of critical IT load, and a site net operating income margin of 83%.",
        ),
        """
        counterparty | Nscale; critical_mw | 96; value | 2100000000; term_years | 12;
        value_with_extensions | 3900000000; cost_per_mw | 9000000
        """,
    ),
    "a tenant that is not named": Told(
        (
            "Applied Digital Announces Lease with a U.S. Based Hyperscaler",
            "DALLAS, Oct. 6, 2026 -- Applied Digital Corporation (Nasdaq: APLD) today announced that it has signed an approximately 15-year lease with a U.S. based "
            "investment-grade hyperscaler for 180 MW of critical IT load at its campus. The lease represents approximately $4.4 billion in total contracted revenue.",
            "The tenant also has a right of first refusal for an additional 700 MW. The campus may grow to 1 gigawatt.",
        ),
        """
        counterparty | unnamed; critical_mw | 180; value | 4400000000; term_years | 15
        """,
    ),
    "an expansion of an unnamed customer": Told(
        (
            "Bit Digital doubles an order",
            "Bit Digital, Inc. said that an existing AI customer has expanded its contract, increasing the total contract value to about $190 million. It will "
            "receive about $64 million per year from its data center services, fixed for three years.",
        ),
        """
        counterparty | unnamed; value | 190000000; annual_value | 64000000; term_years | 3
        """,
    ),
    "base term and operating income side by side": Told(
        (
            "Hut 8 Signs 15-Year, 270 MW AI Data Center Lease",
            "MIAMI, May 5, 2026 -- Hut 8 Corp. (Nasdaq: HUT) has signed a 15-year triple-net lease with Fluidstack for 270 MW of IT capacity at River Point. The lease has "
            "a base-term contract value of $7.4 billion. Three five-year renewal options could raise the contract value to $18.2 billion.",
            "The lease is expected to generate cumulative net operating income of approximately $7.2 billion over the base term, or about $480 million a year. Google "
            "is providing a financial backstop for the lease payments of the base term. Anthropic is the end user.",
        ),
        """
        counterparty | Fluidstack; critical_mw | 270; value | 7400000000; value_with_extensions | 18200000000;
        term_years | 15; noi | 7200000000; noi_annual | 480000000
        """,
    ),
    "increment and cumulative total": Told(
        (
            "Core Scientific expands with CoreWeave",
            "AUSTIN, Aug. 6, 2026 -- Core Scientific, Inc. announced that CoreWeave has exercised an option for an additional 70 MW of critical IT load to host its operations. "
            "The 12-year contract is expected to add approximately $1.2 billion in revenue over its term.",
            "Including earlier contracts, total cumulative revenue from all contracts with CoreWeave is now expected to be $11.4 billion, for approximately 660 MW of critical "
            "IT load in total. CoreWeave funds the capital expenditures of $104 million.",
        ),
        """
        counterparty | CoreWeave; critical_mw | 70; value | 1200000000; term_years | 12;
        cumulative_value | 11400000000; cumulative_mw | 660
        """,
    ),
    "a second phase with a backstop": Told(
        (
            "Cipher Mining and Fluidstack expand",
            "NEW YORK, Nov. 18, 2026 -- Cipher Mining Inc. (NASDAQ: CIFR) has signed an additional 10-year AI hosting agreement with Fluidstack for 44 MW of critical IT load "
            "at Barber Creek. It represents approximately $910 million in contracted revenue over the initial 10-year term, and approximately $2.2 billion with two five-year extensions.",
            "Google will backstop an additional $350 million of Fluidstack’s obligations, which brings its total backstop to $1.8 billion.",
        ),
        """
        counterparty | Fluidstack; critical_mw | 44; value | 910000000; value_with_extensions | 2200000000;
        term_years | 10; backstop | 350000000
        """,
    ),
    "GPU cloud with prepayment and a purchase": Told(
        (
            "IREN signs AI Cloud contract",
            "SYDNEY, July 2, 2026 -- IREN Limited (NASDAQ: IREN) has signed a five-year GPU cloud services contract with OpenAI. The contract has a total value of approximately "
            "$6.3 billion and includes a 25% prepayment. It uses about 120 MW of critical IT load at Childress.",
            "IREN also agreed with Dell to buy the GPUs for an aggregate purchase price of approximately $3.9 billion. IREN targets annualized revenue of $5 billion.",
        ),
        """
        counterparty | OpenAI; critical_mw | 120; value | 6300000000; term_years | 5; prepayment | 25;
        purchase_commitment | 3900000000
        """,
    ),
    "a tenant that no register knows": Told(
        (
            "Galaxy Digital leases a hall",
            "NEW YORK, Jan. 20, 2026 -- Galaxy Digital Inc. today announced a 10-year lease agreement with Northwind Compute for 88 MW of critical IT load at its Helios campus. "
            "Galaxy expects the lease to generate $1.5 billion of contracted revenue.",
        ),
        """
        counterparty | Northwind Compute; critical_mw | 88; value | 1500000000; term_years | 10
        """,
    ),
    "gross and critical power": Told(
        (
            "Cipher Mining signs a lease",
            "Cipher Mining Inc. will deliver 310 MW of gross capacity, or 224 MW of critical IT load, to Amazon Web Services under a 15-year data center lease. The agreement "
            "represents approximately $5.7 billion in contract revenue over the initial term.",
        ),
        """
        counterparty | Amazon Web Services; gross_mw | 310; critical_mw | 224; value | 5700000000;
        term_years | 15
        """,
    ),
    "a joint venture of two": Told(
        (
            "A joint venture",
            "TeraWulf Inc. holds 52% of a joint venture with Fluidstack. Fluidstack leases 150 MW of critical IT load from the joint venture for 20 years. "
            "The 20-year lease represents about $8.1 billion in contracted revenue to the joint venture. Google provides a backstop of $1.2 billion.",
        ),
        """
        counterparty | Fluidstack; share | 52; critical_mw | 150; value | 8100000000; term_years | 20;
        backstop | 1200000000
        """,
    ),
    "two deals of one call": Told(
        (
            "Notes from a call of Cipher Mining on data centers",
            "• Amazon Web Services: 280 MW gross capacity; approx $5.1B contract revenue over initial 15-year term.",
            "• Nscale: 90 MW critical IT load; approx $1.6B contract revenue over initial 10-year term.",
            "Pipeline: 2.4 GW. The company targets 900 MW by 2028.",
        ),
        """
        counterparty | Amazon Web Services; gross_mw | 280; value | 5100000000; term_years | 15;
        counterparty | Nscale; critical_mw | 90; value | 1600000000; term_years | 10
        """,
    ),
    "news, the tenant first": Told(
        (
            "Anthropic rents from Hut 8",
            "Anthropic has signed a 12-year, $4.9 billion lease with bitcoin miner Hut 8 for 160 megawatts of data center capacity. Shares of Hut 8 rose 14% to $51.20, which "
            "gives it a market value of $6.1 billion.",
        ),
        """
        counterparty | Anthropic; value | 4900000000; mw_unspecified | 160; term_years | 12
        """,
    ),
    "warrants for the guarantor": Told(
        (
            "TeraWulf Inc. entered into a lease with Fluidstack on May 4, 2026, for 110 MW of critical IT load over a 10-year term. In consideration for its backstop, the company "
            "issued to Google warrants to purchase up to 21,400,000 shares of common stock at $0.01 per share.",
        ),
        """
        counterparty | Fluidstack; critical_mw | 110; term_years | 10; warrant_shares | 21400000
        """,
    ),
    "an upfront payment in dollars": Told(
        (
            "Galaxy Digital and CoreWeave",
            "Galaxy Digital will provide CoreWeave with 140 MW of critical IT load under a 15-year lease of its data center. Over the term of the lease, Galaxy expects to generate average annual "
            "revenue of approximately $290 million. The lease value is approximately $4.35 billion.",
        ),
        """
        counterparty | CoreWeave; critical_mw | 140; value | 4350000000; annual_value | 290000000;
        term_years | 15
        """,
    ),
    "a company that reports in another order": Told(
        (
            "RIOT PLATFORMS - DATA CENTER LEASE WITH AMD",
            "Under the agreement, AMD leases 25 MW of critical IT load for an initial term of ten years, with expected contract revenue of $305 million. If all extension options are exercised, total "
            "contract revenue would reach approximately $980 million. AMD has options for a further 75 MW, and a right of first refusal for 100 MW more. Riot Platforms "
            "expects capital expenditures of $88.4 million for the retrofit of its data center.",
        ),
        """
        counterparty | AMD; critical_mw | 25; value | 305000000; value_with_extensions | 980000000;
        term_years | 10
        """,
    ),
    # Read at first sight after the ones above had been mended.
    "a first lease, base term and renewals": Told(
        (
            "CleanSpark, Inc. (Nasdaq: CLSK) announced its first high-performance computing lease. A high-investment-grade global technology company will lease 160 MW at Sandersville for an initial term of 20 years. Base-term lease value is approximately $6.1 billion. Two ten-year renewal options could bring the total to $15 billion. Delivery is expected in late 2027.",
        ),
        """
        counterparty | unnamed; mw_unspecified | 160; term_years | 20; value | 6100000000;
        value_with_extensions | 15000000000
        """,
    ),
    "billable capacity of several sites": Told(
        (
            "AUSTIN, July 28, 2026 -- Core Scientific, Inc. today announced it has signed leases with AMD covering 361 MW of billable critical IT capacity across four sites. The leases carry 15-year base terms and represent more than $9.4 billion of base contracted revenue. AMD also holds a reservation right for up to 1,900 MW through 2028. Capital expenditures are expected at $8 million to $10 million per MW.",
        ),
        """
        counterparty | AMD; critical_mw | 361; term_years | 15; value | 9400000000
        """,
    ),
    "a sale beside a lease": Told(
        (
            "TeraWulf Inc. today announced that its subsidiary signed a 20-year data center lease with Anthropic PBC for approximately 390 MW of critical IT load at its Hawesville, Kentucky campus, expected to generate approximately $18.4 billion of contracted revenue over the initial term. The campus has 480 MW of gross capacity. TeraWulf also agreed to sell its interest in the Abernathy joint venture to Fluidstack for approximately $520 million.",
        ),
        """
        counterparty | Anthropic; critical_mw | 390; gross_mw | 480; term_years | 20; value | 18400000000
        """,
    ),
    "base rent of a lab that is not named": Told(
        (
            "Riot Platforms signs lease with a leading frontier AI lab. CASTLE ROCK, Aug. 10, 2026. Riot Platforms, Inc. has entered into a 20-year data center lease for 188 MW of critical IT load at Rockdale. Base rent through June 2048 totals approximately $8.8 billion. Riot held 11,200 bitcoin at quarter end and reported a net loss of $230 million. It also signed a non-binding letter of intent for 700 MW at Corsicana.",
        ),
        """
        counterparty | unnamed; critical_mw | 188; term_years | 20; value | 8800000000
        """,
    ),
    "an option exercised, gross and critical": Told(
        (
            "Galaxy Digital announced that CoreWeave has exercised its final option under the existing lease agreement at Helios. CoreWeave has now committed to 800 MW of gross power capacity, or 526 MW of critical IT load. Galaxy expects average annual revenue of over $1.0 billion over the 15-year lease term. The 133 MW third phase will start in 2027.",
        ),
        """
        annual_value | 1000000000; counterparty | CoreWeave; critical_mw | 526; gross_mw | 800; term_years | 15
        """,
    ),
    "GPU capacity over five years": Told(
        (
            "AMSTERDAM -- Nebius Group N.V. announced a multi-year agreement to deliver AI infrastructure to Meta. Under the agreement, Nebius will provide Meta with dedicated GPU capacity. The total contract value is approximately $3.1 billion over five years. Nebius expects annualized run-rate revenue of $8 billion by the end of 2026.",
        ),
        """
        counterparty | Meta; term_years | 5; value | 3100000000
        """,
    ),
    "a subsidiary's colocation": Told(
        (
            "Bit Digital's subsidiary WhiteFiber signed a 10-year colocation agreement with Nscale for 42 MW of critical IT load at NC-1, representing approximately $850 million in contracted revenue over the initial term, inclusive of an upfront prepayment of $25 million. Nvidia provides no guarantee.",
        ),
        """
        counterparty | Nscale; critical_mw | 42; term_years | 10; value | 850000000
        """,
    ),
    "a term in words and digits": Told(
        (
            "On June 8, 2026, a subsidiary of Cipher Mining Inc. entered into a lease with Amazon Data Services, Inc., an affiliate of Amazon Web Services, Inc. The lease has an initial term of fifteen (15) years. The tenant will pay rent of approximately $1.9 billion over the initial term, subject to a 3% annual escalator. The premises provide 68 MW of critical IT load. Development costs are capped at $10.5 million per MW.",
        ),
        """
        cost_per_mw | 10500000; counterparty | Amazon Data Services, Inc.; critical_mw | 68; term_years | 15;
        value | 1900000000
        """,
    ),
    "a third lease and the total": Told(
        (
            "Applied Digital (NASDAQ: APLD) announced today that it has finalized a third lease with CoreWeave for an additional 150 MW at its Polaris Forge 1 campus. With this lease, total anticipated contracted lease revenue increases to approximately $11 billion, and the campus is now fully leased at 400 MW.",
        ),
        """
        counterparty | CoreWeave; cumulative_value | 11000000000; mw_unspecified | 150
        """,
    ),
    "renewals that are worth, income by year": Told(
        (
            "Hut 8 Corp. signed a 15-year, triple-net, take-or-pay lease with a high-investment-grade tenant for 340 MW of IT capacity at Beacon Point, with a base-term contract value of $9.5 billion and 3.0% annual rent escalators. Including three five-year renewal options, the lease would be worth approximately $24.4 billion. Expected average annual net operating income is $633 million.",
        ),
        """
        counterparty | unnamed; critical_mw | 340; noi_annual | 633000000; term_years | 15; value | 9500000000;
        value_with_extensions | 24400000000
        """,
    ),
    "a prepayment of a lab that is not named": Told(
        (
            "IREN Limited announced a new AI cloud contract with a leading AI lab covering 40 MW of IT load at Prince George. The three-year contract is valued at approximately $1.1 billion, and the customer will prepay 15% of the contract value.",
        ),
        """
        counterparty | unnamed; critical_mw | 40; prepayment | 15; term_years | 3; value | 1100000000
        """,
    ),
    "total contract revenue, terms that may follow": Told(
        (
            "Bitdeer signed a definitive colocation agreement with Crusoe. Bitdeer will supply 120 MW of critical IT load at Rockdale over an initial 12-year term. Total contract revenue is expected to be about $2.6 billion. The tenant may extend for two additional five-year periods.",
        ),
        """
        counterparty | Crusoe; critical_mw | 120; term_years | 12; value | 2600000000
        """,
    ),
    "an amendment, aggregate base rent": Told(
        (
            "On May 11, 2026, Galaxy Helios I LLC and CoreWeave, Inc. amended their data center lease. The amendment adds 266 MW of gross power. Aggregate base rent payable during the fifteen-year term is approximately $5.2 billion. Galaxy Digital Inc. guarantees performance.",
        ),
        """
        counterparty | CoreWeave; gross_mw | 266; term_years | 15; value | 5200000000
        """,
    ),
    "renewals that come with a lease": Told(
        (
            "TeraWulf will host 72.5 MW of critical IT load for Core42 under 10-year data center leases at Lake Mariner, the company said. They represent about $1.4 billion of lease revenue and come with two five-year renewals.",
        ),
        """
        counterparty | Core42; critical_mw | 72.5; term_years | 10; value | 1400000000
        """,
    ),
    "renewals and the total of all campuses": Told(
        (
            "Applied Digital entered into a 15-year lease for 210 MW at Polaris Forge 3 with a U.S. based high-investment-grade hyperscaler, representing approximately $5.3 billion in total contracted revenue during the base term and up to $12.6 billion if all renewal options are exercised. Total contracted lease revenue across the company's campuses now stands at approximately $41 billion.",
        ),
        """
        counterparty | unnamed; cumulative_value | 41000000000; mw_unspecified | 210; term_years | 15;
        value | 5300000000; value_with_extensions | 12600000000
        """,
    ),
    # Nothing to be told of.
    "miners hosted beside a loan": Told(
        (
            "Soluna and Anthropic? No. Soluna Holdings closed a $35 million loan with Generate Capital for its Dorothy data center, and hosts 48 MW of bitcoin miners for Galaxy.",
        ),
    ),
    "a site that is converted": Told(
        (
            "Bitdeer Technologies Group announced it has begun converting its Clarington site to an AI data center of 570 MW. It is in discussions with hyperscalers about a lease. The company spent $120 million in the quarter and raised $300 million of convertible notes.",
        ),
    ),
    "hosting of miners": Told(
        (
            "Soluna and Bit Digital signed a hosting agreement for 20 MW of bitcoin miners with a term of 2 years. The agreement is expected to generate $15 million in revenue.",
        ),
    ),
    "a loan for GPUs": Told(
        (
            "IREN closed a $2.5 billion GPU financing with Goldman Sachs to fund purchases under its Microsoft contract. The facility has a 5-year term. Data center construction continues.",
        ),
    ),
    "a quarter's colocation": Told(
        (
            "Core Scientific said that colocation revenue from CoreWeave reached $15.2 million in the third quarter, and that it has billed 180 MW of its data center contracts.",
        ),
    ),
    "a letter of intent": Told(
        (
            "Bitfarms signs a letter of intent",
            "Bitfarms has signed a non-binding letter of intent with Microsoft for a potential 10-year lease of 350 MW of critical IT load at Panther Creek, which could be worth $6 billion. "
            "No definitive lease of a data center has been signed.",
        ),
    ),
    "land and power": Told(
        (
            "CleanSpark secures land",
            "CleanSpark has acquired 260 acres and signed agreements for 280 MW of power for a data center campus. It is in talks with several tenants. The site could support a $5 billion lease.",
        ),
    ),
    "a convertible that pays for a data center": Told(
        (
            "IREN prices notes",
            "IREN Limited priced $1.1 billion of 0.25% convertible senior notes due 2033. It will use the proceeds for its data center business and its contract with Microsoft, "
            "which it announced in an earlier year.",
        ),
    ),
    "a delivery under an old contract": Told(
        (
            "Galaxy Digital completes phase I",
            "Galaxy Digital has delivered 133 MW of critical IT load to CoreWeave at its data center, which completes the first phase.",
        ),
    ),
    "a power purchase": Told(
        (
            "MARA buys power",
            "MARA Holdings entered into a 15-year power purchase agreement with Northwind Energy for 220 MW for its data center in Texas, worth $900 million.",
        ),
    ),
    "a loan for a site": Told(
        (
            "Galaxy Digital borrows",
            "Galaxy Digital closed a $1.4 billion project financing with Deutsche Bank for its Helios data center, which is leased to CoreWeave. The loan has a 3-year term.",
        ),
    ),
    "a quarterly number": Told(
        (
            "Core Scientific reports",
            "Core Scientific reported revenue of $81 million for the second quarter, of which colocation with CoreWeave brought $12 million. It had 3 data center sites.",
        ),
    ),
    "a rumour about a takeover": Told(
        (
            "A bid",
            "Core Scientific confirmed that CoreWeave proposes to acquire it for $9 billion in stock, or $20.40 per share. It is a data center company.",
        ),
    ),
}
