"""Completion, inspection and type warnings of a real kernel, with Deno's language server."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from jupyterlab_bedrock_import.kernel.tests.kernel_client import RunningKernel, running_kernel


def servers(kernel: RunningKernel) -> list[psutil.Process]:
    children = psutil.Process(kernel.pid).children(recursive=True)
    return [child for child in children if "lsp" in child.cmdline()]


def test_what_is_there_is_completed_without_the_server(own_kernel: RunningKernel) -> None:
    own_kernel.run("const thing = { alpha: 1 };")
    assert own_kernel.ask("complete", "thing.", 6)["matches"][0] == "alpha"
    assert servers(own_kernel) == []


def test_imports_are_completed_by_typescript(kernel: RunningKernel, folder: Path) -> None:
    (folder / "shapes.ts").write_text(
        "/** Corners of a square. */\nexport const corners = 4;\n"
        "export function area(side: number): number { return side * side; }\n"
    )
    code = "import { cor } from './shapes.ts'"
    found = kernel.ask("complete", code, len("import { cor"))
    assert "corners" in found["matches"]
    assert code[found["cursor_start"] : found["cursor_end"]] == "cor"


def test_members_of_what_is_not_there_yet(kernel: RunningKernel) -> None:
    code = "const text: string = 'a';\ntext.toUpper"
    assert "toUpperCase" in kernel.ask("complete", code, len(code))["matches"]


def test_the_products_own_names(kernel: RunningKernel) -> None:
    code = "import { requiredByt } from 'bedrock-import'"
    found = kernel.ask("complete", code, len("import { requiredByt"))
    assert "requiredBytesFor" in found["matches"]


def test_inspection_tells_the_type_and_the_value(kernel: RunningKernel, folder: Path) -> None:
    (folder / "own.ts").write_text("/** Doubles. */\nexport const twice = (n: number) => 2 * n;\n")
    assert kernel.run("import { twice } from './own.ts';\nconst four = twice(2);").status == "ok"
    found = kernel.ask("inspect", "twice(four)", 3)
    assert found["found"]
    assert "Doubles." in found["data"]["text/markdown"]
    value = kernel.ask("inspect", "four", 2)["data"]["text/plain"]
    assert "number" in value
    assert "4" in value.split("Now it is:")[1]


def test_a_cell_is_type_checked_when_it_asks_for_it(kernel: RunningKernel) -> None:
    code = "const size: number = 'large';\nsize"
    assert kernel.run(code).text("stderr") == ""
    checked = kernel.run(f"// @ts-check\n{code}")
    assert "line 2, column 7" in checked.text("stderr")
    assert "TS2322" in checked.text("stderr")
    # A warning keeps nothing from running.
    assert checked.value == '"large"'


def test_all_cells_are_type_checked_when_the_user_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_IMPORT_KERNEL_TYPES", "1")
    with running_kernel(cwd=str(tmp_path)) as kernel:
        assert kernel.run("const n: number = 1;").text("stderr") == ""
        assert "TS2345" in kernel.run("Math.sqrt('x')").text("stderr")
        assert kernel.run("const n: string = 'declared anew'; n").text("stderr") == ""
    assert os.listdir(tmp_path) == []


def test_the_server_ends_with_the_kernel(tmp_path: Path) -> None:
    with running_kernel(cwd=str(tmp_path)) as kernel:
        kernel.ask("inspect", "Math.max", 6)
        processes = servers(kernel)
        assert len(processes) == 1
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel()
        _, alive = psutil.wait_procs(processes, timeout=30)
        assert alive == []
