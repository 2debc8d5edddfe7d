"""Measures the kernel beside Deno's own, and each notebook, and prints the figures.

Usage: npm run bench:kernel [-- --rounds N --cells N --no-notebooks]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from deno import find_deno_bin
from jupyter_client.manager import start_new_kernel

from jupyterlab_bedrock_import.kernel.tests.outputs_harness import (
    count,
    run_cells,
    source,
    stock_kernel,
)

OURS = "bedrock-import-deno"
IDLE_SECONDS = 5
ROOT = Path(__file__).resolve().parents[2]


def spread(values: list[float], unit: str, digits: int) -> str:
    """Median, least and most."""
    shown = [
        f"{value:.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    ]
    return f"{shown[0]} {unit} ({shown[1]} to {shown[2]})"


def first_result(client: Any, since: float) -> float:
    """Seconds until the value of a cell has come."""
    client.execute("1 + 1")
    while client.get_iopub_msg(timeout=60)["msg_type"] != "execute_result":
        pass
    client.get_shell_msg(timeout=60)
    return time.perf_counter() - since


def measure_kernel(name: str, rounds: int, cells: int) -> None:
    """Start, each cell, and memory when idle."""
    starts, each, memory = [], [], []
    for _ in range(rounds):
        since = time.perf_counter()
        manager, client = start_new_kernel(kernel_name=name, startup_timeout=60)
        try:
            starts.append(first_result(client, since))
            begun = time.perf_counter()
            for _ in range(cells):
                client.execute("1 + 1")
                client.get_shell_msg(timeout=60)
            each.append((time.perf_counter() - begun) / cells * 1000)
            time.sleep(IDLE_SECONDS)
            process = psutil.Process(manager.provisioner.process.pid)
            family = [process, *process.children(recursive=True)]
            memory.append(sum(one.memory_info().rss for one in family) / 1e6)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    print(f"{name}:")
    print(f"  start to first result  {spread(starts, 's', 2)}")
    print(f"  each cell              {spread(each, 'ms', 1)}")
    print(f"  memory, idle           {spread(memory, 'MB', 0)}", flush=True)


def main() -> None:
    """All of it, one after another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cells", type=int, default=500)
    parser.add_argument("--no-notebooks", action="store_true")
    options = parser.parse_args()
    with stock_kernel(find_deno_bin()) as stock, TemporaryDirectory() as folder:
        for name in (OURS, stock):
            measure_kernel(name, options.rounds, 200)
        sources = [source(number) for number in range(options.cells)]
        for name in (OURS, stock):
            print(name, count(run_cells(name, sources, Path(folder))), flush=True)
    if not options.no_notebooks:
        # Each notebook is run by its tests; pytest says how long they took.
        test = [sys.executable, "-m", "pytest", "-q", "--durations=0", "notebooks"]
        sys.exit(subprocess.run(test, cwd=ROOT).returncode)


if __name__ == "__main__":
    main()
