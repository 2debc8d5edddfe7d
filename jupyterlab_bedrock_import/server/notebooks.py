"""The companion notebooks: which there are, and copies of them under the Jupyter server's root."""

from __future__ import annotations

import asyncio
import copy
import errno
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import nbformat
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.contents.manager import ContentsManager
from tornado.web import HTTPError, authenticated

from jupyterlab_bedrock_import.server.handlers import AUTH_RESOURCE

PACKAGE = Path(__file__).parents[1]

# Where the copies are, below the root.
COPIES = "bedrock-import-notebooks"

# In the metadata of a copy: of which notebook it was made. Jupyter keeps what it does not know.
MARK = "bedrock_import"

DESCRIPTION_CHARACTERS = 160

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class NotebookError(Exception):
    """Why there is no copy. The page says it in the user's language, by the code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def shipped_folder() -> Path:
    """In an installed package they are part of it, in a checkout beside it."""
    packaged = PACKAGE / "notebooks"
    return packaged if packaged.is_dir() else PACKAGE.parent / "notebooks"


@dataclass(frozen=True)
class Shipped:
    """A notebook as this version of the extension has it."""

    name: str
    content: dict[str, Any]

    @staticmethod
    def read(file: Path) -> Shipped:
        return Shipped(file.name, nbformat.read(file, as_version=4))

    @property
    def facts(self) -> dict[str, str]:
        """Title: the first heading. Description: the beginning of what follows it."""
        title, description = self.name, ""
        blocks = [
            block.strip()
            for cell in self.content["cells"]
            if cell["cell_type"] == "markdown"
            for block in re.split(r"\n\s*\n", cell["source"])
        ]
        for index, block in enumerate(blocks):
            heading, _, rest = block.partition("\n")
            if heading.startswith("# "):
                title = plain(heading[2:])
                following = [rest, *blocks[index + 1 :]]
                description = first_sentences(next(filter(is_text, following), ""))
                break
        return {"name": self.name, "title": title, "description": description}


def is_text(block: str) -> bool:
    return block != "" and not block.startswith(("#", "|", "!", "<", "```"))


def first_sentences(paragraph: str) -> str:
    """As many whole sentences as a list has room for, but at least one."""
    text = plain(paragraph)
    ends = [match.end() for match in re.finditer(r"[.!?](?=\s|$)", text)] or [len(text)]
    return text[: max([end for end in ends if end <= DESCRIPTION_CHARACTERS] or ends[:1])]


def plain(markdown: str) -> str:
    """One line without emphasis, code marks and addresses of links."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"[*`]", "", text).split())


def digest_of(notebook: dict[str, Any]) -> str:
    """The same for a notebook that was only opened, another one for one that was edited or run."""
    metadata = {
        key: value
        for key, value in notebook.get("metadata", {}).items()
        # The kernel writes its own version there.
        if key not in (MARK, "language_info")
    }
    cells = copy.deepcopy(notebook["cells"])
    for cell in cells:
        # Jupyter adds it when it reads a notebook, and takes it away when it writes one.
        cell["metadata"].pop("trusted", None)
    text = json.dumps({"cells": cells, "metadata": metadata}, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def mark_of(notebook: dict[str, Any]) -> str | None:
    mark = notebook.get("metadata", {}).get(MARK)
    digest = mark.get("shipped") if isinstance(mark, dict) else None
    return digest if isinstance(digest, str) else None


class NotebookCopies:
    """Makes copies of the shipped notebooks. What a user has changed is never written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # The second click of a double click finds the copy that the first one makes.
        self._lock = asyncio.Lock()

    def facts(self) -> list[dict[str, str]]:
        files = sorted(self._folder.glob("*.ipynb"))
        return [Shipped.read(file).facts for file in files]

    async def copy(self, name: str, contents: ContentsManager) -> tuple[str, bool]:
        """The path of a copy, relative to the root, and whether it was made now."""
        # Only names of the list, so nothing that leads out of the folder.
        files = {file.name: file for file in self._folder.glob("*.ipynb")}
        if name not in files:
            raise NotebookError(404, "NOTEBOOK_UNKNOWN", f"There is no notebook {name!r}.")
        async with self._lock:
            try:
                made = await Place(contents, Shipped.read(files[name])).copy()
            except (HTTPError, OSError) as error:
                raise understood(error) from error
            await self._copy_missing(contents, files)
            return made

    async def _copy_missing(self, contents: ContentsManager, files: dict[str, Path]) -> None:
        """The notebooks link to each other."""
        for file in files.values():
            place = Place(contents, Shipped.read(file))
            try:
                if not await place.names():
                    await place.copy()
            except (HTTPError, OSError) as error:
                # The one that was asked for can be read without them.
                contents.log.warning("No copy of %s was made: %s", file.name, error)
                return


class Place:
    """The copies of one notebook: `name.ipynb` and, of newer versions, `name-2.ipynb` and so on."""

    def __init__(self, contents: ContentsManager, shipped: Shipped) -> None:
        self._contents = contents
        self._shipped = shipped
        self._digest = digest_of(shipped.content)
        self._copy = copy.deepcopy(shipped.content)
        self._copy["metadata"][MARK] = {"shipped": self._digest}

    async def copy(self) -> tuple[str, bool]:
        taken = await self.names()
        replaceable: str | None = None
        for name in sorted(taken, key=self._number):
            notebook = await self._read(name)
            if notebook is None:
                if await self._is_cut_off(name):
                    replaceable = replaceable or name
                continue
            digest, mark = digest_of(notebook), mark_of(notebook)
            # Without a mark it is the user's own, of whatever version.
            if mark in (None, self._digest) or digest == self._digest:
                return f"{COPIES}/{name}", False
            if digest == mark:
                replaceable = replaceable or name
        name = replaceable or next(name for name in self._all_names() if name not in taken)
        await self._write(f"{COPIES}/{name}")
        return f"{COPIES}/{name}", True

    async def names(self) -> set[str]:
        """Those that are in use. The folder is made when there is none."""
        contents = self._contents
        if not await ensure_async(contents.dir_exists(COPIES)):
            if await ensure_async(contents.file_exists(COPIES)):
                raise NotebookError(409, "FOLDER_IS_FILE", f"{COPIES} is a file.")
            await ensure_async(contents.save({"type": "directory"}, COPIES))
        folder = await ensure_async(contents.get(COPIES, content=True, type="directory"))
        return {
            entry["name"]
            for entry in folder["content"]
            if self._number(entry["name"]) > 0
        }

    async def _read(self, name: str) -> dict[str, Any] | None:
        """None for what is no notebook; it is left alone."""
        try:
            model = await ensure_async(self._contents.get(f"{COPIES}/{name}", type="notebook"))
        except HTTPError as error:
            if error.status_code in (400, 404):
                return None
            raise
        return model["content"]

    async def _is_cut_off(self, name: str) -> bool:
        """Whether it is the beginning of what this version writes, as a full disk leaves it."""
        path = f"{COPIES}/{name}"
        try:
            model = await ensure_async(self._contents.get(path, type="file", format="text"))
        except HTTPError as error:
            if error.status_code in (400, 404):
                return False
            raise
        whole = nbformat.writes(nbformat.from_dict(self._copy), version=nbformat.NO_CONVERT)
        return whole.startswith(model["content"])

    async def _write(self, path: str) -> None:
        model = {"type": "notebook", "format": "json", "content": self._copy}
        await ensure_async(self._contents.save(model, path))

    def _all_names(self) -> Iterator[str]:
        name = PurePath(self._shipped.name)
        yield name.name
        number = 2
        while True:
            yield f"{name.stem}-{number}{name.suffix}"
            number += 1

    def _number(self, name: str) -> int:
        """Which of the copies it is; 0: none."""
        shipped = PurePath(self._shipped.name)
        pattern = rf"{re.escape(shipped.stem)}(?:-([1-9]\d*))?{re.escape(shipped.suffix)}"
        match = re.fullmatch(pattern, name)
        return 0 if match is None else int(match[1] or 1)


def understood(error: BaseException) -> NotebookError:
    """What the system said is somewhere behind what the contents manager makes of it."""
    for cause in chain_of(error):
        number = cause.errno if isinstance(cause, OSError) else None
        if number in NO_ROOM:
            return NotebookError(507, "NO_ROOM", "There is no room for the notebook.")
        if number in NOT_WRITABLE:
            return NotebookError(403, "NOT_WRITABLE", "The folder of JupyterLab is not writable.")
    if isinstance(error, HTTPError) and error.status_code == 403:
        return NotebookError(403, "NOT_WRITABLE", error.log_message or "Not writable.")
    said = error.log_message if isinstance(error, HTTPError) else str(error)
    return NotebookError(500, "COPY_FAILED", said or "The notebook could not be copied.")


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


class NotebooksHandler(APIHandler):
    """GET lists the notebooks; POST of a name answers the path of a copy, made if need be."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, copies: NotebookCopies) -> None:
        self._copies = copies

    @authenticated
    @authorized
    def get(self) -> None:
        self.finish(json.dumps({"notebooks": self._copies.facts()}))

    @authenticated
    @authorized
    async def post(self) -> None:
        body = self.get_json_body()
        name = body.get("name") if isinstance(body, dict) else None
        if not isinstance(name, str):
            raise HTTPError(400, "The body is an object with a name.")
        try:
            path, is_new = await self._copies.copy(name, self.contents_manager)
        except NotebookError as error:
            self.set_status(error.status)
            self.finish(json.dumps({"code": error.code, "message": str(error)}))
            return
        self.set_status(201 if is_new else 200)
        self.finish(json.dumps({"path": path}))
