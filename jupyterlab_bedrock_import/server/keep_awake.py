"""Keeps a Notebook Instance awake while a job runs.

The scripts that stop an idle instance ask ``/api/sessions`` and know nothing of jobs. So the job is
given a kernel session of its own, which runs nothing and says that it is busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from jupyter_server.utils import ensure_async
from tornado.web import HTTPError

from jupyterlab_bedrock_import.engine_folders import (
    NOTEBOOK_INSTANCE_ROOT,
    jupyter_root,
    read_metadata,
)
from jupyterlab_bedrock_import.server.wire import Job

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

SESSION_TYPE = "bedrock-import"

# The kernel's own messages overwrite what it is said to be; the scripts look every five minutes.
REFRESH_SECONDS = 60.0

# How long the server's end may wait for a kernel that is just starting or ending; the server ends
# all kernels anyway.
STOP_SECONDS = 5.0


def is_notebook_instance(env: Mapping[str, str]) -> bool:
    """Whether this is a SageMaker Notebook Instance, by the rules that find its root."""
    home = os.path.expanduser("~")
    return jupyter_root(env, home, read_metadata()) == NOTEBOOK_INSTANCE_ROOT


@dataclass(frozen=True)
class Session:
    """A kernel session that stands for a job."""

    id: str
    kernel_id: str
    job_id: str


class KeepAwake:
    """Has one session as long as there is a job, whatever its number."""

    def __init__(self, serverapp: ServerApp, refresh_seconds: float = REFRESH_SECONDS) -> None:
        self._sessions = serverapp.session_manager
        self._kernels = serverapp.kernel_manager
        self._kernel_specs = serverapp.kernel_spec_manager
        self._log = serverapp.log
        self.refresh_seconds = refresh_seconds
        self._jobs: tuple[Job, ...] = ()
        self._session: Session | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._warned = False
        self._stopped = False

    def set_jobs(self, jobs: Sequence[Job]) -> None:
        """What the machine has to stay awake for from now on."""
        self._jobs = tuple(jobs)
        self._changed.set()
        if self._jobs and self._task is None:
            self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Ends the session."""
        self._stopped = True
        self.set_jobs(())
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS)
            self._task.cancel()

    async def _follow(self) -> None:
        while self._session is not None or not self._stopped:
            seconds = self.refresh_seconds if self._jobs else None
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), seconds)
            self._changed.clear()
            try:
                await self._show_jobs()
                self._warned = False
            except Exception as error:
                # Kernels fail in many ways, and a job goes on without this. Told once, tried again.
                if not self._warned:
                    self._log.warning(
                        "No kernel session shows that a job is running, so this machine may be "
                        "stopped as idle: %s",
                        error,
                    )
                self._warned = True

    async def _show_jobs(self) -> None:
        if not self._jobs:
            await self._end_session()
            return
        session = self._session
        if (
            session is None
            # The user may have shut it down.
            or session.kernel_id not in self._kernels
            or all(job.id != session.job_id for job in self._jobs)
        ):
            await self._end_session()
            session = await self._start_session(self._jobs[0])
        kernel = self._kernels.get_kernel(session.kernel_id)
        # These two are what /api/sessions reports.
        kernel.last_activity = datetime.now(timezone.utc)
        kernel.execution_state = "busy"

    async def _start_session(self, job: Job) -> Session:
        model = await self._sessions.create_session(
            path=f"bedrock-import/{job.id}",
            name=job.title,
            type=SESSION_TYPE,
            kernel_name=await self._kernel_name(),
        )
        self._session = Session(model["id"], model["kernel"]["id"], job.id)
        return self._session

    async def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(HTTPError, KeyError):
                await self._sessions.delete_session(session.id)

    async def _kernel_name(self) -> str:
        """The default kernel, or any: on Notebook Instances the default may be hidden."""
        default: str = self._kernels.default_kernel_name
        names = await ensure_async(self._kernel_specs.find_kernel_specs())
        return default if default in names or not names else min(names)
