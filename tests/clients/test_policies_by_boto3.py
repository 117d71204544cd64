"""Proves what boto3 sees of IAM policies: each operation is allowed, or refused in its service's own form.

The examples of the operations (`examples_*.py`) are called with all actions allowed but the operation's own. The
policies come by the options of the command line too, those of the callers and those of a role.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import examples_connect
import examples_identity_store
import examples_sso_admin
import servers
from aws import Aws, refusal
from examples import EXAMPLES
from world import (
    CONNECT_ADA,
    CONNECT_DESK,
    CONNECT_INSTANCE,
    CONNECT_REGION,
    IDENTITY_REGION,
    OPEN_ROLE,
    OTHER_ROUTING_PROFILE,
    STORE,
    WORLD,
    user_arn,
)

__all__ = ["WORLD", "examples_connect", "examples_identity_store", "examples_sso_admin"]

DENIED = {
    "identitystore": ("AccessDeniedException", 400),
    "sso": ("AccessDeniedException", 400),
    "connect": ("AccessDeniedException", 403),
    "sts": ("AccessDenied", 403),
}
FREE = ("sts", "GetCallerIdentity")
OPERATOR = "User: arn:aws:iam::111122223333:user/operator is not authorized to perform: "
INSTANCE = {"InstanceId": CONNECT_INSTANCE}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def attach(aws: Aws, *statements: dict[str, Any]) -> None:
    """The policy of everybody who calls, roles included."""
    document = policy(*statements)
    aws.simulator.options(policies={"caller": [document], "roles": {OPEN_ROLE: [document]}})


@pytest.mark.parametrize(("service", "operation"), EXAMPLES)
def test_operation_is_allowed_with_its_action_and_refused_without(aws: Aws, service: str, operation: str) -> None:
    attach(aws, {"Effect": "Allow", "NotAction": f"{service}:{operation}", "Resource": "*"})
    if (service, operation) == FREE:
        EXAMPLES[FREE](aws)
        return
    with pytest.raises(ClientError) as raised:
        EXAMPLES[service, operation](aws)
    told = raised.value.response
    assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == DENIED[service]
    assert f"to perform: {service}:{operation} on resource: " in told["Error"]["Message"]
    assert told["Error"]["Message"].endswith(
        f" because no identity-based policy allows the {service}:{operation} action"
    )
    aws.start_over()
    attach(aws, allow("*"))
    EXAMPLES[service, operation](aws)


def test_an_explicit_denial_is_told_as_such(aws: Aws) -> None:
    attach(aws, allow("*"), {"Effect": "Deny", "Action": "connect:Delete*", "Resource": user_arn(CONNECT_ADA)})
    refused = refusal(aws.connect.delete_user, **INSTANCE, UserId=CONNECT_ADA)
    assert (refused.code, refused.status) == DENIED["connect"]
    assert refused.message == (
        f"{OPERATOR}connect:DeleteUser on resource: {user_arn(CONNECT_ADA)} "
        "with an explicit deny in an identity-based policy"
    )
    aws.connect.delete_user(**INSTANCE, UserId=CONNECT_DESK)


def test_a_tag_of_the_user_fences_and_a_profile_is_a_resource_of_its_own(aws: Aws) -> None:
    profile = user_arn("*").replace("/agent/*", f"/routing-profile/{OTHER_ROUTING_PROFILE}")
    owned = {"StringEquals": {"aws:ResourceTag/rollcall:owner": "rollcall"}}
    move = {**INSTANCE, "RoutingProfileId": OTHER_ROUTING_PROFILE}
    update = "connect:UpdateUserRoutingProfile"
    attach(aws, allow(update, user_arn("*"), Condition=owned))
    refused = refusal(aws.connect.update_user_routing_profile, **move, UserId=CONNECT_ADA)
    assert f"on resource: {profile} because" in refused.message
    attach(aws, allow(update, user_arn("*"), Condition=owned), allow(update, profile))
    aws.connect.update_user_routing_profile(**move, UserId=CONNECT_ADA)
    refused = refusal(aws.connect.update_user_routing_profile, **move, UserId=CONNECT_DESK)
    assert f"on resource: {user_arn(CONNECT_DESK)} because" in refused.message


def test_the_keys_of_tags_are_limited(aws: Aws) -> None:
    keys = {"ForAllValues:StringLike": {"aws:TagKeys": ["rollcall:*"]}}
    attach(aws, allow(["connect:TagResource", "connect:UntagResource"], Condition=keys))
    tag = {"resourceArn": user_arn(CONNECT_DESK)}
    aws.connect.tag_resource(**tag, tags={"rollcall:owner": "me"})
    aws.connect.untag_resource(**tag, tagKeys=["rollcall:owner"])
    for call in (
        lambda: aws.connect.tag_resource(**tag, tags={"rollcall:owner": "me", "team": "vip"}),
        lambda: aws.connect.untag_resource(**tag, tagKeys=["team"]),
    ):
        assert refusal(call).code == "AccessDeniedException"


def test_the_command_line_attaches_policies_to_callers_and_to_roles(tmp_path: Path) -> None:
    def file(name: str, *statements: dict[str, Any]) -> str:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(policy(*statements)))
        return str(path)

    role = file("role", allow("identitystore:ListUsers"))
    callers = file("assume", allow("sts:AssumeRole", OPEN_ROLE)), file("connect", allow("connect:ListUsers"))
    options = "--policy", callers[0], "--policy", callers[1], "--role-policy", f"{OPEN_ROLE}={role}"
    with servers.simulator(WORLD, *options) as running:
        connect = running.client("connect", CONNECT_REGION)
        assert len(connect.list_users(**INSTANCE)["UserSummaryList"]) == 3
        assert refusal(connect.describe_instance, **INSTANCE).code == "AccessDeniedException"
        identity = running.client("identitystore", IDENTITY_REGION)
        assert refusal(identity.list_users, IdentityStoreId=STORE).message.startswith(OPERATOR)

        sts = running.client("sts", IDENTITY_REGION)
        given = sts.assume_role(RoleArn=OPEN_ROLE, RoleSessionName="reading")["Credentials"]
        session = {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "session_token": given["SessionToken"],
        }
        as_role = running.client("identitystore", IDENTITY_REGION, **session)
        assert as_role.list_users(IdentityStoreId=STORE)["Users"]
        as_role = running.client("connect", CONNECT_REGION, **session)
        assert ":assumed-role/reader/reading is not" in refusal(as_role.list_users, **INSTANCE).message
