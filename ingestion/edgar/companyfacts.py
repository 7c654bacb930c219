"""Company facts of one registrant, JSON to Arrow rows of raw_sec__fact. DuckDB reads the document against a declared shape;
what is wrong with it is looked for in the columns. Fetches nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import date, datetime, timedelta
from functools import cache, partial
from itertools import chain, pairwise
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts import ACCESSION_PATTERN, FACT
from ingestion.contracts.contract import DATE, REAL, TEXT, TIMESTAMP
from ingestion.edgar.acceptance import end_of_day_new_york
from ingestion.edgar.client import shipped_facts_source
from ingestion.edgar.identity import check_identity
from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected

PARSER_VERSION = "sec-companyfacts-2"
REFETCH = "Fetch the source again; if it stays so, EDGAR has changed its format and the parser must follow"
EARLIEST = date(1980, 1, 1)
LATEST_AFTER_FILING = timedelta(days=3653)
"""Some facts speak of days after the filing (a dividend, a maturity); ten years on it is a slip of the pen."""

# Days as text and the number as JSON: types of their own would turn true into 1, and what is no day into nothing.
ENTRY = (
    'STRUCT(start VARCHAR, "end" VARCHAR, val JSON, accn VARCHAR, fy BIGINT, fp VARCHAR, form VARCHAR, filed VARCHAR, '
    "frame VARCHAR)"
)
SHAPE = {
    "cik": "BIGINT",
    "entityName": "VARCHAR",
    "facts": f"MAP(VARCHAR, MAP(VARCHAR, STRUCT(units MAP(VARCHAR, {ENTRY}[]))))",
}
READ = "SELECT unnest(json_transform(body, $shape)) FROM document_body"
FirstMet = Callable[[str, datetime], datetime]
"""When a filing that no list names was first met in facts, given its accession and the end of its filing day."""

_Rule = tuple[str, str | None, str, pa.BooleanArray]
"""Rule, column, what is wrong in words (members of the entry in braces), and the rows of which it holds."""


class _Document(NamedTuple):
    """Who a document speaks of, its lists of entries, and all entries in their order.

    `lists` has taxonomy, concept and unit of each list, `list_of` the number of its list for each of `entry`. A member is
    null where an entry has none of that name or is no object.
    """

    cik: object
    name: object
    lists: dict[str, pa.Array]
    list_of: pa.Array
    entry: pa.StructArray


def parse_company_facts(
    fetch: Fetch,
    content: bytes,
    issuer: str,
    cik: str,
    filings: pa.Table,
    *,
    names: Collection[str],
    first_met: FirstMet | None = None,
) -> Callable[[], Batch]:
    """Reads a document, and hands back what makes of it all facts of a registrant as a snapshot of its partition.

    `filings` are rows of raw_sec__filing (accession, acceptance_zone, known_at_utc): a fact is known when its filing was
    accepted; where the filing is not among them, at the end of the filing day in New York, and never after the document
    that first had it was fetched: this one, or what `first_met` says. `names` are the registrant's known names. Entries
    that are no fact (no end, no number, end before start, absurd dates) are rejected one by one. Raises IdentityMismatch,
    SourceEmpty, SourceDamaged for bytes that are no JSON, SourceDrifted for a document of another shape.
    """
    document = _read(fetch.source, content)
    check_identity(fetch.source, issuer=issuer, cik=cik, names=names, body_cik=document.cik, name=document.name)
    if not len(document.lists["unit"]):
        raise SourceEmpty(fetch.source, "the registrant has no facts", REFETCH)
    return partial(_batch, fetch, document, issuer, cik, filings, first_met)


def read_ahead(jobs: Iterable[Callable[[], Callable[[], Batch]]]) -> Iterator[Batch]:
    """What each of `jobs` makes, in their order. The next one reads in a thread of its own: whoever lands a batch does not
    wait for it, and two documents are at hand, never more."""
    with ThreadPoolExecutor(1, thread_name_prefix="companyfacts") as thread:
        readings = (thread.submit(job) for job in jobs)
        nothing: Future[Callable[[], Batch]] = Future()
        for reading, _ahead in pairwise(chain(readings, [nothing])):
            yield reading.result()()


def _batch(
    fetch: Fetch, document: _Document, issuer: str, cik: str, filings: pa.Table, first_met: FirstMet | None
) -> Batch:
    rows, rules = _rows(document)
    if odd := _odd(rules):
        rows = rows.filter(pa.array(np.isin(np.arange(len(rows)), list(odd), invert=True)))
    said: dict[str, object] = {"issuer": issuer, "cik": cik, **fetch.provenance(PARSER_VERSION)}
    same = np.zeros(len(rows), np.int32)
    columns = {
        name: pa.DictionaryArray.from_arrays(same, pa.array([value], FACT.column(name).type))
        for name, value in said.items()
    }
    for name, values in (columns | _known_at(fetch, rows, filings, first_met)).items():
        rows = rows.append_column(name, values)
    # What EDGAR answers takes the place of what shipped, whose moments are those of filing days.
    sources, partitions = frozenset({fetch.source, shipped_facts_source(cik)}), frozenset({FACT.partition.of(cik)})
    return Batch(FACT, rows, _rejected(fetch, document, odd), sources, partitions=partitions)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1, "enable_external_access": False})


def _read(source: str, content: bytes) -> _Document:
    """The document; raises SourceEmpty, SourceDamaged, SourceDrifted."""
    if not content:
        raise SourceEmpty(source, "the answer is empty", REFETCH)
    try:
        # The bytes as they are, without a copy.
        ends = pa.py_buffer(np.array([0, len(content)]))
        body = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(content)])
        body.validate(full=True)
        with closing(_database().cursor()) as connection:
            connection.register("document_body", pa.table({"body": body}))
            # In pieces as DuckDB makes them, or the whole result would be held twice.
            answer = connection.execute(READ, {"shape": json.dumps(SHAPE)}).to_arrow_reader(1).read_all()
    except (pa.ArrowInvalid, duckdb.Error) as error:
        first = str(error).splitlines()[0][:200]
        raise SourceDamaged(source, f"the answer is no JSON ({first})", REFETCH) from error
    cik, name, facts = (column.combine_chunks() for column in answer.columns)
    taxonomies, by_taxonomy = _members(source, facts, "facts")
    concepts, bodies = _members(source, by_taxonomy, "a taxonomy")
    by_concept = bodies.flatten()[0]
    units, lists = _members(source, by_concept, "the units of a concept")
    if lists.null_count:
        raise SourceDrifted(source, "a unit holds no list", REFETCH)
    entries = lists.flatten()
    if content.count(b'"accn"') > len(entries):
        raise SourceDrifted(source, "a member stands twice in an object, which hides entries", REFETCH)
    taxonomy_of_concept = pc.list_parent_indices(pa.ListArray.from_arrays(by_taxonomy.offsets, concepts))
    concept_of_unit = pc.list_parent_indices(pa.ListArray.from_arrays(by_concept.offsets, units))
    named = {
        "taxonomy": taxonomies.take(taxonomy_of_concept.take(concept_of_unit)),
        "concept": concepts.take(concept_of_unit),
        "unit": units,
    }
    list_of = pc.cast(pc.list_parent_indices(lists), pa.int32())
    return _Document(cik[0].as_py(), name[0].as_py(), named, list_of, entries)


def _members(source: str, objects: pa.MapArray, what: str) -> tuple[pa.Array, pa.Array]:
    """Names and values of all members; a member of another shape reads as null, and with it would go what is in it."""
    if objects.null_count:
        raise SourceDrifted(source, f"{what} has another shape", REFETCH)
    return objects.keys, objects.items


def _rows(document: _Document) -> tuple[pa.Table, list[_Rule]]:
    """The columns that the entries fill, and what may be wrong with an entry in the order in which it is asked. Texts that
    many rows share are dictionary-encoded."""
    text = dict(zip((field.name for field in document.entry.type), document.entry.flatten(), strict=True))
    start, end, filed = (_days(text[name]) for name in ("start", "end", "filed"))
    value, begin = _numbers(text["val"]), pc.coalesce(start, end)
    accession = text["accn"].dictionary_encode()
    rows = {
        **{name: pa.DictionaryArray.from_arrays(document.list_of, texts) for name, texts in document.lists.items()},
        "period_type": pa.DictionaryArray.from_arrays(pc.is_valid(start).cast(pa.int8()), ["instant", "duration"]),
        "period_start_date": begin,
        "period_end_date": end,
        "accession": accession,
        "value": value,
        "fiscal_year": text["fy"],
        "fiscal_period": text["fp"],
        "form": text["form"],
        "filed_date": filed,
        "frame": text["frame"],
    }

    def no_day(name: str, days: pa.Array) -> pa.BooleanArray:
        return pc.and_(pc.is_valid(text[name]), pc.is_null(days))

    is_accession = pc.match_substring_regex(accession.dictionary, f"^(?:{ACCESSION_PATTERN})$").take(accession.indices)
    has_form = pc.greater(pc.binary_length(text["form"]), 0)
    latest = pc.add(filed.view(pa.int32()).cast(pa.int64()), LATEST_AFTER_FILING.days)
    is_absurd = pc.or_kleene(pc.less(begin, EARLIEST), pc.greater(end.view(pa.int32()).cast(pa.int64()), latest))
    period = "period_end_date"
    return pa.table(rows), [
        ("null", period, "end is missing", pc.is_null(text["end"])),
        ("type", period, "end is {end!r}, which is no date", no_day("end", end)),
        ("null", "filed_date", "filed is missing", pc.is_null(text["filed"])),
        ("type", "filed_date", "filed is {filed!r}, which is no date", no_day("filed", filed)),
        ("type", "period_start_date", "start is {start!r}, which is no date", no_day("start", start)),
        ("end_before_start", period, "the period ends on {end}, before it starts on {start}", pc.less(end, begin)),
        ("absurd_date", period, "a period until {end} in a filing of {filed}", is_absurd),
        ("null", "value", "val is missing", pc.is_null(text["val"])),
        ("type", "value", "val is {val!r}", pc.is_null(value)),
        ("not_finite", "value", "val is {val!r}", pc.invert(pc.is_finite(value))),
        ("null", "accession", "accn is missing", pc.is_null(text["accn"])),
        ("pattern", "accession", "accn is {accn!r}", pc.invert(is_accession)),
        ("null", "form", "form is missing", pc.invert(pc.fill_null(has_form, False))),
    ]


def _days(texts: pa.Array) -> pa.Array:
    """Days as they are written; null where there is none, or one that no calendar has."""

    def day(text: str) -> date | None:
        try:
            return date.fromisoformat(text) if len(text) == len("YYYY-MM-DD") else None
        except ValueError:
            return None

    encoded = texts.dictionary_encode()
    return pa.array([day(text) for text in encoded.dictionary.to_pylist()], DATE).take(encoded.indices)


def _numbers(texts: pa.Array) -> pa.Array:
    """The nearest double to each number as JSON writes it; null where there is none."""
    try:
        return texts.cast(REAL)
    except pa.ArrowInvalid:
        return pa.array([None if text is None else _number(json.loads(text)) for text in texts.to_pylist()], REAL)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _odd(rules: list[_Rule]) -> dict[int, tuple[str, str | None, str]]:
    """Rule, column and words of the first thing wrong with an entry, by row; entries with nothing wrong are not in it."""
    found: dict[int, tuple[str, str | None, str]] = {}
    for rule, column, words, holds in rules:
        for row in pc.indices_nonzero(pc.fill_null(holds, False)).to_pylist():
            found.setdefault(row, (rule, column, words))
    return dict(sorted(found.items()))


def _rejected(fetch: Fetch, document: _Document, odd: dict[int, tuple[str, str | None, str]]) -> list[Rejected]:
    """The `odd` entries with the members that they have."""
    rejected = []
    for row, (rule, column, words) in odd.items():
        number = document.list_of[row].as_py()
        told = {name: texts[number].as_py() for name, texts in document.lists.items()}
        members = document.entry[row].as_py() or {}
        entry = {
            name: json.loads(text) if name == "val" else text for name, text in members.items() if text is not None
        }
        if not entry:
            place = row - pc.index(document.list_of, number).as_py() + 1
            rule, column, words = "type", None, f"entry {place} is no object with members of a fact"
        where = f"{'.'.join(told.values())}: {words.format(**entry)}"
        rejected.append(Rejected(rule, where, column, {**told, **entry}, fetch.source, fetch.sha256))
    return rejected


def _known_at(fetch: Fetch, rows: pa.Table, filings: pa.Table, first_met: FirstMet | None) -> dict[str, pa.Array]:
    """known_at_utc and known_at_basis of each row, worked out once for each accession and filing day."""
    columns = (filings[name].to_pylist() for name in ("accession", "acceptance_zone", "known_at_utc"))
    accepted = {accession: (zone, moment) for accession, zone, moment in zip(*columns, strict=True)}
    accession, filed = (rows[name].combine_chunks().dictionary_encode() for name in ("accession", "filed_date"))
    days = len(filed.dictionary)
    pairs = pc.add(pc.multiply(accession.indices.cast(pa.int64()), days), filed.indices).dictionary_encode()
    moments: list[datetime] = []
    bases: list[str] = []
    for pair in pairs.dictionary.to_pylist():
        text, day = accession.dictionary[pair // days].as_py(), filed.dictionary[pair % days].as_py()
        if text in accepted:
            zone, moment = accepted[text]
            bases.append("bound" if zone == "bound" else "acceptance")
        else:
            end = end_of_day_new_york(day)
            moment = min(end, fetch.fetched_at_utc, end if first_met is None else first_met(text, end))
            bases.append("filed_date")
        moments.append(moment)
    return {
        "known_at_basis": pa.DictionaryArray.from_arrays(pairs.indices, pa.array(bases, TEXT)),
        "known_at_utc": pa.array(moments, TIMESTAMP).take(pairs.indices),
    }
