"""The trash as send2trash and trash-cli make it, and as they find it after the command `bedrock-import`.

The command runs as users start it: the launcher, and the engine in Deno with the permissions that the
launcher gives it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from deno import find_deno_bin
from send2trash import send2trash

from jupyterlab_bedrock_import import command

BIN = Path(sys.executable).parent
UID = os.getuid()
OTHER_UID = 12345


def mount(*arguments: str | Path) -> bool:
    """Needs root, and a container that allows it."""
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True)
    return done.returncode == 0


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A volume of its own, with JupyterLab's root folder `jl` in it."""
    top = tmp_path / "volume"
    top.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=24m,nr_inodes=400", "none", top):
        pytest.skip("no file system can be mounted here")
    (top / "jl").mkdir()
    yield top
    for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
        point = line.split()[1].encode().decode("unicode_escape")
        if Path(point).is_relative_to(top):
            subprocess.run(["umount", point], check=True)


@pytest.fixture
def canary(volume: Path) -> Iterator[Path]:
    """Files beside JupyterLab's root that nothing may touch."""
    folder = volume / "canary"
    (folder / "deep").mkdir(parents=True)
    (folder / "song").write_bytes(b"tweet")
    (folder / "deep" / "song").write_bytes(b"tweet")
    (folder / "model.bin").write_bytes(b"tweet")
    before = fingerprint(folder)
    yield folder
    assert fingerprint(folder) == before


def copied_command(target: Path, arguments: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The launcher's command line, with Deno and the engine where every user can read them."""
    target.mkdir(exist_ok=True)
    for file in (find_deno_bin(), command.BUNDLES / "engine.js"):
        if not (target / Path(file).name).exists():
            shutil.copy(file, target)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "environ", env)
        line = command.engine_command(find_deno_bin(), arguments, env)
    inside = {find_deno_bin(): "deno", str(command.BUNDLES / "engine.js"): "engine.js"}
    return [str(target / inside[part]) if part in inside else part for part in line]


def fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        digest.update(f"{path.relative_to(folder)} {facts.st_mode} {facts.st_uid}".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


@pytest.fixture
def environment(volume: Path, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home), "JUPYTER_SERVER_ROOT": str(volume / "jl")}


Command = Callable[..., Any]


@pytest.fixture
def trash(environment: dict[str, str], tmp_path: Path) -> Command:
    """Runs `bedrock-import trash … --json`; a code other than the expected one is an error."""

    def run(*arguments: str | Path, code: int = 0, user: int | None = None) -> Any:
        words = ["trash", *map(str, arguments), "--json"]
        line = [sys.executable, "-m", "jupyterlab_bedrock_import", *words]
        if user is not None:
            line = copied_command(tmp_path / "program", words, environment)
        done = subprocess.run(
            line,
            env=environment,
            capture_output=True,
            text=True,
            user=user,
            group=user,
            cwd="/",
        )
        assert done.returncode == code, done.stderr + done.stdout
        return json.loads(done.stdout)

    return run


def own_trash(volume: Path) -> Path:
    return volume / f".Trash-{UID}"


def make_items(volume: Path) -> dict[str, Path]:
    root = volume / "jl"
    items = {
        "model": root / "models" / "big model",
        "note": root / "naïve\nnote %41.txt",
        "link": root / "link",
    }
    items["model"].mkdir(parents=True)
    (items["model"] / "weights.bin").write_bytes(os.urandom(3_000_000))
    os.link(items["model"] / "weights.bin", items["model"] / "again.bin")
    items["note"].write_text("note")
    items["link"].symlink_to("..")
    return items


def trash_list(environment: dict[str, str], volume: Path) -> list[str]:
    done = subprocess.run(
        [BIN / "trash-list", "--trash-dir", own_trash(volume)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if line.startswith("20")]


@pytest.mark.parametrize("tool", ["send2trash", "trash-put"])
def test_what_tools_have_deleted_is_listed_restored_and_deleted(
    tool: str, volume: Path, canary: Path, trash: Command, environment: dict[str, str]
) -> None:
    items = make_items(volume)
    before = {name: fingerprint(path.parent) for name, path in items.items()}
    for path in items.values():
        if tool == "send2trash":
            send2trash(path)
        else:
            subprocess.run([BIN / "trash-put", path], env=environment, check=True)
    listing = trash("list")
    (folder,) = [found for found in listing["folders"] if found["totalItems"]]
    assert folder["path"] == str(own_trash(volume))
    assert not folder["foreign"]
    found = {item["originalPath"]: item for item in folder["items"]}
    assert set(found) == {str(path) for path in items.values()}
    du = subprocess.run(["du", "-s", "-B1", own_trash(volume)], capture_output=True, check=True)
    assert folder["bytes"] == int(du.stdout.split()[0])
    assert found[str(items["model"])]["bytes"] == 3_002_368
    assert found[str(items["link"])]["kind"] == "link"
    assert all(item["deletedAt"].startswith("20") for item in folder["items"])

    for path in (items["model"], items["note"]):
        assert trash("restore", path)["restored"] == [
            {"id": found[str(path)]["id"], "path": str(path)}
        ]
    assert fingerprint(items["model"].parent) == before["model"]
    assert items["note"].read_text() == "note"
    assert len(trash_list(environment, volume)) == 1

    deleted = trash("delete", items["link"], "--yes")
    assert deleted["left"] == []
    assert trash_list(environment, volume) == []
    # The tools go on with what is left of their folder.
    send2trash(items["note"])
    subprocess.run([BIN / "trash-put", items["model"]], env=environment, check=True)
    assert len(trash_list(environment, volume)) == 2
    freed = trash("empty", "--yes")
    assert freed["freedBytes"] == freed["expectedBytes"]
    assert freed["availableAfter"] - freed["availableBefore"] == freed["freedBytes"] > 3_000_000
    assert trash_list(environment, volume) == []


def test_nothing_is_overwritten(volume: Path, trash: Command) -> None:
    note = volume / "jl" / "note.txt"
    folder = volume / "jl" / "folder"
    note.write_text("old")
    folder.mkdir()
    (folder / "inside").write_text("old")
    send2trash([note, folder])
    note.write_text("new")
    folder.mkdir()
    for path in (note, folder):
        assert trash("restore", path, code=3)["error"]["code"] == "RESTORE_EXISTS"
    assert note.read_text() == "new"
    assert list(folder.iterdir()) == []
    elsewhere = volume / "jl" / "restored"
    elsewhere.mkdir()
    trash("restore", note, folder, "--to", elsewhere)
    assert (elsewhere / "note.txt").read_text() == "old"
    assert (elsewhere / "folder" / "inside").read_text() == "old"


def test_works_where_not_one_byte_and_not_one_inode_is_left(
    volume: Path, canary: Path, trash: Command
) -> None:
    root = volume / "jl"
    for number in range(20):
        (root / "many" / f"deep-{number}" / "deeper").mkdir(parents=True)
        (root / "many" / f"deep-{number}" / "deeper" / "file").write_bytes(b"x" * 5000)
    send2trash(root / "many")
    with pytest.raises(OSError):
        for number in range(10_000):
            (volume / f"fill-{number}").write_bytes(b"x" * 200_000)
    with pytest.raises(OSError):
        for number in range(10_000):
            (volume / f"empty-{number}").write_bytes(b"")
    full = os.statvfs(volume)
    assert (full.f_bavail, full.f_favail) == (0, 0)
    # Moving to the trash itself fails, which leaves an empty description behind.
    with pytest.raises(OSError):
        send2trash(volume / "fill-0")
    freed = trash("empty", "--yes")
    assert freed["left"] == []
    assert freed["freedBytes"] >= 20 * 8192
    assert os.statvfs(volume).f_favail > 60


def plant(volume: Path, name: str, original: str) -> Path:
    """An item of the trash as a program would leave it that means harm."""
    top = own_trash(volume)
    for folder in (top, top / "files", top / "info"):
        folder.mkdir(mode=0o700, exist_ok=True)
    info = f"[Trash Info]\nPath={original}\nDeletionDate=2026-11-28T10:15:00\n"
    (top / "info" / f"{name}.trashinfo").write_text(info)
    return top / "files" / name


@pytest.mark.parametrize(
    "original",
    ["../canary/song2", "jl/../canary/song2", "jl/%2e%2e/canary/song2", "/etc/song2", "link/song2"],
)
def test_nothing_is_restored_to_another_place(
    original: str, volume: Path, canary: Path, trash: Command
) -> None:
    (volume / "link").symlink_to(canary)
    item = plant(volume, "song2", original)
    item.write_text("malice")
    refused = trash("restore", item, code=3)
    assert refused["error"]["code"] == "RESTORE_REFUSED"
    assert item.read_text() == "malice"
    assert not Path("/etc/song2").exists()


def test_links_mounts_and_devices_in_the_trash_lead_nowhere(
    volume: Path, canary: Path, trash: Command
) -> None:
    item = plant(volume, "evil", "jl/evil")
    (item / "sub").mkdir(parents=True)
    (item / "absolute").symlink_to(canary)
    (item / "sub" / "relative").symlink_to("../../../../canary")
    (item / "sub" / "file").symlink_to(canary / "song")
    os.mkfifo(item / "fifo")
    server = socket.socket(socket.AF_UNIX)
    here = os.open(item, os.O_RDONLY)
    server.bind(f"/proc/self/fd/{here}/socket")
    os.close(here)
    os.makedirs(os.fsencode(item / "sub") + b"/caf\xe9/inside")
    os.symlink(canary, os.fsencode(item / "sub") + b"/l\xefnk")
    bound, other = item / "sub" / "bound", item / "other"
    for folder in (bound, other):
        folder.mkdir()
    assert mount("--bind", canary, bound)
    assert mount("-t", "tmpfs", "none", other)
    (other / "precious").write_text("x")
    freed = trash("empty", "--yes", code=1)
    assert sorted(left["path"] for left in freed["left"]) == sorted(
        str(own_trash(volume) / "files" / "evil" / way) for way in ("sub/bound", "other")
    )
    assert (other / "precious").read_text() == "x"
    assert sorted(path.name for path in item.iterdir()) == ["other", "sub"]
    subprocess.run(["umount", bound], check=True)
    subprocess.run(["umount", other], check=True)
    assert trash("empty", "--yes")["left"] == []
    assert not item.exists()


@pytest.mark.parametrize("what", ["trash", "files", "info"])
def test_a_trash_folder_that_is_a_link_is_not_gone_into(
    what: str, volume: Path, canary: Path, trash: Command
) -> None:
    item = plant(volume, "song", "jl/song")
    item.write_text("old")
    link = own_trash(volume) if what == "trash" else own_trash(volume) / what
    link.rename(volume / "real")
    target = canary if what != "trash" else volume / "linked"
    if what == "trash":
        (volume / "linked" / "files").parent.mkdir()
        (volume / "linked" / "files").symlink_to(canary)
    link.symlink_to(target)
    listed = trash("list")
    emptied = trash("empty", "--yes")
    if what != "info":
        assert [left["path"] for left in emptied["leftAlone"]] == [str(own_trash(volume))]
    if what == "trash":
        (folder,) = [one for one in listed["folders"] if one["path"] == str(link)]
        assert "link" in folder["problem"]
    assert (volume / "real").exists()


def test_restoring_removes_no_description_behind_a_link(
    volume: Path, canary: Path, trash: Command
) -> None:
    item = plant(volume, "song", "jl/song")
    item.write_text("old")
    (own_trash(volume) / "info").rename(canary / "info")
    before = fingerprint(canary)
    (own_trash(volume) / "info").symlink_to(canary / "info")
    refused = trash("restore", item, code=3)
    assert refused["error"]["code"] == "RESTORE_REFUSED"
    trash("restore", item, "--to", volume / "jl")
    assert (volume / "jl" / "song").read_text() == "old"
    assert fingerprint(canary) == before
    shutil.rmtree(canary / "info")


@pytest.mark.parametrize("bound", [False, True])
def test_a_volume_under_a_name_that_cannot_be_said_is_left(
    bound: bool, volume: Path, canary: Path, trash: Command
) -> None:
    item = plant(volume, "evil", "jl/evil")
    point = os.fsencode(item / "sub") + b"/caf\xe9/point"
    os.makedirs(point)
    source = ["--bind", os.fsencode(canary)] if bound else ["-t", "tmpfs", "none"]
    subprocess.run(["mount", *source, point], check=True)
    try:
        if not bound:
            Path(os.fsdecode(point), "precious").write_text("x")
        left = trash("empty", "--yes", code=1)["left"]
        assert [(one["path"], one["error"]["code"]) for one in left] == [
            (str(item / "sub"), "REMOVAL_UNNAMEABLE")
        ]
        kept = "song" if bound else "precious"
        assert Path(os.fsdecode(point), kept).exists()
    finally:
        subprocess.run(["umount", point], check=True)
    assert trash("empty", "--yes")["left"] == []


def test_any_of_many_items_can_be_named(volume: Path, trash: Command) -> None:
    assert mount("-o", "remount,size=64m,nr_inodes=9000", volume)
    for number in range(1000):
        plant(volume, f"item-{number}", f"jl/{number}.txt").write_bytes(b"x" * number)
    (folder,) = [one for one in trash("list")["folders"] if one["totalItems"]]
    assert (folder["totalItems"], len(folder["items"])) == (1000, 500)
    restored = trash("restore", volume / "jl" / "0.txt")["restored"]
    assert [one["path"] for one in restored] == [str(volume / "jl" / "0.txt")]
    # The same item by two names is one.
    item = own_trash(volume) / "files" / "item-1"
    assert trash("delete", item, "1.txt", "--yes")["removed"] == 2
    assert trash("delete", item, "--yes", code=2)["error"]["code"] == "TRASH_ITEM_UNKNOWN"
    assert trash("empty", "--yes")["left"] == []


def test_a_link_is_put_in_the_place_of_the_folder_meanwhile(
    volume: Path, canary: Path, trash: Command
) -> None:
    attack = (
        "import os, sys\n"
        "tree, canary = sys.argv[1:]\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    for number in range(40):\n"
        "        path = f'{tree}/d{number}'\n"
        "        try:\n"
        "            os.rename(path, f'{path}.away')\n"
        "            os.symlink(canary, path)\n"
        "            os.unlink(path)\n"
        "            os.rename(f'{path}.away', path)\n"
        "        except OSError:\n"
        "            pass\n"
    )
    item = plant(volume, "tree", "jl/tree")
    for number in range(40):
        (item / f"d{number}" / "deep").mkdir(parents=True)
        for name in ("song", "model.bin", "deep/song"):
            (item / f"d{number}" / name).write_bytes(b"x")
    with subprocess.Popen(
        [sys.executable, "-c", attack, str(item), str(canary)], stdout=subprocess.PIPE
    ) as attacker:
        assert attacker.stdout
        attacker.stdout.readline()
        try:
            listing = trash("list")
            assert listing["folders"]
            try:
                trash("empty", "--yes")
            except AssertionError:
                # What the attacker has put there meanwhile may be left.
                pass
        finally:
            attacker.kill()
    # Nobody is in the way any more, and nothing that was left is in a place where it is not found.
    trash("empty", "--yes")
    assert not any((own_trash(volume) / "files").glob("*"))
    assert not any(own_trash(volume).glob(".removing-*"))


@pytest.mark.skipif(UID != 0, reason="only root can be somebody else")
class TestAnotherUser:
    """As on SageMaker: the user is not root, and root's trash lies beside."""

    @pytest.fixture(autouse=True)
    def readable(self, tmp_path: Path, volume: Path, environment: dict[str, str]) -> None:
        for folder in [tmp_path, *list(tmp_path.parents)[:3]]:
            folder.chmod(0o755)
        volume.chmod(0o777)
        for path in (volume / "jl", Path(environment["HOME"])):
            os.chown(path, OTHER_UID, OTHER_UID)

    def test_folders_that_may_not_be_written_to_are_deleted(self, volume: Path, trash: Command) -> None:
        own = volume / f".Trash-{OTHER_UID}"
        deep = own / "files" / "locked" / "deep"
        deep.mkdir(parents=True)
        (own / "info").mkdir()
        (deep / "file").write_text("x")
        subprocess.run(["chown", "-R", str(OTHER_UID), own], check=True)
        own.chmod(0o700)
        deep.chmod(0o000)
        deep.parent.chmod(0o555)
        assert trash("empty", "--yes", user=OTHER_UID)["left"] == []
        assert list((own).glob("files/*")) == []

    def test_a_file_that_may_get_no_second_name_is_restored(
        self, volume: Path, trash: Command
    ) -> None:
        # proc(5), protected_hardlinks: who does not own a file cannot link it.
        if Path("/proc/sys/fs/protected_hardlinks").read_text().strip() != "1":
            pytest.skip("this system lets everybody link everything")
        own = volume / f".Trash-{OTHER_UID}"
        for folder in (own, own / "files", own / "info"):
            folder.mkdir(mode=0o700)
            os.chown(folder, OTHER_UID, OTHER_UID)
        for name in ("mine.txt", "there.txt"):
            (own / "files" / name).write_text("root's")
            (own / "files" / name).chmod(0o644)
            (own / "info" / f"{name}.trashinfo").write_text(f"[Trash Info]\nPath=jl/{name}\n")
        there = volume / "jl" / "there.txt"
        there.write_text("new")
        trash("restore", own / "files" / "mine.txt", user=OTHER_UID)
        assert (volume / "jl" / "mine.txt").read_text() == "root's"
        refused = trash("restore", own / "files" / "there.txt", user=OTHER_UID, code=3)
        assert refused["error"]["code"] == "RESTORE_EXISTS"
        assert there.read_text() == "new"
        assert (own / "files" / "there.txt").read_text() == "root's"

    def test_the_trash_of_root_is_shown_and_left(self, volume: Path, trash: Command) -> None:
        foreign = volume / ".Trash-0"
        (foreign / "files").mkdir(parents=True)
        (foreign / "info").mkdir()
        (foreign / "files" / "root's").write_text("x")
        foreign.chmod(0o755)
        (folder,) = trash("list", user=OTHER_UID)["folders"]
        assert (folder["path"], folder["foreign"], folder["userId"]) == (str(foreign), True, 0)
        assert trash("empty", "--yes", user=OTHER_UID)["emptied"] == []
        refused = trash("delete", foreign / "files" / "root's", "--yes", user=OTHER_UID, code=3)
        assert refused["error"]["code"] == "TRASH_FOREIGN"
        # Chosen by itself, it is tried, and what the system refuses is said.
        left = trash("empty", "--foreign", foreign, "--yes", user=OTHER_UID, code=1)["left"]
        assert left[0]["error"]["code"] == "REMOVAL_DENIED"
        assert (foreign / "files" / "root's").exists()
        # Root itself may empty it.
        assert trash("empty", "--yes")["left"] == []
        assert not (foreign / "files").exists() or not list((foreign / "files").iterdir())
