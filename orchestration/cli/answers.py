"""Three questions that every refresh answers from what it has just published. The formulas are in the marts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from orchestration.cli.query import run_query
from orchestration.settings import Settings


@dataclass(frozen=True)
class Question:
    """What is asked, and the SQL that answers it from the published tables."""

    title: str
    sql: str


@dataclass(frozen=True)
class Answer:
    """A question with the rows that answer it; no rows where the publication knows nothing about it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


AI_BOOK: Final = Question(
    "Contracted AI book by issuer",
    """
select
    book.issuer,
    issuer.current_name as name,
    book.deal_count as deals,
    book.value_usd_m,
    book.value_attributable_usd_m,
    book.critical_it_mw,
    book.top_counterparty
from mart_contracted_ai_book as book
join dim_issuer as issuer on issuer.issuer = book.issuer
order by book.value_usd_m desc nulls last, book.issuer
""",
)

CAPEX: Final = Question(
    "Capital expenditure of the last quarter by hyperscaler (cash basis)",
    """
select
    issuer,
    calendar_quarter,
    period_end_date,
    capex_cash_usd_m,
    capex_cash_yoy_pct,
    guidance_target_year,
    guidance_low_usd_m,
    guidance_high_usd_m
from mart_hyperscaler_capex
where capex_cash_usd_m is not null
qualify row_number() over (partition by issuer order by calendar_quarter desc) = 1
order by capex_cash_usd_m desc, issuer
""",
)

AUTUMN_BONDS: Final = Question(
    "Bonds of autumn 2025 (September to November) by issuer",
    """
select
    issuer,
    count(distinct deal_id) as deals,
    count(*) as tranches,
    sum(principal_usd_m) filter (where is_issuer_debt) as own_debt_usd_m,
    sum(principal_usd_m) filter (where not is_issuer_debt) as vehicle_debt_usd_m,
    count(*) filter (where principal_usd_m is null) as tranches_not_in_usd,
    min(announced_date) as first_announced_date,
    max(announced_date) as last_announced_date
from mart_bond_issuance
where announced_date between date '2025-09-01' and date '2025-11-30'
group by issuer
order by sum(principal_usd_m) desc nulls last, issuer
""",
)

QUESTIONS: Final = (AI_BOOK, CAPEX, AUTUMN_BONDS)


def answer(settings: Settings, question: Question) -> Answer:
    """The answer of the current publication; raises what run_query raises."""
    with run_query(settings, question.sql) as result:
        return Answer(question.title, result.columns, tuple(result.rows))
