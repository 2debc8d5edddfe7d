"""The cells are right for TypeScript, by the sources and by the declarations that are shipped."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

FOLDER = Path(__file__).resolve().parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SHIPPED = "jupyterlab_bedrock_import/bundle/types/notebook/index.d.ts"


def wrong(*arguments: str | Path) -> list[dict[str, Any]]:
    """What TypeScript says about notebooks."""
    ran = subprocess.run(
        ["node", str(FOLDER / "checks" / "cellTypes.mjs"), *map(str, arguments)],
        cwd=FOLDER.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert isinstance(found, list)
    return found


def notebook(path: Path, *cells: str) -> Path:
    """Its cells are called cell-1, cell-2 and so on."""
    content = new_notebook()
    content.cells = [
        new_markdown_cell("# Title", id="title"),
        *(new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(cells, 1)),
    ]
    write(content, path)
    return path


IMPORTING = "import { parseSize } from 'bedrock-import';\n\n"

#: Cells, and where and what is wrong in them.
WRONG: dict[str, tuple[list[str], str, int, str]] = {
    "argument": (
        ["1;", IMPORTING + "const a = 1;\nparseSize(a);"],
        "cell-2",
        4,
        "Argument of type 'number' is not assignable to parameter of type 'string'.",
    ),
    "no such export": (
        ["import {\n  parseSize,\n  parseSizes\n} from 'bedrock-import';\n\nparseSize('1 GB');"],
        "cell-1",
        3,
        "has no exported member named 'parseSizes'",
    ),
    "implicit any": (["const f = a => a;"], "cell-1", 1, "implicitly has an 'any' type"),
    "undefined": (["const a = ['b'];\na[0].length;"], "cell-1", 2, "possibly 'undefined'"),
    "no such name": (["1;\nplam;"], "cell-1", 2, "Cannot find name 'plam'"),
    "name of a later cell": (["b;", "const b = 1;\nb;"], "cell-1", 1, "Cannot find name 'b'"),
    "type of an earlier cell": (
        ["const a = 'x';", "1;\na.toFixed();"],
        "cell-2",
        2,
        "Property 'toFixed' does not exist",
    ),
    "import of another cell": (
        [IMPORTING + "parseSize('1 GB');", "1;\n({ parseSize });"],
        "cell-2",
        2,
        "parseSize is not imported in this cell.",
    ),
    "import that nobody uses": (
        [IMPORTING + "1;"],
        "cell-1",
        1,
        "parseSize is imported and not used.",
    ),
    "whole module": (
        ["1;\nimport * as all from 'bedrock-import';"],
        "cell-1",
        2,
        "Import by names",
    ),
    "other module": (["import { a } from 'b';\na;"], "cell-1", 1, "Cannot find module 'b'"),
    "syntax": (["1;", "1;\nif (true) {", "2;"], "cell-2", 2, "'}' expected."),
    "brace too many": (["1;", "1;\n}", "2;"], "cell-2", 2, "Declaration or statement expected."),
    "member of Deno": (["await 1;\nDeno.jupyter.dispaly({});"], "cell-1", 2, "dispaly"),
}


#: Values are declared anew as something else, and awaited at the top.
RIGHT = [
    IMPORTING + "const a = parseSize('1 GB');\nawait Promise.resolve(a);",
    IMPORTING + "const a = 'x';\nconst b: string = a;\nfunction f() {\n  return parseSize(b);\n}",
    "const { length } = a;\nf().toFixed(length);\nfor (const each of [a]) {\n  await each;\n}",
    "class A {}\nnew A();",
    "const name = 1;\nDeno.jupyter.signal?.throwIfAborted();\n"
    "await Deno.jupyter.display({ 'text/plain': `${name}` }, { raw: true });",
    "import type { CopyPlan } from 'bedrock-import';\n\nconst none: CopyPlan[] = [];\nnone;",
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """About the tutorials, the wrong notebooks and the right one, at one go."""
    folder = tmp_path_factory.mktemp("cells")
    paths = [notebook(folder / f"{name}.ipynb", *cells) for name, (cells, *_) in WRONG.items()]
    return wrong(*NOTEBOOKS, *paths, notebook(folder / "right.ipynb", *RIGHT))


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_cells_have_no_wrong_type(said: list[dict[str, Any]], name: str) -> None:
    assert [each for each in said if each["notebook"] == name] == []


def test_cells_have_no_wrong_type_by_the_shipped_declarations(tmp_path: Path) -> None:
    cells, cell, line, message = WRONG["argument"]
    found = wrong("--types", SHIPPED, *NOTEBOOKS, notebook(tmp_path / "wrong.ipynb", *cells))
    assert found == [{"notebook": "wrong.ipynb", "cell": cell, "line": line, "message": message}]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_found_where_it_is(said: list[dict[str, Any]], name: str) -> None:
    _, cell, line, message = WRONG[name]
    about = [each for each in said if each["notebook"] == f"{name}.ipynb"]
    assert any(
        (each["cell"], each["line"]) == (cell, line) and message in each["message"]
        for each in about
    ), about


def test_what_kernels_allow_is_not_wrong(said: list[dict[str, Any]]) -> None:
    assert [each for each in said if each["notebook"] == "right.ipynb"] == []
