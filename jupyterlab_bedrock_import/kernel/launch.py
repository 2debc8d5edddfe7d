"""How Deno is started for a notebook: what it may do, and where it finds its modules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from jupyterlab_bedrock_import.command import (
    BUNDLES,
    LaunchError,
    allow_write,
    check_bundle,
    check_deno_starts,
    engine_environment,
    find_deno,
)
from jupyterlab_bedrock_import.engine_folders import engine_writes

# What cells may do beside what the engine may: `all`, or some of Deno's permissions.
ALLOW_VARIABLE = "BEDROCK_IMPORT_KERNEL_ALLOW"
PERMISSIONS = ("read", "write", "net", "env", "sys", "run", "ffi", "import")

# Read by src/kernel/main.ts, and taken away before a cell runs.
SETTINGS_VARIABLE = "BEDROCK_IMPORT_KERNEL"

# Cells may import packages (npm:, jsr:, https:), which the engine may not; nothing is written beside
# the notebook: no lock file, no node_modules, and no deno.json above it changes what cells do.
FLAGS = (
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--node-modules-dir=none",
    "--allow-env",
    "--allow-read",
    "--allow-sys",
    "--allow-net",
    "--allow-import",
)

# Notebooks use what the engine's own pages use.
AS_SUBCOMMAND = ("serve",)


def module_files() -> dict[str, str]:
    """Modules that cells import by their names, and where they are."""
    return {"bedrock-import": (BUNDLES / "notebook.js").as_uri()}


def widened(value: str) -> list[str]:
    """Options for what a user allows cells beside the usual. Raises LaunchError."""
    names = [name for name in re.split(r"[\s,]+", value.strip().lower()) if name]
    if names == ["all"]:
        return ["--allow-all"]
    unknown = [name for name in names if name not in PERMISSIONS]
    if unknown:
        raise LaunchError(
            f"{ALLOW_VARIABLE} has {', '.join(unknown)}; it takes 'all', or some of "
            f"{', '.join(PERMISSIONS)}."
        )
    return [f"--allow-{name}" for name in names]


def kernel_environment(env: Mapping[str, str], mark: str) -> dict[str, str]:
    """The environment for the process that runs cells."""
    result = engine_environment(env)
    result[SETTINGS_VARIABLE] = json.dumps({"mark": mark, "modules": module_files()})
    # Colours are for the notebook, which shows them; Deno looks whether there is a terminal.
    result.setdefault("FORCE_COLOR", "1")
    return result


def kernel_command(deno: str, env: Mapping[str, str]) -> list[str]:
    """The command line of the process that runs cells. Raises LaunchError."""
    more = widened(env.get(ALLOW_VARIABLE) or "")
    # Deno refuses a general permission beside a particular one of the same kind.
    everything = any(option in more for option in ("--allow-all", "--allow-write"))
    write = [] if everything else [allow_write(engine_writes(AS_SUBCOMMAND, env))]
    flags = [flag for flag in FLAGS if not ("--allow-all" in more and flag.startswith("--allow-"))]
    extra = [option for option in more if option not in flags]
    return [deno, *flags, *extra, *write, str(BUNDLES / "kernel.js")]


def prepare_launch(env: Mapping[str, str], mark: str) -> tuple[Sequence[str], dict[str, str]]:
    """Command and environment. Raises LaunchError with one line for the user."""
    deno = find_deno()
    environment = kernel_environment(env, mark)
    check_deno_starts(deno, environment)
    command = kernel_command(deno, environment)
    check_bundle(command)
    return command, environment
