"""Lists of filings, the main page and the older ones, to raw_sec__filing. Fetches nothing; zones are in acceptance.py."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from ingestion.contracts import ACCESSION_PATTERN, FILING
from ingestion.edgar.acceptance import Acceptance, Printed, decide, parse_printed
from ingestion.edgar.identity import check_identity
from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected

PARSER_VERSION = "sec-submissions-2"
COLUMNS = (
    "accessionNumber",
    "filingDate",
    "reportDate",
    "acceptanceDateTime",
    "form",
    "items",
    "size",
    "isXBRL",
    "primaryDocument",
    "primaryDocDescription",
)
REFETCH = "Fetch the source again; if it stays so, EDGAR has changed its format and the parser must follow"

Row = dict[str, object]


def older_pages(source: str, content: bytes, cik: str) -> tuple[str, ...]:
    """File names of the older pages that the main page names; raises SourceDrifted for a name of another form."""
    filings = _document(source, content).get("filings")
    files = filings.get("files") if isinstance(filings, dict) else None
    if not isinstance(files, list):
        raise SourceDrifted(source, "filings.files is no list", REFETCH)
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in files]
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(rf"CIK{cik}-submissions-[0-9]{{3}}\.json", name):
            raise SourceDrifted(source, f"{name!r} is no older page of CIK {cik}", REFETCH)
    return tuple(str(name) for name in names)


def first_readings(answers: Iterable[tuple[Fetch, bytes]]) -> dict[str, tuple[Acceptance, Fetch, date]]:
    """The acceptance of each filing as the first of `answers` that lists it was read, that answer, and the filing day.

    `answers` are pages of one registrant, main and older ones, as they came in. A later answer has more evidence, and
    what was known when does not depend on it: docs/decisions/0013. An answer that cannot be read tells nothing.
    """
    found: dict[str, tuple[Acceptance, Fetch, date]] = {}
    for fetch, content in answers:
        try:
            document = _document(fetch.source, content)
            rows = _rows(fetch.source, _listed(document, "-submissions-" not in fetch.source))
        except (SourceDamaged, SourceDrifted, SourceEmpty):
            continue
        if all(row["accessionNumber"] in found for row in rows):
            continue
        seen: set[object] = set()
        printed: list[Printed] = []
        for row in rows:
            if _problem(row, seen) is None:
                seen.add(row["accessionNumber"])
                printed.append(_printed(row))
        for one, acceptance in zip(printed, decide(printed, fetch.fetched_at_utc), strict=True):
            found.setdefault(one.accession, (acceptance, fetch, one.filed_date))
    return found


def parse_submissions(
    pages: Sequence[tuple[Fetch, bytes]],
    issuer: str,
    cik: str,
    *,
    names: Collection[str],
    first: Mapping[str, Acceptance] | None = None,
) -> Batch:
    """All filings of a registrant as a snapshot of its partition.

    `pages` are the main page and then the older pages that were fetched; a filing that stands on two pages is taken
    from the first and rejected as repeated from the other. `names` are the registrant's known names. `first` gives the
    acceptance of filings that an earlier answer listed already, as it was read then: it stays. Raises IdentityMismatch,
    SourceDamaged for bytes that are no JSON, SourceDrifted for other columns, SourceEmpty for a registrant without
    filings.
    """
    records: list[Row] = []
    rejected: list[Rejected] = []
    seen: set[object] = set()
    for number, (fetch, content) in enumerate(pages):
        document = _document(fetch.source, content)
        if number == 0:
            check_identity(
                fetch.source,
                issuer=issuer,
                cik=cik,
                names=names,
                body_cik=document.get("cik"),
                name=document.get("name"),
            )
        good: list[tuple[Row, Printed]] = []
        for row in _rows(fetch.source, _listed(document, number == 0)):
            problem = _problem(row, seen)
            if problem is not None:
                rule, column, reason = problem
                rejected.append(Rejected(rule, reason, column, row, fetch.source, fetch.sha256))
                continue
            seen.add(row["accessionNumber"])
            good.append((row, _printed(row)))
        accepted = decide([printed for _, printed in good], fetch.fetched_at_utc)
        for (row, printed), by_now in zip(good, accepted, strict=True):
            acceptance = by_now if first is None else first.get(printed.accession, by_now)
            is_settled = by_now.zone not in ("bound", acceptance.zone)
            records.append(
                {
                    "issuer": issuer,
                    "cik": cik,
                    "accession": printed.accession,
                    "form": printed.form,
                    "items": _text(row["items"]),
                    "filed_date": printed.filed_date,
                    "report_date": date.fromisoformat(str(row["reportDate"])) if row["reportDate"] else None,
                    "acceptance_text": printed.text,
                    "acceptance_zone": acceptance.zone,
                    "acceptance_zone_later": by_now.zone if is_settled else None,
                    "primary_document": _text(row["primaryDocument"]),
                    "primary_description": _text(row["primaryDocDescription"]),
                    "is_xbrl": bool(row["isXBRL"]),
                    "size_bytes": row["size"],
                    "known_at_utc": acceptance.at_utc,
                    "ingested_at_utc": fetch.fetched_at_utc,
                    "source": fetch.source,
                    "source_sha256": fetch.sha256,
                    "parser_version": PARSER_VERSION,
                }
            )
    if not records and not rejected:
        raise SourceEmpty(pages[0][0].source if pages else f"CIK {cik}", "the registrant has no filings", REFETCH)
    sources = frozenset(fetch.source for fetch, _ in pages)
    return Batch(FILING, records, rejected, sources, partitions=frozenset({FILING.partition.of(cik)}))


def _document(source: str, content: bytes) -> dict[str, object]:
    if not content:
        raise SourceEmpty(source, "the answer is empty", REFETCH)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceDamaged(source, f"the answer is no JSON ({error})", REFETCH) from error
    if not isinstance(document, dict):
        raise SourceDrifted(source, "the answer is no JSON object", REFETCH)
    return document


def _listed(document: Mapping[str, object], is_main: bool) -> object:
    """The columns of a page; the older ones have no wrapper."""
    if not is_main:
        return document
    filings = document.get("filings")
    return filings.get("recent") if isinstance(filings, dict) else None


def _printed(row: Row) -> Printed:
    """A row without a problem as acceptance.py takes it."""
    filed = date.fromisoformat(str(row["filingDate"]))
    return Printed(str(row["accessionNumber"]), str(row["form"]), filed, str(row["acceptanceDateTime"]))


def _rows(source: str, columns: object) -> list[Row]:
    """The columns turned into rows; raises SourceDrifted when one is missing or they differ in length."""
    if not isinstance(columns, Mapping):
        raise SourceDrifted(source, "the list of filings is no object of columns", REFETCH)
    if not columns:
        return []
    missing = [name for name in COLUMNS if not isinstance(columns.get(name), list)]
    if missing:
        raise SourceDrifted(source, f"columns are missing: {', '.join(missing)}", REFETCH)
    lengths = {name: len(columns[name]) for name in COLUMNS}
    if len(set(lengths.values())) != 1:
        raise SourceDrifted(source, f"the columns differ in length: {lengths}", REFETCH)
    return [
        dict(zip(COLUMNS, values, strict=True)) for values in zip(*(columns[name] for name in COLUMNS), strict=True)
    ]


def _problem(row: Row, seen: Collection[object]) -> tuple[str, str, str] | None:
    """(rule, column, reason) of the first thing wrong with the row."""
    accession = row["accessionNumber"]
    if not isinstance(accession, str) or not re.fullmatch(ACCESSION_PATTERN, accession):
        return "pattern", "accession", f"{accession!r} is no accession number"
    if accession in seen:
        return "repeated_row", "accession", f"{accession} is listed twice"
    if not isinstance(row["form"], str) or not row["form"]:
        return "null", "form", f"{accession} has no form"
    for name, column in (("filingDate", "filed_date"), ("reportDate", "report_date")):
        if name == "reportDate" and not row[name]:
            continue
        try:
            date.fromisoformat(str(row[name]))
        except ValueError:
            return "type", column, f"{accession}: {row[name]!r} is no date"
    try:
        parse_printed(str(row["acceptanceDateTime"]))
    except ValueError as error:
        return "type", "acceptance_text", f"{accession}: {error}"
    if row["isXBRL"] not in (0, 1):
        return "type", "is_xbrl", f"{accession}: {row['isXBRL']!r} is neither 0 nor 1"
    return None


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None
