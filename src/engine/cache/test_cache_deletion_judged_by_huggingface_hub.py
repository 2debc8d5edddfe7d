"""Caches that huggingface_hub has filled, listed and deleted from by the command `bedrock-import`, as
users start it, and judged by huggingface_hub before and after."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import scan_cache_dir, snapshot_download
from huggingface_hub.utils._shared_blobs import (
    is_shared_blobs_dir,
    publish_blob_to_shared_store,
    shared_blob_path,
)

SAME = os.urandom(3_000_000)
MODELS = {
    "acme/one": {"config.json": b'{"a": 1}\n', "model.safetensors": SAME, "own.bin": os.urandom(900_000)},
    "acme/two": {"config.json": b'{"a": 2}\n', "model.safetensors": SAME},
}
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def hub(start_sandbox: Any) -> Any:
    with start_sandbox(models=MODELS) as sandbox:
        yield sandbox


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, whose free bytes nobody else changes."""
    top = tmp_path / "volume"
    top.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", top], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    yield top
    subprocess.run(["umount", top], check=True)


@pytest.fixture
def cache(volume: Path) -> Path:
    return volume / "hf" / "hub"


Run = Callable[..., Any]


@pytest.fixture
def run(volume: Path, cache: Path, tmp_path: Path) -> Run:
    home = tmp_path / "home"
    home.mkdir()
    (volume / "jl").mkdir()

    def cache_command(*arguments: str, code: int = 0) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "jupyterlab_bedrock_import", "cache", *arguments, "--json"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "HF_HUB_CACHE": str(cache),
                "JUPYTER_SERVER_ROOT": str(volume / "jl"),
                **{
                    name: os.environ[name]
                    for name in ("PIP_CACHE_DIR", "HF_XET_CACHE")
                    if name in os.environ
                },
            },
            capture_output=True,
            text=True,
            cwd="/",
        )
        assert done.returncode == code, done.stderr + done.stdout
        return json.loads(done.stdout)

    return cache_command


def fill(hub: Any, cache: Path, model: str) -> Path:
    return Path(snapshot_download(model, cache_dir=cache, endpoint=hub.hub_url, token=False))


def share(cache: Path, model: str) -> None:
    """As huggingface_hub 2 does with the files that it gets through Xet, which the sandbox has not."""
    for blob in (cache / f"models--{model.replace('/', '--')}" / "blobs").iterdir():
        if not blob.is_symlink() and blob.stat().st_size == len(SAME):
            assert publish_blob_to_shared_store(
                blob_path=str(blob),
                xet_hash="ab" * 32,
                cache_dir=cache,
                expected_size=len(SAME),
            )


def available(path: Path) -> int:
    facts = os.statvfs(path)
    return facts.f_bavail * facts.f_frsize


def loads_offline(hub: Any, cache: Path, model: str) -> None:
    folder = Path(snapshot_download(model, cache_dir=cache, local_files_only=True))
    for name, content in MODELS[model].items():
        assert (folder / name).read_bytes() == content


def deleted(run: Run, volume: Path, *arguments: str) -> dict[str, Any]:
    before = available(volume)
    done = run(*arguments, "--yes")
    assert done["left"] == []
    freed = available(volume) - before
    assert freed == done["expectedBytes"] == done["freedBytes"] == done["bytes"]
    return done


def repositories(listing: Any) -> dict[str, Any]:
    return {found["name"]: found for found in listing["hub"]["repositories"]}


def test_sizes_are_those_of_huggingface_hub(hub: Any, cache: Path, run: Run) -> None:
    for model in MODELS:
        fill(hub, cache, model)
    ours = repositories(run("list"))
    theirs = scan_cache_dir(cache)
    assert not theirs.warnings
    for repo in theirs.repos:
        found = ours[repo.repo_id]
        # Theirs are lengths, ours whole blocks of the disk.
        assert 0 <= found["bytes"] - repo.size_on_disk < 3 * 4096
        assert found["freesBytes"] == found["bytes"]
        assert [revision["commit"] for revision in found["revisions"]] == [
            revision.commit_hash for revision in repo.revisions
        ]
        assert [revision["refs"] for revision in found["revisions"]] == [["main"]]
    ls = subprocess.run(
        [BIN / "hf", "cache", "ls", "--cache-dir", cache, "--format", "json"],
        capture_output=True,
        text=True,
    )
    assert ls.returncode == 0, ls.stderr
    assert all(model in ls.stdout for model in MODELS)


def test_a_model_goes_and_the_other_stays(
    hub: Any, cache: Path, run: Run, volume: Path
) -> None:
    for model in MODELS:
        fill(hub, cache, model)
    done = deleted(run, volume, "delete", "acme/one")
    assert done["bytes"] > len(SAME) + 900_000
    assert not (cache / "models--acme--one").exists()
    assert not (cache / ".locks" / "models--acme--one").exists()
    assert not scan_cache_dir(cache).warnings
    loads_offline(hub, cache, "acme/two")


def test_what_models_share_goes_with_the_last_of_them(
    hub: Any, cache: Path, run: Run, volume: Path
) -> None:
    for model in MODELS:
        fill(hub, cache, model)
        share(cache, model)
    store = shared_blob_path(cache, "ab" * 32)
    listing = run("list")
    assert listing["hub"]["sharedStore"]
    found = repositories(listing)
    assert found["acme/two"]["bytes"] > len(SAME)
    assert found["acme/two"]["freesBytes"] < 10_000
    done = deleted(run, volume, "delete", "acme/two")
    assert done["bytes"] < 100_000
    assert store.exists()
    assert not scan_cache_dir(cache).warnings
    loads_offline(hub, cache, "acme/one")
    assert repositories(run("list"))["acme/one"]["freesBytes"] > len(SAME)
    done = deleted(run, volume, "delete", "acme/one")
    assert done["bytes"] > len(SAME)
    assert list(store.parent.iterdir()) == []


def test_a_revision_takes_only_what_the_other_does_not_use(
    hub: Any, cache: Path, run: Run, volume: Path
) -> None:
    first = fill(hub, cache, "acme/one")
    readme = hub.models_directory / "acme" / "one" / "own.bin"
    original = readme.read_bytes()
    readme.write_bytes(os.urandom(700_000))
    try:
        second = fill(hub, cache, "acme/one")
    finally:
        readme.write_bytes(original)
    assert first != second
    found = repositories(run("list"))["acme/one"]
    sizes = {one["commit"]: one for one in found["revisions"]}
    assert 900_000 <= sizes[first.name]["freesBytes"] < 910_000
    assert 700_000 <= sizes[second.name]["freesBytes"] < 710_000
    assert sizes[second.name]["refs"] == ["main"]
    done = deleted(run, volume, "delete", f"acme/one@{first.name[:10]}")
    assert 900_000 <= done["bytes"] < 1_000_000
    assert not scan_cache_dir(cache).warnings
    assert (second / "model.safetensors").read_bytes() == SAME
    # The last revision takes the whole repository with it.
    deleted(run, volume, "delete", "acme/one@main")
    assert not (cache / "models--acme--one").exists()


def test_prune_takes_broken_downloads_and_orphans(
    hub: Any, cache: Path, run: Run, volume: Path
) -> None:
    fill(hub, cache, "acme/two")
    blobs = cache / "models--acme--two" / "blobs"
    old = blobs / f"{'0' * 64}.1234.incomplete"
    busy = blobs / f"{'1' * 64}.bedrock-import.incomplete"
    orphan = blobs / ("2" * 64)
    for path in (old, busy, orphan):
        path.write_bytes(b"x" * 100_000)
        os.utime(path, (0, 0))
    store = cache / "blobs"
    orphaned_store = store / "ab" / ("ab" * 32)
    orphaned_store.parent.mkdir(parents=True)
    orphaned_store.write_bytes(b"x" * 50_000)
    os.utime(orphaned_store, (0, 0))
    locks = cache / ".locks" / "models--acme--two"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / f"{'1' * 64}.lock").open("w") as lock:
        # As a download that waits for its first bytes for longer than anybody writes nothing.
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert deleted(run, volume, "prune")["removed"] == 1
        assert [path.exists() for path in (old, busy, orphan)] == [False, True, True]
        kept = run("list")["leftovers"]
        assert [(one["id"], len(one["paths"])) for one in kept] == [("busy:models--acme--two", 2)]
        run("delete", "busy:models--acme--two", "--yes", code=2)
        assert busy.exists()
    assert deleted(run, volume, "prune")["removed"] == 2
    # Without its mark it is no store of huggingface_hub's.
    assert orphaned_store.exists()
    (store / ".huggingface-shared-blobs").write_text("1\n")
    assert is_shared_blobs_dir(store)
    assert deleted(run, volume, "prune")["removed"] == 1
    assert [path.exists() for path in (busy, orphan, orphaned_store)] == [False, False, False]
    assert run("prune", "--yes") == {"deleted": False}
    loads_offline(hub, cache, "acme/two")


def test_a_hostile_cache_leads_nowhere(hub: Any, cache: Path, run: Run, volume: Path) -> None:
    canary = volume / "canary"
    canary.mkdir()
    (canary / "song").write_text("tweet")
    two = fill(hub, cache, "acme/two")
    evil = cache / "models--acme--evil"
    snapshot = evil / "snapshots" / ("e" * 40)
    snapshot.mkdir(parents=True)
    (evil / "blobs").mkdir()
    (snapshot / "outside").symlink_to(canary / "song")
    (snapshot / "folder").symlink_to(canary)
    (snapshot / "loop").symlink_to("loop")
    (snapshot / "other").symlink_to((two / "model.safetensors").resolve())
    (snapshot / "ref").symlink_to(cache / "models--acme--two" / "refs" / "main")
    (evil / "refs").symlink_to(canary)
    (evil / "blobs" / ("3" * 64)).symlink_to(canary / "song")
    turned = cache / "models--acme--turned"
    (turned / "snapshots" / ("f" * 40)).mkdir(parents=True)
    (turned / "blobs").symlink_to(canary)
    (turned / "snapshots" / ("f" * 40) / "song").symlink_to("../../blobs/song")
    (cache / "models--..--..--canary").symlink_to(canary)
    (cache / "models--linked--repo").symlink_to(canary)
    listing = run("list")
    assert len(listing["warnings"]) >= 4
    assert set(repositories(listing)) == {"acme/two", "acme/evil", "acme/turned"}
    assert repositories(listing)["acme/turned"]["bytes"] == 0
    deleted(run, volume, "delete", "acme/turned@fffffff")
    assert not turned.exists()
    deleted(run, volume, "delete", "acme/evil")
    assert not evil.exists()
    assert (canary / "song").read_text() == "tweet"
    loads_offline(hub, cache, "acme/two")
    run("delete", "linked/repo", "--yes", code=2)
    run("delete", "../canary", "--yes", code=2)


def test_other_leftovers_go_by_their_names(run: Run, volume: Path, tmp_path: Path) -> None:
    pip = tmp_path / "home" / ".cache" / "pip"
    (pip / "http").mkdir(parents=True)
    (pip / "http" / "wheel").write_bytes(b"x" * 200_000)
    checkpoints = volume / "jl" / "work" / ".ipynb_checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "note-checkpoint.ipynb").write_bytes(b"x" * 300_000)
    (volume / "jl" / "work" / "note.ipynb").write_text("{}")
    temporary = volume / "jl" / ".tmp"
    temporary.mkdir()
    for name in ("old", "new"):
        (temporary / name).write_bytes(b"x" * 40_000)
    os.utime(temporary / "old", (0, 0))
    # A program that has run for weeks goes on writing there.
    (temporary / "running").mkdir()
    (temporary / "running" / "log").write_text("x")
    os.utime(temporary / "running", (0, 0))
    found = {leftover["id"]: leftover for leftover in run("list")["leftovers"]}
    assert set(found) == {"pip", "checkpoints", "temporary"}
    assert found["temporary"]["paths"] == [str(temporary / "old")]
    assert [found[name]["onRootDisk"] for name in ("pip", "checkpoints")] == [False, True]
    deleted(run, volume, "delete", "checkpoints", "temporary")
    assert run("delete", "pip", "--yes")["left"] == []
    assert run("list")["leftovers"] == []
    assert sorted(path.name for path in temporary.iterdir()) == ["new", "running"]
    assert pip.exists()
    assert (volume / "jl" / "work" / "note.ipynb").exists()


def test_a_cache_with_second_names_instead_of_links(
    hub: Any, cache: Path, run: Run, volume: Path
) -> None:
    for model in MODELS:
        snapshot = fill(hub, cache, model)
        # As our downloads make them where links are refused.
        for path in list(snapshot.iterdir()):
            blob = path.resolve()
            path.unlink()
            os.link(blob, path)
    # Somebody has kept one file under a name of his own: its bytes are not freed.
    mine = volume / "mine"
    os.link(cache / "models--acme--two" / "snapshots" / snapshot.name / "model.safetensors", mine)
    found = repositories(run("list"))
    assert found["acme/one"]["freesBytes"] == found["acme/one"]["bytes"] > len(SAME) + 900_000
    assert found["acme/two"]["freesBytes"] < 10_000
    deleted(run, volume, "delete", "acme/two")
    assert mine.read_bytes() == SAME
    deleted(run, volume, "delete", "acme/one@main")
    assert not list(cache.glob("models--*"))


def test_a_folder_of_the_user_is_no_cache(
    run: Run, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a variable names it."""
    work = volume / "jl"
    for name in ("thesis", "wheels", "data"):
        (work / name).mkdir()
        (work / name / "file").write_bytes(b"x" * 10_000)
    monkeypatch.setenv("PIP_CACHE_DIR", str(work))
    monkeypatch.setenv("HF_XET_CACHE", str(work))
    found = run("list")["leftovers"]
    assert [leftover["paths"] for leftover in found] == [[str(work / "wheels")]]


def test_works_where_not_one_byte_and_not_one_inode_is_left(
    hub: Any, cache: Path, run: Run, volume: Path
) -> None:
    fill(hub, cache, "acme/one")
    used = os.statvfs(volume)
    inodes = used.f_files - used.f_ffree
    subprocess.run(
        ["mount", "-o", f"remount,size=64m,nr_inodes={inodes + 3}", volume], check=True
    )
    with pytest.raises(OSError):
        for number in range(100):
            (volume / f"fill-{number}").write_bytes(b"x" * 80_000_000)
    with pytest.raises(OSError):
        for number in range(100):
            (volume / f"empty-{number}").touch()
    assert (os.statvfs(volume).f_bavail, os.statvfs(volume).f_ffree) == (0, 0)
    deleted(run, volume, "delete", "acme/one")
