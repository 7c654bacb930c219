"""Normalised text that knows, for each of its characters, where it stands in the original."""

from __future__ import annotations

import html
import re
from array import array
from bisect import bisect_right

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
ENTITY = r"&(?:#[xX]?[0-9a-fA-F]{1,7};?|[A-Za-z][A-Za-z0-9]{1,31};)"
INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
SHORTENED = re.compile(rf"{ENTITY}|[ \t\r\n\f\v]{{2,}}|[\t\r\n\f\v]|[{INVISIBLE}]")


class Traced:
    """Text built from pieces of an original. A piece of equal length maps character by character, any other as a whole."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._at = array("q")
        self._from = array("q")
        self._to = array("q")

    def __len__(self) -> int:
        return self._length

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def since(self, position: int) -> str:
        """The text from a position on, which is where a piece begins."""
        back, length = 0, self._length
        while length > position:
            back += 1
            length -= len(self._pieces[-back])
        return "".join(self._pieces[len(self._pieces) - back :])

    def add(self, piece: str, start: int, end: int) -> None:
        """Append `piece`, which stands for the characters [start, end) of the original."""
        if piece:
            self._at.append(self._length)
            self._from.append(start)
            self._to.append(end)
            self._pieces.append(piece)
            self._length += len(piece)

    def separate(self, mark: str, at: int) -> None:
        """Append a separator that stands for nothing in the original, unless the text ends in one."""
        if self._pieces and self._pieces[-1][-1:] not in {"\n", "\t"}:
            self.add(mark, at, at)

    def add_clean(self, original: str, start: int) -> None:
        """Append `original`, which begins at `start`: white space collapsed, dashes, quotes and digits in one form,
        entities resolved, invisible characters dropped."""
        piece = original.translate(SAME_LENGTH) if not original.isascii() else original
        done = 0
        for found in SHORTENED.finditer(piece):
            begin, end = found.span()
            self.add(piece[done:begin], start + done, start + begin)
            token = found.group()
            put = "".join(html.unescape(token).translate(SAME_LENGTH).split()) if token[0] == "&" else ""
            if token.isspace() or not (put or token[0] != "&"):
                if not self.ends_blank():
                    self.add(" ", start + begin, start + end)
            elif token[0] == "&" and not SHORTENED.fullmatch(put):
                self.add(put, start + begin, start + end)
            done = end
        self.add(piece[done:], start + done, start + len(piece))

    def ends_blank(self) -> bool:
        return not self._pieces or self._pieces[-1][-1:].isspace()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where [start, end) of the text stands in the original."""
        return self._place(start)[0], self._place(max(start, end - 1))[1]

    def _place(self, position: int) -> tuple[int, int]:
        piece = bisect_right(self._at, position) - 1
        begin, finish = self._from[piece], self._to[piece]
        following = self._at[piece + 1] if piece + 1 < len(self._at) else self._length
        if following - self._at[piece] != finish - begin:
            return begin, finish
        return begin + position - self._at[piece], begin + position - self._at[piece] + 1

    def through(self, outer: Traced) -> Traced:
        """This text, whose original is the text of `outer`, traced to the original of `outer`."""
        whole, text = Traced(), self.text
        for number, (at, begin, finish) in enumerate(zip(self._at, self._from, self._to, strict=True)):
            following = self._at[number + 1] if number + 1 < len(self._at) else self._length
            if following - at != finish - begin:
                whole.add(text[at:following], *outer.origin(begin, finish))
                continue
            while begin < finish:
                piece = bisect_right(outer._at, begin) - 1
                stop = outer._at[piece + 1] if piece + 1 < len(outer._at) else outer._length
                stop = min(stop, finish)
                whole.add(text[at : at + stop - begin], *outer.origin(begin, stop))
                at, begin = at + stop - begin, stop
        return whole

    def append(self, other: Traced) -> int:
        """Append another text of the same original, after an empty line; where it begins in this one."""
        if self._length:
            self.add("\n\n", self._to[-1], self._to[-1])
        shift, text = self._length, other.text
        for number, (at, begin, finish) in enumerate(zip(other._at, other._from, other._to, strict=True)):
            following = other._at[number + 1] if number + 1 < len(other._at) else other._length
            self.add(text[at:following], begin, finish)
        return shift
