"""The Treasury's yield curve as it answers: an Atom feed a month, typed properties, nulls marked, any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from werkzeug import Request, Response

from tests.feeds.server import Handler

PATH = "/resource-center/data-chart-center/interest-rates/pages/xml"
CURVE = "daily_treasury_yield_curve"
DATA = "http://schemas.microsoft.com/ado/2007/08/dataservices"

Tenors = Mapping[str, float | None]
"""Yield in percent by the name of its property, such as BC_10YEAR; None where it is marked as missing."""


def entry(on: date, tenors: Tenors, number: int = 1) -> str:
    found = "".join(
        f'<d:{name} m:null="true" />' if value is None else f'<d:{name} m:type="Edm.Double">{value}</d:{name}>'
        for name, value in tenors.items()
    )
    return (
        f"<entry><id>{number}</id><title/><updated>2026-11-20T00:00:00Z</updated><author><name /></author>"
        f'<content type="application/xml"><m:properties><d:Id m:type="Edm.Int32">{number}</d:Id>'
        f'<d:NEW_DATE m:type="Edm.DateTime">{on}T00:00:00</d:NEW_DATE>{found}</m:properties></content></entry>'
    )


def body(entries: Iterable[str], prologue: str = "") -> bytes:
    text = (
        f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>{prologue}'
        f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:d="{DATA}" xmlns:m="{DATA}/metadata">'
        f'<title type="text">DailyTreasuryYieldCurveRateData</title>{"".join(entries)}</feed>'
    )
    return text.encode()


def treasury(curve: Mapping[date, Tenors]) -> Handler:
    """Answers with the days of `curve` in the month asked for; a feed without entries where there are none."""

    def handle(path: str, request: Request) -> Response:
        assert path == PATH and request.args["data"] == CURVE
        month = request.args.get("field_tdr_date_value_month", "")
        days = sorted(day for day in curve if f"{day:%Y%m}" == month)
        entries = [entry(day, curve[day], number) for number, day in enumerate(days, start=1)]
        return Response(body(entries), content_type="application/xml")

    return handle
