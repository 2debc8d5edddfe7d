"""The tutorials as they lie here: without outputs, formatted, and with links that lead somewhere."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

METADATA = {
    "kernelspec": {
        "display_name": "TypeScript (Deno)",
        "language": "typescript",
        "name": "bedrock-import-deno",
    },
    "language_info": {
        "codemirror_mode": "typescript",
        "file_extension": ".ts",
        "mimetype": "text/x.typescript",
        "name": "typescript",
    },
}
WORDS = re.compile(r"[a-z]+(-[a-z0-9]+)*")
LINK = re.compile(r"\]\(([^)\s]*)[^)]*\)|(https?://[^\s)`'\"]+)|<a\s[^>]*href=[\"']?([^\"'>\s]+)")

#: What must not be in a file that everybody reads. 123456789012 is AWS's own example of an account.
FORBIDDEN = {
    "an access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a secret key": (
        r"(?<![A-Za-z0-9/+])(?=\S*[A-Z])(?=\S*[a-z])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"
    ),
    "a token of the hub": r"\bhf_[A-Za-z0-9]{8,}",
    "a signed address": r"X-Amz-(Signature|Credential|Security-Token)",
    "an account": r"\b(?!123456789012\b)\d{12}\b",
    "a path of a machine": (
        r"(?<![\w.~])/(work|root|Users|tmp)/\w|/home/(?!ec2-user\b|sagemaker-user\b)\w"
    ),
    "an address of a machine": r"\b(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):\d",
}
DEBUGGING = re.compile(r"\bconsole\s*\.|\bdebugger\b")


def problems(path: Path) -> list[str]:
    """What is untidy in a notebook, as short lines."""
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    ids = [cell["id"] for cell in content["cells"]]
    if len(set(ids)) < len(ids):
        # Reading it would give them others.
        return [f"{each}: the id is there twice" for each in set(ids) if ids.count(each) > 1]
    try:
        notebook = nbformat.reads(text, as_version=nbformat.NO_CONVERT)
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return [f"is not valid: {error.message}"]
    found = []
    # Indented by 1, keys sorted, letters as they are.
    if text != nbformat.writes(notebook) + "\n":
        found.append("is not written as nbformat writes it, with a newline at the end")
    if (content["nbformat"], content["nbformat_minor"]) != (4, 5):
        found.append("is not of format 4.5")
    if content["metadata"] != METADATA:
        found.append("has other metadata")
    for cell in content["cells"]:
        found += [f"{cell['id']}: {each}" for each in problems_of_cell(cell, path.parent)]
    return found + problems_of_text(content["cells"])


def source_of(cell: dict[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def problems_of_cell(cell: dict[str, Any], folder: Path) -> list[str]:
    source = source_of(cell)
    found = [f"holds {what}" for what, how in FORBIDDEN.items() if re.search(how, source)]
    if not WORDS.fullmatch(cell["id"]):
        found.append("the id is not words")
    if cell["metadata"] != {}:
        found.append("has metadata")
    if source.strip() == "" or source != source.strip():
        found.append("is empty, or begins or ends with space")
    if cell["cell_type"] == "markdown":
        targets = [next(filter(None, groups), "") for groups in LINK.findall(source)]
        found += [f"links to {each}" for each in targets if not leads_somewhere(each, folder)]
        if cell.get("attachments"):
            found.append("has attachments")
    elif cell["cell_type"] == "code":
        if cell["outputs"] != []:
            found.append("has outputs")
        if cell["execution_count"] is not None:
            found.append("has a number")
        if DEBUGGING.search(source):
            found.append("holds what was for debugging")
    else:
        found.append("is neither text nor code")
    return found


def leads_somewhere(target: str, folder: Path) -> bool:
    """Copies of the notebooks lie beside each other, and nothing else with them."""
    return re.fullmatch(r"[\w.-]+", target) is not None and (folder / target).is_file()


def problems_of_text(cells: list[dict[str, Any]]) -> list[str]:
    found = []
    kinds = [cell["cell_type"] for cell in cells]
    if not cells or kinds[0] != "markdown" or not source_of(cells[0]).startswith("# "):
        found.append("does not begin with a heading")
    first_code = kinds.index("code") if "code" in kinds else len(cells)
    before = "\n".join(source_of(cell) for cell in cells[:first_code])
    if not re.search(r"\bcosts?\b", before, re.IGNORECASE):
        found.append("does not say what it costs before its first cell")
    return found


def badly_formatted(*paths: Path) -> list[dict[str, str]]:
    """Cells that prettier would write otherwise."""
    ran = subprocess.run(
        ["node", str(FOLDER / "checks" / "cellFormat.mjs"), *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert isinstance(found, list)
    return found


def test_all_six_are_there() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3", "4", "5", "6"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_tidy(path: Path) -> None:
    assert problems(path) == []


def test_cells_are_formatted() -> None:
    assert badly_formatted(*NOTEBOOKS) == []


# What is found.


def written(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A tidy notebook with something changed."""
    content = {
        "cells": [
            {
                "cell_type": "markdown",
                "id": "title",
                "metadata": {},
                "source": ["# It costs nothing"],
            },
            {
                "cell_type": "code",
                "execution_count": None,
                "id": "add-up",
                "metadata": {},
                "outputs": [],
                "source": ["1 + 1;"],
            },
        ],
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    content = json.loads(json.dumps(content))
    change(content)
    path = folder / "some.ipynb"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def text(source: str) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["cells"][0].update(source=["# It costs nothing\n", source])


def code(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda content: content["cells"][1].update(changes)


def test_a_tidy_notebook_has_no_problem(tmp_path: Path) -> None:
    assert problems(written(tmp_path, text("[itself](some.ipynb), `/tmp` and 123456789012"))) == []
    assert badly_formatted(tmp_path / "some.ipynb") == []


STREAM = {"name": "stdout", "output_type": "stream", "text": ["2"]}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (code(outputs=[STREAM]), "add-up: has outputs"),
        (code(execution_count=1), "add-up: has a number"),
        (code(metadata={"tags": ["a"]}), "add-up: has metadata"),
        (code(id="title"), "title: the id is there twice"),
        (code(id="8f3a0c1d"), "8f3a0c1d: the id is not words"),
        (code(source=["console.log(1);"]), "add-up: holds what was for debugging"),
        (code(source=["'AKIA" + "ABCDEFGHIJKLMNOP';"]), "add-up: holds an access key"),
        (
            code(source=["'wJalrXUtnFEMI/K7MDENG/bPxRfi" + "CYEXAMPLEKEY';"]),
            "add-up: holds a secret key",
        ),
        (code(source=["'hf_" + "abcdefghijkl';"]), "add-up: holds a token of the hub"),
        (code(source=["'?X-Amz-" + "Signature=0';"]), "add-up: holds a signed address"),
        (code(source=["'arn:aws:iam::210987654321:role/r';"]), "add-up: holds an account"),
        (code(source=["'/ro" + "ot/x';"]), "add-up: holds a path of a machine"),
        (code(source=["'/home/somebody/x';"]), "add-up: holds a path of a machine"),
        (code(source=["'http://127.0.0.1:9000';"]), "add-up: holds an address of a machine"),
        (code(source=[""]), "add-up: is empty, or begins or ends with space"),
        (code(source=["1;\n"]), "add-up: is empty, or begins or ends with space"),
        (text("[x](other.ipynb)"), "title: links to other.ipynb"),
        (text("[x](../some.ipynb)"), "title: links to ../some.ipynb"),
        (text("[x](https://aws.example/)"), "title: links to https://aws.example/"),
        (text("See https://aws.example/."), "title: links to https://aws.example/."),
        (text("<a href='x.html'>x</a>"), "title: links to x.html"),
        (
            lambda content: content["cells"][0].update(source=["It costs."]),
            "does not begin with a heading",
        ),
        (
            lambda content: content["cells"][0].update(source=["# Title"]),
            "does not say what it costs before its first cell",
        ),
        (
            lambda content: content["metadata"]["kernelspec"].update(name="deno"),
            "has other metadata",
        ),
    ],
)
def test_what_is_untidy_is_found(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], problem: str
) -> None:
    assert problem in problems(written(tmp_path, change))


def test_a_notebook_that_is_not_valid_is_found(tmp_path: Path) -> None:
    [problem] = problems(written(tmp_path, code(outputs="2")))
    assert problem.startswith("is not valid")


@pytest.mark.parametrize("indent", [None, 2])
def test_other_indents_are_found(tmp_path: Path, indent: int | None) -> None:
    path = written(tmp_path, code())
    path.write_text(json.dumps(json.loads(path.read_text()), indent=indent) + "\n")
    assert problems(path) == ["is not written as nbformat writes it, with a newline at the end"]


def test_a_missing_newline_is_found(tmp_path: Path) -> None:
    path = written(tmp_path, code())
    path.write_text(path.read_text().rstrip())
    assert problems(path) == ["is not written as nbformat writes it, with a newline at the end"]


def test_other_formats_are_found(tmp_path: Path) -> None:
    badly = ["1+1;", "1 + 1", 'say("a");', "if (a) {"]
    cells = [{"source": [each], "id": f"cell-{i}"} for i, each in enumerate(["1 + 1;", *badly])]

    def change(content: dict[str, Any]) -> None:
        title, cell = content["cells"]
        content["cells"] = [title, *({**cell, **each} for each in cells)]

    found = badly_formatted(written(tmp_path, change))
    assert [each["cell"] for each in found] == ["cell-1", "cell-2", "cell-3", "cell-4"]
    assert [each["formatted"] for each in found[:3]] == ["1 + 1;", "1 + 1;", "say('a');"]
    assert {each["notebook"] for each in found} == {"some.ipynb"}
