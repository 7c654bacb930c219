"""Keys and tokens taken out of whatever is written down: addresses, headers, messages, the log of urllib3."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit, urlunsplit

HIDDEN = "REDACTED"
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key"})
# No secret, but whom we name when asking is nobody's business who reads an archive.
PERSONAL = frozenset({"from", "user-agent"})


def redact_url(url: str, secret_params: Collection[str]) -> str:
    """The address with the values of secret query keys hidden, and without user and password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    query = parts.query
    if any(name in secret_params for name, _ in parse_qsl(query, keep_blank_values=True)):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, HIDDEN if name in secret_params else value) for name, value in pairs])
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers by lower-case name, the secret and the personal ones hidden."""
    hidden = SECRET_HEADERS | PERSONAL
    return {name.lower(): HIDDEN if name.lower() in hidden else value for name, value in sorted(headers.items())}


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret hidden, also where it stands percent-encoded."""
    for secret in sorted({form for s in secrets if s for form in (s, quote(s, safe=""), quote_plus(s))}, key=len)[::-1]:
        text = text.replace(secret, HIDDEN)
    return text


def hide_bytes(content: bytes, secrets: Iterable[str]) -> bytes:
    """The same of a body, which may be no text."""
    return hide(content.decode("utf-8", "surrogateescape"), secrets).encode("utf-8", "surrogateescape")


def quiet_urllib3() -> None:
    """urllib3 logs every address with its query when someone turns debugging on."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, _WithoutQueries) for one in logger.filters):
            logger.addFilter(_WithoutQueries())


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                re.sub(r"\?[^\s\"')]*", f"?{HIDDEN}", str(arg)) if isinstance(arg, str | Exception) else arg
                for arg in record.args
            )
        return True
