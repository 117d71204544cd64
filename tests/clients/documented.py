"""The errors that AWS documents for what the simulator answers: how each comes about, and what it looks like on the wire.

Sources: the services' models and their documentation (user guides, API references). `declared` is false for what an
operation answers although its model does not name it; Connect's `AccessDeniedException` is the one that matters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws import Aws
from world import (
    ADA,
    AGENT_PROFILE,
    AGENTS,
    APPLICATION,
    CONNECT_ADA,
    CONNECT_INSTANCE,
    FOREIGN_INSTANCE,
    GRACE,
    NOBODY,
    ROLE,
    ROUTING_PROFILE,
    SECURITY_PROFILES,
    STORE,
    SUPERVISORS,
    user_arn,
)

STORED = {"IdentityStoreId": STORE}
INSTANCE = {"InstanceId": CONNECT_INSTANCE}
ON_ADA = INSTANCE | {"UserId": CONNECT_ADA}
NAMES = {"FirstName": "Tim", "LastName": "Berners-Lee"}
NEW_USER = INSTANCE | {
    "Username": "tim@example.com",
    "IdentityInfo": NAMES,
    "RoutingProfileId": ROUTING_PROFILE,
    "SecurityProfileIds": [AGENT_PROFILE],
}
PERSON = {"UserName": "new", "DisplayName": "New", "Name": {"GivenName": "New", "FamilyName": "Person"}}
ASSIGNED = {"ApplicationArn": APPLICATION, "PrincipalId": SUPERVISORS, "PrincipalType": "GROUP"}
TAGGED = {"TagCondition": {"TagKey": "rollcall:owner", "TagValue": "rollcall"}}


@dataclass(frozen=True)
class Documented:
    """One error: who says it, upon what, with which status, code and members of the body."""

    service: str
    name: str
    provoke: Callable[[Aws], Any]
    status: int
    code: str
    members: dict[str, str] = field(default_factory=dict)
    message: str = ""
    declared: bool = True

    def __str__(self) -> str:
        return f"{self.service}-{self.name.replace(' ', '-')}"


def by_fault(service: str, operation: str, kind: str, call: Callable[[Aws], Any]) -> Callable[[Aws], Any]:
    """What only the service itself can bring about."""

    def provoke(aws: Aws) -> Any:
        aws.simulator.fault(service, operation, kind, count=1)
        return call(aws)

    return provoke


def a_hundred_groups(aws: Aws) -> None:
    for number in range(100):
        group = aws.identity.create_group(**STORED, DisplayName=f"Group {number}")["GroupId"]
        aws.sso.create_application_assignment(**ASSIGNED | {"PrincipalId": group})


def at_the_quota(aws: Aws) -> None:
    aws.simulator.options(user_quota=3)
    aws.connect.create_user(**NEW_USER)


def with_a_token_of_yesterday(aws: Aws) -> None:
    token = aws.connect.list_users(**INSTANCE, MaxResults=1)["NextToken"]
    with aws.later(hours=25):
        aws.connect.list_users(**INSTANCE, MaxResults=1, NextToken=token)


def of_a_past_revision(aws: Aws) -> None:
    change = [{"AttributePath": "displayName", "AttributeValue": "Countess"}]
    for _ in range(2):
        aws.identity.update_user(**STORED, UserId=ADA, Operations=change, Revision="1")


def fifty_one_tags(aws: Aws) -> None:
    aws.connect.tag_resource(resourceArn=user_arn(CONNECT_ADA), tags={f"key{n}": "" for n in range(49)})
    aws.connect.tag_resource(resourceArn=user_arn(CONNECT_ADA), tags={"one": "more"})


def twice_deleted(aws: Aws) -> None:
    aws.connect.delete_user(**ON_ADA)
    aws.connect.delete_user(**ON_ADA)


def list_people(aws: Aws) -> Any:
    return aws.identity.list_users(**STORED)


def list_assignments(aws: Aws) -> Any:
    return aws.sso.list_application_assignments(ApplicationArn=APPLICATION)


def list_users(aws: Aws) -> Any:
    return aws.connect.list_users(**INSTANCE)


def create(**more: Any) -> Callable[[Aws], Any]:
    return lambda aws: aws.connect.create_user(**NEW_USER | more)


def find(path: str, value: str) -> Callable[[Aws], Any]:
    unique = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}
    return lambda aws: aws.identity.get_user_id(**STORED, AlternateIdentifier=unique)


def not_found(kind: str) -> dict[str, str]:
    return {"ResourceType": kind}


UNIQUE = {"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}
KEY_MISSING = {"Reason": "KMS_KEY_NOT_FOUND"}


def identity_store(name: str, provoke: Callable[[Aws], Any], code: str, status: int = 400, **more: Any) -> Documented:
    return Documented("identitystore", name, provoke, status, code, **more)


def sso(name: str, provoke: Callable[[Aws], Any], code: str, status: int = 400, **more: Any) -> Documented:
    return Documented("sso", name, provoke, status, code, **more)


def connect(name: str, provoke: Callable[[Aws], Any], code: str, status: int = 400, **more: Any) -> Documented:
    return Documented("connect", name, provoke, status, code, **more)


MISSING, INVALID = "ResourceNotFoundException", "ValidationException"
REQUEST, PARAMETER = "InvalidRequestException", "InvalidParameterException"
IDENTITY_STORE_ERRORS = [
    identity_store(
        "a group that is not",
        lambda aws: aws.identity.describe_group(**STORED, GroupId=NOBODY),
        MISSING,
        members=not_found("GROUP"),
    ),
    identity_store(
        "members of a group that is not",
        lambda aws: aws.identity.list_group_memberships(**STORED, GroupId=NOBODY),
        MISSING,
        members=not_found("GROUP"),
    ),
    identity_store(
        "a user that is not",
        lambda aws: aws.identity.describe_user(**STORED, UserId=NOBODY),
        MISSING,
        members=not_found("USER"),
    ),
    identity_store("an e-mail that nobody has", find("emails.value", "no@x.com"), MISSING, members=not_found("USER")),
    identity_store("a path that is not unique", find("nickName", "Countess"), INVALID),
    identity_store(
        "a membership that is not",
        lambda aws: aws.identity.describe_group_membership(**STORED, MembershipId=NOBODY),
        MISSING,
        members=not_found("GROUP_MEMBERSHIP"),
    ),
    identity_store(
        "a store that is not",
        lambda aws: aws.identity.list_users(IdentityStoreId="d-0000000000"),
        MISSING,
        members=not_found("IDENTITY_STORE"),
    ),
    identity_store(
        "a store of another Region",
        lambda aws: aws.elsewhere("identitystore", "us-east-1").list_users(**STORED),
        MISSING,
        members=not_found("IDENTITY_STORE"),
    ),
    identity_store(
        "a user name twice",
        lambda aws: aws.identity.create_user(**STORED, **PERSON | {"UserName": "ada"}),
        "ConflictException",
        members=UNIQUE,
    ),
    identity_store(
        "a group name twice",
        lambda aws: aws.identity.create_group(**STORED, DisplayName="Agents"),
        "ConflictException",
        members=UNIQUE,
        message="Duplicate GroupDisplayName",
    ),
    identity_store(
        "a member twice",
        lambda aws: aws.identity.create_group_membership(**STORED, GroupId=AGENTS, MemberId={"UserId": ADA}),
        "ConflictException",
        members=UNIQUE,
    ),
    identity_store(
        "a revision that is past",
        of_a_past_revision,
        "ConflictException",
        members={"Reason": "CONCURRENT_MODIFICATION"},
    ),
    identity_store(
        "an encryption key that is missing",
        by_fault("identitystore", "ListUsers", "kms_missing", list_people),
        MISSING,
        members=KEY_MISSING,
    ),
    identity_store(
        "too many calls", by_fault("identitystore", "ListUsers", "throttle", list_people), "ThrottlingException"
    ),
    identity_store(
        "no permission", by_fault("identitystore", "ListUsers", "access_denied", list_people), "AccessDeniedException"
    ),
    identity_store(
        "its own failure",
        by_fault("identitystore", "ListUsers", "server_error", list_people),
        "InternalServerException",
        500,
    ),
    identity_store(
        "credentials that are over",
        by_fault("identitystore", "ListUsers", "expired_credentials", list_people),
        "ExpiredTokenException",
        declared=False,
    ),
]
SSO_ERRORS = [
    sso(
        "an application that is not",
        lambda aws: aws.sso.describe_application(ApplicationArn=APPLICATION[:-1] + "9"),
        MISSING,
    ),
    sso(
        "an assignment through a group",
        lambda aws: aws.sso.describe_application_assignment(
            ApplicationArn=APPLICATION, PrincipalId=GRACE, PrincipalType="USER"
        ),
        MISSING,
    ),
    sso("an assignment twice", lambda aws: aws.sso.create_application_assignment(**ASSIGNED), "ConflictException"),
    sso(
        "an earlier write that has not spread",
        by_fault(
            "sso",
            "CreateApplicationAssignment",
            "conflict",
            lambda aws: aws.sso.create_application_assignment(**ASSIGNED),
        ),
        "ConflictException",
    ),
    sso("the hundred and first group", a_hundred_groups, "ServiceQuotaExceededException"),
    sso(
        "a PrincipalId that is an ARN",
        lambda aws: aws.sso.create_application_assignment(
            **ASSIGNED | {"PrincipalId": f"arn:aws:identitystore:::group/{AGENTS}"}
        ),
        INVALID,
    ),
    sso(
        "too many calls",
        by_fault("sso", "ListApplicationAssignments", "throttle", list_assignments),
        "ThrottlingException",
    ),
    sso(
        "no permission",
        by_fault("sso", "ListApplicationAssignments", "access_denied", list_assignments),
        "AccessDeniedException",
    ),
    sso(
        "its own failure",
        by_fault("sso", "ListApplicationAssignments", "server_error", list_assignments),
        "InternalServerException",
        500,
    ),
]
ADDRESS = {"IdentityInfo": NAMES | {"Email": "tim@example.com"}}
VOICE = {"AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": True}]}
CONNECT_ERRORS = [
    connect("an instance that is not", lambda aws: aws.connect.describe_instance(InstanceId=NOBODY), MISSING, 404),
    connect("a user that is not", lambda aws: aws.connect.describe_user(**INSTANCE, UserId=NOBODY), MISSING, 404),
    connect("a user deleted twice", twice_deleted, MISSING, 404),
    connect("a login twice", create(Username="ada@example.com"), "DuplicateResourceException", 409),
    connect(
        "a user too many",
        at_the_quota,
        "LimitExceededException",
        429,
        message="The allowed limit for the resource has been exceeded.",
    ),
    connect("too many calls", by_fault("connect", "ListUsers", "throttle", list_users), "ThrottlingException", 429),
    connect(
        "its own failure", by_fault("connect", "ListUsers", "server_error", list_users), "InternalServiceException", 500
    ),
    connect(
        "no permission",
        by_fault("connect", "ListUsers", "access_denied", list_users),
        "AccessDeniedException",
        403,
        declared=False,
    ),
    connect(
        "an instance of another account",
        lambda aws: aws.connect.list_users(InstanceId=FOREIGN_INSTANCE),
        "AccessDeniedException",
        403,
        declared=False,
    ),
    connect(
        "two kinds of filter",
        lambda aws: aws.connect.search_users(
            **INSTANCE, SearchFilter={"TagFilter": TAGGED, "UserAttributeFilter": TAGGED}
        ),
        "AccessDeniedException",
        403,
        declared=False,
    ),
    connect("a token of yesterday", with_a_token_of_yesterday, "InvalidToken", declared=False),
    connect("an e-mail on SAML", create(**ADDRESS), REQUEST, message="Email is not required for this directory type"),
    connect("a password on SAML", create(Password="Abcdefg1"), REQUEST),
    connect("a directory's id on SAML", create(DirectoryUserId="tim"), REQUEST),
    connect("a login with a plus", create(Username="tim+work@example.com"), PARAMETER),
    connect("a login of 65 letters", create(Username="x" * 65), PARAMETER),
    connect("a login without a whole domain", create(Username="testuser@example"), PARAMETER),
    connect("a name that is not composed", create(IdentityInfo=NAMES | {"FirstName": "Zoe\u0308"}), PARAMETER),
    connect("eleven security profiles", create(SecurityProfileIds=SECURITY_PROFILES), PARAMETER),
    connect(
        "no security profile",
        lambda aws: aws.elsewhere("connect", parameter_validation=False).create_user(
            **NEW_USER | {"SecurityProfileIds": []}
        ),
        PARAMETER,
    ),
    connect("a setting twice", create(PhoneConfig={"AutoAccept": True}, **VOICE), REQUEST),
    connect(
        "a search for one letter",
        lambda aws: aws.connect.search_users(
            **INSTANCE,
            SearchCriteria={"StringCondition": {"FieldName": "Username", "Value": "a", "ComparisonType": "CONTAINS"}},
        ),
        PARAMETER,
    ),
    connect("a tag too many", fifty_one_tags, PARAMETER),
    connect("a tag that AWS keeps to itself", create(Tags={"aws:owner": "x"}), PARAMETER),
]
STS_ERRORS = [
    Documented(
        "sts",
        "a role without its external id",
        lambda aws: aws.sts.assume_role(RoleArn=ROLE, RoleSessionName="rollcall"),
        403,
        "AccessDenied",
        declared=False,
    ),
    Documented(
        "sts",
        "credentials that are over",
        by_fault("sts", "GetCallerIdentity", "expired_credentials", lambda aws: aws.sts.get_caller_identity()),
        403,
        "ExpiredToken",
        declared=False,
    ),
]
ERRORS = [*IDENTITY_STORE_ERRORS, *SSO_ERRORS, *CONNECT_ERRORS, *STS_ERRORS]
