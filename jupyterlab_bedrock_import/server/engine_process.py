"""The engine as a child process: its start, its lines, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence

from jupyterlab_bedrock_import.process_end import end_process, ends_within

# A longer line of the engine is dropped: it would hold the server's memory.
MAX_LINE_BYTES = 32 * 1024 * 1024
READ_BYTES = 256 * 1024

# What is kept of stderr, to say why the engine ended.
STDERR_LINES = 50
STDERR_LINE_CHARACTERS = 500

# How long the engine may take to end by itself, and then after each signal.
STOP_SECONDS = 5.0
SIGNAL_SECONDS = 2.0


async def read_lines(
    stream: asyncio.StreamReader, limit: int
) -> AsyncIterator[tuple[bytes, bool]]:
    """Each line without its end, and whether it was cut because it is longer than the limit.

    ``StreamReader.readline`` would do, if it did not take the rest of an overlong line for the
    next line.
    """
    line = bytearray()
    cut = False
    while chunk := await stream.read(READ_BYTES):
        parts = chunk.split(b"\n")
        for number, part in enumerate(parts):
            room = limit - len(line)
            cut = cut or len(part) > room
            line += part[:room]
            if number < len(parts) - 1:
                yield bytes(line), cut
                line.clear()
                cut = False
    if line:
        yield bytes(line), cut


class EngineProcess:
    """One run of the engine."""

    def __init__(self, process: asyncio.subprocess.Process, log: logging.Logger) -> None:
        assert process.stdin and process.stdout and process.stderr
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._log = log
        self._last_lines: deque[str] = deque(maxlen=STDERR_LINES)
        # Python before 3.10.6 lets only one task at a time wait for a pipe.
        self._writing = asyncio.Lock()
        self._stderr_task = asyncio.create_task(self._read_stderr(process.stderr))

    @classmethod
    async def start(
        cls, command: Sequence[str], *, cwd: str, env: Mapping[str, str], log: logging.Logger
    ) -> EngineProcess:
        """Raises OSError when there is nothing to start."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=cwd,
                env=env,
                limit=READ_BYTES,
                # Ctrl-C in the server's terminal is for the server, which then ends the engine.
                start_new_session=True,
            )
        except NotImplementedError:
            raise OSError("the server's event loop cannot start programs on this system") from None
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def last_lines(self) -> Sequence[str]:
        """The last lines of stderr."""
        return self._last_lines

    async def send(self, line: bytes) -> None:
        """Waits while the engine does not read. An engine that has ended reads nothing more, which
        ``lines`` tells."""
        async with self._writing:
            with contextlib.suppress(ConnectionError):
                self._stdin.write(line)
                await self._stdin.drain()

    async def lines(self) -> AsyncIterator[bytes]:
        """The lines that the engine writes, until it writes no more."""
        async for line, cut in read_lines(self._stdout, MAX_LINE_BYTES):
            if cut:
                self._log.warning(
                    "The engine wrote a line of more than %d bytes; it is dropped.", MAX_LINE_BYTES
                )
            else:
                yield line

    async def stop(self) -> None:
        """Lets the engine end by itself, which the end of its input asks for, or else ends it."""
        self._stdin.close()
        if await ends_within(self._process, STOP_SECONDS):
            return
        self._log.warning("The engine does not end by itself; it is being ended.")
        await end_process(
            self._process, self._process.terminate, self._process.kill, seconds=SIGNAL_SECONDS
        )

    async def ended(self) -> int | None:
        """After the last line: the code, once the process has ended and its last words are in."""
        await self.stop()
        await asyncio.wait([self._stderr_task], timeout=SIGNAL_SECONDS)
        return self._process.returncode

    async def _read_stderr(self, stderr: asyncio.StreamReader) -> None:
        # No character is longer than four bytes.
        async for line, _ in read_lines(stderr, STDERR_LINE_CHARACTERS * 4):
            text = line.decode("utf-8", "replace").rstrip()[:STDERR_LINE_CHARACTERS]
            if text:
                self._last_lines.append(text)
                self._log.info("engine: %s", text)
