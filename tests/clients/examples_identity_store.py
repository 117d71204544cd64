"""One example of each operation of the Identity Store."""

from __future__ import annotations

from aws import Aws, code_and_status
from examples import example
from world import (
    ADA,
    AGENTS,
    EMPTY,
    GRACE,
    GROUPS,
    PEOPLE,
    STORE,
    SUPERVISORS,
    TIM,
    ZOE,
)

STORED = {"IdentityStoreId": STORE}


def user_names(aws: Aws) -> set[str]:
    return {user["UserName"] for user in aws.identity.list_users(**STORED)["Users"]}


def members_of(aws: Aws, group: str) -> set[str]:
    listed = aws.identity.list_group_memberships(**STORED, GroupId=group)["GroupMemberships"]
    return {membership["MemberId"]["UserId"] for membership in listed}


def membership_id(aws: Aws, group: str, user: str) -> str:
    found = aws.identity.get_group_membership_id(**STORED, GroupId=group, MemberId={"UserId": user})
    return found["MembershipId"]


@example("identitystore", "GetGroupId")
def get_group_id(aws: Aws) -> None:
    alternate = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "Supervisors"}}
    answer = aws.identity.get_group_id(**STORED, AlternateIdentifier=alternate)
    assert answer["GroupId"] == SUPERVISORS
    assert answer["GroupArn"] == f"arn:aws:identitystore:::group/{SUPERVISORS}"


@example("identitystore", "GetUserId")
def get_user_id(aws: Aws) -> None:
    for path, value in (("userName", "grace"), ("emails.value", "grace@example.com")):
        alternate = {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}
        answer = aws.identity.get_user_id(**STORED, AlternateIdentifier=alternate)
        assert answer["UserId"] == GRACE
        assert answer["UserArn"] == f"arn:aws:identitystore:::user/{GRACE}"


@example("identitystore", "ListGroups")
def list_groups(aws: Aws) -> None:
    listed = aws.identity.list_groups(**STORED)["Groups"]
    assert {group["DisplayName"]: group["GroupId"] for group in listed} == GROUPS


@example("identitystore", "DescribeGroup")
def describe_group(aws: Aws) -> None:
    assert aws.identity.describe_group(**STORED, GroupId=AGENTS)["DisplayName"] == "Agents"


@example("identitystore", "ListGroupMemberships")
def list_group_memberships(aws: Aws) -> None:
    assert members_of(aws, AGENTS) == set(PEOPLE.values()) - {TIM}


@example("identitystore", "ListUsers")
def list_users(aws: Aws) -> None:
    listed = aws.identity.list_users(**STORED)["Users"]
    assert {user["UserName"]: user["UserId"] for user in listed} == PEOPLE
    statuses = {user["UserName"]: user["UserStatus"] for user in listed}
    assert statuses == dict.fromkeys(PEOPLE, "ENABLED") | {"zoe": "DISABLED"}


@example("identitystore", "DescribeUser")
def describe_user(aws: Aws) -> None:
    answer = aws.identity.describe_user(**STORED, UserId=ADA)
    assert answer["Name"] == {"GivenName": "Ada", "FamilyName": "Lovelace"}
    assert answer["Emails"][0]["Value"] == "ada@example.com"
    assert aws.identity.describe_user(**STORED, UserId=ZOE)["UserStatus"] == "DISABLED"


@example("identitystore", "IsMemberInGroups")
def is_member_in_groups(aws: Aws) -> None:
    answer = aws.identity.is_member_in_groups(**STORED, MemberId={"UserId": ADA}, GroupIds=[AGENTS, SUPERVISORS])
    assert {result["GroupId"]: result["MembershipExists"] for result in answer["Results"]} == {
        AGENTS: True,
        SUPERVISORS: False,
    }


@example("identitystore", "ListGroupMembershipsForMember")
def list_group_memberships_for_member(aws: Aws) -> None:
    answer = aws.identity.list_group_memberships_for_member(**STORED, MemberId={"UserId": GRACE})
    assert {membership["GroupId"] for membership in answer["GroupMemberships"]} == {AGENTS, SUPERVISORS}


@example("identitystore", "CreateUser")
def create_user(aws: Aws) -> None:
    name = {"GivenName": "Alan", "FamilyName": "Turing"}
    email = [{"Value": "Alan@Example.com", "Type": "work", "Primary": True}]
    made = aws.identity.create_user(**STORED, UserName="alan", Name=name, DisplayName="Alan T", Emails=email)
    read = aws.identity.describe_user(**STORED, UserId=made["UserId"])
    assert (read["UserName"], read["Name"], read["Emails"], read["UserStatus"]) == ("alan", name, email, "ENABLED")


@example("identitystore", "UpdateUser")
def update_user(aws: Aws) -> None:
    before = aws.identity.describe_user(**STORED, UserId=ADA)["Revision"]
    changes = {"displayName": "Countess", "name.familyName": "King", "emails": [{"Value": "king@example.com"}]}
    operations = [{"AttributePath": path, "AttributeValue": value} for path, value in changes.items()]
    aws.identity.update_user(**STORED, UserId=ADA, Operations=operations)
    read = aws.identity.describe_user(**STORED, UserId=ADA)
    assert read["DisplayName"] == "Countess"
    assert read["Name"] == {"GivenName": "Ada", "FamilyName": "King"}
    assert [email["Value"] for email in read["Emails"]] == ["king@example.com"]
    assert read["Revision"] != before
    aws.identity.update_user(**STORED, UserId=ADA, Operations=[{"AttributePath": "emails"}])
    assert not aws.identity.describe_user(**STORED, UserId=ADA).get("Emails"), "an operation without a value removes"


@example("identitystore", "DeleteUser")
def delete_user(aws: Aws) -> None:
    aws.identity.delete_user(**STORED, UserId=GRACE)
    assert "grace" not in user_names(aws)
    assert GRACE not in members_of(aws, AGENTS), "memberships go with the user"


@example("identitystore", "CreateGroup")
def create_group(aws: Aws) -> None:
    made = aws.identity.create_group(**STORED, DisplayName="Night shift", Description="From ten to six")
    read = aws.identity.describe_group(**STORED, GroupId=made["GroupId"])
    assert (read["DisplayName"], read["Description"]) == ("Night shift", "From ten to six")
    assert members_of(aws, made["GroupId"]) == set()


@example("identitystore", "UpdateGroup")
def update_group(aws: Aws) -> None:
    operations = [{"AttributePath": "displayName", "AttributeValue": "Operators"}]
    aws.identity.update_group(**STORED, GroupId=AGENTS, Operations=operations)
    assert aws.identity.describe_group(**STORED, GroupId=AGENTS)["DisplayName"] == "Operators"
    alternate = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "Operators"}}
    assert aws.identity.get_group_id(**STORED, AlternateIdentifier=alternate)["GroupId"] == AGENTS


@example("identitystore", "DeleteGroup")
def delete_group(aws: Aws) -> None:
    aws.identity.delete_group(**STORED, GroupId=SUPERVISORS)
    assert code_and_status(aws.identity.describe_group, **STORED, GroupId=SUPERVISORS)[0] == "ResourceNotFoundException"
    answer = aws.identity.list_group_memberships_for_member(**STORED, MemberId={"UserId": GRACE})
    assert {membership["GroupId"] for membership in answer["GroupMemberships"]} == {AGENTS}


@example("identitystore", "CreateGroupMembership")
def create_group_membership(aws: Aws) -> None:
    made = aws.identity.create_group_membership(**STORED, GroupId=EMPTY, MemberId={"UserId": TIM})
    assert members_of(aws, EMPTY) == {TIM}
    assert made["MembershipId"] == membership_id(aws, EMPTY, TIM)


@example("identitystore", "DeleteGroupMembership")
def delete_group_membership(aws: Aws) -> None:
    aws.identity.delete_group_membership(**STORED, MembershipId=membership_id(aws, AGENTS, ADA))
    assert ADA not in members_of(aws, AGENTS)


@example("identitystore", "GetGroupMembershipId")
def get_group_membership_id(aws: Aws) -> None:
    listed = aws.identity.list_group_memberships(**STORED, GroupId=SUPERVISORS)["GroupMemberships"]
    assert [membership["MembershipId"] for membership in listed] == [membership_id(aws, SUPERVISORS, GRACE)]


@example("identitystore", "DescribeGroupMembership")
def describe_group_membership(aws: Aws) -> None:
    membership = membership_id(aws, AGENTS, ADA)
    answer = aws.identity.describe_group_membership(**STORED, MembershipId=membership)
    assert (answer["GroupId"], answer["MemberId"]) == (AGENTS, {"UserId": ADA})
