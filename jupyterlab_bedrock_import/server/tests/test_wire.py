"""Lines between server and engine."""

from __future__ import annotations

import json

import pytest

from jupyterlab_bedrock_import.server.wire import (
    MAX_REASON_BYTES,
    Awake,
    Busy,
    Close,
    Frame,
    Job,
    Steering,
    WireError,
    close_line,
    close_reason,
    frame_line,
    open_line,
    parse_line,
)


def test_what_the_server_says_is_one_line_of_json() -> None:
    text = '{"a":"\n\r\u2028 ä 🙂"}'
    line = frame_line("7", text)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert json.loads(line) == {"type": "frame", "client": "7", "text": text}
    assert json.loads(open_line("7")) == {"type": "open", "client": "7"}
    assert json.loads(close_line("7")) == {"type": "close", "client": "7"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"type":"frame","client":"1","text":""}', Frame("1", "")),
        ('{"type":"frame","client":"1","text":"ä","more":1}\r', Frame("1", "ä")),
        ('{"type":"close","client":"1","code":1000,"reason":""}', Close("1", 1000, "")),
        ('{"type":"close","client":"1","code":4999,"reason":"r"}', Close("1", 4999, "r")),
        ('{"type":"busy","busy":true}', Busy(True)),
        ('{"type":"steering"}', Steering()),
        ('{"type":"awake","jobs":[]}', Awake(())),
        (
            '{"type":"awake","jobs":[{"id":"a","title":"A","more":1},{"id":"b","title":""}]}',
            Awake((Job("a", "A"), Job("b", ""))),
        ),
    ],
)
def test_what_the_engine_says(line: str, message: Frame | Close | Awake | Busy) -> None:
    assert parse_line(line.encode()) == message


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"hello", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"type":"frame","client":"1","text":"\xff"}', "not UTF-8"),
        (b"[]", "not an object"),
        (b"null", "not an object"),
        (b"{}", "no type"),
        (b'{"type":["frame"]}', "no type"),
        (b'{"type":"later"}', "type is unknown"),
        (b'{"type":"frame","client":1,"text":"a"}', "client is not a string"),
        (b'{"type":"frame","client":"1"}', "text is not a string"),
        (b'{"type":"frame","client":"1","text":{}}', "text is not a string"),
        (b'{"type":"close","client":"1","reason":""}', "code is not an integer"),
        (b'{"type":"close","client":"1","code":true,"reason":""}', "code is not an integer"),
        (b'{"type":"close","client":"1","code":1e3,"reason":""}', "code is not an integer"),
        (b'{"type":"close","client":"1","code":999,"reason":""}', "code is none"),
        (b'{"type":"close","client":"1","code":1005,"reason":""}', "code is none"),
        (b'{"type":"close","client":"1","code":70000,"reason":""}', "code is none"),
        (b'{"type":"close","client":"1","code":1000}', "reason is not a string"),
        (b'{"type":"busy","busy":1}', "neither true nor false"),
        (b'{"type":"awake"}', "jobs are not an array"),
        (b'{"type":"awake","jobs":[1]}', "not an object"),
        (b'{"type":"awake","jobs":[{"id":"a"}]}', "title is not a string"),
    ],
)
def test_what_is_no_message_says_why(line: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        parse_line(line)


def test_a_reason_fits_a_close_frame_and_is_cut_between_characters() -> None:
    assert close_reason("short") == "short"
    assert close_reason("a" * 500) == "a" * MAX_REASON_BYTES
    assert close_reason("a" + "🙂" * 100) == "a" + "🙂" * 29
    assert close_reason("\ud800") == "?"
