"""One example of each operation of Connect, and of STS."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from aws import Aws, code_and_status
from examples import example
from world import (
    ACCOUNT,
    ADMIN_PROFILE,
    AGENT_PROFILE,
    CONNECT_ADA,
    CONNECT_DESK,
    CONNECT_GRACE,
    CONNECT_INSTANCE,
    CONNECT_REGION,
    EMEA,
    LONDON,
    OPEN_ROLE,
    OTHER_ROUTING_PROFILE,
    PARIS,
    QUICK_CONNECT,
    QUICK_CONNECTS,
    ROUTING_PROFILE,
    SECURITY_PROFILES,
    THIRD_ROUTING_PROFILE,
    user_arn,
)

INSTANCE = {"InstanceId": CONNECT_INSTANCE}
ON_ADA = {**INSTANCE, "UserId": CONNECT_ADA}


def connect_user(aws: Aws, user: str = CONNECT_ADA) -> dict[str, Any]:
    return aws.connect.describe_user(**INSTANCE, UserId=user)["User"]


def found(aws: Aws, field: str, comparison: str, value: str) -> set[str]:
    condition = {"StringCondition": {"FieldName": field, "Value": value, "ComparisonType": comparison}}
    return {user["Username"] for user in aws.connect.search_users(**INSTANCE, SearchCriteria=condition)["Users"]}


@example("connect", "DescribeInstance")
def describe_instance(aws: Aws) -> None:
    instance = aws.connect.describe_instance(**INSTANCE)["Instance"]
    assert (instance["IdentityManagementType"], instance["InstanceStatus"]) == ("SAML", "ACTIVE")
    assert instance["Arn"] == f"arn:aws:connect:{CONNECT_REGION}:{ACCOUNT}:instance/{CONNECT_INSTANCE}"


@example("connect", "ListUsers")
def list_connect_users(aws: Aws) -> None:
    listed = aws.connect.list_users(**INSTANCE)["UserSummaryList"]
    assert {user["Id"]: user["Username"] for user in listed} == {
        CONNECT_ADA: "ada@example.com",
        CONNECT_GRACE: "grace@example.com",
        CONNECT_DESK: "desk@example.com",
    }
    assert {user["Arn"] for user in listed} == {user_arn(user["Id"]) for user in listed}


@example("connect", "SearchUsers")
def search_users(aws: Aws) -> None:
    assert found(aws, "Username", "EXACT", "ada@example.com") == {"ada@example.com"}
    assert found(aws, "Username", "STARTS_WITH", "gr") == {"grace@example.com"}
    assert found(aws, "Username", "CONTAINS", "@example") == {
        "ada@example.com",
        "grace@example.com",
        "desk@example.com",
    }
    assert found(aws, "RoutingProfileId", "EXACT", OTHER_ROUTING_PROFILE) == {"grace@example.com"}
    answer = aws.connect.search_users(**INSTANCE)
    assert answer["ApproximateTotalCount"] == 3
    ada = next(user for user in answer["Users"] if user["Id"] == CONNECT_ADA)
    assert ada["IdentityInfo"] == {"FirstName": "Ada", "LastName": "Lovelace"}, "no e-mail addresses here"
    assert ada["Tags"] == {"rollcall:owner": "rollcall"}


@example("connect", "DescribeUser")
def describe_connect_user(aws: Aws) -> None:
    ada = connect_user(aws)
    assert ada["IdentityInfo"] == {
        "FirstName": "Ada",
        "LastName": "Lovelace",
        "SecondaryEmail": "ada@example.com",
    }
    assert (ada["RoutingProfileId"], ada["SecurityProfileIds"]) == (ROUTING_PROFILE, [AGENT_PROFILE])
    assert ada["Tags"] == {"rollcall:owner": "rollcall"}
    assert connect_user(aws, CONNECT_DESK)["PhoneConfig"]["DeskPhoneNumber"] == "+442071234567"


@example("connect", "CreateUser")
def create_connect_user(aws: Aws) -> None:
    identity = {"FirstName": "Tim", "LastName": "Berners-Lee", "SecondaryEmail": "tim@example.com"}
    phone = {"PhoneType": "SOFT_PHONE", "AutoAccept": True, "AfterContactWorkTimeLimit": 45}
    made = aws.connect.create_user(
        **INSTANCE,
        Username="Tim@example.com",
        IdentityInfo=identity,
        PhoneConfig=phone,
        RoutingProfileId=THIRD_ROUTING_PROFILE,
        SecurityProfileIds=[AGENT_PROFILE],
        HierarchyGroupId=PARIS,
        Tags={"team": "night"},
    )
    assert made["UserArn"] == user_arn(made["UserId"])
    read = connect_user(aws, made["UserId"])
    assert (read["Username"], read["IdentityInfo"], read["Tags"]) == ("Tim@example.com", identity, {"team": "night"})
    assert (read["RoutingProfileId"], read["HierarchyGroupId"]) == (THIRD_ROUTING_PROFILE, PARIS)
    assert phone.items() <= read["PhoneConfig"].items()


@example("connect", "UpdateUserIdentityInfo")
def update_user_identity_info(aws: Aws) -> None:
    identity = {
        "FirstName": "Augusta",
        "LastName": "King",
        "SecondaryEmail": "king@example.com",
        "Mobile": "+33123456789",
    }
    aws.connect.update_user_identity_info(**ON_ADA, IdentityInfo=identity)
    assert connect_user(aws)["IdentityInfo"] == identity


@example("connect", "UpdateUserRoutingProfile")
def update_user_routing_profile(aws: Aws) -> None:
    aws.connect.update_user_routing_profile(**ON_ADA, RoutingProfileId=OTHER_ROUTING_PROFILE)
    assert connect_user(aws)["RoutingProfileId"] == OTHER_ROUTING_PROFILE


@example("connect", "UpdateUserSecurityProfiles")
def update_user_security_profiles(aws: Aws) -> None:
    aws.connect.update_user_security_profiles(**ON_ADA, SecurityProfileIds=SECURITY_PROFILES[2:5])
    assert set(connect_user(aws)["SecurityProfileIds"]) == set(SECURITY_PROFILES[2:5]), "the list is replaced"


@example("connect", "UpdateUserHierarchy")
def update_user_hierarchy(aws: Aws) -> None:
    aws.connect.update_user_hierarchy(**ON_ADA, HierarchyGroupId=LONDON)
    assert connect_user(aws)["HierarchyGroupId"] == LONDON
    aws.connect.update_user_hierarchy(**ON_ADA)
    assert "HierarchyGroupId" not in connect_user(aws), "leaving the group out clears it"


@example("connect", "UpdateUserPhoneConfig")
def update_user_phone_config(aws: Aws) -> None:
    phone = {"PhoneType": "DESK_PHONE", "DeskPhoneNumber": "+33123456789", "AfterContactWorkTimeLimit": 60}
    aws.connect.update_user_phone_config(**ON_ADA, PhoneConfig=phone)
    assert phone.items() <= connect_user(aws)["PhoneConfig"].items()


@example("connect", "UpdateUserConfig")
def update_user_config(aws: Aws) -> None:
    acw = [{"Channel": "CHAT", "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": 90}}]
    voice = [{"Channel": "VOICE", "VoiceEnhancementMode": "NOISE_SUPPRESSION"}]
    accept = [{"Channel": "TASK", "AutoAccept": True}]
    aws.connect.update_user_config(
        **ON_ADA, AutoAcceptConfigs=accept, AfterContactWorkConfigs=acw, VoiceEnhancementConfigs=voice
    )
    read = connect_user(aws)
    for name, wanted in (
        ("AutoAcceptConfigs", accept),
        ("AfterContactWorkConfigs", acw),
        ("VoiceEnhancementConfigs", voice),
    ):
        assert all(any(config.items() <= kept.items() for kept in read[name]) for config in wanted), name


@example("connect", "DeleteUser")
def delete_connect_user(aws: Aws) -> None:
    aws.connect.delete_user(**ON_ADA)
    assert code_and_status(aws.connect.describe_user, **ON_ADA) == ("ResourceNotFoundException", 404)
    assert found(aws, "Username", "EXACT", "ada@example.com") == set()
    left = aws.connect.describe_quick_connect(**INSTANCE, QuickConnectId=QUICK_CONNECT)["QuickConnect"]
    assert left["QuickConnectConfig"]["UserConfig"]["UserId"] == CONNECT_ADA, "quick connects stay behind"


@example("connect", "ListRoutingProfiles")
def list_routing_profiles(aws: Aws) -> None:
    listed = aws.connect.list_routing_profiles(**INSTANCE)["RoutingProfileSummaryList"]
    assert {profile["Id"]: profile["Name"] for profile in listed} == {
        ROUTING_PROFILE: "Basic Routing Profile",
        OTHER_ROUTING_PROFILE: "Night shift",
        THIRD_ROUTING_PROFILE: "Parking",
    }


@example("connect", "ListSecurityProfiles")
def list_security_profiles(aws: Aws) -> None:
    listed = aws.connect.list_security_profiles(**INSTANCE)["SecurityProfileSummaryList"]
    names = {profile["Id"]: profile["Name"] for profile in listed}
    assert set(names) == set(SECURITY_PROFILES)
    assert (names[ADMIN_PROFILE], names[AGENT_PROFILE]) == ("Admin", "Agent")


@example("connect", "ListUserHierarchyGroups")
def list_user_hierarchy_groups(aws: Aws) -> None:
    listed = aws.connect.list_user_hierarchy_groups(**INSTANCE)["UserHierarchyGroupSummaryList"]
    assert {group["Id"]: group["Name"] for group in listed} == {EMEA: "EMEA", LONDON: "London", PARIS: "Paris"}


@example("connect", "DescribeUserHierarchyGroup")
def describe_user_hierarchy_group(aws: Aws) -> None:
    group = aws.connect.describe_user_hierarchy_group(**INSTANCE, HierarchyGroupId=LONDON)["HierarchyGroup"]
    path = group["HierarchyPath"]
    assert (path["LevelOne"]["Name"], path["LevelTwo"]["Name"], path["LevelTwo"]["Id"]) == ("EMEA", "London", LONDON)


@example("connect", "DescribeUserHierarchyStructure")
def describe_user_hierarchy_structure(aws: Aws) -> None:
    structure = aws.connect.describe_user_hierarchy_structure(**INSTANCE)["HierarchyStructure"]
    group = aws.connect.describe_user_hierarchy_group(**INSTANCE, HierarchyGroupId=LONDON)["HierarchyGroup"]
    assert structure["LevelTwo"]["Id"] == group["LevelId"]


@example("connect", "TagResource")
def tag_resource(aws: Aws) -> None:
    aws.connect.tag_resource(resourceArn=user_arn(CONNECT_ADA), tags={"team": "night", "rollcall:owner": "another"})
    assert connect_user(aws)["Tags"] == {"team": "night", "rollcall:owner": "another"}


@example("connect", "UntagResource")
def untag_resource(aws: Aws) -> None:
    aws.connect.tag_resource(resourceArn=user_arn(CONNECT_ADA), tags={"team": "night", "shift": "late & long"})
    aws.connect.untag_resource(resourceArn=user_arn(CONNECT_ADA), tagKeys=["team", "rollcall:owner", "never set"])
    assert connect_user(aws)["Tags"] == {"shift": "late & long"}


@example("connect", "ListTagsForResource")
def list_tags_for_resource(aws: Aws) -> None:
    assert aws.connect.list_tags_for_resource(resourceArn=user_arn(CONNECT_ADA))["tags"] == {
        "rollcall:owner": "rollcall"
    }


@example("connect", "ListQuickConnects")
def list_quick_connects(aws: Aws) -> None:
    listed = aws.connect.list_quick_connects(**INSTANCE)["QuickConnectSummaryList"]
    kinds = dict(zip(QUICK_CONNECTS, ("USER", "PHONE_NUMBER", "QUEUE"), strict=True))
    assert {connect["Id"]: connect["QuickConnectType"] for connect in listed} == kinds
    of_users = aws.connect.list_quick_connects(**INSTANCE, QuickConnectTypes=["USER"])["QuickConnectSummaryList"]
    assert [connect["Id"] for connect in of_users] == [QUICK_CONNECT]


@example("connect", "DescribeQuickConnect")
def describe_quick_connect(aws: Aws) -> None:
    connect = aws.connect.describe_quick_connect(**INSTANCE, QuickConnectId=QUICK_CONNECT)["QuickConnect"]
    assert connect["QuickConnectConfig"]["QuickConnectType"] == "USER"
    assert connect["QuickConnectConfig"]["UserConfig"]["UserId"] == CONNECT_ADA


@example("sts", "AssumeRole")
def assume_role(aws: Aws) -> None:
    answer = aws.sts.assume_role(RoleArn=OPEN_ROLE, RoleSessionName="rollcall", DurationSeconds=900)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/rollcall"
    answered = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    assert answer["Credentials"]["Expiration"] - answered == timedelta(seconds=900)


@example("sts", "GetCallerIdentity")
def get_caller_identity(aws: Aws) -> None:
    assert aws.sts.get_caller_identity()["Account"] == ACCOUNT
