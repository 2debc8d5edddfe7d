"""What new kernels and terminals get, tried with real ones of a real server."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from jupyterlab_bedrock_import.server.app import BedrockImportApp
from jupyterlab_bedrock_import.server.environment_facts import variables_of_process
from jupyterlab_bedrock_import.server.keep_awake import SESSION_TYPE
from jupyterlab_bedrock_import.server.steered_environment import SteeredEnvironment
from jupyterlab_bedrock_import.server.tests.pages import PATIENCE_SECONDS, Connect, until
from jupyterlab_bedrock_import.steering import KNOWN

linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux's /proc")

Facts = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture(autouse=True)
def clean_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    # Each test's server starts with these two.
    monkeypatch.setenv("TRANSFORMERS_CACHE", "/old/transformers")
    monkeypatch.setenv("TMPDIR", "/var/tmp")


@pytest.fixture
def jp_server_config(jp_server_config: Any) -> Any:
    jp_server_config.ServerApp.jpserver_extensions["jupyter_server_terminals"] = True
    return jp_server_config


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    return jp_root_dir


@pytest.fixture
def file(root: Path) -> Path:
    return root / ".bedrock-import" / "steering.json"


def write(file: Path, root: Path, **changes: object) -> dict[str, str]:
    """As the engine does: whole or not at all. Returns what is to be set."""
    to_set = {"HF_HOME": f"{root}/.cache/huggingface", "TMPDIR": f"{root}/.tmp"}
    content = {"version": 1, "set": to_set, "unset": ["TRANSFORMERS_CACHE"], **changes}
    file.parent.mkdir(exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(content))
    temporary.replace(file)
    return to_set


@pytest.fixture
def facts(jp_fetch: Any) -> Facts:
    async def fetch() -> dict[str, Any]:
        return json.loads((await jp_fetch("bedrock-import", "environment")).body)

    return fetch


async def run_in_kernel(serverapp: ServerApp, kernel_id: str, code: str) -> str:
    """What a cell prints."""
    client: AsyncKernelClient = serverapp.kernel_manager.get_kernel(kernel_id).client()
    client.start_channels()
    printed: list[str] = []

    def keep(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    try:
        await client.wait_for_ready(timeout=PATIENCE_SECONDS)
        await client.execute_interactive(code, output_hook=keep, timeout=PATIENCE_SECONDS)
    finally:
        client.stop_channels()
    return "".join(printed)


PRINT = f"import os, json; print(json.dumps({{n: os.environ.get(n) for n in {KNOWN!r}}}))"


async def kernel_sees(serverapp: ServerApp, kernel_id: str) -> dict[str, str]:
    seen = json.loads(await run_in_kernel(serverapp, kernel_id, PRINT))
    return {name: value for name, value in seen.items() if value is not None}


async def terminal_sees(serverapp: ServerApp, name: str, folder: Path) -> dict[str, str]:
    """By the words of a program in that terminal; its shell may be a login shell."""
    pty = serverapp.web_app.settings["terminal_manager"].terminals[name].ptyproc
    out = folder / f"env-{name}"
    pty.write(f"env -0 > '{out}.new' && mv '{out}.new' '{out}'\n")
    await until(out.exists)
    pairs = (entry.partition("=") for entry in out.read_text().split("\0"))
    return {name: value for name, _, value in pairs if name in KNOWN}


OLD = {"TRANSFORMERS_CACHE": "/old/transformers", "TMPDIR": "/var/tmp"}


@linux
async def test_new_kernels_and_terminals_get_the_values_and_running_ones_keep_theirs(
    jp_serverapp: ServerApp,
    app: BedrockImportApp,
    root: Path,
    file: Path,
    tmp_path: Path,
    facts: Facts,
) -> None:
    kernels = jp_serverapp.kernel_manager
    terminals = jp_serverapp.web_app.settings["terminal_manager"]
    before = await kernels.start_kernel()
    first = terminals.create()["name"]
    assert await kernel_sees(jp_serverapp, before) == OLD
    new = write(file, root)
    told = await facts()
    assert told["server"] == new
    assert told["kernels"] == [
        {"id": before, "name": "python3", "variables": OLD, "outdated": True}
    ]
    assert told["terminals"] == [{"name": first, "variables": OLD, "outdated": True}]

    after = await kernels.start_kernel()
    second = terminals.create()["name"]
    assert await kernel_sees(jp_serverapp, before) == OLD
    assert await kernel_sees(jp_serverapp, after) == new
    assert await terminal_sees(jp_serverapp, first, tmp_path) == OLD
    assert await terminal_sees(jp_serverapp, second, tmp_path) == new
    told = await facts()
    assert {kernel["id"]: kernel["outdated"] for kernel in told["kernels"]} == {
        before: True,
        after: False,
    }

    file.unlink()
    assert (await facts())["server"] == OLD
    last = await kernels.start_kernel()
    assert await kernel_sees(jp_serverapp, last) == OLD
    told = await facts()
    assert {kernel["id"]: kernel["outdated"] for kernel in told["kernels"]} == {
        before: False,
        after: True,
        last: False,
    }
    for name in (first, second):
        await terminals.terminate(name, force=True)


async def test_a_notebook_keeps_the_old_values_until_its_kernel_is_shut_down(
    jp_serverapp: ServerApp, app: BedrockImportApp, root: Path, file: Path, facts: Facts
) -> None:
    """What the panel says of a kernel's restart, tried."""
    sessions = jp_serverapp.session_manager
    session = await sessions.create_session(path="a.ipynb", type="notebook")
    new = write(file, root)
    await facts()
    await jp_serverapp.kernel_manager.restart_kernel(session["kernel"]["id"])
    assert await kernel_sees(jp_serverapp, session["kernel"]["id"]) == OLD
    await sessions.delete_session(session["id"])
    session = await sessions.create_session(path="a.ipynb", type="notebook")
    assert await kernel_sees(jp_serverapp, session["kernel"]["id"]) == new


@linux
async def test_notebooks_are_named_and_the_session_of_a_job_is_left_out(
    jp_serverapp: ServerApp, app: BedrockImportApp, facts: Facts
) -> None:
    sessions = jp_serverapp.session_manager
    notebook = await sessions.create_session(path="a b/ä.ipynb", type="notebook")
    await sessions.create_session(path="bedrock-import/j", type=SESSION_TYPE)
    told = await facts()
    assert [kernel["id"] for kernel in told["kernels"]] == [notebook["kernel"]["id"]]
    assert told["kernels"][0]["path"] == "a b/ä.ipynb"


@pytest.mark.parametrize("authorization", ["", "token wrong"])
async def test_facts_are_for_who_is_logged_in(authorization: str, jp_fetch: Any) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(
            "bedrock-import", "environment", headers={"Authorization": authorization}
        )
    assert refused.value.code == 403


async def test_no_other_variable_is_told(
    jp_serverapp: ServerApp, jp_fetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret")
    await jp_serverapp.kernel_manager.start_kernel()
    body = (await jp_fetch("bedrock-import", "environment")).body.decode()
    assert "hf_s3cret" not in body
    assert '"PATH"' not in body


async def test_the_engine_says_when_the_file_has_changed(
    app: BedrockImportApp, connect: Connect, root: Path, file: Path
) -> None:
    page = await connect()
    # So that nothing but the engine's line can be the reason.
    assert app.steered is not None
    app.steered._looking.stop()
    new = write(file, root)
    await page.write_message('raw {"type":"steering"}')
    await until(lambda: os.environ.get("HF_HOME") == new["HF_HOME"])
    assert "TRANSFORMERS_CACHE" not in os.environ


async def test_a_change_that_nobody_tells_is_found(
    app: BedrockImportApp, root: Path, file: Path
) -> None:
    new = write(file, root)
    await until(lambda: os.environ.get("HF_HOME") == new["HF_HOME"])
    file.unlink()
    await until(lambda: "HF_HOME" not in os.environ)
    assert os.environ["TRANSFORMERS_CACHE"] == OLD["TRANSFORMERS_CACHE"]


async def test_the_engine_is_started_with_what_was_there_before(
    app: BedrockImportApp, connect: Connect, root: Path, file: Path, notes: Path
) -> None:
    write(file, root)
    assert app.steered is not None
    app.steered.look()
    relay = app.relay
    assert relay is not None
    await connect()
    await until(lambda: relay.engine is not None)
    engine = relay.engine
    assert engine is not None
    own = variables_of_process(engine.pid)
    assert own is None or own == OLD


class Steered:
    """A server's environment without a server."""

    def __init__(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self.root = folder
        self.file = folder / ".bedrock-import" / "steering.json"
        self.file.parent.mkdir()
        self.env = {**OLD, "PATH": "/bin"}
        self.log = caplog

    def started(self) -> SteeredEnvironment:
        log = logging.getLogger("steered")
        steered = SteeredEnvironment(str(self.file), [str(self.root)], log, self.env)
        steered.apply()
        return steered

    @property
    def warnings(self) -> list[str]:
        return [record.getMessage() for record in self.log.records]


@pytest.fixture
def steered(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Steered:
    return Steered(tmp_path, caplog)


def test_a_server_that_starts_again_has_the_values_and_can_still_go_back(
    steered: Steered,
) -> None:
    new = write(steered.file, steered.root)
    started = steered.started()
    assert steered.env == {**new, "PATH": "/bin"}
    assert started.original_environment == {**OLD, "PATH": "/bin"}
    steered.file.unlink()
    started.look()
    assert steered.env == {**OLD, "PATH": "/bin"}
    assert steered.warnings == []


def test_a_value_that_is_steered_no_more_goes_back_by_itself(steered: Steered) -> None:
    write(steered.file, steered.root)
    started = steered.started()
    home = f"{steered.root}/.cache/huggingface"
    write(steered.file, steered.root, set={"HF_HOME": home}, unset=[])
    started.look()
    assert steered.env == {**OLD, "HF_HOME": home, "PATH": "/bin"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "{root}/bin"),
        ("LD_PRELOAD", "{root}/x.so"),
        ("PYTHONPATH", "{root}"),
        ("hf_home", "{root}/a"),
        ("TRANSFORMERS_CACHE", "{root}/a"),
        ("HF_HOME", "/etc"),
        ("HF_HOME", "{root}"),
        ("HF_HOME", "{root}-other/a"),
        ("HF_HOME", "{root}/../etc"),
        ("HF_HOME", "{root}/a/"),
        ("HF_HOME", "relative"),
        ("HF_HOME", ""),
        ("HF_HOME", "{root}/a\nb"),
        ("HF_HOME", "{root}/a\0b"),
        ("HF_HOME", 7),
        ("HF_HOME", None),
    ],
)
def test_a_file_that_was_tampered_with_sets_nothing_else(
    name: str, value: object, steered: Steered
) -> None:
    value = value.format(root=steered.root) if isinstance(value, str) else value
    good = f"{steered.root}/.tmp"
    write(steered.file, steered.root, set={"TMPDIR": good, name: value}, unset=["PATH", {}, []])
    steered.started()
    assert steered.env == {**OLD, "TMPDIR": good, "PATH": "/bin"}
    assert len(steered.warnings) == 4
    assert all(str(steered.file) in warning for warning in steered.warnings)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 60_000,
        b'"' + b"x" * 70_000 + b'"',
        b'{"version": 2, "set": {}, "unset": []}',
        b'{"version": 1, "set": [], "unset": []}',
        b'{"version": 1, "set": {}}',
    ],
)
def test_a_file_that_is_not_understood_is_said_once_and_changes_nothing(
    content: bytes, steered: Steered
) -> None:
    steered.file.write_bytes(content)
    started = steered.started()
    started.apply()
    assert steered.env == {**OLD, "PATH": "/bin"}
    assert len(steered.warnings) == 1


def test_a_folder_in_place_of_the_file_is_said(steered: Steered) -> None:
    steered.file.mkdir()
    steered.started()
    assert steered.env == {**OLD, "PATH": "/bin"}
    assert len(steered.warnings) == 1


def test_a_login_that_the_machine_has_forgotten_is_not_pointed_to(steered: Steered) -> None:
    token = steered.root / "token"
    write(steered.file, steered.root, set={"HF_TOKEN_PATH": str(token)}, unset=[])
    steered.started()
    assert "HF_TOKEN_PATH" not in steered.env
    token.write_text("hf_x")
    steered.started()
    assert steered.env["HF_TOKEN_PATH"] == str(token)
    assert steered.warnings == []


@linux
async def test_a_process_that_is_gone_tells_nothing() -> None:
    process = await asyncio.create_subprocess_exec("true")
    await process.wait()
    assert variables_of_process(process.pid) is None
    own = variables_of_process(os.getpid())
    assert own is not None
    assert set(own) <= set(KNOWN)
