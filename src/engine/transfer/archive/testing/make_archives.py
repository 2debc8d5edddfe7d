"""Makes tar archives of many kinds with Python's tarfile and the system's tar.

Usage: make_archives.py FOLDER. Prints JSON: by archive, the regular files as tarfile reads them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

MIB = 2**20


def content(size: int, seed: int) -> bytes:
    """Bytes that repeat nowhere."""
    return random.Random(seed).randbytes(size)


def member(name: str, data: bytes, **facts: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info, data


def entry(name: str, kind: bytes, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    return member(name, b"", type=kind, linkname=link)


CONFIG = json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama"}).encode()


def model(top: str = "") -> list[tuple[tarfile.TarInfo, bytes]]:
    return [
        member(f"{top}config.json", CONFIG),
        member(f"{top}model-00001-of-00002.safetensors", content(21 * MIB + 77, 1)),
        member(f"{top}tokenizer.json", b'{"version": "1.0"}'),
        member(f"{top}tokenizer_config.json", b'{"chat_template": "old"}'),
        member(f"{top}model-00002-of-00002.safetensors", content(3 * MIB + 1, 2)),
        member(f"{top}empty.json", b""),
    ]


def pack(members: list[tuple[tarfile.TarInfo, bytes]], **options: Any) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", **options) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(data: bytes, level: int = 1) -> bytes:
    return gzip.compress(data, level, mtime=0)


def odd() -> list[tuple[tarfile.TarInfo, bytes]]:
    long_name = "a" * 90 + "/" + "b" * 120 + "/" + "c" * 60 + ".json"
    return [
        entry("./", tarfile.DIRTYPE),
        member("./config.json", b'{"old": true}'),
        entry("./code/", tarfile.DIRTYPE),
        member("./code/inference.py", b"print('hello')"),
        member("./sub//dir/./file.txt", b"tidied"),
        member(f"./{long_name}", b"long"),
        member("./ümläut 漢字.json", b"unicode"),
        entry("./link.safetensors", tarfile.SYMTYPE, "../blobs/" + "d" * 130),
        entry("./hard.safetensors", tarfile.LNKTYPE, "./config.json"),
        entry("./device", tarfile.CHRTYPE),
        entry("./block", tarfile.BLKTYPE),
        entry("./pipe", tarfile.FIFOTYPE),
        member("/etc/passwd", b"absolute"),
        member("../outside.json", b"outside"),
        member("./a/../../b.json", b"outside too"),
        member("./._model.safetensors", b"macOS"),
        member("./config.json", CONFIG),
        member("./last.bin", content(1000, 9)),
    ]


def regular_files(data: bytes) -> dict[str, dict[str, object]]:
    """As Python reads them; the last one of a name wins."""
    found: dict[str, dict[str, object]] = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for info in archive:
            if info.isreg() and not info.issparse():
                body = archive.extractfile(info)
                digest = hashlib.sha256(body.read() if body else b"").hexdigest()
                found.pop(info.name, None)
                found[info.name] = {"sha256": digest, "sizeBytes": info.size}
    return found


def by_system_tar(folder: Path, name: str, *options: str) -> bytes:
    tree = folder / "tree"
    if not tree.exists():
        (tree / "sub").mkdir(parents=True)
        (tree / "config.json").write_bytes(CONFIG)
        (tree / "model.safetensors").write_bytes(content(700_001, 4))
        (tree / "sub" / ("n" * 200 + ".json")).write_bytes(b"long")
        (tree / "sub" / "link").symlink_to("../config.json")
        with (tree / "holes.bin").open("wb") as holes:
            for index in range(40):
                holes.seek(index * 65_536)
                holes.write(b"x" * 4096)
    out = folder / name
    subprocess.run(["tar", *options, "-cf", str(out), "-C", str(tree), "."], check=True)
    data = out.read_bytes()
    out.unlink()
    return data


def main(folder: Path) -> None:
    plain = pack(model())
    packed = zipped(plain)
    third = len(plain) // 3
    bad_crc = bytearray(packed)
    bad_crc[-6] ^= 1
    flipped = bytearray(plain)
    flipped[512 + 3] ^= 1
    whole = {
        "pax.tar.gz": zipped(pack(model("./"), format=tarfile.PAX_FORMAT)),
        "gnu.tar.gz": zipped(pack(model(), format=tarfile.GNU_FORMAT)),
        "ustar.tar": pack(model(), format=tarfile.USTAR_FORMAT),
        "odd-pax.tar.gz": zipped(pack(odd(), format=tarfile.PAX_FORMAT)),
        "odd-gnu.tar.gz": zipped(pack(odd(), format=tarfile.GNU_FORMAT)),
        "odd-global.tar": pack(
            odd(), format=tarfile.PAX_FORMAT, pax_headers={"comment": "for all", "mtime": "1"}
        ),
        "folder.tar.gz": zipped(
            pack([*model("model/"), member("code/requirements.txt", b"vllm\n")])
        ),
        "members.tar.gz": zipped(plain[:third]) + zipped(plain[third:-1]) + zipped(plain[-1:]),
        "zeros-behind.tar.gz": packed + bytes(70_000),
        "no-end.tar": plain[: plain.rstrip(b"\0").rfind(b"empty.json") + 512],
        "system-gnu.tar": by_system_tar(folder, "1.tar", "--format=gnu"),
        "system-v7.tar": by_system_tar(folder, "2.tar", "--format=v7", "--exclude=nnn*"),
        "system-posix.tar.gz": by_system_tar(folder, "3.tar", "--format=posix", "-z"),
        "sparse-gnu.tar": by_system_tar(folder, "4.tar", "--format=gnu", "--sparse"),
        "sparse-posix.tar": by_system_tar(folder, "5.tar", "--format=posix", "--sparse"),
        "sparse-posix-0.tar": by_system_tar(
            folder, "6.tar", "--format=posix", "--sparse", "--sparse-version=0.1"
        ),
    }
    latin = pack([member("caf\xe9.json", b"x"), member("config.json", CONFIG)], encoding="latin-1",
                 format=tarfile.GNU_FORMAT)
    broken = {
        "latin.tar": latin,
        "garbage-behind.tar.gz": packed + b"garbage" * 20_000,
        "cut.tar.gz": packed[: len(packed) // 2],
        "cut-end.tar.gz": packed[:-3],
        "cut.tar": plain[: len(plain) // 2],
        "bad-crc.tar.gz": bytes(bad_crc),
        "bad-header.tar": bytes(flipped[:3]) + b"!" + bytes(flipped[4:]),
        "later-bad-header.tar": plain[:1024] + b"\xff" * 512 + plain[1536:],
        "random.tar.gz": content(5000, 3),
        "random-zipped.tar.gz": zipped(content(5000, 3)),
        "zip.tar.gz": b"PK\x03\x04" + content(500, 5),
        "xz.tar.gz": b"\xfd7zXZ\x00" + content(500, 5),
        "nothing.tar.gz": b"",
        "no-files.tar.gz": zipped(pack([entry("model/", tarfile.DIRTYPE)])),
        "zeros.tar": bytes(10240),
        "two-models.tar": pack([*model("a/")[:1], *model("b/")[:1]]),
    }
    for name, data in [*whole.items(), *broken.items()]:
        (folder / name).write_bytes(data)
    json.dump({name: regular_files(data) for name, data in whole.items()}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
