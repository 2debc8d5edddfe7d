"""An import in a cell of a real kernel: ■ only ends its showing, and not even a killed kernel loses it."""

from __future__ import annotations

import json
import os
import re
import signal
from typing import Any

import pytest

from jupyterlab_bedrock_import.kernel.tests.kernel_client import RunningKernel, running_kernel
from notebooks.checks.outputs import MODEL_ARN, Account


PREPARE = """
import { cleanUp, connect, importModel, notebookJobs, planCleanUp, reviewModel } from 'bedrock-import';
await connect();
const review = await reviewModel({ prefix: 'PREFIX/', importedModelName: 'PREFIX' });
"""
IMPORT = "const result = await importModel(review, { connections: 2 });\nresult;"
JOBS = (
    "console.log(JSON.stringify((await (await notebookJobs()).store.list())"
    ".filter(({ destination }) => destination.includes('PREFIX')).map(({ id, state }) => ({ id, state }))))"
)
CLEAN_UP = "await cleanUp(await planCleanUp({ model: result.model.modelArn, s3Uri: result.copy.destination }))"


@pytest.fixture
def kernel_options(sandbox_env: dict[str, str], place: Any) -> dict[str, Any]:
    return {"cwd": str(place.root), "env": place.environment(sandbox_env)}


def wait_for_bytes(kernel: RunningKernel) -> None:
    """Until the display of the job says that bytes are on their way."""
    seen = ""
    while not re.search(r"Copying: [1-9]", seen):
        message = kernel.client.get_iopub_msg(timeout=60)
        data = message["content"].get("data") or {}
        seen = str(data.get("text/plain", ""))


def jobs(kernel: RunningKernel, prefix: str) -> list[dict[str, str]]:
    return list(json.loads(kernel.run(JOBS.replace("PREFIX", prefix)).text()))


def test_a_stopped_cell_lets_the_import_go_on(
    kernel_options: dict[str, Any], account: Account
) -> None:
    with running_kernel(**kernel_options) as kernel:
        assert kernel.run(PREPARE.replace("PREFIX", "stopped")).status == "ok"
        request = kernel.send(IMPORT)
        wait_for_bytes(kernel)
        kernel.manager.interrupt_kernel()
        assert kernel.finish(request).status == "error"
        [before] = jobs(kernel, "stopped")
        again = kernel.run(IMPORT)
        assert again.status == "ok", again.traceback
        [arn] = set(MODEL_ARN.findall(json.dumps(again.outputs)))
        assert arn in account.models()
        assert jobs(kernel, "stopped") == [{"id": before["id"], "state": "done"}]
        assert kernel.run(CLEAN_UP).status == "ok"
    assert account.models() == []


def test_a_killed_kernel_loses_nothing(kernel_options: dict[str, Any], account: Account) -> None:
    with running_kernel(**kernel_options) as kernel:
        assert kernel.run(PREPARE.replace("PREFIX", "killed")).status == "ok"
        kernel.send(IMPORT)
        wait_for_bytes(kernel)
        os.kill(kernel.pid, signal.SIGKILL)
    with running_kernel(**kernel_options) as kernel:
        assert kernel.run(PREPARE.replace("PREFIX", "killed")).status == "ok"
        [before] = jobs(kernel, "killed")
        assert before["state"] in ("running", "interrupted")
        result = kernel.run(IMPORT)
        assert result.status == "ok", result.traceback
        assert jobs(kernel, "killed") == [{"id": before["id"], "state": "done"}]
        assert len(account.models()) == 1
        assert kernel.run(CLEAN_UP).status == "ok"
    assert account.models() == []
