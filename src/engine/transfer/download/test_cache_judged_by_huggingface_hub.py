"""huggingface_hub judges what a download leaves in its cache, and fills caches that a download reuses."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deno
import pytest
from filelock import FileLock, Timeout
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
from huggingface_hub.utils._shared_blobs import publish_blob_to_shared_store, shared_blob_path

HERE = Path(__file__).parent
MODEL = "acme/cached"
WEIGHTS = b"".join(number.to_bytes(4, "little") for number in range(10_000_000))
FILES = {
    "config.json": b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}\n',
    "model.safetensors": WEIGHTS,
    "sub/notes.txt": "schön".encode(),
    "sub/same.safetensors": WEIGHTS,
}
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
REPOSITORY = "models--acme--cached"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("program") / "download.mjs"
    subprocess.run(["node", str(HERE / "testing" / "buildProgram.mjs"), str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def hub(start_sandbox: Any) -> Any:
    with start_sandbox("--verbose", models={MODEL: FILES}) as sandbox:
        yield sandbox


@pytest.fixture
def command(program: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """The command of a download to ``tmp_path`` from the hub at an address."""

    def make(endpoint: str, write: str = "--allow-write", **job: Any) -> list[str]:
        options = ["--quiet", "--no-config", "--no-lock", "--no-prompt", write]
        options += ["--allow-net", "--allow-env", "--allow-read", "--allow-sys"]
        text = json.dumps({"endpoint": endpoint, "id": MODEL, "cacheFolder": str(tmp_path), **job})
        return [deno.find_deno_bin(), "run", *options, str(program), text]

    return make


@pytest.fixture
def download(hub: Any, command: Callable[..., list[str]]) -> Callable[..., dict[str, Any]]:
    def run(**job: Any) -> dict[str, Any]:
        words = command(hub.hub_url, **job)
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return run


def data_requests(hub: Any) -> list[str]:
    """Requests for the content of files, since the sandbox was started."""
    time.sleep(0.1)
    return [
        line for line in hub.log if line.startswith(("GET /cdn/", f"GET /{MODEL}/resolve/"))
    ]


def verify(hub: Any, cache: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "huggingface_hub.cli.hf", "cache", "verify", MODEL]
        + ["--cache-dir", str(cache), "--fail-on-missing-files", "--fail-on-extra-files"],
        env=hub.environment(),
        capture_output=True,
        text=True,
    )


def snapshot_offline(cache: Path) -> Path:
    return Path(snapshot_download(MODEL, cache_dir=cache, local_files_only=True))


def structure(cache: Path) -> dict[str, str]:
    """Every file and link of the cache, with what a link says."""
    return {
        str(path.relative_to(cache)): str(path.readlink()) if path.is_symlink() else "file"
        for path in sorted(cache.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


@pytest.mark.parametrize("limited", [False, True])
def test_it_is_found_offline_scanned_and_verified(
    hub, download, tmp_path: Path, limited: bool
) -> None:
    # Deno makes symbolic links only where it may write everywhere; else there are hard links.
    result = download(write=f"--allow-write={tmp_path}" if limited else "--allow-write")
    folder = snapshot_offline(tmp_path)
    assert str(folder) == result["folder"]
    for path, content in FILES.items():
        assert (folder / path).read_bytes() == content
        found = hf_hub_download(MODEL, path, cache_dir=tmp_path, local_files_only=True)
        assert Path(found).read_bytes() == content
    info = scan_cache_dir(tmp_path)
    assert (list(info.warnings), list(info.incomplete_files)) == ([], [])
    (repository,) = info.repos
    assert (repository.repo_id, set(repository.refs)) == (MODEL, {"main"})
    assert repository.nb_files == (4 if limited else 3)
    assert (folder / "config.json").is_symlink() is not limited
    assert (folder / "config.json").stat().st_nlink == (2 if limited else 1)
    done = verify(hub, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_what_huggingface_hub_writes_itself(hub, download, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    snapshot_download(MODEL, cache_dir=theirs, endpoint=hub.hub_url, token=False)
    download(cacheFolder=str(tmp_path / "ours"))
    assert structure(tmp_path / "ours") == structure(theirs)
    (tree,) = (tmp_path / "ours" / REPOSITORY / "trees").iterdir()
    assert tree.read_text() == (theirs / REPOSITORY / "trees" / tree.name).read_text()
    for path in (theirs / REPOSITORY / "blobs").iterdir():
        ours = tmp_path / "ours" / path.relative_to(theirs)
        assert ours.stat().st_mode == path.stat().st_mode
    tag = "CACHEDIR.TAG"
    assert (tmp_path / "ours" / tag).read_text() == (theirs / tag).read_text()


def test_what_huggingface_hub_cached_is_reused(hub, download, tmp_path: Path) -> None:
    snapshot_download(MODEL, cache_dir=tmp_path, endpoint=hub.hub_url, token=False)
    before = data_requests(hub)
    assert download()["cachedFiles"] == len(FILES)
    assert data_requests(hub) == before


def test_huggingface_hub_reuses_what_was_downloaded(hub, download, tmp_path: Path) -> None:
    download()
    before = data_requests(hub)
    snapshot_download(MODEL, cache_dir=tmp_path, endpoint=hub.hub_url, token=False)
    assert data_requests(hub) == before


def test_the_shared_store_is_followed(hub, download, tmp_path: Path) -> None:
    folder = Path(snapshot_download(MODEL, cache_dir=tmp_path, endpoint=hub.hub_url, token=False))
    blob = tmp_path / REPOSITORY / "blobs" / SHA256
    shared = "ab" * 32
    assert publish_blob_to_shared_store(
        blob_path=str(blob), xet_hash=shared, cache_dir=tmp_path, expected_size=len(WEIGHTS)
    )
    before = data_requests(hub)
    assert download()["cachedFiles"] == len(FILES)
    assert data_requests(hub) == before
    assert blob.is_symlink()

    store = shared_blob_path(tmp_path, shared)
    store.chmod(0o644)
    store.write_bytes(b"\1" + WEIGHTS[1:])
    assert verify(hub, tmp_path).returncode != 0
    download()
    done = verify(hub, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert store.read_bytes()[:1] == b"\1"
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_a_part_of_a_model_is_found_offline(download, tmp_path: Path) -> None:
    download(paths=["config.json", "sub/notes.txt"])
    folder = snapshot_offline(tmp_path)
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == {"config.json", "sub/notes.txt"}


def test_a_lock_of_huggingface_hub_is_waited_for(hub, command, tmp_path: Path) -> None:
    lock = tmp_path / ".locks" / REPOSITORY / f"{SHA256}.lock"
    lock.parent.mkdir(parents=True)
    blob = tmp_path / REPOSITORY / "blobs" / SHA256
    with FileLock(lock):
        child = subprocess.Popen(command(hub.hub_url), stdout=subprocess.PIPE, text=True)
        # The small files come meanwhile.
        notes = FILES["sub/notes.txt"]
        small = hashlib.sha1(b"blob %d\0" % len(notes) + notes).hexdigest()
        wait_for(lambda: blob.with_name(small).exists())
        time.sleep(0.5)
        assert child.poll() is None
        assert not list(blob.parent.glob(f"{SHA256}*"))
        blob.write_bytes(WEIGHTS)
        before = data_requests(hub)
    output, _ = child.communicate(timeout=60)
    assert json.loads(output)["cachedFiles"] == 2
    assert data_requests(hub) == before


def test_huggingface_hub_waits_too_and_finds_what_a_crash_left(
    start_sandbox, command, tmp_path: Path
) -> None:
    with start_sandbox("--bandwidth", "4MB", models={MODEL: FILES}) as slow:
        child = subprocess.Popen(command(slow.hub_url), stdout=subprocess.DEVNULL)
        incomplete = tmp_path / REPOSITORY / "blobs" / f"{SHA256}.bedrock-import.incomplete"
        wait_for(incomplete.exists)
        lock = FileLock(tmp_path / ".locks" / REPOSITORY / f"{SHA256}.lock")
        with pytest.raises(Timeout):
            lock.acquire(timeout=0)
        child.kill()
        child.wait()
        lock.acquire(timeout=5)
        lock.release()
    # `hf cache prune` deletes what it finds so.
    found = {file.file_path.name for file in scan_cache_dir(tmp_path).incomplete_files}
    assert incomplete.name in found


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("It did not happen within 30 seconds.")
