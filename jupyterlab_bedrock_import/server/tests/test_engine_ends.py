"""What pages see when the engine ends, or cannot be started."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from jupyterlab_bedrock_import.server import engine_process
from jupyterlab_bedrock_import.server.app import BedrockImportApp
from jupyterlab_bedrock_import.server.tests.pages import (
    ENGINES,
    Connect,
    asked,
    end_of,
    is_running,
    lines_of,
    until,
)

RESTARTED = (1012, "engine restarted")


def starts(notes: Path) -> list[int]:
    return [int(line.split()[1]) for line in lines_of(notes) if line.startswith("start ")]


async def test_pages_reconnect_to_a_new_engine(
    connect: Connect, notes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = await connect(), await connect()
    await one.write_message("die 5 out of memory")
    assert await end_of(one) == RESTARTED
    assert await end_of(two) == RESTARTED
    assert "ended with code 5. Its last lines:\nout of memory" in caplog.text
    again = await connect()
    assert await asked(again, "echo again") == "again"
    assert len(starts(notes)) == 2
    assert not is_running(starts(notes)[0])


async def test_an_engine_that_ends_by_itself_is_started_for_the_next_page(
    connect: Connect, notes: Path
) -> None:
    for _ in range(2):
        page = await connect()
        await page.write_message("die 0 done")
        assert await end_of(page) == RESTARTED
    assert await asked(await connect(), "echo again") == "again"
    assert len(starts(notes)) == 3


async def test_jobs_go_on_without_a_page(connect: Connect, notes: Path) -> None:
    page = await connect()
    await page.write_message("busy true")
    await page.write_message("die 1 killed")
    assert await end_of(page) == RESTARTED
    await until(lambda: len(starts(notes)) == 2)
    assert lines_of(notes)[-1].endswith(" --resume")
    # An engine without jobs is not started again.
    page = await connect()
    await page.write_message("busy false")
    await page.write_message("die 1 killed")
    assert await end_of(page) == RESTARTED
    assert await asked(await connect(), "echo again") == "again"
    assert not lines_of(notes)[-2].endswith(" --resume")
    assert len(starts(notes)) == 3


async def test_nothing_is_started_for_a_status_or_before_a_page(
    jp_fetch, app: BedrockImportApp, notes: Path
) -> None:
    assert (await jp_fetch("bedrock-import", "status")).code == 200
    assert app.relay is not None and app.relay.engine is None
    assert lines_of(notes) == []


class TestCrashing:
    @pytest.fixture
    def words(self) -> str:
        return "Deno is missing 🙂"

    @pytest.fixture
    def engine_command(self, words: str) -> list[str]:
        return [sys.executable, str(ENGINES / "crashing.py"), words]

    async def test_one_that_keeps_crashing_is_left_alone_for_a_while(
        self, connect: Connect, app: BedrockImportApp, words: str
    ) -> None:
        assert app.relay is not None
        now = time.monotonic()
        app.relay.clock = lambda: now
        for _ in range(3):
            assert await end_of(await connect()) == RESTARTED
        for _ in range(2):
            assert await end_of(await connect()) == (4500, words)
        app.relay.clock = lambda: now + 31
        assert await end_of(await connect()) == RESTARTED

    async def test_crashes_far_apart_are_no_reason(
        self, connect: Connect, app: BedrockImportApp
    ) -> None:
        assert app.relay is not None
        now = time.monotonic()
        for number in range(5):
            app.relay.clock = lambda number=number: now + 16 * number
            assert await end_of(await connect()) == RESTARTED


class TestCrashingWithLongWords(TestCrashing):
    @pytest.fixture
    def words(self) -> str:
        return "ä" * 60


class TestMissing:
    @pytest.fixture
    def engine_command(self, tmp_path: Path) -> list[str]:
        return [str(tmp_path / "no-such-program")]

    async def test_one_that_cannot_be_started_says_why(
        self, connect: Connect, notes: Path
    ) -> None:
        for _ in range(5):
            code, reason = await end_of(await connect())
            assert code == 4501
            assert reason is not None
            assert "No such file" in reason and len(reason.encode()) <= 120


class TestStop:
    async def test_the_end_of_the_server_ends_the_engine(
        self, connect: Connect, app: BedrockImportApp, notes: Path
    ) -> None:
        page = await connect()
        assert await asked(page, "echo here") == "here"
        await app.stop_extension()
        assert (await end_of(page))[0] == 1001
        assert lines_of(notes)[-1] == "eof"
        assert not is_running(starts(notes)[0])
        # A page that has not heard of it yet starts no new one.
        assert (await end_of(await connect()))[0] == 1001
        await app.stop_extension()
        assert len(starts(notes)) == 1

    async def test_without_an_engine_there_is_nothing_to_end(self, app: BedrockImportApp) -> None:
        await app.stop_extension()


class TestDeaf:
    @pytest.fixture
    def engine_command(self, notes: Path) -> list[str]:
        return [sys.executable, str(ENGINES / "deaf.py"), str(notes)]

    async def test_one_that_does_not_read_is_waited_for_and_ended_in_the_end(
        self,
        connect: Connect,
        app: BedrockImportApp,
        notes: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(engine_process, "STOP_SECONDS", 0.1)
        monkeypatch.setattr(engine_process, "SIGNAL_SECONDS", 0.1)
        pages = [await connect() for _ in range(3)]
        await until(lambda: starts(notes) != [])
        for page in pages:
            page.write_message("x" * 1_000_000)
        pages[0].close()
        await app.stop_extension()
        for page in pages[1:]:
            await end_of(page)
        await until(lambda: not is_running(starts(notes)[0]))
