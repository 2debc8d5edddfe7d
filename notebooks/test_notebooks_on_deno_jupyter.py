"""The tutorials on Deno's own kernel, in a version that loses no output: none of them needs ours."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from jupyterlab_bedrock_import.kernel.tests.outputs_harness import stock_kernel
from notebooks.checks.outputs import MODEL_ARN, SHA256, documents, pictures, text_of

FOLDER = Path(__file__).resolve().parent
BUNDLE = FOLDER.parent / "jupyterlab_bedrock_import" / "bundle" / "notebook.js"

#: The last one whose kernel shows every output, under its own cell: later ones lose some.
DENO = "2.8.1"
CACHE = FOLDER.parent / ".cache" / f"deno-{DENO}"
INSTALL_SECONDS = 150

SHARD = "model-00001-of-00003.safetensors"


@pytest.fixture(scope="session")
def stock_deno() -> Path:
    """Installed from PyPI when it is not there; two runs at once do not meet."""
    program = CACHE / "bin" / ("deno.exe" if sys.platform == "win32" else "deno")
    if not program.exists():
        CACHE.parent.mkdir(exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=CACHE.parent, prefix=f"{CACHE.name}-"))
        try:
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input"]
            ran = subprocess.run(
                [*pip, "--disable-pip-version-check", f"--target={folder}", f"deno=={DENO}"],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
                timeout=INSTALL_SECONDS,
            )
            assert ran.returncode == 0, f"Deno {DENO} could not be installed:\n{ran.stderr}"
            shutil.rmtree(CACHE, ignore_errors=True)
            try:
                folder.rename(CACHE)
            except OSError:
                # Another run was first.
                assert program.exists()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return program


@pytest.fixture
def kernel(stock_deno: Path, place: Any) -> Iterator[str]:
    """Its name, where Jupyter finds it; the notebook's folder says what ``bedrock-import`` is."""
    (place.root / "deno.json").write_text(
        json.dumps({"imports": {"bedrock-import": BUNDLE.as_uri()}, "lock": False})
    )
    with stock_kernel(str(stock_deno), f"deno-{DENO.replace('.', '-')}") as name:
        yield name


@pytest.fixture
def run(run_notebook: Any, kernel: str, place: Any) -> Any:
    """``run("1-start-here")``: every cell shows something well, and no file is left beside it."""

    def run(name: str) -> NotebookNode:
        notebook = run_notebook(name, kernel=kernel)
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                assert output.output_type in ("display_data", "execute_result"), (cell.id, output)
                assert {"text/html", "text/plain"} <= set(output.data), cell.id
            assert cell.cell_type == "markdown" or cell.outputs, f"{cell.id} shows nothing."
        left = {path.name for path in place.root.iterdir()}
        assert left == {"deno.json", f"{name}.ipynb"}
        return notebook

    return run


def test_it_is_the_kernel_of_that_version(run_notebook: Any, kernel: str) -> None:
    def change(notebook: NotebookNode) -> None:
        [cell] = [cell for cell in notebook.cells if cell.id == "connect"]
        value = "`Deno ${Deno.version.deno}, ours: ${'startSandbox' in Deno.jupyter}`"
        cell.source = f"await Deno.jupyter.display({{ 'text/plain': {value} }}, {{ raw: true }});"
        notebook.cells = [cell]

    notebook = run_notebook("1-start-here", kernel=kernel, change=change)
    assert text_of(notebook, "connect") == f"Deno {DENO}, ours: false"


def test_where_there_is_nothing_it_says_so(run_notebook: Any, kernel: str) -> None:
    def change(notebook: NotebookNode) -> None:
        notebook.cells = [cell for cell in notebook.cells if cell.id == "connect"]

    notebook = run_notebook(
        "1-start-here", kernel=kernel, change=change, variables={}, allow_errors=True
    )
    [output] = notebook.cells[0].outputs
    assert output.output_type == "error"
    assert "neither AWS credentials nor a sandbox" in output.evalue


def test_start_imports_and_answers(run: Any) -> None:
    notebook = run("1-start-here")
    assert "Connected to the sandbox" in text_of(notebook, "connect")
    [arn] = set(MODEL_ARN.findall(text_of(notebook, "import-model")))
    assert arn in text_of(notebook, "look-at-model")
    # What the model itself writes.
    assert "Paris" in text_of(notebook, "ask-model")
    assert "Proved: 9 files" in text_of(notebook, "show-proofs")
    assert arn in text_of(notebook, "clean-up")


def test_machine_draws_disks(run: Any) -> None:
    notebook = run("2-your-machine")
    drawn = ("measure-disk", "read-df", "plan-that-fits", "plan-that-does-not-fit", "report-disk")
    for cell_id in drawn:
        picture = "".join(pictures(notebook, cell_id))
        assert picture.startswith("<svg") and picture.endswith("</svg>"), cell_id
    assert re.search(r"Needed +66\.05 GB", text_of(notebook, "apply-rule"))


def test_permissions_are_written_and_tried(run: Any) -> None:
    notebook = run("3-permissions")
    assert "iam:PassRole" in "".join(pictures(notebook, "see-identities"))
    [trust] = documents(notebook, "trust-policy")
    assert trust["Statement"][0]["Principal"] == {"Service": "bedrock.amazonaws.com"}
    [reading] = documents(notebook, "import-role-policy")
    assert "s3:GetObject" in reading["Statement"][0]["Action"]
    [working] = documents(notebook, "notebook-policy")
    assert "PassRoleToBedrockCMI" in [each["Sid"] for each in working["Statement"]]
    assert "11 checks: 11 ok" in text_of(notebook, "try-permissions")
    assert "Created." in text_of(notebook, "create-role")
    assert "Deleted" in text_of(notebook, "delete-role")


def test_streaming_proves_every_file(run: Any) -> None:
    notebook = run("4-streaming-to-s3")
    assert f"<title>{SHARD}: part " in "".join(pictures(notebook, "see-parts"))
    proofs = text_of(notebook, "show-proofs")
    assert "Proved: 9 files" in proofs
    assert len(set(SHA256.findall(proofs))) == 9
    published, stated, read_back, damaged = SHA256.findall(text_of(notebook, "read-back"))
    assert published == stated == read_back != damaged
    assert published in proofs
    assert "BadDigest" in text_of(notebook, "send-damaged")
    assert text_of(notebook, "clean-up").count("10 objects") == 2


def test_templates_are_rendered(run: Any) -> None:
    notebook = run("5-chat-templates")
    chat = text_of(notebook, "compare-chat")
    for turn in (
        "<|im_start|>user\nAnd of Italy?<|im_end|>\n<|im_start|>assistant\n",
        "<｜User｜>And of Italy?<｜Assistant｜><think>\n",
        "<|start_header_id|>user<|end_header_id|>\n\nAnd of Italy?<|eot_id|>",
    ):
        assert turn in chat
    assert "refuses the conversation" in text_of(notebook, "compare-calls")
    on_hub, in_s3 = SHA256.findall(text_of(notebook, "compare-with-hub"))
    assert on_hub != in_s3
    bodies = documents(notebook, "see-requests")
    assert [sorted(body)[-1] for body in bodies] == ["messages", "prompt", "prompt"]


def test_import_answers_and_calls_a_tool(run: Any) -> None:
    notebook = run("6-import-invoke-clean-up")
    [arn] = set(MODEL_ARN.findall(text_of(notebook, "import-model")))
    assert "Paris" in text_of(notebook, "ask") and "Rome" in text_of(notebook, "ask-again")
    assert 'get_weather({"city":"Paris"})' in text_of(notebook, "call-tool")
    answered = text_of(notebook, "answer-with-result")
    assert "tool: It is 18 degrees and cloudy in Paris." in answered
    assert "Answered" in answered
    assert text_of(notebook, "bedrock-engineer").count(f"baseId: '{arn}'") == 2
    assert arn in text_of(notebook, "clean-up")
