"""Ending a child process: first as it wishes, then by what it cannot refuse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable


async def ends_within(process: asyncio.subprocess.Process, seconds: float) -> bool:
    """Whether a process has ended, or does so in time."""
    try:
        await asyncio.wait_for(process.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True


async def end_process(
    process: asyncio.subprocess.Process, *ways: Callable[[], None], seconds: float
) -> bool:
    """Tries one way after the other, and waits so long after each. Whether it has ended."""
    for way in ways:
        # It may be gone already, or have closed its input.
        with contextlib.suppress(ProcessLookupError, ConnectionError, RuntimeError):
            way()
        if await ends_within(process, seconds):
            return True
    return False
