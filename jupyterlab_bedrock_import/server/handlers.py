"""What the server half answers: its version, where tools write, and a WebSocket to the engine."""

from __future__ import annotations

import asyncio
import functools
import json
from importlib.metadata import PackageNotFoundError, version

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError, authenticated
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from jupyterlab_bedrock_import.server.environment_facts import environment_facts
from jupyterlab_bedrock_import.server.relay import Relay
from jupyterlab_bedrock_import.server.steered_environment import SteeredEnvironment

# The name under which an authorizer of the Jupyter server may allow or refuse it.
AUTH_RESOURCE = "bedrock-import"

UNSUPPORTED_DATA = 1003
TRY_AGAIN_LATER = 1013

MAX_FRAME_BYTES = 4 * 1024 * 1024

# What may wait for one slow browser.
MAX_UNSENT_BYTES = 64 * 1024 * 1024


def package_version() -> str:
    try:
        return version("jupyterlab-bedrock-import")
    except PackageNotFoundError:
        # A checkout that was put on the path is not installed.
        return "unknown"


class StatusHandler(APIHandler):
    """Tells the panel that its server half is there, and which."""

    auth_resource = AUTH_RESOURCE

    @authenticated
    @authorized
    def get(self) -> None:
        self.finish(json.dumps({"version": package_version()}))


class EnvironmentHandler(APIHandler):
    """Tells where new and running kernels and terminals write their caches and temporary files."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, steered: SteeredEnvironment) -> None:
        self._steered = steered

    @authenticated
    @authorized
    async def get(self) -> None:
        # The file may have changed since the last look.
        self._steered.look()
        facts = await environment_facts(self.serverapp, self._steered.variables)
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(facts))


class EngineSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """One page's connection to the engine."""

    auth_resource = AUTH_RESOURCE
    max_unsent_bytes = MAX_UNSENT_BYTES

    def initialize(self, relay: Relay) -> None:
        self._relay = relay
        self.client_id = relay.new_client_id()
        self._unsent_bytes = 0

    @property
    def max_message_size(self) -> int:
        return MAX_FRAME_BYTES

    @property
    def is_open(self) -> bool:
        return self.ws_connection is not None

    async def get(self, *args: str, **kwargs: str) -> None:
        # A redirection to the login page, which `authenticated` answers with, is of no use here.
        if self.current_user is None:
            raise HTTPError(403)
        await self._get(*args, **kwargs)

    @authorized(action="execute")
    async def _get(self, *args: str, **kwargs: str) -> None:
        await super().get(*args, **kwargs)

    async def open(self, *args: str, **kwargs: str) -> None:
        super().open(*args, **kwargs)
        await self._relay.connect(self)

    async def on_message(self, message: str | bytes) -> None:
        if not self.is_open:
            return
        if isinstance(message, bytes):
            self._end(UNSUPPORTED_DATA, "frames are text")
            return
        await self._relay.receive(self.client_id, message)

    def on_close(self) -> None:
        self._relay.disconnect(self.client_id)

    def send(self, text: str) -> None:
        """Sends a frame; ends the connection when the browser has fallen too far behind."""
        data = text.encode("utf-8", "replace")
        if self._unsent_bytes + len(data) > self.max_unsent_bytes:
            self.log.warning("A page of bedrock-import reads too slowly; it is disconnected.")
            self._end(TRY_AGAIN_LATER, "the page reads too slowly")
            return
        try:
            written = self.write_message(data)
        except WebSocketClosedError:
            return
        self._unsent_bytes += len(data)
        written.add_done_callback(functools.partial(self._sent, len(data)))

    def _sent(self, size: int, written: asyncio.Future[None]) -> None:
        self._unsent_bytes -= size
        # That the page has gone meanwhile is no error; `on_close` tells it.
        if not written.cancelled():
            written.exception()

    def _end(self, code: int, reason: str) -> None:
        # Not only when the browser confirms: the engine should send it nothing more.
        self._relay.disconnect(self.client_id)
        self.close(code, reason)
