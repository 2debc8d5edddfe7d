"""Where the engine may write, on each kind of host."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from jupyterlab_bedrock_import import command, engine_folders
from jupyterlab_bedrock_import.engine_folders import (
    engine_writes,
    hub_cache_folder,
    jupyter_root,
    mount_point,
    subcommand,
    trash_folders,
    volumes_near,
)

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


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], None),
        (["--json"], None),
        (["trash", "list"], "trash"),
        (["--json", "--debug", "cache", "list"], "cache"),
        (["--region", "trash", "doctor"], "doctor"),
        (["--region=trash", "serve"], "serve"),
        (["copy", "trash", "s3://c"], "copy"),
    ],
)
def test_subcommand_is_the_first_word(arguments: list[str], name: str | None) -> None:
    assert subcommand(arguments) == name


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody with a home folder, a JupyterLab root beside it, and a volume that is all of it."""
    for name in ("home", "jupyter", "volume"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(engine_folders, "read_metadata", lambda: {})
    monkeypatch.setattr(engine_folders, "mount_point", lambda path: str(tmp_path / "volume"))
    return tmp_path


@pytest.mark.parametrize("arguments", [["serve"], ["trash", "list"], ["--json", "cache", "list"]])
def test_who_makes_room_writes_in_root_home_cache_and_trash(
    arguments: list[str], user: Path
) -> None:
    (user / "volume" / ".Trash-4711").mkdir()
    env = {"JUPYTER_SERVER_ROOT": f"{user}/jupyter", "HF_HUB_CACHE": f"{user}/hub"}
    assert engine_writes(arguments, env) == [
        f"{user}/jupyter/.bedrock-import",
        f"{user}/hub",
        f"{user}/jupyter",
        f"{user}/home",
        f"{user}/volume/.Trash",
        f"{user}/volume/.Trash-{os.getuid()}",
        *([f"{user}/volume/.Trash-4711"] if os.getuid() != 4711 else []),
        "/tmp/.sagemaker-last-active-timestamp",
    ]


@pytest.mark.parametrize("arguments", [[], ["disk"], ["uploads", "list"], ["jobs", "list"]])
def test_who_makes_no_room_writes_nowhere_else(arguments: list[str], user: Path) -> None:
    env = {"JUPYTER_SERVER_ROOT": f"{user}/jupyter"}
    assert engine_writes([*arguments, "--root", "/r", "--to", "/t"], env) == [
        f"{user}/jupyter/.bedrock-import",
        f"{user}/home/.cache/huggingface/hub",
        "/tmp/.sagemaker-last-active-timestamp",
    ]


def test_folders_that_options_name_take_the_place_of_the_root(user: Path) -> None:
    env = {"JUPYTER_SERVER_ROOT": f"{user}/jupyter", "XDG_DATA_HOME": f"{user}/data"}
    paths = engine_writes(["trash", "list", f"--root={user}/other"], env)
    assert f"{user}/other" in paths
    assert f"{user}/data/Trash" in paths
    assert f"{user}/jupyter" not in paths
    assert f"{user}/else" in engine_writes(["cache", "move", "--to", f"{user}/else"], env)


def test_downloads_may_also_go_where_they_are_steered(user: Path) -> None:
    env = {"JUPYTER_SERVER_ROOT": f"{user}/jupyter", "HF_HUB_CACHE": f"{user}/hub"}
    state = user / "jupyter" / ".bedrock-import"
    state.mkdir()
    steered = {"HF_HUB_CACHE": f"{user}/jupyter/hub", "HF_HOME": f"{user}/jupyter/hf"}
    content: dict[str, object] = {"version": 1, "set": steered, "unset": ["TRANSFORMERS_CACHE"]}
    (state / "steering.json").write_text(json.dumps(content))
    stamp = "/tmp/.sagemaker-last-active-timestamp"
    own = [str(state), f"{user}/hub"]
    assert engine_writes(["copy"], env) == [*own, f"{user}/jupyter/hub", stamp]
    del env["HF_HUB_CACHE"]
    content["set"] = {"HF_HUB_CACHE": "/etc"}
    (state / "steering.json").write_text(json.dumps(content))
    assert "/etc" not in engine_writes(["copy"], env)
    (state / "steering.json").write_text("{")
    assert engine_writes(["copy"], env)[2:] == [stamp]


def test_a_root_that_is_a_link_may_be_named_either_way(user: Path) -> None:
    (user / "link").symlink_to(user / "jupyter")
    paths = engine_writes(["serve"], {"JUPYTER_SERVER_ROOT": f"{user}/link"})
    assert {f"{user}/link", f"{user}/jupyter"} <= set(paths)


def test_a_root_with_a_comma_is_refused_and_a_volume_with_one_is_left_out(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(command.LaunchError, match="--root"):
        command.engine_command("deno", ["trash", "list", "--root", f"{user}/a,b"], {})
    monkeypatch.setattr(engine_folders, "mount_point", lambda path: f"{user}/a,b")
    started = command.engine_command("deno", ["trash", "list"], {})
    assert not any(f"{user}/a" in flag for flag in started)


def test_volumes_are_found_through_links_and_folders_but_not_for_ever(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        other = Path("/proc")
    here = mount_point(str(tmp_path))
    assert volumes_near(str(tmp_path)) == [here]
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    (tmp_path / "circle").symlink_to(tmp_path)
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "link").symlink_to(other)
    assert volumes_near(str(tmp_path)) == [here]
    (tmp_path / "a" / "b" / "link").symlink_to(other)
    assert volumes_near(str(tmp_path)) == [here, mount_point(str(other))]
    assert volumes_near(str(tmp_path / "missing")) == []


def test_the_top_of_a_file_system_is_where_the_device_changes() -> None:
    assert mount_point("/") == "/"
    point = mount_point("/proc/self/fd")
    assert point == "/proc"


def test_a_volume_that_cannot_be_listed_still_has_names_for_trash(tmp_path: Path) -> None:
    own = f".Trash-{os.getuid()}"
    missing = tmp_path / "missing"
    assert trash_folders([str(missing)]) == [f"{missing}/.Trash", f"{missing}/{own}"]
