"""Takes apart what the Deno process writes: what cells print, and the frames between it.

``src/kernel/frames.ts`` is the other side. On standard output a chunk of a frame is the mark, ``+`` or
``.`` (more follows, or the last), four hexadecimal digits, and so many bytes. On standard error the
mark is followed by ``(`` or ``)`` (a section that has its place in standard output begins or ends) or
``!`` (all before belongs to a cell), and eight digits.
"""

from __future__ import annotations

import codecs
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

LENGTH_DIGITS = 4
VALUE_DIGITS = 8


@dataclass(frozen=True)
class Text:
    """Something that was printed."""

    text: str


@dataclass(frozen=True)
class Frame:
    """A message of the process."""

    content: dict[str, Any]


@dataclass(frozen=True)
class Bracket:
    """``(`` or ``)`` and the number of the section, or ``!`` and the id of a cell."""

    kind: str
    value: int


Part = TypeVar("Part")


class _Splitter(ABC, Generic[Part]):
    """Finds marks in a stream of bytes that comes in pieces of any size."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._buffer = bytearray()
        # Half of a character may end a piece.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @abstractmethod
    def _take_marked(self) -> Iterator[Part] | None:
        """What the mark at the beginning of the buffer introduces, taken out of it; None when it is
        not all there yet."""

    def feed(self, data: bytes) -> Iterator[Text | Part]:
        """Texts and what stands between them, in the order in which they were written."""
        self._buffer += data
        while True:
            before, found = self._before_mark()
            if before:
                yield from self._text(before)
            marked = self._take_marked() if found else None
            if marked is None:
                return
            yield from marked

    def _take(self, length: int) -> bytes:
        """The first bytes of the buffer."""
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        return taken

    def _text(self, data: bytes | bytearray) -> Iterator[Text]:
        text = self._decoder.decode(bytes(data))
        if text:
            yield Text(text)

    def _before_mark(self) -> tuple[bytes, bool]:
        """What comes before the next mark, and whether there is one; what may be the beginning of
        one stays in the buffer."""
        buffer = self._buffer
        at = buffer.find(self._mark)
        found = at >= 0
        if not found:
            at = len(buffer)
            for length in range(min(len(self._mark) - 1, len(buffer)), 0, -1):
                if buffer.endswith(self._mark[:length]):
                    at -= length
                    break
        before = bytes(buffer[:at])
        del buffer[:at]
        return before, found

    def end(self) -> Iterator[Text]:
        """What is left when the stream has ended."""
        yield from self._text(self._buffer)
        self._buffer.clear()


class FrameReader(_Splitter[Frame]):
    """Standard output."""

    def __init__(self, mark: bytes) -> None:
        super().__init__(mark)
        self._parts = bytearray()

    def _take_marked(self) -> Iterator[Frame] | None:
        head = len(self._mark) + 1 + LENGTH_DIGITS
        if len(self._buffer) < head:
            return None
        end = head + int(self._buffer[head - LENGTH_DIGITS : head], 16)
        if len(self._buffer) < end:
            return None
        chunk = self._take(end)
        self._parts += chunk[head:]
        if chunk[len(self._mark)] != ord("."):
            return iter(())
        content = json.loads(self._parts.decode())
        self._parts = bytearray()
        return iter((Frame(content),))


class BracketReader(_Splitter[Bracket]):
    """Standard error."""

    def _take_marked(self) -> Iterator[Bracket] | None:
        end = len(self._mark) + 1 + VALUE_DIGITS
        if len(self._buffer) < end:
            return None
        bracket = self._take(end)[len(self._mark) :].decode()
        return iter((Bracket(bracket[0], int(bracket[1:], 16)),))
