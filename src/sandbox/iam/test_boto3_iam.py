"""IAM and STS of the sandbox, by boto3 as it is."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
READ = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::models", "arn:aws:s3:::models/*"],
            "Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}},
        }
    ],
}


def refused(call, **kwargs):
    with pytest.raises(ClientError) as caught:
        call(**kwargs)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def iam(sandbox):
    return sandbox.client("iam")


@pytest.fixture
def role(iam):
    name = f"Role-{uuid.uuid4().hex[:8]}"
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    yield name
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def test_a_role_with_its_policy(iam, role):
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=json.dumps(READ))
    found = iam.get_role(RoleName=role)["Role"]
    assert found["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/{role}"
    # boto3 has decoded the documents that came URL-encoded.
    assert found["AssumeRolePolicyDocument"] == TRUST
    policy = iam.get_role_policy(RoleName=role, PolicyName="read")
    assert policy["PolicyDocument"] == READ
    assert refused(iam.delete_role, RoleName=role) == (
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
    )


def test_roles_are_listed_in_pages(iam, role):
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1})
    names = [found["RoleName"] for page in pages for found in page["Roles"]]
    assert role in names
    assert "BedrockImportSandboxRole" in names


def test_tags(iam, role):
    iam.tag_role(RoleName=role, Tags=[{"Key": "made-by", "Value": "a test + more"}])
    tags = iam.list_role_tags(RoleName=role)["Tags"]
    assert tags == [{"Key": "made-by", "Value": "a test + more"}]


def test_refusals(iam, role):
    trust = json.dumps(TRUST)
    assert refused(iam.create_role, RoleName=role, AssumeRolePolicyDocument=trust) == (
        "EntityAlreadyExists",
        f"Role with name {role} already exists.",
    )
    assert refused(iam.get_role, RoleName="Nobody") == (
        "NoSuchEntity",
        "The role with name Nobody cannot be found.",
    )
    assert refused(iam.put_role_policy, RoleName=role, PolicyName="p", PolicyDocument="{") == (
        "MalformedPolicyDocument",
        "This policy contains invalid Json",
    )
    code, message = refused(iam.create_role, RoleName="a/b", AssumeRolePolicyDocument=trust)
    assert code == "ValidationError"
    assert message.startswith("The specified value for roleName is invalid.")


def test_the_simulator_judges_the_role(iam, role):
    iam.put_role_policy(RoleName=role, PolicyName="read", PolicyDocument=json.dumps(READ))

    def decisions(account):
        results = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
            ActionNames=["s3:GetObject", "s3:PutObject"],
            ResourceArns=["arn:aws:s3:::models/config.json"],
            ContextEntries=[
                {
                    "ContextKeyName": "aws:ResourceAccount",
                    "ContextKeyValues": [account],
                    "ContextKeyType": "string",
                }
            ],
        )["EvaluationResults"]
        return [result["EvalDecision"] for result in results]

    assert decisions(ACCOUNT) == ["allowed", "implicitDeny"]
    assert decisions("999999999999") == ["implicitDeny", "implicitDeny"]


def test_sessions(sandbox, iam, role):
    sts = sandbox.client("sts")
    me = sts.get_caller_identity()
    assert me["Account"] == ACCOUNT
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    issued = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    session = {
        "aws_access_key_id": issued["AccessKeyId"],
        "aws_secret_access_key": issued["SecretAccessKey"],
        "aws_session_token": issued["SessionToken"],
    }
    assumed = sandbox.client("sts", **session).get_caller_identity()
    assert assumed["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/test"
    assert refused(sandbox.client("iam", **session).list_roles)[0] == "AccessDenied"
    without_token = {**session, "aws_session_token": None}
    assert refused(sandbox.client("sts", **without_token).get_caller_identity) == (
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )


def test_a_wrong_signature_is_refused(sandbox):
    wrong = sandbox.client("sts", aws_secret_access_key="wrong")
    assert refused(wrong.get_caller_identity)[0] == "SignatureDoesNotMatch"
