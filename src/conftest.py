"""Starts the bundled sandbox, and runs the bundled command, for the Python tests beside their folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import deno
import pytest
from botocore.client import BaseClient
from botocore.config import Config

from src.sandbox.testing.running_sandbox import running_sandbox, without_clients

# Read by huggingface_hub when it is imported: the sandbox has no Xet storage.
os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

ROOT = Path(__file__).resolve().parents[1]
BUNDLE = ROOT / "jupyterlab_bedrock_import" / "bundle" / "sandbox.js"

#: Files by path, of models by ``org/name``.
Models = Mapping[str, Mapping[str, bytes]]


@dataclass
class Sandbox:
    """A running sandbox."""

    #: What a client's environment must hold.
    env: dict[str, str]
    models_directory: Path
    data_directory: Path
    #: Lines that it has written to standard error so far.
    log: list[str] = field(default_factory=list)

    @property
    def hub_url(self) -> str:
        return self.env["HF_ENDPOINT"]

    @property
    def aws_url(self) -> str:
        return self.env["AWS_ENDPOINT_URL"]

    def client(self, service: str, **changes: Any) -> BaseClient:
        """A client of boto3 that tries once, so that every refusal is seen."""
        once = Config(retries={"mode": "standard", "total_max_attempts": 1})
        options = {
            "endpoint_url": self.aws_url,
            "region_name": self.env["AWS_REGION"],
            "aws_access_key_id": self.env["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.env["AWS_SECRET_ACCESS_KEY"],
            "verify": self.env.get("AWS_CA_BUNDLE"),
            **changes,
            "config": once.merge(changes.get("config") or Config()),
        }
        return boto3.client(service, **options)

    def environment(self) -> dict[str, str]:
        """The environment of this process with the sandbox's over it, for a child process."""
        return {**without_clients(os.environ), **self.env}


StartSandbox = Callable[..., AbstractContextManager[Sandbox]]


@pytest.fixture(scope="session")
def sandbox_bundle() -> Path:
    subprocess.run(["node", "scripts/bundle.mjs", "sandbox"], cwd=ROOT, check=True)
    return BUNDLE


@pytest.fixture(scope="session")
def start_sandbox(
    sandbox_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> StartSandbox:
    """``with start_sandbox("--tls", models={"org/name": {"config.json": b"{}"}}) as sandbox:``"""

    @contextmanager
    def start(
        *arguments: str, models: Models | None = None, models_directory: Path | None = None
    ) -> Iterator[Sandbox]:
        folder = tmp_path_factory.mktemp("sandbox")
        models_folder = models_directory or folder / "models"
        models_folder.mkdir(exist_ok=True)
        for model, files in (models or {}).items():
            for path, content in files.items():
                file = models_folder / model / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
        program = os.environ.get("BEDROCK_IMPORT_DENO") or deno.find_deno_bin()
        command = [program, "run", "--no-config", "--no-lock", "--no-prompt", "--allow-all"]
        command += [str(sandbox_bundle), "--models", str(models_folder)]
        command += ["--data", str(folder / "data"), *arguments]
        log: list[str] = []
        with running_sandbox(command, log) as env:
            yield Sandbox(env, models_folder, folder / "data", log)

    return start


@pytest.fixture(scope="session")
def sandbox(start_sandbox: StartSandbox) -> Iterator[Sandbox]:
    """One sandbox for all tests that need nothing special of it; nothing takes long in it."""
    quick = ("--fault", "import-seconds=0.2", "--fault", "model-not-ready=0.2")
    with start_sandbox(*quick, models=MODELS) as running:
        yield running


@pytest.fixture(scope="session")
def bedrock_import(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """``bedrock_import(sandbox, "copy", …)``: the installed command with ``--json``, its document."""
    subprocess.run(["node", "scripts/bundle.mjs", "engine"], cwd=ROOT, check=True)

    def run(sandbox: Sandbox, *arguments: str, **environment: str) -> dict[str, Any]:
        home = tmp_path_factory.mktemp("home")
        ran = subprocess.run(
            [sys.executable, "-m", "jupyterlab_bedrock_import", *arguments, "--json"],
            env={**sandbox.environment(), "HOME": str(home), **environment},
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr + ran.stdout
        document = json.loads(ran.stdout)
        assert isinstance(document, dict)
        return document

    return run


_CONFIG = b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}\n'
MODELS: Models = {
    "acme/tiny": {
        "config.json": _CONFIG,
        "README.md": b"---\nlicense: apache-2.0\npipeline_tag: text-generation\n---\n# Tiny\n",
        "nested/notes.txt": "schön".encode(),
        # No pattern, so that a piece in the wrong place changes the hash.
        "model.safetensors": b"".join(i.to_bytes(4, "little") for i in range(3_000_000)),
    },
    "acme/gated": {
        "config.json": _CONFIG,
        ".sandbox.json": b'{"gated": "manual", "tokens": ["hf_friend"]}',
    },
    "acme/secret": {
        "config.json": _CONFIG,
        ".sandbox.json": b'{"private": true, "tokens": ["hf_friend"]}',
    },
}
