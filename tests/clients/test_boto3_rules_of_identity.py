"""Proves that the simulator keeps the rules of Identity Store, SSO Admin and STS beyond their models, seen by boto3.

Uniqueness, what is missing, accounts, Regions, roles and their sessions, and requests that no client would send; each
refusal with the code and the HTTP status that AWS documents.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.client import BaseClient

import servers
from aws import Aws, code_and_status, refusal
from world import (
    ADA,
    AGENTS,
    APPLICATION,
    CONNECT_INSTANCE,
    EMPTY_REGION,
    EXTERNAL_ID,
    FOREIGN_INSTANCE,
    GRACE,
    NOBODY,
    OPEN_ROLE,
    OTHER_ACCOUNT,
    ROLE,
    SSO_INSTANCE,
    STORE,
    WORLD,
)

__all__ = ["WORLD"]

STORED = {"IdentityStoreId": STORE}


# --- Identity Store ---------------------------------------------------------------------------------------------------


def conflict(aws: Aws, call: str, **params: Any) -> tuple[str, int, str | None]:
    refused = refusal(getattr(aws.identity, call), **STORED, **params)
    return refused.code, refused.status, refused.members.get("Reason")


UNIQUE = ("ConflictException", 400, "UNIQUENESS_CONSTRAINT_VIOLATION")


def test_user_names_and_emails_are_unique_whatever_their_case(aws: Aws) -> None:
    name = {"GivenName": "Another", "FamilyName": "Ada"}
    person = {"UserName": "ada2", "DisplayName": "Another Ada", "Name": name}
    assert conflict(aws, "create_user", **person | {"UserName": "ADA"}) == UNIQUE
    assert conflict(aws, "create_user", **person, Emails=[{"Value": "Ada@Example.com"}]) == UNIQUE
    rename = [{"AttributePath": "userName", "AttributeValue": "Grace"}]
    assert conflict(aws, "update_user", UserId=ADA, Operations=rename) == UNIQUE


def test_update_of_a_revision_that_is_past(aws: Aws) -> None:
    revision = aws.identity.describe_user(**STORED, UserId=ADA)["Revision"]
    change = [{"AttributePath": "displayName", "AttributeValue": "Countess"}]
    aws.identity.update_user(**STORED, UserId=ADA, Operations=change, Revision=revision)
    code, status, reason = conflict(aws, "update_user", UserId=ADA, Operations=change, Revision=revision)
    assert (code, status, reason) == ("ConflictException", 400, "CONCURRENT_MODIFICATION")


def test_group_names_are_unique(aws: Aws) -> None:
    rename = [{"AttributePath": "displayName", "AttributeValue": "Supervisors"}]
    assert conflict(aws, "update_group", GroupId=AGENTS, Operations=rename) == UNIQUE


def test_status_can_be_set_beside_the_api(aws: Aws) -> None:
    """AWS's API shows whether a person is disabled; only its console can change that."""
    aws.simulator.control("POST", "people", {"user_name": "ada", "status": "DISABLED"})
    assert aws.identity.describe_user(**STORED, UserId=ADA)["UserStatus"] == "DISABLED"
    members = aws.identity.list_group_memberships(**STORED, GroupId=AGENTS)["GroupMemberships"]
    assert ADA in {membership["MemberId"]["UserId"] for membership in members}, "and they stay in the listing"


def test_update_of_nobody(aws: Aws) -> None:
    operations = [{"AttributePath": "displayName", "AttributeValue": "X"}]
    for call, label, kind in (("update_user", "UserId", "USER"), ("update_group", "GroupId", "GROUP")):
        refused = refusal(getattr(aws.identity, call), **STORED, **{label: NOBODY}, Operations=operations)
        assert (refused.code, refused.status, refused.members["ResourceType"]) == (
            "ResourceNotFoundException",
            400,
            kind,
        )


def test_members_of_a_missing_group(aws: Aws) -> None:
    refused = refusal(aws.identity.list_group_memberships, **STORED, GroupId=NOBODY)
    assert (refused.code, refused.members["ResourceType"]) == ("ResourceNotFoundException", "GROUP")
    assert "Reason" not in refused.members


def test_ids_can_be_arns(aws: Aws) -> None:
    read = aws.identity.describe_user(**STORED, UserId=f"arn:aws:identitystore:::user/{ADA}")
    assert read["UserId"] == ADA, "ids come back bare"


# --- SSO Admin --------------------------------------------------------------------------------------------------------


def test_assignment_through_a_group_is_no_direct_one(aws: Aws) -> None:
    assignment = {"ApplicationArn": APPLICATION, "PrincipalId": GRACE, "PrincipalType": "USER"}
    assert code_and_status(aws.sso.describe_application_assignment, **assignment) == ("ResourceNotFoundException", 400)


@pytest.mark.parametrize(
    "call", ["describe_application", "list_application_assignments", "get_application_assignment_configuration"]
)
def test_missing_application(aws: Aws, call: str) -> None:
    missing = APPLICATION[:-1] + "9"
    assert code_and_status(getattr(aws.sso, call), ApplicationArn=missing) == ("ResourceNotFoundException", 400)


def test_assignment_of_nobody(aws: Aws) -> None:
    assignment = {"ApplicationArn": APPLICATION, "PrincipalId": NOBODY, "PrincipalType": "GROUP"}
    for call in ("create", "describe", "delete"):
        refused = code_and_status(getattr(aws.sso, f"{call}_application_assignment"), **assignment)
        assert refused == ("ResourceNotFoundException", 400)


def test_application_has_a_hundred_groups_at_most(aws: Aws) -> None:
    def assign(number: int) -> dict[str, Any]:
        group = aws.identity.create_group(**STORED, DisplayName=f"Group {number}")["GroupId"]
        return {"ApplicationArn": APPLICATION, "PrincipalId": group, "PrincipalType": "GROUP"}

    for number in range(99):  # one is there already
        aws.sso.create_application_assignment(**assign(number))
    over = assign(100)
    assert code_and_status(aws.sso.create_application_assignment, **over) == ("ServiceQuotaExceededException", 400)
    aws.sso.create_application_assignment(ApplicationArn=APPLICATION, PrincipalId=ADA, PrincipalType="USER")


# --- accounts, Regions, roles -----------------------------------------------------------------------------------------


def test_identity_center_is_in_one_region(aws: Aws) -> None:
    store = aws.elsewhere("identitystore", EMPTY_REGION)
    assert code_and_status(store.list_users, **STORED) == ("ResourceNotFoundException", 400)
    sso = aws.elsewhere("sso-admin", EMPTY_REGION)
    assert code_and_status(sso.describe_application, ApplicationArn=APPLICATION) == ("ResourceNotFoundException", 400)


def session(aws: Aws, role: str, **more: Any) -> dict[str, str]:
    made = aws.sts.assume_role(RoleArn=role, RoleSessionName="rollcall", **more)["Credentials"]
    return {
        "access_key": made["AccessKeyId"],
        "secret_key": made["SecretAccessKey"],
        "session_token": made["SessionToken"],
    }


def test_assumed_role_acts_in_its_own_account(aws: Aws) -> None:
    credentials = session(aws, ROLE, ExternalId=EXTERNAL_ID)
    assert aws.elsewhere("sts", **credentials).get_caller_identity()["Account"] == OTHER_ACCOUNT
    connect = aws.elsewhere("connect", **credentials)
    assert connect.describe_instance(InstanceId=FOREIGN_INSTANCE)["Instance"]["Id"] == FOREIGN_INSTANCE
    assert code_and_status(connect.describe_instance, InstanceId=CONNECT_INSTANCE) == ("AccessDeniedException", 403)
    store = aws.elsewhere("identitystore", **credentials)
    assert code_and_status(store.list_users, **STORED) == ("AccessDeniedException", 400)
    sso = aws.elsewhere("sso-admin", **credentials)
    assert code_and_status(sso.list_applications, InstanceArn=SSO_INSTANCE) == ("AccessDeniedException", 400)


@pytest.mark.parametrize(
    "request_",
    [
        {"RoleArn": ROLE},
        {"RoleArn": ROLE, "ExternalId": "another-secret"},
        {"RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/unknown"},
    ],
    ids=["without-the-external-id", "with-another-external-id", "of-a-role-that-is-not"],
)
def test_role_that_may_not_be_assumed(aws: Aws, request_: dict[str, str]) -> None:
    refused = refusal(aws.sts.assume_role, **request_, RoleSessionName="rollcall")
    assert (refused.code, refused.status) == ("AccessDenied", 403)
    assert "sts:AssumeRole" in refused.message


def test_session_ends(aws: Aws) -> None:
    credentials = session(aws, OPEN_ROLE, DurationSeconds=900)
    connect, store = aws.elsewhere("connect", **credentials), aws.elsewhere("identitystore", **credentials)
    connect.describe_instance(InstanceId=CONNECT_INSTANCE)
    with aws.later(minutes=16):
        assert code_and_status(connect.describe_instance, InstanceId=CONNECT_INSTANCE) == ("ExpiredTokenException", 403)
        assert code_and_status(store.list_users, **STORED) == ("ExpiredTokenException", 400)


def test_session_needs_its_token(aws: Aws) -> None:
    credentials = session(aws, OPEN_ROLE) | {"session_token": "another"}
    connect = aws.elsewhere("connect", **credentials)
    assert code_and_status(connect.describe_instance, InstanceId=CONNECT_INSTANCE) == (
        "UnrecognizedClientException",
        403,
    )
    assert code_and_status(aws.elsewhere("sts", **credentials).get_caller_identity) == ("InvalidClientTokenId", 403)


def test_any_long_lived_key_belongs_to_the_first_account(aws: Aws) -> None:
    other = aws.elsewhere("connect", access_key="AKIAI44QH8DHBEXAMPLE", secret_key=servers.SECRET_KEY)
    assert other.describe_instance(InstanceId=CONNECT_INSTANCE)["Instance"]["Id"] == CONNECT_INSTANCE


# --- the wire ---------------------------------------------------------------------------------------------------------


def garbled(aws: Aws, service: str, **changes: Any) -> BaseClient:
    """A client whose requests are changed after boto3 has built them, before it signs them."""
    client = aws.elsewhere(service, checked=False)

    def change(params: dict[str, Any], **_: Any) -> None:
        params["headers"].update(changes.get("headers", {}))
        params["body"] = changes.get("body", params["body"])
        params["url"] = params["url"] + changes.get("path", "")

    client.meta.events.register("before-call", change)
    return client


@pytest.mark.parametrize("body", [b'{"IdentityStoreId":', b"[]", b"d-9067f0a1b2"])
def test_body_that_is_no_json_object(aws: Aws, body: bytes) -> None:
    store = garbled(aws, "identitystore", body=body)
    assert code_and_status(store.list_users, **STORED) == ("SerializationException", 400)


@pytest.mark.parametrize(
    "body", [b'{"IdentityStoreId": 7}', b'{"IdentityStoreId": "d-9067f0a1b2", "MaxResults": "many"}']
)
def test_member_of_another_type(aws: Aws, body: bytes) -> None:
    store = garbled(aws, "identitystore", body=body)
    assert code_and_status(store.list_users, **STORED) == ("SerializationException", 400)


def test_operation_that_is_not(aws: Aws) -> None:
    store = garbled(aws, "identitystore", headers={"X-Amz-Target": "AWSIdentityStore.ListEverything"})
    assert code_and_status(store.list_users, **STORED) == ("UnknownOperationException", 400)
    connect = garbled(aws, "connect", path="/nothing/here")
    assert code_and_status(connect.list_users, InstanceId=CONNECT_INSTANCE)[1] == 404
