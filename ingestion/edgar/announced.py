"""Filings that announce something: of which ones the documents are wanted, and since when. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingestion.edgar.submissions import listed_on

FIRST_DAYS = 45
"""How far before the first question about a registrant its documents reach, unless somebody asked for older ones."""
LISTED_WITHIN_DAYS = 45
"""An index page that is not there so long after the filing day will not come any more."""
SINCE = "documents_from"
"""The note on a registrant that says how far back somebody asked for documents."""


@dataclass(frozen=True)
class Filed:
    """A filing as a list of filings shows it, by what matters here."""

    accession: str
    form: str
    filed_date: date


def announces(form: str) -> bool:
    """Whether the documents of a filing of this form are wanted: news, presentations, terms of offerings."""
    return form.removesuffix("/A") in ("8-K", "6-K", "FWP") or form.startswith("424B")


def filed_on(source: str, content: bytes) -> list[Filed]:
    """The filings of a page, the main one or one of older ones; rows and columns that cannot be read are the parser's
    business. Raises SourceDamaged and SourceDrifted for what is no page at all."""
    columns = listed_on(source, content)
    arrays = [columns.get(name) for name in ("accessionNumber", "form", "filingDate")]
    if not all(isinstance(array, list) for array in arrays):
        return []
    found = []
    for accession, form, filed in zip(*arrays, strict=False):
        try:
            found.append(Filed(str(accession), str(form), date.fromisoformat(str(filed))))
        except ValueError:
            continue
    return found


def since_when(notes: Mapping[str, str], first_asked: date, today: date) -> date:
    """The filing day from which on the documents of a registrant are wanted.

    It follows from the day on which the registrant was first asked about, not from today, so that a machine that was off
    for long leaves nothing out; and from what somebody asked for beyond that, as `notes` have it.
    """
    own = min(first_asked, today) - timedelta(days=FIRST_DAYS)
    return min(own, date.fromisoformat(notes[SINCE])) if SINCE in notes else own


def announcing(recent: Sequence[Filed], older: Iterable[Sequence[Filed]], since: date) -> list[Filed]:
    """The filings since `since` whose documents are wanted, newest first. The `older` lists are opened only where the
    `recent` one does not reach back as far."""
    lists = [recent] if any(one.filed_date < since for one in recent) else [recent, *older]
    found = {
        one.accession: one for listed in lists for one in listed if one.filed_date >= since and announces(one.form)
    }
    return sorted(found.values(), key=lambda one: (one.filed_date, one.accession), reverse=True)
