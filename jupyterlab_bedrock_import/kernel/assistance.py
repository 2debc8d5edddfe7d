"""Help while typing: from the values that are there, and from what TypeScript knows."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from jupyterlab_bedrock_import.command import LaunchError, deno_environment, find_deno
from jupyterlab_bedrock_import.kernel.language_server import LanguageServer
from jupyterlab_bedrock_import.kernel.launch import module_files

# Every cell is checked for its types; else only cells whose first line is `// @ts-check`.
TYPES_VARIABLE = "BEDROCK_IMPORT_KERNEL_TYPES"
ASKS_FOR_TYPES = re.compile(r"\s*//\s*@ts-check\b")

# So many earlier cells are enough to know what is declared.
MOST_CELLS = 500

# Inside the braces of an import, or inside a string.
ASKS_TYPESCRIPT = re.compile(r"""\bimport\s+(?:type\s+)?\{[^}]*$|\bfrom\s+['"][^'"]*$""")

# Asks the process that runs the cells; None when it does not answer in time.
Ask = Callable[[Mapping[str, Any]], Awaitable[Any]]


class Assistance:
    """Asks the running process first: it costs nothing, and knows what is really there. TypeScript's
    server takes some 250 MB, so it is started only for what the process cannot know."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._cells: list[str] = []
        self._server: LanguageServer | None = None

    def ran(self, code: str) -> None:
        """A cell has run, so that later ones may use what it declares."""
        self._cells = [*self._cells, code][-MOST_CELLS:]

    def forget(self) -> None:
        """The variables are gone."""
        self._cells = []

    async def complete(self, code: str, cursor: int) -> tuple[list[str], int, int]:
        """Matches, and where in the code they stand, in Unicode characters."""
        found = await self._ask(
            {"type": "complete", "code": code, "cursor": utf16_length(code[:cursor])}
        )
        live, start, end = [], cursor, cursor
        if found is not None:
            live = found["matches"]
            start, end = code_point(code, found["start"]), code_point(code, found["end"])
        asks_typescript = ASKS_TYPESCRIPT.search(code[:cursor]) is not None
        if live and not asks_typescript:
            return live, start, end
        server = self._language_server()
        if server is None:
            return live, start, end
        known = await server.complete(self._cells, code, cursor)
        if not known.matches:
            return ([] if asks_typescript else live), start, end
        return known.matches, known.start, known.end

    async def inspect(self, code: str, cursor: int) -> dict[str, str]:
        """A MIME bundle; empty when nothing is known."""
        server = self._language_server()
        value, hover = await asyncio.gather(
            self._ask({"type": "inspect", "code": code, "cursor": utf16_length(code[:cursor])}),
            nothing() if server is None else server.hover(self._cells, code, cursor),
        )
        parts = [hover or "", f"Now it is:\n\n```\n{plain(value)}\n```" if value else ""]
        markdown = "\n\n".join(part for part in parts if part)
        if not markdown:
            return {}
        return {"text/markdown": markdown, "text/plain": markdown}

    async def type_warnings(self, code: str) -> str:
        """What TypeScript would refuse, a line each; empty unless the cell or the user asks for it."""
        wanted = ASKS_FOR_TYPES.match(code) or os.environ.get(TYPES_VARIABLE) not in (None, "", "0")
        server = self._language_server() if wanted else None
        if server is None:
            return ""
        warnings = await server.type_warnings(self._cells, code)
        return "".join(
            f"TypeScript, line {warning.line}, column {warning.column}: {warning.message} "
            f"(TS{warning.code})\n"
            for warning in warnings
        )

    async def stop(self) -> None:
        """Ends the server."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    def _language_server(self) -> LanguageServer | None:
        if self._server is None:
            try:
                folder, deno = os.getcwd(), find_deno()
            except (OSError, LaunchError):
                return None
            self._server = LanguageServer(
                [deno, "lsp"], deno_environment(os.environ), folder, module_files()
            )
        return self._server


async def nothing() -> None:
    """There is no server to ask."""


def plain(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def utf16_length(text: str) -> int:
    """How JavaScript counts characters."""
    return len(text.encode("utf-16-le")) // 2


def code_point(text: str, utf16: int) -> int:
    """How Python and Jupyter count them."""
    return len(text.encode("utf-16-le")[: utf16 * 2].decode("utf-16-le", "ignore"))
