"""An engine that does what frames tell it, and notes what the server says in a file.

Its argument is the file. The first word of a frame is the command.
"""

from __future__ import annotations

import json
import os
import sys

sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8", newline="\n")
notes = open(sys.argv[1], "a", encoding="utf-8")


def note(text: str) -> None:
    notes.write(f"{text}\n")
    notes.flush()


def write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tell(**message: object) -> None:
    write(json.dumps(message))


def facts() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "session": os.getsid(0),
        "cwd": os.getcwd(),
        "root": os.environ.get("JUPYTER_SERVER_ROOT"),
    }


def obey(client: str, text: str) -> None:
    command, _, rest = text.partition(" ")
    if command == "echo":
        tell(type="frame", client=client, text=rest)
    elif command == "say":
        other, _, words = rest.partition(" ")
        tell(type="frame", client=other, text=words)
    elif command == "length":
        tell(type="frame", client=client, text=str(len(rest)))
    elif command == "facts":
        tell(type="frame", client=client, text=json.dumps(facts()))
    elif command == "big":
        tell(type="frame", client=client, text="x" * int(rest))
    elif command == "flood":
        count, size = rest.split()
        for _ in range(int(count)):
            tell(type="frame", client=client, text="x" * int(size))
    elif command == "raw":
        write(rest)
    elif command == "bytes":
        sys.stdout.buffer.write(bytes.fromhex(rest))
        sys.stdout.buffer.flush()
    elif command == "close":
        code, _, reason = rest.partition(" ")
        tell(type="close", client=client, code=int(code), reason=reason)
    elif command == "awake":
        tell(type="awake", jobs=json.loads(rest))
    elif command == "busy":
        tell(type="busy", busy=json.loads(rest))
    elif command == "complain":
        print(rest, file=sys.stderr, flush=True)
    elif command == "die":
        code, _, words = rest.partition(" ")
        print(words, file=sys.stderr, flush=True)
        os._exit(int(code))


note(" ".join(["start", str(os.getpid()), *sys.argv[2:]]))
for line in sys.stdin:
    message = json.loads(line)
    note(f"{message['type']} {message['client']}")
    if message["type"] == "frame":
        obey(message["client"], message["text"])
note("eof")
