"""Where volumes are mounted, as far as the engine has to be told: it may not read ``/proc`` itself."""

from __future__ import annotations

from pathlib import Path

MOUNTS_FILE = "/proc/self/mountinfo"
# What the engine reads (src/engine/removal/removeUnnameable.ts).
UNNAMEABLE_MOUNTS = "BEDROCK_IMPORT_UNNAMEABLE_MOUNTS"

# proc(5): the fields of a line are separated by spaces, and the fifth one is the mount point, in
# which a space, tab, newline and backslash are written in octal, and all other bytes as they are.
MOUNT_POINT_FIELD = 4


def has_unnameable_mounts(file: str = MOUNTS_FILE) -> bool:
    """Whether a volume is mounted under a name that is not valid UTF-8, or that cannot be told from
    one: Deno shows the bytes that are none as U+FFFD."""
    try:
        lines = Path(file).read_bytes().split(b"\n")
    except OSError:
        # No Linux, where nothing is mounted under such names.
        return False
    points = [line.split(b" ")[MOUNT_POINT_FIELD] for line in lines if line.count(b" ") > 4]
    return any("\ufffd" in point.decode("utf-8", "replace") for point in points)
