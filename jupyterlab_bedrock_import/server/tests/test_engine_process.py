"""The engine as a child process, with real processes of the test's own."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

import pytest

from jupyterlab_bedrock_import.server import engine_process
from jupyterlab_bedrock_import.server.engine_process import EngineProcess, read_lines
from jupyterlab_bedrock_import.server.tests.pages import ENGINES, is_running, lines_of, until
from jupyterlab_bedrock_import.server.wire import Frame, frame_line, parse_line

LOG = logging.getLogger("engine-test")


async def started(tmp_path: Path, script: str, *arguments: str) -> EngineProcess:
    return await EngineProcess.start(
        [sys.executable, str(ENGINES / script), *arguments],
        cwd=str(tmp_path),
        env=os.environ,
        log=LOG,
    )


@pytest.mark.parametrize("chunk", [1, 3, 1000])
async def test_lines_are_whole_and_long_ones_are_cut(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "READ_BYTES", chunk)
    stream = asyncio.StreamReader()
    stream.feed_data(b"one\n\n1234\n12345\n123456789\nlast")
    stream.feed_eof()
    assert [line async for line in read_lines(stream, 4)] == [
        (b"one", False),
        (b"", False),
        (b"1234", False),
        (b"1234", True),
        (b"1234", True),
        (b"last", False),
    ]


async def test_no_bytes_are_no_lines() -> None:
    stream = asyncio.StreamReader()
    stream.feed_eof()
    assert [line async for line in read_lines(stream, 4)] == []


async def test_it_answers_and_ends_with_its_input(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    engine = await started(tmp_path, "obedient.py", str(notes))
    await engine.send(frame_line("1", "echo hällo"))
    lines = engine.lines()
    assert parse_line(await lines.__anext__()) == Frame("1", "hällo")
    await engine.stop()
    assert [line async for line in lines] == []
    assert await engine.ended() == 0
    assert lines_of(notes)[-1] == "eof"
    assert not is_running(engine.pid)


async def test_ctrl_c_in_the_terminal_does_not_reach_it(tmp_path: Path) -> None:
    engine = await started(tmp_path, "obedient.py", str(tmp_path / "notes"))
    await engine.send(frame_line("1", "facts"))
    message = parse_line(await engine.lines().__anext__())
    assert isinstance(message, Frame)
    facts = json.loads(message.text)
    assert facts["pid"] == facts["session"] == engine.pid
    await engine.stop()


async def test_one_that_ignores_everything_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(engine_process, "SIGNAL_SECONDS", 0.1)
    notes = tmp_path / "notes"
    engine = await started(tmp_path, "deaf.py", str(notes))
    await until(lambda: lines_of(notes) != [])
    # More than the pipe holds, so that this waits until the engine is gone.
    sending = asyncio.ensure_future(engine.send(frame_line("1", "x" * 1_000_000)))
    await engine.stop()
    await until(lambda: not is_running(engine.pid))
    await sending
    assert await engine.ended() == -9


async def test_what_is_sent_to_one_that_has_ended_is_lost_without_an_error(tmp_path: Path) -> None:
    engine = await started(tmp_path, "crashing.py", "words")
    assert [line async for line in engine.lines()] == []
    for _ in range(3):
        await engine.send(frame_line("1", "echo"))
    assert await engine.ended() == 3


async def test_its_last_lines_are_kept_cut_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    engine = await started(tmp_path, "obedient.py", str(tmp_path / "notes"))
    for number in range(100):
        await engine.send(frame_line("1", f"complain {number} {'ä' * 600}"))
    await engine.send(frame_line("1", "die 7 the last words"))
    assert await engine.ended() == 7
    lines = list(engine.last_lines)
    assert len(lines) == 50
    assert lines[0] == f"51 {'ä' * 497}"
    assert lines[-1] == "the last words"
    logged = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert f"engine: 0 {'ä' * 498}" in logged
    assert "engine: the last words" in logged


async def test_nothing_to_start_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no-such-program"):
        await EngineProcess.start(
            [str(tmp_path / "no-such-program")], cwd=str(tmp_path), env=os.environ, log=LOG
        )
