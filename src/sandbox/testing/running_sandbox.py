"""A sandbox as a child process, for tests in Python."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

START_SECONDS = 30
STOP_SECONDS = 5


def without_clients(environment: Mapping[str, str]) -> dict[str, str]:
    """Leaves out what would point clients, or the sandbox, elsewhere."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(("AWS_", "HF_ENDPOINT", "HF_TOKEN"))
    }


@contextmanager
def running_sandbox(command: Sequence[str], log: list[str]) -> Iterator[dict[str, str]]:
    """
    The variables that lead a client to it.

    ``command`` starts it without ``--json`` and ``--stop-with-stdin``. What it writes to standard error
    is added to ``log``, line by line.
    """
    child = subprocess.Popen(
        [*command, "--json", "--stop-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=without_clients(os.environ),
    )
    assert child.stdout is not None and child.stderr is not None
    reader = threading.Thread(target=log.extend, args=(child.stderr,), daemon=True)
    reader.start()
    timer = threading.Timer(START_SECONDS, child.kill)
    timer.start()
    try:
        line = child.stdout.readline()
        timer.cancel()
        if not line:
            child.wait()
            reader.join()
            raise AssertionError("The sandbox did not get ready:\n" + "".join(log))
        yield json.loads(line)["env"]
    finally:
        timer.cancel()
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
