"""The operations and members that Rollcall sends, as conforming requests against the world of `world.toml`.

Several requests of one operation stand where one request cannot carry all members: alternatives that exclude each
other, and tokens, which only the service can make (`conforming=False`: the request is there for its constraints to be
broken, not to pass).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from constraints import Sample
from world import (
    ADA,
    AGENTS,
    APPLICATION,
    CONNECT_DESK,
    CONNECT_INSTANCE,
    CONNECT_REGION,
    EMEA,
    EXTERNAL_ID,
    IDENTITY_REGION,
    QUICK_CONNECT,
    ROLE,
    ROUTING_PROFILE,
    SECURITY_PROFILES,
    SSO_INSTANCE,
    STORE,
    SUPERVISORS,
    user_arn,
)


@dataclass(frozen=True)
class Request:
    """One request as Rollcall may send it; `conforming` is false where it holds a token that nobody gave out."""

    params: dict[str, Any]
    conforming: bool = True


def by_attribute(path: str, value: str) -> dict[str, Any]:
    return {
        "IdentityStoreId": STORE,
        "AlternateIdentifier": {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}},
    }


def paged(**params: Any) -> list[Request]:
    """A listing: with a page size, and with a token."""
    return [Request({**params, "MaxResults": 10}), Request({**params, "NextToken": "token"}, conforming=False)]


STORED = {"IdentityStoreId": STORE}
IDENTITY_STORE = {
    "GetGroupId": [Request(by_attribute("displayName", "Agents"))],
    "GetUserId": [Request(by_attribute("userName", "ada")), Request(by_attribute("emails.value", "ada@example.com"))],
    "DescribeGroup": [Request({**STORED, "GroupId": AGENTS})],
    "ListGroupMemberships": paged(**STORED, GroupId=AGENTS),
    "ListUsers": paged(**STORED),
    "DescribeUser": [Request({**STORED, "UserId": ADA})],
    "IsMemberInGroups": [Request({**STORED, "MemberId": {"UserId": ADA}, "GroupIds": [AGENTS]})],
}

ASSIGNMENT = {"ApplicationArn": APPLICATION, "PrincipalId": AGENTS, "PrincipalType": "GROUP"}
SSO_ADMIN = {
    "ListInstances": paged(),
    "ListApplications": paged(InstanceArn=SSO_INSTANCE),
    "DescribeApplication": [Request({"ApplicationArn": APPLICATION})],
    "GetApplicationAssignmentConfiguration": [Request({"ApplicationArn": APPLICATION})],
    "ListApplicationAssignments": paged(ApplicationArn=APPLICATION),
    "CreateApplicationAssignment": [Request(ASSIGNMENT)],
    "DescribeApplicationAssignment": [Request({**ASSIGNMENT, "PrincipalId": SUPERVISORS})],
}

INSTANCE = {"InstanceId": CONNECT_INSTANCE}
USER = {**INSTANCE, "UserId": CONNECT_DESK}
IDENTITY_INFO = {
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "SecondaryEmail": "ada@example.com",
    "Mobile": "+442071234567",
}
DESK_PHONE = {
    "PhoneType": "DESK_PHONE",
    "AutoAccept": False,
    "AfterContactWorkTimeLimit": 30,
    "DeskPhoneNumber": "+442071234567",
    "PersistentConnection": False,
}
CHANNEL_SETTINGS = {
    "AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": True}],
    "AfterContactWorkConfigs": [{"Channel": "VOICE", "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": 30}}],
    "PhoneNumberConfigs": [{"Channel": "VOICE", "PhoneType": "DESK_PHONE", "PhoneNumber": "+442071234567"}],
    "PersistentConnectionConfigs": [{"Channel": "VOICE", "PersistentConnection": True}],
    "VoiceEnhancementConfigs": [{"Channel": "VOICE", "VoiceEnhancementMode": "NOISE_SUPPRESSION"}],
}
# Callbacks that ring an agent first have settings of their own; only the voice channel has them.
CALLBACK_SETTINGS = {
    "AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": True, "AgentFirstCallbackAutoAccept": False}],
    "AfterContactWorkConfigs": [
        {
            "Channel": "VOICE",
            "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": 30},
            "AgentFirstCallbackAfterContactWorkConfig": {"AfterContactWorkTimeLimit": 30},
        }
    ],
}
EXACT_LOGIN = {"FieldName": "Username", "Value": "ada@example.com", "ComparisonType": "EXACT"}
NEW_USER = {
    **INSTANCE,
    "Username": "new.person@example.com",
    "IdentityInfo": IDENTITY_INFO,
    "RoutingProfileId": ROUTING_PROFILE,
    "SecurityProfileIds": SECURITY_PROFILES[:1],
    "HierarchyGroupId": EMEA,
    "Tags": {"rollcall:owner": "rollcall"},
}
CONNECT = {
    "DescribeInstance": [Request(INSTANCE)],
    "ListUsers": paged(**INSTANCE),
    "SearchUsers": [*paged(**INSTANCE), Request({**INSTANCE, "SearchCriteria": {"StringCondition": EXACT_LOGIN}})],
    "DescribeUser": [Request(USER)],
    "CreateUser": [
        Request({**NEW_USER, "PhoneConfig": DESK_PHONE}),
        Request({**NEW_USER, **CHANNEL_SETTINGS}),
        Request({**NEW_USER, **CALLBACK_SETTINGS}),
    ],
    "UpdateUserIdentityInfo": [Request({**USER, "IdentityInfo": IDENTITY_INFO})],
    "UpdateUserRoutingProfile": [Request({**USER, "RoutingProfileId": ROUTING_PROFILE})],
    "UpdateUserSecurityProfiles": [Request({**USER, "SecurityProfileIds": SECURITY_PROFILES[:1]})],
    "UpdateUserHierarchy": [Request({**USER, "HierarchyGroupId": EMEA})],
    "UpdateUserPhoneConfig": [Request({**USER, "PhoneConfig": DESK_PHONE})],
    "UpdateUserConfig": [Request({**USER, **CHANNEL_SETTINGS}), Request({**USER, **CALLBACK_SETTINGS})],
    "TagResource": [Request({"resourceArn": user_arn(CONNECT_DESK), "tags": {"rollcall:owner": "rollcall"}})],
    "UntagResource": [Request({"resourceArn": user_arn(CONNECT_DESK), "tagKeys": ["rollcall:owner"]})],
    "DeleteUser": [Request(USER)],
    "ListRoutingProfiles": paged(**INSTANCE),
    "ListSecurityProfiles": paged(**INSTANCE),
    "ListUserHierarchyGroups": paged(**INSTANCE),
    "DescribeUserHierarchyGroup": [Request({**INSTANCE, "HierarchyGroupId": EMEA})],
    "ListQuickConnects": [Request({**INSTANCE, "QuickConnectTypes": ["USER"]}), *paged(**INSTANCE)],
    "DescribeQuickConnect": [Request({**INSTANCE, "QuickConnectId": QUICK_CONNECT})],
}

STS = {
    "AssumeRole": [
        Request(
            {"RoleArn": ROLE, "RoleSessionName": "rollcall", "ExternalId": EXTERNAL_ID, "DurationSeconds": 900},
        )
    ]
}

# The services as botocore calls them, and the Region where their world lives.
SERVICES = {
    "identitystore": (IDENTITY_REGION, IDENTITY_STORE),
    "sso-admin": (IDENTITY_REGION, SSO_ADMIN),
    "connect": (CONNECT_REGION, CONNECT),
    "sts": (IDENTITY_REGION, STS),
}


def identity_store_id(length: int) -> str:
    """The ARN form, its partition stretched."""
    arn = ":identitystore::111122223333:identitystore/00000000-0000-4000-8000-000000000000"
    return "arn:aws" + "a" * (length - len(arn) - 7) + arn


def resource_id(length: int) -> str:
    """The ARN form, its partition stretched."""
    arn = ":identitystore:::membership/0123456789-00000000-0000-4000-8000-000000000000"
    return "arn:aws" + "a" * (length - len(arn) - 7) + arn


def role_arn(length: int) -> str:
    return "arn:aws:iam::111122223333:role/".ljust(length, "a") if length > 31 else "arn:aws:iam::1:role/"[:length]


def extra_ids(count: int) -> list[str]:
    return [f"{n:08d}-1111-4222-8333-000000000001" for n in range(count)]


def security_profile_ids(count: int) -> list[str]:
    return SECURITY_PROFILES[:count]


def tag_keys(count: int) -> list[str]:
    return [f"key{n}" for n in range(count)]


SAMPLES = {
    "IdentityStoreId": Sample(of_length=identity_store_id),
    "ResourceId": Sample(of_length=resource_id),
    "GroupIds": Sample(elements=extra_ids),
    "SecurityProfileIds": Sample(elements=security_profile_ids),
    "TagKeyList": Sample(elements=tag_keys),
    "arnType": Sample(of_length=role_arn),
}
