"""Where the engine may write, on each kind of host."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from jupyterlab_bedrock_import import command, engine_folders
from jupyterlab_bedrock_import.engine_folders import engine_writes, hub_cache_folder, jupyter_root

HOME = "/home/somebody"
INSTANCE = {"ResourceArn": "arn:aws:sagemaker:us-east-1:1:notebook-instance/a"}
SPACE = {"ResourceArn": "arn:aws:sagemaker:us-east-1:1:app/d/u/jupyterlab/default"}
PROJECT = {**SPACE, "AdditionalMetadata": {"DataZoneDomainId": "dzd"}}


@pytest.mark.parametrize(
    ("env", "home", "metadata", "missing", "root"),
    [
        ({}, HOME, {}, "", HOME),
        ({"JUPYTER_SERVER_ROOT": "/data"}, HOME, {}, "", "/data"),
        ({"JUPYTER_SERVER_ROOT": "/data"}, HOME, {}, "/data", HOME),
        ({"JUPYTER_SERVER_ROOT": "data"}, HOME, {}, "", HOME),
        ({}, HOME, INSTANCE, "", "/home/ec2-user/SageMaker"),
        ({"JUPYTER_SERVER_ROOT": "/data"}, HOME, INSTANCE, "", "/home/ec2-user/SageMaker"),
        ({}, HOME, INSTANCE, "/home/ec2-user/SageMaker", HOME),
        ({}, "/home/ec2-user", {}, "", "/home/ec2-user/SageMaker"),
        ({}, "/home/ec2-user", {}, "/home/ec2-user/SageMaker", "/home/ec2-user"),
        ({}, HOME, SPACE, "", "/home/sagemaker-user"),
        ({}, HOME, {"SpaceName": "s"}, "", "/home/sagemaker-user"),
        ({}, HOME, PROJECT, "", "/home/sagemaker-user"),
        ({"SAGEMAKER_APP_TYPE": "JupyterLab"}, HOME, {}, "", "/home/sagemaker-user"),
        ({"SERVICE_NAME": "SageMakerUnifiedStudio"}, HOME, {}, "", "/home/sagemaker-user"),
        ({"SAGEMAKER_APP_TYPE": "JupyterLab"}, HOME, {}, "/home/sagemaker-user", HOME),
        ({}, HOME, {"ResourceArn": 7, "AdditionalMetadata": []}, "", HOME),
    ],
)
def test_root_is_the_one_that_the_engine_finds(
    env: Mapping[str, str],
    home: str,
    metadata: Mapping[str, object],
    missing: str,
    root: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os.path, "isdir", lambda path: path != missing)
    assert jupyter_root(env, home, metadata) == root


@pytest.mark.parametrize("text", ["", "{", "[]", "7", None])
def test_broken_metadata_counts_as_none(text: str | None, tmp_path) -> None:
    file = tmp_path / "metadata.json"
    if text is not None:
        file.write_text(text)
    assert engine_folders.read_metadata(str(file)) == {}


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({}, f"{HOME}/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x", "HF_HOME": "/h"}, "/h/hub"),
        ({"HF_HOME": "~/h"}, f"{HOME}/h/hub"),
        ({"HF_HOME": "/h", "HF_HUB_CACHE": "/c/"}, "/c"),
        ({"HF_HOME": "$HOME/h"}, f"{HOME}/h/hub"),
    ],
)
def test_downloads_go_where_huggingface_hub_puts_them(
    env: Mapping[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", HOME)
    assert hub_cache_folder(env) == folder


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], []),
        (["copy", "a/b", "s3://c", "--via-disk"], []),
        (["copy", "a/b", "s3://c", "--cache-dir", "/d"], ["/d"]),
        (["copy", "a/b", "s3://c", "--cache-dir=~/d"], [f"{HOME}/d"]),
        (["copy", "--cache-dir", "/d", "--cache-dir=/e/../f"], ["/d", "/f"]),
        (["copy", "--cache-dir", "--json"], []),
        (["copy", "--cache-dir="], []),
        (["copy", "--", "--cache-dir", "/d"], []),
        (["copy", "--cache-directory", "/d"], []),
    ],
)
def test_permissions_are_exactly_these(
    arguments: list[str], named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", HOME)
    monkeypatch.setattr(engine_folders, "read_metadata", lambda: {})
    own = [f"{HOME}/.bedrock-import", f"{HOME}/.cache/huggingface/hub"]
    stamp = "/tmp/.sagemaker-last-active-timestamp"
    assert engine_writes(arguments, {}) == [*own, *named, stamp]
    started = command.engine_command("deno", arguments, {})
    flags = [flag for flag in started if flag.startswith("--allow")]
    assert flags == [
        "--allow-env",
        "--allow-read",
        "--allow-sys",
        "--allow-net",
        f"--allow-write={','.join([*own, *named, stamp])}",
    ]
    assert started[-1 - len(arguments)].endswith("engine.js")


def test_a_relative_folder_is_taken_from_the_current_one(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(tmp_path / "d") in engine_writes(["copy", "--cache-dir", "d"], {})
