"""Streams files from the hub into S3 with boto3's upload_fileobj, four files at a time.

Arguments: a JSON file with [{"url", "key"}], and the bucket.
"""

import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3

FILES_AT_A_TIME = 4

with open(sys.argv[1]) as file:
    files = json.load(file)
bucket = sys.argv[2]
s3 = boto3.client("s3")


def copy(entry: dict[str, str]) -> None:
    with urllib.request.urlopen(entry["url"]) as answer:
        s3.upload_fileobj(answer, bucket, entry["key"])


with ThreadPoolExecutor(FILES_AT_A_TIME) as pool:
    list(pool.map(copy, files))
