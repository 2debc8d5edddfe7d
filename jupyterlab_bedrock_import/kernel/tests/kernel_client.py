"""Runs cells on a real kernel, as Jupyter's own clients do, and keeps what comes under which cell."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.manager import KernelManager, start_new_kernel

from jupyterlab_bedrock_import.kernel.assistance import plain

KERNEL = "bedrock-import-deno"
SECONDS = 60.0


@dataclass
class Result:
    """What a cell has brought about."""

    reply: dict[str, Any] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    # Outputs of earlier cells that came meanwhile, by the id of their request.
    others: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    request: str = ""

    @property
    def status(self) -> str:
        return str(self.reply["status"])

    @property
    def data(self) -> dict[str, Any]:
        """Of the cell's value."""
        [value] = [o for o in self.outputs if o["type"] == "execute_result"]
        return dict(value["data"])

    @property
    def value(self) -> str:
        """As text, without colours."""
        return plain(self.data["text/plain"])

    def text(self, name: str = "stdout") -> str:
        """Everything that was printed."""
        return "".join(o["text"] for o in self.outputs if o.get("name") == name)

    @property
    def traceback(self) -> str:
        """Of the error, without colours."""
        [error] = [o for o in self.outputs if o["type"] == "error"]
        return plain("\n".join(error["traceback"]))


class RunningKernel:
    """A kernel and its client."""

    def __init__(self, manager: KernelManager, client: Any) -> None:
        self.manager = manager
        self.client = client

    @property
    def pid(self) -> int:
        return int(self.manager.provisioner.process.pid)

    def send(self, code: str, **options: Any) -> str:
        """Does not wait."""
        return str(self.client.execute(code, **options))

    def finish(self, request: str, answers: tuple[str, ...] = ()) -> Result:
        """Waits for the end of a cell, and answers its questions."""
        result = Result(request=request)
        waiting = list(answers)
        deadline = time.monotonic() + SECONDS
        while True:
            if waiting:
                with contextlib.suppress(Exception):
                    self.client.get_stdin_msg(timeout=0.05)
                    self.client.input(waiting.pop(0))
            try:
                message = self.client.get_iopub_msg(timeout=0.2 if waiting else SECONDS)
            except Exception:
                assert time.monotonic() < deadline, "The kernel does not answer."
                continue
            kind, content = message["msg_type"], message["content"]
            parent = message["parent_header"].get("msg_id", "")
            if kind == "status":
                if parent == request and content["execution_state"] == "idle":
                    break
            elif kind != "execute_input":
                output = {"type": kind, **content}
                if parent == request:
                    result.outputs.append(output)
                else:
                    result.others.append((parent, output))
        while True:
            reply = self.client.get_shell_msg(timeout=SECONDS)
            if reply["parent_header"]["msg_id"] == request:
                result.reply = reply["content"]
                return result

    def run(self, code: str, answers: tuple[str, ...] = (), **options: Any) -> Result:
        """Runs a cell to its end."""
        return self.finish(self.send(code, **options), answers)

    def ask(self, method: str, *arguments: Any) -> dict[str, Any]:
        """A question of the shell channel, such as ``complete``."""
        request = getattr(self.client, method)(*arguments)
        while True:
            reply = self.client.get_shell_msg(timeout=SECONDS)
            if reply["parent_header"]["msg_id"] == request:
                return dict(reply["content"])

    def wait_for_output(self, text: str) -> None:
        """Until something has been printed."""
        seen = ""
        while text not in seen:
            message = self.client.get_iopub_msg(timeout=SECONDS)
            if message["msg_type"] == "stream":
                seen += message["content"]["text"]


@contextlib.contextmanager
def running_kernel(**options: Any) -> Iterator[RunningKernel]:
    """A kernel that is shut down at the end."""
    manager, client = start_new_kernel(kernel_name=KERNEL, startup_timeout=60, **options)
    try:
        yield RunningKernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
