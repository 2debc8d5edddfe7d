"""Runs notebooks on a real kernel against the sandbox, each in a folder of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from notebooks.checks.outputs import Account
from src.sandbox.testing.running_sandbox import running_sandbox

NOTEBOOKS = Path(__file__).resolve().parent
KERNEL = "bedrock-import-deno"
#: Of nobody, so that it is found wherever it leaks.
HUB_TOKEN = "hf_NotebookTestTokenThatNobodyMayShow"
SECONDS = 120


@dataclass
class Place:
    """What a user has on one machine: the JupyterLab root, the home folder and the jobs."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("root", "home", "state", "runtime"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        return self.folder / "root"

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Of a kernel here: nothing of the machine's own accounts, and the given variables."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "HF_", "BEDROCK_IMPORT_SANDBOX", "JUPYTER_", "XDG_"))
        }
        return {
            **kept,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **variables,
            "HOME": str(self.folder / "home"),
            "JUPYTER_SERVER_ROOT": str(self.root),
            "BEDROCK_IMPORT_STATE_DIR": str(self.folder / "state"),
        }


@pytest.fixture(scope="session")
def sandbox_env() -> Iterator[dict[str, str]]:
    """Variables of one sandbox with the model that really answers; waits are short in it."""
    quick = ["--fault", "import-seconds=0.5", "--fault", "model-not-ready=0.5"]
    command = [sys.executable, "-m", "jupyterlab_bedrock_import", "sandbox", *quick]
    with running_sandbox(command, []) as env:
        yield {**env, "HF_TOKEN": HUB_TOKEN}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A machine of the test's own; two runs in it are one user's."""
    return Place(tmp_path)


RunNotebook = Callable[..., NotebookNode]


@pytest.fixture
def run_notebook(
    sandbox_env: dict[str, str], place: Place, monkeypatch: pytest.MonkeyPatch
) -> RunNotebook:
    """
    ``run_notebook("1-start-here")``: a copy of the notebook with its outputs.

    ``change`` is given the copy before it runs, ``variables`` take the place of the sandbox's. No
    output of any run holds a secret of the sandbox.
    """
    # Connection files hold the key of the kernel.
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(place.folder / "runtime"))

    def run(
        name: str,
        kernel: str = KERNEL,
        *,
        change: Callable[[NotebookNode], None] | None = None,
        variables: Mapping[str, str] | None = None,
        allow_errors: bool = False,
    ) -> NotebookNode:
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
        if change is not None:
            change(notebook)
        copy = place.root / f"{name}.ipynb"
        nbformat.write(notebook, copy)
        client = NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name=kernel,
            resources={"metadata": {"path": str(place.root)}},
            allow_errors=allow_errors,
        )
        client.execute(env=place.environment(sandbox_env if variables is None else variables))
        require_no_secrets(notebook, sandbox_env)
        return notebook

    return run


def require_no_secrets(notebook: NotebookNode, env: Mapping[str, str]) -> None:
    """Looks through everything that cells have shown."""
    shown = json.dumps([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "HF_TOKEN"):
        assert env[name] not in shown, f"{name} is in an output."
    assert "X-Amz-Signature" not in shown


@pytest.fixture
def account(sandbox_env: dict[str, str]) -> Account:
    """The account of the sandbox, as another client sees it."""
    return Account(sandbox_env)
