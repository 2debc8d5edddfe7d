"""Copies of the companion notebooks, made by a real server with its own contents manager."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from jupyterlab_bedrock_import.server.app import BedrockImportApp
from jupyterlab_bedrock_import.server.notebooks import COPIES, Shipped, shipped_folder

NAME = "1-first.ipynb"
PATH = f"{COPIES}/{NAME}"

Post = Callable[..., Awaitable[HTTPResponse]]


def notebook(title: str, code: str = "1 + 1") -> dict[str, Any]:
    text = f"# {title}\n\nShows **one** [thing](https://example.com/). Then more."
    return {
        "cells": [
            {"cell_type": "markdown", "id": "title", "metadata": {}, "source": [text]},
            {
                "cell_type": "code",
                "id": "sum",
                "metadata": {},
                "execution_count": None,
                "outputs": [],
                "source": [code],
            },
        ],
        "metadata": {
            "kernelspec": {
                "name": "bedrock-import-deno",
                "display_name": "TypeScript (Deno)",
                "language": "typescript",
            },
            "language_info": {"name": "typescript"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    write(folder / NAME, notebook("The first"))
    write(folder / "2-second.ipynb", notebook("The *second* of `two`"))
    (folder / "README.md").write_text("# Not a notebook\n")
    return folder


@pytest.fixture
def jp_server_config(jp_server_config: Any, shipped: Path) -> Any:
    jp_server_config.BedrockImportApp.notebooks_dir = str(shipped)
    return jp_server_config


@pytest.fixture
def post(jp_fetch: Any) -> Post:
    async def send(name: object = NAME, **options: Any) -> HTTPResponse:
        body = json.dumps({"name": name})
        return await jp_fetch("bedrock-import", "notebooks", method="POST", body=body, **options)

    return send


@pytest.fixture
def copied(post: Post) -> Callable[..., Awaitable[tuple[int, str]]]:
    """Posts a name; the status and the path."""

    async def send(name: str = NAME) -> tuple[int, str]:
        response = await post(name)
        return response.code, json.loads(response.body)["path"]

    return send


async def refusal(response: Awaitable[HTTPResponse]) -> tuple[int, str | None]:
    with pytest.raises(HTTPClientError) as refused:
        await response
    body = json.loads(refused.value.response.body)
    assert body["message"] != ""
    return refused.value.code, body.get("code")


def change(file: Path) -> bytes:
    """As a user who edits a cell and saves it."""
    content = json.loads(file.read_text())
    content["cells"][1]["source"] = ["'mine'"]
    write(file, content)
    return file.read_bytes()


async def test_the_list_says_what_each_is_about(jp_fetch: Any) -> None:
    response = await jp_fetch("bedrock-import", "notebooks")
    description = "Shows one thing. Then more."
    assert json.loads(response.body) == {
        "notebooks": [
            {"name": NAME, "title": "The first", "description": description},
            {
                "name": "2-second.ipynb",
                "title": "The second of two",
                "description": description,
            },
        ]
    }


@pytest.mark.parametrize(
    ("cells", "title", "description"),
    [
        (["Before.", "# A title\nAt once! " + "Too long " * 20 + "."], "A title", "At once!"),
        (
            ["# A title", "## Below\n\n| a | b |\n\n![](a.png)\n\nText at\nlast"],
            "A title",
            "Text at last",
        ),
        (
            ["# A title\n\n" + "long " * 40 + "sentence. Another."],
            "A title",
            "long " * 40 + "sentence.",
        ),
        (["# A title"], "A title", ""),
        (["No heading."], NAME, ""),
    ],
)
def test_title_and_description(cells: list[str], title: str, description: str) -> None:
    content = {"cells": [{"cell_type": "markdown", "source": source} for source in cells]}
    assert Shipped(NAME, content).facts == {
        "name": NAME,
        "title": title,
        "description": description,
    }


async def test_a_copy_is_made_where_jupyterlab_shows_it(copied, jp_root_dir, shipped) -> None:
    assert await copied() == (201, PATH)
    copy = nbformat.read(jp_root_dir / PATH, as_version=4)
    nbformat.validate(copy)
    original = nbformat.read(shipped / NAME, as_version=4)
    assert copy.cells == original.cells
    assert copy.metadata.kernelspec == original.metadata.kernelspec


async def test_the_others_are_there_too_as_notebooks_link_to_each_other(
    copied, jp_root_dir
) -> None:
    await copied()
    folder = jp_root_dir / COPIES
    assert sorted(file.name for file in folder.glob("*.ipynb")) == [NAME, "2-second.ipynb"]
    second = change(folder / "2-second.ipynb")
    (folder / NAME).unlink()
    assert await copied() == (201, PATH)
    assert (folder / "2-second.ipynb").read_bytes() == second
    assert await copied("2-second.ipynb") == (200, f"{COPIES}/2-second.ipynb")


async def test_an_unchanged_copy_is_opened_again(copied, jp_root_dir, jp_fetch) -> None:
    await copied()
    before = (jp_root_dir / PATH).read_bytes()
    assert await copied() == (200, PATH)
    assert (jp_root_dir / PATH).read_bytes() == before
    # As JupyterLab writes it when it was only opened: with what the kernel says of itself.
    model = json.loads((await jp_fetch("api", "contents", PATH)).body)
    model["content"]["metadata"]["language_info"]["version"] = "2.9.8"
    await jp_fetch("api", "contents", PATH, method="PUT", body=json.dumps(model))
    assert await copied() == (200, PATH)


async def test_a_changed_copy_is_kept_and_opened(copied, jp_root_dir) -> None:
    await copied()
    mine = change(jp_root_dir / PATH)
    assert await copied() == (200, PATH)
    assert (jp_root_dir / PATH).read_bytes() == mine


async def test_a_newer_version_replaces_what_nobody_has_changed(
    copied, jp_root_dir, shipped
) -> None:
    await copied()
    write(shipped / NAME, notebook("The first", "2 + 2"))
    assert await copied() == (201, PATH)
    assert "2 + 2" in (jp_root_dir / PATH).read_text()
    assert await copied() == (200, PATH)


async def test_a_newer_version_is_put_beside_a_changed_copy(
    copied, jp_root_dir, shipped
) -> None:
    await copied()
    first = change(jp_root_dir / PATH)
    write(shipped / NAME, notebook("The first", "2 + 2"))
    second_path = f"{COPIES}/1-first-2.ipynb"
    assert await copied() == (201, second_path)
    assert await copied() == (200, second_path)
    second = change(jp_root_dir / second_path)
    write(shipped / NAME, notebook("The first", "3 + 3"))
    assert await copied() == (201, f"{COPIES}/1-first-3.ipynb")
    assert (jp_root_dir / PATH).read_bytes() == first
    assert (jp_root_dir / second_path).read_bytes() == second


async def test_a_copy_that_was_run_counts_as_changed(copied, jp_root_dir, shipped) -> None:
    await copied()
    content = json.loads((jp_root_dir / PATH).read_text())
    output = {"output_type": "stream", "name": "stdout", "text": ["an ARN\n"]}
    content["cells"][1] |= {"execution_count": 1, "outputs": [output]}
    write(jp_root_dir / PATH, content)
    write(shipped / NAME, notebook("The first", "2 + 2"))
    assert await copied() == (201, f"{COPIES}/1-first-2.ipynb")
    assert "an ARN" in (jp_root_dir / PATH).read_text()


async def test_a_notebook_of_the_same_name_is_the_users(copied, jp_root_dir) -> None:
    (jp_root_dir / COPIES).mkdir()
    write(jp_root_dir / PATH, notebook("Mine"))
    before = (jp_root_dir / PATH).read_bytes()
    assert await copied() == (200, PATH)
    assert (jp_root_dir / PATH).read_bytes() == before


def odd(cells: object, metadata: object) -> str:
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    "text",
    [
        "no notebook",
        "[]",
        "{}",
        '{"nbformat": 99}',
        odd(1, {}),
        odd([1], {}),
        odd([{}], {}),
        odd([{"cell_type": "code", "source": [], "metadata": []}], {}),
        odd([], None),
        odd([], []),
        odd([], {"bedrock_import": 1}),
        odd([], {"bedrock_import": {"shipped": []}}),
    ],
)
async def test_whatever_is_in_the_folder_is_left_alone(text: str, copied, jp_root_dir) -> None:
    (jp_root_dir / COPIES).mkdir()
    (jp_root_dir / PATH).write_text(text)
    status, path = await copied()
    # What Jupyter takes for a notebook is opened as the user's own; a copy is put beside the rest.
    assert (status, path) in [(200, PATH), (201, f"{COPIES}/1-first-2.ipynb")]
    assert (jp_root_dir / PATH).read_text() == text


async def test_a_copy_is_put_beside_what_is_no_notebook(copied, jp_root_dir) -> None:
    (jp_root_dir / COPIES).mkdir()
    (jp_root_dir / PATH).write_text("no notebook")
    (jp_root_dir / COPIES / "1-first-2.ipynb").mkdir()
    assert await copied() == (201, f"{COPIES}/1-first-3.ipynb")


async def test_a_deleted_copy_is_made_anew(copied, jp_root_dir) -> None:
    await copied()
    (jp_root_dir / PATH).unlink()
    assert await copied() == (201, PATH)


@pytest.mark.parametrize(
    "name",
    ["", "3-third.ipynb", "README.md", "../secret.ipynb", "..", "/etc/passwd", f"./{NAME}", "*"],
)
async def test_other_names_are_refused(name: str, post: Post, jp_root_dir, shipped) -> None:
    write(shipped.parent / "secret.ipynb", notebook("Secret"))
    assert await refusal(post(name)) == (404, "NOTEBOOK_UNKNOWN")
    assert list(jp_root_dir.iterdir()) == []


@pytest.mark.parametrize("body", ["", "no JSON", "[]", "{}", '{"name": 1}'])
async def test_other_bodies_are_refused(body: str, jp_fetch) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("bedrock-import", "notebooks", method="POST", body=body)
    assert refused.value.code == 400


@pytest.mark.parametrize("authorization", ["", "token wrong"])
async def test_only_who_is_logged_in_gets_one(
    authorization: str, post: Post, jp_fetch, jp_root_dir
) -> None:
    headers = {"Authorization": authorization}
    with pytest.raises(HTTPClientError) as refused:
        await post(headers=headers)
    assert refused.value.code == 403
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("bedrock-import", "notebooks", headers=headers)
    assert refused.value.code == 403
    assert list(jp_root_dir.iterdir()) == []


async def test_a_file_in_place_of_the_folder_is_said(post: Post, jp_root_dir) -> None:
    (jp_root_dir / COPIES).write_text("a file")
    assert await refusal(post()) == (409, "FOLDER_IS_FILE")
    assert (jp_root_dir / COPIES).read_text() == "a file"


@pytest.fixture
def mount() -> Iterator[Callable[[Path, str], None]]:
    """Mounts a small file system of a test's own, or mounts it with other options."""
    mounted: list[Path] = []

    def run(folder: Path, options: str) -> None:
        is_new = folder not in mounted
        kind = ["-t", "tmpfs", "none"] if is_new else []
        subprocess.run(["mount", *kind, "-o", options, folder], check=True, capture_output=True)
        if is_new:
            mounted.append(folder)

    yield run
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


def can_mount(folder: Path) -> bool:
    try:
        subprocess.run(
            ["mount", "-t", "tmpfs", "none", folder], check=True, capture_output=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    subprocess.run(["umount", folder], check=True)
    return True


@pytest.fixture
def needs_mount(tmp_path: Path) -> None:
    folder = tmp_path / "mount"
    folder.mkdir()
    if not can_mount(folder):
        pytest.skip("mounting needs root")


async def test_a_root_that_cannot_be_written_to_is_said(
    needs_mount, mount, post: Post, copied, jp_root_dir
) -> None:
    mount(jp_root_dir, "ro")
    assert await refusal(post()) == (403, "NOT_WRITABLE")
    mount(jp_root_dir, "remount,rw")
    assert await copied() == (201, PATH)


async def test_room_for_one_is_enough(
    needs_mount, mount, copied, jp_root_dir, shipped
) -> None:
    write(shipped / "2-second.ipynb", notebook("The second", "x" * 100_000))
    mount(jp_root_dir, "size=64k")
    assert await copied() == (201, PATH)
    nbformat.validate(nbformat.read(jp_root_dir / PATH, as_version=4))
    # What was cut off is not in the way later.
    second = jp_root_dir / COPIES / "2-second.ipynb"
    assert 0 < second.stat().st_size < 100_000
    mount(jp_root_dir, "remount,size=1m")
    assert await copied("2-second.ipynb") == (201, f"{COPIES}/2-second.ipynb")
    nbformat.validate(nbformat.read(second, as_version=4))


async def test_a_full_disk_is_said_and_leaves_nothing_in_the_way(
    needs_mount, mount, post: Post, copied, jp_root_dir
) -> None:
    mount(jp_root_dir, "size=64k")
    filler = jp_root_dir / "filler"
    with pytest.raises(OSError, match="No space left"):
        with filler.open("wb", buffering=0) as file:
            for _ in range(1000):
                file.write(bytes(4096))
    assert await refusal(post()) == (507, "NO_ROOM")
    filler.unlink()
    assert await copied() == (201, PATH)
    nbformat.validate(nbformat.read(jp_root_dir / PATH, as_version=4))


def test_a_checkout_has_them_beside_the_package() -> None:
    assert shipped_folder().name == "notebooks"
    assert (shipped_folder()).is_dir()
    assert BedrockImportApp().notebooks_dir == str(shipped_folder())
