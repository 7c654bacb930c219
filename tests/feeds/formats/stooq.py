"""Stooq's CSV: CRLF, ISO dates, oldest first, restated for splits and dividends unless told otherwise; errors as text."""

from __future__ import annotations

from datetime import date, datetime

from werkzeug import Request, Response

from tests.feeds.formats.market import Market, left_of


class StooqFormat(Market):
    """Mount it as `stooq`."""

    def __call__(self, path: str, request: Request) -> Response:
        symbol = request.args.get("s", "").lower()
        if path != "/q/d/l/" or symbol not in self.symbols:
            return _text("No data")
        first, last = _day(request.args.get("d1"), date.min), _day(request.args.get("d2"), date.max)
        skipped = request.args.get("o", "0000000")
        lines = ["Date,Open,High,Low,Close,Volume"]
        factors = [] if skipped[1] == "1" else self.dividend_factors(symbol)
        for bar in self.bars(symbol):
            if first <= bar.day <= last:
                shares = 1.0 if skipped[0] == "1" else self.shares(symbol, bar.day)
                factor = left_of(factors, bar.day) / shares
                prices = (str(round(price * factor, 4)) for price in (bar.open, bar.high, bar.low, bar.close))
                lines.append(",".join([bar.day.isoformat(), *prices, f"{bar.volume * shares:.12g}"]))
        return _text("\r\n".join(lines) + "\r\n")


def _day(text: str | None, default: date) -> date:
    return default if text is None else datetime.strptime(text, "%Y%m%d").date()


def _text(text: str) -> Response:
    return Response(text, content_type="text/plain; charset=utf-8")
