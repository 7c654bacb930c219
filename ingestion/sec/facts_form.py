"""Company facts in the very form that EDGAR writes them, read at fixed places by NumPy. Reads no document of another form.

EDGAR writes each entry of a unit's list with the same members in the same order and without blanks, so that all but three
of its texts have a fixed width:

    {"start":"2024-09-29","end":"2025-06-28","val":-5,"accn":"0000320193-25-000073","fy":2025,"fp":"Q3","form":"10-Q","filed":"2025-08-01","frame":"CY2025Q2"}

Every byte of every entry is held against that form, and what stands between the lists is read as JSON. Whatever differs
anywhere makes the document one for the general parser, which is slower and knows all of JSON.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.sec.facts_json import FactsDocument

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WORD = 8
SEARCHED, ROWS_AT_ONCE = 1 << 19, 1 << 13
"""Bytes looked through, and rows checked, at once: what is made of them stays in the processor's cache."""
FIRST_YEAR, LAST_YEAR = 1900, 2200
NUMBER = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
YEAR = re.compile(rb"[1-9][0-9]{3}")
NULL = int.from_bytes(b"null", "little")
MIXER = np.uint64(0x9E3779B97F4A7C15)
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)


class _OtherForm(Exception):
    """The document is not written in EDGAR's form."""


def read_form(content: bytes) -> FactsDocument | None:
    """The document, or None when it is not in EDGAR's form from its first byte to its last."""
    try:
        return _read(content)
    except (_OtherForm, ValueError, IndexError, RecursionError):
        return None


def _read(content: bytes) -> FactsDocument:
    text = _Text(content)
    entry, is_duration = _openings(text)
    columns, last = _columns(text, entry, is_duration)
    starts_list = _starts_of_lists(text, entry, last)
    cik, name, places = _skeleton(content, entry[starts_list], last[np.roll(starts_list, -1)])
    taxonomy, concept, unit = (pa.array(names, pa.string()) for names in zip(*places, strict=True))
    unit_of_entry = pa.array(np.cumsum(starts_list, dtype=np.int32) - np.int32(1))
    return FactsDocument(cik, name, taxonomy, concept, unit, columns, unit_of_entry)


def _columns(text: _Text, entry: Whole, is_duration: Flags) -> tuple[dict[str, pa.Array], Whole]:
    """The members of the entries, and where each entry ends."""
    starts = text.window(entry[is_duration], '{"start":"0000-00-00",')[:, 10:20]
    at = entry + np.where(is_duration, 22, 1)
    ends = text.window(at, '"end":"0000-00-00","val":')[:, 7:17]
    values, at = _values(text, at + 25)
    accession, year, period = _fixed(text, at)
    form, length = text.quoted(at + 59)
    at = at + 59 + length
    days = text.window(at, '","filed":"0000-00-00"')[:, 11:21]
    frame, last = _frames(text, at + 22)
    begun, end, filed = _days(starts, ends, days)
    start = np.zeros(len(entry), np.int32)
    start[is_duration] = begun
    columns = {
        "start": pa.array(start, mask=~is_duration).view(pa.date32()),
        "end": pa.array(end).view(pa.date32()),
        "val": pa.array(values),
        "accn": accession,
        "fy": year,
        "fp": period,
        "form": _texts(form),
        "filed": pa.array(filed).view(pa.date32()),
        "frame": frame,
    }
    return columns, last


def _fixed(text: _Text, places: Whole) -> tuple[pa.Array, pa.Array, pa.Array]:
    """accn, fy and fp, which stand at the same distance from the comma after the value in every entry."""
    found = text.window(places, ',"accn":"0000000000-00-000000","fy":????,"fp":????,"form":"')
    return _texts(_words(found[:, 9:29], 24)), _years(found[:, 36:40]), _periods(found[:, 46:50])


def _frames(text: _Text, places: Whole) -> tuple[pa.Array, Whole]:
    """frame, and where the entries end; `places` are those behind the filing day, where most entries have no frame."""
    is_framed = text.bytes[places] != ord("}")
    after = places[is_framed] + 10
    text.window(after - 11, '","frame":"')
    frame, length = text.quoted(after)
    last = places.copy()
    last[is_framed] = after + length + 1
    return _spread(_texts(frame), is_framed), last


class _Text:
    """A document and windows onto it, many at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.bytes: Bytes = np.frombuffer(content, np.uint8)

    def places_of(self, byte: str) -> Whole:
        """Where the byte stands."""
        found = [
            np.flatnonzero(self.bytes[begin : begin + SEARCHED] == ord(byte)) + begin
            for begin in range(0, len(self.bytes), SEARCHED)
        ]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def at(self, places: Whole, width: int) -> Bytes:
        """`width` bytes from each place on, (places, width); behind the end of the document stand zeros."""
        last = len(self._content) - width
        if last < 0:
            raise _OtherForm
        every = np.ndarray((last + 1,), f"V{width}", self._content, 0, (1,))
        found = every[np.minimum(places, last)].view(np.uint8).reshape(len(places), width)
        for row in np.flatnonzero(places > last).tolist():
            end = self._content[places[row] :].ljust(width, b"\0")
            found[row] = np.frombuffer(end, np.uint8)
        return found

    def window(self, places: Whole, form: str) -> Bytes:
        """The bytes from each place on that must be of `form`: 0 stands for a digit, ? for any byte."""
        found = self.at(places, len(form))
        least, span = _form(form)
        flat = found.reshape(-1)
        for begin in range(0, len(flat), len(least)):
            part = flat[begin : begin + len(least)]
            if not ((part - least[: len(part)]) <= span[: len(part)]).all():
                raise _OtherForm
        return found

    def quoted(self, places: Whole) -> tuple[Words, Whole]:
        """The texts from each place up to a quotation mark, of 1 to 15 bytes, filled up with zeros, and their lengths."""
        words = self.at(places, 2 * WORD).view(np.uint64)
        length = _length(words, '"')
        if len(length) and (int(length.min()) < 1 or int(length.max()) >= 2 * WORD):
            raise _OtherForm
        cut = _cut(words, length)
        if not (_length(cut, "\0") == length).all():
            raise _OtherForm
        return cut, length


@cache
def _form(form: str) -> tuple[Bytes, Bytes]:
    """The least byte at each place of a form, and how far above it a byte may be, for ROWS_AT_ONCE rows."""
    spans = {"0": 9, "?": 255}
    least = bytes(0 if one == "?" else ord(one) for one in form)
    span = bytes(spans.get(one, 0) for one in form)
    return np.frombuffer(least * ROWS_AT_ONCE, np.uint8), np.frombuffer(span * ROWS_AT_ONCE, np.uint8)


def _openings(text: _Text) -> tuple[Whole, Flags]:
    """Where entries begin, and which of them have a start. No text of JSON can hold these marks: a quotation mark in a
    text has a backslash before it."""
    braces = text.places_of("{")
    marks = text.at(braces, WORD).view(np.uint64)[:, 0]
    is_duration, is_instant = (marks == int.from_bytes(mark, "little") for mark in (b'{"start"', b'{"end":"'))
    is_entry = is_duration | is_instant
    return braces[is_entry], is_duration[is_entry]


def _starts_of_lists(text: _Text, entry: Whole, last: Whole) -> Flags:
    """Whether an entry is the first of its list; `last` is where each ends."""
    if len(entry) == 0:
        raise _OtherForm
    if not (text.bytes[last] == ord("}")).all() or not (last[:-1] < entry[1:]).all():
        raise _OtherForm
    is_first = np.ones(len(entry), np.bool_)
    is_first[1:] = last[:-1] + 2 != entry[1:]
    follows = text.bytes[last + 1] == ord(",")
    ends = text.bytes[last + 1] == ord("]")
    ends_list = np.roll(is_first, -1)
    if not (np.where(ends_list, ends, follows).all() and (text.bytes[entry[is_first] - 1] == ord("[")).all()):
        raise _OtherForm
    return is_first


def _skeleton(content: bytes, first: Whole, last: Whole) -> tuple[object, object, list[tuple[str, str, str]]]:
    """cik, entityName, and for each list of entries its taxonomy, concept and unit; `first` and `last` are the first and
    last bytes of what stands in the lists. Raises ValueError when the rest of the document is no JSON."""
    pieces: list[bytes] = []
    done = 0
    for number, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        pieces += (content[done:begin], b"%d" % number)
        done = end + 1
    document = json.loads(b"".join([*pieces, content[done:]]))
    places: list[tuple[str, str, str]] = []
    try:
        for taxonomy, concepts in document["facts"].items():
            for concept, body in concepts.items():
                for unit, listed in body["units"].items():
                    # A name that stands twice in an object hides one of its lists, and the count is off from there on.
                    if listed != [len(places)]:
                        raise _OtherForm
                    places.append((taxonomy, concept, unit))
        cik, name = document["cik"], document["entityName"]
    except (AttributeError, KeyError, TypeError) as error:
        raise _OtherForm from error
    if len(places) != len(first) or not isinstance(cik, int) or not isinstance(name, str):
        raise _OtherForm
    return cik, name, places


def _length(words: Words, mark: str) -> Whole:
    """How many bytes of each row come before `mark`; all of them where it is not there."""
    length = np.zeros(len(words), np.int64)
    is_open = np.ones(len(words), np.bool_)
    for column in words.T:
        apart = column ^ (_ONES * np.uint64(ord(mark)))
        # The lowest bit set is that of the first byte without a difference.
        hit = (apart - _ONES) & ~apart & _HIGHS
        before = np.bitwise_count((hit & (~hit + np.uint64(1))) - np.uint64(1)) >> 3
        length += np.where(is_open, before, 0)
        is_open &= before == WORD
        if not is_open.any():
            break
    return length


def _cut(words: Words, length: Whole) -> Words:
    """The rows with zeros from `length` on."""
    cut = np.empty_like(words)
    for number, column in enumerate(words.T):
        kept = np.clip(length - number * WORD, 0, WORD)
        cut[:, number] = column & _MASKS[kept]
    return cut


_MASKS = np.array([(1 << (8 * count)) - 1 for count in range(WORD + 1)], np.uint64)


def _words(found: Bytes, width: int) -> Words:
    """The bytes of each row as numbers of eight, zeros behind them."""
    padded = np.zeros((len(found), width), np.uint8)
    padded[:, : found.shape[1]] = found
    return padded.view(np.uint64)


def _texts(words: Words) -> pa.DictionaryArray:
    """The texts as a dictionary in the order of their first appearance; raises _OtherForm for what is not plain ASCII."""
    used = [column for column in words.T if column.any()]
    mixed = used[0].copy() if used else np.zeros(len(words), np.uint64)
    for column in used[1:]:
        mixed *= MIXER
        mixed ^= column
    codes = pa.array(mixed).dictionary_encode()
    distinct = codes.dictionary.to_numpy()[:, None]
    if len(used) > 1:
        indices = codes.indices.to_numpy()
        first = np.zeros(len(distinct), np.int64)
        first[indices[::-1]] = np.arange(len(indices) - 1, -1, -1)
        distinct = words[first]
        # Two texts may mix to the same number; that is seen here.
        if not all((distinct[:, number][indices] == words[:, number]).all() for number in range(words.shape[1])):
            raise _OtherForm
    texts = [row.tobytes().rstrip(b"\0").decode("ascii") for row in distinct]
    if any("\\" in one or not one.isprintable() for one in texts):
        raise _OtherForm
    return pa.DictionaryArray.from_arrays(codes.indices, pa.array(texts, pa.string()))


def _spread(codes: pa.DictionaryArray, given: Flags) -> pa.DictionaryArray:
    """The texts in the rows that are `given`, null in the others."""
    indices = np.zeros(len(given), np.int32)
    indices[given] = codes.indices.to_numpy()
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=~given), codes.dictionary)


def _days(*found: Bytes) -> list[npt.NDArray[np.int32]]:
    """Each row's date, ten bytes YYYY-MM-DD, as days since 1970; raises _OtherForm for a day that no calendar has."""
    digit = np.ascontiguousarray(np.concatenate(found).T - np.uint8(ord("0"))).astype(np.int32)
    year = ((digit[0] * 10 + digit[1]) * 10 + digit[2]) * 10 + digit[3]
    month, day = digit[5] * 10 + digit[6], digit[8] * 10 + digit[9]
    inside = (year >= FIRST_YEAR) & (year < LAST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    if not inside.all():
        raise _OtherForm
    number = (year - FIRST_YEAR) * 12 + month - 1
    firsts = _first_days()
    days: npt.NDArray[np.int32] = firsts[number] + day - np.int32(1)
    if not (days < firsts[number + 1]).all():
        raise _OtherForm
    return np.split(days, np.cumsum([len(part) for part in found])[:-1])


@cache
def _first_days() -> npt.NDArray[np.int32]:
    """The first day of each month from FIRST_YEAR to LAST_YEAR, as days since 1970."""
    months = np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR}-02", dtype="datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int32)


def _years(found: Bytes) -> pa.Array:
    """Four digits, or null."""
    codes = pa.array(_words(found, WORD)[:, 0]).dictionary_encode()
    years: list[int | None] = []
    for number in codes.dictionary.to_pylist():
        written = number.to_bytes(WORD, "little").rstrip(b"\0")
        if written != b"null" and not YEAR.fullmatch(written):
            raise _OtherForm
        years.append(None if written == b"null" else int(written))
    return pa.array(years, pa.int64()).take(codes.indices)


def _periods(found: Bytes) -> pa.DictionaryArray:
    """Two letters or digits between quotation marks, or null."""
    is_given = np.ascontiguousarray(found).view(np.uint32)[:, 0] != NULL
    given = found[is_given]
    inside = given[:, 1:3]
    if (
        not ((given[:, 0] == ord('"')) & (given[:, 3] == ord('"'))).all()
        or (inside == ord('"')).any()
        or (inside == 0).any()
    ):
        raise _OtherForm
    return _spread(_texts(_words(inside, WORD)), is_given)


def _values(text: _Text, places: Whole) -> tuple[npt.NDArray[np.float64], Whole]:
    """The numbers that stand at `places`, each as the nearest double, and where the comma after each is."""
    is_negative = text.bytes[places] == ord("-")
    start = places + is_negative
    words = text.at(start, 3 * WORD).view(np.uint64)
    length = _length(words, ",")
    whole, is_done = _digits(words, length)
    values = whole.astype(np.float64)
    # Minus nought, and a nought before other digits, are for the general parser to judge.
    zero = (words[:, 0] & np.uint64(255)) == ord("0")
    if (is_done & zero & ((length > 1) | is_negative)).any() or (length == 3 * WORD).any():
        raise _OtherForm
    rest = np.flatnonzero(~is_done)
    values[rest], is_done[rest] = _fractions(text, start[rest], words[rest], length[rest])
    np.negative(values, out=values, where=is_negative)
    ends = start + length
    for row in np.flatnonzero(~is_done).tolist():
        written = text.bytes[places[row] : ends[row]].tobytes()
        if not NUMBER.fullmatch(written) or not math.isfinite(value := float(written)):
            raise _OtherForm
        values[row] = value
    return values, ends


def _fractions(text: _Text, start: Whole, words: Words, length: Whole) -> tuple[npt.NDArray[np.float64], Flags]:
    """Numbers with a point and at most 15 digits, and which rows are such numbers.

    As a whole number over a power of ten, both of which a double holds, they are divided to the nearest double.
    """
    point = _length(words, ".")
    after = np.clip(length - point - 1, 0, 2 * WORD)
    whole, has_whole = _digits(words, np.minimum(point, length))
    part, has_part = _digits(text.at(start + point + 1, 2 * WORD).view(np.uint64), after)
    zero = (words[:, 0] & np.uint64(255)) == ord("0")
    is_plain = has_whole & has_part & (point + after < 2 * WORD) & ~(zero & (point > 1))
    power = 10 ** np.where(is_plain, after, 0)
    return (whole.astype(np.int64) * power + part.astype(np.int64)) / power, is_plain


def _digits(words: Words, length: Whole) -> tuple[Words, Flags]:
    """Whole numbers of 1 to 15 digits from their characters, and which rows are such numbers."""
    # Sixteen places, the first eight in `high`: the characters move right until the last stands in the last place.
    high, low = (column ^ (_ONES * np.uint64(ord("0"))) for column in words.T[:2])
    short = length <= WORD
    move = (8 * np.clip(np.where(short, WORD - length, 2 * WORD - length), 0, WORD - 1)).astype(np.uint64)
    right = np.where(short, high << move, (low << move) | ((high >> (np.uint64(56) - move)) >> np.uint64(8)))
    left = np.where(short, np.uint64(0), high << move)
    # A byte above nine shows in its highest bit once 118 is added, or has it already.
    above = (left | (left + np.uint64(118) * _ONES) | right | (right + np.uint64(118) * _ONES)) & _HIGHS
    is_plain = (above == 0) & (length >= 1) & (length < 2 * WORD)
    return _eight(left) * np.uint64(10**8) + _eight(right), is_plain


def _eight(digits: Words) -> Words:
    """The number that eight bytes of one digit each make, the first the most significant."""
    pairs = digits * np.uint64(10) + (digits >> np.uint64(8))
    every_other = np.uint64(0x000000FF000000FF)
    outer = (pairs & every_other) * np.uint64((10**6 << 32) + 100)
    inner = ((pairs >> np.uint64(16)) & every_other) * np.uint64((10**4 << 32) + 1)
    return (outer + inner) >> np.uint64(32)
