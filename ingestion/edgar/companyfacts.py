"""Company facts of one registrant, JSON to Arrow rows of raw_sec__fact. One document at a time; fetches nothing.

A document in EDGAR's own form is read at fixed places (facts_form), any other as JSON (facts_json); only a document with
something odd in it is read a second time, entry by entry, to say what.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts import ACCESSION_PATTERN, FACT
from ingestion.contracts.contract import DATE, TEXT, TIMESTAMP, WHOLE
from ingestion.edgar.acceptance import end_of_day_new_york
from ingestion.edgar.facts_form import read_form
from ingestion.edgar.facts_json import REFETCH, FactsDocument, read_json
from ingestion.edgar.identity import check_identity
from ingestion.errors import SourceEmpty
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected

PARSER_VERSION = "sec-companyfacts-2"
EARLIEST = date(1980, 1, 1)
LATEST_AFTER_FILING = timedelta(days=3653)
"""Some facts speak of days after the filing (a dividend, a maturity); ten years on it is a slip of the pen."""

COMPACT = re.compile(rb'\{"[A-Za-z]+":[0-9"{]')

FirstMet = Callable[[str, datetime], datetime]
"""When a filing that no list names was first met in facts, given its accession and the end of its filing day."""


def parse_company_facts(
    fetch: Fetch,
    content: bytes,
    issuer: str,
    cik: str,
    filings: pa.Table,
    *,
    names: Collection[str],
    first_met: FirstMet | None = None,
) -> Batch:
    """All facts of a registrant as a snapshot of its partition.

    `filings` are rows of raw_sec__filing (accession, acceptance_zone, known_at_utc): a fact is known when its filing was
    accepted; where the filing is not among them, at the end of the filing day in New York, and never after the document
    that first had it was fetched: this one, or what `first_met` says. `names` are the registrant's known names. Entries that are no fact (no end, no number, end before start, absurd
    dates) are rejected one by one. Raises IdentityMismatch, SourceEmpty, SourceDamaged for bytes that are no JSON,
    SourceDrifted for a document of another shape.
    """
    exact = read_form(content)
    document = exact or read_json(fetch.source, content)
    check_identity(fetch.source, issuer=issuer, cik=cik, names=names, body_cik=document.cik, name=document.name)
    if len(document.unit) == 0:
        raise SourceEmpty(fetch.source, "the registrant has no facts", REFETCH)
    rejected: list[Rejected] = []
    if (exact is None and _may_hide_odd(content, document)) or _has_odd_period(document):
        document, rejected = _without_odd(fetch, content, document)
    records = _records(fetch, issuer, cik, document, filings, first_met)
    sources, partitions = frozenset({fetch.source}), frozenset({FACT.partition.of(cik)})
    return Batch(FACT, records, rejected, sources, partitions=partitions)


def _may_hide_odd(content: bytes, document: FactsDocument) -> bool:
    """Whether an entry may hold what the typed columns cannot show; that is looked for in the bytes."""
    column = document.columns
    if any(column[name].null_count for name in ("end", "val", "accn", "form", "filed")):
        return True
    # A document with blanks between its members is not EDGAR's and is looked at entry by entry.
    if not COMPACT.match(content):
        return True
    # DuckDB reads true as 1 and false as 0.
    for word, number in ((b"true", 1.0), (b"false", 0.0)):
        if pc.any(pc.equal(column["val"], number)).as_py() and b'"val":' + word in content:
            return True
    try:
        column["start"].cast(DATE)
    except pa.ArrowInvalid:
        return True
    if not pc.all(pc.is_finite(column["val"])).as_py():
        return True
    accessions = pc.match_substring_regex(pc.unique(column["accn"]), pattern=f"^(?:{ACCESSION_PATTERN})$")
    nameless = pc.equal(pc.binary_length(pc.unique(column["form"])), 0)
    return not pc.all(accessions).as_py() or bool(pc.any(nameless).as_py())


def _has_odd_period(document: FactsDocument) -> bool:
    """Whether the days of any entry make no period that a filing could speak of."""
    start, end, filed = (document.columns[name].cast(DATE).view(pa.int32()) for name in ("start", "end", "filed"))
    given, ended, told = (days.fill_null(0).to_numpy() for days in (start, end, filed))
    first = (EARLIEST - date(1970, 1, 1)).days
    begun = np.where(start.is_valid(), given, ended)
    latest = told.astype(np.int64) + LATEST_AFTER_FILING.days
    return bool(((begun < first) | (ended < begun) | (ended > latest)).any())


def _without_odd(fetch: Fetch, content: bytes, document: FactsDocument) -> tuple[FactsDocument, list[Rejected]]:
    """The document without the entries that are no facts, and those with what is wrong with them."""
    good: list[int] = []
    rejected = []
    for number, (place, original) in enumerate(_originals(content)):
        problem = _problem(original)
        if problem is None:
            good.append(number)
            continue
        rule, column, reason = problem
        shown = original if isinstance(original, dict) else {"entry": original}
        row = {"taxonomy": place[0], "concept": place[1], "unit": place[2], **shown}
        where = f"{'.'.join(place)}: {reason}"
        rejected.append(Rejected(rule, where, column, row, fetch.source, fetch.sha256))
    keep = pa.array(good, pa.int64())
    columns = {name: column.take(keep) for name, column in document.columns.items()}
    return replace(document, columns=columns, unit_of_entry=document.unit_of_entry.take(keep)), rejected


def _originals(content: bytes) -> Iterator[tuple[tuple[str, str, str], object]]:
    """Every entry as it stands in the document, in its order, with taxonomy, concept and unit."""
    pairs = json.loads(content, object_pairs_hook=_Pairs)
    for taxonomy, concepts in _pairs(pairs, "facts"):
        for concept, body in _pairs(concepts):
            for unit, listed in _pairs(body, "units"):
                for entry in listed:
                    yield (taxonomy, concept, unit), dict(entry) if isinstance(entry, _Pairs) else entry


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object in their order, a name that stands twice included."""


def _pairs(value: object, name: str = "") -> _Pairs:
    """The members of an object, or of its member `name`."""
    if name and isinstance(value, _Pairs):
        value = next((member for key, member in value if key == name), None)
    return value if isinstance(value, _Pairs) else _Pairs()


def _problem(entry: object) -> tuple[str, str | None, str] | None:
    """(rule, column, reason) of the first thing wrong with an entry of a unit's list."""
    if not isinstance(entry, dict):
        return "type", None, f"{entry!r} is no object"
    dates: dict[str, date] = {}
    for name, column in (("end", "period_end_date"), ("filed", "filed_date"), ("start", "period_start_date")):
        if entry.get(name) is None:
            if name == "start":
                continue
            return "null", column, f"{name} is missing"
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(entry[name])):
                raise ValueError
            dates[name] = date.fromisoformat(str(entry[name]))
        except ValueError:
            return "type", column, f"{name} is {entry[name]!r}, which is no date"
    end, filed, start = dates["end"], dates["filed"], dates.get("start", dates["end"])
    if end < start:
        return "end_before_start", "period_end_date", f"the period ends on {end}, before it starts on {start}"
    if start < EARLIEST or end > filed + LATEST_AFTER_FILING:
        return "absurd_date", "period_end_date", f"a period from {start} to {end} in a filing of {filed}"
    value = entry.get("val")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ("null", "value", "val is missing") if value is None else ("type", "value", f"val is {value!r}")
    if not math.isfinite(value):
        return "not_finite", "value", f"val is {value!r}"
    if not re.fullmatch(ACCESSION_PATTERN, str(entry.get("accn"))):
        return "pattern", "accession", f"accn is {entry.get('accn')!r}"
    if not entry.get("form"):
        return "null", "form", "form is missing"
    return None


def _records(
    fetch: Fetch, issuer: str, cik: str, document: FactsDocument, filings: pa.Table, first_met: FirstMet | None
) -> pa.Table:
    rows = len(document.unit_of_entry)
    column = document.columns
    first = pa.repeat(pa.scalar(0, pa.int32()), rows)

    def same(value: object) -> pa.Array:
        """One text in all rows."""
        return pa.DictionaryArray.from_arrays(first, pa.array([value], TEXT))

    def of_unit(names: pa.Array) -> pa.Array:
        return pa.DictionaryArray.from_arrays(document.unit_of_entry, names)

    accession = column["accn"]
    if not pa.types.is_dictionary(accession.type):
        accession = accession.dictionary_encode()
    accepted, basis = _known_at(fetch, accession, column["filed"], filings, first_met)
    is_duration = pc.cast(pc.is_valid(column["start"]), pa.int32())
    made = {
        "issuer": same(issuer),
        "cik": same(cik),
        "taxonomy": of_unit(document.taxonomy),
        "concept": of_unit(document.concept),
        "unit": of_unit(document.unit),
        "period_type": pa.DictionaryArray.from_arrays(is_duration, pa.array(["instant", "duration"])),
        "period_start_date": pc.coalesce(column["start"].cast(DATE), column["end"]),
        "period_end_date": column["end"],
        "accession": accession,
        "value": column["val"],
        "fiscal_year": column["fy"].cast(WHOLE),
        "fiscal_period": column["fp"],
        "form": column["form"],
        "filed_date": column["filed"],
        "frame": column["frame"],
        "known_at_basis": basis,
        "known_at_utc": accepted,
        "ingested_at_utc": pa.repeat(pa.scalar(fetch.fetched_at_utc, TIMESTAMP), rows),
        "source": same(fetch.source),
        "source_sha256": same(fetch.sha256),
        "parser_version": same(PARSER_VERSION),
    }
    return pa.table(made)


def _known_at(
    fetch: Fetch, accession: pa.DictionaryArray, filed: pa.Array, filings: pa.Table, first_met: FirstMet | None
) -> tuple[pa.Array, pa.Array]:
    """(known_at_utc, known_at_basis) of each row, worked out once for each accession and filing day."""
    columns = (filings[name].to_pylist() for name in ("accession", "acceptance_zone", "known_at_utc"))
    acceptances: dict[str, tuple[str, datetime]] = {text: (zone, at) for text, zone, at in zip(*columns, strict=True)}
    by_accession = [acceptances.get(text) for text in accession.dictionary.to_pylist()]
    accepted = pa.array([one and one[1] for one in by_accession], TIMESTAMP).take(accession.indices)
    kinds = [2 if one is None else int(one[0] == "bound") for one in by_accession]
    kind = pa.array(kinds, pa.int32()).take(accession.indices)
    basis = pa.DictionaryArray.from_arrays(kind, pa.array(["acceptance", "bound", "filed_date"]))
    days = filed.dictionary_encode()
    ends = [end_of_day_new_york(day) for day in days.dictionary.to_pylist()]
    bound = pa.array([min(end, fetch.fetched_at_utc) for end in ends], TIMESTAMP).take(days.indices)
    if first_met is not None:
        bound = _first_bound(
            accession, pa.array(ends, TIMESTAMP).take(days.indices), pc.is_null(accepted), bound, first_met
        )
    return pc.coalesce(accepted, bound), basis


def _first_bound(
    accession: pa.DictionaryArray, end: pa.Array, is_unlisted: pa.Array, bound: pa.Array, first_met: FirstMet
) -> pa.Array:
    """`bound`, where an unlisted filing was met earlier than now the earlier moment."""
    text = accession.cast(TEXT)
    pairs = pa.table({"accession": text, "end": end}).filter(is_unlisted).group_by(["accession", "end"]).aggregate([])
    for one, day_end in zip(pairs["accession"].to_pylist(), pairs["end"].to_pylist(), strict=True):
        met = min(day_end, first_met(one, day_end))
        bound = pc.if_else(pc.and_(pc.equal(text, one), pc.equal(end, day_end)), pc.min_element_wise(bound, met), bound)
    return bound
