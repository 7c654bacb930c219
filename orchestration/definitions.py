"""Everything Dagster knows about hashwatt. Loads without environment variable, network or database."""

from __future__ import annotations

import dagster as dg

from orchestration.dbt import PROJECT_DIR, Dbt, dbt_executable
from orchestration.defs import daily, published, raw_calendar, raw_ledger, raw_market, raw_network, warehouse
from orchestration.resources import WorkspaceResource

defs = dg.Definitions(
    assets=[
        *raw_calendar.assets,
        *raw_ledger.assets,
        *raw_market.assets,
        *raw_network.assets,
        warehouse.warehouse,
        published.publication,
    ],
    asset_checks=[warehouse.mart_gates],
    jobs=[daily.refresh],
    schedules=[daily.schedule],
    resources={
        "workspace": WorkspaceResource(),
        "dbt": Dbt(project_dir=str(PROJECT_DIR), profiles_dir=str(PROJECT_DIR), dbt_executable=dbt_executable()),
    },
    executor=dg.in_process_executor,
)
