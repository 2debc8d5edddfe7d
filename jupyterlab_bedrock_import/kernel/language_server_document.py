"""The module that the language server sees: the cells that ran, and the one that is asked about.

Each cell is a block inside the block of the cell before it. So a later cell sees what earlier ones
declare and may declare it anew, which V8 allows in cells and TypeScript in blocks. Deno's own
notebook documents are scripts in one scope, where a name keeps the type of its first declaration.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jupyterlab_bedrock_import.kernel.language_server_source import CellSource, read_cell

# More of either, and older cells are left out: Deno 2.9 overflows its stack at 3000 nested blocks.
MAX_CELLS = 300
MAX_CHARACTERS = 1_000_000

# What the kernel adds to Deno's own (src/kernel/display/jupyterApi.ts); `export` makes it a module.
PRELUDE = """\
export {};
declare global {
  namespace Deno {
    namespace jupyter {
      /** Aborts when the running cell is stopped. Not in Deno's own kernel. */
      const signal: AbortSignal;
      /** Starts the sandbox, which ends with the kernel. Not in Deno's own kernel. */
      function startSandbox(): Promise<Record<string, string>>;
    }
  }
}
"""


@dataclass(frozen=True)
class Segment:
    """A part of the cell that is asked about, and where it stands in the document."""

    start: int
    end: int
    at: int


class CellsDocument:
    """Offsets count Unicode characters, positions are those of the protocol."""

    def __init__(self, cells: Sequence[str], code: str) -> None:
        earlier = usable(cells)
        current = read_cell(code)
        imports: dict[str, str] = {}
        for cell in earlier:
            for statement in cell.imports:
                imports.update(statement.declares)
        for statement in current.imports:
            for name in statement.declares:
                imports.pop(name, None)
        head = PRELUDE + "".join(f"{text}\n" for text in imports.values())
        blocks = "".join(f";{{{cell.body}\n" for cell in earlier)
        ends = "}" * len(earlier)

        complete = [statement.text for statement in current.imports if statement.is_complete]
        # Without what somebody still types: from this the server learns which modules there are.
        self.frame = "\n".join([head, *complete, blocks + ends])

        segments = []
        for statement in current.imports:
            segments.append(Segment(statement.start, statement.end, len(head)))
            head += statement.text + "\n"
        head += f"{blocks};{{"
        self._cell_starts = len(head)
        # The cell's own block comes last: an import is found before the blank that it left.
        self._segments = [*segments, Segment(0, len(code), len(head))]
        self.text = f"{head}{current.body}\n}}{ends}"
        self._lines = [0]
        for line in self.text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)

    def position(self, offset: int) -> dict[str, int]:
        """Where a place in the cell is."""
        segment = next(part for part in self._segments if part.start <= offset <= part.end)
        at = segment.at + offset - segment.start
        line = bisect.bisect_right(self._lines, at) - 1
        before = self.text[self._lines[line] : at]
        return {"line": line, "character": utf16_length(before)}

    def offset(self, position: Mapping[str, int]) -> int | None:
        """The place in the cell; None for what is not of the cell."""
        at = self._at(position)
        for part in self._segments:
            if part.at <= at <= part.at + part.end - part.start:
                return at - part.at + part.start
        return None

    def is_behind_start(self, position: Mapping[str, int]) -> bool:
        """Whether it is in the cell's block, or after it, where its open brackets are missed."""
        return self._at(position) >= self._cell_starts

    def _at(self, position: Mapping[str, int]) -> int:
        line = min(position["line"], len(self._lines) - 2)
        start, end = self._lines[line], self._lines[line + 1] - 1
        units = self.text[start:end].encode("utf-16-le")[: position["character"] * 2]
        return start + len(units.decode("utf-16-le", "ignore"))


def utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def usable(cells: Sequence[str]) -> list[CellSource]:
    """The newest cells that do not break those after them."""
    result: list[CellSource] = []
    characters = 0
    previous = None
    for code in reversed(cells):
        if code == previous:
            continue
        previous = code
        characters += len(code)
        if len(result) == MAX_CELLS or characters > MAX_CHARACTERS:
            break
        cell = read_cell(code)
        if cell.is_whole:
            result.append(cell)
    return result[::-1]
