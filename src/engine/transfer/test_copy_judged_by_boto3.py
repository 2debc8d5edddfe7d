"""boto3, which shares nothing with the engine, judges what a copy has left in S3."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

PART = 16 * 2**20
PREFIX = "judged/"

# No pattern, so that a part in the wrong place changes the hash.
LARGE = b"".join(number.to_bytes(4, "little") for number in range(9_500_000))
FILES = {
    "config.json": b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}',
    "model-00001-of-00002.safetensors": LARGE,
    "model-00002-of-00002.safetensors": LARGE[:1_000_003],
    "tokenizer.json": b"{}",
}


def test_bytes_checksums_and_parts(start_sandbox: Any, bedrock_import: Any) -> None:
    with start_sandbox(models={"acme/judged": FILES}) as sandbox:
        s3 = sandbox.client("s3")
        bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]

        plan = bedrock_import(
            sandbox, "copy", "acme/judged", f"s3://{bucket}/{PREFIX}", "--plan-only"
        )
        assert s3.list_objects_v2(Bucket=bucket).get("KeyCount") == 0

        document = bedrock_import(sandbox, "copy", "acme/judged", f"s3://{bucket}/{PREFIX}")

        listed = s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX)["Contents"]
        found = {entry["Key"].removeprefix(PREFIX): entry for entry in listed}
        taken = {file["path"] for file in plan["plan"]["files"]}
        assert set(found) == taken | {"bedrock-import-manifest.json"}
        assert taken >= set(FILES)
        proofs = {proof["path"]: proof for proof in document["files"]}
        for path, content in FILES.items():
            key = PREFIX + path
            answer = s3.get_object(Bucket=bucket, Key=key)
            assert answer["Body"].read() == content
            digest = hashlib.sha256(content).digest()
            head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
            assert head["ChecksumSHA256"] == base64.b64encode(digest).decode()
            assert head["ChecksumType"] == "FULL_OBJECT"
            assert proofs[path]["sha256"] == digest.hex()
            assert proofs[path]["etag"] == head["ETag"]
        assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
        manifest = json.loads(
            s3.get_object(Bucket=bucket, Key=f"{PREFIX}bedrock-import-manifest.json")["Body"].read()
        )
        assert {file["path"]: file["sha256"] for file in manifest["files"]} == {
            path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()
        }


def test_a_copy_goes_on_with_parts_that_boto3_sent(
    start_sandbox: Any, bedrock_import: Any
) -> None:
    """Parts are the planned ones, whoever sent them: S3 is asked, not a journal."""
    with start_sandbox(models={"acme/judged": FILES}) as sandbox:
        s3 = sandbox.client("s3")
        bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
        key = PREFIX + "model-00001-of-00002.safetensors"
        upload = s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
        s3.upload_part(
            Bucket=bucket, Key=key, UploadId=upload, PartNumber=1, Body=LARGE[:PART]
        )
        document = bedrock_import(sandbox, "copy", "acme/judged", f"s3://{bucket}/{PREFIX}")
        # The part that boto3 sent was found by ListParts and not sent again.
        assert document["movedBytes"] == document["totalBytes"] - PART
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert hashlib.sha256(body).digest() == hashlib.sha256(LARGE).digest()
        assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
