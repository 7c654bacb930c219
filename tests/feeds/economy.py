"""What the providers of network and macro data have to tell in a test, made up by rule, and all of them on one server."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from ingestion.providers.macro.fred import REVISED
from tests.feeds.formats import official
from tests.feeds.formats.coin_metrics import NetworkDay, coin_metrics
from tests.feeds.formats.fred import Values, Vintage, fred, fred_api
from tests.feeds.formats.mempool import Step, mempool
from tests.feeds.formats.treasury import Tenors, treasury
from tests.feeds.server import FeedServer

EPOCH = date(2019, 1, 6)
DAYS_BETWEEN_STEPS = 14
FELL = 194
"""The step of 14 June 2026, the last that the bundle tells of: days after it are held against the chain's own difficulty."""
HOLIDAYS = {(1, 1), (7, 4), (12, 25)}
DAILY = {"VIXCLS": 16.0, "SP500": 5000.0, "BAMLC0A0CM": 0.9, "DGS10": 4.2, "DFII10": 2.3}
TENORS = {"BC_1MONTH": 4.4, "BC_3MONTH": 4.3, "BC_2YEAR": 3.9, "BC_5YEAR": 4.0, "BC_10YEAR": 4.2, "BC_30YEAR": 4.8}
EURO: dict[str, float | None] = {"USD": 1.08, "GBP": 0.86, "CHF": 0.94, "JPY": 162.5, "CAD": 1.6}
MONTHLY = {"M2SL": 21_000.0, "FEDFUNDS": 4.0, "CPIAUCSL": 330.0, "UNRATE": 4.0}
LAG_DAYS = {"WALCL": 2, "GFDEBTN": 200, **dict.fromkeys(MONTHLY, 60), "FEDFUNDS": 40}
MEMPOOL_FACTOR = 1.002
"""By how much mempool.space's hashrate exceeds that of Coin Metrics here."""


def difficulty(epoch: int) -> float:
    """Near the chain's own before and after the step that fell by a tenth."""
    return 1e14 * (1 + 0.002 * epoch) if epoch < FELL else 1.249e14 * (1 + 0.002 * (epoch - FELL))


def network_days(first: date, last: date) -> list[NetworkDay]:
    """Days whose hashrate is the one that their blocks took. On the day of a step the mean difficulty lies between."""
    found = []
    for number in range((first - EPOCH).days, (last - EPOCH).days + 1):
        epoch, since = divmod(number, DAYS_BETWEEN_STEPS)
        mean = difficulty(epoch) if since or not epoch else (difficulty(epoch - 1) + difficulty(epoch)) / 2
        blocks = 144 + number * 7 % 13 - 6
        hashrate_eh_s = mean * 2**32 * blocks / 86_400 / 1e18
        fees_btc = round(3 + number * 11 % 17 / 10, 8)
        found.append(NetworkDay(EPOCH + timedelta(days=number), blocks, fees_btc, mean, hashrate_eh_s))
    return found


def network_steps(first: date, last: date) -> list[Step]:
    """When the difficulty of `network_days` changed and what it then was, from the step before `first` on."""
    begun = max((first - EPOCH).days // DAYS_BETWEEN_STEPS - 1, 0)
    ended = (last - EPOCH).days // DAYS_BETWEEN_STEPS
    noons = (
        (datetime.combine(EPOCH + timedelta(days=n * DAYS_BETWEEN_STEPS), time(12)), n) for n in range(begun, ended + 1)
    )
    return [(noon, difficulty(epoch)) for noon, epoch in noons]


def serve_network(server: FeedServer, first: date, last: date) -> None:
    """The network's days from `first` to `last` at Coin Metrics and mempool.space, mounted at `server`."""
    days = network_days(first, last)
    theirs = [replace(day, hashrate_eh_s=(day.hashrate_eh_s or 0.0) * MEMPOOL_FACTOR) for day in days]
    server.mount("coin_metrics", coin_metrics(days))
    server.mount("mempool", mempool(theirs, network_steps(first, last)))


def serve_macro(server: FeedServer, first: date, last: date, key: str | None = None) -> None:
    """Every series of the ledger as far as its owner would have published it by the evening of `last`, at FRED and the
    Treasury, and at FRED's API if it has a `key`, mounted at `server`."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    series: dict[str, Values] = {
        symbol: {day: _moved(level, day) for day in days if day.weekday() < 5} for symbol, level in DAILY.items()
    }
    series["DFF"] = dict.fromkeys(days, 4.33)
    series["WALCL"] = {day: 6.6e6 + day.toordinal() % 7 for day in days if day.weekday() == 2}
    for symbol, level in MONTHLY.items():
        series[symbol] = {day: level * (1 + day.month / 1000) for day in days if day.day == 1}
    series["GFDEBTN"] = {day: 36_000_000.0 + day.toordinal() for day in days if day.day == 1 and day.month % 3 == 1}
    for symbol, lag in LAG_DAYS.items():
        series[symbol] = {day: value for day, value in series[symbol].items() if day + timedelta(days=lag) <= last}
    curve: dict[date, Tenors] = {
        day: {name: _moved(level, day) for name, level in TENORS.items()}
        for day in days
        if day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS
    }
    server.mount("fred", fred(series))
    server.mount("treasury", treasury(curve))
    server.mount("cboe", official.cboe({"VIX": series["VIXCLS"]}))
    server.mount("fiscal_data", official.fiscal_data(_daily_debt(series["GFDEBTN"])))
    funds = {"H15": {"RIFSPFF_N.D": series["DFF"]}, "H41": {"RESPPMA_N.WW": series["WALCL"]}}
    server.mount("federal_reserve", official.federal_reserve(funds))
    rates = {currency: {on: rate for on in days if on.weekday() < 5} for currency, rate in EURO.items()}
    server.mount("ecb", official.ecb(rates))
    if key is not None:
        vintages = {symbol: _published(symbol, series[symbol]) for symbol in REVISED}
        server.mount("fred_api", fred_api(series, key, vintages=vintages))


def _daily_debt(quarters: Values) -> Values:
    """What the quarters have at their ends, in US dollars, on the last weekday and on one of each week before it."""
    found: dict[date, float | None] = {}
    for first, usd_m in quarters.items():
        end = (first + timedelta(days=100)).replace(day=1) - timedelta(days=1)
        last = end - timedelta(days=max(end.weekday() - 4, 0))
        for weeks in range(1, 12):
            found[last - timedelta(weeks=weeks)] = (usd_m or 0.0) * 1e6 - weeks * 1e9
        found[last] = (usd_m or 0.0) * 1e6
    return found


def _published(symbol: str, values: Values) -> list[Vintage]:
    """Each value out on the last day that the ledger allows, and never changed."""
    return [Vintage(on, value, on + timedelta(days=LAG_DAYS[symbol])) for on, value in sorted(values.items())]


def _moved(level: float, day: date) -> float | None:
    if (day.month, day.day) in HOLIDAYS:
        return None
    return round(level * (1 + day.toordinal() % 11 / 1000), 4)
