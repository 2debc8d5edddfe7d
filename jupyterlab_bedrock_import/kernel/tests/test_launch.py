"""What cells may do, and what they find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyterlab_bedrock_import.command import LaunchError
from jupyterlab_bedrock_import.kernel.launch import (
    ALLOW_VARIABLE,
    SETTINGS_VARIABLE,
    kernel_command,
    kernel_environment,
    widened,
)


def options(value: str | None, folder: Path) -> list[str]:
    env = {"HOME": str(folder), **({} if value is None else {ALLOW_VARIABLE: value})}
    return kernel_command("deno", env)[1:]


def test_cells_may_do_what_the_engine_may(tmp_path: Path) -> None:
    flags = options(None, tmp_path)
    assert {"--no-prompt", "--no-config", "--no-lock", "--allow-read"} <= set(flags)
    assert [flag for flag in flags if flag.startswith("--allow-write=")]
    assert not {"--allow-run", "--allow-ffi", "--allow-all"} & set(flags)


def test_a_setting_widens_it(tmp_path: Path) -> None:
    flags = options("run, ffi", tmp_path)
    assert {"--allow-run", "--allow-ffi"} <= set(flags)
    assert [flag for flag in flags if flag.startswith("--allow-write=")]


def test_all_stands_alone(tmp_path: Path) -> None:
    flags = options("all", tmp_path)
    assert [flag for flag in flags if flag.startswith("--allow")] == ["--allow-all"]


def test_writing_anywhere_replaces_the_folders(tmp_path: Path) -> None:
    flags = options("write", tmp_path)
    assert [flag for flag in flags if flag.startswith("--allow-write")] == ["--allow-write"]


@pytest.mark.parametrize("value", ["everything", "run,--allow-ffi", "all,run"])
def test_an_unknown_permission_is_refused(value: str) -> None:
    with pytest.raises(LaunchError, match=ALLOW_VARIABLE):
        widened(value)


def test_the_process_is_told_its_mark_and_its_modules(tmp_path: Path) -> None:
    env = kernel_environment({"HOME": str(tmp_path)}, "mark")
    settings = json.loads(env[SETTINGS_VARIABLE])
    assert settings["mark"] == "mark"
    assert settings["modules"]["bedrock-import"].endswith("/bundle/notebook.js")
