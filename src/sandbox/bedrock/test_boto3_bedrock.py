"""The whole job by clients that nobody here wrote, on the real model: huggingface_hub downloads it
from the sandbox's hub, boto3 uploads it in parts, imports it, asks it and deletes it again."""

import json
import os
import time
import uuid
from pathlib import Path

import huggingface_hub
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from jupyterlab_bedrock_import.command import prepare_models

QUESTION = "What is the capital of France?"


def unique(name):
    return f"{name}-{uuid.uuid4().hex[:12]}"


def refused(call, *args, **kwargs):
    """Code, message and HTTP status of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], response["Error"]["Message"], status


def when_ready(call, *args, **kwargs):
    """Calls until the model's cold start is over."""
    for _ in range(240):
        try:
            return call(*args, **kwargs)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ModelNotReadyException":
                raise
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429
        time.sleep(0.5)
    raise AssertionError("the model never got ready")


@pytest.fixture(scope="module")
def sandbox(start_sandbox):
    """One with the real model in its hub, in place of the small ones that other tests are served."""
    models = prepare_models(os.environ)
    with start_sandbox("--fault", "import-seconds=1", models_directory=models) as running:
        yield running


@pytest.fixture(scope="module")
def bedrock(sandbox):
    return sandbox.client("bedrock")


@pytest.fixture(scope="module")
def runtime(sandbox):
    return sandbox.client("bedrock-runtime")


@pytest.fixture(scope="module")
def uploaded(sandbox, tmp_path_factory):
    """The model as it came from the hub, in S3 by multipart upload; its s3Uri."""
    folder = huggingface_hub.snapshot_download(
        sandbox.env["BEDROCK_IMPORT_SANDBOX_MODEL"],
        endpoint=sandbox.env["HF_ENDPOINT"],
        cache_dir=tmp_path_factory.mktemp("huggingface"),
        token=False,
    )
    s3 = sandbox.client("s3", config=Config(s3={"addressing_style": "path"}))
    bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
    prefix = f"boto3/{uuid.uuid4().hex}"
    parts = TransferConfig(multipart_threshold=16 * 2**20, multipart_chunksize=16 * 2**20)
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            key = f"{prefix}/{path.relative_to(folder).as_posix()}"
            s3.upload_file(str(path), bucket, key, Config=parts)
            if os.path.getsize(path) > parts.multipart_threshold:
                assert "-" in s3.head_object(Bucket=bucket, Key=key)["ETag"], "not in parts"
    return f"s3://{bucket}/{prefix}/"


def job_input(sandbox, s3_uri, **changes):
    return {
        "jobName": unique("job"),
        "importedModelName": unique("model"),
        "roleArn": sandbox.env["BEDROCK_IMPORT_SANDBOX_ROLE_ARN"],
        "modelDataSource": {"s3DataSource": {"s3Uri": s3_uri}},
        **changes,
    }


def follow(bedrock, job_arn):
    for _ in range(240):
        job = bedrock.get_model_import_job(jobIdentifier=job_arn)
        if job["status"] != "InProgress":
            return job
        time.sleep(0.25)
    raise AssertionError("the import never ended")


@pytest.fixture(scope="module")
def imported(sandbox, bedrock, uploaded):
    """The job's input and its end, and what a second job at the same time was told."""
    asked = job_input(sandbox, uploaded, clientRequestToken=uuid.uuid4().hex)
    started = bedrock.create_model_import_job(**asked)
    assert started["ResponseMetadata"]["HTTPStatusCode"] == 201
    second = refused(bedrock.create_model_import_job, **job_input(sandbox, uploaded))
    again = bedrock.create_model_import_job(**asked)
    job = follow(bedrock, started["jobArn"])
    yield {"asked": asked, "job": job, "second": second, "again": again["jobArn"]}
    bedrock.delete_imported_model(modelIdentifier=asked["importedModelName"])


@pytest.fixture(scope="module")
def model_arn(imported):
    return imported["job"]["importedModelArn"]


def test_the_job_completes_and_leaves_a_model(bedrock, imported, uploaded):
    job = imported["job"]
    assert job["status"] == "Completed", job.get("failureMessage")
    assert job["jobName"] == imported["asked"]["jobName"]
    assert job["endTime"] >= job["creationTime"]
    model = bedrock.get_imported_model(modelIdentifier=job["importedModelArn"])
    assert model["modelName"] == imported["asked"]["importedModelName"]
    assert model["jobArn"] == job["jobArn"]
    assert model["modelArchitecture"] == "LlamaForCausalLM"
    assert model["instructSupported"] is True
    assert model["modelDataSource"]["s3DataSource"]["s3Uri"] == uploaded


def test_lists_show_the_job_and_the_model(bedrock, imported):
    pages = bedrock.get_paginator("list_model_import_jobs").paginate(
        statusEquals="Completed", PaginationConfig={"PageSize": 1}
    )
    jobs = [job["jobName"] for page in pages for job in page["modelImportJobSummaries"]]
    assert imported["asked"]["jobName"] in jobs
    assert len(jobs) == len(set(jobs))
    name = imported["asked"]["importedModelName"]
    models = bedrock.list_imported_models(nameContains=name)["modelSummaries"]
    assert [model["modelName"] for model in models] == [name]
    later = bedrock.list_imported_models(creationTimeAfter=imported["job"]["endTime"])
    assert name not in [model["modelName"] for model in later["modelSummaries"]]


def test_one_job_at_a_time_and_one_job_for_one_token(imported):
    code, message, status = imported["second"]
    assert (code, status) == ("ServiceQuotaExceededException", 400)
    assert "concurrent model import jobs" in message
    assert imported["again"] == imported["job"]["jobArn"]


def test_names_of_jobs_are_used_for_ever(sandbox, bedrock, imported, uploaded):
    asked = job_input(sandbox, uploaded, jobName=imported["asked"]["jobName"])
    assert refused(bedrock.create_model_import_job, **asked) == (
        "ValidationException",
        "The provided job name is currently in use.",
        400,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("jobName", "has space"),
        ("jobName", "a" + "-" * 40 + "!"),
        ("importedModelName", "has.dot"),
    ],
)
def test_bad_names_are_refused(sandbox, bedrock, uploaded, field, value):
    asked = job_input(sandbox, uploaded, **{field: value})
    code, message, status = refused(bedrock.create_model_import_job, **asked)
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith(
        f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: "
    )


def test_a_role_that_is_not_there_is_refused(sandbox, bedrock, uploaded):
    role = "arn:aws:iam::123456789012:role/Nobody"
    asked = job_input(sandbox, uploaded, roleArn=role)
    code, message, _ = refused(bedrock.create_model_import_job, **asked)
    assert (code, message) == ("ValidationException", "The provided role ARN is invalid.")


def test_a_job_without_a_model_fails_with_a_message(sandbox, bedrock, imported):
    bucket = sandbox.env["BEDROCK_IMPORT_SANDBOX_BUCKET"]
    asked = job_input(sandbox, f"s3://{bucket}/nothing-here/")
    job = follow(bedrock, bedrock.create_model_import_job(**asked)["jobArn"])
    assert job["status"] == "Failed"
    assert "config.json" in job["failureMessage"]
    assert "importedModelArn" not in job
    assert job["endTime"] >= job["creationTime"]


def test_invoke_answers_the_three_body_formats(runtime, model_arn):
    def invoke(body):
        answer = when_ready(runtime.invoke_model, modelId=model_arn, body=json.dumps(body))
        assert answer["contentType"] == "application/json"
        return json.loads(answer["body"].read())

    chat = invoke({"messages": [{"role": "user", "content": QUESTION}], "max_tokens": 40})
    assert "Paris" in chat["choices"][0]["message"]["content"]
    assert chat["choices"][0]["finish_reason"] == "stop"
    assert chat["usage"]["total_tokens"] == (
        chat["usage"]["prompt_tokens"] + chat["usage"]["completion_tokens"]
    )
    completion = invoke({"prompt": "The capital of France is", "max_tokens": 3})
    assert "Paris" in completion["choices"][0]["text"]
    assert completion["choices"][0]["finish_reason"] == "length"
    generation = invoke({"prompt": "The capital of France is", "max_gen_len": 3})
    assert generation["generation"] == completion["choices"][0]["text"]
    assert generation["generation_token_count"] == 3
    assert generation["stop_reason"] == "length"


def test_invoke_streams(runtime, model_arn):
    answer = when_ready(
        runtime.invoke_model_with_response_stream,
        modelId=model_arn,
        body=json.dumps({"messages": [{"role": "user", "content": QUESTION}], "max_tokens": 40}),
    )
    chunks = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert "Paris" in text
    assert len(chunks) > 3
    metrics = chunks[-1]["amazon-bedrock-invocationMetrics"]
    assert metrics["inputTokenCount"] > 0
    assert metrics["outputTokenCount"] > 3


def test_converse_answers(runtime, model_arn):
    answer = when_ready(
        runtime.converse,
        modelId=model_arn,
        messages=[{"role": "user", "content": [{"text": QUESTION}]}],
        inferenceConfig={"maxTokens": 40},
    )
    assert "Paris" in answer["output"]["message"]["content"][0]["text"]
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"]["outputTokens"] > 3


def test_converse_streams(runtime, model_arn):
    answer = when_ready(
        runtime.converse_stream,
        modelId=model_arn,
        messages=[{"role": "user", "content": [{"text": QUESTION}]}],
        inferenceConfig={"maxTokens": 40},
    )
    events = list(answer["stream"])
    text = "".join(
        event["contentBlockDelta"]["delta"]["text"]
        for event in events
        if "contentBlockDelta" in event
    )
    assert "Paris" in text
    assert [name for event in events[-3:] for name in event] == [
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]


def test_a_malformed_body_and_an_unknown_model_are_refused(runtime, model_arn):
    code, message, status = refused(runtime.invoke_model, modelId=model_arn, body=b"{")
    assert (code, status) == ("ValidationException", 400)
    assert message == "Malformed input request, please reformat your input and try again."
    nobody = model_arn[:-12] + "a" * 12
    code, _, status = refused(runtime.invoke_model, modelId=nobody, body=b'{"prompt":"x"}')
    assert (code, status) == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize("service", ["bedrock", "bedrock-runtime"])
def test_a_wrong_signature_is_refused(sandbox, service):
    wrong = sandbox.client(service, aws_secret_access_key="wrong")
    call = {
        "bedrock": lambda: wrong.list_imported_models(),
        "bedrock-runtime": lambda: wrong.invoke_model(modelId="m", body=b"{}"),
    }[service]
    code, message, status = refused(call)
    assert (code, status) == ("InvalidSignatureException", 403)
    assert message.startswith(
        "The request signature we calculated does not match the signature you provided."
    )


def test_a_deleted_model_is_gone(sandbox, bedrock, uploaded, imported):
    asked = job_input(sandbox, uploaded)
    job = follow(bedrock, bedrock.create_model_import_job(**asked)["jobArn"])
    arn = job["importedModelArn"]
    bedrock.delete_imported_model(modelIdentifier=arn)
    for call in (bedrock.get_imported_model, bedrock.delete_imported_model):
        code, _, status = refused(call, modelIdentifier=arn)
        assert (code, status) == ("ResourceNotFoundException", 404)
    kept = bedrock.get_model_import_job(jobIdentifier=asked["jobName"])
    assert kept["status"] == "Completed"
