"""Words that a phrase cannot do without: they spare a search, and never lose what it would find."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.extract.prose import sentences
from ingestion.extract.words import words

TEXTS = "\n\n".join(
    one.read_text(encoding="utf-8") for one in sorted((Path(__file__).with_name("documents")).glob("*deals.yml"))
)


@pytest.mark.parametrize("table", ["tenancy", "doubtful", "deal_words"])
def test_each_phrase_is_found_with_its_words_wherever_it_stands(table: str) -> None:
    spans = list(sentences(TEXTS, unbroken=False))
    found = 0
    for name, sought in getattr(words(), table).items():
        text = TEXTS.lower() if table == "doubtful" else TEXTS
        plainly = [one for one in spans if sought.pattern.search(text, *one)]
        assert [one for one in spans if sought.search(text, *one)] == plainly, name
        found += len(plainly)
    assert found > 100


def test_a_phrase_needs_the_rarest_of_its_words_first() -> None:
    said = words().deal_words
    assert said["renews"].needed == (("renew", "exten"),)
    assert said["several"].needed == (("leases", "agreements", "contracts"), ("-y",))
    assert said["break"].needed == ()
