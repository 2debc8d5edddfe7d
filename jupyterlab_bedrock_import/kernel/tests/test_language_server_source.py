"""Cells as blocks of a module: what is taken out of them, and where the rest is."""

from __future__ import annotations

import pytest

from jupyterlab_bedrock_import.kernel.language_server_document import CellsDocument
from jupyterlab_bedrock_import.kernel.language_server_source import read_cell


@pytest.mark.parametrize(
    ("code", "declares"),
    [
        ('import "a";', {'"a";': 'import "a";'}),
        ("import a from 'b'", {"a": "import a from 'b';"}),
        ('import * as a from "b";', {"a": 'import * as a from "b";'}),
        (
            'import a, { b, c as d, type E, } from "f"',
            {
                "a": 'import a from "f";',
                "b": 'import { b } from "f";',
                "d": 'import { c as d } from "f";',
                "E": 'import { type E } from "f";',
            },
        ),
        ('import type { A } from "b"', {"A": 'import type { A } from "b";'}),
        ('import {\n  // one; "two"\n  a /* = */\n} from "b";', {"a": 'import { a } from "b";'}),
        (
            'import a from "./b.json" with { type: "json" };',
            {"a": 'import a from "./b.json" with { type: "json" };'},
        ),
        ('f(); import a from "b"; g();', {"a": 'import a from "b";'}),
    ],
)
def test_imports_are_taken_out(code: str, declares: dict[str, str]) -> None:
    cell = read_cell(code)
    [statement] = cell.imports
    assert statement.declares == declares
    assert statement.text == code[statement.start : statement.end]
    assert len(cell.body) == len(code) and "import" not in cell.body
    assert cell.body.count("\n") == code.count("\n")
    assert cell.is_whole


@pytest.mark.parametrize(
    "code",
    [
        'const a = await import("b");',
        "import.meta.url",
        'const a = `\nimport a from "b";\n`;',
        '// import a from "b"',
        '/*\nimport a from "b"\n*/',
        'a.import = "b"',
        'const a = { import: "b" }',
        'f(`${`\n${1}`}\nimport a from "b"`)',
        "const a = /['\"`]/; const b = 1 / 2; // it's",
        "const a = 'import b from \\'c\\''",
        "import ",
        "const important = 'from'",
        "exports.var = 1; a.export = 2; const b = { var: 1, export: 2 };",
        "if (a) { var b = 1 }",
    ],
)
def test_everything_else_stays(code: str) -> None:
    cell = read_cell(code)
    assert cell.body == code
    assert cell.imports == ()
    assert cell.is_whole


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("export const a = 1;", "       const a = 1;"),
        ("export default a;", "               a;"),
        ("export { a, b as c };f()", "                     f()"),
        ("export * from 'b'\nf()", "                 \nf()"),
        ("var a = 1;\nvar b", "let a = 1;\nlet b"),
        ("#!/bin/deno\nf()", "///bin/deno\nf()"),
        ("a\r\nb\rc", "a \nb\nc"),
        ("'\ud83d'", "'\ufffd'"),
    ],
)
def test_what_a_block_cannot_have_is_changed_in_its_place(code: str, body: str) -> None:
    assert read_cell(code).body == body


@pytest.mark.parametrize(
    "code", ["{", "f(", "}", "(]", "'a", '"a\n"', "`a", "`${", "`${1", "/* a", "/*/", "`\\"]
)
def test_what_has_no_end_is_noticed(code: str) -> None:
    assert not read_cell(code).is_whole


def line_before(code: str, offset: int) -> str:
    """The last character before it in its line, which the cell's block begins with."""
    return ("{" + code)[offset].replace("\n", "")


def test_every_place_is_found_again() -> None:
    code = 'const a = "🙂";\nimport { b } from "大";  a;\n🙂import c from "d'
    document = CellsDocument(["const a = 1;", 'import { b } from "e"'], code)
    lines = document.text.split("\n")
    for offset in range(len(code) + 1):
        position = document.position(offset)
        assert document.offset(position) == offset
        units = lines[position["line"]].encode("utf-16-le")[: position["character"] * 2]
        before = units.decode("utf-16-le")[-1:]
        # An import begins a line of its own.
        assert before == ("" if code.startswith("import", offset) else line_before(code, offset))
    assert document.offset({"line": 0, "character": 0}) is None
    assert document.offset({"line": len(lines), "character": 0}) is None


def test_a_later_import_replaces_an_earlier_one() -> None:
    earlier = ['import { a, b } from "first";', 'import { a } from "second";']
    text = CellsDocument(earlier, 'import { b } from "third";').text
    assert 'a } from "first"' not in text and 'b } from "first"' not in text
    assert 'import { a } from "second";' in text and 'import { b } from "third";' in text
