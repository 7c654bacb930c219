"""docs/dictionary.md is what the models say, and its pictures show what they declare."""

from __future__ import annotations

import copy
from typing import Any, cast

from orchestration.pipeline.dbt import load_manifest
from tools.dictionary import PAGE, made_from, references, render


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(load_manifest()), "run `make readme`"


def test_keys_references_and_lineage_are_those_of_the_models() -> None:
    manifest = load_manifest()
    assert references(manifest)["mart_bond_issuance"] == {
        "issuer": ("dim_issuer", "issuer"),
        "tranche_id": ("fct_bond_tranche", "tranche_id"),
    }
    # By way of int_ai_deal__booked and others; the deal's own table stands between the mart and the ledger.
    assert made_from(manifest, "mart_contracted_ai_book")[0] == ["dim_issuer", "fct_ai_deal"]
    assert made_from(manifest, "dim_provider") == ([], ["raw_ledger__provider"])
    page = render(manifest)
    assert "\n| [mart_claims](#mart_claims) | `claim_id`, `figure_number`, `basis` |" in page
    assert "\n| `value_usd_m` | double or null | USD million | Value announced for the base term" in page
    assert "\n  fct_bond_tranche ||--o{ mart_bond_issuance : tranche_id\n" in page
    assert "\n  fct_ai_deal |o--o{ mart_market_performance : event_deal_id\n" in page
    assert "\n  raw_network[(network)] --> fct_network_daily\n" in page


def test_what_a_model_says_anew_changes_the_page() -> None:
    manifest = copy.deepcopy(cast(dict[str, Any], load_manifest()))
    column = manifest["nodes"]["model.hashwatt.mart_power"]["columns"]["added_twh"]
    column["description"], column["config"]["meta"]["unit"] = "Told | anew.", "PJ"
    assert "\n| `added_twh` | double or null | PJ | Told \\| anew. |\n" in render(manifest)
