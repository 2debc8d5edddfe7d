"""What ``steering.json`` says: where caches and temporary files go. The engine writes the file
(``src/engine/steering``); here it is read, and believed in nothing but a few variables.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE_NAME = "steering.json"
FILE_VERSION = 1
MAX_FILE_BYTES = 64 * 1024

# A file that somebody else has written must not set PATH or LD_PRELOAD.
SETTABLE = (
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_XET_CACHE",
    "HF_ASSETS_CACHE",
    "HF_TOKEN_PATH",
    "TMPDIR",
)
# Old names, which win over the new ones in some tools.
UNSETTABLE = ("TRANSFORMERS_CACHE", "HUGGINGFACE_HUB_CACHE")
KNOWN = SETTABLE + UNSETTABLE


class SteeringError(Exception):
    """The file is there and is not followed; says why, without what the file holds."""


@dataclass(frozen=True)
class Steering:
    """What a process is to be started with."""

    variables: Mapping[str, str | None]
    """By name; None: not set."""
    ignored: tuple[str, ...] = field(default=())
    """Why parts of the file are not followed, a sentence each."""


NOTHING = Steering({})


def read_steering(file: str | os.PathLike[str], folders: Iterable[str]) -> Steering:
    """What the file says; ``NOTHING`` when there is none. Values count only when they lie in one of
    these folders. Raises SteeringError."""
    path = Path(file)
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return NOTHING
    except OSError as error:
        raise SteeringError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(content) > MAX_FILE_BYTES:
        raise SteeringError(f"{path} is longer than anything that the engine writes")
    try:
        value: object = json.loads(content.decode("utf-8"))
    # Arrays in arrays in arrays: the parser has a depth, which is no ValueError.
    except (ValueError, RecursionError):
        raise SteeringError(f"{path} is not JSON") from None
    if not isinstance(value, dict):
        raise SteeringError(f"{path} is not a JSON object")
    if value.get("version") != FILE_VERSION:
        raise SteeringError(f"{path} is of another version of this package")
    to_set, to_unset = value.get("set"), value.get("unset")
    if not isinstance(to_set, dict) or not isinstance(to_unset, list):
        raise SteeringError(f"{path} does not say what is to be set")
    allowed = [*folders]
    variables: dict[str, str | None] = {}
    ignored: list[str] = []
    for name, folder in to_set.items():
        if name not in SETTABLE:
            ignored.append(f"{path} may not set {name[:100]!r}.")
        elif not _is_in(folder, allowed):
            ignored.append(f"{path} names a folder for {name} that is not under root or home.")
        elif name != "HF_TOKEN_PATH" or os.path.isfile(folder):
            # Where the machine has forgotten the old login, a new one is to last.
            variables[name] = folder
    for name in to_unset:
        if name in UNSETTABLE:
            variables[name] = None
        else:
            ignored.append(f"{path} may not unset {str(name)[:100]!r}.")
    return Steering(variables, tuple(ignored))


def _is_in(value: object, folders: Iterable[str]) -> bool:
    return (
        isinstance(value, str)
        and os.path.isabs(value)
        and os.path.normpath(value) == value
        # An environment cannot hold it, and no shell should have to.
        and not any(ord(character) < 32 for character in value)
        and any(value.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
    )
