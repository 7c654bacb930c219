"""The vocabulary of a gate: rules, suites of rules and the moment they are judged at. No rule of a table lives here.

A rule is an expectation of Great Expectations, as data. It never formats messages, never runs and knows neither Dagster
nor dbt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")

UNEXPECTED_ROWS = "unexpected_rows_expectation"
QUERY = "unexpected_rows_query"
ROW_COUNT = "expect_table_row_count_to_be_between"

BUNDLE = "bundle"
RULE_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What the moment of judging fills in; {batch} is Great Expectations' own.
PLACEHOLDERS = frozenset({"batch", "now", "horizon", "quarantined_of"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_RELATION = re.compile(r"\b(?:raw|main)\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Context:
    """When and over what a gate judges. Times are naive UTC, as in the lake.

    `now_utc` is the run's own clock. `as_of_utc`, where the run looks back, is the first moment that must not be seen
    (midnight after the day asked for). `quarantined` is the number of rows the run put aside, `quarantined_of` gives rows
    read and put aside for each batch that put any aside, one batch for each registrant of EDGAR. `edition` is that of
    the run; a bundle need hold no filings of the SEC, so tables made of them alone may be empty there and nowhere else.
    """

    now_utc: datetime
    as_of_utc: datetime | None = None
    quarantined: int = 0
    quarantined_of: Mapping[str, tuple[int, int]] = field(default_factory=dict, hash=False)
    edition: str = ""

    @property
    def horizon_utc(self) -> datetime:
        """First moment a row may no longer have become known at."""
        return self.as_of_utc or self.now_utc + timedelta(microseconds=1)


@dataclass(frozen=True)
class Rule:
    """One expectation about a table: `type` and `kwargs` as Great Expectations names them, and what hashwatt adds.

    `states` is what holds, a sentence (the expectation's description); `remedy` what to do where it does not. `where` is
    short for an `unexpected_rows_expectation`: a condition that is true for a row that breaks the rule (unknown, as in
    SQL, breaks nothing). A query may hold `{batch}` (the table judged), `{now}`, `{horizon}` (timestamps, see Context)
    and `{quarantined_of}` (rows of a VALUES list: batch, rows read, rows put aside). Great Expectations' own parameters
    `now`, `today` and `horizon` are the same moments for the kwargs of what it has built in.

    `as_of_severity` replaces `severity` in runs that look back, `bundle_severity` in runs of the bundle edition. A
    `prerequisite` is judged before the others, which are left out when it fails, since their SQL could not even be bound.
    Raises ValueError for a rule that is not whole.
    """

    name: str
    severity: Severity
    states: str
    remedy: str
    where: str = ""
    type: str = UNEXPECTED_ROWS
    kwargs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    as_of_severity: Severity | None = None
    bundle_severity: Severity | None = None
    prerequisite: bool = False

    def __post_init__(self) -> None:
        if not RULE_NAME.fullmatch(self.name):
            raise ValueError(f"rule {self.name!r}: a name is lower case letters, digits and underscores")
        if not self.severities <= set(SEVERITIES):
            raise ValueError(f"rule {self.name}: a severity is one of {', '.join(SEVERITIES)}")
        if bool(self.where) == bool(self.kwargs) or (self.where and self.type != UNEXPECTED_ROWS):
            raise ValueError(f"rule {self.name}: give a condition or the kwargs of an expectation")
        if self.type == UNEXPECTED_ROWS and self.kwargs and "{batch}" not in str(self.kwargs.get(QUERY)):
            raise ValueError(f"rule {self.name}: its query does not read {{batch}}")
        unknown = set(_PLACEHOLDER.findall(self.query.replace("{{", "").replace("}}", ""))) - PLACEHOLDERS
        if unknown:
            raise ValueError(f"rule {self.name}: nothing fills {', '.join(sorted(unknown))}")
        for text in (self.states, self.remedy):
            if not text.endswith("."):
                raise ValueError(f"rule {self.name}: what it states and its remedy are sentences")

    @property
    def query(self) -> str:
        """Its own SQL; empty for an expectation that Great Expectations has built in."""
        return self.where or str(self.kwargs.get(QUERY, ""))

    @property
    def severities(self) -> frozenset[Severity]:
        """Every severity that may count, whatever the context."""
        return frozenset({self.severity, self.as_of_severity or self.severity, self.bundle_severity or self.severity})

    @property
    def limit(self) -> str:
        """What may be observed, for a reader: rows of the table, else rows that break the rule."""
        return f"at least {self.kwargs['min_value']:g}" if self.type == ROW_COUNT else "at most 0"

    def severity_in(self, context: Context) -> Severity:
        if context.edition == BUNDLE and self.bundle_severity is not None:
            return self.bundle_severity
        if context.as_of_utc is not None and self.as_of_severity is not None:
            return self.as_of_severity
        return self.severity


@dataclass(frozen=True)
class Suite:
    """Everything that must hold for one table. `key` are the columns that name a row in messages, beside those of
    `columns` (the table's, where they are declared) that say where a row comes from."""

    table: str
    schema: Literal["raw", "main"]
    key: tuple[str, ...]
    rules: tuple[Rule, ...]
    columns: tuple[str, ...] = ()

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
    def told(self) -> tuple[str, ...]:
        """The columns that name a row to a person: its key, and where it was read."""
        origin = (name for name in ("source", "source_line") if name in self.columns and name not in self.key)
        return (*self.key, *origin)

    @property
    def reads(self) -> tuple[str, ...]:
        """Other relations its rules look at, sorted; they must exist in the connection before the suite is judged."""
        return tuple(sorted({name for rule in self.rules for name in _RELATION.findall(rule.query)} - {self.relation}))

    def rule(self, name: str) -> Rule:
        """The rule called `name`; raises KeyError when the suite has none."""
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise KeyError(f"suite {self.table} has no rule {name}")
