"""Is this document about the registrant that was asked for? CIK and name are held against the universe; doubt fails closed."""

from __future__ import annotations

import re
from collections.abc import Collection

from ingestion.errors import IngestionError

LEGAL_FORM = re.compile(
    "inc|incorporated|corp|corporation|co|company|ltd|limited|plc|llc|lp|lllp|sa|nv|bv|ag|se|spa|the"
)
CIK_DIGITS = 10


class IdentityMismatch(IngestionError):
    """A document names another registrant than the one that was asked for, or a name that the universe does not know."""


def padded_cik(value: object) -> str | None:
    """A CIK as ten digits; None for anything that is no CIK."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text.zfill(CIK_DIGITS) if re.fullmatch(r"[0-9]{1,10}", text) else None


def plain_name(name: str) -> str:
    """The name without case, punctuation, state suffix and legal form: `TERAWULF INC.` and `TeraWulf Inc.` agree."""
    bare = re.sub(r"/[A-Za-z]{2,3}/?\s*$", "", name).casefold().replace("&", " and ")
    words = re.sub(r"[^\w\s]", " ", re.sub(r"(?<=\w)\.(?=\w\b)|['’]|(?<=\b\w)\.", "", bare)).split()
    while len(words) > 1 and LEGAL_FORM.fullmatch(words[-1]):
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    return "".join(words)


def check_identity(
    source: str, *, issuer: str, cik: str, names: Collection[str], body_cik: object, name: object
) -> None:
    """Raises IdentityMismatch unless the body's CIK is `cik` and its name is one of `names`, legal form aside."""
    if padded_cik(body_cik) != cik:
        raise IdentityMismatch(
            source,
            f"asked for {issuer} under CIK {cik}, the body says CIK {body_cik!r}",
            "Nothing of it was read; check the CIK in ingestion/ledger/issuer.csv and fetch again",
        )
    known = {plain_name(known) for known in names}
    if not isinstance(name, str) or plain_name(name) not in known:
        raise IdentityMismatch(
            source,
            f"the body names {name!r}, while the universe knows {issuer} as {', '.join(sorted(names)) or 'nothing'}",
            "If the registrant was renamed, add the name with its date to ingestion/ledger/issuer_name.csv",
        )
