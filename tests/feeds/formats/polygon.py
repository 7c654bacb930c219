"""Polygon's aggregates: milliseconds at the start of New York's day, pages by next_url, errors with a status in words."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from werkzeug import Request, Response

from tests.feeds.formats.market import NEW_YORK, Market, json_response

REQUEST_ID = "12afda77aab3b1936c5fb6ef4241ae42"
PLAN = "Your plan doesn't include this data timeframe. Please upgrade your plan at https://polygon.io/pricing"


class PolygonFormat(Market):
    """Mount it as `polygon`. `page_size` bars come at once, where it is set; the plan reaches `plan_days` back."""

    page_size: int | None = None
    plan_days = 730

    def __call__(self, path: str, request: Request) -> Response:
        if self.key is not None and request.headers.get("Authorization") != f"Bearer {self.key}":
            return _error(401, "ERROR", error="Unknown API Key")
        parts = path.split("/")
        assert len(parts) == 10 and parts[1:4] == ["v2", "aggs", "ticker"] and parts[5:8] == ["range", "1", "day"]
        symbol = parts[4]
        first, last = date.fromisoformat(parts[8]), date.fromisoformat(parts[9])
        if first < self.today("XNYS") - timedelta(days=self.plan_days):
            return _error(403, "NOT_AUTHORIZED", message=PLAN)
        adjusted = request.args.get("adjusted", "true") == "true"
        bars = [bar for bar in (self.bars(symbol) if symbol in self.symbols else []) if first <= bar.day <= last]
        begin = int(request.args.get("cursor", "0"))
        size = self.page_size or max(len(bars), 1)
        results = []
        for bar in bars[begin : begin + size]:
            shares = self.shares(symbol, bar.day) if adjusted else 1.0
            midnight = datetime(bar.day.year, bar.day.month, bar.day.day, tzinfo=NEW_YORK)
            results.append(
                {
                    "v": bar.volume * shares,
                    "vw": bar.close / shares,
                    "o": bar.open / shares,
                    "c": bar.close / shares,
                    "h": bar.high / shares,
                    "l": bar.low / shares,
                    "t": int(midnight.timestamp()) * 1000,
                    "n": 82132,
                }
            )
        is_open = last >= self.today("XNYS")
        document: dict[str, object] = {
            "ticker": symbol,
            "queryCount": len(results),
            "resultsCount": len(results),
            "adjusted": adjusted,
            **({"results": results} if results else {}),
            "status": "DELAYED" if is_open else "OK",
            "request_id": REQUEST_ID,
            "count": len(results),
        }
        if begin + size < len(bars):
            query = f"adjusted={request.args.get('adjusted', 'true')}&cursor={begin + size}"
            document["next_url"] = f"https://api.polygon.io{path}?{query}"
        return json_response(document)


def _error(code: int, status: str, **words: str) -> Response:
    return json_response({"status": status, "request_id": REQUEST_ID, **words}, code)
