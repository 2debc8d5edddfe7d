"""Cells of a real kernel: values, output, displays, modules, failures, questions."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from jupyterlab_bedrock_import.kernel.tests.kernel_client import RunningKernel, running_kernel


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("1 + 1", "2"),
        ("const n: number = await Promise.resolve(41); n + 1", "42"),
        ("const n = 'declared anew'; n", '"declared anew"'),
        ("{ a: 1, b: [2] as number[] }", "{ a: 1, b: [ 2 ] }"),
        ("{ const inner = 3; inner }", "3"),
        ("enum Colour { Red = 7 }\nColour.Red", "7"),
        ("class Point { constructor(readonly x: number) {} }\nnew Point(3).x", "3"),
        ("interface A { a: string }\nconst a = { a: 'x' } satisfies A;\na.a", '"x"'),
        ("export const exported = 5;\nexported", "5"),
        ("2n ** 64n", "18446744073709551616n"),
        ("-0", "-0"),
        ("null", "null"),
        (
            "let total = 0;\nfor (const i of [1, 2]) for (const j of [3]) total += i * j;\ntotal",
            "9",
        ),
        ("import { basename as name } from 'node:path';\nname('/a/b')", '"b"'),
        ("import * as path from 'path';\ntypeof path.join", '"function"'),
        ("import fs, { readFileSync } from 'node:fs';\nfs.readFileSync === readFileSync", "true"),
        ("import type { Stats } from 'node:fs';\n8", "8"),
        ("typeof (await import('node:os')).tmpdir", '"function"'),
        # Cells that await are rewritten; what they declare is there for later ones.
        (
            "const [p, { q = 2, ...rest }] = await [1, { r: 3 }];\n[p, q, rest]",
            "[ 1, 2, { r: 3 } ]",
        ),
        ("[p, q, rest]", "[ 1, 2, { r: 3 } ]"),
        ("let un; var kept; await 1; un = 4, kept ??= 5", "5"),
        ("un + kept", "9"),
        ("[typeof p, delete globalThis.p]", '[ "number", true ]'),
        (
            "await 1; class Deep { static x = 6 }; function hoisted(): number { return 7 }\nDeep.x",
            "6",
        ),
        ("[Deep.x, hoisted()]", "[ 6, 7 ]"),
        ("const early = above(); function above() { return 8 } await early", "8"),
        (
            "if (await 1) { var fromBlock = 9 } for (var at = 0; at < 3; at++) await at;\nfromBlock + at",
            "12",
        ),
        ("fromBlock + at", "12"),
        (
            "for (var key in { a: 1 }) await 1; for (const one of [key]) { var last = one } last",
            '"a"',
        ),
        ("export const out = await 10, more = 1;\nout + more", "11"),
        ("export default await 12", "12"),
        ("const fn = async () => { await 1; return 13 }; await fn()", "13"),
        ("fn.name", '"fn"'),
        ("await 1\n;[1, 2].map(n => n)", "[ 1, 2 ]"),
        (
            "try { await Promise.reject(new Error('x')) } catch (e) { var caught = e.message }\ncaught",
            '"x"',
        ),
        (
            "label: for (const i of [1, 2]) { for (const j of [1]) { await j; continue label } }\n14",
            "14",
        ),
        ("const { size } = await Promise.resolve({ size: 15 }), double = size * 2;\ndouble", "30"),
        # A name may be declared anew as anything.
        ("function kind() { return 1 }\nkind()", "1"),
        ("const kind = 2;\nkind", "2"),
        ("let kind = await 3;\nkind", "3"),
        ("class kind { static a = 4 }\nkind.a", "4"),
        ("var kind = 5;\nkind", "5"),
        (
            "const before = kind();\nasync function* other() { yield 1 }\nfunction kind() { return 6 }\nbefore",
            "6",
        ),
        ("import { sep as kind } from 'node:path';\ntypeof kind", '"string"'),
        (
            "function even(n) { return n === 0 || odd(n - 1) } function odd(n) { return n > 0 && even(n - 1) } even(10)",
            "true",
        ),
        ("const fetch = 'mine';\n[fetch, typeof globalThis.fetch]", '[ "mine", "function" ]'),
        ("let later;\nfunction setLater() { later = 7 }\nsetLater();\nlater", "7"),
        ("import.meta.filename.endsWith('notebook.ts')", "true"),
        ("'use strict';\n'last'", '"last"'),
        (
            "[typeof $$import, Object.keys(globalThis).filter(n => n.startsWith('$$')).length]",
            '[ "function", 0 ]',
        ),
    ],
)
def test_values(kernel: RunningKernel, code: str, value: str) -> None:
    assert kernel.run(code).value == value


@pytest.mark.parametrize("code", ["undefined", "const x = 1", "void 0", "", "// only this"])
def test_nothing_to_show(kernel: RunningKernel, code: str) -> None:
    result = kernel.run(code)
    assert (result.status, result.outputs) == ("ok", [])


def test_output_is_in_exact_order(kernel: RunningKernel) -> None:
    result = kernel.run(
        """
        for (let i = 0; i < 300; i++) {
          console.log(`out ${i}`);
          if (i % 3 === 0) console.error(`err ${i}`);
          if (i % 50 === 0) await Deno.jupyter.display({ 'text/plain': `shown ${i}` }, { raw: true });
          if (i % 7 === 0) Deno.stdout.writeSync(new TextEncoder().encode(`raw ${i}\\n`));
          if (i % 11 === 0) process.stderr.write(`node ${i}\\n`);
        }
        """
    )
    seen = "".join(
        f"{o['data']['text/plain']}\n" if o["type"] == "display_data" else o["text"]
        for o in result.outputs
    )
    wanted = ""
    for i in range(300):
        wanted += f"out {i}\n"
        wanted += f"err {i}\n" if i % 3 == 0 else ""
        wanted += f"shown {i}\n" if i % 50 == 0 else ""
        wanted += f"raw {i}\n" if i % 7 == 0 else ""
        wanted += f"node {i}\n" if i % 11 == 0 else ""
    assert seen == wanted
    assert result.text("stderr").count("\n") == 100 + 28


def test_output_comes_while_the_cell_runs(own_kernel: RunningKernel) -> None:
    request = own_kernel.send(
        "console.log('first'); await new Promise(go => { globalThis.go = go; }); 1"
    )
    own_kernel.wait_for_output("first")
    own_kernel.manager.interrupt_kernel()
    assert own_kernel.finish(request).status == "error"


def test_late_output_belongs_to_its_own_cell(kernel: RunningKernel) -> None:
    early = kernel.run(
        "let go; const gone = new Promise(resolve => { go = resolve; });\n"
        "void gone.then(() => { console.log('late'); console.error('late too'); });"
    )
    late = kernel.run("console.log('now'); go(); await new Promise(r => setTimeout(r, 50)); 'end'")
    assert late.text() == "now\n"
    assert late.value == '"end"'
    assert [(parent, o["text"]) for parent, o in late.others] == [
        (early.request, "late\n"),
        (early.request, "late too\n"),
    ]


def test_child_processes_print_under_the_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEDROCK_IMPORT_KERNEL_ALLOW", "run")
    with running_kernel(cwd=str(tmp_path)) as kernel:
        result = kernel.run(
            "console.log('before');\n"
            "await new Deno.Command('sh', { args: ['-c', 'echo out; echo err >&2'] }).spawn().status;\n"
            "console.log('after');"
        )
    assert result.text() == "before\nout\nafter\n"
    assert result.text("stderr") == "err\n"


def test_programs_are_not_started_by_default(kernel: RunningKernel) -> None:
    assert "NotCapable" in kernel.run("new Deno.Command('sh').outputSync()").traceback


def test_rich_displays(kernel: RunningKernel) -> None:
    png = base64.b64encode(b"\x89PNG\r\n").decode()
    result = kernel.run(
        """
        const { display, md, svg, html, image } = Deno.jupyter;
        await display(md`# ${'title'}`);
        await display(svg`<svg/>`);
        await display(image(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10])));
        await display({ 'application/json': { a: 1 } }, { raw: true });
        await display({ [Symbol.for('Jupyter.display')]: async () => ({ 'text/x-own': 'o' }) });
        html`<b>${1 + 1}</b>`
        """
    )
    shown = [o["data"] for o in result.outputs]
    assert shown[0]["text/markdown"] == "# title"
    assert shown[1]["image/svg+xml"] == "<svg/>"
    assert shown[2]["image/png"] == png
    assert shown[3] == {"application/json": {"a": 1}}
    assert shown[4] == {"text/x-own": "o"}
    assert result.data["text/html"] == "<b>2</b>"


def test_a_display_is_updated_in_place(kernel: RunningKernel) -> None:
    result = kernel.run(
        """
        const show = (text: string, update: boolean) =>
          Deno.jupyter.display({ 'text/plain': text }, { raw: true, display_id: 'bar', update });
        await show('0 %', false);
        await show('100 %', true);
        """
    )
    assert [(o["type"], o["data"]["text/plain"], o["transient"]) for o in result.outputs] == [
        ("display_data", "0 %", {"display_id": "bar"}),
        ("update_display_data", "100 %", {"display_id": "bar"}),
    ]


def test_broadcast_carries_buffers(kernel: RunningKernel) -> None:
    request = kernel.send(
        "await Deno.jupyter.broadcast('comm_msg', { comm_id: 'c', data: 1 }, "
        "{ metadata: { m: 2 }, buffers: [new Uint8Array([1, 2, 255])] })"
    )
    while True:
        message = kernel.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "comm_msg":
            break
    assert message["parent_header"]["msg_id"] == request
    assert message["content"] == {"comm_id": "c", "data": 1}
    assert message["metadata"]["m"] == 2
    assert [bytes(b) for b in message["buffers"]] == [b"\x01\x02\xff"]
    kernel.finish(request)


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (
            "function fail(): never {\n  throw new TypeError('no such thing');\n}\nfail();",
            ["TypeError: no such thing", ":2:9)", ":4:1", "> 2 |   throw new TypeError"],
        ),
        ("const a = 1;\nconst b: = 2;", ["SyntaxError", ":2:", "> 2 | const b: = 2;"]),
        ("let x = (1;", ["SyntaxError", ":1:"]),
        ("return 5", ["SyntaxError"]),
        ("enum E { A }\n\nthrow new Error(E[0]);", ["Error: A", ":3:7", "> 3 |"]),
        ("throw { code: 5 }", ["Uncaught { code: 5 }"]),
        (
            "throw new Error('outer', { cause: new RangeError('inner') })",
            ["Error: outer", "Caused by: RangeError: inner"],
        ),
        (
            "await Promise.any([Promise.reject(new Error('one')), Promise.reject(new Error('two'))])",
            ["AggregateError", "One of them: Error: one", "One of them: Error: two"],
        ),
        (
            "throw Object.assign(new Error('no room'), { code: 'DISK', nextStep: 'Free some.' })",
            ["Error: no room [DISK]", "What to do: Free some."],
        ),
        ("import x from 'lodash'", ["npm:lodash", "./lodash"]),
        ("import './nowhere.ts'", ["Module not found"]),
    ],
)
def test_failures_point_at_the_line(kernel: RunningKernel, code: str, parts: list[str]) -> None:
    result = kernel.run(code)
    assert result.status == "error"
    for part in parts:
        assert part in result.traceback
    assert "kernel.js" not in result.traceback
    assert "ext:" not in result.traceback


def test_a_failure_in_an_earlier_cell_names_that_cell(kernel: RunningKernel) -> None:
    first = kernel.run("\nfunction broken() { null!.x; }")
    count = first.reply["execution_count"]
    assert f"In[{count}]:2:" in kernel.run("broken()").traceback


@pytest.mark.parametrize(
    "code",
    [
        "void Promise.reject(new Error('nobody waits'));",
        "setTimeout(() => { throw new Error('nobody waits'); }, 1);",
    ],
)
def test_what_nobody_waits_for_is_shown_and_the_kernel_lives(
    kernel: RunningKernel, code: str
) -> None:
    result = kernel.run(f"{code}\nawait new Promise(r => setTimeout(r, 60)); 'alive'")
    text = result.text("stderr")
    assert "nobody waits" in text
    assert ":1:" in text
    assert result.value == '"alive"'


def test_questions_are_answered_in_the_notebook(kernel: RunningKernel) -> None:
    result = kernel.run(
        "[prompt('Name?'), confirm('Sure?'), confirm('Really?'), prompt('Size', '10')]",
        answers=("Grüße 🦕", "y", "", ""),
        allow_stdin=True,
    )
    assert result.value == '[ "Grüße 🦕", true, false, "10" ]'


def test_where_nobody_can_answer_a_question_is_dismissed(kernel: RunningKernel) -> None:
    assert kernel.run("[prompt('Name?'), confirm('Sure?')]", allow_stdin=False).value == (
        "[ null, false ]"
    )


def test_silent_cells_show_nothing_and_count_nothing(kernel: RunningKernel) -> None:
    before = kernel.run("1").reply["execution_count"]
    assert kernel.run("globalThis.silently = 2; 3", silent=True).outputs == []
    after = kernel.run("silently")
    assert after.value == "2"
    assert after.reply["execution_count"] == before + 1


def test_modules_of_the_folder_and_of_the_product(kernel: RunningKernel, folder: Path) -> None:
    (folder / "own.ts").write_text("export const answer: number = 42;\n")
    assert kernel.run("import { answer } from './own.ts';\nanswer").value == "42"
    assert (
        kernel.run(
            "import { requiredBytesFor } from 'bedrock-import';\nrequiredBytesFor(61e9)"
        ).value
        == "66050000000"
    )
    assert sorted(os.listdir(folder)) == ["own.ts"]


def test_a_deno_json_above_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "deno.json").write_text(
        '{"imports": {"bedrock-import": "./evil.ts"}, "lock": true}'
    )
    below = tmp_path / "below"
    below.mkdir()
    with running_kernel(cwd=str(below)) as kernel:
        assert kernel.run("typeof (await import('bedrock-import')).requiredBytesFor").value == (
            '"function"'
        )
    assert sorted(os.listdir(tmp_path)) == ["below", "deno.json"]


def test_a_random_py_beside_the_notebook_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('imported')")
    (tmp_path / "json.py").write_text("raise SystemExit('imported')")
    with running_kernel(cwd=str(tmp_path)) as kernel:
        assert kernel.run("1").value == "1"


def test_a_cell_may_write_where_the_engine_may(kernel: RunningKernel) -> None:
    assert (
        "NotCapable" in kernel.run("Deno.writeTextFileSync('/etc/bedrock-import', 'x')").traceback
    )


def test_values_that_fight_back(kernel: RunningKernel) -> None:
    hostile = kernel.run(
        "({ [Symbol.for('Jupyter.display')]() { throw new Error('will not be shown'); } })"
    )
    assert "will not be shown" in hostile.traceback
    thrown = kernel.run("throw new Proxy({}, { get() { throw 1; } })")
    assert thrown.status == "error"
    named = kernel.run(
        "const e = new Error('x'); Object.defineProperty(e, 'stack', { get() { throw 2; } }); throw e"
    )
    assert named.status == "error"
    assert kernel.run("'alive'").value == '"alive"'


def test_completion(kernel: RunningKernel) -> None:
    kernel.run("const thing = { alpha: 1, beta: { gamma: 2 } };")
    found = kernel.ask("complete", "'🦕'; thing.al", len("'🦕'; thing.al"))
    assert "alpha" in found["matches"]
    assert (found["cursor_start"], found["cursor_end"]) == (
        len("'🦕'; thing."),
        len("'🦕'; thing.al"),
    )
    assert kernel.ask("complete", "thing.beta.", 11)["matches"][0] == "gamma"
    assert "thing" in kernel.ask("complete", "const x = thi", 13)["matches"]
    names = kernel.ask("complete", "$$", 2)["matches"]
    assert names == []


def test_completing_has_no_effects(kernel: RunningKernel) -> None:
    kernel.run("let calls = 0; const lazy = { get value() { calls++; return { deep: 1 }; } };")
    kernel.ask("complete", "lazy.value.", 11)
    assert kernel.run("calls").value == "0"


def test_inspection(kernel: RunningKernel) -> None:
    kernel.run("const shown = { size: 5 };")
    found = kernel.ask("inspect", "shown", 3)
    assert found["found"]
    assert "size" in found["data"]["text/plain"]
    assert not kernel.ask("inspect", "   ", 1)["found"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("1 + 1", "complete"),
        ("const a: number = 1", "complete"),
        ("function f() {", "incomplete"),
        ("const t = `abc", "incomplete"),
        ("for (const a of [1, 2]) {\n  a;", "incomplete"),
        ("const = 3", "invalid"),
    ],
)
def test_is_complete(kernel: RunningKernel, code: str, status: str) -> None:
    assert kernel.ask("is_complete", code)["status"] == status


def test_kernel_info(kernel: RunningKernel) -> None:
    info = kernel.ask("kernel_info")
    assert info["language_info"]["name"] == "typescript"
    assert info["language_info"]["mimetype"] == "text/x.typescript"
