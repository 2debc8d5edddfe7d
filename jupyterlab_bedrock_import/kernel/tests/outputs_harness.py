"""Runs many cells as nbclient does and counts outputs that are lost, cut, or under another cell. The
same for any kernel that runs TypeScript, so that kernels can be compared."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

LINES = 4
SECONDS = 60


@dataclass
class Counts:
    """Cells whose outputs are not what they should be."""

    cells: int
    lost: int = 0
    partial: int = 0
    foreign: int = 0

    @property
    def is_clean(self) -> bool:
        return self.lost == self.partial == self.foreign == 0


def source(number: int) -> str:
    """A cell that prints, shows something, and has a value, before and after it waits."""
    return f"""
for (let line = 0; line < {LINES}; line++) {{
  console.log(`<{number}: line ${{line}}>`);
  if (line === 1) await new Promise(resolve => setTimeout(resolve, 1));
}}
await Deno.jupyter.display({{ 'text/plain': '<{number}: shown>' }}, {{ raw: true }});
console.error('<{number}: error>');
'<{number}: value>'
"""


def wanted(number: int) -> list[str]:
    """What has to be under it, in order."""
    parts = [f"line {line}" for line in range(LINES)] + ["shown", "error", "value"]
    return [f"<{number}: {part}>" for part in parts]


def seen(cell: nbformat.NotebookNode) -> list[str]:
    """What is under a cell."""
    text = "".join(
        output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
        for output in cell["outputs"]
        if output["output_type"] != "error"
    )
    return re.findall(r"<\d+: [^>]*>", text)


def count(cells: list[nbformat.NotebookNode]) -> Counts:
    """Compares what is there with what should be."""
    counts = Counts(len(cells))
    for number, cell in enumerate(cells):
        found, right = seen(cell), wanted(number)
        if any(not piece.startswith(f"<{number}:") for piece in found):
            counts.foreign += 1
        elif not found:
            counts.lost += 1
        elif found != right:
            counts.partial += 1
    return counts


def run_cells(kernel: str, sources: list[str], folder: Path) -> list[nbformat.NotebookNode]:
    """All outputs, as nbclient has them."""
    notebook = new_notebook(cells=[new_code_cell(text) for text in sources])
    client = NotebookClient(
        notebook,
        kernel_name=kernel,
        allow_errors=True,
        timeout=SECONDS,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return list(notebook["cells"])


@contextmanager
def stock_kernel(deno: str, name: str = "stock-deno") -> Iterator[str]:
    """Deno's own kernel, where Jupyter finds it."""
    with TemporaryDirectory() as folder:
        spec = Path(folder) / "kernels" / name
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text(
            json.dumps(
                {
                    "argv": [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
                    "display_name": name,
                    "language": "typescript",
                }
            )
        )
        path = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = os.pathsep.join([folder, *([path] if path else [])])
        try:
            yield name
        finally:
            if path is None:
                del os.environ["JUPYTER_PATH"]
            else:
                os.environ["JUPYTER_PATH"] = path


if __name__ == "__main__":
    from deno import find_deno_bin

    number = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with TemporaryDirectory() as place, stock_kernel(find_deno_bin()) as stock:
        for one in ("bedrock-import-deno", stock):
            print(one, count(run_cells(one, [source(n) for n in range(number)], Path(place))))
