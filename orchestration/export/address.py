"""The address of a PostgreSQL database as libpq takes it, and what of it must never be printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from orchestration.errors import ExportFailed

_PAIR = r"(?P<name>\w+)\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>[^\s'][^\s]*)|(?=\s|$))"
_PAIRS = re.compile(rf"\s*(?:{re.sub(r'[?]P<[a-z]+>', '?:', _PAIR)}\s*)+")
_SECRETS = {"password", "sslpassword"}
_UNFIT = (
    "the address of the database cannot be read",
    "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, in a password %40 for @, %2F for /, %3A for : and %23 for #, "
    "or 'host=HOST dbname=DATABASE user=USER' with the password in ~/.pgpass",
)


def fit(address: str) -> str:
    """The address itself. Raises ExportFailed, which does not show it, for one that libpq would read otherwise than it is
    meant, and then name parts of a password in its complaint."""
    try:
        list(_secrets(address))
    except ValueError:
        raise ExportFailed(*_UNFIT) from None
    return address


def without_secrets(said: str, address: str) -> str:
    """What libpq or the server said, without the passwords of the address."""
    for secret in sorted(set(_secrets(address)), key=len, reverse=True):
        said = said.replace(secret, "***")
    return said


def _secrets(address: str) -> Iterator[str]:
    """The passwords, as they stand there and as they are meant. Raises ValueError where it is not clear what is one."""
    if not re.match(r"postgres(ql)?://", address):
        if not _PAIRS.fullmatch(address):
            raise ValueError
        for pair in re.finditer(_PAIR, address):
            if pair["name"] in _SECRETS:
                written = pair["quoted"] if pair["quoted"] is not None else pair["plain"] or ""
                yield from filter(None, {written, re.sub(r"\\(.)", r"\1", written)})
        return
    parts = urlsplit(address)
    _, _, places = parts.netloc.rpartition("@")
    is_clear = not parts.fragment and "#" not in address and not re.search(r"[@\s]", parts.path + parts.query)
    if not is_clear or not all(re.fullmatch(r"(\[[^\]]*\]|[^:\s]*)(:\d*)?", place) for place in places.split(",")):
        raise ValueError
    login = parts.netloc.removesuffix(places).removesuffix("@")
    if "@" in login:
        raise ValueError
    asked = [value for name, value in parse_qsl(parts.query, strict_parsing=bool(parts.query)) if name in _SECRETS]
    _, _, password = login.partition(":")
    for secret in (password, *asked):
        yield from filter(None, {secret, unquote(secret)})
