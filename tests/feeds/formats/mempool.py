"""mempool.space as it answers: periods that end now, hashrates dated to the end of their day, difficulty by its steps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from werkzeug import Request, Response

from tests.feeds.formats.coin_metrics import NetworkDay
from tests.feeds.formats.market import seconds
from tests.feeds.server import Handler

PATH = "/api/v1/mining/hashrate/"
REACH = {"3d": 3, "1w": 7, "1m": 28, "3m": 89, "6m": 181, "1y": 365, "2y": 730, "3y": 1095, "all": 100_000}

Step = tuple[datetime, float]


def hashrate(day: date, hashrate_h_s: float) -> dict[str, object]:
    """The row of a day: it bears the midnight after it, and a whole number far beyond 2^63."""
    return {"timestamp": seconds(datetime.combine(day + timedelta(days=1), time.min)), "avgHashrate": int(hashrate_h_s)}


def step(since: datetime, difficulty: float, height: int = 800_000) -> dict[str, object]:
    return {"time": seconds(since), "height": height, "difficulty": difficulty, "adjustment": 1.01}


def body(hashrates: Iterable[dict[str, object]], steps: Iterable[dict[str, object]]) -> bytes:
    document = {
        "hashrates": list(hashrates),
        "difficulty": list(steps),
        "currentHashrate": 1.1e21,
        "currentDifficulty": 1.5e14,
    }
    return json.dumps(document).encode()


def mempool(days: Sequence[NetworkDay], steps: Sequence[Step], now_utc: datetime | None = None) -> Handler:
    """Answers with the hashrates of `days` and the `steps` of difficulty that lie in the period asked for, which ends
    `now_utc`, by default at the moment of the question. Both may be changed at any time."""

    def handle(path: str, _: Request) -> Response:
        period = path.removeprefix(PATH)
        now = now_utc or datetime.now(UTC).replace(tzinfo=None)
        assert path.startswith(PATH)
        since, until = seconds(now - timedelta(days=REACH[period])), seconds(now)
        known = sorted((day for day in days if day.hashrate_eh_s is not None), key=lambda day: day.utc_date)
        hashrates = [hashrate(day.utc_date, (day.hashrate_eh_s or 0.0) * 1e18) for day in known]
        within = [one for one in hashrates if since <= int(str(one["timestamp"])) <= until]
        changed = [step(moment, value) for moment, value in sorted(steps) if since <= seconds(moment) <= until]
        return Response(body(within, changed), content_type="application/json")

    return handle
