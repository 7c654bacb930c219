"""Errors of ingestion. Each says which source failed, what is wrong with it and what to do about it."""

from __future__ import annotations


class IngestionError(Exception):
    """A source could not be turned into rows. Nothing was written to the lake; what was fetched stays in the archive."""

    def __init__(self, source: str, problem: str, remedy: str) -> None:
        super().__init__(f"{source}: {problem}. {remedy}")
        self.source = source
        self.problem = problem
        self.remedy = remedy


class SourceEmpty(IngestionError):
    """The source answered with nothing where it has data: an error, never a table without rows."""


class SourceDamaged(IngestionError):
    """The source's bytes cannot be read: truncated, not the declared compression, not text."""


class SourceDrifted(IngestionError):
    """The source has other columns than its format declares."""


class SourceMissing(IngestionError):
    """The source is not where the edition expects it."""


class ArchiveDamaged(IngestionError):
    """Archived bytes no longer have the hash they were stored under."""


class LakeDamaged(IngestionError):
    """A Parquet file of the lake is not the one that was written."""
