"""Company facts in the very form that EDGAR writes them, read at fixed places by NumPy. Reads no document of another form.

EDGAR writes each entry of a unit's list with the same members in the same order and without blanks, so that all but three
of its texts have a fixed width:

    {"start":"2024-09-29","end":"2025-06-28","val":-5,"accn":"0000320193-25-000073","fy":2025,"fp":"Q3","form":"10-Q","filed":"2025-08-01","frame":"CY2025Q2"}

The days of a period repeat from entry to entry, and the members from accession to filing day are the same in all entries
of a filing. So these parts are told apart by their bytes, and each distinct one is read once. Every byte of every entry
is held against the form that way, and what stands between the lists is read as JSON. Whatever differs anywhere makes the
document one for the general parser, which is slower and knows all of JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingestion.edgar.facts_json import FactsDocument

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Whole = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

WORD = 8
SEARCHED = 1 << 19
"""Bytes looked through at once: what is made of them stays in the processor's cache."""
NUMBER = re.compile(rb"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_EPOCH = date(1970, 1, 1).toordinal()


class _Part:
    """A part of an entry: its form, and how many bytes have to be told apart for it."""

    def __init__(self, width: int, *form: bytes) -> None:
        self.width = width
        self.form = re.compile(b"".join(form))


DAY = rb"([0-9]{4}-[0-9]{2}-[0-9]{2})"
INSTANT = _Part(26, rb'\{"end":"', DAY, rb'","val":')
DURATION = _Part(47, rb'\{"start":"', DAY, rb'","end":"', DAY, rb'","val":')
FILING = _Part(
    80,
    rb',"accn":"([0-9]{10}-[0-9]{2}-[0-9]{6})","fy":([1-9][0-9]{3}|null),"fp":("[ !#-\[\]-~]{2}"|null)',
    rb',"form":"([ !#-\[\]-~]{1,10})","filed":"',
)
"""Accession to form. With a form of ten letters it has 80 bytes; with a shorter one the filing day begins within them."""
FILED = _Part(11, DAY, rb'"')
FRAME = _Part(20, rb',"frame":"(CY[0-9]{4}(?:Q[1-4]I?)?)"')
"""The longest has 20 bytes; behind a shorter one the next entry may begin within them."""


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
    start, end = np.zeros(len(entry), np.int32), np.zeros(len(entry), np.int32)
    instants, durations = np.flatnonzero(~is_duration), np.flatnonzero(is_duration)
    codes, found = text.parts(entry[instants], INSTANT)
    end[instants] = _days(one[1] for one in found)[codes]
    codes, found = text.parts(entry[durations], DURATION)
    start[durations] = _days(one[1] for one in found)[codes]
    end[durations] = _days(one[2] for one in found)[codes]
    values, places = _values(text, entry + np.where(is_duration, DURATION.width, INSTANT.width))
    codes, found = text.parts(places, FILING)
    accession, year, period, form = zip(*(one.groups() for one in found), strict=True)
    places = places + np.array([one.end() for one in found])[codes]
    days, filed = text.parts(places, FILED)
    frame, last = _frames(text, places + FILED.width)
    columns = {
        "start": pa.array(start, mask=~is_duration).view(pa.date32()),
        "end": pa.array(end).view(pa.date32()),
        "val": pa.array(values),
        "accn": _texts(accession, codes),
        "fy": pa.array([None if one == b"null" else int(one) for one in year], pa.int64()).take(codes),
        "fp": _texts([None if one == b"null" else one[1:-1] for one in period], codes),
        "form": _texts(form, codes),
        "filed": pa.array(_days(one[1] for one in filed)[days]).view(pa.date32()),
        "frame": frame,
    }
    return columns, last


def _days(written: Iterable[bytes]) -> npt.NDArray[np.int32]:
    """Days since 1970; raises ValueError for a day that no calendar has."""
    return np.array([date.fromisoformat(one.decode()).toordinal() - _EPOCH for one in written], np.int32)


def _texts(distinct: Sequence[bytes | None], codes: pa.Array) -> pa.DictionaryArray:
    """The text of each row, which is the one that its number stands for."""
    texts = [None if one is None else one.decode("ascii") for one in distinct]
    return pa.array(texts, pa.string()).dictionary_encode().take(codes)


def _frames(text: _Text, places: Whole) -> tuple[pa.Array, Whole]:
    """frame, and where the entries end; `places` are those behind the filing day, where most entries have no frame."""
    framed = np.flatnonzero(text.bytes[places] != ord("}"))
    codes, found = text.parts(places[framed], FRAME)
    last = places.copy()
    last[framed] += np.array([one.end() for one in found], np.int64)[codes]
    frame = np.full(len(places), -1, np.int32)
    frame[framed] = codes
    return _texts([one[1] for one in found], pa.array(frame, mask=frame < 0)), last


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

    def parts(self, places: Whole, part: _Part) -> tuple[Codes, list[re.Match[bytes]]]:
        """For each place the number of the distinct part that stands there, and what was found in each distinct one.

        Raises _OtherForm where a part of another form stands.
        """
        found = pa.py_buffer(self.at(places, part.width))
        every = pa.Array.from_buffers(pa.binary(part.width), len(places), [None, found]).dictionary_encode()
        matches = [match for one in every.dictionary.to_pylist() if (match := part.form.match(one))]
        if len(matches) < len(every.dictionary):
            raise _OtherForm
        return every.indices.to_numpy(), matches


def _openings(text: _Text) -> tuple[Whole, Flags]:
    """Where entries begin, and which of them have a start. No text of JSON can hold these marks: a quotation mark in a
    text has a backslash before it."""
    braces = text.places_of("{")
    marks = text.at(braces, WORD).view(np.uint64)[:, 0]
    is_duration, is_instant = (marks == int.from_bytes(mark, "little") for mark in (b'{"start"', b'{"end":"'))
    is_entry = is_duration | is_instant
    return braces[is_entry], is_duration[is_entry]


def _starts_of_lists(text: _Text, entry: Whole, last: Whole) -> Flags:
    """Whether an entry is the first of its list; `last` is where each ends. The others follow upon a comma."""
    if not (text.bytes[last] == ord("}")).all():
        raise _OtherForm
    is_first = np.ones(len(entry), np.bool_)
    is_first[1:] = (last[:-1] + 2 != entry[1:]) | (text.bytes[last[:-1] + 1] != ord(","))
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
