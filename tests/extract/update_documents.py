"""Production updates of invented miners in the wording that miners use, as pages without a layout. `expected` is
`field | value | first day | last day; ...`, the first day empty for a stock; what else stands there is there to tempt."""

from __future__ import annotations

from dataclasses import dataclass

from tests.extract.layouts import Page


@dataclass(frozen=True)
class Update:
    """A page, what a careful reader finds in it, and fields that must be refused with a reason."""

    page: Page
    expected: str
    refused: tuple[str, ...] = ()

    @property
    def wanted(self) -> set[tuple[str, ...]]:
        rows = [line for line in self.expected.split(";") if line.strip()]
        return {tuple(part.strip() for part in row.split("|")) for row in rows}


NOTE = "The figures are unaudited and may change; the company has no duty to update them."
JUNE, MAY = "2026-06-01 | 2026-06-30", "2026-05-01 | 2026-05-31"

UPDATES = {
    "sites and totals": Update(
        Page(
            (
                "Example Mining Announces June 2026 Production and Operations Updates",
                "CASTLE PEAK, Colo., July 6, 2026 -- Example Mining, Inc. announced unaudited production and operations updates for June 2026.",
            ),
            (
                ("Metric", "June 2026^1", "May 2026^1", "June 2025", "Month/Month", "Year/Year"),
                ("Bitcoin Produced", "437", "451", "402", "(3%)", "9%"),
                ("Average Bitcoin Produced per Day", "14.6", "14.5", "13.4", "0%", "9%"),
                ("Bitcoin Held^2", "18,733", "18,621", "17,905", "1%", "5%"),
                ("Bitcoin Sold", "325", "-", "N/A", "N/A", "N/A"),
                ("Bitcoin Sales - Net Proceeds", "$33.1 million", "-", "N/A", "N/A", "N/A"),
                ("Average Net Price per Bitcoin Sold", "$101,846", "-", "N/A", "N/A", "N/A"),
                ("Deployed Hash Rate - Total", "36.4 EH/s", "36.1 EH/s", "30.2 EH/s", "1%", "21%"),
                ("Avg. Operating Hash Rate - Total", "31.8 EH/s", "30.9 EH/s", "27.3 EH/s", "3%", "16%"),
                ("All-in Power Cost - Total", "3.4c/kWh", "3.2c/kWh", "3.3c/kWh", "6%", "3%"),
                ("Fleet Efficiency", "20.4 J/TH", "20.5 J/TH", "22.1 J/TH", "0%", "(8%)"),
            ),
            ("1. Unaudited, estimated.", "2. Includes 1,250 restricted bitcoin.", NOTE),
        ),
        f"""
        btc_produced | 437 | {JUNE}; btc_held | 18733 |  | 2026-06-30; btc_sold | 325 | {JUNE};
        hashrate_deployed | 36.4 |  | 2026-06-30; hashrate_operating_average | 31.8 | {JUNE};
        power_cost | 0.034 | {JUNE}; efficiency | 20.4 |  | 2026-06-30; btc_produced | 451 | {MAY};
        btc_held | 18621 |  | 2026-05-31; btc_sold | 0 | {MAY}; hashrate_deployed | 36.1 |  | 2026-05-31;
        hashrate_operating_average | 30.9 | {MAY}; power_cost | 0.032 | {MAY}; efficiency | 20.5 |  | 2026-05-31;
        btc_produced | 402 | 2025-06-01 | 2025-06-30; btc_held | 17905 |  | 2025-06-30;
        hashrate_deployed | 30.2 |  | 2025-06-30; hashrate_operating_average | 27.3 | 2025-06-01 | 2025-06-30;
        power_cost | 0.033 | 2025-06-01 | 2025-06-30; efficiency | 22.1 |  | 2025-06-30
        """,
    ),
    "petahashes and thousands": Update(
        Page(
            (
                "Monthly Investor Update of Example Energy",
                "SYDNEY, July 7, 2026 -- Example Energy Limited published its monthly update for June 2026.",
            ),
            (
                ("Key metrics", "Jun 2026", "May 2026"),
                ("Average operating hashrate (PH/s)", "10,420", "9,870"),
                ("Bitcoin mined^3", "371", "366"),
                ("Mining revenue (US$’000)", "37,912", "38,330"),
                ("Electricity costs (US$’000)^4", "(11,804)", "(11,215)"),
                ("Electricity costs per Bitcoin mined (US$)", "(31,817)", "(30,642)"),
            ),
            (NOTE,),
        ),
        f"""
        hashrate_operating_average | 10.42 | {JUNE}; hashrate_operating_average | 9.87 | {MAY};
        btc_produced | 371 | {JUNE}; btc_produced | 366 | {MAY}
        """,
        ("power_cost_total",),
    ),
    "won, mined a day, energized": Update(
        Page(
            (
                "Example Holdings Announces Bitcoin Production and Mining Operation Updates for June 2026",
                "Fort Dodge, FL - July 3, 2026",
            ),
            (
                ("Metric", "6/30/2026", "5/31/2026", "% Δ"),
                ("Number of Blocks Won", "219", "231", "(5)%"),
                ("BTC Produced", "703", "748", "(6)%"),
                ("Average BTC Produced per Day", "23.4", "24.1", "(3)%"),
                ("Share of Available Miner Rewards^1", "5.0%", "5.3%", "NM"),
                ("Transaction Fees as % of Total^1", "1.3%", "1.4%", "NM"),
                ("Energized Hashrate (EH/s)^1", "58.9", "57.7", "2%"),
            ),
            ("As of June 30, 2026, the company held a total of 50,112 bitcoin.", NOTE),
        ),
        f"""
        btc_produced | 703 | {JUNE}; btc_produced | 748 | {MAY}; hashrate_energized | 58.9 |  | 2026-06-30;
        hashrate_energized | 57.7 |  | 2026-05-31; btc_held | 50112 |  | 2026-06-30
        """,
    ),
    "earned, with hosting beside it": Update(
        Page(
            (
                "Example Scientific Announces June 2026 Production and Operations Updates",
                "AUSTIN, Texas, July 6, 2026 -- unaudited.",
            ),
            (
                ("Metric", "June 2026", "May 2026"),
                ("Self-Mining Bitcoin Earned", "188", "196"),
                ("Bitcoin Earned by Customers", "31", "33"),
                ("Self-Mining Energized Hash Rate", "17.2 EH/s", "17.4 EH/s"),
                ("Hosting Energized Hash Rate", "0.9 EH/s", "1.0 EH/s"),
                ("Total Energized Hash Rate", "18.1 EH/s", "18.4 EH/s"),
            ),
            (NOTE,),
        ),
        f"""
        btc_produced | 188 | {JUNE}; btc_produced | 196 | {MAY}; btc_produced_hosted | 31 | {JUNE};
        btc_produced_hosted | 33 | {MAY}; hashrate_energized | 17.2 |  | 2026-06-30;
        hashrate_energized | 17.4 |  | 2026-05-31
        """,
    ),
    "under management, self-mining only": Update(
        Page(
            (
                "Example Deer Announces June 2026 Production and Operations Update",
                "SINGAPORE, July 10, 2026 -- an unaudited update for June 2026.",
            ),
            (
                ("Metrics", "June 2026", "May 2026", "June 2025"),
                ("Total hash rate under management (EH/s)^1", "48.2", "44.7", "27.2"),
                ("- Proprietary hash rate^2", "39.4", "36.0", "18.1"),
                ("- Hosting", "8.8", "8.7", "9.1"),
                ("Bitcoins mined (self-mining only)^3", "511", "463", "203"),
                ("Bitcoins held^4", "1,988", "1,874", "1,502"),
            ),
            (NOTE,),
        ),
        f"""
        btc_produced | 511 | {JUNE}; btc_produced | 463 | {MAY}; btc_produced | 203 | 2025-06-01 | 2025-06-30;
        btc_held | 1988 |  | 2026-06-30; btc_held | 1874 |  | 2026-05-31; btc_held | 1502 |  | 2025-06-30
        """,
    ),
    "average terahash, and coins to a tenth": Update(
        Page(
            (
                "Example Farms Provides June 2026 Production and Operations Update",
                "TORONTO, July 2, 2026 -- This release covers June 2026, unaudited.",
            ),
            (
                ("Key Performance Indicators", "June 2026", "May 2026"),
                ("Total BTC earned", "241.7", "250.2"),
                ("Month End Operating EH/s", "19.1", "19.3"),
                ("BTC/Avg. EH/s", "13", "13"),
                ("Average Operating EH/s", "17.9", "18.6"),
                ("Operating Capacity (MW)", "421", "421"),
                ("Average Watts/Terahash Efficiency", "19", "19"),
                ("BTC sold", "196.5", "-"),
            ),
            (NOTE,),
        ),
        f"""
        btc_produced | 241.7 | {JUNE}; btc_produced | 250.2 | {MAY};
        hashrate_operating_month_end | 19.1 |  | 2026-06-30; hashrate_operating_month_end | 19.3 |  | 2026-05-31;
        hashrate_operating_average | 17.9 | {JUNE}; hashrate_operating_average | 18.6 | {MAY};
        efficiency | 19 |  | 2026-06-30; efficiency | 19 |  | 2026-05-31; btc_sold | 196.5 | {JUNE};
        btc_sold | 0 | {MAY}
        """,
    ),
    "key highlights": Update(
        Page(
            (
                "Example Cipher Announces June 2026 Operational Update",
                "NEW YORK, July 7, 2026 -- Key highlights for June 2026",
            ),
            (
                ("Key Highlights", "June 2026"),
                ("BTC Mined^1", "164"),
                ("BTC Sold", "92"),
                ("BTC Held^2", "1,140"),
                ("Deployed Mining Rigs", "109,500"),
                ("Month End Operating Hashrate (EH/s)", "22.6"),
                ("Month End Fleet Efficiency (J/TH)", "16.9"),
            ),
            ("1. Includes mining fees.", "2. Includes approximately 410 BTC pledged as collateral.", NOTE),
        ),
        f"""
        btc_produced | 164 | {JUNE}; btc_sold | 92 | {JUNE}; btc_held | 1140 |  | 2026-06-30;
        hashrate_operating_month_end | 22.6 |  | 2026-06-30; efficiency | 16.9 |  | 2026-06-30
        """,
    ),
    "lines with colons": Update(
        Page(
            (
                "Example Spark Releases June 2026 Bitcoin Mining Update",
                "LAS CRUCES, July 2, 2026 -- The unaudited update for the month ended June 30, 2026:",
                "Bitcoin mined in June: 668",
                "CY2026 bitcoin mined: 4,012",
                "Total BTC holdings as of June 30: 12,914",
                "Total BTC converted in June: 590",
                "Month-end fleet efficiency: 15.98 J/Th",
                "Average operating hashrate: 46.3 EH/s",
            ),
            (),
            ("Deployed fleet: 243,000 miners", "It expects 60 EH/s by the end of 2027.", NOTE),
        ),
        f"""
        btc_produced | 668 | {JUNE}; btc_produced_ytd | 4012 | 2026-01-01 | 2026-06-30;
        btc_held | 12914 |  | 2026-06-30; btc_sold | 590 | {JUNE}; efficiency | 15.98 |  | 2026-06-30;
        hashrate_operating_average | 46.3 | {JUNE}
        """,
    ),
    "sentences of a wire": Update(
        Page(
            (
                "Example Hive produces 244 BTC in June 2026",
                "VANCOUVER, July 6, 2026 -- Example Hive produced 244 bitcoin in June 2026, compared with 231 bitcoin in May 2026, with an average hashrate of 17.4 EH/s. "
                "It sold 180 bitcoin during the month and held 2,604 bitcoin as of June 30, 2026.",
                "It expects to reach 25 EH/s by the end of the year. In the second quarter it mined 702 bitcoin.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_produced | 244 | {JUNE}; hashrate_operating_average | 17.4 | {JUNE}; btc_sold | 180 | {JUNE};
        btc_held | 2604 |  | 2026-06-30
        """,
    ),
    "nothing sold, coins bought": Update(
        Page(
            (
                "Example American reports June 2026",
                "MIAMI, July 8, 2026 -- In June 2026 Example American mined 271 bitcoin and purchased 320 bitcoin. It did not sell any bitcoin in June. As of June 30, 2026 its bitcoin "
                "treasury stood at 5,733 bitcoin, of which 2,100 bitcoin are pledged.",
            ),
            (),
            ("The price of bitcoin averaged $104,318 in June 2026.", NOTE),
        ),
        f"""
        btc_produced | 271 | {JUNE}; btc_purchased | 320 | {JUNE}; btc_sold | 0 | {JUNE};
        btc_held | 5733 |  | 2026-06-30
        """,
    ),
    "equivalents of power sold": Update(
        Page(
            (
                "Example Digital June 2026 operational update",
                "DENVER, July 9, 2026 -- In June 2026 Example Digital produced 133 bitcoin. Power sales were equivalent to 9 bitcoin. Its deployed hashrate was 12.4 EH/s as of June 30, 2026, and its "
                "power cost was $0.029/kWh. Fleet efficiency was 18.2 J/TH.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_produced | 133 | {JUNE}; btc_equivalent_power_sales | 9 | {JUNE};
        hashrate_deployed | 12.4 |  | 2026-06-30; power_cost | 0.029 | {JUNE}; efficiency | 18.2 |  | 2026-06-30
        """,
    ),
    # Read at first sight after the ones above had been mended.
    "mined during the month, a day beside it": Update(
        Page(
            (
                "Argo Blockchain plc - June Operational Update. 7 July 2026. During the month of June, Argo mined 52 Bitcoin, or 1.7 Bitcoin per day (May 2026: 49 Bitcoin). Mining revenue in June 2026 amounted to $5.4 million. As of 30 June 2026, the Company held 14 Bitcoin. Total hashrate capacity was 2.7 EH/s.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 14 |  | 2026-06-30; btc_produced | 52 | {JUNE}
        """,
    ),
    "labels in sentences": Update(
        Page(
            (
                "DMG Blockchain Announces Preliminary June Operational Results. VANCOUVER, July 8, 2026. Bitcoin Mined: 28.4 bitcoin (May 2026: 27.1 bitcoin). Hashrate: 1.92 EH/s (May 2026: 1.88 EH/s). Bitcoin Balance: 402 bitcoin (May 2026: 396 bitcoin).",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 402 |  | 2026-06-30; btc_produced | 28.4 | {JUNE}
        """,
    ),
    "labels with a comparison in brackets": Update(
        Page(
            (
                "DMG Blockchain Announces Preliminary June 2026 Operational Results",
                "VANCOUVER, July 8, 2026",
                "• Bitcoin Mined: 28.4 bitcoin (May 2026: 27.1 bitcoin)",
                "• Bitcoin Balance: 402 bitcoin (May 2026: 396 bitcoin)",
                "• Bitcoin Sold: 19.5 bitcoin",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 402 |  | 2026-06-30; btc_produced | 28.4 | {JUNE}; btc_sold | 19.5 | {JUNE}
        """,
    ),
    "cloud mining and self-mining": Update(
        Page(
            (
                "BitFuFu Announces June 2026 Bitcoin Production and Operational Updates. SINGAPORE, July 7, 2026. June 2026 Highlights (as of June 30, 2026)",
                "Bitcoin Holdings and Production",
                "• Bitcoin held: 1,812 BTC, an increase of 20 BTC from May 31, 2026.",
                "• Bitcoin production: 431 BTC, including 371 BTC produced by cloud-mining customers and 60 BTC from self-mining.",
                "• Total hashrate under management: 34.1 EH/s.",
                "• Average fleet efficiency: 18.4 J/TH.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 1812 |  | 2026-06-30; btc_produced | 431 | {JUNE}; efficiency | 18.4 |  | 2026-06-30
        """,
    ),
    "a reserve and a capacity": Update(
        Page(
            (
                "Hut 8 Operations Update for June 2026. MIAMI, July 9, 2026. Hut 8 mined 95 Bitcoin and energized 9.3 EH/s. As of June 30, 2026, Hut 8 held 10,278 Bitcoin in its strategic reserve, and its energy capacity under management was 1,020 MW. Fleet efficiency improved to 20 J/TH.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 10278 |  | 2026-06-30; btc_produced | 95 | {JUNE}; efficiency | 20 |  | 2026-06-30
        """,
    ),
    "sold, collateral, year to date": Update(
        Page(
            (
                "CleanSpark Releases June 2026 Operational Update. LAS VEGAS, July 3, 2026. CleanSpark produced 685 bitcoin in June and sold 578 bitcoin at an average price of approximately $105,860 each. The company held 12,608 bitcoin as of June 30, 2026, of which 4,200 were posted as collateral. Year to date it has mined 4,001 bitcoin. Its operational hashrate reached 50.0 EH/s.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 12608 |  | 2026-06-30; btc_produced | 685 | {JUNE};
        btc_produced_ytd | 4001 | 2026-01-01 | 2026-06-30; btc_sold | 578 | {JUNE};
        hashrate_operating_month_end | 50 |  | 2026-06-30
        """,
    ),
    "numbers of coins": Update(
        Page(
            (
                "Cango Inc. Announces June 2026 Bitcoin Production and Mining Operations Update. HONG KONG, July 3, 2026.",
            ),
            (
                ("", "June 2026", "May 2026"),
                ("Number of Bitcoin produced", "450.6", "484.5"),
                ("Average number of Bitcoin produced per day", "15.02", "15.63"),
                ("Total number of Bitcoin held", "3,879.2", "3,428.6"),
                ("Deployed hashrate", "32 EH/s", "32 EH/s"),
                ("Average operating hashrate", "28.4 EH/s", "29.1 EH/s"),
            ),
            (NOTE,),
        ),
        f"""
        btc_held | 3428.6 |  | 2026-05-31; btc_held | 3879.2 |  | 2026-06-30; btc_produced | 450.6 | {JUNE};
        btc_produced | 484.5 | {MAY}; hashrate_deployed | 32 |  | 2026-05-31;
        hashrate_deployed | 32 |  | 2026-06-30; hashrate_operating_average | 28.4 | {JUNE};
        hashrate_operating_average | 29.1 | {MAY}
        """,
    ),
    "combined holdings": Update(
        Page(
            (
                "MARA Announces Bitcoin Production. Miami, July 3, 2026. In June 2026, MARA mined 713 bitcoin, a 25% decrease from the 950 bitcoin mined in May. MARA won 211 blocks. Energized hashrate was 57.4 EH/s at month end. Combined holdings stood at 49,940 bitcoin, including 15,550 bitcoin loaned or pledged. MARA did not sell any bitcoin in June. It targets 75 EH/s by year end.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 49940 |  | 2026-06-30; btc_produced | 713 | {JUNE}; btc_produced | 950 | {MAY};
        btc_sold | 0 | {JUNE}; hashrate_energized | 57.4 |  | 2026-06-30
        """,
    ),
    "a quarter is no month": Update(
        Page(
            (
                "Riot Platforms Reports Second Quarter 2026. CASTLE ROCK, July 30, 2026. Riot produced 1,426 bitcoin in the second quarter of 2026, compared to 844 in the same period of 2025. It held 19,273 bitcoin as of June 30, 2026. The average cost to mine bitcoin was $48,992 for the quarter.",
            ),
            (),
            (NOTE,),
        ),
        """
        btc_held | 19273 |  | 2026-06-30; btc_produced | 1426 | 2026-04-01 | 2026-06-30
        """,
    ),
    "computing power": Update(
        Page(
            (
                "Canaan Inc. Publishes June 2026 Bitcoin Production and Mining Operation Updates. SINGAPORE, July 8, 2026. Bitcoin produced in the month: 88. Owned Bitcoins at month end: 1,484. Average all-in power cost during the month: US$0.045/kWh. Deployed Computing Power at month end: 8.15 EH/s. Operating Computing Power at month end: 6.57 EH/s. Average miner efficiency of Deployed Computing Power: 24.7 J/TH.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_held | 1484 |  | 2026-06-30; btc_produced | 88 | {JUNE}; efficiency | 24.7 |  | 2026-06-30;
        hashrate_deployed | 8.15 |  | 2026-06-30; hashrate_operating_month_end | 6.57 |  | 2026-06-30;
        power_cost | 0.045 | {JUNE}
        """,
    ),
    "month-end and average": Update(
        Page(
            (
                "HIVE Digital Technologies Announces June 2026 Production. San Antonio, July 7, 2026. HIVE produced 164 Bitcoin in June 2026, an average of 5.5 BTC per day, up 18% from 139 BTC in May. Month-end hashrate was 11.4 EH/s with an average of 10.1 EH/s. Fleet efficiency was 18.8 J/TH. HIVE ended June with 435 Bitcoin in treasury.",
            ),
            (),
            (NOTE,),
        ),
        f"""
        btc_produced | 164 | {JUNE}; efficiency | 18.8 |  | 2026-06-30;
        hashrate_month_end | 11.4 |  | 2026-06-30
        """,
    ),
    "another document": Update(
        Page(
            (
                "Ten miners to watch in June 2026",
                "Analysts think that a miner with 50 EH/s could earn 700 bitcoin a month. The price of bitcoin was $105,000 on June 30, 2026. Network hashrate reached 980 EH/s. Example "
                "Mining plans to hold 20,000 bitcoin by the end of 2027.",
            ),
            (),
            (NOTE,),
        ),
        "",
    ),
}
