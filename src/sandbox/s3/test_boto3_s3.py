"""boto3, unmodified, against the S3 of the sandbox: what it does and how it is refused."""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
import uuid
import zlib
from pathlib import Path
from typing import Any

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import urllib3
from boto3.s3.transfer import TransferConfig
from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError

PART_BYTES = 5 * 2**20


def client(sandbox: Any, **changes: Any) -> BaseClient:
    config = Config(signature_version="s3v4").merge(changes.pop("config", None) or Config())
    return sandbox.client("s3", config=config, **changes)


@pytest.fixture(scope="module")
def s3(sandbox: Any) -> BaseClient:
    return client(sandbox)


@pytest.fixture(scope="module")
def bucket(sandbox: Any) -> str:
    return sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]


@pytest.fixture
def key() -> str:
    return f"boto3/{uuid.uuid4()}"


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, int]:
    response = error.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def send(
    method: str, url: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, str, Any]:
    """Status, text and headers of one request by a client that knows nothing of S3."""
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        answer = pool.request(method, url, body=body, headers=headers)
        return answer.status, answer.data.decode(), answer.headers


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_uploads_and_downloads_a_file_in_parts(
    s3: BaseClient, bucket: str, key: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(2 * PART_BYTES + 12_345))
    config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)
    extra = {"Metadata": {"model": "tiny"}, "ContentType": "text/plain"}
    s3.upload_file(str(source), bucket, key, Config=config, ExtraArgs=extra)
    head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert head["ETag"].endswith('-3"')
    assert head["ChecksumCRC32"].endswith("-3")
    assert head["ChecksumType"] == "COMPOSITE"
    assert head["Metadata"] == {"model": "tiny"}
    assert head["ContentType"] == "text/plain"
    target = tmp_path / "target"
    s3.download_file(bucket, key, str(target), Config=config)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("mode", ["when_supported", "when_required"])
def test_puts_and_gets_bytes(sandbox: Any, bucket: str, key: str, mode: str) -> None:
    s3 = client(sandbox, config=Config(request_checksum_calculation=mode))
    odd = f"{key}/a b+ü&'\"<>?#%2F"
    s3.put_object(Bucket=bucket, Key=odd, Body=b"hello")
    assert s3.get_object(Bucket=bucket, Key=odd)["Body"].read() == b"hello"
    piece = s3.get_object(Bucket=bucket, Key=odd, Range="bytes=1-2")
    assert piece["Body"].read() == b"el"
    assert piece["ContentRange"] == "bytes 1-2/5"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]
    assert [entry["Key"] for entry in listed] == [odd]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": odd}]})
    assert deleted["Deleted"] == [{"Key": odd}]
    assert s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_keeps_checksums(s3: BaseClient, bucket: str, key: str, algorithm: str) -> None:
    put = s3.put_object(Bucket=bucket, Key=key, Body=b"hello", ChecksumAlgorithm=algorithm)
    head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    # The client checks it against the bytes by itself.
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"hello"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ChecksumSHA256", sha256(b"other"), "The SHA256 you specified did not match"),
        ("ChecksumCRC32", crc32(b"other"), "The CRC32 you specified did not match"),
    ],
)
def test_refuses_a_wrong_checksum(
    s3: BaseClient, bucket: str, key: str, field: str, value: str, words: str
) -> None:
    with pytest.raises(ClientError, match=words) as error:
        s3.put_object(Bucket=bucket, Key=key, Body=b"hello", **{field: value})
    assert refusal(error) == ("BadDigest", 400)
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key=key)
    assert refusal(error) == ("NoSuchKey", 404)


def test_refuses_a_wrong_md5_and_an_invalid_one(s3: BaseClient, bucket: str, key: str) -> None:
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    for value, code in [(wrong, "BadDigest"), ("short", "InvalidDigest")]:
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key=key, Body=b"hello", ContentMD5=value)
        assert refusal(error) == (code, 400)


class TestSignatures:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"aws_secret_access_key": "wrong"}, ("SignatureDoesNotMatch", 403)),
            ({"aws_access_key_id": "UNKNOWN"}, ("InvalidAccessKeyId", 403)),
            ({"aws_session_token": "unexpected"}, ("InvalidToken", 400)),
        ],
    )
    def test_refuses_wrong_credentials(
        self, sandbox: Any, bucket: str, changes: dict[str, str], expected: tuple[str, int]
    ) -> None:
        with pytest.raises(ClientError) as error:
            client(sandbox, **changes).list_objects_v2(Bucket=bucket)
        assert refusal(error) == expected

    def test_names_the_right_region(self, sandbox: Any) -> None:
        with pytest.raises(ClientError, match="expecting 'us-east-1'") as error:
            client(sandbox, region_name="eu-west-1").list_buckets()
        assert refusal(error) == ("AuthorizationHeaderMalformed", 400)
        assert error.value.response["Error"]["Region"] == "us-east-1"

    def test_refuses_a_late_request(self, sandbox: Any, bucket: str) -> None:
        status, text, _ = self.send(sandbox, bucket, date=datetime.timedelta(hours=-1))
        assert status == 403
        assert "<Code>RequestTimeTooSkewed</Code>" in text

    def test_refuses_another_body_than_the_signed_one(self, sandbox: Any, bucket: str) -> None:
        status, text, _ = self.send(sandbox, bucket, body=b"jello")
        assert status == 400
        assert "<Code>XAmzContentSHA256Mismatch</Code>" in text

    def test_takes_the_same_request_unchanged(self, sandbox: Any, bucket: str) -> None:
        assert self.send(sandbox, bucket)[0] == 200

    @staticmethod
    def send(
        sandbox: Any,
        bucket: str,
        body: bytes = b"hello",
        date: datetime.timedelta = datetime.timedelta(),
    ) -> tuple[int, str, Any]:
        """Signs a PUT of b"hello" with botocore's own signer, and sends another body."""
        env = sandbox.env
        request = botocore.awsrequest.AWSRequest(
            method="PUT", url=f"{env['AWS_ENDPOINT_URL']}/{bucket}/signed", data=b"hello"
        )
        request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(b"hello").hexdigest()
        credentials = botocore.credentials.Credentials(
            env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]
        )
        signer = botocore.auth.S3SigV4Auth(credentials, "s3", env["AWS_REGION"])
        signer.payload = lambda _request: hashlib.sha256(b"hello").hexdigest()
        moment = datetime.datetime.now(datetime.timezone.utc) + date
        request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
        signer._modify_request_before_signing(request)
        canonical = signer.canonical_request(request)
        signature = signer.signature(signer.string_to_sign(request, canonical), request)
        signer._inject_signature_to_request(request, signature)
        headers = dict(request.headers.items())
        return send("PUT", request.url, body, headers)


class TestPresigned:
    def test_puts_with_the_checksum_in_a_signed_header(
        self, s3: BaseClient, bucket: str, key: str
    ) -> None:
        url = s3.generate_presigned_url(
            "put_object",
            Params={"Bucket": bucket, "Key": key, "ChecksumSHA256": sha256(b"hello")},
        )
        # In the header, not in the query, where S3 would ignore it.
        assert "x-amz-checksum-sha256" in url.split("X-Amz-SignedHeaders=")[1]
        headers = {"x-amz-checksum-sha256": sha256(b"hello")}
        status, text, _ = send("PUT", url, b"jello", headers)
        assert status == 400
        assert "<Code>BadDigest</Code>" in text
        status, _, answered = send("PUT", url, b"hello", headers)
        assert status == 200
        assert answered["x-amz-checksum-sha256"] == sha256(b"hello")

    def test_gets(self, s3: BaseClient, bucket: str, key: str) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=b"hello")
        params = {"Bucket": bucket, "Key": key}
        url = s3.generate_presigned_url("get_object", Params=params)
        assert send("GET", url)[:2] == (200, "hello")
        status, text, _ = send("GET", url.replace(key, f"{key}x"))
        assert status == 403
        assert "<Code>SignatureDoesNotMatch</Code>" in text
        negative = s3.generate_presigned_url("get_object", Params=params, ExpiresIn=-1)
        assert "AuthorizationQueryParametersError" in send("GET", negative)[1]

    def test_must_be_signed_in_version_4(self, sandbox: Any, bucket: str, key: str) -> None:
        old = boto3.client(
            "s3",
            endpoint_url=sandbox.env["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=sandbox.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=sandbox.env["AWS_SECRET_ACCESS_KEY"],
            config=Config(signature_version="s3"),
        )
        url = old.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        status, text, _ = send("GET", url)
        assert status == 400
        assert "Please use AWS4-HMAC-SHA256." in text

    def test_needs_a_length(self, s3: BaseClient, bucket: str, key: str) -> None:
        url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key})
        status, text, _ = send("PUT", url, iter([b"hello"]))
        assert status == 501
        assert "<Header>Transfer-Encoding</Header>" in text

    def test_a_plus_in_a_path_is_a_space(self, s3: BaseClient, bucket: str, key: str) -> None:
        s3.put_object(Bucket=bucket, Key=f"{key} x", Body=b"space")
        s3.put_object(Bucket=bucket, Key=f"{key}+x", Body=b"plus")
        params = {"Bucket": bucket, "Key": f"{key} x"}
        url = s3.generate_presigned_url("get_object", Params=params)
        assert send("GET", url.replace("%20x?", "+x?"))[1] == "space"
        params["Key"] = f"{key}+x"
        assert send("GET", s3.generate_presigned_url("get_object", Params=params))[1] == "plus"

    def test_an_unmodified_object_is_no_answer_with_a_body(
        self, s3: BaseClient, bucket: str, key: str
    ) -> None:
        tag = s3.put_object(Bucket=bucket, Key=key, Body=b"same")["ETag"]
        with pytest.raises(ClientError) as refused:
            s3.get_object(Bucket=bucket, Key=key, IfNoneMatch=tag)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 304


class TestMultipart:
    def test_lists_and_completes(self, s3: BaseClient, bucket: str, key: str) -> None:
        target = {"Bucket": bucket, "Key": key}
        target["UploadId"] = s3.create_multipart_upload(
            Bucket=bucket, Key=key, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT"
        )["UploadId"]
        uploads = s3.list_multipart_uploads(Bucket=bucket, Prefix=key)["Uploads"]
        assert [upload["UploadId"] for upload in uploads] == [target["UploadId"]]
        data = [os.urandom(PART_BYTES), b"end"]
        for number, body in enumerate(data, 1):
            s3.upload_part(**target, PartNumber=number, Body=body)
        listed = s3.list_parts(**target)["Parts"]
        assert [part["Size"] for part in listed] == [PART_BYTES, 3]
        assert listed[1]["ChecksumCRC32"] == crc32(b"end")
        parts = [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in listed]
        done = s3.complete_multipart_upload(
            **target,
            MultipartUpload={"Parts": parts},
            ChecksumCRC32=crc32(b"".join(data)),
            ChecksumType="FULL_OBJECT",
        )
        assert done["ChecksumCRC32"] == crc32(b"".join(data))
        copy = s3.copy_object(
            Bucket=bucket,
            Key=key,
            CopySource={"Bucket": bucket, "Key": key},
            ChecksumAlgorithm="SHA256",
            MetadataDirective="REPLACE",
        )["CopyObjectResult"]
        assert copy["ChecksumSHA256"] == sha256(b"".join(data))
        assert copy["ChecksumType"] == "FULL_OBJECT"

    def test_lists_uploads_and_parts_page_by_page(
        self, s3: BaseClient, bucket: str, key: str
    ) -> None:
        keys = [f"{key}/{name}" for name in ("a", "a", "a", "b", "c")]
        begun = [s3.create_multipart_upload(Bucket=bucket, Key=name)["UploadId"] for name in keys]
        pages = list(
            s3.get_paginator("list_multipart_uploads").paginate(
                Bucket=bucket, Prefix=f"{key}/", PaginationConfig={"PageSize": 2}
            )
        )
        assert [len(page["Uploads"]) for page in pages] == [2, 2, 1]
        listed = [upload for page in pages for upload in page["Uploads"]]
        assert [upload["Key"] for upload in listed] == keys
        assert {upload["UploadId"] for upload in listed} == set(begun)

        part = {"Bucket": bucket, "Key": keys[-1], "UploadId": begun[-1]}
        for number in (1, 2, 5):
            s3.upload_part(**part, PartNumber=number, Body=b"x" * number)
        pages = list(
            s3.get_paginator("list_parts").paginate(**part, PaginationConfig={"PageSize": 2})
        )
        sizes = [[found["Size"] for found in page["Parts"]] for page in pages]
        assert sizes == [[1, 2], [5]]
        for name, upload in zip(keys, begun):
            s3.abort_multipart_upload(Bucket=bucket, Key=name, UploadId=upload)
        with pytest.raises(ClientError) as error:
            s3.list_parts(**part)
        assert refusal(error) == ("NoSuchUpload", 404)

    @pytest.mark.parametrize(
        ("numbers", "code"),
        [([1, 2], "EntityTooSmall"), ([2, 1], "InvalidPartOrder"), ([1, 7], "InvalidPart")],
    )
    def test_refuses_a_completion(
        self, s3: BaseClient, bucket: str, key: str, numbers: list[int], code: str
    ) -> None:
        target = {"Bucket": bucket, "Key": key}
        target["UploadId"] = s3.create_multipart_upload(**target)["UploadId"]
        sent = {
            number: s3.upload_part(**target, PartNumber=number, Body=b"small")
            for number in (1, 2)
        }
        parts = [
            {
                "PartNumber": number,
                "ETag": sent[min(number, 2)]["ETag"],
                "ChecksumCRC32": sent[min(number, 2)]["ChecksumCRC32"],
            }
            for number in numbers
        ]
        with pytest.raises(ClientError) as error:
            s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})
        assert refusal(error) == (code, 400)
        s3.abort_multipart_upload(**target)
        with pytest.raises(ClientError) as error:
            s3.list_parts(**target)
        assert refusal(error) == ("NoSuchUpload", 404)

    def test_knows_which_types_go_with_which_algorithm(
        self, s3: BaseClient, bucket: str, key: str
    ) -> None:
        with pytest.raises(ClientError, match="FULL_OBJECT checksum type cannot be used") as error:
            s3.create_multipart_upload(
                Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256", ChecksumType="FULL_OBJECT"
            )
        assert refusal(error) == ("InvalidRequest", 400)


def test_refuses_a_copy_onto_itself_without_a_change(
    s3: BaseClient, bucket: str, key: str
) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=b"hello")
    with pytest.raises(ClientError, match="This copy request is illegal") as error:
        s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key})
    assert refusal(error) == ("InvalidRequest", 400)


class TestBuckets:
    def test_somebody_elses(self, s3: BaseClient) -> None:
        with pytest.raises(ClientError) as error:
            s3.list_objects_v2(Bucket="somebody-elses-bucket")
        assert refusal(error) == ("AccessDenied", 403)

    def test_follows_the_redirect_to_another_region(self, sandbox: Any, s3: BaseClient) -> None:
        with pytest.raises(ClientError) as error:
            client(sandbox, config=Config(s3={"addressing_style": "path"})).head_bucket(
                Bucket="not-here-at-all"
            )
        assert refusal(error) == ("404", 404)
        # boto3 signs again for the region that the refusal names.
        assert s3.list_objects_v2(Bucket="bucket-in-another-region")["KeyCount"] == 0

    def test_a_head_names_the_region_too(self, sandbox: Any, bucket: str) -> None:
        elsewhere = client(sandbox, region_name="eu-west-3")
        assert elsewhere.head_bucket(Bucket=bucket)["BucketRegion"] == sandbox.env["AWS_REGION"]

    def test_read_only(self, s3: BaseClient) -> None:
        with pytest.raises(ClientError, match="s3:PutObject") as error:
            s3.put_object(Bucket="read-only-bucket", Key="k", Body=b"")
        assert refusal(error) == ("AccessDenied", 403)

    def test_bad_names(self, sandbox: Any) -> None:
        with pytest.raises(ClientError) as error:
            client(sandbox).create_bucket(Bucket="192.168.5.4")
        assert refusal(error) == ("InvalidBucketName", 400)
