"""Runs programs and measures them together with everything that they start.

Reads a JSON object from standard input: `commands` (lists of arguments), `parallel` (how many at a
time), `input` (text for the standard input of the only command), `timeoutSeconds`, `log` (a file for
everything that they print), `endAfterSeconds` (ends a program that waits for input, as if it were
done). Writes one JSON object to standard output: wall `seconds`, `userSeconds` and `systemSeconds`
of all processes, `peakBytes` (see `memory_of`, sampled), `code` (the first one that is not 0), and
`samples`.

This process is made the reaper of orphans where the system can do that (Linux), so that programs
which leave their children behind are counted in full.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import deque

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.05


def children_of(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += [int(child) for child in file.read().split()]
    except OSError:
        pass  # It has ended meanwhile.
    return found


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    waiting = deque(children_of(pid))
    while waiting:
        child = waiting.popleft()
        found.append(child)
        waiting.extend(children_of(child))
    return found


def memory_of(pids: list[int]) -> int:
    """What the processes have written, and the files that each different program has in memory once.

    A plain sum would count the code of a program for each of its processes; proportional set sizes
    would credit a program with the servers that happen to run the same one.
    """
    written = 0
    files: dict[str, int] = {}
    for pid in pids:
        try:
            program = os.readlink(f"/proc/{pid}/exe")
            with open(f"/proc/{pid}/smaps_rollup") as file:
                sizes = {
                    line.split(":")[0]: int(line.split()[1]) * 1024
                    for line in file
                    if line.endswith("kB\n")
                }
        except (OSError, ValueError):
            continue  # It has ended meanwhile.
        written += sizes.get("Pss_Anon", 0)
        files[program] = max(
            files.get(program, 0), sizes.get("Rss", 0) - sizes.get("Anonymous", 0)
        )
    return written + sum(files.values())


class MemoryWatch(threading.Thread):
    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.samples = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, memory_of(descendants(os.getpid())))
            self.samples += 1


def end_all() -> None:
    """By id and only what was started here; twice, for what started meanwhile."""
    for _ in range(2):
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def main() -> None:
    spec = json.load(sys.stdin)
    if sys.platform == "linux":
        system = ctypes.CDLL(None)
        system.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        # The harness may be killed without a chance to end this process.
        system.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    def stop(*_: object) -> None:
        end_all()
        os._exit(1)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    commands = deque(spec["commands"])
    running: dict[int, subprocess.Popen[bytes]] = {}
    code = 0
    watch = MemoryWatch()
    watch.start()
    with open(spec["log"], "ab") as log:
        given = spec.get("input")
        rest = spec.get("endAfterSeconds")
        started = time.monotonic()
        deadline = started + spec["timeoutSeconds"]
        while commands or running:
            while commands and len(running) < spec["parallel"] and code == 0:
                child = subprocess.Popen(
                    commands.popleft(),
                    stdin=subprocess.DEVNULL if given is None and rest is None else subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                )
                running[child.pid] = child
                if given is not None and child.stdin is not None:
                    child.stdin.write(given.encode())
                    child.stdin.close()
            if not running:
                break
            for pid in list(running):
                status = running[pid].poll()
                if status is not None:
                    code = code or status
                    del running[pid]
            if rest is not None and time.monotonic() > started + rest:
                break
            if time.monotonic() > deadline:
                log.write(b"\nran out of time\n")
                code = code or 124
                end_all()
            time.sleep(0.005)
        seconds = time.monotonic() - started
        end_all()
        while True:
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
    watch.done.set()
    watch.join()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    json.dump(
        {
            "seconds": seconds,
            "userSeconds": usage.ru_utime,
            "systemSeconds": usage.ru_stime,
            "peakBytes": watch.peak,
            "samples": watch.samples,
            "code": code,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
