"""Where the engine may write: its state, downloads, and the file that keeps a Studio space awake;
for the subcommands that make room on the disk also what they delete from.

The rules are the engine's own (``src/engine/environment/host.ts``), because what it may write must
be decided before it starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from jupyterlab_bedrock_import.steering import FILE_NAME, SteeringError, read_steering

METADATA_FILE = "/opt/ml/metadata/resource-metadata.json"
NOTEBOOK_INSTANCE_ROOT = "/home/ec2-user/SageMaker"
STUDIO_ROOT = "/home/sagemaker-user"

STATE_FOLDER_NAME = ".bedrock-import"
STATE_VARIABLE = "BEDROCK_IMPORT_STATE_DIR"

# The idle shutdown of Studio reads it.
LAST_ACTIVE_FILE = "/tmp/.sagemaker-last-active-timestamp"

# Options of the engine whose value is a folder that it writes in.
FOLDER_OPTIONS = ("--cache-dir",)

# Subcommands that delete, restore or move files of the user, and the options that name where.
STORAGE_COMMANDS = ("serve", "trash", "cache")
ROOT_OPTION = "--root"
MOVE_OPTION = "--to"

# Options before the subcommand that take a value.
GLOBAL_OPTIONS_WITH_VALUE = ("--region",)

# How deep other volumes are looked for under the root, and how many names: a space's EFS is linked
# at custom-file-systems/efs/fs-0123, and a folder may hold hundreds of thousands of files.
MOUNT_LEVELS = 3
MOUNT_NAMES = 5000


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


def steered_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment as ``steering.json`` makes it. A file that cannot be read changes nothing here;
    the engine says what is wrong with it."""
    home = os.path.expanduser("~")
    folders = [jupyter_root(env, home, read_metadata()), home]
    try:
        steering = read_steering(os.path.join(state_folder(env), FILE_NAME), folders)
    except SteeringError:
        return dict(env)
    unset = {name for name, value in steering.variables.items() if value is None}
    kept = {name: value for name, value in env.items() if name not in unset}
    return {**kept, **{name: value for name, value in steering.variables.items() if value}}


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


def subcommand(arguments: Sequence[str]) -> str | None:
    """The first argument that is no option and no option's value."""
    value_follows = False
    for argument in arguments:
        if not value_follows and not argument.startswith("-"):
            return argument
        value_follows = argument in GLOBAL_OPTIONS_WITH_VALUE
    return None


def folder_values(arguments: Sequence[str], names: Sequence[str]) -> list[str]:
    """Absolute paths that options name. A value that begins with a dash is the next option, which
    the engine will refuse."""
    return [
        os.path.abspath(os.path.expanduser(value))
        for value in option_values(arguments, names)
        if value and not value.startswith("-")
    ]


def mount_point(path: str) -> str:
    """The topmost folder of the file system that holds a path, as those who write the trash find it
    (``src/engine/disk/mountPoint.ts``). Raises OSError."""
    point = os.path.realpath(path)
    device = os.stat(point).st_dev
    while True:
        parent = os.path.dirname(point)
        if parent == point or os.stat(parent).st_dev != device:
            return point
        point = parent


def volumes_near(folder: str) -> list[str]:
    """The tops of the file systems that a folder and the first levels of folders and links in it lie
    on. Links are looked through, but not gone into."""
    tops: dict[str, None] = {}
    level: list[tuple[str, int | None]] = [(folder, None)]
    names = 0
    for depth in range(MOUNT_LEVELS + 1):
        below: list[tuple[str, int | None]] = []
        for path, device_above in level:
            try:
                device = os.stat(path).st_dev
                if device != device_above:
                    tops[mount_point(path)] = None
                if depth == MOUNT_LEVELS or (depth > 0 and os.path.islink(path)):
                    continue
                with os.scandir(path) as entries:
                    for entry in entries:
                        names += 1
                        if names > MOUNT_NAMES:
                            break
                        if entry.is_dir():
                            below.append((entry.path, device))
            except OSError:
                # Unreadable, gone, or a link that leads nowhere: no trash to be emptied there.
                continue
        level = below
    return list(tops)


def trash_folders(volumes: Sequence[str]) -> list[str]:
    """Trash at the top of volumes: this user's, which may be made later, and everybody's that is
    there."""
    found = []
    for top in volumes:
        names = [".Trash", *([f".Trash-{os.getuid()}"] if hasattr(os, "getuid") else [])]
        try:
            names += sorted(name for name in os.listdir(top) if name.startswith(".Trash-"))
        except OSError:
            pass
        found += [os.path.join(top, name) for name in dict.fromkeys(names)]
    return found


def storage_writes(arguments: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """What the subcommands that make room may write in beside the engine's own folders: the root,
    the home folder, and trash and cache where these lie outside of both."""
    home = os.path.expanduser("~")
    roots = folder_values(arguments, [ROOT_OPTION]) or [jupyter_root(env, home, read_metadata())]
    whole = [*roots, home]
    # The engine also names what it deletes by the path that has no links in it.
    whole += [os.path.realpath(path) for path in whole]
    data = env.get("XDG_DATA_HOME") or ""
    volumes = list(dict.fromkeys(top for path in whole for top in volumes_near(path)))
    others = [
        os.path.realpath(hub_cache_folder(env)),
        *([os.path.join(data, "Trash")] if os.path.isabs(data) else []),
        # Somebody's volume of an odd name must not stand in the way of all others.
        *(path for path in trash_folders(volumes) if "," not in path),
        *folder_values(arguments, [MOVE_OPTION]),
    ]
    whole = list(dict.fromkeys(whole))
    return [*whole, *(path for path in others if not any(_is_under(path, top) for top in whole))]


def _is_under(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def engine_writes(arguments: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """All paths under which the engine may write. One that does not exist may be made by it."""
    named = folder_values(arguments, FOLDER_OPTIONS)
    stores = storage_writes(arguments, env) if subcommand(arguments) in STORAGE_COMMANDS else []
    # Which of the two it is, the engine decides: what the user has set in a terminal wins.
    caches = [hub_cache_folder(env), hub_cache_folder(steered_environment(env))]
    paths = [state_folder(env), *caches, *named, *stores, LAST_ACTIVE_FILE]
    return list(dict.fromkeys(paths))
