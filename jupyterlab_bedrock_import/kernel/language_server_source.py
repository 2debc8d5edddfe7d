"""What has to look different of a cell so that it can stand in a block of a TypeScript module.
Found without a parser: where somebody types, the syntax is seldom right."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

TOKEN = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)
    | (?P<template>`)
    | (?P<word>[\w$]+)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<slash>/)
    | (?P<other>\S)
    | \s+
    """,
    re.DOTALL | re.VERBOSE,
)
TEMPLATE_TEXT = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{)|\\\Z)*", re.DOTALL)
REGULAR_EXPRESSION = re.compile(r"/(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+/\w*")

# After these, a slash begins a regular expression; after anything else it divides.
OPERATORS = frozenset("(,=:[!&|?{;+-*%<>~^")
BEFORE_EXPRESSION = frozenset(
    "await case delete do else in instanceof new of return throw typeof void yield".split()
)

# These look at a cell's outermost level only, where nothing is left inside brackets and strings.
IMPORT = re.compile(
    r"""(?<![\w$.#])import\b(?!\s*[.(])
        (?P<clause>[^;"'`=()]*)
        (?P<specifier>"_*(?P<closed>")?|'_*(?P<closed_too>')?)
        (?P<attributes>\s*with\s*\{\s*\})?
        [ \t]*;?""",
    re.VERBOSE,
)
CLAUSE = re.compile(r"\s*|[\s{].*[\s}]from\s*", re.DOTALL)
BINDINGS = re.compile(
    r"""\s*(?P<type>type\b(?!\s*,)\s*)?
        (?P<default>[\w$]+)?\s*,?\s*
        (?:\*\s*as\s+(?P<namespace>[\w$]+)|\{(?P<named>[^}]*)\})?\s*""",
    re.VERBOSE,
)
EXPORTED_NAMES = re.compile(
    r"""(?<![\w$.#])export\s*(?:type\s*)?(?:\{\s*\}|\*(?:\s*as\s+[\w$]+)?)
        (?:\s*from\s*(?:"_*"|'_*'))?(?:\s*with\s*\{\s*\})?[ \t]*;?""",
    re.VERBOSE,
)
EXPORT = re.compile(r"(?<![\w$.#])export\s+(?:default\b)?")
VAR = re.compile(r"(?<![\w$.#])var(?=\s)")


@dataclass(frozen=True)
class ImportStatement:
    """An import, which has to stand outside of blocks."""

    start: int
    end: int
    text: str
    # Somebody still types it.
    is_complete: bool
    # A statement for each name that it declares; without names, one for itself.
    declares: Mapping[str, str]


@dataclass(frozen=True)
class CellSource:
    """A cell as it can stand in a block."""

    # As long as the cell, and every character that is left is where it was.
    body: str
    imports: tuple[ImportStatement, ...]
    # Every bracket, string and comment has its end.
    is_whole: bool


@functools.lru_cache(maxsize=512)
def read_cell(code: str) -> CellSource:
    """Takes a cell apart."""
    code = same_length(code)
    clean, outermost, is_whole = mask(code)
    imports = tuple(
        import_statement(code, clean, found)
        for found in IMPORT.finditer(outermost)
        if CLAUSE.fullmatch(found["clause"])
    )
    body = VAR.sub("let", outermost)
    body = "".join(now if now != before else at for now, before, at in zip(body, outermost, code))
    spans = [(statement.start, statement.end) for statement in imports]
    for pattern in (EXPORTED_NAMES, EXPORT):
        spans += [found.span() for found in pattern.finditer(outermost)]
    for start, end in spans:
        body = body[:start] + blank(body[start:end]) + body[end:]
    return CellSource(body, imports, is_whole)


def same_length(code: str) -> str:
    """One kind of line end, no half characters, which JSON cannot have, and no #! line."""
    code = code.replace("\r\n", " \n").replace("\r", "\n")
    code = re.sub("[\ud800-\udfff]", "\ufffd", code)
    return "//" + code[2:] if code.startswith("#!") else code


def blank(text: str, filler: str = " ") -> str:
    return re.sub(r"[^\n]", filler, text)


def mask(code: str) -> tuple[str, str, bool]:
    """The code without comments; the same without what is in brackets and strings; and whether
    everything in it has its end. Both are as long as the code."""
    clean: list[str] = []
    outermost: list[str] = []
    # Opening brackets, and ` for each template that is interrupted by ${.
    opened: list[str] = []
    is_whole = True
    last = ""
    at = 0

    def put(text: str, top: str) -> None:
        clean.append(text)
        outermost.append(blank(text) if opened else top)

    def put_template(start: int) -> int:
        nonlocal is_whole
        found = TEMPLATE_TEXT.match(code, start)
        end = found.end() if found else start
        put(code[start:end], blank(code[start:end], "_"))
        if end == len(code):
            is_whole = False
        elif code[end] == "`":
            put("`", "`")
            return end + 1
        else:
            put("${", "${")
            opened.append("`")
            return end + 2
        return end

    while at < len(code):
        token = TOKEN.match(code, at)
        assert token
        kind, text, start = token.lastgroup, token[0], at
        at = token.end()
        if kind == "slash" and (not last or last in OPERATORS or last in BEFORE_EXPRESSION):
            if found := REGULAR_EXPRESSION.match(code, start):
                kind, text, at = "expression", found[0], found.end()
        if kind == "comment":
            ends = text.startswith("//") or (len(text) > 3 and text.endswith("*/"))
            is_whole = is_whole and ends
            clean.append(blank(text))
            outermost.append(blank(text))
            continue
        if kind == "string":
            ends = len(text) > 1 and text[0] == text[-1]
            is_whole = is_whole and ends
            inner = blank(text[1:-1] if ends else text[1:], "_")
            put(text, text[0] + inner + text[0] * ends)
        elif kind == "expression":
            put(text, blank(text, "_"))
        elif kind == "template":
            put(text, text)
            at = put_template(at)
        elif kind == "open":
            put(text, text)
            opened.append(text)
        elif kind == "close":
            opening = opened.pop() if opened else ""
            is_whole = is_whole and opening + text in ("()", "[]", "{}", "`}")
            put(text, text)
            if opening == "`":
                at = put_template(at)
        else:
            put(text, text)
        if kind:
            last = text
    return "".join(clean), "".join(outermost), is_whole and not opened


def import_statement(code: str, clean: str, found: re.Match[str]) -> ImportStatement:
    clause = re.sub(r"from\s*$", "", clean[slice(*found.span("clause"))])
    source = clean[found.start("specifier") : found.end()].rstrip().rstrip(";") + ";"
    is_complete = bool(found["closed"] or found["closed_too"])
    return ImportStatement(
        *found.span(), code[slice(*found.span())], is_complete, declared(clause, source)
    )


def declared(clause: str, source: str) -> dict[str, str]:
    names = BINDINGS.fullmatch(clause)
    if not clause.strip() or names is None:
        return {source: f"import {source}"}
    word = f"import {names['type'] or ''}"
    result: dict[str, str] = {}
    if name := names["default"]:
        result[name] = f"{word}{name} from {source}"
    if name := names["namespace"]:
        result[name] = f"{word}* as {name} from {source}"
    for part in (names["named"] or "").split(","):
        if words := part.split():
            result[words[-1]] = f"{word}{{ {' '.join(words)} }} from {source}"
    return result
