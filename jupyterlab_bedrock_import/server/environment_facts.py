"""Which variables the server, its kernels and its terminals have: only those that say where caches
and temporary files go. ``src/protocol/environment.ts`` is this answer's type."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning import LocalProvisioner
from jupyter_server.utils import ensure_async

from jupyterlab_bedrock_import.server.keep_awake import SESSION_TYPE
from jupyterlab_bedrock_import.steering import KNOWN

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

# Linux lets an environment be as long as a quarter of the stack.
MAX_ENVIRONMENT_BYTES = 8 * 1024 * 1024


def variables_of_process(pid: int) -> dict[str, str] | None:
    """What a process was started with, by the kernel of the system; None where it does not tell."""
    try:
        with Path(f"/proc/{pid}/environ").open("rb") as stream:
            content = stream.read(MAX_ENVIRONMENT_BYTES)
    except OSError:
        return None
    # A process that has ended and that nobody has asked about has none.
    if not content:
        return None
    found: dict[str, str] = {}
    for entry in content.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals and name.decode("ascii", "replace") in KNOWN:
            # The first one counts (getenv), and no byte of a path may break the answer.
            found.setdefault(name.decode(), value.decode("utf-8", "replace"))
    return found


async def environment_facts(
    serverapp: ServerApp, variables: Mapping[str, str]
) -> dict[str, object]:
    """``variables``: what the server has now, and so what new kernels and terminals get."""

    def told(pid: int | None) -> dict[str, object]:
        own = None if pid is None else variables_of_process(pid)
        return {"variables": own, "outdated": None if own is None else own != dict(variables)}

    sessions = await _sessions(serverapp)
    # A session of a running job runs no code of the user.
    waking = {kernel for kernel, session in sessions.items() if session["type"] == SESSION_TYPE}
    kernels = []
    for kernel_id in list(serverapp.kernel_manager.list_kernel_ids()):
        if kernel_id in waking or kernel_id not in serverapp.kernel_manager:
            continue
        manager = serverapp.kernel_manager.get_kernel(kernel_id)
        path = sessions.get(kernel_id, {}).get("path")
        kernels.append(
            {
                "id": kernel_id,
                "name": manager.kernel_name,
                **({"path": path} if path else {}),
                **told(_kernel_pid(manager)),
            }
        )
    terminals = [
        {"name": name, **told(getattr(getattr(terminal, "ptyproc", None), "pid", None))}
        for name, terminal in _terminals(serverapp).items()
    ]
    return {"server": dict(variables), "kernels": kernels, "terminals": terminals}


async def _sessions(serverapp: ServerApp) -> dict[str, dict[str, Any]]:
    """By the id of their kernel."""
    sessions = await ensure_async(serverapp.session_manager.list_sessions())
    return {session["kernel"]["id"]: session for session in sessions if session.get("kernel")}


def _kernel_pid(manager: Any) -> int | None:
    """Of a kernel on this machine: a number of another machine may be any process here."""
    provisioner = getattr(manager, "provisioner", None)
    if isinstance(provisioner, LocalProvisioner) and provisioner.process is not None:
        return provisioner.process.pid
    return None


def _terminals(serverapp: ServerApp) -> dict[str, Any]:
    manager = serverapp.web_app.settings.get("terminal_manager")
    return dict(manager.terminals) if manager is not None else {}
