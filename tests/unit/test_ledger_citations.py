"""Citations that lead to a page, or say that they lead to none; those that do neither are refusals of test_ledger_rules.py."""

from __future__ import annotations

import pytest

from tests.unit.ledgerrows import read, render


@pytest.mark.parametrize(
    ("citation", "confidence"),
    [
        ("8-K exhibit 99.1 0001628280-24-043341", "high"),
        ("FWP 0001193125-26-043127; 424B2 0001193125-26-046846", "high"),
        ("the release; 8-K 0001628280-24-043341", "high"),
        ("Core Scientific, https://investors.corescientific.com/detail/74", "high"),
        ("second-hand: copy of the 8-K, https://news.example/1", "medium"),
        ("second-hand: a secondary table", "low"),
    ],
)
def test_a_citation_opens_or_says_that_it_does_not(citation: str, confidence: str) -> None:
    assert read("ai_deal", render("ai_deal", {"citation": citation, "confidence": confidence})).rejected == ()


def test_what_the_house_chooses_needs_no_page() -> None:
    assert read("feed", render("feed", {"citation": "the ticker of the day"})).rejected == ()
