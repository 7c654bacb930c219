"""Tiingo's daily prices: as traded and adjusted side by side, splits and dividends in the row of their day."""

from __future__ import annotations

from datetime import date

from werkzeug import Request, Response

from tests.feeds.formats.market import Bar, Market, json_response, left_of


class TiingoFormat(Market):
    """Mount it as `tiingo`. Asks for its key where one is set."""

    def __call__(self, path: str, request: Request) -> Response:
        if self.key is not None and request.headers.get("Authorization") != f"Token {self.key}":
            return json_response({"detail": "Invalid token."}, 401)
        parts = path.split("/")
        if len(parts) != 5 or parts[1:3] != ["tiingo", "daily"] or parts[4] != "prices" or parts[3] not in self.symbols:
            return json_response({"detail": "Not found."}, 404)
        first, last = date.fromisoformat(request.args["startDate"]), date.fromisoformat(request.args["endDate"])
        factors = self.dividend_factors(parts[3])
        chosen = (bar for bar in self.bars(parts[3]) if first <= bar.day <= last)
        return json_response([self._row(parts[3], bar, left_of(factors, bar.day)) for bar in chosen])

    def _row(self, symbol: str, bar: Bar, factor: float) -> dict[str, object]:
        day = bar.day
        shares = self.shares(symbol, day)
        actions = [one for one in self.actions(symbol) if one.ex_date == day]
        prices = {name: getattr(bar, name) for name in ("close", "high", "low", "open")}
        volume = int(bar.volume)
        return {
            "date": f"{day}T00:00:00.000Z",
            **prices,
            "volume": volume,
            **{f"adj{name.capitalize()}": price * factor / shares for name, price in prices.items()},
            "adjVolume": int(volume * shares),
            "divCash": sum(one.dividend_usd or 0.0 for one in actions),
            "splitFactor": next((one.split_ratio for one in actions if one.split_ratio is not None), 1.0),
        }
