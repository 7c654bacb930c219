"""The universe as other sources see it: which issuers and instruments exist. Holds names, reads no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingestion.batch import Batch


@dataclass(frozen=True)
class Instrument:
    """An instrument whose bars are kept; `issuer` is None for funds, coins, indices and companies outside the universe."""

    name: str
    kind: str
    calendar: str
    issuer: str | None


@dataclass(frozen=True)
class Universe:
    """Short names of the issuers, and the instruments by short name."""

    issuers: frozenset[str]
    instruments: Mapping[str, Instrument]

    @classmethod
    def from_batches(cls, issuers: Batch, instruments: Batch) -> Universe:
        """The universe of the rows that were kept; a rejected row is in no universe."""
        return cls(
            frozenset(str(row["issuer"]) for row in issuers.records),
            {
                str(row["instrument"]): Instrument(
                    name=str(row["name"]),
                    kind=str(row["kind"]),
                    calendar=str(row["calendar"]),
                    issuer=None if row["issuer"] is None else str(row["issuer"]),
                )
                for row in instruments.records
            },
        )
