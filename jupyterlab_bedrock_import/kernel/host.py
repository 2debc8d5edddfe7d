"""What cells ask the kernel's Python half to do, because Deno may not start programs."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from typing import Any

from jupyterlab_bedrock_import.command import command_line
from jupyterlab_bedrock_import.kernel.child import die_with_parent
from jupyterlab_bedrock_import.process_end import end_process

# It makes its model at the first start.
SANDBOX_SECONDS = 120.0
STOP_SECONDS = 5.0
LAST_LINES = 5


class Host:
    """Things that last as long as the kernel."""

    def __init__(self) -> None:
        self._sandbox: asyncio.subprocess.Process | None = None
        self._variables: dict[str, str] = {}
        self._starting = asyncio.Lock()

    async def call(self, method: str) -> dict[str, Any]:
        """The answer, as ``src/kernel/wire.ts`` has it."""
        try:
            if method == "startSandbox":
                return {"value": await self._start_sandbox()}
        except (OSError, ValueError) as error:
            return {"error": str(error)}
        return {"error": f"The kernel knows no {method}."}

    async def _start_sandbox(self) -> dict[str, str]:
        """Raises OSError with one line for the user."""
        async with self._starting:
            if self._sandbox is not None and self._sandbox.returncode is None:
                return self._variables
            process = await asyncio.create_subprocess_exec(
                *command_line("sandbox", "--json"),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=dict(os.environ),
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )
            assert process.stdout and process.stderr
            errors = asyncio.create_task(process.stderr.read())
            line = b""
            with contextlib.suppress(asyncio.TimeoutError):
                line = await asyncio.wait_for(process.stdout.readline(), SANDBOX_SECONDS)
            if not line:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                words = (await errors).decode(errors="replace").strip().splitlines()
                raise OSError(" ".join(words[-LAST_LINES:]) or "The sandbox does not start.")
            self._sandbox = process
            self._variables = json.loads(line)["env"]
            return self._variables

    async def stop(self) -> None:
        """Ends what was started."""
        process = self._sandbox
        self._sandbox = None
        if process is None or process.returncode is not None:
            return
        await end_process(process, process.terminate, process.kill, seconds=STOP_SECONDS)
