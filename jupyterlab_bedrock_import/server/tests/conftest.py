"""A Jupyter server with this extension and an engine of the test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jupyter_server.serverapp import ServerApp

# Here and not as a plugin, because it cleans up a server after every test that it sees.
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect
from traitlets.config import Config

from jupyterlab_bedrock_import.server.app import BedrockImportApp
from jupyterlab_bedrock_import.server.tests.pages import ENGINES, Connect

MAX_CLIENT_BYTES = 64 * 1024 * 1024


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """The file in which the engine notes what it is told."""
    return tmp_path / "notes"


@pytest.fixture
def engine_command(notes: Path) -> list[str]:
    return [sys.executable, str(ENGINES / "obedient.py"), str(notes)]


@pytest.fixture
def keep_awake() -> bool:
    return False


@pytest.fixture
def jp_server_config(engine_command: list[str], keep_awake: bool) -> Config:
    return Config(
        {
            "ServerApp": {"jpserver_extensions": {"jupyterlab_bedrock_import": True}},
            "BedrockImportApp": {"engine_command": engine_command, "keep_awake": keep_awake},
        }
    )


@pytest.fixture
def app(jp_serverapp: ServerApp) -> BedrockImportApp:
    return jp_serverapp.extension_manager.extension_points["jupyterlab_bedrock_import"].app


@pytest.fixture
def engine_url(
    jp_serverapp: ServerApp, http_server: object, jp_http_port: int, jp_base_url: str
) -> str:
    return f"ws://127.0.0.1:{jp_http_port}{jp_base_url}bedrock-import/engine"


@pytest.fixture
def connect(engine_url: str, jp_auth_header: dict[str, str]) -> Connect:
    """Opens a page's connection; ``headers`` replace those that log in."""

    async def open_page(
        headers: dict[str, str] | None = None, query: str = ""
    ) -> WebSocketClientConnection:
        request = HTTPRequest(
            engine_url + query, headers=jp_auth_header if headers is None else headers
        )
        return await websocket_connect(request, max_message_size=MAX_CLIENT_BYTES)

    return open_page
