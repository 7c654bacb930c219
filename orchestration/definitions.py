"""Everything Dagster knows about hashwatt. Loads without environment variable, network or database."""

from __future__ import annotations

import dagster as dg

from orchestration.dbt import dbt_here
from orchestration.defs import daily, published, raw_calendar, raw_ledger, raw_market, raw_network, raw_sec, warehouse
from orchestration.defs.sensors import new_filings
from orchestration.resources import WorkspaceResource

RAW = (raw_calendar, raw_ledger, raw_market, raw_network, raw_sec)

defs = dg.Definitions(
    assets=[*(asset for room in RAW for asset in room.assets), warehouse.warehouse, published.publication],
    asset_checks=[warehouse.mart_gates],
    jobs=[daily.refresh],
    schedules=[daily.schedule],
    sensors=[new_filings],
    resources={
        "workspace": WorkspaceResource(),
        "dbt": dbt_here(),
    },
    executor=dg.in_process_executor,
)
