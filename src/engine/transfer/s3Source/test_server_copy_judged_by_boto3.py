"""boto3 fills a prefix, the engine copies it inside S3, boto3 judges the copy."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any

from boto3.s3.transfer import TransferConfig

MIB = 2**20
SOURCE = "from somewhere+\u00fc%20/"
PREFIX = "copied/"
LARGE = b"".join(number.to_bytes(4, "little") for number in range(6_000_000))
FILES = {
    "config.json": b'{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}',
    "model-00001-of-00002.safetensors": LARGE,
    "model-00002-of-00002.safetensors": LARGE[:1_000_003],
    "odd name +100%25 \u00fc#1?.safetensors": b"odd",
    "empty.safetensors": b"",
    "tokenizer.json": b"{}",
}


def fill(s3: Any, bucket: str) -> None:
    parts = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB)
    for path, content in FILES.items():
        s3.upload_fileobj(BytesIO(content), bucket, SOURCE + path, Config=parts)


def test_bytes_checksums_and_metadata(start_sandbox: Any, bedrock_import: Any) -> None:
    with start_sandbox() as sandbox:
        s3 = sandbox.client("s3")
        bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
        fill(s3, bucket)
        source, destination = f"s3://{bucket}/{SOURCE}", f"s3://{bucket}/{PREFIX}"
        document = bedrock_import(sandbox, "copy", source, destination)
        proofs = {proof["path"]: proof for proof in document["files"]}
        assert set(proofs) == set(FILES)
        for path, content in FILES.items():
            key = PREFIX + path
            assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == content
            digest = hashlib.sha256(content).digest()
            head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
            assert head["ChecksumSHA256"] == base64.b64encode(digest).decode()
            assert head["ChecksumType"] == "FULL_OBJECT"
            assert head["Metadata"]["bedrock-import-source"].startswith("from-somewhere-")
            source_etag = s3.head_object(Bucket=bucket, Key=SOURCE + path)["ETag"]
            assert proofs[path]["sourceEtag"] == source_etag
            assert proofs[path]["sha256"] == digest.hex()
        again = bedrock_import(sandbox, "copy", source, destination)
        assert again["nothingMoved"] is True


def test_a_copy_from_another_region_as_boto3_makes_it(start_sandbox: Any) -> None:
    """What the engine relies on: the request goes to the Region of the destination."""
    with start_sandbox() as sandbox:
        s3 = sandbox.client("s3")
        there = sandbox.client("s3", region_name="eu-central-1")
        bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
        other = "bucket-in-another-region"
        there.put_object(Bucket=other, Key="raw", Body=LARGE)
        # boto3 alone cannot compute this checksum; S3 does it in a copy.
        there.copy_object(
            Bucket=other,
            Key="a",
            CopySource={"Bucket": other, "Key": "raw"},
            ChecksumAlgorithm="CRC64NVME",
        )
        place = {"Bucket": other, "Key": "a"}
        copied = s3.copy_object(
            Bucket=bucket, Key="b", CopySource=place, ChecksumAlgorithm="SHA256"
        )
        expected = base64.b64encode(hashlib.sha256(LARGE).digest()).decode()
        assert copied["CopyObjectResult"]["ChecksumSHA256"] == expected
        upload = s3.create_multipart_upload(
            Bucket=bucket, Key="c", ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT"
        )["UploadId"]
        size, parts = 8 * MIB, []
        for number, start in enumerate(range(0, len(LARGE), size), 1):
            end = min(start + size, len(LARGE)) - 1
            answer = s3.upload_part_copy(
                Bucket=bucket,
                Key="c",
                UploadId=upload,
                PartNumber=number,
                CopySource=place,
                CopySourceRange=f"bytes={start}-{end}",
            )
            parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
        s3.complete_multipart_upload(
            Bucket=bucket, Key="c", UploadId=upload, MultipartUpload={"Parts": parts}
        )
        ours = s3.head_object(Bucket=bucket, Key="c", ChecksumMode="ENABLED")
        theirs = there.head_object(Bucket=other, Key="a", ChecksumMode="ENABLED")
        assert ours["ChecksumType"] == theirs["ChecksumType"] == "FULL_OBJECT"
        assert ours["ChecksumCRC64NVME"] == theirs["ChecksumCRC64NVME"]
