"""Which mounts the engine is told of, by lines of mountinfo as proc(5) shows them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jupyterlab_bedrock_import import command
from jupyterlab_bedrock_import.mounts import UNNAMEABLE_MOUNTS, has_unnameable_mounts

ORDINARY = b"22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        (b"/mnt", False),
        ("/mnt/naïve 日本".replace(" ", "\\040").encode(), False),
        (b"/mnt/caf\xe9", True),
        (b"/mnt/caf\xe9/below", True),
        (b"/mnt/\\040\xff", True),
        ("/mnt/\ufffd".encode(), True),
    ],
)
def test_names_that_are_no_utf8(point: bytes, expected: bool, tmp_path: Path) -> None:
    file = tmp_path / "mountinfo"
    file.write_bytes(ORDINARY + b"23 22 0:5 / " + point + b" rw - tmpfs none rw\n")
    assert has_unnameable_mounts(str(file)) is expected
    # Only where it is mounted counts, not from where.
    file.write_bytes(ORDINARY + b"23 22 0:5 " + point + b" /mnt rw - tmpfs " + point + b" rw\n")
    assert has_unnameable_mounts(str(file)) is False


def test_without_proc_there_are_none(tmp_path: Path) -> None:
    assert has_unnameable_mounts(str(tmp_path / "missing")) is False


def test_the_engine_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told: list[str | None] = []
    monkeypatch.setattr(command, "become", lambda _, env: told.append(env.get(UNNAMEABLE_MOUNTS)))
    monkeypatch.setattr(command, "check_bundle", lambda _: None)
    env = {"HOME": str(tmp_path), "PATH": Path(sys.executable).parent.as_posix()}
    for found in (True, False):
        monkeypatch.setattr(command, "has_unnameable_mounts", lambda found=found: found)
        command.run(["trash", "list"], env)
    assert told == ["1", None]
