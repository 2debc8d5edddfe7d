"""■, cells that end the process, and what is left when the kernel itself ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from deno import find_deno_bin

from jupyterlab_bedrock_import.kernel.tests.kernel_client import (
    SECONDS,
    Result,
    RunningKernel,
    running_kernel,
)

NEVER = "await new Promise(() => setTimeout(() => {}, 1e9))"


def interrupted(kernel: RunningKernel, code: str, collected: bool = False) -> Result:
    """Interrupts a cell when it has begun."""
    request = kernel.send(f"console.log('begun');\n{code}", allow_stdin=True)
    kernel.wait_for_output("collected" if collected else "begun")
    kernel.manager.interrupt_kernel()
    return kernel.finish(request)


def children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=SECONDS)
    return alive == []


@pytest.mark.parametrize(
    "code",
    [
        NEVER,
        "while (true) { kept++; }",
        "do kept++; while (true)",
        "for (;;) for (const a of [1, 2, 3]) kept += a;",
        "function* all() { for (;;) yield 1; }\nfor (const one of all()) kept += one;",
        "for (;;) { try { await new Promise(r => setTimeout(r, 1)); } catch { /* goes on */ } }",
        "for await (const line of (async function* () { for (;;) { await 1; yield 1; } })()) kept++;",
        "prompt('Is anybody there?');",
        "for (;;) prompt('Again?');",
        "await fetch('http://127.0.0.1:9/', { signal: Deno.jupyter.signal }).catch(() => {}); "
        + NEVER,
    ],
)
def test_a_cell_is_stopped_and_its_variables_stay(kernel: RunningKernel, code: str) -> None:
    kernel.run("let kept = 1;")
    result = interrupted(kernel, code)
    assert result.status == "error"
    assert result.reply["ename"] == "Interrupted"
    assert int(kernel.run("kept").value) >= 1


def test_what_a_cell_awaits_may_be_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """V8 tells of a collected promise while it collects, which Deno's inspector does not survive."""
    monkeypatch.setenv("DENO_V8_FLAGS", "--expose-gc")
    with running_kernel(cwd=str(tmp_path)) as kernel:
        kernel.run("let kept = 1;")
        for _ in range(3):
            result = interrupted(
                kernel,
                "setTimeout(() => { gc(); console.log('collected'); }, 1);\n"
                "await new Promise(() => {});",
                collected=True,
            )
            assert result.reply["ename"] == "Interrupted"
            kernel.run("gc(); await new Promise(r => setTimeout(r, 10)); gc();")
        assert kernel.run("kept").value == "1"


def test_a_stopped_cell_hears_of_it_and_may_clean_up(kernel: RunningKernel) -> None:
    result = interrupted(
        kernel,
        """
        const { signal } = Deno.jupyter;
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            console.log('cleaned up');
            reject(signal.reason);
          });
        });
        """,
    )
    assert "cleaned up" in result.text()
    assert result.reply["ename"] == "Interrupted"


def test_a_stopped_cell_does_nothing_more(kernel: RunningKernel) -> None:
    kernel.run("let rounds = 0;")
    interrupted(kernel, "for (;;) { rounds++; await new Promise(r => setTimeout(r, 5)); }")
    before = kernel.run("await new Promise(r => setTimeout(r, 100)); rounds").value
    after = kernel.run("await new Promise(r => setTimeout(r, 100)); rounds").value
    assert before == after


def test_the_next_cell_is_not_stopped(kernel: RunningKernel) -> None:
    interrupted(kernel, NEVER)
    assert kernel.run("let sum = 0; for (let i = 0; i < 5; i++) sum += i; sum").value == "10"
    assert kernel.run("Deno.jupyter.signal.aborted").value == "false"


def test_loops_in_functions_belong_to_the_cell_that_calls_them(kernel: RunningKernel) -> None:
    kernel.run("let spun = 0; function spin() { for (;;) spun++; }")
    assert interrupted(kernel, "spin();").reply["ename"] == "Interrupted"
    interrupted(
        kernel,
        "function sum(n) { let s = 0; for (let i = 0; i < n; i++) s += i; return s }\n" + NEVER,
    )
    assert kernel.run("sum(4)").value == "6"


def test_a_cell_is_stopped_while_its_types_are_looked_at(kernel: RunningKernel) -> None:
    kernel.run("let begun = 0;")
    request = kernel.send(f"// @ts-check\nbegun = 1; {NEVER}")
    # Not in the instant in which Jupyter has the cell and the kernel not yet.
    time.sleep(0.3)
    kernel.manager.interrupt_kernel()
    assert kernel.finish(request).reply["ename"] == "Interrupted"
    assert kernel.run("typeof begun").value == '"number"'


def test_an_interrupt_between_cells_does_nothing(kernel: RunningKernel) -> None:
    kernel.run("const still = 'here';")
    kernel.manager.interrupt_kernel()
    assert kernel.run("still").value == '"here"'


def test_a_cell_that_computes_is_explained_and_ended_by_the_second_interrupt(
    own_kernel: RunningKernel,
) -> None:
    own_kernel.run("const lost = 1;")
    request = own_kernel.send("console.log('begun');\n/(a+)+b/.test('a'.repeat(60));")
    own_kernel.wait_for_output("begun")
    own_kernel.manager.interrupt_kernel()
    own_kernel.wait_for_output("Interrupt once more")
    own_kernel.manager.interrupt_kernel()
    result = own_kernel.finish(request)
    assert result.reply["ename"] == "Interrupted"
    assert "second interrupt" in result.reply["evalue"]
    assert own_kernel.run("typeof lost").value == '"undefined"'


def test_a_second_interrupt_ends_the_process_at_once(own_kernel: RunningKernel) -> None:
    own_kernel.run("1")
    [before] = children(own_kernel.pid)
    request = own_kernel.send("console.log('begun');\n[1].map(() => { for (;;) Math.sin(1); })")
    own_kernel.wait_for_output("begun")
    # Both before anything can react.
    own_kernel.manager.interrupt_kernel()
    own_kernel.manager.interrupt_kernel()
    assert own_kernel.finish(request).status == "error"
    assert own_kernel.run("'anew'").value == '"anew"'
    [after] = children(own_kernel.pid)
    # The loop may have been stopped between the two, and then nothing had to be ended.
    assert after.is_running() and before.pid > 0


@pytest.mark.parametrize(
    ("code", "name", "words"),
    [
        ("Deno.exit(3)", "Exited", "exit code 3"),
        ("process.exit(4)", "Exited", "exit code 4"),
        ("setTimeout(() => Deno.exit(5), 10); " + NEVER, "Exited", "exit code 5"),
        ("const all = []; for (;;) all.push(Array(1e5).fill(1.5));", "OutOfMemory", "memory"),
    ],
)
def test_the_kernel_says_what_happened_and_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, name: str, words: str
) -> None:
    # A small heap is full sooner.
    monkeypatch.setenv("DENO_V8_FLAGS", "--max-old-space-size=100")
    with running_kernel(cwd=str(tmp_path)) as kernel:
        kernel.run("const before = 1;")
        result = kernel.run(code)
        assert result.reply["ename"] == name
        assert words in result.reply["evalue"]
        assert kernel.run("typeof before").value == '"undefined"'


def test_a_process_that_is_killed_is_replaced(own_kernel: RunningKernel) -> None:
    own_kernel.run("1")
    [child] = children(own_kernel.pid)
    request = own_kernel.send("console.log('begun');\n" + NEVER)
    own_kernel.wait_for_output("begun")
    child.kill()
    result = own_kernel.finish(request)
    assert result.reply["ename"] == "Killed"
    assert "SIGKILL" in result.reply["evalue"]
    assert own_kernel.run("2").value == "2"


def test_a_process_that_is_killed_between_cells_is_replaced(own_kernel: RunningKernel) -> None:
    own_kernel.run("1")
    [child] = children(own_kernel.pid)
    child.kill()
    assert gone([child])
    assert own_kernel.run("2").value == "2"


def test_queued_cells_after_a_failure_are_not_run(own_kernel: RunningKernel) -> None:
    failing = own_kernel.send("await new Promise(r => setTimeout(r, 300)); throw new Error('no')")
    queued = own_kernel.send("globalThis.ran = true")
    own_kernel.finish(failing)
    assert own_kernel.finish(queued).reply["status"] == "aborted"
    assert own_kernel.run("typeof ran").value == '"undefined"'


def test_a_restart_begins_anew_and_leaves_nothing_behind(own_kernel: RunningKernel) -> None:
    own_kernel.run("const old = 1; setInterval(() => {}, 10);")
    before = children(own_kernel.pid)
    own_kernel.manager.restart_kernel()
    own_kernel.client.wait_for_ready(timeout=60)
    assert gone(before)
    assert own_kernel.run("typeof old").value == '"undefined"'


@pytest.mark.parametrize("now", [False, True])
@pytest.mark.parametrize("code", ["1", "setInterval(() => {}, 10)"])
def test_a_shutdown_leaves_no_process(tmp_path: Path, code: str, now: bool) -> None:
    with running_kernel(cwd=str(tmp_path)) as kernel:
        kernel.run(code)
        processes = [psutil.Process(kernel.pid), *children(kernel.pid)]
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=now)
        assert len(processes) == 2
        assert gone(processes)


def test_a_kernel_that_is_killed_leaves_no_process_even_if_a_cell_computes(tmp_path: Path) -> None:
    with running_kernel(cwd=str(tmp_path)) as kernel:
        kernel.send("console.log('begun');\n[1].map(() => /(a+)+b/.test('a'.repeat(60)))")
        kernel.wait_for_output("begun")
        processes = children(kernel.pid)
        os.kill(kernel.pid, signal.SIGKILL)
        assert processes
        assert gone(processes)


SERVER = """
import sys, time
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name='bedrock-import-deno', startup_timeout=60)
client.execute_interactive('1', output_hook=lambda message: None)
print(manager.provisioner.process.pid, flush=True)
time.sleep(600)
"""


def test_a_server_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        kernel = psutil.Process(int(server.stdout.readline()))
        processes = [kernel, *children(kernel.pid)]
        assert len(processes) == 2
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
        server.wait()
    assert gone(processes)


def test_a_deno_that_does_not_start_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a host with an older C library than Deno needs."""
    package = tmp_path / "modules" / "deno"
    package.mkdir(parents=True)
    broken = tmp_path / "deno"
    broken.write_text("#!/bin/sh\necho \"version 'GLIBC_2.27' not found\" >&2\nexit 1\n")
    broken.chmod(0o755)
    (package / "__init__.py").write_text(f"def find_deno_bin(): return {str(broken)!r}\n")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("DENO_DIR", str(tmp_path / "cache"))
    with running_kernel(cwd=str(tmp_path)) as kernel:
        result = kernel.run("1 + 1")
    assert result.reply["ename"] == "KernelCannotStart"
    [line] = result.reply["traceback"]
    assert "GLIBC_2.27" in line
    assert "GNU C library 2.27 or newer" in line
    assert "\n" not in line
    # Under the cell itself.
    assert result.traceback == line


def test_a_start_that_fails_is_said_under_its_own_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "modules" / "deno"
    package.mkdir(parents=True)
    fails = tmp_path / "fails"
    program = tmp_path / "program"
    program.write_text(
        f"#!/bin/sh\nif [ -e {fails} ]; then echo 'cannot start' >&2; exit 1; fi\n"
        f'exec {find_deno_bin()} "$@"\n'
    )
    program.chmod(0o755)
    (package / "__init__.py").write_text(f"def find_deno_bin(): return {str(program)!r}\n")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("DENO_DIR", str(tmp_path / "cache"))
    with running_kernel(cwd=str(tmp_path)) as kernel:
        assert kernel.run("1").value == "1"
        fails.touch()
        [child] = children(kernel.pid)
        child.kill()
        assert gone([child])
        result = kernel.run("2")
        assert result.reply["ename"] == "KernelCannotStart"
        assert result.traceback == "cannot start"
        assert result.others == []
        fails.unlink()
        assert kernel.run("3").value == "3"
