"""What MetricFlow makes of the metrics says the same as the marts, which have formulas of their own."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pytest

from tools.metrics import PAGE

# Coins but those that the scorecard knows to stand in a parent's figures, too.
COINS = """
    SELECT issuer, period_start_date, metric, value FROM fct_miner_operating
    JOIN mart_miner_scorecard USING (issuer, period_start_date, period_end_date) WHERE consolidated_in IS NULL"""
# The answer of each saved query, by other tables than it reads or by their own columns for it.
MARTS = {
    "ai_book_by_issuer": """
        SELECT issuer, value_usd_m, value_attributable_usd_m, critical_it_mw, deal_count FROM mart_contracted_ai_book""",
    "megawatt_year_by_service_model": """
        SELECT service_model, sum(value), sum(years), sum(value) / sum(years) FROM (
            SELECT 'colocation' AS service_model, usd_m_per_critical_mw_year_colocation AS rate, * FROM mart_contracted_ai_book
            UNION ALL
            SELECT 'gpu_cloud', usd_m_per_critical_mw_year_gpu_cloud, * FROM mart_contracted_ai_book
        ) AS book
        JOIN (
            SELECT issuer, service_model, sum(value_usd_m) AS value, sum(critical_it_mw * term_years) AS years
            FROM fct_ai_deal WHERE is_in_book AND critical_it_mw IS NOT NULL AND term_years IS NOT NULL GROUP BY ALL
        ) AS deals USING (issuer, service_model)
        WHERE abs(rate - value / years) < 1e-9 * rate GROUP BY service_model""",
    "ai_book_by_quarter": """
        SELECT date_trunc('quarter', event_date), sum(value), count(*) FROM fct_event JOIN fct_ai_deal ON source_key = deal_id
        WHERE is_in_book GROUP BY ALL""",
    "capex_by_year": """
        SELECT date_trunc('year', period_end_date), issuer, sum(value_usd_m) FILTER (WHERE metric = 'capex_cash'),
            sum(value_usd_m) FILTER (WHERE metric = 'capex_with_finance_leases')
        FROM fct_financial_quarter JOIN dim_issuer USING (issuer) WHERE role = 'hyperscaler' AND metric LIKE 'capex%' AND period_end_date >= '2025-01-01' GROUP BY ALL""",
    "bonds_of_autumn_2025_by_deal": """
        SELECT DISTINCT deal_id, deal_principal_usd_m, CASE WHEN deal_principal_usd_m IS NOT NULL THEN deal_weighted_coupon_pct END
        FROM mart_bond_issuance
        WHERE announced_date BETWEEN '2025-09-01' AND '2025-11-30'""",
    "mining_by_quarter": f"""
        SELECT first_day, hashprice, hashrate, produced, sold FROM (
            SELECT DISTINCT date_trunc('quarter', first_date) AS first_day, hashprice_usd_ph_day AS hashprice
            FROM mart_mining_economics WHERE period_kind = 'quarter' AND first_date >= '2024-01-01')
        JOIN (
            SELECT date_trunc('quarter', month_start_date) AS first_day, avg(hashrate_eh_s) AS hashrate
            FROM fct_network_daily JOIN dim_date ON utc_date = date_day GROUP BY ALL) USING (first_day)
        LEFT JOIN (
            SELECT date_trunc('quarter', period_start_date) AS first_day,
                sum(value) FILTER (WHERE metric = 'btc_produced') AS produced, sum(value) FILTER (WHERE metric = 'btc_sold') AS sold
            FROM ({COINS}) GROUP BY ALL) USING (first_day)""",
    "coins_sold_by_issuer": f"""
        SELECT issuer, sum(sold), sum(produced), sum(sold) / sum(produced) FROM (SELECT DISTINCT issuer FROM mart_miner_scorecard
            WHERE period_start_date >= '2024-01-01')
        LEFT JOIN (
            SELECT issuer, max(value) FILTER (WHERE metric = 'btc_sold') AS sold, max(value) FILTER (WHERE metric = 'btc_produced') AS produced
            FROM ({COINS}) WHERE period_start_date >= '2024-01-01' GROUP BY issuer, period_start_date
            HAVING sold IS NOT NULL AND produced IS NOT NULL) USING (issuer) GROUP BY issuer""",
}
SQL = dict(re.findall(r"\n`(\w+)`: [^\n]+\n\n```sql\n(.+?)\n```", PAGE.read_text(encoding="utf-8"), re.S))


def apart(first: Any, second: Any) -> bool:
    """Whether two answers have other rows, in any order; numbers may differ by 1e-9 of their size."""
    one, other = (sorted(rows, key=lambda row: str(row[:1]) + str(row[1])) for rows in (first, second))
    return len(one) != len(other) or any(
        b != (pytest.approx(a, rel=1e-9) if isinstance(a, float) else a)
        for row, twin in zip(one, other, strict=True)
        for a, b in zip(row, twin, strict=True)
    )


def test_answers_that_differ_are_told() -> None:
    assert not apart([("A", 1.0), ("B", None)], [("B", None), ("A", 1.0 + 1e-12)])
    assert (
        apart([("A", 1.0)], [("A", 1.001)])
        and apart([("A", 1.0)], [])
        and apart([("A", None)], [("A", 1.0)])
        and apart([("A", 1.0)], [("A", None)])
    )


def test_coins_that_a_parent_tells_too_are_in_no_sum_twice() -> None:
    """The bundle has no such month: of the hut's 50 coins 30 are those of its subsidiary, which tells them as well."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("""
            CREATE TABLE mart_miner_scorecard AS
            SELECT DATE '2026-01-01' AS period_start_date, 'reported' AS disclosure_status, * FROM (VALUES
                ('HUT', 50.0, 10.0, NULL), ('ABTC', 30.0, 5.0, 'HUT'), ('CLSK', 600.0, 400.0, NULL)
            ) AS told (issuer, btc_produced, btc_sold, consolidated_in)""")
        connection.execute(
            "CREATE TABLE fct_network_daily AS SELECT DATE '2026-01-01' AS utc_date, 40.0 AS hashprice_usd_ph_day, 900.0 AS hashrate_eh_s"
        )
        by_issuer = connection.execute(SQL["coins_sold_by_issuer"]).fetchall()
        ((*_, produced, sold),) = connection.execute(SQL["mining_by_quarter"]).fetchall()
    assert (produced, sold) == (650, 410)
    assert by_issuer == [("ABTC", None, None, None), ("CLSK", 400, 600, 400 / 600), ("HUT", 10, 50, 0.2)]


@pytest.mark.e2e
def test_every_saved_query_is_held_to_a_mart(first_home: Any) -> None:
    assert {*SQL} == {*MARTS}
    with duckdb.connect(str(first_home.settings.current / "hashwatt.duckdb"), read_only=True) as published:
        answers = {name: [published.execute(sql).fetchall() for sql in (SQL[name], MARTS[name])] for name in SQL}
    assert {name: answer for name, answer in answers.items() if apart(*answer) or not answer[0]} == {}
