"""Normalised text that knows, for each of its characters, where it stands in the original."""

from __future__ import annotations

import html
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, islice

SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
DASHES = "\u0096\u0097\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63"
SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys(SPACES, " "),
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys("\u0091\u0092\u2018\u2019\u201a\u2032", "'"),
        **dict.fromkeys("\u0093\u0094\u201c\u201d\u201e\u2033", '"'),
        **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    }
)
ENTITY = r"(?:#[xX]?[0-9a-fA-F]{1,7};?|[A-Za-z][A-Za-z0-9]{1,31};)"
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
BLANKS = r"\t\r\n\f\v"
SHORTENED = re.compile(rf"[& {BLANKS}{INVISIBLE}](?:(?<=&){ENTITY}|(?<=[ {BLANKS}])[ {BLANKS}]+|(?<![& ]))")
"""What a clean text has otherwise: an entity, more than one blank or another than a space, and what is invisible. Its first character
stands apart: most of a text is passed over by it."""


@lru_cache(maxsize=1_024)
def resolved(entity: str) -> str:
    """What an entity stands for, in its one form; one blank for any, and nothing for what is invisible or not known."""
    text = "".join(html.unescape(entity).translate(SAME_LENGTH).split())
    return "" if SHORTENED.fullmatch(text) else text or " "


class Traced:
    """Text built from pieces of an original, and gaps that stand for nothing in it.

    A piece of equal length maps character by character, any other as a whole; its end is then kept as the complement."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._at, self._from, self._to = array("i"), array("i"), array("i")

    def __len__(self) -> int:
        return self._length

    @property
    def text(self) -> str:
        """The whole; it is one piece from then on, since nothing needs it twice."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def since(self, position: int) -> str:
        """The text from a position on, which is where a piece begins."""
        back, length = 0, self._length
        while length > position:
            back += 1
            length -= len(self._pieces[-back])
        return "".join(self._pieces[len(self._pieces) - back :])

    def trim(self, begin: int) -> int:
        """The position behind the last character since `begin` that is no blank."""
        end, back = self._length, len(self._pieces)
        while end > begin:
            back -= 1
            piece = self._pieces[back]
            bare = piece.rstrip()
            if bare:
                return end - len(piece) + len(bare)
            end -= len(piece)
        return begin

    def add(self, piece: str, start: int, end: int) -> None:
        """Append `piece`, which stands for the characters [start, end) of the original."""
        if not piece:
            return
        alike = len(piece) == end - start
        if alike and self._at and self._to[-1] == start and self._length - self._at[-1] == start - self._from[-1]:
            # It goes on where the last one ended, here and there.
            self._to[-1] = end
        else:
            self._at.append(self._length)
            self._from.append(start)
            self._to.append(end if alike else ~end)
        self._pieces.append(piece)
        self._length += len(piece)

    def add_row(self, cells: str, at: list[int], begin: array[int], end: array[int]) -> None:
        """Append cells with a tab between them: where each begins in the text, and begins and ends in the original."""
        self._at.fromlist(at)
        self._from.extend(begin)
        self._to.extend(end)
        self._pieces.append(cells)
        self._length += len(cells)

    def gap(self, mark: str) -> None:
        """Append a separator, unless the text ends in white space of its kind."""
        if self._pieces and not (self.ends_blank() and mark in {" ", self._pieces[-1]}):
            self._pieces.append(mark)
            self._length += len(mark)

    def add_clean(self, original: str, start: int) -> None:
        """Append `original`, which begins at `start`: white space collapsed, dashes, quotes and digits in one form,
        entities resolved, invisible characters dropped."""
        piece = original if original.isascii() else original.translate(SAME_LENGTH)
        done = 0
        for found in SHORTENED.finditer(piece):
            begin, end = found.span()
            if begin > done:
                self.add(piece[done:begin], start + done, start + begin)
            token = found.group()
            put = resolved(token) if token[0] == "&" else " " if token.isspace() else ""
            if put and not (put == " " and self.ends_blank()):
                self.add(put, start + begin, start + end)
            done = end
        self.add(piece[done:], start + done, start + len(piece))

    def ends_blank(self) -> bool:
        return not self._pieces or self._pieces[-1][-1:].isspace()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the text stands in the original."""
        return self._place(start)[0], self._place(max(start, end - 1))[1]

    def _place(self, position: int) -> tuple[int, int]:
        piece = max(0, bisect_right(self._at, position) - 1)
        if not self._at:
            return 0, 0
        begin, finish = self._from[piece], self._to[piece]
        if finish < 0:
            return begin, ~finish
        offset = begin + position - self._at[piece]
        return min(offset, finish), min(offset + 1, finish)

    def _stretches(self) -> Iterator[tuple[int, int, int, int]]:
        """Each piece's place in the text, in the original, and how long it is with the gap behind it."""
        return zip(self._at, chain(islice(self._at, 1, None), [self._length]), self._from, self._to, strict=True)

    def through(self, outer: Traced) -> Traced:
        """This text, whose original is the text of `outer`, traced to the original of `outer`."""
        whole, text = Traced(), self.text
        whole._pieces, whole._length = (
            [text[: self._at[0]]] if self._at else [text],
            self._at[0] if self._at else len(text),
        )
        for at, following, begin, finish in self._stretches():
            if finish < 0:
                whole.add(text[at : at + 1], *outer.origin(begin, ~finish))
                whole._rest(text[at + 1 : following])
                continue
            while begin < finish:
                piece = bisect_right(outer._at, begin) - 1
                stop = outer._at[piece + 1] if piece + 1 < len(outer._at) else outer._length
                stop = min(stop, finish)
                whole.add(text[at : at + stop - begin], *outer.origin(begin, stop))
                at, begin = at + stop - begin, stop
            whole._rest(text[at:following])
        return whole

    def append(self, other: Traced) -> int:
        """Append another text of the same original, after an empty line; where it begins in this one."""
        if self._length:
            self._rest("\n\n")
        shift = self._length
        self._at.extend(at + shift for at in other._at)
        self._from.extend(other._from)
        self._to.extend(other._to)
        self._rest(other.text)
        return shift

    def _rest(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._length += len(text)
