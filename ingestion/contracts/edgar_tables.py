"""Contracts of the raw tables read from SEC EDGAR: filings, the facts they report, the documents they consist of.

One row per filing says it: nothing is merged across accessions here, vintages and quarters are derived in dbt.
"""

from __future__ import annotations

from ingestion.contracts.contract import DATE, FLAG, REAL, TEXT, WHOLE, Column, Partition, Table
from ingestion.contracts.ledger_tables import ISSUER_COLUMN

ACCESSION_PATTERN = "[0-9]{10}-[0-9]{2}-[0-9]{6}"

CIK_COLUMN = Column(
    "cik", TEXT, "Central Index Key of the registrant, ten digits.", nullable=False, pattern="[0-9]{10}"
)
ACCESSION_COLUMN = Column(
    "accession", TEXT, "Accession number of the filing.", nullable=False, pattern=ACCESSION_PATTERN
)

FILING = Table(
    name="raw_sec__filing",
    description="Filings of the universe's registrants as EDGAR lists them: one row per registrant and accession.",
    group="sec",
    key=("cik", "accession"),
    partition=Partition("value", "cik"),
    own_columns=(
        ISSUER_COLUMN,
        CIK_COLUMN,
        ACCESSION_COLUMN,
        Column("form", TEXT, "Form as EDGAR names it, amendments with /A.", nullable=False),
        Column("items", TEXT, "Items of an 8-K, comma-separated; null for other forms."),
        Column("filed_date", DATE, "Filing date: after 17:30 New York it is the next business day.", nullable=False),
        Column("report_date", DATE, "Period or event date that the filing reports on; null where it names none."),
        Column(
            "acceptance_text",
            TEXT,
            "Acceptance time as EDGAR prints it; its Z does not always mean UTC.",
            nullable=False,
        ),
        Column(
            "acceptance_zone",
            TEXT,
            "Zone in which acceptance_text was read when the filing was first listed: UTC or America/New_York where evidence proves it, bound where nothing does and the later moment stands in known_at_utc.",
            nullable=False,
            allowed=("UTC", "America/New_York", "bound"),
        ),
        Column(
            "acceptance_zone_later",
            TEXT,
            "Zone that later lists of filings prove where the first one was read otherwise; known_at_utc stays. Null where nothing was added.",
            allowed=("UTC", "America/New_York"),
        ),
        Column("primary_document", TEXT, "File name of the main document; null for filings on paper."),
        Column("primary_description", TEXT, "The filer's description of the main document."),
        Column("is_xbrl", FLAG, "True where the filing carries XBRL.", nullable=False),
        Column("size_bytes", WHOLE, "Size of the whole submission.", "bytes", minimum=0),
    ),
)

FACT = Table(
    name="raw_sec__fact",
    description="Numbers tagged in XBRL filings: one row per concept, unit, period and the accession that reports it.",
    group="sec",
    key=(
        "cik",
        "taxonomy",
        "concept",
        "unit",
        "period_type",
        "period_start_date",
        "period_end_date",
        "accession",
    ),
    partition=Partition("value", "cik"),
    own_columns=(
        ISSUER_COLUMN,
        CIK_COLUMN,
        Column("taxonomy", TEXT, "Taxonomy of the concept: us-gaap, ifrs-full, dei, srt, ...", nullable=False),
        Column("concept", TEXT, "Name of the concept within its taxonomy.", nullable=False),
        Column("unit", TEXT, "Unit by the name the filer gave it: USD, shares, USD/shares, pure, ...", nullable=False),
        Column(
            "period_type",
            TEXT,
            "instant for a balance at the end of a day, duration for a flow over days.",
            nullable=False,
            allowed=("instant", "duration"),
        ),
        Column(
            "period_start_date",
            DATE,
            "First day of the duration; of an instant its day, equal to period_end_date.",
            nullable=False,
        ),
        Column("period_end_date", DATE, "Last day of the duration, or the day of the instant.", nullable=False),
        ACCESSION_COLUMN,
        Column("value", REAL, "The number in the unit named by the unit column.", "see unit", nullable=False),
        Column("fiscal_year", WHOLE, "Fiscal year of the filing, not of the period; null where EDGAR gives none."),
        Column("fiscal_period", TEXT, "Fiscal period of the filing, not of the period: FY, Q1, Q2, Q3."),
        Column("form", TEXT, "Form of the filing.", nullable=False),
        Column("filed_date", DATE, "Filing date as company facts give it.", nullable=False),
        Column("frame", TEXT, "EDGAR's calendar frame, given to one copy of a value only; description, never a key."),
        Column(
            "known_at_basis",
            TEXT,
            "acceptance where the filing's acceptance time is known, bound where it was accepted at known_at_utc at the latest, filed_date where known_at_utc is the end of the filing day in New York.",
            nullable=False,
            allowed=("acceptance", "bound", "filed_date"),
        ),
    ),
)

DOCUMENT = Table(
    name="raw_sec__document",
    description="Documents of a filing as its index page lists them: one row per document.",
    group="sec",
    key=("cik", "accession", "sequence"),
    partition=Partition("value", "cik"),
    own_columns=(
        ISSUER_COLUMN,
        CIK_COLUMN,
        ACCESSION_COLUMN,
        Column(
            "sequence",
            WHOLE,
            "Place of the document in the filing; 0 for the complete submission text file, which has none.",
            nullable=False,
            minimum=0,
        ),
        Column(
            "document_type", TEXT, "Type of the document: the form, EX-99.1, GRAPHIC, ...; null where none is given."
        ),
        Column(
            "file_name",
            TEXT,
            "File name in the filing's folder; null for old filings, whose documents stand only in the complete submission.",
            pattern="[A-Za-z0-9_][A-Za-z0-9_.-]*",
        ),
        Column("description", TEXT, "The filer's description of the document."),
        Column("size_bytes", WHOLE, "Size as the index page gives it.", "bytes", minimum=0),
        Column(
            "sha256",
            TEXT,
            "SHA-256 of the archived document; null where it was not fetched: only announcements, their exhibits for the press and terms of offerings are.",
            pattern="[0-9a-f]{64}",
        ),
        Column(
            "text_sha256",
            TEXT,
            "SHA-256 of the text taken from the document; null where none was.",
            pattern="[0-9a-f]{64}",
        ),
    ),
)

SEC_TABLES: tuple[Table, ...] = (FILING, FACT, DOCUMENT)
