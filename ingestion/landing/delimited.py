"""CSV bytes, plain or gzip, to lines of text cells. Checks that the file is whole and has its columns; types nothing."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator, Sequence

from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty

MAX_UNPACKED = 64 * 1024 * 1024
RESTORE = "Restore the file (`git checkout` brings back the one that shipped) and refresh again"


def unpack(source: str, content: bytes) -> bytes:
    """The bytes inside a gzip file; raises SourceDamaged when it is truncated, altered or unpacks beyond 64 MiB."""
    engine = zlib.decompressobj(wbits=31)
    try:
        plain = engine.decompress(content, MAX_UNPACKED)
    except zlib.error as error:
        raise SourceDamaged(source, f"the gzip stream is damaged ({error})", RESTORE) from error
    if engine.unconsumed_tail:
        raise SourceDamaged(source, f"the file unpacks to more than {MAX_UNPACKED // 2**20} MiB", RESTORE)
    if not engine.eof:
        raise SourceDamaged(source, "the gzip stream is truncated", RESTORE)
    return plain


def read_rows(
    source: str, content: bytes, columns: Sequence[str], *, may_be_empty: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, cells by column) for each line with content.

    Accepts a byte order mark and CRLF. Raises SourceEmpty for no bytes or, unless it `may_be_empty`, a header alone,
    SourceDamaged for bytes that are no UTF-8 or a line with another number of cells, SourceDrifted when the header is
    not `columns`.
    """
    if not content:
        raise SourceEmpty(source, "the file is empty", RESTORE)
    if source.endswith(".gz"):
        content = unpack(source, content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceDamaged(source, f"the file is not UTF-8 text ({error})", RESTORE) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if list(header) != list(columns):
            missing = [name for name in columns if name not in header]
            extra = [name for name in header if name not in columns]
            problem = (
                f"the columns are not the declared ones (missing: {missing or 'none'}, unknown: {extra or 'none'})"
            )
            raise SourceDrifted(source, problem, f"The header must read {','.join(columns)}")
        found = False
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                problem = f"line {reader.line_num} has {len(cells)} cells, the header {len(columns)}"
                raise SourceDamaged(source, problem, RESTORE)
            found = True
            yield reader.line_num, dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        raise SourceDamaged(source, f"line {reader.line_num} is no CSV ({error})", RESTORE) from error
    if not found and not may_be_empty:
        raise SourceEmpty(source, "the file has a header and no rows", RESTORE)
