"""Completions, documentation and types for cells, from ``deno lsp``.

The server is started at the first question. No question waits long: one that takes too long, and
all of them when there is no server, are answered with nothing. The server follows no configuration
of the user's, writes nothing beside the notebook, and reaches no network.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from jupyterlab_bedrock_import.kernel.language_server_connection import (
    STOP_SECONDS,
    Connection,
    LanguageServerGone,
    LanguageServerRefusal,
)
from jupyterlab_bedrock_import.kernel.language_server_document import CellsDocument
from jupyterlab_bedrock_import.kernel.language_server_source import same_length

# The first question also waits for the start, and for TypeScript to read its libraries.
FIRST_SECONDS = 10.0
LATER_SECONDS = 3.0

# So many questions without an answer in a row, and it hangs.
HANGING_AFTER = 3

# Nobody asked for so long: it holds 400 MB, and is back in two seconds.
IDLE_SECONDS = 900.0

# A server that searches a registry while somebody types sends what is typed there. Nothing listens
# on this port (RFC 863).
NO_NETWORK = "http://127.0.0.1:9"

# V8 lets garbage grow with the machine's memory: after 300 questions it holds 570 MB, with these
# limits 390 MB, at the same cost. Types of large packages still have their place.
V8_FLAGS = "--max-semi-space-size=4,--max-old-space-size=768"

# CompletionItemKind of the Language Server Protocol, from 1.
KINDS = (
    "text method function constructor field variable class interface module property unit value "
    "enum keyword snippet color file reference folder enumMember constant struct event operator "
    "typeParameter"
).split()

# TypeScript's own diagnostics begin with syntax, of which the kernel tells.
SYNTAX_CODES = range(1000, 1200)
NO_DEFAULT_EXPORT = 1192

# What is no mistake in cells: `var` declared again, in three forms.
ALLOWED_CODES = frozenset((2403, 2451, 2481))

WORD_CHARACTER = re.compile(r"[\w$]")

T = TypeVar("T")


@dataclass(frozen=True)
class Completions:
    """What could stand between start and end, counted in Unicode characters of the code."""

    matches: list[str] = field(default_factory=list)
    start: int = 0
    end: int = 0
    # One for each match: "function", "property", "class" …
    kinds: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TypeWarning:
    """What TypeScript would refuse. Line and column count from 1, in Unicode characters."""

    line: int
    column: int
    message: str
    code: int


class LanguageServer:
    """Answers about a cell, given the sources of the cells that ran before it, oldest first."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        folder: str,
        import_map: Mapping[str, str],
    ) -> None:
        """
        Args:
            command: Deno with the subcommand ``lsp``.
            env: of the server; it is changed so that nothing reaches the network.
            folder: the notebook's, from which cells import files. Nothing is written into it.
            import_map: names of modules and their addresses.
        """
        self._command = command
        self._env = server_environment(env)
        self._folder = folder
        self._import_map = import_map
        # There is no such file; a name that is taken would hide it.
        self._uri = (Path(folder).absolute() / f"cells-{secrets.token_hex(4)}.ts").as_uri()
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._starting: asyncio.Task[None] | None = None
        self._version = 0
        self._frame = ""
        self._has_answered = False
        self._crashes = 0
        self._timeouts = 0
        self._idle: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The process, if there is one."""
        return self._connection.pid if self._connection else None

    async def complete(self, cells: Sequence[str], code: str, cursor: int) -> Completions:
        """What could stand at a place of the code, counted in Unicode characters."""
        cursor = inside(code, cursor)
        document = CellsDocument(cells, code)

        async def question(connection: Connection) -> Completions:
            answer = await connection.request(
                "textDocument/completion", self._place(document, cursor)
            )
            items = answer.get("items", []) if isinstance(answer, dict) else answer
            return completions_of(items or [], document, code, cursor)

        empty = Completions([], cursor, cursor, [])
        return await self._ask(document, question, empty)

    async def hover(self, cells: Sequence[str], code: str, cursor: int) -> str | None:
        """Markdown: the signature, and what its comment says. Between the brackets of a call, those
        of the function."""
        cursor = inside(code, cursor)
        document = CellsDocument(cells, code)

        async def question(connection: Connection) -> str | None:
            for place in places_to_look(code, cursor):
                answer = await connection.request(
                    "textDocument/hover", self._place(document, place)
                )
                if text := markdown_of(answer):
                    return text
            return None

        return await self._ask(document, question, None)

    async def type_warnings(self, cells: Sequence[str], code: str) -> list[TypeWarning]:
        """What TypeScript finds wrong in the code, from its start to its end. Where the syntax is
        wrong, nothing: that is all there is to say then."""
        document = CellsDocument(cells, code)

        async def question(connection: Connection) -> list[TypeWarning]:
            answer = await connection.request(
                "textDocument/diagnostic", {"textDocument": {"uri": self._uri}}
            )
            return warnings_of((answer or {}).get("items", []), document, code)

        return await self._ask(document, question, [])

    async def stop(self) -> None:
        """Ends the server. A later question starts it again."""
        if self._starting and self._connection is None:
            await asyncio.wait([self._starting], timeout=STOP_SECONDS)
        await self._end()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _place(self, document: CellsDocument, cursor: int) -> dict[str, Any]:
        return {"textDocument": {"uri": self._uri}, "position": document.position(cursor)}

    async def _ask(
        self, document: CellsDocument, question: Callable[[Connection], Awaitable[T]], empty: T
    ) -> T:
        is_warm = self._has_answered and self._connection and self._connection.is_open
        seconds = LATER_SECONDS if is_warm else FIRST_SECONDS
        try:
            result = await asyncio.wait_for(self._answer(document, question), seconds)
        except asyncio.TimeoutError:
            self._timeouts += 1
            if self._timeouts >= HANGING_AFTER and self._connection:
                self._connection.kill()
            return empty
        except LanguageServerGone:
            return empty
        except LanguageServerRefusal:
            result = empty
        self._has_answered = True
        self._timeouts = self._crashes = 0
        self._wait_idly()
        return result

    async def _answer(
        self, document: CellsDocument, question: Callable[[Connection], Awaitable[T]]
    ) -> T:
        async with self._lock:
            connection = await self._ensure_connection()
            self._show(connection, document)
            return await question(connection)

    async def _ensure_connection(self) -> Connection:
        """Raises LanguageServerGone."""
        if self._starting is None:
            if self._connection and not self._connection.is_open:
                await self._note_crash()
            # It broke down, was started again, and broke down before it answered anything.
            if self._crashes > 1:
                raise LanguageServerGone
            if self._connection is None:
                self._starting = asyncio.create_task(self._start())
        if self._starting:
            # A question that waits no longer leaves the start to the next one.
            await asyncio.shield(self._starting)
            self._starting = None
        if self._connection is None:
            raise LanguageServerGone
        return self._connection

    async def _start(self) -> None:
        self._version = 0
        self._frame = ""
        try:
            connection = await Connection.start(self._command, self._env, self._folder)
            self._connection = connection
            await connection.request("initialize", initialization(self._import_map))
            connection.notify("initialized", {})
        except (LanguageServerGone, LanguageServerRefusal, OSError):
            await self._note_crash()

    async def _note_crash(self) -> None:
        self._timeouts = 0
        self._crashes += 1
        if self._connection:
            self._connection.kill()
        await self._end()

    async def _end(self) -> None:
        if self._idle:
            self._idle.cancel()
        connection, self._connection = self._connection, None
        self._has_answered = False
        if connection:
            await connection.stop()

    def _show(self, connection: Connection, document: CellsDocument) -> None:
        # Deno keeps what a document imports from the last text that had a syntax.
        if document.frame != self._frame:
            self._show_text(connection, document.frame)
            self._frame = document.frame
        self._show_text(connection, document.text)

    def _show_text(self, connection: Connection, text: str) -> None:
        self._version += 1
        named = {"uri": self._uri, "version": self._version}
        if self._version == 1:
            opened = {**named, "languageId": "typescript", "text": text}
            connection.notify("textDocument/didOpen", {"textDocument": opened})
        else:
            changed = {"textDocument": named, "contentChanges": [{"text": text}]}
            connection.notify("textDocument/didChange", changed)

    def _wait_idly(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle)

    def _end_idle(self) -> None:
        task = asyncio.create_task(self._end_unless_asked())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_unless_asked(self) -> None:
        if not self._lock.locked():
            async with self._lock:
                await self._end()


def server_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The server's environment: every connection goes to a proxy that is not there."""
    result = {name: value for name, value in env.items() if name.lower() != "no_proxy"}
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        result[name] = result[name.lower()] = NO_NETWORK
    result["DENO_NO_UPDATE_CHECK"] = "1"
    result["DENO_V8_FLAGS"] = ",".join(filter(None, (result.get("DENO_V8_FLAGS"), V8_FLAGS)))
    return result


def initialization(import_map: Mapping[str, str]) -> dict[str, Any]:
    """Without a root, no deno.json, package.json or lock file is looked for."""
    data = json.dumps({"imports": dict(import_map)}).encode()
    for_language = {"suggest": {"autoImports": False}}
    return {
        "processId": os.getpid(),
        "rootUri": None,
        "capabilities": {
            "textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "completion": {"completionItem": {"snippetSupport": False}},
                "diagnostic": {},
            },
        },
        "initializationOptions": {
            "enable": True,
            "importMap": "data:application/json;base64," + base64.b64encode(data).decode(),
            "lint": False,
            "cacheOnSave": False,
            "suggest": {"imports": {"autoDiscover": False, "hosts": {}}},
            "typescript": for_language,
            "javascript": for_language,
        },
    }


def completions_of(
    items: Sequence[Mapping[str, Any]], document: CellsDocument, code: str, cursor: int
) -> Completions:
    """Jupyter has one start for all matches; the protocol may have one for each."""
    word = word_start(code, cursor)
    if code[word - 1 : word] == "#":
        word -= 1
    candidates: list[tuple[int, str, str]] = []
    for item in sorted(items, key=lambda item: (item.get("sortText", ""), item["label"].lower())):
        edit = item.get("textEdit") or {}
        place = edit.get("range") or edit.get("insert")
        start = document.offset(place["start"]) if place else None
        if start is None or start > cursor:
            start, text = word, item.get("insertText") or item["label"]
        else:
            text = edit["newText"]
        if is_meant(item, text, code[start:cursor].lower()):
            candidates.append((start, text, kind_of(item)))
    if not candidates:
        return Completions([], cursor, cursor, [])
    first = min(start for start, _, _ in candidates)
    matches = {code[first:start] + text: kind for start, text, kind in candidates}
    return Completions(list(matches), first, cursor, list(matches.values()))


def is_meant(item: Mapping[str, Any], text: str, typed: str) -> bool:
    """Whether what is typed begins it. A dot may turn into `?.name` or `["a name"]`; into a symbol,
    which every string and array has, nobody wants it to turn."""
    if typed.startswith(".") and not text.startswith("."):
        is_wanted = text.startswith(("?.", '["', "['"))
        return is_wanted and str(item["label"]).lower().startswith(typed[1:])
    return (item.get("filterText") or text).lower().startswith(typed)


def kind_of(item: Mapping[str, Any]) -> str:
    number = item.get("kind", 0)
    return KINDS[number - 1] if 0 < number <= len(KINDS) else "text"


def inside(code: str, cursor: int) -> int:
    """Jupyter's frontends have counted in several ways."""
    return max(0, min(cursor, len(code)))


def word_start(code: str, end: int) -> int:
    while end > 0 and WORD_CHARACTER.match(code[end - 1]):
        end -= 1
    return end


def places_to_look(code: str, cursor: int) -> list[int]:
    """The word at the cursor, else what is being called there."""
    start = word_start(code, cursor)
    if start < cursor or WORD_CHARACTER.match(code[cursor : cursor + 1]):
        return [start]
    depth = 0
    for at in range(cursor - 1, -1, -1):
        depth += (code[at] in ")]}") - (code[at] in "([{")
        if depth < 0 and code[at] == "(":
            return [cursor, word_start(code, len(code[:at].rstrip()))]
    return [cursor]


def markdown_of(hover: Any) -> str | None:
    contents = (hover or {}).get("contents")
    if isinstance(contents, dict):
        contents = contents.get("value")
    return contents.strip() or None if isinstance(contents, str) else None


def warnings_of(
    items: Sequence[Mapping[str, Any]], document: CellsDocument, code: str
) -> list[TypeWarning]:
    """What is no matter of syntax or of style."""
    code = same_length(code)
    result: list[tuple[int, TypeWarning]] = []
    for item in items:
        number, start = item.get("code"), item["range"]["start"]
        if item.get("source") != "deno-ts" or not isinstance(number, int):
            continue
        if number in SYNTAX_CODES and number != NO_DEFAULT_EXPORT:
            if document.is_behind_start(start):
                return []
            continue
        offset = document.offset(start)
        if offset is None or not is_mistake(item.get("severity", 1), number):
            continue
        line = code.count("\n", 0, offset) + 1
        column = offset - code.rfind("\n", 0, offset)
        result.append((offset, TypeWarning(line, column, item["message"], number)))
    return [warning for _, warning in sorted(result, key=lambda pair: pair[0])]


def is_mistake(severity: int, code: int) -> bool:
    """Neither a hint nor a missing annotation (TypeScript's 7000s), nor what cells may do."""
    if code == NO_DEFAULT_EXPORT:
        return True
    return severity <= 2 and not (code < 2000 or 7000 <= code < 8000 or code in ALLOWED_CODES)
