"""FRED as it answers: the CSV behind its graphs, and its API with a key, vintages and errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from werkzeug import Request, Response

from tests.feeds.formats.market import json_response
from tests.feeds.server import Handler

CSV_PATH = "/graph/fredgraph.csv"
JSON_PATH = "/fred/series/observations"
FOREVER = "9999-12-31"

Values = Mapping[date, float | None]
"""Value by day; None where the day has a mark for none."""


@dataclass(frozen=True)
class Vintage:
    """A value and the days from which and until which it stood."""

    on: date
    value: float | None
    since: date
    until: date | None = None


def csv_body(symbol: str, values: Values, *, column: str = "observation_date", missing: str = "") -> bytes:
    lines = [f"{on},{missing if value is None else repr(value)}" for on, value in sorted(values.items())]
    return "\n".join([f"{column},{symbol}", *lines, ""]).encode()


def fred(series: Mapping[str, Values]) -> Handler:
    """The CSV of each of `series` by its symbol, cut to the days asked for."""

    def handle(path: str, request: Request) -> Response:
        symbol = request.args.get("id", "")
        assert path == CSV_PATH and symbol in series
        first, last = request.args.get("cosd", "0001-01-01"), request.args.get("coed", FOREVER)
        within = {on: value for on, value in series[symbol].items() if first <= on.isoformat() <= last}
        return Response(csv_body(symbol, within), content_type="application/csv")

    return handle


def observation(on: date, value: float | None, since: str, until: str) -> dict[str, str]:
    text = "." if value is None else repr(value)
    return {"realtime_start": since, "realtime_end": until, "date": on.isoformat(), "value": text}


def json_body(rows: Iterable[Mapping[str, object]], since: str, until: str, count: int | None = None) -> bytes:
    listed = list(rows)
    document = {
        "realtime_start": since,
        "realtime_end": until,
        "observation_start": "1600-01-01",
        "observation_end": FOREVER,
        "units": "lin",
        "output_type": 1,
        "file_type": "json",
        "order_by": "observation_date",
        "sort_order": "asc",
        "count": len(listed) if count is None else count,
        "offset": 0,
        "limit": 100_000,
        "observations": listed,
    }
    return json.dumps(document).encode()


def error(status: int, message: str) -> Response:
    return json_response({"error_code": status, "error_message": message}, status)


def fred_api(
    series: Mapping[str, Values], key: str, *, vintages: Mapping[str, list[Vintage]] | None = None, most: int = 100_000
) -> Handler:
    """The observations of each of `series`, at most `most` a page; of those in `vintages` every value it ever had, where
    the question is about a period. For the others there are no vintages, as for series that are copyrighted."""
    archived = vintages or {}

    def handle(path: str, request: Request) -> Response:
        asked = request.args
        if asked.get("api_key") != key:
            said = f"The value for variable api_key is not registered: {asked.get('api_key')}."
            return error(400, f"Bad Request.  {said}")
        symbol = asked.get("series_id", "")
        assert path == JSON_PATH and symbol in {*series, *archived}
        today = datetime.now(UTC).date().isoformat()
        since, until = asked.get("realtime_start", today), asked.get("realtime_end", today)
        assert (since, until) == (today, today) or symbol in archived
        first, last = asked.get("observation_start", "1600-01-01"), asked.get("observation_end", FOREVER)
        if symbol in archived:
            stood = [
                observation(one.on, one.value, max(since, one.since.isoformat()), _until(one))
                for one in archived[symbol]
                if one.since.isoformat() <= until and _until(one) >= since
            ]
        else:
            stood = [observation(on, value, today, today) for on, value in sorted(series[symbol].items())]
        within = [one for one in stood if first <= one["date"] <= last]
        offset = int(asked.get("offset", "0"))
        page = within[offset : offset + min(most, int(asked.get("limit", "100000")))]
        return Response(json_body(page, since, until, len(within)), content_type="application/json")

    return handle


def _until(one: Vintage) -> str:
    return one.until.isoformat() if one.until else FOREVER
