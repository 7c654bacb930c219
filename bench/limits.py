"""Requests behind the limit of EDGAR's client: wall time against what eight a second leave no way around."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.measure import Finding
from ingestion.edgar.client import REQUESTS_PER_SECOND, submissions_source
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from tests.edgar.server import EdgarServer

ISSUERS = 40
THREADS = 8
AT_MOST = 1.1


def limits(folder: Path) -> Iterator[Finding]:
    """An unchanged day over forty issuers, at the latencies of a near and a far server."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # Or the server names every request among the figures.
    for latency in (0.0, 0.05, 0.3):
        seconds, busiest = unchanged_day(folder / f"limits-{latency}", latency)
        if busiest > REQUESTS_PER_SECOND:
            raise RuntimeError(f"{busiest} requests in one second at the server, not {REQUESTS_PER_SECOND}")
        # Eight at once, then eight each second; the last ones take as long as the server does.
        least = (ISSUERS - 1) // REQUESTS_PER_SECOND + latency
        yield Finding(
            f"{ISSUERS} unchanged issuers, {latency:g} s away",
            f"{seconds:.2f} s",
            f"the limit dictates {least:.2f} s",
            seconds / least,
            AT_MOST,
        )


def unchanged_day(folder: Path, latency: float) -> tuple[float, int]:
    """Wall seconds for one conditional request per issuer, and the most that the server saw in one second."""
    with EdgarServer() as server:
        ciks = [f"{cik:010}" for cik in range(1, ISSUERS + 1)]
        sources = [submissions_source(cik) for cik in ciks]
        for cik in ciks:
            server.put(f"/submissions/CIK{cik}.json", f'{{"cik": "{cik}"}}'.encode() * 2000)
        archive = Archive(Storage(folder / "archive"))
        first = server.client(archive, folder / "unlimited", requests=1000)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(first.ask, sources))
        server.arrivals.clear()
        server.latency_seconds = latency
        client = server.client(archive, folder / "limit", requests=REQUESTS_PER_SECOND)
        started = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(client.ask, sources))
        seconds = time.perf_counter() - started
        if [one.status for one in server.arrivals] != [304] * ISSUERS:
            raise RuntimeError("an unchanged issuer cost more than one conditional request")
        return seconds, server.busiest()
