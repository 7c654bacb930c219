"""Yahoo's v8 chart: arrays side by side, null for a hole, everything restated for splits, numbers of single precision."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from werkzeug import Request, Response

from tests.feeds.formats.market import Market, json_response, seconds, span

PREFIX = "/v8/finance/chart/"


def chart(
    times: Sequence[object],
    closes: Sequence[object],
    *,
    events: object = None,
    quote: Mapping[str, object] | None = None,
    **meta: object,
) -> dict[str, Any]:
    """A chart of ABC by hand, all prices of a bar equal; `quote` and `meta` replace arrays and words."""
    usual = {"currency": "USD", "symbol": "ABC", "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d"}
    arrays = {**dict.fromkeys(("open", "high", "low", "close"), closes), "volume": [700] * len(closes), **(quote or {})}
    result = {"meta": usual | meta, "timestamp": times, "indicators": {"quote": [arrays]}}
    return {"chart": {"result": [result | ({} if events is None else {"events": events})], "error": None}}


class YahooFormat(Market):
    """Mount it as `yahoo`. A bar that `edit` takes away stands as null in all arrays."""

    def __call__(self, path: str, request: Request) -> Response:
        symbol = path.removeprefix(PREFIX)
        if not path.startswith(PREFIX) or symbol not in self.symbols:
            return _error("Not Found", "No data found, symbol may be delisted", 404)
        assert request.args["interval"] == "1d"
        first, end = int(request.args["period1"]), int(request.args["period2"])
        listing = self.symbols[symbol]
        times = [self._time(symbol, bar.day) for bar, _ in self.shown(symbol)]
        if not times or end <= times[0]:
            return _error("Bad Request", f"Data doesn't exist for startDate = {first}, endDate = {end}", 400)
        is_coin = listing.calendar == "UTC"
        result: dict[str, object] = {
            "meta": {
                "currency": "USD",
                "symbol": symbol,
                "exchangeName": "CCC" if is_coin else "NMS",
                "instrumentType": "CRYPTOCURRENCY" if is_coin else "EQUITY",
                "firstTradeDate": times[0],
                "regularMarketTime": times[-1],
                "gmtoffset": 0 if is_coin else -18000,
                "timezone": "UTC" if is_coin else "EST",
                "exchangeTimezoneName": "UTC" if is_coin else "America/New_York",
                "regularMarketPrice": self.bars(symbol)[-1].close,
                "priceHint": 2,
                "dataGranularity": "1d",
                "range": "",
                "validRanges": ["1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y", "ytd", "max"],
            },
            "indicators": {"quote": [{}], "adjclose": [{}]},
        }
        chosen = [(time, both) for time, both in zip(times, self.shown(symbol), strict=True) if first <= time < end]
        if chosen:
            result["timestamp"] = [time for time, _ in chosen]
            arrays: dict[str, list[float | int | None]] = {
                name: [] for name in ("open", "high", "low", "close", "volume")
            }
            for _, (bar, told) in chosen:
                shares = self.shares(symbol, bar.day)
                for name, values in arrays.items():
                    value = None if told is None else getattr(told, name)
                    if value is not None:
                        value = round(value * shares) if name == "volume" else _single(value / shares)
                    values.append(value)
            result["indicators"] = {"quote": [arrays], "adjclose": [{"adjclose": arrays["close"]}]}
        if events := self._events(symbol, first, end):
            result["events"] = events
        return json_response({"chart": {"result": [result], "error": None}})

    def _events(self, symbol: str, first: int, end: int) -> dict[str, dict[str, dict[str, object]]]:
        events: dict[str, dict[str, dict[str, object]]] = {}
        for one in self.actions(symbol):
            time = seconds(span(self.symbols[symbol].calendar, one.ex_date)[0])
            if not first <= time < end:
                continue
            if one.dividend_usd is not None:
                amount = _single(one.dividend_usd / self.shares(symbol, one.ex_date))
                events.setdefault("dividends", {})[str(time)] = {"amount": amount, "date": time}
            if one.split_ratio is not None:
                after, before = _whole(one.split_ratio)
                events.setdefault("splits", {})[str(time)] = {
                    "date": time,
                    "numerator": after,
                    "denominator": before,
                    "splitRatio": f"{after:g}:{before:g}",
                }
        return events

    def _time(self, symbol: str, day: date) -> int:
        """The start of the session; of the newest one the latest trade."""
        listing = self.symbols[symbol]
        opened, closed = span(listing.calendar, day)
        is_newest = day == self.today(listing.calendar)
        return min(seconds(closed), seconds(self.now_utc)) if is_newest else seconds(opened)


def _whole(ratio: float) -> tuple[float, float]:
    """10 as 10 to 1, a reverse split of 0.1 as 1 to 10."""
    return (ratio, 1.0) if ratio >= 1 else (1.0, round(1 / ratio, 6))


def _single(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _error(code: str, description: str, status: int) -> Response:
    return json_response({"chart": {"result": None, "error": {"code": code, "description": description}}}, status)
