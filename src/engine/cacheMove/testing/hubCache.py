"""Fills, judges and reads a cache by huggingface_hub itself. Arguments: what to do, the cache, and more."""

import hashlib
import json
import sys
from pathlib import Path

from huggingface_hub import scan_cache_dir, snapshot_download
from huggingface_hub.utils._shared_blobs import publish_blob_to_shared_store


def contents(folder: str) -> dict[str, str]:
    """SHA-256 of every file, by its name."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def share(cache: Path) -> None:
    """Puts each large blob into the shared store, as downloads from Xet storage do."""
    for blob in cache.glob("models--*/blobs/*"):
        if blob.stat().st_size > 1_000_000:
            name = hashlib.sha256(b"xet" + blob.name.encode()).hexdigest()
            size = blob.stat().st_size
            publish_blob_to_shared_store(
                blob_path=str(blob), xet_hash=name, cache_dir=str(cache), expected_size=size
            )
            assert blob.is_symlink(), blob


action, cache, *models = sys.argv[1:]
if action == "fill":
    for model in models:
        snapshot_download(model, cache_dir=cache)
elif action == "share":
    share(Path(cache))
elif action == "read":
    loaded = [snapshot_download(m, cache_dir=cache, local_files_only=True) for m in models]
    report = scan_cache_dir(cache)
    print(
        json.dumps(
            {
                "files": {model: contents(path) for model, path in zip(models, loaded)},
                "repositories": sorted(repo.repo_id for repo in report.repos),
                "warnings": [str(warning) for warning in report.warnings],
            }
        )
    )
