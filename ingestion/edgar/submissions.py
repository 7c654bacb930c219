"""Lists of filings, the main page and the older ones, to raw_sec__filing. Fetches nothing; zones are in acceptance.py."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache

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


def listed_on(source: str, content: bytes) -> Mapping[str, object]:
    """The columns of a page; the older ones have no wrapper. Raises SourceEmpty, SourceDamaged, SourceDrifted."""
    document = _document(source, content)
    filings = document if "-submissions-" in source else document.get("filings")
    columns = filings if filings is document or not isinstance(filings, dict) else filings.get("recent")
    if not isinstance(columns, dict):
        raise SourceDrifted(source, "the list of filings is no object of columns", REFETCH)
    return columns


def first_readings(answers: Iterable[tuple[Fetch, bytes]]) -> dict[str, tuple[Acceptance, Fetch, date]]:
    """The acceptance of each filing as the first of `answers` that lists it was read, that answer, and the filing day.

    `answers` are pages of one registrant, main and older ones, as they came in. A later answer has more evidence, and
    what was known when does not depend on it: docs/decisions/0013. An answer that cannot be read tells nothing.
    """
    found: dict[str, tuple[Acceptance, Fetch, date]] = {}
    for fetch, content in answers:
        try:
            rows = _rows(fetch.source, content)
        except (SourceDamaged, SourceDrifted, SourceEmpty):
            continue
        if all(row["accessionNumber"] in found for row in rows):
            continue
        printed = [printed for _, printed in _good(fetch, rows, set())[0]]
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
        if number == 0:
            body = _document(fetch.source, content)
            check_identity(
                fetch.source, issuer=issuer, cik=cik, names=names, body_cik=body.get("cik"), name=body.get("name")
            )
        good, odd = _good(fetch, _rows(fetch.source, content), seen)
        rejected += odd
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
                    **fetch.provenance(PARSER_VERSION),
                }
            )
    if not records and not rejected:
        raise SourceEmpty(pages[0][0].source if pages else f"CIK {cik}", "the registrant has no filings", REFETCH)
    sources = frozenset(fetch.source for fetch, _ in pages)
    return Batch(FILING, records, rejected, sources, partitions=frozenset({FILING.partition.of(cik)}))


@lru_cache(maxsize=8)
def _document(source: str, content: bytes) -> dict[str, object]:
    """The page, read once for all that look at it while a registrant is at hand; nobody changes it."""
    if not content:
        raise SourceEmpty(source, "the answer is empty", REFETCH)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceDamaged(source, f"the answer is no JSON ({error})", REFETCH) from error
    if not isinstance(document, dict):
        raise SourceDrifted(source, "the answer is no JSON object", REFETCH)
    return document


def _rows(source: str, content: bytes) -> list[Row]:
    """The columns turned into rows; raises SourceDrifted when one is missing or they differ in length."""
    columns = listed_on(source, content)
    if not columns:
        return []
    missing = [name for name in COLUMNS if not isinstance(columns.get(name), list)]
    if missing:
        raise SourceDrifted(source, f"columns are missing: {', '.join(missing)}", REFETCH)
    values: list[list[object]] = [columns[name] for name in COLUMNS]  # type: ignore[misc]
    if len({len(column) for column in values}) != 1:
        lengths = dict(zip(COLUMNS, map(len, values), strict=True))
        raise SourceDrifted(source, f"the columns differ in length: {lengths}", REFETCH)
    return [dict(zip(COLUMNS, row, strict=True)) for row in zip(*values, strict=True)]


def _good(fetch: Fetch, rows: list[Row], seen: set[object]) -> tuple[list[tuple[Row, Printed]], list[Rejected]]:
    """The rows without a problem beside what acceptance.py takes, and the others; `seen` learns their accessions."""
    good: list[tuple[Row, Printed]] = []
    rejected = []
    for row in rows:
        problem = _problem(row, seen)
        if problem is not None:
            rule, column, reason = problem
            rejected.append(Rejected(rule, reason, column, row, fetch.source, fetch.sha256))
            continue
        seen.add(row["accessionNumber"])
        filed = date.fromisoformat(str(row["filingDate"]))
        printed = Printed(str(row["accessionNumber"]), str(row["form"]), filed, str(row["acceptanceDateTime"]))
        good.append((row, printed))
    return good, rejected


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
