"""The extension as Jupyter finds it, and as a real server runs it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_server.extension.manager import ExtensionPackage
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

import jupyterlab_bedrock_import
from jupyterlab_bedrock_import.server.app import BedrockImportApp
from jupyterlab_bedrock_import.server.handlers import package_version
from jupyterlab_bedrock_import.server.tests.pages import (
    PATIENCE_SECONDS,
    asked,
    is_running,
    lines_of,
    until,
)

PACKAGE = Path(jupyterlab_bedrock_import.__file__).parent
CONFIG = PACKAGE.parent / "jupyter-config"

# Without the empty entry, which is the current folder.
PYTHONPATH = os.pathsep.join([str(PACKAGE.parent), *filter(None, sys.path)])


def test_the_package_is_importable_where_jupyter_is_not_installed(tmp_path: Path) -> None:
    for name in ("jupyter_server", "tornado", "traitlets"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed')\n")
    code = (
        "import jupyterlab_bedrock_import as p, jupyterlab_bedrock_import.command\n"
        "print(p._jupyter_labextension_paths())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(PACKAGE.parent)])},
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    assert result.stdout == "[{'src': 'labextension', 'dest': 'jupyterlab-bedrock-import'}]\n"


def test_jupyter_finds_a_valid_extension() -> None:
    package = ExtensionPackage(name="jupyterlab_bedrock_import", enabled=True)
    assert package.validate()
    assert list(package.extension_points) == ["jupyterlab_bedrock_import"]


def test_the_engine_is_started_by_this_python() -> None:
    command = BedrockImportApp().engine_command
    assert command == [sys.executable, str(PACKAGE / "__main__.py"), "serve"]


def test_files_of_the_user_are_not_taken_for_modules(tmp_path: Path) -> None:
    for name in ("random", "tempfile", "json", "deno", "jupyterlab_bedrock_import"):
        (tmp_path / f"{name}.py").write_text("print('a file of the user')\n")
    result = subprocess.run(
        [*BedrockImportApp().engine_command[:-1], "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
    )
    assert "a file of the user" not in result.stdout + result.stderr


async def test_status_says_the_version(jp_fetch) -> None:
    response = await jp_fetch("bedrock-import", "status")
    assert response.headers["Content-Type"].startswith("application/json")
    assert json.loads(response.body) == {"version": package_version()}


@pytest.mark.parametrize("authorization", ["", "token wrong"])
async def test_status_is_for_who_is_logged_in(authorization: str, jp_fetch) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("bedrock-import", "status", headers={"Authorization": authorization})
    assert refused.value.code == 403


class Server:
    """A real server with the configuration that the package installs."""

    token = "t0ken"

    def __init__(self, folder: Path, engine_command: list[str]) -> None:
        for name in ("config", "data", "runtime", "home", "root"):
            (folder / name).mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        config = {
            "ServerApp": {
                "ip": "127.0.0.1",
                "port": self.port,
                "port_retries": 0,
                "base_url": "/jupyterlab/default/",
                "root_dir": str(folder / "root"),
                "open_browser": False,
                "allow_root": True,
            },
            "IdentityProvider": {"token": self.token},
            "BedrockImportApp": {"engine_command": engine_command},
        }
        (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server"],
                cwd=folder,
                env={
                    **os.environ,
                    "HOME": str(folder / "home"),
                    "JUPYTER_CONFIG_DIR": str(folder / "config"),
                    "JUPYTER_CONFIG_PATH": str(CONFIG),
                    "JUPYTER_DATA_DIR": str(folder / "data"),
                    "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
                    "PYTHONPATH": PYTHONPATH,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    async def page(self) -> WebSocketClientConnection:
        url = f"ws://127.0.0.1:{self.port}/jupyterlab/default/bedrock-import/engine"

        async def connect() -> WebSocketClientConnection:
            while True:
                assert self.process.poll() is None, self.log.read_text()
                try:
                    return await websocket_connect(
                        HTTPRequest(url, headers={"Authorization": f"token {self.token}"})
                    )
                except ConnectionError:
                    await asyncio.sleep(0.1)

        return await asyncio.wait_for(connect(), PATIENCE_SECONDS)


@pytest.fixture
def real_server(tmp_path: Path, engine_command: list[str]) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    server = Server(folder, engine_command)
    yield server
    server.process.kill()
    server.process.wait()


async def engine_of(server: Server) -> int:
    facts = json.loads(await asked(await server.page(), "facts") or "")
    assert is_running(facts["pid"])
    return facts["pid"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
async def test_a_server_that_is_killed_leaves_no_engine(
    io_loop: object, real_server: Server, notes: Path
) -> None:
    pid = await engine_of(real_server)
    real_server.process.send_signal(signal.SIGKILL)
    await until(lambda: not is_running(pid))
    assert lines_of(notes)[-1] == "eof"


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
async def test_a_server_that_is_stopped_ends_its_engine_first(
    io_loop: object, real_server: Server, notes: Path
) -> None:
    pid = await engine_of(real_server)
    real_server.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(real_server.process.wait, PATIENCE_SECONDS)
    assert not is_running(pid)
    assert lines_of(notes)[-1] == "eof"
    log = real_server.log.read_text()
    assert "Traceback" not in log
    assert "does not end by itself" not in log
    assert real_server.token not in log.replace("token=...", "")
