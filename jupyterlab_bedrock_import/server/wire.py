"""What server and engine say to each other: one JSON object a line, in UTF-8, over stdio."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

# A control frame holds 125 bytes, two of them the code.
MAX_REASON_BYTES = 120

# What a program may send (RFC 6455, 7.4, and IANA's list); the rest of them only say how a
# connection ended, and sending one is an error.
STANDARD_CLOSE_CODES = (1000, 1001, 1002, 1003, *range(1007, 1015))
OWN_CLOSE_CODES = range(3000, 5000)


class WireError(Exception):
    """A line is no message; says why, without what the line holds."""


@dataclass(frozen=True)
class Frame:
    """A JSON-RPC frame, which the server never looks into, for one page."""

    client: str
    text: str


@dataclass(frozen=True)
class Close:
    """The engine is done with one page."""

    client: str
    code: int
    reason: str


@dataclass(frozen=True)
class Job:
    """A job that must not be stopped by the machine's going to sleep."""

    id: str
    title: str


@dataclass(frozen=True)
class Awake:
    """Every job for which the machine must stay awake."""

    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class Busy:
    """Whether jobs run now, which must not wait for a page when this engine breaks down."""

    busy: bool


@dataclass(frozen=True)
class Steering:
    """The file that says where caches and temporary files go has changed."""


def open_line(client: str) -> bytes:
    """Tells the engine that a page is there."""
    return _line({"type": "open", "client": client})


def frame_line(client: str, text: str) -> bytes:
    """Gives the engine what a page sent."""
    return _line({"type": "frame", "client": client, "text": text})


def close_line(client: str) -> bytes:
    """Tells the engine that a page has gone."""
    return _line({"type": "close", "client": client})


def parse_line(line: bytes) -> Frame | Close | Awake | Busy | Steering:
    """What the engine says. Raises WireError when the line is no message."""
    message = _object(line)
    kind = message.get("type")
    if kind == "frame":
        return Frame(_string(message, "client"), _string(message, "text"))
    if kind == "close":
        return Close(_string(message, "client"), _close_code(message), _string(message, "reason"))
    if kind == "awake":
        return Awake(_jobs(message))
    if kind == "busy":
        return Busy(_boolean(message, "busy"))
    if kind == "steering":
        return Steering()
    raise WireError("its type is unknown" if isinstance(kind, str) else "it has no type")


def close_reason(text: str) -> str:
    """As much of a text as a WebSocket's close frame can hold."""
    return text.encode("utf-8", "replace")[:MAX_REASON_BYTES].decode("utf-8", "ignore")


def _line(message: Mapping[str, str]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> Mapping[str, object]:
    try:
        value: object = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise WireError("it is not UTF-8") from None
    # Arrays in arrays in arrays: the parser has a depth, which is no ValueError.
    except (ValueError, RecursionError):
        raise WireError("it is not JSON") from None
    if not isinstance(value, dict):
        raise WireError("it is not an object")
    return value


def _string(message: Mapping[str, object], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise WireError(f"its {name} is not a string")
    return value


def _boolean(message: Mapping[str, object], name: str) -> bool:
    value = message.get(name)
    if not isinstance(value, bool):
        raise WireError(f"its {name} is neither true nor false")
    return value


def _close_code(message: Mapping[str, object]) -> int:
    code = message.get("code")
    # In Python, true is an int.
    if not isinstance(code, int) or isinstance(code, bool):
        raise WireError("its code is not an integer")
    if code not in STANDARD_CLOSE_CODES and code not in OWN_CLOSE_CODES:
        raise WireError("its code is none that a WebSocket may be closed with")
    return code


def _jobs(message: Mapping[str, object]) -> tuple[Job, ...]:
    jobs = message.get("jobs")
    if not isinstance(jobs, list):
        raise WireError("its jobs are not an array")
    if not all(isinstance(job, dict) for job in jobs):
        raise WireError("one of its jobs is not an object")
    return tuple(Job(_string(job, "id"), _string(job, "title")) for job in jobs)
