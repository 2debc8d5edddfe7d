"""Cells as nobody would write them, and what they must not break."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyterlab_bedrock_import.kernel.tests.kernel_client import (
    RunningKernel,
    plain,
    running_kernel,
)


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("if (true) var a = 1; else var b = 2;\nconsole.log(a, b)", "1 undefined"),
        ("export default { a: 1, b: 2 }\nconsole.log('still')", "still"),
        ("export default (function named() {})\nconsole.log('still')", "still"),
        ("class A {}function f() { return A.name }console.log(f())", "A"),
        ("const log = console.log\nlog\nimport { sep } from 'node:path'\nlog(sep)", "/"),
        ("const log = console.log\nlog\nfunction f() {}\n(log('once'))", "once"),
        ("#!/usr/bin/env -S deno run\nconsole.log('script')", "script"),
        ("let n = 0\ntype T = 1\n;[1].map(x => console.log(x))", "1"),
        ("console.log(<const>['cast'].length)", "1"),
        (
            "function see() { return it.v }\n"
            "using it = { v: 1, [Symbol.dispose]() { console.log('gone') } };\n"
            "console.log(see())",
            "1\ngone",
        ),
        (
            "const\n  a = 1\nexport\nconst b = 2\nconsole.log(/In.\\d+.:(\\d+)/.exec(new Error().stack)[1])",
            "5",
        ),
    ],
)
def test_what_modules_may_say(kernel: RunningKernel, code: str, printed: str) -> None:
    result = kernel.run(code)
    assert (result.status, plain(result.text())) == ("ok", f"{printed}\n")


def test_a_trace_has_its_label(kernel: RunningKernel) -> None:
    assert kernel.run("console.trace('label')").text("stderr").startswith("Trace: label\n")


def test_an_import_that_only_later_cells_use_is_there(kernel: RunningKernel) -> None:
    """Beside an enum TypeScript would take it for a type."""
    kernel.run(
        "enum Beside { A }\n"
        "import first, * as all from 'node:path';\n"
        "import {\n  sep as unused,\n  type ParsedPath\n} from 'node:path';\n"
        "import short = Beside.A;"
    )
    assert kernel.run("[unused, typeof first.join, typeof all.join, short]").value == (
        '[ "/", "function", "function", 0 ]'
    )


@pytest.mark.parametrize(
    "code",
    [
        "Deno.stdout.close(); Deno.stderr.close();",
        "await new Blob(['piped\\n']).stream().pipeTo(Deno.stdout.writable);",
        "process.stdout.end('ended\\n'); process.stderr.destroy();",
        "globalThis.Deno = undefined;",
        "Error.prepareStackTrace = () => { throw new Error('mine') };",
    ],
)
def test_later_cells_still_print(own_kernel: RunningKernel, code: str) -> None:
    assert own_kernel.run(code).status == "ok"
    result = own_kernel.run("console.log('out'); console.error('err'); 'value'")
    assert (result.text(), result.text("stderr"), result.value) == ("out\n", "err\n", '"value"')


@pytest.mark.parametrize("code", ["Deno.exit(NaN)", "process.exit('x')", "process.exit(3)"])
def test_an_exit_says_nothing_else(tmp_path: Path, code: str) -> None:
    with running_kernel(cwd=str(tmp_path)) as kernel:
        for _ in range(3):
            result = kernel.run(code)
            assert result.reply["ename"] == "Exited"
            assert result.text("stderr") == ""


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("await Deno.stdin.read(new Uint8Array(10))", "null"),
        ("let lines = 0; for await (const line of Deno.stdin.readable) lines++;\nlines", "0"),
        (
            "await new Promise(end => process.stdin.on('end', () => end('ended')).resume())",
            '"ended"',
        ),
    ],
)
def test_a_cell_that_reads_takes_no_command_away(
    kernel: RunningKernel, code: str, value: str
) -> None:
    assert kernel.run(code).value == value
    assert kernel.run("'next'").value == '"next"'


def test_a_long_sum(kernel: RunningKernel) -> None:
    assert kernel.run("+".join(["1"] * 3000)).value == "3000"


@pytest.mark.parametrize(
    "names",
    [
        ["URL", "URLSearchParams", "Headers", "fetch", "process"],
        ["Map", "Set", "Array", "Promise", "Request", "Response"],
        ["JSON", "Math", "Date", "Number", "String", "Error", "Buffer"],
        ["TextEncoder", "TextDecoder", "Uint8Array", "AbortController", "setTimeout", "console"],
    ],
)
def test_a_name_of_a_cell_hides_no_global_from_the_modules(
    own_kernel: RunningKernel, names: list[str]
) -> None:
    own_kernel.run("".join(f"const {name} = 'mine';\n" for name in names))
    assert own_kernel.run(names[0]).value == '"mine"'
    assert "no such thing" in own_kernel.run("throw 'no such thing'").traceback
    assert (
        own_kernel.run(
            "import { requiredBytesFor, parseSize, formatBytes } from 'bedrock-import';\n"
            "formatBytes(requiredBytesFor(parseSize('61 GB')))"
        ).value
        == '"66.05 GB"'
    )


def test_a_promise_is_shown_and_not_waited_for(kernel: RunningKernel) -> None:
    assert kernel.run("new Promise(() => {})").value == "Promise { <pending> }"
    assert kernel.run("Promise.resolve(5)").value == "Promise { 5 }"
    assert kernel.run("await Promise.resolve(5)").value == "5"
    assert kernel.run("({ then: 5 })").value == "{ then: 5 }"
