"""The universe as other sources see it: which issuers and instruments exist. Holds names, reads no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.batch import Batch


@dataclass(frozen=True)
class Instrument:
    """An instrument whose bars are kept; `issuer` is None for funds, coins, indices and companies outside the universe."""

    name: str
    kind: str
    calendar: str
    issuer: str | None


@dataclass(frozen=True)
class Registrant:
    """An issuer as the SEC knows it: its CIK, ten digits, and every name it is known to have had."""

    issuer: str
    cik: str
    names: frozenset[str]


@dataclass(frozen=True)
class Universe:
    """Short names of the issuers, the instruments by short name, and the issuers' registrants by short name."""

    issuers: frozenset[str]
    instruments: Mapping[str, Instrument]
    registrants: Mapping[str, Registrant] = field(default_factory=dict)

    @classmethod
    def from_batches(cls, issuers: Batch, instruments: Batch, names: Batch | None = None) -> Universe:
        """The universe of the rows that were kept; a rejected row is in no universe.

        `names` are the dated legal names; without them a registrant has the one name of the issuer table.
        """
        known: dict[str, set[str]] = {str(row["issuer"]): {str(row["sec_name"])} for row in issuers.records}
        for row in () if names is None else names.records:
            known.setdefault(str(row["issuer"]), set()).add(str(row["name"]))
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
            {
                str(row["issuer"]): Registrant(
                    str(row["issuer"]), str(row["cik"]), frozenset(known[str(row["issuer"])])
                )
                for row in issuers.records
            },
        )
