"""Coinbase's candles: lists of six numbers, low before high, newest first, three hundred at most."""

from __future__ import annotations

from datetime import UTC, datetime

from werkzeug import Request, Response

from tests.feeds.formats.market import Market, json_response, seconds, span

MOST = 300


class CoinbaseFormat(Market):
    """Mount it as `coinbase`. Where there is one, a candle before the start comes along."""

    def __call__(self, path: str, request: Request) -> Response:
        parts = path.split("/")
        if len(parts) != 4 or (parts[1], parts[3]) != ("products", "candles") or parts[2] not in self.symbols:
            return json_response({"message": "NotFound"}, 404)
        assert request.args["granularity"] == "86400"
        times = [seconds(span("UTC", bar.day)[0]) for bar in self.bars(parts[2])]
        candles = [
            [time, bar.low, bar.high, bar.open, bar.close, bar.volume]
            for time, bar in zip(times, self.bars(parts[2]), strict=True)
        ]
        start, end = _moment(request.args["start"]), _moment(request.args["end"])
        if (end - start) // 86_400 + 1 > MOST:
            problem = "granularity too small for the requested time range. Count of aggregations requested exceeds 300"
            return json_response({"message": problem}, 400)
        chosen = [candle for candle in candles if start <= candle[0] <= end]
        earlier = [candle for candle in candles if candle[0] < start][-1:]
        return json_response((earlier + chosen)[::-1][:MOST])


def _moment(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())
