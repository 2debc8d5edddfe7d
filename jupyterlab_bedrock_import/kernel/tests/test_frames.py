"""Printed text and frames are told apart wherever the pipe cuts them."""

from __future__ import annotations

import json

import pytest

from jupyterlab_bedrock_import.kernel.frames import Bracket, BracketReader, Frame, FrameReader, Text

MARK = b"\x1b_0123456789abcdef"


def chunk(kind: str, body: bytes) -> bytes:
    return MARK + kind.encode() + f"{len(body):04x}".encode() + body


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def joined(parts: list[Text | Frame | Bracket]) -> list[object]:
    """Texts that follow each other as one."""
    result: list[object] = []
    for part in parts:
        if isinstance(part, Text) and result and isinstance(result[-1], str):
            result[-1] += part.text
        elif isinstance(part, Text):
            result.append(part.text)
        else:
            result.append(part.content if isinstance(part, Frame) else (part.kind, part.value))
    return result


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 64, 10_000])
def test_stdout_is_taken_apart_in_pieces_of_any_size(size: int) -> None:
    frame = json.dumps({"type": "result", "text": "grüße 🦕" * 40}).encode()
    data = (
        "vor 🦕 ".encode()
        + chunk("+", frame[:100])
        + chunk(".", frame[100:])
        + chunk(".", b'{"a":1}')
        # The beginning of a mark that is none.
        + MARK[:5]
        + b"text\n"
    )
    reader = FrameReader(MARK)
    parts = [part for piece in in_pieces(data, size) for part in reader.feed(piece)]
    parts += reader.end()
    assert joined(parts) == [
        "vor 🦕 ",
        json.loads(frame),
        {"a": 1},
        MARK[:5].decode() + "text\n",
    ]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_stderr_is_taken_apart(size: int) -> None:
    data = (
        b"a" + MARK + b"(00000001" + "ü".encode() + MARK + b")00000001" + b"b" + MARK + b"!0000000a"
    )
    reader = BracketReader(MARK)
    parts = [part for piece in in_pieces(data, size) for part in reader.feed(piece)]
    parts += reader.end()
    assert joined(parts) == ["a", ("(", 1), "ü", (")", 1), "b", ("!", 10)]


def test_text_is_passed_on_at_once() -> None:
    reader = FrameReader(MARK)
    assert joined(list(reader.feed(b"50 %\r"))) == ["50 %\r"]


def test_bytes_that_are_no_utf8_are_shown_as_such() -> None:
    reader = FrameReader(MARK)
    parts = [*reader.feed(b"\xff\xfeA"), *reader.end()]
    assert joined(parts) == ["\ufffd\ufffdA"]
