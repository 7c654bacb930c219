"""The nightly bulk archives, companyfacts.zip and submissions.zip: the universe's entries, one at a time, from the archived file.

Nothing is unpacked to disk, and an entry is read only after its name, kind and sizes were checked.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Collection, Iterator
from typing import IO, Literal

from ingestion.errors import SourceDamaged, SourceEmpty

Bulk = Literal["companyfacts", "submissions"]
NAMES = {
    "companyfacts": re.compile(r"CIK([0-9]{10})\.json"),
    "submissions": re.compile(r"CIK([0-9]{10})(?:-submissions-[0-9]{3})?\.json"),
}
MOST_ENTRIES = 5_000_000
LARGEST_ENTRY = 256 * 1024 * 1024
HIGHEST_RATIO = 200
"""Company facts shrink about thirtyfold; a bomb shrinks a thousandfold."""
SMALL = 1024 * 1024
REFETCH = "Fetch the archive again"


def read_bulk(source: str, archived: IO[bytes], kind: Bulk, ciks: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """The entries of `ciks`, by their file names on data.sec.gov and in the order of these, each read when it is asked for.

    Raises SourceDamaged before the first entry for a file that is no zip archive or holds a name that is absolute,
    leads elsewhere, is a link or stands twice, and at an entry that is encrypted, beyond LARGEST_ENTRY or HIGHEST_RATIO,
    truncated or altered. Raises SourceEmpty when the archive holds none of `ciks`.
    """
    try:
        bulk = zipfile.ZipFile(archived)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise SourceDamaged(source, f"the file is no zip archive ({error})", REFETCH) from error
    with bulk:
        wanted = _wanted(source, bulk, kind, frozenset(ciks))
        if not wanted:
            raise SourceEmpty(source, f"none of its entries is of the {len(ciks)} registrants asked for", REFETCH)
        for name in sorted(wanted):
            yield name, _content(source, bulk, bulk.getinfo(name))


def _wanted(source: str, bulk: zipfile.ZipFile, kind: Bulk, ciks: frozenset[str]) -> set[str]:
    """Names of the entries to read; every name of the archive is checked, wanted or not."""
    infos = bulk.infolist()
    if len(infos) > MOST_ENTRIES:
        raise SourceDamaged(source, f"the archive has {len(infos):,} entries, at most {MOST_ENTRIES:,}", REFETCH)
    found: set[str] = set()
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        if (
            info.orig_filename != name
            or name.startswith(("/", "\\"))
            or re.search(r"(^|[/\\])\.\.([/\\]|$)|:|\\", name)
        ):
            raise SourceDamaged(source, f"entry {info.orig_filename!r} leads out of the archive", REFETCH)
        if stat.S_ISLNK(info.external_attr >> 16):
            raise SourceDamaged(source, f"entry {name!r} is a link", REFETCH)
        if name in seen:
            raise SourceDamaged(source, f"entry {name!r} stands twice", REFETCH)
        seen.add(name)
        match = NAMES[kind].fullmatch(name)
        if match is not None and match[1] in ciks:
            found.add(name)
    return found


def _content(source: str, bulk: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    place = f"{source}, entry {info.filename}"
    if info.flag_bits & 0x1:
        raise SourceDamaged(place, "the entry is encrypted", REFETCH)
    if info.file_size > LARGEST_ENTRY:
        raise SourceDamaged(place, f"the entry has {info.file_size:,} bytes, at most {LARGEST_ENTRY:,}", REFETCH)
    if info.file_size > SMALL and info.file_size > HIGHEST_RATIO * max(info.compress_size, 1):
        raise SourceDamaged(
            place, f"{info.compress_size:,} bytes unpack to {info.file_size:,}, more than {HIGHEST_RATIO}-fold", REFETCH
        )
    try:
        with bulk.open(info) as entry:
            return entry.read(info.file_size)  # told how much, zipfile unpacks no more, whatever there is
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise SourceDamaged(place, f"the entry cannot be read ({error})", REFETCH) from error
