"""Rows as files of other programs: Parquet, Arrow and Excel, to a stream that is no terminal."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import IO, TYPE_CHECKING, Any, Final

from orchestration.cli.output import FORMULA_STARTS, as_text, distinct
from orchestration.errors import QueryRefused

if TYPE_CHECKING:
    import pyarrow as pa

STYLES: Final = ("xlsx", "parquet", "arrow")
# What a sheet holds at most, its head included, and a cell.
_SHEET_ROWS, _SHEET_COLUMNS, _CELL_LETTERS = 1_048_576, 16_384, 32_767
_WIDEST, _LOOKED_AT = 60, 100
_CSV = "ask for less, or take --format csv or parquet"


def write_arrow(style: str, batches: pa.RecordBatchReader, out: IO[bytes]) -> None:
    """The batches as a Parquet file (zstd), or as an Arrow IPC file, which is Feather's second version. A name that occurs twice
    gets `_2`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = distinct(batches.schema.names)
    schema = pa.schema([field.with_name(name) for field, name in zip(batches.schema, names, strict=True)])
    with pa.PythonFile(_Counted(out), mode="w") as file:
        if style == "parquet":
            writer = pq.ParquetWriter(file, schema, compression="zstd")
        else:
            writer = pa.ipc.new_file(file, schema)
        with writer:
            for batch in batches:
                writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


class _Counted(io.RawIOBase):
    """A pipe does not know how much went through it, and both formats end with the places of their parts."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._at = out, 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        self._out.flush()


def write_xlsx(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: IO[bytes]) -> None:
    """One sheet with a head that stays in sight. Text is text, whatever it begins with; a number that Excel would round, and
    a day before its calendar, are text, too; NULL and what is no number are empty cells.

    Raises QueryRefused for what a sheet does not hold.
    """
    import xlsxwriter

    if len(columns) > _SHEET_COLUMNS:
        raise QueryRefused(f"{len(columns):,} columns are more than a sheet holds", _CSV)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True, "nan_inf_to_errors": False}) as book:
        styles = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            # The apostrophe that a person would type: the text stays one when its cell is edited.
            "text": book.add_format({"quote_prefix": True}),
        }
        sheet = book.add_worksheet("result")
        sheet.freeze_panes(1, 0)
        rest = iter(rows)
        first = list(islice(rest, _LOOKED_AT))
        for place, name in enumerate(distinct(columns)):
            widest = max([len(name), *(len(as_text(row[place])) for row in first)])
            sheet.set_column(place, place, min(widest, _WIDEST) + 2)
            sheet.write_string(0, place, name, styles["head"])
        for number, row in enumerate(chain(first, rest), 1):
            if number >= _SHEET_ROWS:
                raise QueryRefused(f"the answer has more than the {_SHEET_ROWS - 1:,} rows that a sheet holds", _CSV)
            for place, value in enumerate(row):
                _write_cell(sheet, number, place, value, styles)
    out.write(file.getbuffer())


def _write_cell(sheet: Any, row: int, column: int, value: Any, styles: dict[str, Any]) -> None:
    match value:
        case None:
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case float() if not math.isfinite(value):
            return
        case int() | float() | Decimal() if isinstance(value, float) or _is_exact(value):
            sheet.write_number(row, column, float(value))
        case datetime() if value.year >= 1900 and value.tzinfo is None:
            sheet.write_datetime(row, column, value, styles["moment"])
        case date() if value.year >= 1900 and not isinstance(value, datetime):
            sheet.write_datetime(row, column, value, styles["date"])
        case _:
            text = str(value) if isinstance(value, Decimal) else as_text(value)
            if len(text) > _CELL_LETTERS:
                raise QueryRefused(f"a text of {len(text):,} letters is longer than a cell holds", _CSV)
            sheet.write_string(row, column, text, styles["text"] if text.startswith(FORMULA_STARTS) else None)


def _is_exact(value: int | Decimal) -> bool:
    """Whether Excel shows all its digits."""
    digits = len(value.as_tuple().digits) if isinstance(value, Decimal) else len(str(abs(value)))
    return digits <= 15
