"""The vocabulary of a gate: rules, suites of rules and the moment they are judged at. No rule of a table lives here.

A rule says what holds for a table. It never formats messages, never runs and knows neither Dagster nor dbt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")

BUNDLE = "bundle"
RULE_NAME = re.compile(r"[a-z][a-z0-9_]*")


def naive_utc(moment: datetime) -> datetime:
    """`moment` as a naive UTC datetime, the form the lake keeps; a naive value is taken as UTC already."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Context:
    """When and over what a gate judges.

    `now_utc` is the run's own clock. `as_of_utc`, where the run looks back, is the first moment that must not be seen
    (midnight after the day asked for). `quarantined` is the number of rows the run put aside, `quarantined_of` gives rows
    read and put aside for each batch that put any aside, one batch for each registrant of EDGAR. `edition` is that of
    the run; the bundle holds no filings of the SEC, so tables made of them alone may be empty there and nowhere else.
    """

    now_utc: datetime
    as_of_utc: datetime | None = None
    quarantined: int = 0
    quarantined_of: Mapping[str, tuple[int, int]] = field(default_factory=dict, hash=False)
    edition: str = ""

    @property
    def horizon_utc(self) -> datetime:
        """First moment a row may no longer have become known at, naive UTC."""
        if self.as_of_utc is not None:
            return naive_utc(self.as_of_utc)
        return naive_utc(self.now_utc) + timedelta(microseconds=1)


@dataclass(frozen=True)
class Rule:
    """One statement about a table, checked by exactly one of three kinds of SQL.

    `where`: condition on a row of the table, true for a row that breaks the rule (unknown, as in SQL, breaks nothing).
    `violations`: SELECT whose rows are the violations; for rules across rows or tables.
    `metric`: aggregate over the table whose value must lie within `minimum` and `maximum`; an unknown value fails.

    SQL may hold `{relation}` (the table judged), `{now}`, `{horizon}` (timestamps, see Context), `{quarantined}` and
    `{quarantined_of}` (rows of a VALUES list: batch, rows read, rows put aside).
    `as_of_severity` replaces `severity` in runs that look back, `bundle_severity` in runs of the bundle edition. A
    `prerequisite` is judged before the others, which are left out when it fails, since their SQL could not even be bound.
    """

    name: str
    severity: Severity
    states: str
    remedy: str
    where: str = ""
    violations: str = ""
    metric: str = ""
    minimum: float | None = None
    maximum: float | None = None
    reads: tuple[str, ...] = ()
    as_of_severity: Severity | None = None
    bundle_severity: Severity | None = None
    prerequisite: bool = False

    def __post_init__(self) -> None:
        if not RULE_NAME.fullmatch(self.name):
            raise ValueError(f"rule {self.name!r}: a name is lower case letters, digits and underscores")
        if sum(map(bool, (self.where, self.violations, self.metric))) != 1:
            raise ValueError(f"rule {self.name}: give exactly one of where, violations and metric")
        if bool(self.metric) != (self.minimum is not None or self.maximum is not None):
            raise ValueError(f"rule {self.name}: a metric has a minimum or a maximum, other rules have neither")
        if self.prerequisite and self.where:
            raise ValueError(f"rule {self.name}: a prerequisite may not depend on the columns of the table")
        for text in (self.states, self.remedy):
            if not text.endswith("."):
                raise ValueError(f"rule {self.name}: what it states and its remedy are sentences")

    @property
    def severities(self) -> frozenset[Severity]:
        """Every severity that may count, whatever the context."""
        return frozenset({self.severity, self.as_of_severity or self.severity, self.bundle_severity or self.severity})

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Inclusive lower and upper bound of the observed value; for rules that count violations that is zero."""
        return (self.minimum, self.maximum) if self.metric else (None, 0.0)

    @property
    def limit(self) -> str:
        """The bounds for a reader, for instance `at most 0`."""
        low, high = self.bounds
        if low is None:
            return f"at most {high:g}"
        return f"at least {low:g}" if high is None else f"between {low:g} and {high:g}"

    def severity_in(self, context: Context) -> Severity:
        """The severity that counts in `context`."""
        if context.edition == BUNDLE and self.bundle_severity is not None:
            return self.bundle_severity
        if context.as_of_utc is not None and self.as_of_severity is not None:
            return self.as_of_severity
        return self.severity


@dataclass(frozen=True)
class Suite:
    """Everything that must hold for one table. `key` are the columns that name a row in messages."""

    table: str
    schema: Literal["raw", "main"]
    key: tuple[str, ...]
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        names = [rule.name for rule in self.rules]
        doubled = {name for name in names if names.count(name) > 1}
        if doubled:
            raise ValueError(f"suite {self.table}: declared twice: {', '.join(sorted(doubled))}")

    @property
    def relation(self) -> str:
        """Where the table stands in a run's connection, for instance `raw.raw_market__bar`."""
        return f"{self.schema}.{self.table}"

    @property
    def reads(self) -> tuple[str, ...]:
        """Other relations its rules look at, sorted; they must exist in the connection before the suite is judged."""
        return tuple(sorted({relation for rule in self.rules for relation in rule.reads} - {self.relation}))

    def rule(self, name: str) -> Rule:
        """The rule called `name`; raises KeyError when the suite has none."""
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise KeyError(f"suite {self.table} has no rule {name}")
