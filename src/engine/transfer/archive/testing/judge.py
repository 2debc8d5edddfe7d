"""Compares what a copy left in S3 with the archive, by boto3 and tarfile alone.

Usage: judge.py BUCKET KEY PREFIX [ROOT]. Prints JSON: what differs, and how many files were compared.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import tarfile

import boto3
from botocore.config import Config


def main(bucket: str, key: str, prefix: str, root: str = "") -> None:
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    found = {item["Key"][len(prefix) :] for item in listed}
    found.discard("bedrock-import-manifest.json")
    problems: list[str] = []
    with tempfile.TemporaryFile() as file:
        s3.download_fileobj(bucket, key, file)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:*") as archive:
            # The last one of a name wins.
            members = {os.path.normpath(info.name): info for info in archive if info.isreg()}
            for path in sorted(found):
                info = members.get(os.path.normpath(root + path))
                body = archive.extractfile(info) if info else None
                if body is None:
                    problems.append(f"{path} is not in the archive")
                    continue
                expected = body.read()
                answer = s3.get_object(Bucket=bucket, Key=prefix + path)
                if hashlib.sha256(answer["Body"].read()).digest() != hashlib.sha256(expected).digest():
                    problems.append(f"{path} has other bytes")
    uploads = s3.list_multipart_uploads(Bucket=bucket, Prefix=prefix).get("Uploads", [])
    problems += [f"an unfinished upload of {upload['Key']}" for upload in uploads]
    json.dump({"compared": sorted(found), "problems": problems}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
