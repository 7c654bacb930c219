"""Alpha Vantage's daily series: numbered keys, newest first, a hundred bars without a plan, every error under status 200."""

from __future__ import annotations

from werkzeug import Request, Response

from tests.feeds.formats.market import Market, json_response

COMPACT = 100
BAD_KEY = (
    "the parameter apikey is invalid or missing. Please claim your free API key on "
    "(https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
)
BAD_CALL = (
    "Invalid API call. Please retry or visit the documentation "
    "(https://www.alphavantage.co/documentation/) for TIME_SERIES_DAILY."
)
SPENT = (
    "We have detected your API key as {key} and our standard API rate limit is 25 requests per day. "
    "Please subscribe to any of the premium plans to instantly remove all daily rate limits."
)


class AlphaVantageFormat(Market):
    """Mount it as `alpha_vantage`. `questions` counts down to the daily limit where it is set."""

    questions: int | None = None

    def __call__(self, path: str, request: Request) -> Response:
        key = request.args.get("apikey", "")
        if path != "/query" or (key != self.key if self.key is not None else not key):
            return json_response({"Error Message": BAD_KEY}, indent=4)
        if self.questions is not None:
            self.questions -= 1
            if self.questions < 0:
                return json_response({"Information": SPENT.format(key=key)}, indent=4)
        symbol = request.args.get("symbol", "")
        if symbol not in self.symbols:
            return json_response({"Error Message": BAD_CALL}, indent=4)
        assert (request.args["function"], request.args["outputsize"]) == ("TIME_SERIES_DAILY", "compact")
        newest = self.bars(symbol)[-COMPACT:][::-1]
        series = {
            bar.day.isoformat(): {
                "1. open": f"{bar.open:.4f}",
                "2. high": f"{bar.high:.4f}",
                "3. low": f"{bar.low:.4f}",
                "4. close": f"{bar.close:.4f}",
                "5. volume": str(int(bar.volume)),
            }
            for bar in newest
        }
        meta = {
            "1. Information": "Daily Prices (open, high, low, close) and Volumes",
            "2. Symbol": symbol,
            "3. Last Refreshed": next(iter(series), ""),
            "4. Output Size": "Compact",
            "5. Time Zone": "US/Eastern",
        }
        return json_response({"Meta Data": meta, "Time Series (Daily)": series}, indent=4)
