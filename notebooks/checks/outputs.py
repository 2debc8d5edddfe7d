"""What tests of the notebooks share: reading what a cell shows, running other cells, looking at the
sandbox from outside."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
from nbformat import NotebookNode

MODEL_ARN = re.compile(r"arn:aws:bedrock:us-east-1:\d{12}:imported-model/[a-z0-9]{12}")
SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
ACCOUNT = "123456789012"


def cell_of(notebook: NotebookNode, cell_id: str) -> NotebookNode:
    [found] = [cell for cell in notebook.cells if cell.id == cell_id]
    return found


def code_cells(notebook: NotebookNode, pattern: str = ".*") -> list[NotebookNode]:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [cell for cell in cells if re.fullmatch(pattern, cell.id)]


def shown(notebook: NotebookNode, cell_id: str, kind: str) -> list[str]:
    """What a cell shows in a format."""
    outputs = cell_of(notebook, cell_id).outputs
    bundles = [output.data for output in outputs if "data" in output]
    return [str(data[kind]) for data in bundles if kind in data]


def texts(notebook: NotebookNode, cell_id: str) -> list[str]:
    return shown(notebook, cell_id, "text/plain")


def text_of(notebook: NotebookNode, cell_id: str) -> str:
    return "\n".join(texts(notebook, cell_id))


def documents(notebook: NotebookNode, cell_id: str) -> list[dict[str, Any]]:
    """What a cell shows as JSON, such as a policy."""
    return [json.loads(text) for text in texts(notebook, cell_id) if text.startswith("{")]


def pictures(notebook: NotebookNode, cell_id: str) -> list[str]:
    return shown(notebook, cell_id, "image/svg+xml")


def all_shown_well(notebook: NotebookNode) -> None:
    """Every cell shows something, and every output can be shown by every front end."""
    for cell in code_cells(notebook):
        assert cell.outputs, f"{cell.id} shows nothing."
        for output in cell.outputs:
            assert output.output_type in ("display_data", "execute_result"), (cell.id, output)
            assert {"text/html", "text/plain"} <= set(output.data), cell.id
            assert str(output.data["text/plain"]).strip() not in ("", "undefined"), cell.id


def only(*wanted: str) -> Callable[[NotebookNode], None]:
    """These cells, in this order; one that is named again is run again."""

    def change(notebook: NotebookNode) -> None:
        chosen: list[NotebookNode] = []
        for number, cell_id in enumerate(wanted):
            cell = copy.deepcopy(cell_of(notebook, cell_id))
            if cell_id in wanted[:number]:
                cell.id = f"{cell_id}-{number}"
            chosen.append(cell)
        notebook.cells = chosen

    return change


def twice(notebook: NotebookNode) -> None:
    ids = [cell.id for cell in code_cells(notebook)]
    only(*(cell_id for each in ids for cell_id in (each, each)))(notebook)


class Account:
    """Looks at the sandbox from outside, with another client."""

    def __init__(self, env: dict[str, str]) -> None:
        self.bucket = env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
        self.client: Callable[[str], Any] = functools.partial(
            boto3.client,
            endpoint_url=env["AWS_ENDPOINT_URL"],
            region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )

    def models(self) -> list[str]:
        found = self.client("bedrock").list_imported_models()["modelSummaries"]
        return [model["modelArn"] for model in found]

    def keys(self) -> list[str]:
        found = self.client("s3").list_objects_v2(Bucket=self.bucket).get("Contents", [])
        return [entry["Key"] for entry in found]

    def roles(self) -> list[str]:
        return [role["RoleName"] for role in self.client("iam").list_roles()["Roles"]]


def hub_sha256(env: dict[str, str], file: str, changed_bits: int = 0) -> str:
    """Of a file on the hub, with these bits of its first byte changed."""
    address = f"{env['HF_ENDPOINT']}/{env['BEDROCK_IMPORT_SANDBOX_MODEL']}/resolve/main/{file}"
    with urllib.request.urlopen(address) as answer:
        body = bytearray(answer.read())
    body[0] ^= changed_bits
    return hashlib.sha256(body).hexdigest()
