"""Everything Dagster knows about hashwatt. Loads without environment variable, network or database."""

from __future__ import annotations

import dagster as dg

from orchestration.pipeline import jobs, published, raw, warehouse
from orchestration.pipeline.resources import WorkspaceResource

defs = dg.Definitions(
    assets=[*raw.assets, warehouse.warehouse, published.publication, jobs.market_history],
    asset_checks=[warehouse.mart_gates],
    jobs=[jobs.daily_look, jobs.refresh, jobs.fill_history],
    schedules=[jobs.schedule],
    sensors=[jobs.build_news, jobs.new_filings],
    # Steps hand nothing on through Dagster; its own way would be pickles in a folder that a run's configuration names.
    resources={"workspace": WorkspaceResource(), "io_manager": dg.mem_io_manager},
    executor=dg.in_process_executor,
)
