"""Completions, documentation and type warnings, from the real ``deno lsp``."""

from __future__ import annotations

import asyncio
import http.server
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_bedrock_import.command import find_deno
from jupyterlab_bedrock_import.kernel import language_server
from jupyterlab_bedrock_import.kernel.language_server import Completions, LanguageServer

MODULE = """\
// @ts-self-types="./types/notebook.d.ts"
export async function inspectModel(id) { return { name: id, size: 1 }; }
export class Bucket {}
"""
TYPES = """\
/** What is known of a model. */
export interface Model { name: string; /** In bytes. */ size: number }
/**
 * Looks at a model without copying it.
 * @param id its name on the hub
 */
export declare function inspectModel(id: string): Promise<Model>;
export declare class Bucket { readonly region: string }
"""
FIRST_CELL = """\
import { inspectModel, type Model } from "bedrock-import";
const size = 1;
var count = 1;"""
SECOND_CELL = """\
const size = "large";
var count = "one";
const model: Model = await inspectModel("a/b");"""
CELLS = [FIRST_CELL, SECOND_CELL]

Asker = Callable[[LanguageServer], Awaitable[None]]
Ask = Callable[..., None]

# A server that says nothing, and notes that it was started.
SILENT = "import sys; open(sys.argv[1], 'a').write('x'); sys.stdin.read()"
BREAKING_DOWN = "import sys; open(sys.argv[1], 'a').write('x'); sys.stdin.readline()"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is right does not depend on how busy the machine is."""
    monkeypatch.setattr(language_server, "FIRST_SECONDS", 120.0)
    monkeypatch.setattr(language_server, "LATER_SECONDS", 120.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return notebook_folder(tmp_path)


@pytest.fixture
def ask_own(tmp_path: Path, folder: Path) -> Ask:
    """Calls a function with a server, which is stopped afterwards."""

    def run(asker: Asker, command: list[str] | None = None, **env: str) -> None:
        async def main() -> None:
            server = language_server_of(tmp_path, command, env)
            try:
                await asker(server)
            finally:
                await server.stop()
            assert server.pid is None

        asyncio.run(main())

    return run


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Calls a function with a server that the tests of this file share."""
    path = tmp_path_factory.mktemp("shared")
    notebook_folder(path)
    loop = asyncio.new_event_loop()

    async def create() -> LanguageServer:
        return language_server_of(path, None, {})

    server = loop.run_until_complete(create())
    yield lambda asker: loop.run_until_complete(asker(server))
    loop.run_until_complete(server.stop())
    # Its pipes are closed in the next round of the loop.
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def notebook_folder(path: Path) -> Path:
    result = path / "Übungen # 1"
    result.mkdir()
    return result


def language_server_of(
    path: Path, command: list[str] | None, env: Mapping[str, str]
) -> LanguageServer:
    types = path / "bundle" / "types" / "notebook.d.ts"
    types.parent.mkdir(parents=True)
    types.write_text(TYPES)
    module = path / "bundle" / "notebook.js"
    module.write_text(MODULE)
    return LanguageServer(
        command or [find_deno(), "lsp"],
        {**os.environ, "DENO_DIR": str(path / "deno"), **env},
        str(path / "Übungen # 1"),
        {"bedrock-import": module.as_uri()},
    )


async def completed(server: LanguageServer, cells: list[str], code: str) -> Completions:
    """¦ is the cursor."""
    return await server.complete(cells, code.replace("¦", ""), code.index("¦"))


async def hovered(server: LanguageServer, cells: list[str], code: str) -> str | None:
    return await server.hover(cells, code.replace("¦", ""), code.index("¦"))


async def warned(server: LanguageServer, cells: list[str], code: str) -> list[tuple[int, int, int]]:
    found = await server.type_warnings(cells, code)
    return [(warning.line, warning.column, warning.code) for warning in found]


async def has_died(server: LanguageServer) -> None:
    """Until the server has noticed that its process is gone."""
    connection = server._connection
    for _ in range(500):
        if connection is None or not connection.is_open:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it still runs")


def test_completions_of_modules_and_of_earlier_cells(ask: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        async def matches(code: str, cells: list[str] = CELLS) -> list[str]:
            return (await completed(server, cells, code)).matches

        assert await completed(server, CELLS, "model.¦") == Completions(
            ["name", "size"], 6, 6, ["field", "field"]
        )
        assert await completed(server, CELLS, "ins¦") == Completions(
            ["inspectModel", "instanceof"], 0, 3, ["variable", "keyword"]
        )
        # Of the later declaration.
        assert await matches("size.toUpperC¦") == ["toUpperCase"]
        assert await matches("size.toFix¦") == []
        assert await matches("count.toUpperC¦") == ["toUpperCase"]
        assert await matches('import { Buc¦ } from "bedrock-import";') == ["Bucket"]
        code = 'import { Bucket } from "bedrock-import";\nnew Bucket().¦'
        assert await matches(code) == ["region"]
        assert await matches('import * as all from "bedrock-import"; all.ins¦') == ["inspectModel"]
        assert await matches('import { Bucket } from "bed¦rock"') == ["bedrock-import"]
        assert await matches('const way: "hub" | "s3-copy" = "s3-¦"') == ["s3-copy"]
        assert await matches("Deno.jupyter.startS¦") == ["startSandbox"]
        assert await matches("const o = { 'a b': 1 };\no.¦") == ['["a b"]']
        optional = "const o = {} as { a?: { name: 1 } }; "
        assert await matches(f"{optional}o.a.¦") == ["?.name"]
        assert await matches(f"{optional}o.a.na¦") == ["?.name"]
        # Not one of the text's symbols, which would begin at the dot.
        assert (await completed(server, CELLS, "size.¦")).start == 5
        assert (await completed(server, [], "class A { #own = 1; f() { this.#o¦ } }")).start == 31

    ask(asker)


def test_places_count_unicode_characters(ask: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        cells = ["const 大 = '🙂🙂';", *CELLS]
        assert await completed(server, cells, "'🙂🙂'; /* 🙂 */ model.si¦ // 🙂") == Completions(
            ["size"], 20, 22, ["field"]
        )
        assert (await completed(server, cells, "\r\n'🙂'; 大.toUpperC¦")).start == 9
        assert await warned(server, cells, "'🙂';\r\n'🙂' + size.no; 大.no") == [
            (2, 12, 2339),
            (2, 18, 2339),
        ]
        assert await server.complete(cells, "model.na", 99) == Completions(
            ["name"], 6, 8, ["field"]
        )
        assert await server.hover(cells, "size", -1) == '```tsx\nconst size: "large"\n```'
        # Half a character, which JSON cannot have.
        assert (await completed(server, cells, "'\ud83d'; size.toUpperC¦")).start == 10

    ask(asker)


def test_hover_says_signature_and_comment(ask: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        for code in (
            "inspect¦Model",
            "inspectModel¦",
            "¦inspectModel",
            "inspectModel(¦",
            "inspectModel(id, ¦)",
        ):
            text = await hovered(server, CELLS, code)
            assert text and "(id: string): Promise<Model>" in text
            assert "Looks at a model without copying it." in text
            assert "its name on the hub" in text
        assert await hovered(server, CELLS, "si¦ze") == '```tsx\nconst size: "large"\n```'
        text = await hovered(server, [FIRST_CELL], 'import { Buck¦et } from "bedrock-import"')
        assert text and "class Bucket" in text
        assert await hovered(server, CELLS, "1 + ¦ 2") is None
        assert await hovered(server, CELLS, "¦") is None

    ask(asker)


def test_type_warnings_have_their_place(ask: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        code = "const size = 5;\nconst text: string = size;\nsize.toFixed().nothing;"
        assert await warned(server, CELLS, code) == [(2, 7, 2322), (3, 16, 2339)]
        [first, _] = await server.type_warnings(CELLS, code)
        assert first.message == "Type 'number' is not assignable to type 'string'."
        assert await warned(server, CELLS, "export const size: string = count;\nsize.nothing") == [
            (2, 6, 2339)
        ]
        assert await warned(server, [], 'import {\n  nothing\n} from "bedrock-import";') == [
            (2, 3, 2305)
        ]
        assert await warned(server, [], 'import all from "bedrock-import";') == [(1, 8, 1192)]
        # The kernel says what is wrong with the syntax.
        assert await warned(server, CELLS, "size.nothing; const a = {") == []

    ask(asker)


def test_what_cells_may_do_is_no_warning(ask: Ask) -> None:
    cells = [
        *CELLS,
        *CELLS,
        "#!/usr/bin/env deno\nexport default size;\nexport { size };",
        "export function f() { return 1; }",
        "const text = `\nimport a from 'b' ${[`}`].length}`; const pattern = /[/`{]/.test('');",
        "const model = {} // a later cell",
        "const neverEnds = {",
    ]

    async def asker(server: LanguageServer) -> None:
        for code in (
            SECOND_CELL,
            FIRST_CELL,
            'import { inspectModel } from "bedrock-import";\n(await inspectModel("a")).size;',
            "var count = true; var count = false;",
            "for await (const one of [Promise.resolve(f())]) one.toFixed();",
            "function g(untyped) { return untyped; }",
            "text.length; pattern && count;",
            "prompt('a'); confirm('b'); alert('c');",
            "await Deno.jupyter.display(Deno.jupyter.md`x`, { raw: false });",
            "Deno.jupyter.signal.aborted; const env: {} = await Deno.jupyter.startSandbox();",
            "({ [Symbol.for('Jupyter.display')]: () => ({ 'text/plain': '' }) })",
            "size",
            "",
        ):
            assert await warned(server, cells, code) == [], code
        # They are seen all the same.
        assert await warned(server, cells, "f().no; text.no; pattern.no; model.no") == [
            (1, 5, 2339),
            (1, 14, 2339),
            (1, 26, 2339),
            (1, 36, 2339),
        ]

    ask(asker)


def test_modules_are_known_while_the_code_has_no_syntax(ask: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        code = 'import { Bucket } from "bedrock-import";\nconst a = { b: [new Bucket().¦'
        assert (await completed(server, [], code)).matches == ["region"]
        code = 'import * as path from "node:path";\nif (path.dirna¦'
        assert (await completed(server, CELLS, code)).matches == ["dirname"]

    ask(asker)


def test_very_many_cells(ask: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        cells = ["const lost = 1;", *(f"const a{number} = {number};" for number in range(5000))]
        assert (await completed(server, cells, "a4999.toFix¦")).matches == ["toFixed"]
        # Running one cell again and again makes nobody forget the others.
        cells = ["const kept = 1;", *["const again = 2;"] * 5000]
        assert (await completed(server, cells, "kept.toFix¦")).matches == ["toFixed"]
        cells = ["const kept = 1;", f"const long = '{'a' * 900_000}';"]
        assert (await completed(server, cells, "kept.toFix¦")).matches == ["toFixed"]

    ask(asker)


def test_questions_at_the_same_time_have_their_own_answers(ask: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        answers = await asyncio.gather(
            completed(server, [], "const a = { one: 1 }; a.¦"),
            warned(server, [], "\n\nnothing"),
            completed(server, [], "const a = { two: 1 }; a.¦"),
        )
        assert answers[0].matches == ["one"]
        assert answers[1] == [(3, 1, 2304)]
        assert answers[2].matches == ["two"]

    ask(asker)


def test_it_is_started_again_after_a_crash(ask_own: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        assert server.pid is None
        pids = []
        for _ in range(3):
            assert (await completed(server, CELLS, "model.¦")).matches == ["name", "size"]
            assert server.pid
            pids.append(server.pid)
            os.kill(server.pid, signal.SIGKILL)
            await has_died(server)
        assert len(set(pids)) == 3

    ask_own(asker)


def test_one_that_always_breaks_down_is_started_twice(ask_own: Ask, tmp_path: Path) -> None:
    starts = tmp_path / "starts"

    async def asker(server: LanguageServer) -> None:
        for _ in range(5):
            assert await completed(server, CELLS, "model.na¦") == Completions([], 8, 8, [])
            assert await server.type_warnings(CELLS, "nothing") == []

    ask_own(asker, [sys.executable, "-c", BREAKING_DOWN, str(starts)])
    assert starts.read_text() == "xx"


def test_one_that_is_missing_answers_nothing(ask_own: Ask, tmp_path: Path) -> None:
    async def asker(server: LanguageServer) -> None:
        assert await hovered(server, CELLS, "model¦") is None
        assert (await completed(server, CELLS, "model.¦")).matches == []

    ask_own(asker, [str(tmp_path / "missing"), "lsp"])


def test_nobody_waits_for_one_that_hangs(
    ask_own: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_server, "FIRST_SECONDS", 0.5)
    starts = tmp_path / "starts"

    async def asker(server: LanguageServer) -> None:
        for _ in range(language_server.HANGING_AFTER):
            assert await hovered(server, CELLS, "model¦") is None
        await has_died(server)

    ask_own(asker, [sys.executable, "-c", SILENT, str(starts)])
    assert starts.read_text() == "x"


def test_it_ends_when_nobody_asks(ask_own: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language_server, "IDLE_SECONDS", 0.0)

    async def asker(server: LanguageServer) -> None:
        for _ in range(2):
            assert (await completed(server, CELLS, "model.¦")).matches == ["name", "size"]
            for _ in range(500):
                if server.pid is None:
                    break
                await asyncio.sleep(0.01)
            assert server.pid is None

    ask_own(asker)


def test_it_ends_with_its_input(ask_own: Ask) -> None:
    async def asker(server: LanguageServer) -> None:
        assert (await completed(server, CELLS, "model.¦")).matches
        connection = server._connection
        assert connection
        connection._stdin.close()
        assert await asyncio.wait_for(connection._process.wait(), 30) == 0

    ask_own(asker)


def test_the_folder_is_read_and_nothing_else_happens_to_it(ask_own: Ask, folder: Path) -> None:
    (folder / "deno.json").write_text(
        '{"imports": {"bedrock-import": "./own.ts"}, "compilerOptions": {"strict": false}}'
    )
    (folder / "package.json").write_text('{"name": "own", "dependencies": {"left-pad": "1.3.0"}}')
    (folder / "own.ts").write_text("/** Made here. */\nexport const own = 1;\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    async def asker(server: LanguageServer) -> None:
        code = 'import { own } from "./own.ts";\nown.no; const text: string = null;'
        assert await warned(server, CELLS, code) == [(2, 5, 2339), (2, 15, 2322)]
        text = await hovered(server, [code], "ow¦n")
        assert text and "Made here." in text
        assert (await completed(server, [], 'import {} from "./ow¦"')).matches == ["./own.ts"]
        assert (await completed(server, CELLS, "model.¦")).matches == ["name", "size"]
        assert await warned(server, [], 'import pad from "npm:left-pad@1.3.0"; pad("a")') == []

    ask_own(asker)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@contextmanager
def registry() -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", asked
        finally:
            server.shutdown()
            thread.join()


def test_nothing_goes_over_the_network(ask_own: Ask) -> None:
    with registry() as (address, asked):

        async def asker(server: LanguageServer) -> None:
            for package in ("npm:chalk", "jsr:@std/path", f"{address}mod.ts"):
                await completed(server, [], f'import * as a from "{package}¦"')
                await completed(server, [], f'import * as a from "{package}"; a.¦')
                assert await warned(server, [], f'import * as a from "{package}"; a;') == []
            assert (await completed(server, CELLS, "model.¦")).matches == ["name", "size"]

        ask_own(asker, NPM_CONFIG_REGISTRY=address, JSR_URL=address, NO_PROXY="127.0.0.1")
    assert asked == []
