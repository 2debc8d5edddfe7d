"""Between the pages and the one engine: starts it for the first page, passes frames on, and says
to the pages when it has ended."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Protocol

from jupyterlab_bedrock_import.server.engine_process import EngineProcess
from jupyterlab_bedrock_import.server.wire import (
    Awake,
    Busy,
    Close,
    Frame,
    Job,
    Steering,
    WireError,
    close_line,
    close_reason,
    frame_line,
    open_line,
    parse_line,
)

GOING_AWAY = 1001
ENGINE_RESTARTED = 1012
ENGINE_KEEPS_ENDING = 4500
ENGINE_CANNOT_START = 4501

# So many ends within this time are no accident; then nothing is started for as long.
MAX_ENDS = 3
ENDS_SECONDS = 30.0

# How long the server waits for what is still being passed on when the engine has been stopped.
LAST_WORDS_SECONDS = 5.0

MAX_LOGGED_CHARACTERS = 200


class Page(Protocol):
    """A page's WebSocket."""

    client_id: str

    @property
    def is_open(self) -> bool: ...

    def send(self, text: str) -> None: ...

    def close(self, code: int, reason: str) -> None: ...


class EngineUnavailable(Exception):
    """There is no engine; with what a page is told."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = close_reason(reason)


class Relay:
    """Has at most one engine at a time.

    One that breaks down while jobs run is followed by another at once; ``start_engine`` is then told
    to go on with them.
    """

    def __init__(
        self,
        start_engine: Callable[[bool], Awaitable[EngineProcess]],
        on_awake: Callable[[Sequence[Job]], None],
        on_steering: Callable[[], None],
        log: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start_engine = start_engine
        self._on_awake = on_awake
        self._on_steering = on_steering
        self._log = log
        self.clock = clock
        self._engine: EngineProcess | None = None
        self._starting = asyncio.Lock()
        self._stopping = False
        self._busy = False
        # Jobs were running when the engine ended, and no engine has them since.
        self._jobs_wait = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._client_ids = itertools.count(1)
        # The pages that this engine has been told of.
        self._pages: dict[str, Page] = {}
        self._ends: deque[float] = deque(maxlen=MAX_ENDS)
        self._refused_until = float("-inf")
        self._last_words = ""

    @property
    def engine(self) -> EngineProcess | None:
        return self._engine

    def new_client_id(self) -> str:
        return str(next(self._client_ids))

    async def connect(self, page: Page) -> None:
        """Tells the engine of a page; starts it when there is none. Closes the page when there
        can be none."""
        try:
            engine = await self._running_engine()
        except EngineUnavailable as error:
            page.close(error.code, error.reason)
            return
        # It may have gone while the engine was being started.
        if page.is_open:
            self._pages[page.client_id] = page
            await engine.send(open_line(page.client_id))

    async def receive(self, client_id: str, text: str) -> None:
        """Gives the engine what a page sent; returns when the engine has room for more."""
        if self._engine is not None and client_id in self._pages:
            await self._engine.send(frame_line(client_id, text))

    def disconnect(self, client_id: str) -> None:
        """Tells the engine that a page has gone, unless it knows."""
        if self._pages.pop(client_id, None) is not None and self._engine is not None:
            self._run(self._engine.send(close_line(client_id)))

    async def stop(self) -> None:
        """Ends the engine; nothing starts it again."""
        self._stopping = True
        # One that is being started right now has to be ended as well.
        async with self._starting:
            engine = self._engine
        self._close_pages(GOING_AWAY, "the Jupyter server stops")
        if engine is not None:
            await engine.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=LAST_WORDS_SECONDS)
            for task in late:
                task.cancel()

    async def _running_engine(self) -> EngineProcess:
        async with self._starting:
            if self._stopping:
                raise EngineUnavailable(GOING_AWAY, "the Jupyter server stops")
            if self._engine is not None:
                return self._engine
            if self.clock() < self._refused_until:
                raise EngineUnavailable(ENGINE_KEEPS_ENDING, self._last_words)
            try:
                engine = await self._start_engine(self._jobs_wait)
            except OSError as error:
                self._log.error("The engine cannot be started: %s", error)
                raise EngineUnavailable(ENGINE_CANNOT_START, str(error)) from None
            self._log.info("The engine has started as process %d.", engine.pid)
            self._engine = engine
            self._run(self._follow(engine))
            return engine

    async def _follow(self, engine: EngineProcess) -> None:
        async for line in engine.lines():
            try:
                self._pass_on(line)
            except Exception:
                # One message must not cost the others: without this task all pages hang.
                self._log.exception("A message of the engine could not be passed on.")
        code = await engine.ended()
        self._engine = None
        self._on_awake(())
        if not self._stopping:
            self._jobs_wait = self._jobs_wait or self._busy
            self._busy = False
            self._note_end(engine, code)
            self._close_pages(ENGINE_RESTARTED, "engine restarted")
            if self._jobs_wait:
                self._run(self._start_again())

    async def _start_again(self) -> None:
        # Where there can be no engine, the jobs wait for the next page that gets one.
        with contextlib.suppress(EngineUnavailable):
            await self._running_engine()

    def _pass_on(self, line: bytes) -> None:
        try:
            message = parse_line(line)
        except WireError as error:
            self._log.warning(
                "The engine wrote a line of %d bytes that is no message: %s%s",
                len(line),
                error,
                _excerpt(line),
            )
            return
        if isinstance(message, Frame):
            page = self._pages.get(message.client)
            # A page that has gone is no longer known; the engine may not have heard of it yet.
            if page is not None:
                page.send(message.text)
        elif isinstance(message, Close):
            page = self._pages.pop(message.client, None)
            if page is not None:
                page.close(message.code, close_reason(message.reason))
        elif isinstance(message, Awake):
            self._on_awake(message.jobs)
        elif isinstance(message, Busy):
            self._busy = message.busy
            self._jobs_wait = False
        elif isinstance(message, Steering):
            self._on_steering()

    def _note_end(self, engine: EngineProcess, code: int | None) -> None:
        how = f"the engine ended with code {code}"
        lines = list(engine.last_lines)
        self._log.error("Unexpectedly, %s. Its last lines:\n%s", how, "\n".join(lines))
        now = self.clock()
        self._ends.append(now)
        if len(self._ends) == MAX_ENDS and now - self._ends[0] <= ENDS_SECONDS:
            self._refused_until = now + ENDS_SECONDS
            self._last_words = lines[-1] if lines else how
            self._log.error("It is not started again for %d seconds.", ENDS_SECONDS)

    def _close_pages(self, code: int, reason: str) -> None:
        pages = list(self._pages.values())
        self._pages.clear()
        for page in pages:
            page.close(code, reason)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        # The event loop itself keeps no task from being collected.
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _excerpt(line: bytes) -> str:
    """The beginning of a line that some library printed. What looks like JSON may be a frame, which
    is nobody's business."""
    text = line[: MAX_LOGGED_CHARACTERS * 4].decode("utf-8", "replace").strip()
    return "" if text[:1] in ("", "{", "[", '"') else f": {text[:MAX_LOGGED_CHARACTERS]!r}"
