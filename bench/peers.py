"""Time, CPU seconds and peak memory of one copy from the hub to S3, beside the usual ways.

Starts the sandbox, copies its real model with each way in turn for a number of rounds, and prints
medians. Only the copying programs are measured, not the sandbox. Run it after the set-up:

    .venv/bin/python bench/peers.py [--rounds 3] [--tls] [--latency 30ms] [--bandwidth 60MB]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"

STREAM_WITH_BOTO3 = """
import sys, urllib.request, boto3
from huggingface_hub import HfApi, hf_hub_url
model, bucket, prefix = sys.argv[1:]
s3 = boto3.client("s3")
for entry in HfApi().list_repo_tree(model, recursive=True):
    if hasattr(entry, "size"):
        with urllib.request.urlopen(hf_hub_url(model, entry.path)) as answer:
            s3.upload_fileobj(answer, bucket, prefix + entry.path)
"""

Commands = list[list[str]]


def measure(commands: Commands, env: Mapping[str, str]) -> dict[str, float]:
    """Runs the commands one after another; memory is that of the largest process among them."""
    started = time.monotonic()
    cpu = memory = 0.0
    for command in commands:
        with tempfile.TemporaryFile() as errors:
            child = subprocess.Popen(
                command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode != 0:
                errors.seek(0)
                text = errors.read().decode(errors="replace")
                sys.exit(f"{Path(command[0]).name} ended with {child.returncode}:\n{text}")
        cpu += usage.ru_utime + usage.ru_stime
        # In bytes on macOS, in KiB elsewhere.
        memory = max(memory, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
    return {"seconds": time.monotonic() - started, "cpu": cpu, "memory": memory}


def ways(model: str, bucket: str, prefix: str, folder: str) -> dict[str, Commands]:
    target = f"s3://{bucket}/{prefix}"
    return {
        "bedrock-import copy (proof included)": [
            [str(BIN / "bedrock-import"), "copy", model, f"{target}ours/", "--json"]
        ],
        "hf download + aws s3 cp": [
            [str(BIN / "hf"), "download", model, "--local-dir", folder],
            [
                str(BIN / "aws"),
                *("s3", "cp", "--recursive", "--only-show-errors", "--exclude", ".cache/*"),
                *(folder, f"{target}disk/"),
            ],
        ],
        "boto3 upload_fileobj of the response": [
            [str(BIN / "python"), "-c", STREAM_WITH_BOTO3, model, bucket, f"{prefix}boto3/"]
        ],
    }


@contextmanager
def sandbox(options: list[str]) -> Iterator[dict[str, str]]:
    """The environment of a sandbox of its own, with nothing of the user's accounts in it."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "HF_", "HUGGING"))
    }
    child = subprocess.Popen(
        [str(BIN / "bedrock-import"), "sandbox", "--json", *options],
        stdout=subprocess.PIPE,
        text=True,
        env=clean,
    )
    try:
        line = child.stdout.readline() if child.stdout else ""
        if not line:
            sys.exit("The sandbox did not start.")
        yield {**clean, **json.loads(line)["env"]}
    finally:
        child.terminate()
        child.wait()


def run(rounds: int, env: Mapping[str, str]) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {}
    model = env["BEDROCK_IMPORT_SANDBOX_MODEL"]
    bucket = env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
            own = {**env, "HF_HOME": cache, "HF_HUB_DISABLE_XET": "1"}
            turns = list(ways(model, bucket, f"round-{number}/", folder).items())
            # Each round another way goes first, so that warm caches favour none.
            for name, commands in turns[number % 3 :] + turns[: number % 3]:
                results.setdefault(name, []).append(measure(commands, own))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--latency", help="of each answer of the sandbox, such as 30ms")
    parser.add_argument("--bandwidth", help="of each connection to the sandbox, such as 60MB")
    arguments = parser.parse_args()
    options = ["--tls"] if arguments.tls else []
    for name in ("latency", "bandwidth"):
        value = getattr(arguments, name)
        options += [] if value is None else [f"--{name}", value]
    missing = [name for name in ("bedrock-import", "hf", "aws") if not (BIN / name).exists()]
    if missing:
        sys.exit(f"Not in {BIN.relative_to(ROOT)}: {', '.join(missing)}. Run the set-up: npm run setup")
    load = os.getloadavg()[0]
    with sandbox(options) as env:
        results = run(max(1, arguments.rounds), env)
    print(
        f"median of {max(1, arguments.rounds)} rounds, {' '.join(options) or 'plain HTTP'}, "
        f"{os.cpu_count()} cores, load {load:.1f} at the start"
    )
    print(f"{'':38} {'seconds':>8} {'CPU s':>8} {'MiB':>8}")
    for name in sorted(results):
        median = {
            key: statistics.median(each[key] for each in results[name])
            for key in results[name][0]
        }
        print(
            f"{name:38} {median['seconds']:8.2f} {median['cpu']:8.2f} {median['memory'] / 2**20:8.0f}"
        )


if __name__ == "__main__":
    main()
