"""Proves that the simulator keeps Connect's rules beyond its model, seen by boto3.

Logins and names of SAML instances, uniqueness, the user quota, references, settings by channel, the search index and
tags; each refusal with the code and the HTTP status that AWS documents.
"""

from __future__ import annotations

from typing import Any

import pytest

from aws import Aws, code_and_status, refusal
from world import (
    AGENT_PROFILE,
    CONNECT_ADA,
    CONNECT_DESK,
    CONNECT_GRACE,
    CONNECT_INSTANCE,
    EMEA,
    FOREIGN_INSTANCE,
    IDENTITY_REGION,
    MANAGED_INSTANCE,
    NOBODY,
    ROUTING_PROFILE,
    WORLD,
    user_arn,
)

__all__ = ["WORLD"]

INSTANCE = {"InstanceId": CONNECT_INSTANCE}
ON_ADA = INSTANCE | {"UserId": CONNECT_ADA}
TIM = {"FirstName": "Tim", "LastName": "Berners-Lee"}
NEW_USER = INSTANCE | {
    "Username": "tim@example.com",
    "IdentityInfo": TIM,
    "RoutingProfileId": ROUTING_PROFILE,
    "SecurityProfileIds": [AGENT_PROFILE],
}
INVALID = {("InvalidParameterException", 400), ("InvalidRequestException", 400)}
MISSING = ("ResourceNotFoundException", 404)


# --- logins and names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["testuser", "testuser@example.com", "a_b-C.9@sub.example.com", "x" * 64])
def test_login_that_saml_allows(aws: Aws, login: str) -> None:
    made = aws.connect.create_user(**NEW_USER | {"Username": login})
    assert aws.connect.describe_user(**INSTANCE, UserId=made["UserId"])["User"]["Username"] == login


@pytest.mark.parametrize(
    "login",
    [
        "o'brien@example.com",
        "tim+work@example.com",
        "with space",
        "zoë@example.com",
        "testuser@example",
        "a@b@example.com",
        "@example.com",
        "a&b",
        "x" * 65,
    ],
)
def test_login_that_saml_refuses(aws: Aws, login: str) -> None:
    assert code_and_status(aws.connect.create_user, **NEW_USER | {"Username": login}) in INVALID


@pytest.mark.parametrize(
    "more",
    [
        {"IdentityInfo": TIM | {"Email": "tim@example.com"}},
        {"Password": "Abcdefg1"},
        {"DirectoryUserId": "tim"},
    ],
    ids=["Email", "Password", "DirectoryUserId"],
)
def test_member_that_saml_refuses(aws: Aws, more: dict[str, Any]) -> None:
    assert code_and_status(aws.connect.create_user, **NEW_USER | more) == ("InvalidRequestException", 400)


def test_saml_needs_names(aws: Aws) -> None:
    without = {name: value for name, value in NEW_USER.items() if name != "IdentityInfo"}
    assert code_and_status(aws.connect.create_user, **without) in INVALID


def test_email_of_a_saml_user_cannot_be_set_later(aws: Aws) -> None:
    identity = {"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.com"}
    call = aws.connect.update_user_identity_info
    assert code_and_status(call, **ON_ADA, IdentityInfo=identity) == ("InvalidRequestException", 400)


def managed_user(**more: Any) -> dict[str, Any]:
    profiles = {"RoutingProfileId": "dddddddd-1111-4222-8333-000000000009"}
    profiles["SecurityProfileIds"] = ["eeeeeeee-1111-4222-8333-000000000099"]
    identity = TIM | {"Email": "tim@example.com"}
    managed = {"InstanceId": MANAGED_INSTANCE, "Username": "tim", "Password": "Abcdefg1", "IdentityInfo": identity}
    return managed | profiles | more


def test_instance_with_its_own_passwords_takes_them(aws: Aws) -> None:
    made = aws.connect.create_user(**managed_user())
    read = aws.connect.describe_user(InstanceId=MANAGED_INSTANCE, UserId=made["UserId"])["User"]
    assert read["IdentityInfo"]["Email"] == "tim@example.com"
    assert "Password" not in read


def test_instance_with_its_own_passwords_needs_one(aws: Aws) -> None:
    without = {name: value for name, value in managed_user().items() if name != "Password"}
    assert code_and_status(aws.connect.create_user, **without) in INVALID


def test_login_of_an_instance_with_its_own_passwords_is_short(aws: Aws) -> None:
    assert code_and_status(aws.connect.create_user, **managed_user(Username="x" * 21)) in INVALID
    aws.connect.create_user(**managed_user(Username="x" * 20))


@pytest.mark.parametrize("name", ["FirstName", "LastName"])
def test_names_are_in_normalization_form_c(aws: Aws, name: str) -> None:
    decomposed, composed = "Zoe\u0308", "Zo\u00eb"
    assert code_and_status(aws.connect.create_user, **NEW_USER | {"IdentityInfo": TIM | {name: decomposed}}) in INVALID
    update = aws.connect.update_user_identity_info
    assert code_and_status(update, **ON_ADA, IdentityInfo=TIM | {name: decomposed}) in INVALID
    made = aws.connect.create_user(**NEW_USER | {"IdentityInfo": TIM | {name: composed}})
    read = aws.connect.describe_user(**INSTANCE, UserId=made["UserId"])["User"]
    assert read["IdentityInfo"][name] == composed


@pytest.mark.parametrize("address", ["o'brien@example.com", "tim@example", "tim", f"{'x' * 260}@example.com"])
def test_address_that_connect_refuses(aws: Aws, address: str) -> None:
    """The pattern of the API reference, which botocore's model does not carry."""
    identity = TIM | {"SecondaryEmail": address}
    assert code_and_status(aws.connect.create_user, **NEW_USER | {"IdentityInfo": identity}) in INVALID
    assert code_and_status(aws.connect.update_user_identity_info, **ON_ADA, IdentityInfo=identity) in INVALID


def test_address_with_a_plus_is_one(aws: Aws) -> None:
    identity = TIM | {"SecondaryEmail": "tim+work@example.com"}
    made = aws.connect.create_user(**NEW_USER | {"IdentityInfo": identity})
    assert aws.connect.describe_user(**INSTANCE, UserId=made["UserId"])["User"]["IdentityInfo"] == identity


# --- uniqueness, quotas, references -----------------------------------------------------------------------------------


def test_login_is_unique_letter_for_letter(aws: Aws) -> None:
    taken = NEW_USER | {"Username": "ada@example.com"}
    assert code_and_status(aws.connect.create_user, **taken) == ("DuplicateResourceException", 409)
    aws.connect.create_user(**NEW_USER | {"Username": "Ada@example.com"})
    aws.connect.delete_user(**ON_ADA)
    aws.connect.create_user(**taken)


def test_deleted_user_is_gone(aws: Aws) -> None:
    aws.connect.delete_user(**ON_ADA)
    assert code_and_status(aws.connect.delete_user, **ON_ADA) == MISSING


def test_user_quota(aws: Aws) -> None:
    aws.simulator.options(user_quota=3)
    refused = refusal(aws.connect.create_user, **NEW_USER)
    assert (refused.code, refused.status) == ("LimitExceededException", 429)
    aws.connect.delete_user(**ON_ADA)
    aws.connect.create_user(**NEW_USER)


@pytest.mark.parametrize(
    "reference",
    [{"RoutingProfileId": NOBODY}, {"SecurityProfileIds": [AGENT_PROFILE, NOBODY]}, {"HierarchyGroupId": NOBODY}],
)
def test_user_refers_to_what_exists(aws: Aws, reference: dict[str, Any]) -> None:
    """AWS does not say with which of its declared errors."""
    assert code_and_status(aws.connect.create_user, **NEW_USER | reference) in INVALID | {MISSING}


@pytest.mark.parametrize("call", ["routing_profile", "security_profiles", "hierarchy"])
def test_update_refers_to_what_exists(aws: Aws, call: str) -> None:
    members: dict[str, Any] = {
        "routing_profile": {"RoutingProfileId": NOBODY},
        "security_profiles": {"SecurityProfileIds": [NOBODY]},
        "hierarchy": {"HierarchyGroupId": NOBODY},
    }
    update = getattr(aws.connect, f"update_user_{call}")
    assert code_and_status(update, **ON_ADA, **members[call]) in INVALID | {MISSING}


ON_NOBODY: dict[str, dict[str, Any]] = {
    "describe_user": {},
    "delete_user": {},
    "update_user_identity_info": {"IdentityInfo": TIM},
    "update_user_routing_profile": {"RoutingProfileId": ROUTING_PROFILE},
    "update_user_security_profiles": {"SecurityProfileIds": [AGENT_PROFILE]},
    "update_user_hierarchy": {"HierarchyGroupId": EMEA},
    "update_user_phone_config": {"PhoneConfig": {"PhoneType": "SOFT_PHONE"}},
    "update_user_config": {"AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": True}]},
}


@pytest.mark.parametrize("call", ON_NOBODY)
def test_nobody_is_not_found(aws: Aws, call: str) -> None:
    params = INSTANCE | {"UserId": NOBODY} | ON_NOBODY[call]
    assert code_and_status(getattr(aws.connect, call), **params) == MISSING


@pytest.mark.parametrize(
    ("call", "label"),
    [("describe_user_hierarchy_group", "HierarchyGroupId"), ("describe_quick_connect", "QuickConnectId")],
)
def test_nothing_is_not_found(aws: Aws, call: str, label: str) -> None:
    assert code_and_status(getattr(aws.connect, call), **INSTANCE, **{label: NOBODY}) == MISSING


READS_OF_AN_INSTANCE = [
    "describe_instance",
    "list_users",
    "search_users",
    "list_routing_profiles",
    "list_security_profiles",
    "list_user_hierarchy_groups",
    "describe_user_hierarchy_structure",
    "list_quick_connects",
]


@pytest.mark.parametrize("call", READS_OF_AN_INSTANCE)
def test_missing_instance_is_not_found(aws: Aws, call: str) -> None:
    assert code_and_status(getattr(aws.connect, call), InstanceId=NOBODY) == MISSING


@pytest.mark.parametrize("call", READS_OF_AN_INSTANCE)
def test_instance_is_in_one_region(aws: Aws, call: str) -> None:
    elsewhere = aws.elsewhere("connect", IDENTITY_REGION)
    assert code_and_status(getattr(elsewhere, call), **INSTANCE) == MISSING


@pytest.mark.parametrize("call", READS_OF_AN_INSTANCE)
def test_instance_is_in_one_account(aws: Aws, call: str) -> None:
    denied = code_and_status(getattr(aws.connect, call), InstanceId=FOREIGN_INSTANCE)
    assert denied == ("AccessDeniedException", 403)


# --- phones, channels, search -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "channel"),
    [
        ({"AutoAccept": True}, {"AutoAcceptConfigs": [{"Channel": "VOICE", "AutoAccept": True}]}),
        (
            {"AfterContactWorkTimeLimit": 30},
            {
                "AfterContactWorkConfigs": [
                    {"Channel": "VOICE", "AfterContactWorkConfig": {"AfterContactWorkTimeLimit": 30}}
                ]
            },
        ),
        (
            {"PhoneType": "SOFT_PHONE"},
            {"PhoneNumberConfigs": [{"Channel": "VOICE", "PhoneType": "SOFT_PHONE"}]},
        ),
        (
            {"PersistentConnection": True},
            {"PersistentConnectionConfigs": [{"Channel": "VOICE", "PersistentConnection": True}]},
        ),
    ],
    ids=["auto-accept", "after-contact-work", "phone-number", "persistent-connection"],
)
def test_a_setting_is_given_once(aws: Aws, phone: dict[str, Any], channel: dict[str, Any]) -> None:
    both = {"PhoneConfig": phone} | channel
    assert code_and_status(aws.connect.create_user, **NEW_USER | both) in INVALID
    aws.connect.create_user(**NEW_USER | {"Username": "phone"} | {"PhoneConfig": phone})
    aws.connect.create_user(**NEW_USER | {"Username": "channel"} | channel)


def test_after_contact_work_is_milliseconds_in_search_only(aws: Aws) -> None:
    phone = {"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": 45}
    aws.connect.update_user_phone_config(**ON_ADA, PhoneConfig=phone)
    assert aws.connect.describe_user(**ON_ADA)["User"]["PhoneConfig"]["AfterContactWorkTimeLimit"] == 45
    assert searched(aws)[CONNECT_ADA]["PhoneConfig"]["AfterContactWorkTimeLimit"] == 45_000


def test_after_contact_work_has_a_longest_time(aws: Aws) -> None:
    phone = {"PhoneType": "SOFT_PHONE", "AfterContactWorkTimeLimit": 2_000_001}
    assert code_and_status(aws.connect.update_user_phone_config, **ON_ADA, PhoneConfig=phone) in INVALID


def searched(aws: Aws, **params: Any) -> dict[str, dict[str, Any]]:
    return {user["Id"]: user for user in aws.connect.search_users(**INSTANCE, **params)["Users"]}


def equal(field: str, value: str) -> dict[str, Any]:
    return {"StringCondition": {"FieldName": field, "Value": value, "ComparisonType": "EXACT"}}


def test_search_conditions_combine(aws: Aws) -> None:
    names = [equal("Username", "ada@example.com"), equal("Username", "grace@example.com")]
    assert set(searched(aws, SearchCriteria={"OrConditions": names})) == {CONNECT_ADA, CONNECT_GRACE}
    both = [equal("FirstName", "Ada"), equal("RoutingProfileId", ROUTING_PROFILE)]
    assert set(searched(aws, SearchCriteria={"AndConditions": both})) == {CONNECT_ADA}
    neither = [equal("FirstName", "Ada"), equal("Username", "grace@example.com")]
    assert searched(aws, SearchCriteria={"AndConditions": neither}) == {}


def test_search_filters_by_tag(aws: Aws) -> None:
    owned = {"TagCondition": {"TagKey": "rollcall:owner", "TagValue": "rollcall"}}
    assert set(searched(aws, SearchFilter={"TagFilter": owned})) == {CONNECT_ADA, CONNECT_GRACE}


def test_search_by_hierarchy(aws: Aws) -> None:
    def below(match: str) -> set[str]:
        condition = {"HierarchyGroupCondition": {"Value": EMEA, "HierarchyGroupMatchType": match}}
        return set(searched(aws, SearchCriteria=condition))

    assert below("WITH_CHILD_GROUPS") == {CONNECT_GRACE}
    assert below("EXACT") == set()


def test_search_takes_one_kind_of_filter(aws: Aws) -> None:
    tag = {"TagCondition": {"TagKey": "rollcall:owner", "TagValue": "rollcall"}}
    both = {"TagFilter": tag, "UserAttributeFilter": tag}
    denied = code_and_status(aws.connect.search_users, **INSTANCE, SearchFilter=both)
    assert denied == ("AccessDeniedException", 403)


def test_search_index_lags(aws: Aws) -> None:
    aws.simulator.options(search_lag_seconds=60)
    made = aws.connect.create_user(**NEW_USER)["UserId"]
    aws.connect.tag_resource(resourceArn=user_arn(CONNECT_DESK), tags={"late": "yes"})
    aws.connect.delete_user(**ON_ADA)
    listed = {user["Id"] for user in aws.connect.list_users(**INSTANCE)["UserSummaryList"]}
    assert listed == {CONNECT_GRACE, CONNECT_DESK, made}
    before = searched(aws)
    assert set(before) == {CONNECT_ADA, CONNECT_GRACE, CONNECT_DESK}
    assert not before[CONNECT_DESK].get("Tags")
    with aws.later(seconds=61):
        after = searched(aws)
    assert set(after) == listed
    assert after[CONNECT_DESK]["Tags"] == {"late": "yes"}


# --- tags -------------------------------------------------------------------------------------------------------------


def test_user_has_fifty_tags_at_most(aws: Aws) -> None:
    arn = user_arn(CONNECT_DESK)
    aws.connect.tag_resource(resourceArn=arn, tags={f"key{n}": "" for n in range(50)})
    assert code_and_status(aws.connect.tag_resource, resourceArn=arn, tags={"one": "more"}) in INVALID
    aws.connect.tag_resource(resourceArn=arn, tags={"key0": "replaced"})


@pytest.mark.parametrize("key", ["aws:owner", "a{b}"])
def test_tag_key_that_is_refused(aws: Aws, key: str) -> None:
    arn = user_arn(CONNECT_DESK)
    assert code_and_status(aws.connect.tag_resource, resourceArn=arn, tags={key: "x"}) in INVALID
    assert code_and_status(aws.connect.untag_resource, resourceArn=arn, tagKeys=[key]) in INVALID
    assert code_and_status(aws.connect.create_user, **NEW_USER | {"Tags": {key: "x"}}) in INVALID


def test_tags_of_nobody(aws: Aws) -> None:
    arn = user_arn(NOBODY)
    assert code_and_status(aws.connect.tag_resource, resourceArn=arn, tags={"a": "b"}) == MISSING
    assert code_and_status(aws.connect.untag_resource, resourceArn=arn, tagKeys=["a"]) == MISSING
    assert code_and_status(aws.connect.list_tags_for_resource, resourceArn=arn) == MISSING


def test_tags_of_what_is_no_arn(aws: Aws) -> None:
    assert code_and_status(aws.connect.tag_resource, resourceArn="ada", tags={"a": "b"}) in INVALID
