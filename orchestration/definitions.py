"""Everything Dagster knows about hashwatt. Loads without environment variable, network or database."""

from __future__ import annotations

import dagster as dg

from orchestration.pipeline import backfills as history
from orchestration.pipeline import daily, look, published, raw, sensors, warehouse
from orchestration.pipeline.resources import WorkspaceResource

defs = dg.Definitions(
    assets=[*raw.assets, warehouse.warehouse, published.publication, *history.assets],
    asset_checks=[warehouse.mart_gates],
    jobs=[look.daily_look, daily.refresh, history.fill_history],
    schedules=[daily.schedule],
    sensors=[sensors.build_news, sensors.new_filings],
    resources={"workspace": WorkspaceResource()},
    executor=dg.in_process_executor,
)
