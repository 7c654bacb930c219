"""Cboe, Fiscal Data, the Federal Reserve Board and the European Central Bank as they answer about series, none with a key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime

from werkzeug import Request, Response

from tests.feeds.formats.fred import Values
from tests.feeds.formats.market import json_response
from tests.feeds.server import Handler

DEBT = "tot_pub_debt_out_amt"
DDP = "/datadownload/Output.aspx"
PACKAGES = {"c5025f4bbbed155a6f17c587772ed69e": "H15", "3ab1b33ad80c27bc5cc4f8122b7a6440": "H41"}


def cboe_body(values: Values) -> bytes:
    """The whole history: five columns, dates as Americans write them, six digits."""
    lines = [
        ",".join([f"{on:%m/%d/%Y}", *[f"{value:.6f}"] * 4]) for on, value in sorted(values.items()) if value is not None
    ]
    return "\n".join(["DATE,OPEN,HIGH,LOW,CLOSE", *lines, ""]).encode()


def cboe(series: Mapping[str, Values]) -> Handler:
    def handle(path: str, request: Request) -> Response:
        symbol = path.removeprefix("/api/global/us_indices/daily_prices/").removesuffix("_History.csv")
        if symbol not in series:
            denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
            return Response(denied, status=403, content_type="application/xml")
        return Response(cboe_body(series[symbol]), content_type="text/csv")

    return handle


def debt_body(values: Values, total: int | None = None) -> bytes:
    """Rows of US dollars and cents as text, with the counts and links of a page."""
    rows = [
        {"record_date": f"{on}", DEBT: "null" if value is None else f"{value:.2f}"}
        for on, value in sorted(values.items())
    ]
    meta = {"count": len(rows), "labels": {DEBT: "Total Public Debt Outstanding"}, "total-count": total or len(rows)}
    links = {"self": "&page%5Bnumber%5D=1&page%5Bsize%5D=10000", "next": None}
    return json.dumps({"data": rows, "meta": meta | {"total-pages": 1}, "links": links}).encode()


def fiscal_data(values: Values) -> Handler:
    """The debt of each business day in US dollars, cut to the days asked for."""

    def handle(path: str, request: Request) -> Response:
        assert path == "/services/api/fiscal_service/v2/accounting/od/debt_to_penny"
        bounds = dict(one.split(":", 1)[1].split(":") for one in request.args["filter"].split(","))
        if request.args["fields"] != f"record_date,{DEBT}":
            return json_response({"error": "Invalid Query Param", "message": "Invalid field"}, 400)
        within = {on: value for on, value in values.items() if bounds["gte"] <= f"{on}" <= bounds["lte"]}
        return Response(debt_body(within), content_type="application/json")

    return handle


def ddp_body(release: str, series: Mapping[str, Values]) -> bytes:
    """Six lines of header in quotes, a column for each series, ND for a day without a value; no line of a day that none has."""
    names = list(series)

    def head(title: str, cells: list[str]) -> str:
        return ",".join(f'"{cell}"' for cell in [title, *cells])

    days = sorted({on for values in series.values() for on in values})
    return "\r\n".join(
        [
            head("Series Description", [f"{name}, as the Board calls it" for name in names]),
            head("Unit:", ["Percent:_Per_Year" if release == "H15" else "Currency"] * len(names)),
            head("Multiplier:", ["1" if release == "H15" else "1000000"] * len(names)),
            head("Currency:", ["NA" if release == "H15" else "USD"] * len(names)),
            head("Unique Identifier: ", [f"{release}/{release}/{name}" for name in names]),
            head("Time Period", names),
            *(",".join([f"{on}", *(_cell(series[name].get(on)) for name in names)]) for on in days),
            "",
        ]
    ).encode()


def _cell(value: float | None) -> str:
    return "ND" if value is None else f"{value:g}" if abs(value) < 1000 else f"{value:.0f}"


def federal_reserve(releases: Mapping[str, Mapping[str, Values]]) -> Handler:
    """The packages of releases, cut to the days asked for."""

    def handle(path: str, request: Request) -> Response:
        asked = request.args
        release = PACKAGES[asked["series"]]
        assert path == DDP and asked["rel"] == release and asked["filetype"] == "csv" and asked["label"] == "include"
        first, last = (datetime.strptime(asked[name], "%m/%d/%Y").date() for name in ("from", "to"))
        within = {
            name: {on: value for on, value in values.items() if first <= on <= last}
            for name, values in releases[release].items()
        }
        return Response(ddp_body(release, within), content_type="text/csv")

    return handle


def ecb_body(currency: str, values: Values) -> bytes:
    """The eight columns of data alone, CRLF."""
    key = f"EXR.D.{currency}.EUR.SP00.A"
    lines = [
        f"{key},D,{currency},EUR,SP00,A,{on},{'NaN' if value is None else f'{value:g}'}"
        for on, value in sorted(values.items())
    ]
    header = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE"
    return "\r\n".join([header, *lines, ""]).encode()


def ecb(rates: Mapping[str, Values]) -> Handler:
    """Units of each currency for a euro, cut to the days asked for; 404 where there is none."""

    def handle(path: str, request: Request) -> Response:
        currency = path.split("/D.")[1].split(".")[0]
        assert path == f"/service/data/EXR/D.{currency}.EUR.SP00.A" and request.args["format"] == "csvdata"
        first, last = (date.fromisoformat(request.args[name]) for name in ("startPeriod", "endPeriod"))
        within = {on: value for on, value in rates[currency].items() if first <= on <= last}
        if not within:
            return Response("No results found.", status=404, content_type="text/plain")
        return Response(ecb_body(currency, within), content_type="text/csv")

    return handle
