"""One run of ``deno lsp``: JSON-RPC with headers over its standard input and output."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from jupyterlab_bedrock_import.kernel.child import die_with_parent
from jupyterlab_bedrock_import.process_end import end_process

# A longer answer ends the connection: it would hold the kernel's memory.
MAX_BYTES = 64 * 1024 * 1024
READ_BYTES = 256 * 1024

# How long it may take to end by itself, and then by a signal.
STOP_SECONDS = 1.0


class LanguageServerGone(Exception):
    """The server has ended, or says what nobody understands."""


class LanguageServerRefusal(Exception):
    """The server answers with an error."""


class Connection:
    """Requests and notifications to one process, and its answers."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin and process.stdout
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str], env: Mapping[str, str], cwd: str) -> Connection:
        """Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # Its log names the files of the user, and nobody reads it.
            stderr=asyncio.subprocess.DEVNULL,
            cwd=cwd if os.path.isdir(cwd) else None,
            env=dict(env),
            limit=READ_BYTES,
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        return cls(process)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_open(self) -> bool:
        return not self._reader.done()

    async def request(self, method: str, params: Mapping[str, Any]) -> Any:
        """Raises LanguageServerGone, LanguageServerRefusal. Cancelling it tells the server."""
        number = next(self._ids)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._send({"id": number, "method": method, "params": params})
            return await answer
        except asyncio.CancelledError:
            with contextlib.suppress(LanguageServerGone):
                self.notify("$/cancelRequest", {"id": number})
            raise
        finally:
            del self._waiting[number]

    def notify(self, method: str, params: Mapping[str, Any]) -> None:
        """Raises LanguageServerGone."""
        self._send({"method": method, "params": params})

    async def stop(self) -> None:
        """Lets it end by itself, which the end of its input asks for, or else ends it."""
        await end_process(
            self._process, self._stdin.close, self._process.kill, seconds=STOP_SECONDS
        )
        await asyncio.wait([self._reader], timeout=STOP_SECONDS)
        with contextlib.suppress(asyncio.TimeoutError, ConnectionError):
            await asyncio.wait_for(self._stdin.wait_closed(), STOP_SECONDS)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def _send(self, message: Mapping[str, Any]) -> None:
        if not self.is_open:
            raise LanguageServerGone
        body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
        try:
            self._stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        except (ConnectionError, RuntimeError):
            raise LanguageServerGone from None

    async def _read(self) -> None:
        try:
            while (message := await self._read_message()) is not None:
                self._take(message)
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            # What follows cannot be told from what it said.
            self.kill()
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(LanguageServerGone())

    async def _read_message(self) -> dict[str, Any] | None:
        length = None
        while (line := await self._stdout.readline()).strip():
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        if not line:
            return None
        if length is None or not 0 <= length <= MAX_BYTES:
            raise ValueError("no length")
        message = json.loads(await self._stdout.readexactly(length))
        if not isinstance(message, dict):
            raise ValueError("no message")
        return message

    def _take(self, message: Mapping[str, Any]) -> None:
        number = message.get("id")
        if "method" in message:
            # Nothing that it may ask has another answer, and it would wait for one.
            if number is not None:
                with contextlib.suppress(LanguageServerGone):
                    self._send({"id": number, "result": None})
            return
        answer = self._waiting.get(number) if isinstance(number, int) else None
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(LanguageServerRefusal(message["error"]))
        else:
            answer.set_result(message.get("result"))
