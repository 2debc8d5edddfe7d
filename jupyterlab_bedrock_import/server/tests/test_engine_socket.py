"""Pages and engine, over real sockets and pipes."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import struct
from pathlib import Path

import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from jupyterlab_bedrock_import.server.app import BedrockImportApp
from jupyterlab_bedrock_import.server.handlers import EngineSocket
from jupyterlab_bedrock_import.server.tests.pages import (
    Connect,
    asked,
    end_of,
    lines_of,
    received,
    until,
)

MIB = 1024 * 1024


async def test_answers_reach_only_their_tab(jp_ws_fetch, notes: Path) -> None:
    one = await jp_ws_fetch("bedrock-import", "engine")
    two = await jp_ws_fetch("bedrock-import", "engine")
    text = '{"jsonrpc":"2.0","params":["ä 🙂 \\n \u2028"]}'
    assert await asked(one, f"echo {text}") == text
    assert await asked(two, "echo two") == "two"
    await until(lambda: lines_of(notes)[1:] == ["open 1", "open 2", "frame 1", "frame 2"])
    await one.write_message("say 2 from one")
    assert await received(two) == "from one"
    assert await asked(one, "echo end") == "end"
    assert await asked(two, "echo end") == "end"


async def test_the_engine_is_told_once_of_a_page_that_comes_and_goes(
    connect: Connect, notes: Path
) -> None:
    one, two = await connect(), await connect()
    assert await asked(one, "echo a") == "a"
    one.close()
    await until(lambda: "close 1" in lines_of(notes))
    assert await asked(two, "echo b") == "b"
    assert [line for line in lines_of(notes) if line.endswith(" 1")] == [
        "open 1",
        "frame 1",
        "close 1",
    ]
    assert len([line for line in lines_of(notes) if line.startswith("start")]) == 1


async def test_what_is_for_a_page_that_has_gone_is_passed_over(
    connect: Connect, notes: Path
) -> None:
    one, two = await connect(), await connect()
    one.close()
    await until(lambda: "close 1" in lines_of(notes))
    await two.write_message("say 1 too late")
    assert await asked(two, "echo here") == "here"


async def test_the_engine_closes_one_page(connect: Connect, notes: Path) -> None:
    one, two = await connect(), await connect()
    await one.write_message(f"close 4000 {'why ' * 100}")
    code, reason = await end_of(one)
    assert code == 4000
    assert reason is not None and reason.startswith("why ") and len(reason) <= 120
    assert await asked(two, "echo here") == "here"
    # The engine knows already.
    assert "close 1" not in lines_of(notes)


async def test_the_engine_runs_in_the_servers_root(
    connect: Connect, jp_root_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JUPYTER_SERVER_ROOT", raising=False)
    facts = json.loads(await asked(await connect(), "facts") or "")
    assert facts["cwd"] == str(jp_root_dir)
    assert facts["root"] == str(jp_root_dir)


async def test_a_root_that_is_set_stays(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_SERVER_ROOT", "/some/folder")
    facts = json.loads(await asked(await connect(), "facts") or "")
    assert facts["root"] == "/some/folder"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token wrong"}])
async def test_only_who_is_logged_in_is_let_in(
    headers: dict[str, str], connect: Connect, notes: Path
) -> None:
    for query in ("", "?token=wrong"):
        with pytest.raises(HTTPClientError) as refused:
            await connect(headers, query)
        assert refused.value.code == 403
    assert lines_of(notes) == []


async def test_a_token_in_the_address_is_enough(connect: Connect, jp_serverapp: ServerApp) -> None:
    page = await connect({}, f"?token={jp_serverapp.identity_provider.token}")
    assert await asked(page, "echo in") == "in"


async def test_who_may_not_execute_is_refused(
    connect: Connect, jp_serverapp: ServerApp, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for = []

    def is_authorized(handler: object, user: object, action: str, resource: str) -> bool:
        asked_for.append((action, resource))
        return False

    monkeypatch.setattr(jp_serverapp.authorizer, "is_authorized", is_authorized)
    with pytest.raises(HTTPClientError) as refused:
        await connect()
    assert refused.value.code == 403
    assert asked_for == [("execute", "bedrock-import")]
    assert lines_of(notes) == []


async def test_another_site_is_refused_and_ones_own_is_not(
    connect: Connect, jp_fetch, jp_http_port: int, notes: Path
) -> None:
    # A token that is sent along is of somebody who knows it; a browser sends its cookie for any site.
    login = await jp_fetch("bedrock-import", "status")
    cookie = {"Cookie": login.headers["Set-Cookie"].partition(";")[0]}
    with pytest.raises(HTTPClientError) as refused:
        await connect({**cookie, "Origin": "https://elsewhere.example"})
    assert refused.value.code == 403
    assert lines_of(notes) == []
    own = await connect({**cookie, "Origin": f"http://127.0.0.1:{jp_http_port}"})
    assert await asked(own, "echo in") == "in"


class TestOtherBaseUrls:
    @pytest.fixture(params=["/", "/jupyterlab/default/"])
    def jp_base_url(self, request: pytest.FixtureRequest) -> str:
        return request.param

    async def test_the_socket_is_under_the_base_url(self, connect: Connect) -> None:
        assert await asked(await connect(), "echo there") == "there"


async def test_a_frame_of_almost_four_mebibytes_passes(connect: Connect) -> None:
    size = 4 * MIB - len("length ")
    assert await asked(await connect(), "length " + "x" * size) == str(size)


def send_frame_header(
    host: str, port: int, path: str, headers: dict[str, str], size: int
) -> socket.socket:
    """A WebSocket that has said how long its frame is going to be."""
    connection = socket.create_connection((host, port), timeout=120)
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 ")
    connection.sendall(struct.pack("!BBQ", 0x81, 0x80 | 127, size))
    return connection


async def test_a_frame_of_100_mb_ends_its_socket_and_nothing_else(
    connect: Connect,
    jp_auth_header: dict[str, str],
    jp_http_port: int,
    jp_base_url: str,
    notes: Path,
) -> None:
    other = await connect()
    assert await asked(other, "echo before") == "before"
    path = f"{jp_base_url}bedrock-import/engine"

    def header_only() -> bytes:
        with send_frame_header(
            "127.0.0.1", jp_http_port, path, jp_auth_header, 100_000_000
        ) as connection:
            answer = b""
            while data := connection.recv(1000):
                answer += data
            return answer

    def whole_frame() -> None:
        with send_frame_header(
            "127.0.0.1", jp_http_port, path, jp_auth_header, 100_000_000
        ) as connection:
            connection.sendall(bytes(4) + b"x" * 100_000_000)

    answer = await asyncio.to_thread(header_only)
    assert answer[0] == 0x88
    assert struct.unpack("!H", answer[2:4]) == (1009,)
    # The server does not wait for what it will not read.
    with pytest.raises(OSError):
        await asyncio.to_thread(whole_frame)
    await until(lambda: {"close 2", "close 3"} <= set(lines_of(notes)))
    assert await asked(other, "echo after") == "after"
    assert not {"frame 2", "frame 3"} & set(lines_of(notes))


async def test_binary_frames_are_refused(connect: Connect, notes: Path) -> None:
    page = await connect()
    await page.write_message(b"echo binary", binary=True)
    await page.write_message("echo text")
    assert await end_of(page) == (1003, "frames are text")
    await until(lambda: "close 1" in lines_of(notes))
    assert "frame 1" not in lines_of(notes)


async def test_a_page_that_does_not_read_is_disconnected(
    connect: Connect, notes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineSocket, "max_unsent_bytes", 2 * MIB)
    slow, other = await connect(), await connect()
    await slow.write_message(f"flood 100 {MIB}")
    await until(lambda: "close 1" in lines_of(notes))
    frames = 0
    while (frame := await received(slow)) is not None:
        assert len(frame) == MIB
        frames += 1
    assert 0 < frames < 100
    assert (slow.close_code, slow.close_reason) == (1013, "the page reads too slowly")
    assert await asked(other, "echo here") == "here"


async def test_a_page_that_reads_may_be_sent_more_than_may_wait(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineSocket, "max_unsent_bytes", 2 * MIB)
    page = await connect()
    for _ in range(10):
        assert len(await asked(page, f"big {MIB}") or "") == MIB


async def test_what_is_no_message_is_logged_and_passed_over(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    page = await connect()
    for line in (
        "raw hello from a library" + "!" * 1000,
        'raw {"type":"later","secret":"s3cret"}',
        'raw {"type":"frame","client":7,"text":"s3cret"}',
        'raw {"type":"frame","client":"1","text":"s3cret',
        'raw "s3cret"',
        "raw",
        f"raw {'[' * 100_000}",
        "bytes fffe0a",
        'raw {"type":"close","client":"1","code":1005,"reason":""}',
        'raw {"type":"frame","client":"1","text":"\\ud800"}',
    ):
        await page.write_message(line)
    assert await received(page) == "?"
    assert await asked(page, "echo still here") == "still here"
    warnings = [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ]
    assert any("hello from a library" in warning for warning in warnings)
    assert any("type is unknown" in warning for warning in warnings)
    assert max(map(len, warnings)) < 400


async def test_a_giant_line_is_dropped_and_a_large_one_is_not(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    page = await connect()
    await page.write_message(f"big {33 * MIB}")
    assert await asked(page, "echo after") == "after"
    assert len(await asked(page, f"big {31 * MIB}") or "") == 31 * MIB
    assert any("33554432 bytes; it is dropped" in line for line in caplog.messages)


async def test_no_frame_and_no_token_is_logged(
    connect: Connect, jp_serverapp: ServerApp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = jp_serverapp.identity_provider.token
    page = await connect({}, f"?token={token}")
    assert await asked(page, "echo s3cret") == "s3cret"
    await page.write_message('raw {"type":"frame","client":"1","text":["s3cret"]}')
    await page.write_message("die 1 words")
    await end_of(page)
    assert "words" in caplog.text
    assert "s3cret" not in caplog.text
    assert token not in caplog.text


async def test_a_page_that_goes_at_once_costs_nothing(
    connect: Connect, app: BedrockImportApp, notes: Path
) -> None:
    for _ in range(20):
        (await connect()).close()
    page = await connect()
    assert await asked(page, "echo here") == "here"

    def told(what: str) -> list[str]:
        return [line.split()[1] for line in lines_of(notes) if line.startswith(f"{what} ")]

    await until(lambda: len(told("close")) == len(told("open")) - 1)
    assert len(told("start")) == 1
