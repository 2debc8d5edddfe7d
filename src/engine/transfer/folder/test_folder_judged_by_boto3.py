"""boto3, which shares nothing with the engine, judges what the copy of a folder has left in S3."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

PREFIX = "tuned/"
# No pattern, so that a part in the wrong place changes the hash.
LARGE = b"".join(number.to_bytes(4, "little") for number in range(9_500_000))
FILES = {
    "config.json": b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}',
    "model-00001-of-00002.safetensors": LARGE,
    "model-00002-of-00002.safetensors": LARGE[:1_000_003],
    "odd name +100%25 \u00fc#1.safetensors": b"odd",
    "empty.safetensors": b"",
    "tokenizer.json": b"{}",
    "additional_chat_templates/tool.jinja": b"{{ 1 }}",
}
LEFT = {".git/HEAD": b"x", "checkpoint-10/model.safetensors": b"x", "optimizer.pt": b"x"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tmp_path / "tuned model"
    for path, content in {**FILES, **LEFT}.items():
        file = model / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return model


def test_bytes_and_checksums(start_sandbox: Any, bedrock_import: Any, folder: Path) -> None:
    with start_sandbox() as sandbox:
        s3 = sandbox.client("s3")
        bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
        destination = f"s3://{bucket}/{PREFIX}"
        document = bedrock_import(sandbox, "copy", str(folder), destination)
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX)["Contents"]
        found = {entry["Key"].removeprefix(PREFIX) for entry in listed}
        assert found == set(FILES) | {"bedrock-import-manifest.json"}
        proofs = {proof["path"]: proof for proof in document["files"]}
        for path, content in FILES.items():
            key = PREFIX + path
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content
            digest = hashlib.sha256(content).digest()
            head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
            assert head["ChecksumSHA256"] == base64.b64encode(digest).decode()
            assert head["ChecksumType"] == "FULL_OBJECT"
            assert head["Metadata"]["bedrock-import-source"].startswith("tuned-model@")
            assert proofs[path]["sha256"] == digest.hex()
            assert proofs[path]["etag"] == head["ETag"]
        assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
        manifest = json.loads(
            s3.get_object(Bucket=bucket, Key=f"{PREFIX}bedrock-import-manifest.json")["Body"].read()
        )
        assert manifest["source"]["kind"] == "folder"
        assert {file["path"] for file in manifest["leftOut"]} >= {".git/", "optimizer.pt"}

        # What was flipped in S3 behind the manifest's back goes again, and nothing else.
        key = PREFIX + "model-00002-of-00002.safetensors"
        s3.put_object(Bucket=bucket, Key=key, Body=LARGE[1:1_000_004])
        again = bedrock_import(sandbox, "copy", str(folder), destination, "--overwrite")
        assert again["movedBytes"] == 1_000_003
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == LARGE[:1_000_003]


def test_an_object_that_boto3_sent_with_its_sha256_is_not_sent_again(
    start_sandbox: Any, bedrock_import: Any, folder: Path
) -> None:
    with start_sandbox() as sandbox:
        s3 = sandbox.client("s3")
        bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
        path = "model-00001-of-00002.safetensors"
        s3.put_object(
            Bucket=bucket, Key=PREFIX + path, Body=LARGE, ChecksumAlgorithm="SHA256"
        )
        document = bedrock_import(sandbox, "copy", str(folder), f"s3://{bucket}/{PREFIX}")
        proofs = {proof["path"]: proof["provedBy"] for proof in document["files"]}
        assert proofs[path] == "s3-stored-checksum"
        assert document["movedBytes"] == document["totalBytes"] - len(LARGE)
