"""Where the engine may write: its state, downloads, and the file that keeps a Studio space awake.

The rules are the engine's own (``src/engine/environment/host.ts``), because what it may write must
be decided before it starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

METADATA_FILE = "/opt/ml/metadata/resource-metadata.json"
NOTEBOOK_INSTANCE_ROOT = "/home/ec2-user/SageMaker"
STUDIO_ROOT = "/home/sagemaker-user"

STATE_FOLDER_NAME = ".bedrock-import"
STATE_VARIABLE = "BEDROCK_IMPORT_STATE_DIR"

# The idle shutdown of Studio reads it.
LAST_ACTIVE_FILE = "/tmp/.sagemaker-last-active-timestamp"

# Options of the engine whose value is a folder that it writes in.
FOLDER_OPTIONS = ("--cache-dir",)


def read_metadata(file: str = METADATA_FILE) -> dict[str, object]:
    """What SageMaker says of this machine; empty elsewhere."""
    try:
        value = json.loads(Path(file).read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def jupyter_root(env: Mapping[str, str], home: str, metadata: Mapping[str, object]) -> str:
    """The folder that JupyterLab's file browser shows, as the engine finds it."""
    arn = str(metadata.get("ResourceArn") or "")
    additional = metadata.get("AdditionalMetadata")
    unified = env.get("SERVICE_NAME") == "SageMakerUnifiedStudio" or (
        isinstance(additional, dict) and "DataZoneDomainId" in additional
    )
    on_instance = ":notebook-instance/" in arn and not unified
    in_space = unified or (
        not on_instance
        and bool(
            env.get("SAGEMAKER_APP_TYPE")
            or env.get("SAGEMAKER_INTERNAL_IMAGE_URI")
            or metadata.get("AppType")
            or metadata.get("SpaceName")
            or ":app/" in arn
            or ":space/" in arn
        )
    )
    if in_space:
        candidate = STUDIO_ROOT
    elif on_instance or (home == "/home/ec2-user" and os.path.isdir(NOTEBOOK_INSTANCE_ROOT)):
        candidate = NOTEBOOK_INSTANCE_ROOT
    else:
        candidate = env.get("JUPYTER_SERVER_ROOT") or ""
    return candidate if os.path.isabs(candidate) and os.path.isdir(candidate) else home


def state_folder(env: Mapping[str, str]) -> str:
    """The folder of the engine's jobs; one that the user set wins."""
    own = env.get(STATE_VARIABLE) or ""
    if os.path.isabs(own):
        return os.path.normpath(own)
    home = os.path.expanduser("~")
    return os.path.join(jupyter_root(env, home, read_metadata()), STATE_FOLDER_NAME)


def hub_cache_folder(env: Mapping[str, str]) -> str:
    """The Hugging Face cache, by the rules of huggingface_hub."""
    own = env.get("HF_HUB_CACHE") or env.get("HUGGINGFACE_HUB_CACHE")
    if not own:
        base = env.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
        own = os.path.join(env.get("HF_HOME") or os.path.join(base, "huggingface"), "hub")
    return os.path.abspath(os.path.expandvars(os.path.expanduser(own)))


def option_values(arguments: Sequence[str], names: Sequence[str]) -> list[str]:
    """Every value of ``--name value`` and ``--name=value``."""
    values = []
    for position, argument in enumerate(arguments):
        if argument == "--":
            break
        name, equals, value = argument.partition("=")
        if name in names:
            values += [value] if equals else arguments[position + 1 : position + 2]
    return values


def engine_writes(arguments: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """All paths under which the engine may write. One that does not exist may be made by it."""
    # A value that begins with a dash is the next option, which the engine will refuse.
    named = [
        os.path.abspath(os.path.expanduser(value))
        for value in option_values(arguments, FOLDER_OPTIONS)
        if value and not value.startswith("-")
    ]
    paths = [state_folder(env), hub_cache_folder(env), *named, LAST_ACTIVE_FILE]
    return list(dict.fromkeys(paths))
