"""Pages as the tests have them, and what an engine of theirs has noted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from tornado.websocket import WebSocketClientConnection

ENGINES = Path(__file__).parent / "engines"

# Nothing here takes that long; it only keeps a broken test from hanging.
PATIENCE_SECONDS = 120.0

Connect = Callable[..., Awaitable[WebSocketClientConnection]]


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition."""

    async def look() -> None:
        while not condition():
            await asyncio.sleep(0.02)

    await asyncio.wait_for(look(), PATIENCE_SECONDS)


async def received(page: WebSocketClientConnection) -> str | None:
    """The next frame; None when the connection has ended."""
    message = await asyncio.wait_for(page.read_message(), PATIENCE_SECONDS)
    assert not isinstance(message, bytes)
    return message


async def asked(page: WebSocketClientConnection, text: str) -> str | None:
    """The answer to a frame."""
    await page.write_message(text)
    return await received(page)


async def end_of(page: WebSocketClientConnection) -> tuple[int | None, str | None]:
    """Code and reason, once the connection has ended; nothing may come before."""
    assert await received(page) is None
    return page.close_code, page.close_reason


def lines_of(file: Path) -> list[str]:
    """What an engine has noted so far."""
    return file.read_text().splitlines() if file.exists() else []


def is_running(pid: int) -> bool:
    """Whether a process lives. One that has ended and that nobody has asked about does not."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
