"""Time, CPU seconds and peak memory of one copy from the hub to S3, beside the usual ways.

Starts the sandbox, copies its real model with each way in turn for a number of rounds, and prints
medians. Run it after the set-up: .venv/bin/python bench/peers.py [--rounds 3] [--tls]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"

STREAM_WITH_BOTO3 = """
import sys, boto3, requests
from boto3.s3.transfer import TransferConfig
from huggingface_hub import HfApi, hf_hub_url
model, bucket, prefix = sys.argv[1:]
s3 = boto3.client("s3")
for entry in HfApi().list_repo_tree(model, recursive=True):
    if not hasattr(entry, "size"):
        continue
    with requests.get(hf_hub_url(model, entry.path), stream=True) as answer:
        answer.raise_for_status()
        s3.upload_fileobj(answer.raw, bucket, prefix + entry.path)
"""


def measure(commands: list[list[str]], env: dict[str, str]) -> dict[str, float]:
    """Runs the commands one after another; memory is the largest process among them."""
    started = time.monotonic()
    cpu = memory = 0.0
    for command in commands:
        child = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            sys.exit(f"{command[0]} ended with {child.returncode}:\n{errors.decode()}")
        cpu += usage.ru_utime + usage.ru_stime
        memory = max(memory, usage.ru_maxrss * 1024)
    return {"seconds": time.monotonic() - started, "cpu": cpu, "memory": memory}


def ways(model: str, bucket: str, prefix: str, folder: str) -> dict[str, list[list[str]]]:
    target = f"s3://{bucket}/{prefix}"
    return {
        "bedrock-import copy": [
            [str(BIN / "bedrock-import"), "copy", model, f"{target}ours/", "--json"]
        ],
        "hf download + aws s3 cp": [
            [str(BIN / "hf"), "download", model, "--local-dir", folder],
            [str(BIN / "aws"), "s3", "cp", "--recursive", folder, f"{target}disk/"],
        ],
        "boto3 upload_fileobj of the response": [
            [str(BIN / "python"), "-c", STREAM_WITH_BOTO3, model, bucket, f"{prefix}boto3/"]
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tls", action="store_true")
    arguments = parser.parse_args()
    sandbox = subprocess.Popen(
        [str(BIN / "bedrock-import"), "sandbox", "--json", *(["--tls"] if arguments.tls else [])],
        stdout=subprocess.PIPE,
        text=True,
    )
    results: dict[str, list[dict[str, float]]] = {}
    try:
        env = {
            **os.environ,
            **json.loads(sandbox.stdout.readline())["env"],
            "HF_HUB_DISABLE_XET": "1",
        }
        model = env["BEDROCK_IMPORT_SANDBOX_MODEL"]
        bucket = env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
        for number in range(arguments.rounds):
            folder = tempfile.mkdtemp()
            for name, commands in ways(model, bucket, f"round-{number}/", folder).items():
                results.setdefault(name, []).append(measure(commands, env))
            shutil.rmtree(folder)
    finally:
        sandbox.terminate()
        sandbox.wait()
    print(f"median of {arguments.rounds} rounds, {'TLS' if arguments.tls else 'plain HTTP'}")
    print(f"{'':38} {'seconds':>8} {'CPU s':>8} {'MiB':>8}")
    for name, rounds in results.items():
        median = {key: statistics.median(run[key] for run in rounds) for key in rounds[0]}
        print(
            f"{name:38} {median['seconds']:8.2f} {median['cpu']:8.2f} "
            f"{median['memory'] / 2**20:8.0f}"
        )


if __name__ == "__main__":
    main()
