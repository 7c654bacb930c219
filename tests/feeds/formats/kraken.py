"""Kraken's OHLC: prices as text under its own name of the pair, the open bar last, never more than the newest 720."""

from __future__ import annotations

from werkzeug import Request, Response

from tests.feeds.formats.market import Market, json_response, seconds, span

MOST = 720
PAIRS = {"XBTUSD": "XXBTZUSD", "ETHUSD": "XETHZUSD"}


class KrakenFormat(Market):
    """Mount it as `kraken`. Every error comes with status 200."""

    def __call__(self, path: str, request: Request) -> Response:
        pair = request.args.get("pair", "")
        if path != "/0/public/OHLC" or pair not in self.symbols:
            return json_response({"error": ["EQuery:Unknown asset pair"]})
        assert request.args["interval"] == "1440"
        newest = self.bars(pair)[-MOST:]
        closed = [bar for bar in newest if span("UTC", bar.day)[1] <= self.now_utc]
        since = int(request.args.get("since", "0"))
        rows = [
            [
                seconds(span("UTC", bar.day)[0]),
                *(f"{price:.1f}" for price in (bar.open, bar.high, bar.low, bar.close, bar.close)),
                f"{bar.volume:.8f}",
                13669,
            ]
            for bar in newest
            if bar not in closed or seconds(span("UTC", bar.day)[0]) > since
        ]
        last = seconds(span("UTC", closed[-1].day)[0]) if closed else 0
        return json_response({"error": [], "result": {PAIRS.get(pair, pair): rows, "last": last}})
