"""The server extension: its settings, its routes, and its end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, List, Unicode, default

from jupyterlab_bedrock_import.command import command_line
from jupyterlab_bedrock_import.engine_folders import jupyter_root, read_metadata, state_folder
from jupyterlab_bedrock_import.server.engine_process import EngineProcess
from jupyterlab_bedrock_import.server.handlers import (
    EngineSocket,
    EnvironmentHandler,
    StatusHandler,
)
from jupyterlab_bedrock_import.server.keep_awake import KeepAwake, is_notebook_instance
from jupyterlab_bedrock_import.server.notebooks import (
    NotebookCopies,
    NotebooksHandler,
    shipped_folder,
)
from jupyterlab_bedrock_import.server.relay import Relay
from jupyterlab_bedrock_import.server.steered_environment import SteeredEnvironment
from jupyterlab_bedrock_import.server.wire import Job
from jupyterlab_bedrock_import.steering import FILE_NAME


class BedrockImportApp(ExtensionApp):
    """Relays between JupyterLab's pages and the engine."""

    name = "jupyterlab_bedrock_import"

    engine_command = List(
        Unicode(), help="The command that starts the engine; it talks over stdio."
    ).tag(config=True)

    keep_awake = Bool(
        help="Whether a running job shows as a busy kernel session, so that scripts that stop an "
        "idle machine let it be. By default on SageMaker Notebook Instances only."
    ).tag(config=True)

    notebooks_dir = Unicode(
        help="The folder of the companion notebooks, of which users get copies."
    ).tag(config=True)

    relay: Relay | None = None
    awake: KeepAwake | None = None
    steered: SteeredEnvironment | None = None

    @default("engine_command")
    def _default_engine_command(self) -> list[str]:
        return command_line("serve")

    @default("keep_awake")
    def _default_keep_awake(self) -> bool:
        return is_notebook_instance(os.environ)

    @default("notebooks_dir")
    def _default_notebooks_dir(self) -> str:
        return str(shipped_folder())

    def initialize_handlers(self) -> None:
        if self.keep_awake:
            self.awake = KeepAwake(self.serverapp)
        self.steered = self._steer()
        self.relay = Relay(
            self._start_engine, self._set_awake, self.steered.look, self.serverapp.log
        )
        self.handlers.extend(
            [
                (r"bedrock-import/status", StatusHandler),
                (r"bedrock-import/environment", EnvironmentHandler, {"steered": self.steered}),
                (
                    r"bedrock-import/notebooks",
                    NotebooksHandler,
                    {"copies": NotebookCopies(Path(self.notebooks_dir))},
                ),
                (r"bedrock-import/engine", EngineSocket, {"relay": self.relay}),
            ]
        )

    async def stop_extension(self) -> None:
        if self.steered is not None:
            self.steered.stop()
        if self.relay is not None:
            await self.relay.stop()
        if self.awake is not None:
            await self.awake.stop()

    async def _start_engine(self, resume: bool) -> EngineProcess:
        root = self.serverapp.root_dir
        return await EngineProcess.start(
            [*self.engine_command, *(["--resume"] if resume else [])],
            cwd=root,
            # It steers itself by the same file, and has to know what was there without it.
            env=self._environment(
                os.environ if self.steered is None else self.steered.original_environment
            ),
            log=self.serverapp.log,
        )

    def _environment(self, env: Mapping[str, str]) -> dict[str, str]:
        return {"JUPYTER_SERVER_ROOT": self.serverapp.root_dir, **env}

    def _steer(self) -> SteeredEnvironment:
        """Before any kernel or terminal starts."""
        env = self._environment(os.environ)
        home = os.path.expanduser("~")
        folders = [jupyter_root(env, home, read_metadata()), self.serverapp.root_dir, home]
        file = os.path.join(state_folder(env), FILE_NAME)
        steered = SteeredEnvironment(file, folders, self.serverapp.log)
        steered.apply()
        self.serverapp.io_loop.add_callback(steered.start)
        return steered

    def _set_awake(self, jobs: Sequence[Job]) -> None:
        if self.awake is not None:
            self.awake.set_jobs(jobs)
