"""The command ``bedrock-import``: starts the engine (or the sandbox) in Deno, and nothing more.

Arguments, output and exit codes are the engine's. On POSIX this process becomes Deno, so that
Ctrl-C and exit codes need no relaying.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from jupyterlab_bedrock_import.engine_folders import (
    STATE_VARIABLE,
    engine_writes,
    option_values,
    state_folder,
)
from jupyterlab_bedrock_import.mounts import UNNAMEABLE_MOUNTS, has_unnameable_mounts

BUNDLES = Path(__file__).parent / "bundle"

# The engine reads files, environment and the network, and writes in its own folders only, or where
# it is asked to make room; it may not run or load anything.
# --no-remote and --no-npm: the bundle holds all its code, nothing is fetched when it runs.
BASE_FLAGS = (
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--allow-env",
    "--allow-read",
    "--allow-sys",
)

# The machines that this runs on have little memory and few processors to spare. V8 otherwise lets
# its heap grow to a multiple of what is in use while many requests come and go, and collects it with
# helper threads, which costs more processor time than it saves: the heap is small, because the bytes
# of files are not on it, and so is the price of collecting it more often.
SMALL_HEAP = (
    "--v8-flags=--max-semi-space-size=2,--single-threaded-gc,--heap-growing-percent=25"
)

# The sandbox is reachable from this machine only.
LOOPBACK = "127.0.0.1,localhost,[::1]"

# In the order of the tools' own precedence: what the user set for AWS comes first, then what is
# set for Python, for OpenSSL and for Node.
CERTIFICATE_VARIABLES = (
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
)


class LaunchError(Exception):
    """The engine could not be started; the message is one line for the user."""


def cache_folder(env: Mapping[str, str]) -> Path:
    """The folder for what can be made again, after the XDG Base Directory Specification."""
    base = env.get("XDG_CACHE_HOME") or ""
    # The specification: a relative path there is invalid and is to be ignored.
    root = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    return root / "jupyterlab-bedrock-import"


def is_writable(folder: Path) -> bool:
    """Whether a file can be written there now, which permissions alone do not say: a full disk
    is just what this product has to work on."""
    probe = folder / f"probe-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"\0" * 4096)
    except OSError:
        return False
    finally:
        try:
            probe.unlink(missing_ok=True)
        except OSError:
            pass
    return True


def deno_folder(env: Mapping[str, str]) -> Path:
    """Where Deno keeps its compiled code. Deno also runs, somewhat slower, when it cannot write
    there, so the last choice needs no check."""
    folder = cache_folder(env) / "deno"
    if is_writable(folder):
        return folder
    # With the user's id, because the temporary folder is shared.
    owner = os.getuid() if hasattr(os, "getuid") else os.getpid()
    return Path(tempfile.gettempdir()) / f"jupyterlab-bedrock-import-{owner}" / "deno"


def deno_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for Deno: what the user set stays as it is, the rest is filled in."""
    result = dict(env)
    result.setdefault("DENO_NO_UPDATE_CHECK", "1")
    # Deno trusts Mozilla's list only; a company's authority is in the system's list.
    result.setdefault("DENO_TLS_CA_STORE", "mozilla,system")
    if not result.get("DENO_CERT"):
        # Deno knows none of the names under which the other tools are given an extra authority.
        # A folder (REQUESTS_CA_BUNDLE may be one) or a missing file would break every connection.
        for name in CERTIFICATE_VARIABLES:
            file = result.get(name)
            if file and os.path.isfile(file):
                result["DENO_CERT"] = file
                break
    if not result.get("DENO_DIR"):
        result["DENO_DIR"] = str(deno_folder(env))
    return result


def engine_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for Deno with the engine in it."""
    result = deno_environment(env)
    # The engine must choose the same folder that it is allowed to write in.
    result[STATE_VARIABLE] = state_folder(result)
    if has_unnameable_mounts():
        result[UNNAMEABLE_MOUNTS] = "1"
    return result


def command_line(*arguments: str) -> list[str]:
    """Starts this command as a program of its own. `-m jupyterlab_bedrock_import` would look for modules
    in the current folder first: a random.py among the user's notebooks would be taken for Python's."""
    return [sys.executable, str(Path(__file__).with_name("__main__.py")), *arguments]


def find_deno() -> str:
    """The Deno of this Python environment, from the package ``deno``."""
    try:
        from deno import find_deno_bin

        return find_deno_bin()
    except (ImportError, FileNotFoundError):
        raise LaunchError(
            "Deno is missing from this Python environment. Install it again: "
            "pip install --force-reinstall jupyterlab-bedrock-import"
        ) from None


def check_deno_starts(deno: str, env: Mapping[str, str]) -> None:
    """Tries Deno once per installed binary: after ``exec`` nobody is left to explain the loader's
    message on a system with an old C library."""
    stat = os.stat(deno)
    identity = f"{deno} {stat.st_size} {stat.st_mtime_ns}"
    marker = Path(env["DENO_DIR"]) / "deno-starts"
    try:
        if marker.read_text() == identity:
            return
    except OSError:
        pass

    import subprocess

    try:
        trial = subprocess.run(
            [deno, "--version"],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
        reason = None
        if trial.returncode != 0:
            lines = trial.stderr.strip().splitlines()
            reason = lines[0] if lines else f"it ended with code {trial.returncode}"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason is not None:
        raise LaunchError(
            f"Deno does not start on this system: {reason} "
            "(on Linux it needs the GNU C library 2.27 or newer and a folder that may run "
            f"programs; it is {deno})"
        )
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(identity)
    except OSError:
        pass


def option_value(arguments: Sequence[str], name: str) -> str | None:
    """The value of ``--name value`` or ``--name=value``; the last one counts."""
    values = option_values(arguments, [name])
    return values[-1] if values else None


def prepare_models(env: Mapping[str, str]) -> Path:
    """The folder with the sandbox's own model, which is made there the first time."""
    from jupyterlab_bedrock_import.sandbox_model import (
        MODEL_ID,
        SandboxModelError,
        prepare_sandbox_model,
    )

    folder = cache_folder(env) / "models"
    if not (folder / MODEL_ID).exists():
        print(f"Making the sandbox's model {MODEL_ID}, once, in {folder} …", file=sys.stderr)
    try:
        prepare_sandbox_model(folder)
    except SandboxModelError as error:
        raise LaunchError(f"{error} (or serve models of yours: --models FOLDER)") from None
    except OSError as error:
        raise LaunchError(
            f"The sandbox's model cannot be made in {folder}: {error.strerror or error}. "
            "Set XDG_CACHE_HOME to another folder, or serve models of yours: --models FOLDER"
        ) from None
    return folder


def allow_write(paths: Sequence[str]) -> str:
    """Deno's option for writing under these paths and nowhere else."""
    for path in paths:
        # Deno splits the list at commas and knows no way to escape one.
        if "," in path:
            raise LaunchError(
                f"{path} has a comma in its name, which Deno cannot be given. Choose another "
                f"folder: {STATE_VARIABLE} sets the one of jobs, HF_HUB_CACHE that of downloads, "
                "--root that of trash."
            )
    return f"--allow-write={','.join(paths)}"


def sandbox_writes(arguments: Sequence[str]) -> list[str]:
    """The folders in which the sandbox may write."""
    data = option_value(arguments, "--data")
    return [tempfile.gettempdir(), *([os.path.abspath(data)] if data else [])]


def sandbox_command(deno: str, arguments: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The command line that starts the sandbox, with its model made ready."""
    arguments = list(arguments)
    asks_only = any(argument in ("-h", "--help") for argument in arguments)
    if not asks_only and option_value(arguments, "--models") is None:
        arguments = ["--models", str(prepare_models(env)), *arguments]
    return [
        deno,
        *BASE_FLAGS,
        f"--allow-net={LOOPBACK}",
        allow_write(sandbox_writes(arguments)),
        str(BUNDLES / "sandbox.js"),
        *arguments,
    ]


def engine_command(deno: str, arguments: Sequence[str], env: Mapping[str, str]) -> list[str]:
    """The command line that starts the engine."""
    return [
        deno,
        *BASE_FLAGS,
        SMALL_HEAP,
        "--allow-net",
        allow_write(engine_writes(arguments, env)),
        str(BUNDLES / "engine.js"),
        *arguments,
    ]


def check_bundle(command: Sequence[str]) -> None:
    """A checkout that was never built has no bundles."""
    bundle = next(part for part in command if part.startswith(str(BUNDLES)))
    if not os.path.isfile(bundle):
        raise LaunchError(f"{bundle} is missing. In a checkout, build it with: npm run build")


def become(command: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Goes on as Deno; on Windows, where a process cannot, runs it and passes its code on."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(command[0], list(command), dict(env))
    import signal
    import subprocess

    # Ctrl-C reaches Deno through the console as well; it decides what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(subprocess.run(list(command), env=dict(env)).returncode)


def print_version() -> None:
    from importlib.metadata import version

    print(f"bedrock-import {version('jupyterlab-bedrock-import')} (Deno {version('deno')})")


def run(arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Starts what the arguments ask for. Raises LaunchError when it cannot be started."""
    deno = find_deno()
    is_sandbox = bool(arguments) and arguments[0] == "sandbox"
    env = deno_environment(environ) if is_sandbox else engine_environment(environ)
    check_deno_starts(deno, env)
    if is_sandbox:
        # The sandbox must choose the same temporary folder that it is allowed to write in.
        env["TMPDIR"] = tempfile.gettempdir()
        command = sandbox_command(deno, arguments[1:], env)
    else:
        command = engine_command(deno, arguments, env)
    check_bundle(command)
    become(command, env)


def main() -> NoReturn:
    """Entry point of the console script."""
    arguments = sys.argv[1:]
    try:
        if arguments in (["--version"], ["-V"]):
            print_version()
            sys.exit(0)
        run(arguments, os.environ)
    except LaunchError as error:
        print(f"bedrock-import: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"bedrock-import: Deno cannot be started: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
