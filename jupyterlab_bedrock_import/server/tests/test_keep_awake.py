"""What ``/api/sessions``, which the scripts that stop idle machines ask, says while a job runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone

import pytest
from jupyter_server.serverapp import ServerApp

from jupyterlab_bedrock_import.server import keep_awake as module
from jupyterlab_bedrock_import.server.app import BedrockImportApp
from jupyterlab_bedrock_import.server.keep_awake import is_notebook_instance
from jupyterlab_bedrock_import.server.tests.pages import (
    PATIENCE_SECONDS,
    Connect,
    asked,
    end_of,
)

JOB = {"id": "job-1", "title": "Copy org/model"}
OTHER_JOB = {"id": "job-2", "title": "Copy org/other"}

Sessions = Callable[[Callable[[list[dict]], bool]], Awaitable[list[dict]]]


@pytest.fixture
def keep_awake() -> bool:
    return True


@pytest.fixture
def sessions(jp_fetch) -> Sessions:
    """Asks for the sessions until they are as wanted."""

    async def ask(wanted: Callable[[list[dict]], bool]) -> list[dict]:
        async def look() -> list[dict]:
            while True:
                found = json.loads((await jp_fetch("api", "sessions")).body)
                if wanted(found):
                    return found
                await asyncio.sleep(0.1)

        return await asyncio.wait_for(look(), PATIENCE_SECONDS)

    return ask


def one_busy(found: list[dict]) -> bool:
    return len(found) == 1 and found[0]["kernel"]["execution_state"] == "busy"


def age(session: dict) -> timedelta:
    then = datetime.fromisoformat(session["kernel"]["last_activity"].replace("Z", "+00:00"))
    return datetime.now(timezone.utc) - then


def awake(*jobs: dict[str, str]) -> str:
    return f"awake {json.dumps(jobs)}"


async def test_a_running_job_is_a_busy_session_until_it_ends(
    connect: Connect, sessions: Sessions, jp_serverapp: ServerApp, app: BedrockImportApp
) -> None:
    assert app.awake is not None
    app.awake.refresh_seconds = 0.1
    page = await connect()
    await page.write_message(awake(JOB, OTHER_JOB))
    (session,) = await sessions(one_busy)
    assert session["path"] == "bedrock-import/job-1"
    assert session["name"] == "Copy org/model"
    assert session["type"] == "bedrock-import"
    assert age(session) < timedelta(minutes=30)

    # As it would look in two hours.
    kernel = jp_serverapp.kernel_manager.get_kernel(session["kernel"]["id"])
    kernel.last_activity -= timedelta(hours=2)
    kernel.execution_state = "idle"
    (later,) = await sessions(lambda found: one_busy(found) and age(found[0]) < timedelta(hours=1))
    assert later["id"] == session["id"]

    # The other job goes on.
    await page.write_message(awake(OTHER_JOB))
    (other,) = await sessions(lambda found: one_busy(found) and found[0]["id"] != session["id"])
    assert other["path"] == "bedrock-import/job-2"
    await page.write_message(awake())
    await sessions(lambda found: found == [])
    assert jp_serverapp.kernel_manager.list_kernel_ids() == []


async def test_jobs_that_come_do_not_change_the_session(
    connect: Connect, sessions: Sessions, app: BedrockImportApp
) -> None:
    assert app.awake is not None
    page = await connect()
    await page.write_message(awake(JOB))
    (session,) = await sessions(one_busy)
    app.awake.refresh_seconds = 0.1
    await page.write_message(awake(OTHER_JOB, JOB))
    assert await asked(page, "echo told") == "told"
    (same,) = await sessions(one_busy)
    assert same["id"] == session["id"]


async def test_a_session_that_the_user_shuts_down_comes_back(
    connect: Connect, sessions: Sessions, jp_fetch, app: BedrockImportApp
) -> None:
    assert app.awake is not None
    app.awake.refresh_seconds = 0.1
    page = await connect()
    await page.write_message(awake(JOB))
    (session,) = await sessions(one_busy)
    await jp_fetch("api", "sessions", session["id"], method="DELETE")
    await sessions(lambda found: one_busy(found) and found[0]["id"] != session["id"])


async def test_the_end_of_the_engine_ends_the_session(connect: Connect, sessions: Sessions) -> None:
    page = await connect()
    await page.write_message(awake(JOB))
    await sessions(one_busy)
    await page.write_message("die 1 words")
    assert (await end_of(page))[0] == 1012
    await sessions(lambda found: found == [])


async def test_the_end_of_the_server_ends_the_session(
    connect: Connect, sessions: Sessions, app: BedrockImportApp, jp_serverapp: ServerApp
) -> None:
    page = await connect()
    await page.write_message(awake(JOB))
    await sessions(one_busy)
    await app.stop_extension()
    assert jp_serverapp.kernel_manager.list_kernel_ids() == []
    await sessions(lambda found: found == [])


async def test_without_its_default_kernel_any_other_does(
    connect: Connect, sessions: Sessions, jp_serverapp: ServerApp
) -> None:
    jp_serverapp.kernel_manager.default_kernel_name = "hidden"
    page = await connect()
    await page.write_message(awake(JOB))
    (session,) = await sessions(one_busy)
    assert session["kernel"]["name"] != "hidden"


async def test_without_any_kernel_a_warning_is_all(
    connect: Connect,
    jp_serverapp: ServerApp,
    app: BedrockImportApp,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert app.awake is not None
    app.awake.refresh_seconds = 0.01
    jp_serverapp.kernel_spec_manager.allowed_kernelspecs = {"none"}
    # The native one, where ipykernel is installed, starts without being listed.
    jp_serverapp.kernel_manager.default_kernel_name = "none"
    page = await connect()
    await page.write_message(awake(JOB))
    assert await asked(page, "echo here") == "here"

    def warnings() -> list[str]:
        return [line for line in caplog.messages if "may be stopped as idle" in line]

    while not warnings():
        await asyncio.sleep(0.02)
    assert await asked(page, "echo still here") == "still here"
    assert len(warnings()) == 1


class TestElsewhere:
    @pytest.fixture
    def keep_awake(self) -> bool:
        return False

    async def test_no_session_is_made(
        self, connect: Connect, sessions: Sessions, jp_serverapp: ServerApp, app: BedrockImportApp
    ) -> None:
        page = await connect()
        await page.write_message(awake(JOB))
        assert await asked(page, "echo here") == "here"
        assert app.awake is None
        assert await sessions(lambda found: True) == []


@pytest.mark.parametrize(
    ("metadata", "env", "expected"),
    [
        ({"ResourceArn": "arn:aws:sagemaker:eu-west-1:1:notebook-instance/a"}, {}, True),
        (
            {"ResourceArn": "arn:aws:sagemaker:eu-west-1:1:notebook-instance/a"},
            {"SERVICE_NAME": "SageMakerUnifiedStudio"},
            False,
        ),
        ({"ResourceArn": "arn:aws:sagemaker:eu-west-1:1:app/d/u/jupyterlab/default"}, {}, False),
        ({}, {"JUPYTER_SERVER_ROOT": "/data"}, False),
        ({}, {}, False),
    ],
)
def test_a_notebook_instance_is_known_by_its_metadata(
    metadata: dict[str, object],
    env: dict[str, str],
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "read_metadata", lambda: metadata)
    monkeypatch.setattr("os.path.isdir", lambda path: True)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert is_notebook_instance(env) is expected
