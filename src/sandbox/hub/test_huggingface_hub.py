"""The unmodified Python client against the sandbox's hub."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile, RepoFolder

TINY = "acme/tiny"


def sha256(path: Path | str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@pytest.fixture
def api(sandbox) -> HfApi:
    return HfApi(endpoint=sandbox.hub_url, token=False)


@pytest.fixture
def weights(sandbox) -> Path:
    return sandbox.models_directory / TINY / "model.safetensors"


def test_model_info(api: HfApi, weights: Path) -> None:
    info = api.model_info(TINY, files_metadata=True)
    assert (info.id, info.gated, info.private) == (TINY, False, False)
    assert info.card_data.license == "apache-2.0"
    assert info.pipeline_tag == "text-generation"
    file = next(file for file in info.siblings if file.rfilename == "model.safetensors")
    assert file.size == weights.stat().st_size
    assert file.lfs.sha256 == sha256(weights)


def test_model_info_of_a_commit_and_with_expand(api: HfApi) -> None:
    sha = api.model_info(TINY).sha
    assert len(sha) == 40
    info = api.model_info(TINY, revision=sha, expand=["sha", "gated"])
    assert (info.sha, info.gated, info.siblings) == (sha, False, None)


def test_list_repo_tree(api: HfApi, weights: Path) -> None:
    entries = {entry.path: entry for entry in api.list_repo_tree(TINY, recursive=True)}
    assert isinstance(entries["nested"], RepoFolder)
    assert isinstance(entries["nested/notes.txt"], RepoFile)
    assert entries["model.safetensors"].lfs.sha256 == sha256(weights)
    config = (weights.parent / "config.json").read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(config) + config).hexdigest()
    assert (entries["config.json"].blob_id, entries["config.json"].lfs) == (blob, None)


def test_other_questions(api: HfApi) -> None:
    (config, folder) = api.get_paths_info(TINY, ["config.json", "nested", "none"], expand=True)
    assert (config.path, folder.path) == ("config.json", "nested")
    assert config.last_commit.oid == api.model_info(TINY).sha
    refs = api.list_repo_refs(TINY)
    assert [branch.name for branch in refs.branches] == ["main"]
    assert [commit.commit_id for commit in api.list_repo_commits(TINY)] == [
        refs.branches[0].target_commit
    ]
    # Who may not see a model does not find it.
    assert {model.id for model in api.list_models(search="acme")} == {TINY, "acme/gated"}
    assert api.file_exists(TINY, "config.json") and not api.file_exists(TINY, "none")
    assert api.revision_exists(TINY, "main") and not api.revision_exists(TINY, "v9")
    assert api.whoami(token="hf_anybody")["name"] == "sandbox-user"


def test_snapshot_download(sandbox, tmp_path: Path) -> None:
    def download() -> Path:
        return Path(
            snapshot_download(TINY, endpoint=sandbox.hub_url, cache_dir=tmp_path, token=False)
        )

    folder = download()
    source = sandbox.models_directory / TINY
    files = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 4
    for path in files:
        assert sha256(folder / path) == sha256(source / path)
    assert download() == folder


def test_file_metadata(api: HfApi, sandbox, weights: Path) -> None:
    metadata = api.get_hf_file_metadata(
        url=f"{sandbox.hub_url}/{TINY}/resolve/main/model.safetensors"
    )
    assert metadata.etag == sha256(weights)
    assert metadata.size == weights.stat().st_size
    assert metadata.commit_hash == api.model_info(TINY).sha


def test_download_goes_on_where_it_broke(start_sandbox, weights: Path, tmp_path: Path) -> None:
    # The client keeps only whole pieces of 10 MB of what it got.
    content = weights.read_bytes() * 4
    models = {TINY: {"model.safetensors": content}}
    faults = ("--fault", "hub-reset=0.6", "--seed", "6", "--verbose")
    with start_sandbox(*faults, models=models) as sandbox:
        path = hf_hub_download(
            TINY, "model.safetensors", endpoint=sandbox.hub_url, cache_dir=tmp_path, token=False
        )
        assert sha256(path) == hashlib.sha256(content).hexdigest()
        answers = [line.split()[2] for line in sandbox.log if line.startswith("GET /cdn/")]
        # The first answer broke; what followed were answers to Range requests.
        assert answers[0] == "200" and set(answers[1:]) == {"206"}


@pytest.mark.parametrize(
    ("repository", "token", "revision", "file", "error"),
    [
        ("acme/gated", False, "main", "config.json", GatedRepoError),
        ("acme/gated", "hf_stranger", "main", "config.json", GatedRepoError),
        ("acme/secret", False, "main", "config.json", RepositoryNotFoundError),
        ("acme/secret", "hf_stranger", "main", "config.json", RepositoryNotFoundError),
        ("acme/none", False, "main", "config.json", RepositoryNotFoundError),
        (TINY, False, "v9", "config.json", RevisionNotFoundError),
        (TINY, False, "main", "none.json", EntryNotFoundError),
    ],
)
def test_refusals(sandbox, tmp_path, repository, token, revision, file, error) -> None:
    with pytest.raises(error) as raised:
        hf_hub_download(
            repository,
            file,
            revision=revision,
            endpoint=sandbox.hub_url,
            cache_dir=tmp_path,
            token=token,
        )
    # A gated repository is also a repository error: the class itself has to be right.
    assert isinstance(raised.value, GatedRepoError) == (error is GatedRepoError)


def test_refusals_of_the_api(api: HfApi) -> None:
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("acme/none")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(TINY, revision="v9")
    with pytest.raises(GatedRepoError):
        api.auth_check("acme/gated")
    with pytest.raises(HfHubHTTPError, match="Invalid credentials in Authorization header"):
        api.model_info(TINY, token="hf_invalid")


@pytest.mark.parametrize("repository", ["acme/gated", "acme/secret"])
def test_a_friend_is_let_in(sandbox, tmp_path: Path, repository: str) -> None:
    path = hf_hub_download(
        repository,
        "config.json",
        endpoint=sandbox.hub_url,
        cache_dir=tmp_path,
        token="hf_friend",
    )
    assert json.loads(Path(path).read_text())["model_type"] == "llama"


@pytest.mark.parametrize("arguments", [[], ["--tls"]])
def test_the_printed_environment_is_all_that_is_needed(
    start_sandbox, tmp_path: Path, weights: Path, arguments: list[str]
) -> None:
    models = {TINY: {"model.safetensors": weights.read_bytes()}}
    with start_sandbox(*arguments, models=models) as sandbox:
        program = f"import huggingface_hub as h; print(h.hf_hub_download('{TINY}', 'model.safetensors'))"
        result = subprocess.run(
            [sys.executable, "-c", program],
            env={**sandbox.environment(), "HF_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert sha256(result.stdout.strip()) == sha256(weights)
