"""One run of the Deno process: what is sent to it, and what it says in the order it was said."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jupyterlab_bedrock_import.kernel.frames import Bracket, BracketReader, Frame, FrameReader, Text
from jupyterlab_bedrock_import.process_end import end_process

READ_BYTES = 256 * 1024

# How long the process may take to end by itself, and then after each signal.
STOP_SECONDS = 2.0

# Of what it prints without being asked, so that it can be said why it broke down.
LAST_CHARACTERS = 20_000

PR_SET_PDEATHSIG = 1


def die_with_parent() -> Callable[[], None] | None:
    """Lets a child end with the thread that starts it, however that ends: a cell that computes for
    ever reads no input. Linux alone has this."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        prctl = libc.prctl
    except (OSError, AttributeError):
        return None
    parent = os.getpid()

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # It may have ended before.
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


@dataclass(frozen=True)
class Printed:
    """Text of standard output or standard error, and the cell that printed it."""

    cell: int
    name: str
    text: str


@dataclass(frozen=True)
class Ended:
    """The process is gone."""

    code: int
    # What it printed last, on standard error.
    last_words: str


Event = Printed | Frame | Ended
Handler = Callable[[Event], Awaitable[None]]


class DenoChild:
    """A Deno process that runs cells."""

    def __init__(self, process: asyncio.subprocess.Process, mark: str, handle: Handler) -> None:
        assert process.stdin and process.stdout and process.stderr
        self._process = process
        self._stdin = process.stdin
        self._handle = handle
        self._mark = mark.encode()
        self._cell = 0
        # Sections of standard error: which one may be passed on, and which one is through.
        self._announced = 0
        self._through = 0
        self._stderr_cell = 0
        self._stderr_ended = False
        self._last_words = ""
        self._moved = asyncio.Condition()
        self._tasks = [
            asyncio.create_task(self._read_stderr(process.stderr)),
            asyncio.create_task(self._read_stdout(process.stdout)),
        ]

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        cwd: str,
        mark: str,
        handle: Handler,
    ) -> DenoChild:
        """Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
            env=dict(env),
            limit=READ_BYTES,
            # An interrupt of the terminal is for the kernel, which passes it on in its own way.
            start_new_session=True,
            preexec_fn=die_with_parent(),
        )
        return cls(process, mark, handle)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.returncode is None

    def send(self, command: Mapping[str, Any]) -> None:
        """Does not wait. A process that has ended reads nothing more, which its end tells."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            # The type comes first: src/kernel/commands.ts looks at the beginning of a line.
            self._stdin.write(json.dumps(command, separators=(",", ":")).encode() + b"\n")

    def kill(self) -> None:
        """Ends it at once; that it has ended is told as always."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def stop(self) -> None:
        """Lets it end by itself, which the end of its input asks for, or else ends it."""
        await end_process(
            self._process, self._stdin.close, self._process.kill, seconds=STOP_SECONDS
        )

    async def _read_stdout(self, stream: asyncio.StreamReader) -> None:
        reader = FrameReader(self._mark)
        while data := await stream.read(READ_BYTES):
            for part in reader.feed(data):
                await self._take(part)
        for rest in reader.end():
            await self._take(rest)
        code = await self._process.wait()
        async with self._moved:
            # A child of the child may hold standard error open.
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(
                    self._moved.wait_for(lambda: self._stderr_ended), STOP_SECONDS
                )
        await self._handle(Ended(code, self._last_words))

    async def _take(self, part: Text | Frame) -> None:
        if isinstance(part, Text):
            await self._handle(Printed(self._cell, "stdout", part.text))
            return
        kind = part.content["type"]
        if kind == "cell":
            self._cell = part.content["cell"]
        elif kind == "stderr":
            await self._let_through(part.content["section"])
        else:
            if kind == "done":
                await self._wait_for(lambda: self._stderr_cell >= part.content["cell"])
            await self._handle(part)

    async def _let_through(self, section: int) -> None:
        async with self._moved:
            self._announced = section
            self._moved.notify_all()
        await self._wait_for(lambda: self._through >= section)

    async def _wait_for(self, condition: Callable[[], bool]) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: condition() or self._stderr_ended)

    async def _read_stderr(self, stream: asyncio.StreamReader) -> None:
        reader = BracketReader(self._mark)
        try:
            while data := await stream.read(READ_BYTES):
                for part in reader.feed(data):
                    await self._take_stderr(part)
            for rest in reader.end():
                await self._take_stderr(rest)
        finally:
            async with self._moved:
                self._stderr_ended = True
                self._moved.notify_all()

    async def _take_stderr(self, part: Text | Bracket) -> None:
        if isinstance(part, Text):
            self._last_words = (self._last_words + part.text)[-LAST_CHARACTERS:]
            await self._handle(Printed(self._cell, "stderr", part.text))
            return
        async with self._moved:
            if part.kind == "(":
                # Its place in standard output has to be reached first.
                await self._moved.wait_for(lambda: self._announced >= part.value)
            elif part.kind == ")":
                self._through = part.value
                self._moved.notify_all()
            else:
                self._stderr_cell = part.value
                self._moved.notify_all()
