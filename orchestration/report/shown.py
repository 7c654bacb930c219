"""How a value looks on a page: as text, as a cell with a link to what stands behind it. Everything is escaped here or by Jinja."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from markupsafe import Markup, escape

from orchestration.cli.output import is_number

Row = Mapping[str, Any]

NONE: Final = "—"
# What a name ends with is its unit; docs/architecture.md, "One name everywhere".
_UNITS: Final = {
    "_usd_m": "USD million",
    "_usd_ph_day": "USD per PH/s and day",
    "_usd_per_btc": "USD per BTC",
    "_usd_per_kwh": "USD per kWh",
    "_usd": "USD",
    "_btc": "BTC",
    "_eh_s": "EH/s",
    "_mw": "MW",
    "_pct": "%",
    "_bp": "bp",
    "_date": "",
    "_utc": "UTC",
}
_FIRST: Final = 160
_SHORT = re.compile(r"\b(ai|it|gpu|btc|id)\b", re.IGNORECASE)
_ACCESSION = re.compile(r"\b(\d{10})-(\d{2})-(\d{6})\b")
_ADDRESS = re.compile(r"https?://[^\s<>\"'()]+[^\s<>\"'().,;]")


def are_whole(values: Iterable[Any]) -> bool:
    """Whether no number among the values has decimals."""
    return all(float(value).is_integer() for value in values if is_number(value) and math.isfinite(value))


def plain(value: Any, *, is_whole: bool = False) -> str:
    """A value for people: a moment to the minute, and a number with as many decimals as its size needs, unless it `is_whole`
    with all of its column."""
    match value:
        case None:
            return NONE
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M")
        case date():
            return value.isoformat()
    if not is_number(value):
        return str(value)
    if not math.isfinite(value):
        return NONE
    places = next((places for places, least in enumerate((1000, 100, 0.1)) if abs(value) >= least), 4 if value else 2)
    is_whole = is_whole or (abs(value) >= 100 and float(value).is_integer())
    return f"{value:,.{0 if is_whole else places}f}".replace("-", "−")


def key_text(value: Any) -> str:
    """A value as part of a name, numbers without marks between their digits."""
    return str(value) if is_number(value) else plain(value)


def head(column: str, labels: Mapping[str, str], unit: str | None) -> tuple[str, str]:
    """Words and unit over a column."""
    words = stem(column).replace("_", " ")
    words = _SHORT.sub(lambda one: one[0].upper(), words[:1].upper() + words[1:])
    return labels.get(column, words), unit or _UNITS.get(column.removeprefix(stem(column)), "")


def stem(column: str) -> str:
    """The name of a column without its unit."""
    return column.removesuffix(next((one for one in _UNITS if column.endswith(one)), ""))


def figure(value: Any, text: str, origin: Mapping[str, str], address: str = "") -> Markup:
    """A number, shown as `text`, that says where it is from, as a link to what stands behind it where `address` is given."""
    marks = Markup(" ").join(Markup('data-{}="{}"').format(name, said) for name, said in origin.items())
    shown = Markup('<data value="{}" {}>{}</data>').format("" if value is None else value, marks, text)
    return Markup('<a href="{}">{}</a>').format(address, shown) if address and value is not None else shown


def cited(text: str, cik: str | None) -> Markup:
    """A citation in which addresses, and accession numbers of an issuer at EDGAR, are links."""
    linked, rest = Markup(), 0
    for found in sorted([*_ADDRESS.finditer(text), *_ACCESSION.finditer(text)], key=lambda one: one.start()):
        if found.start() < rest:
            continue
        address = found[0] if found.re is _ADDRESS else filing_address(found[0], cik)
        words = _host_alone(found[0]) if found.re is _ADDRESS else escape(found[0])
        link = Markup('<a href="{}" rel="noreferrer">{}</a>').format(address, words) if address else words
        linked, rest = linked + escape(text[rest : found.start()]) + link, found.end()
    return linked + escape(text[rest:])


def folded(text: str, cik: str | None) -> Markup:
    """The first words of a text that would make its row as tall as the page, and the rest behind them, to be opened."""
    # Words stay whole, as an address in two parts can be opened by neither.
    first, *lines = textwrap.wrap(" ".join(text.split()), _FIRST, break_long_words=False, break_on_hyphens=False)
    return Markup("{} <details><summary>the rest</summary>{}</details>").format(
        cited(first, cik), cited(" ".join(lines), cik)
    )


def _host_alone(address: str) -> Markup:
    """An address whose host is in sight; the rest is printed, and would make rows of a table tall on a screen."""
    scheme, mark, rest = address.partition("//")
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    folded = Markup('<span class="rest">{}</span>')
    return folded.format(scheme + mark) + host + folded.format(rest.removeprefix(host))


def filing_address(accession: str, cik: str | None) -> str:
    """The index page of a filing at EDGAR; nothing where the filer is not known."""
    if not cik:
        return ""
    return f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}/{accession}-index.htm"


def filled(template: str, row: Row) -> str:
    """`template` with the row's values in the place of its braces; nothing where one of them is missing."""
    values = {name: "" if value is None else key_text(value) for name, value in row.items()}
    names = re.findall(r"\{(\w+)\}", template)
    return "" if any(not values[name] for name in names) else template.format(**values)


def anchored(name: str) -> str:
    """A name as the end of an address may have it."""
    return re.sub(r"[^\w.#/-]+", "-", name)


def script_json(value: Any) -> Markup:
    """JSON inside a script element, which no text in it can end."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))
