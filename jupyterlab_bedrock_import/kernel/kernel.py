"""The kernel "TypeScript (Deno)": passes cells on to Deno, and what it says to Jupyter."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.metadata
import os
import secrets
import signal
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ipykernel.kernelbase import Kernel

from jupyterlab_bedrock_import.command import LaunchError
from jupyterlab_bedrock_import.kernel.assistance import Assistance
from jupyterlab_bedrock_import.kernel.child import DenoChild, Ended, Event, Printed
from jupyterlab_bedrock_import.kernel.frames import Frame
from jupyterlab_bedrock_import.kernel.host import Host
from jupyterlab_bedrock_import.kernel.launch import prepare_launch

# Cells whose late output still finds its place.
KNOWN_CELLS = 10_000

# After which a cell that does not react to being stopped is said to compute.
REACTION_SECONDS = 2.0
ANSWER_SECONDS = 3.0
STDIN_POLL_SECONDS = 0.03
SHUTDOWN_SECONDS = 10.0
LAST_WORDS = 400
NOT_BEGUN = {
    "ename": "Interrupted",
    "evalue": "The cell was interrupted before it began.",
    "traceback": ["Interrupted: The cell was interrupted before it began."],
}
GONE_LOOKS = 250
GONE_SECONDS = 0.02


def package_version() -> str:
    """A checkout may be run without being installed."""
    try:
        return importlib.metadata.version("jupyterlab-bedrock-import")
    except importlib.metadata.PackageNotFoundError:
        return "0"


@dataclass
class RunningCell:
    """An execution that has not ended."""

    id: int
    done: asyncio.Future[Mapping[str, Any]]
    interrupts: int = 0
    allow_stdin: bool = False
    # Whom a question goes to.
    client: Any = None
    # Deno.exit of the cell itself.
    exit_code: int | None = None
    input_task: asyncio.Task[None] | None = field(default=None)


class DenoKernel(Kernel):
    """Runs cells in one Deno process, which is replaced when it ends."""

    implementation = "bedrock-import-deno"
    implementation_version = package_version()
    language_info = {
        "name": "typescript",
        "mimetype": "text/x.typescript",
        "file_extension": ".ts",
        "codemirror_mode": "typescript",
        "pygments_lexer": "typescript",
        "nbconvert_exporter": "script",
    }
    banner = "TypeScript in Deno, with what bedrock-import brings."
    help_links = [{"text": "Deno", "url": "https://docs.deno.com/"}]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._child: DenoChild | None = None
        self._ready: asyncio.Future[None] | None = None
        self._running: RunningCell | None = None
        self._last_cell = 0
        self._cell_messages: OrderedDict[int, Any] = OrderedDict()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._questions = 0
        self._host = Host()
        self._assistance = Assistance(self._question)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        super().start()
        # The first cell should not have to wait for Deno.
        self.io_loop.add_callback(self._start_ahead)

    async def _start_ahead(self) -> None:
        with contextlib.suppress(LaunchError, OSError, EOFError):
            await self._ensure_child()

    # The process.

    async def _ensure_child(self) -> DenoChild:
        """Raises LaunchError, OSError, EOFError when it ends while it starts."""
        self._loop = asyncio.get_running_loop()
        for _ in range(GONE_LOOKS):
            # One that has ended between two cells; that it has is told soon.
            if self._child is None or self._child.is_running:
                break
            await asyncio.sleep(GONE_SECONDS)
        if self._child is None:
            mark = f"\x1b_{secrets.token_hex(16)}"
            command, env = prepare_launch(os.environ, mark)
            try:
                cwd = os.getcwd()
            except OSError:
                # The notebook's folder is gone.
                cwd = os.path.expanduser("~")
            self._ready = self._loop.create_future()
            child: DenoChild | None = None

            async def handle(event: Event) -> None:
                # What a replaced process still says is of no use.
                if child is self._child:
                    await self._handle(event)

            child = self._child = await DenoChild.start(
                command, env, cwd=cwd, mark=mark, handle=handle
            )
        ready, child = self._ready, self._child
        assert ready is not None
        await asyncio.shield(ready)
        return child

    async def _handle(self, event: Event) -> None:
        if isinstance(event, Printed):
            self._publish("stream", {"name": event.name, "text": event.text}, event.cell)
        elif isinstance(event, Ended):
            self._ended(event)
        else:
            self._take(event)

    def _take(self, frame: Frame) -> None:
        content = frame.content
        kind = content["type"]
        if kind == "ready":
            if self._ready is not None and not self._ready.done():
                self._ready.set_result(None)
        elif kind == "stream":
            self._publish(
                "stream", {"name": content["name"], "text": content["text"]}, content["cell"]
            )
        elif kind == "result":
            self._publish(
                "execute_result",
                {
                    "data": content["data"],
                    "metadata": content["metadata"],
                    "execution_count": self.execution_count,
                },
                content["cell"],
            )
        elif kind == "broadcast":
            buffers = [base64.b64decode(text) for text in content["buffers"]]
            self._publish(
                content["messageType"],
                content["content"],
                content["cell"],
                metadata=content["metadata"],
                buffers=buffers or None,
            )
        elif kind == "done":
            self._end_cell(content["cell"], content)
        elif kind == "input":
            self._ask(content)
        elif kind == "host":
            self._spawn(self._call_host(content))
        elif kind == "answer":
            answer = self._answers.pop(content["id"], None)
            if answer is not None and not answer.done():
                answer.set_result(content["value"])
        elif kind == "exit":
            if self._running is not None:
                self._running.exit_code = content["code"]
            if self._child is not None:
                self._child.kill()

    def _ended(self, event: Ended) -> None:
        self._child = None
        self._assistance.forget()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(None)
        self._answers.clear()
        if self._ready is not None and not self._ready.done():
            words = event.last_words.strip().splitlines()
            self._ready.set_exception(EOFError(words[0] if words else "Deno did not start."))
            # Nobody may be waiting.
            self._ready.exception()
        self._ready = None
        cell = self._running
        if cell is not None:
            name, text = why_ended(event, cell)
            failure = {"ename": name, "evalue": text, "traceback": [f"{name}: {text}"]}
            self._end_cell(cell.id, {"failure": failure})

    def _end_cell(self, cell: int, content: Mapping[str, Any]) -> None:
        if self._running is not None and self._running.id == cell:
            if not self._running.done.done():
                self._running.done.set_result(content)

    # Cells.

    async def do_execute(
        self,
        code: str,
        silent: bool,
        store_history: bool = True,
        user_expressions: Any = None,
        allow_stdin: bool = False,
        *,
        cell_meta: Any = None,
        cell_id: str | None = None,
    ) -> dict[str, Any]:
        """One cell."""
        self._last_cell += 1
        self._cell_messages[self._last_cell] = self.get_parent("shell")
        if len(self._cell_messages) > KNOWN_CELLS:
            self._cell_messages.popitem(last=False)
        try:
            child = await self._ensure_child()
        except (LaunchError, OSError, EOFError) as error:
            self._child = None
            return self._fail(
                {"ename": "KernelCannotStart", "evalue": str(error), "traceback": [str(error)]},
                silent,
            )
        cell = RunningCell(
            self._last_cell,
            asyncio.get_running_loop().create_future(),
            allow_stdin=allow_stdin,
            client=self._shell_ident(),
        )
        # Only now: the end of an earlier process is not its own.
        self._running = cell
        if not silent:
            warnings = await self._assistance.type_warnings(code)
            if warnings:
                self._publish("stream", {"name": "stderr", "text": warnings}, cell.id)
        if cell.interrupts:
            # It has not begun yet.
            self._running = None
            return self._fail(NOT_BEGUN, silent)
        child.send(
            {
                "type": "execute",
                "id": cell.id,
                "count": self.execution_count,
                "code": code,
                "silent": silent,
            }
        )
        try:
            content = await cell.done
        finally:
            self._running = None
            if cell.input_task is not None:
                cell.input_task.cancel()
        failure = content.get("failure")
        if failure is not None:
            return self._fail(failure, silent)
        self._assistance.ran(code)
        return {
            "status": "ok",
            "execution_count": self.execution_count,
            "payload": [],
            "user_expressions": {},
        }

    def _fail(self, failure: Mapping[str, Any], silent: bool) -> dict[str, Any]:
        if not silent:
            self._publish("error", dict(failure), self._last_cell)
        return {"status": "error", "execution_count": self.execution_count, **failure}

    def _publish(
        self,
        kind: str,
        content: Mapping[str, Any],
        cell: int,
        metadata: Mapping[str, Any] | None = None,
        buffers: list[bytes] | None = None,
    ) -> None:
        parent = self._cell_messages.get(cell)
        if parent is None:
            parent = self.get_parent("shell")
        self.session.send(
            self.iopub_socket,
            kind,
            content=dict(content),
            parent=parent,
            ident=self._topic(kind),
            metadata=dict(metadata or {}),
            buffers=buffers,
        )

    # Stopping.

    def _send_interrupt_children(self) -> None:
        """Jupyter's ■, on the thread of the control channel."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._interrupt)

    def _interrupt(self) -> None:
        cell, child = self._running, self._child
        if cell is None or child is None:
            return
        cell.interrupts += 1
        if cell.interrupts > 1:
            child.kill()
            return
        child.send({"type": "interrupt", "id": cell.id})
        self._spawn(self._explain_if_stuck(cell))

    async def _explain_if_stuck(self, cell: RunningCell) -> None:
        await asyncio.sleep(REACTION_SECONDS)
        if not cell.done.done():
            self._publish(
                "stream",
                {
                    "name": "stderr",
                    "text": "The cell computes without a pause and cannot be stopped with its "
                    "variables kept. Interrupt once more to end it; the next cell starts anew.\n",
                },
                cell.id,
            )

    # Questions of cells to the user.

    def _ask(self, content: Mapping[str, Any]) -> None:
        cell = self._running
        if cell is None or not cell.allow_stdin:
            self._answer_input(None)
            return
        cell.input_task = self._spawn(self._ask_user(cell, content))

    async def _ask_user(self, cell: RunningCell, content: Mapping[str, Any]) -> None:
        parent = self._cell_messages[cell.id]
        # An answer to an earlier question that came too late.
        while self.session.recv(self.stdin_socket)[1] is not None:
            pass
        self.session.send(
            self.stdin_socket,
            "input_request",
            {"prompt": content["prompt"], "password": content["password"]},
            parent,
            ident=cell.client,
        )
        while True:
            _, reply = self.session.recv(self.stdin_socket)
            if reply is not None:
                self._answer_input(reply["content"].get("value", ""))
                return
            await asyncio.sleep(STDIN_POLL_SECONDS)

    def _shell_ident(self) -> Any:
        """Who has sent the cell; ipykernel 7 keeps it elsewhere than 6 does."""
        variable = getattr(self, "_shell_parent_ident", None)
        if variable is not None:
            return self._get_shell_context_var(variable)
        return self._parent_ident["shell"]

    def _answer_input(self, text: str | None) -> None:
        if self._child is not None:
            self._child.send({"type": "input", "text": text})

    # What only this half can do.

    async def _call_host(self, content: Mapping[str, Any]) -> None:
        child = self._child
        answer = await self._host.call(content["method"])
        if child is not None:
            child.send({"type": "host", "call": content["call"], **answer})

    # Help while typing.

    async def _question(self, command: Mapping[str, Any]) -> Any:
        """None when nobody answers in time, as while a cell computes."""
        child = self._child
        if child is None:
            return None
        self._questions += 1
        number = self._questions
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        child.send({**command, "id": number})
        try:
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except asyncio.TimeoutError:
            return None
        finally:
            self._answers.pop(number, None)

    async def do_complete(self, code: str, cursor_pos: int) -> dict[str, Any]:
        """Names that could stand at the cursor."""
        matches, start, end = await self._assistance.complete(code, cursor_pos)
        return {
            "status": "ok",
            "matches": matches,
            "cursor_start": start,
            "cursor_end": end,
            "metadata": {},
        }

    async def do_inspect(
        self, code: str, cursor_pos: int, detail_level: int = 0, omit_sections: Any = ()
    ) -> dict[str, Any]:
        """What a name is."""
        data = await self._assistance.inspect(code, cursor_pos)
        return {"status": "ok", "found": bool(data), "data": data, "metadata": {}}

    async def do_is_complete(self, code: str) -> dict[str, Any]:
        """Whether Enter runs what has been typed in a console."""
        found = await self._question({"type": "check", "code": code})
        return {"status": found or "unknown", **({"indent": ""} if found == "incomplete" else {})}

    # The end.

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """Ends what was started. Jupyter asks for it on the thread of the control channel."""
        loop = self._loop
        if loop is not None and loop is not asyncio.get_running_loop():
            ending = asyncio.run_coroutine_threadsafe(self._stop_all(), loop)
            # The other thread may stand still, and must not keep the kernel.
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.wrap_future(ending), SHUTDOWN_SECONDS)
        else:
            await self._stop_all()
        return {"status": "ok", "restart": restart}

    async def _stop_all(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.stop()
        await self._host.stop()
        await self._assistance.stop()

    def _spawn(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        # The loop itself holds tasks weakly.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def why_ended(event: Ended, cell: RunningCell) -> tuple[str, str]:
    """A name and a sentence for the end of the process while a cell ran."""
    lost = "Its variables are gone; the next cell starts anew."
    if cell.exit_code is not None:
        return "Exited", f"The cell ended the process with exit code {cell.exit_code}. {lost}"
    if cell.interrupts > 1:
        return "Interrupted", f"The cell was ended by a second interrupt. {lost}"
    if "out of memory" in event.last_words or "heap limit" in event.last_words:
        return "OutOfMemory", f"The cell needed more memory than there is. {lost}"
    if event.code < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-event.code).name
            return "Killed", f"The process that runs cells was ended by {name}. {lost}"
    words = " ".join(event.last_words.split())[-LAST_WORDS:]
    said = f" It said: {words}" if words else ""
    return "Exited", f"The process that runs cells ended with code {event.code}. {lost}{said}"
