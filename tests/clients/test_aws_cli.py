"""Proves that the AWS CLI can be used against the simulator as a person would use it against AWS.

One session of a person: look around, make a person, a group and a membership, assign the group, make and tag a Connect
user; with automatic pagination over many pages, and with the exit codes that scripts rely on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import servers
from aws import Aws
from world import (
    AGENT_PROFILE,
    AGENTS,
    APPLICATION,
    CONNECT_ADA,
    CONNECT_INSTANCE,
    CONNECT_REGION,
    GROUPS,
    IDENTITY_REGION,
    NOBODY,
    PEOPLE,
    ROUTING_PROFILE,
    SSO_INSTANCE,
    STORE,
    WORLD,
    user_arn,
)

__all__ = ["WORLD"]

# Version 1 of the CLI, which is the one that pip installs, ends with 255 where the service refused (version 2: with
# 254), and with 2 where the command line is wrong.
REFUSED, WRONG_COMMAND_LINE = 255, 2


class Cli:
    """The CLI of the environment that runs the suites, pointed at one simulator."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._environment = servers.bare_environment() | {
            "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }

    def run(self, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        region = CONNECT_REGION if service == "connect" else IDENTITY_REGION
        general = ["--endpoint-url", self._endpoint, "--region", region, "--output", "json"]
        command = [str(Path(sys.executable).with_name("aws")), *general, service, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=self._environment, timeout=60, check=False)

    def __call__(self, service: str, *arguments: str) -> Any:
        """The answer of a command that has to succeed."""
        done = self.run(service, *arguments)
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture
def cli(aws: Aws) -> Cli:
    return Cli(aws.simulator.endpoint)


IN_STORE = ["--identity-store-id", STORE]
IN_INSTANCE = ["--instance-id", CONNECT_INSTANCE]


def test_look_around_in_the_directory(cli: Cli) -> None:
    users = cli("identitystore", "list-users", *IN_STORE)["Users"]
    assert {user["UserName"]: user["UserId"] for user in users} == PEOPLE
    groups = cli("identitystore", "list-groups", *IN_STORE, "--query", "Groups[].DisplayName")
    assert set(groups) == set(GROUPS)


def test_a_person_comes_into_a_group_and_may_sign_in(cli: Cli) -> None:
    user = cli(
        "identitystore",
        "create-user",
        *IN_STORE,
        *["--user-name", "tim.bl", "--display-name", "Tim B-L", "--name", "GivenName=Tim,FamilyName=Berners-Lee"],
        *["--emails", "Value=tim.bl@example.com,Type=work,Primary=true"],
    )["UserId"]
    group = cli("identitystore", "create-group", *IN_STORE, "--display-name", "Web")["GroupId"]
    member = ["--group-id", group, "--member-id", f"UserId={user}"]
    membership = cli("identitystore", "create-group-membership", *IN_STORE, *member)["MembershipId"]
    listed = cli("identitystore", "list-group-memberships", *IN_STORE, "--group-id", group)["GroupMemberships"]
    assert [(item["MembershipId"], item["MemberId"]["UserId"]) for item in listed] == [(membership, user)]
    attribute = '{"UniqueAttribute":{"AttributePath":"emails.value","AttributeValue":"tim.bl@example.com"}}'
    found = cli("identitystore", "get-user-id", *IN_STORE, "--alternate-identifier", attribute)
    assert found["UserId"] == user
    assignment = ["--application-arn", APPLICATION, "--principal-id", group, "--principal-type", "GROUP"]
    cli("sso-admin", "create-application-assignment", *assignment)
    assigned = cli("sso-admin", "list-application-assignments", "--application-arn", APPLICATION)
    assert group in {item["PrincipalId"] for item in assigned["ApplicationAssignments"]}
    cli("sso-admin", "delete-application-assignment", *assignment)


def test_look_around_in_identity_center(cli: Cli) -> None:
    assert cli("sso-admin", "list-instances")["Instances"][0]["InstanceArn"] == SSO_INSTANCE
    names = cli("sso-admin", "list-applications", "--instance-arn", SSO_INSTANCE, "--query", "Applications[].Name")
    assert set(names) == {"Amazon Connect", "Wiki", "Phone book"}


def test_a_connect_user_is_made_found_and_tagged(cli: Cli) -> None:
    made = cli(
        "connect",
        "create-user",
        *IN_INSTANCE,
        *["--username", "tim.bl@example.com", "--identity-info", "FirstName=Tim,LastName=Berners-Lee"],
        *["--routing-profile-id", ROUTING_PROFILE, "--security-profile-ids", AGENT_PROFILE],
        *["--phone-config", "PhoneType=SOFT_PHONE,AutoAccept=false,AfterContactWorkTimeLimit=0"],
        *["--tags", "team=web"],
    )
    cli("connect", "tag-resource", "--resource-arn", made["UserArn"], "--tags", "shift=late")
    listed = cli("connect", "list-users", *IN_INSTANCE)["UserSummaryList"]
    assert made["UserId"] in {user["Id"] for user in listed}
    condition = '{"StringCondition":{"FieldName":"Username","Value":"tim.bl","ComparisonType":"STARTS_WITH"}}'
    (found,) = cli("connect", "search-users", *IN_INSTANCE, "--search-criteria", condition)["Users"]
    assert found["Tags"] == {"team": "web", "shift": "late"}
    cli("connect", "untag-resource", "--resource-arn", made["UserArn"], "--tag-keys", "team", "shift")
    user = cli("connect", "describe-user", *IN_INSTANCE, "--user-id", made["UserId"])["User"]
    assert not user.get("Tags")


def test_pagination_is_automatic(cli: Cli, aws: Aws) -> None:
    users = cli("identitystore", "list-users", *IN_STORE, "--page-size", "1")["Users"]
    assert {user["UserId"] for user in users} == set(PEOPLE.values())
    asked = [entry for entry in aws.simulator.journal() if entry["operation"] == "ListUsers"]
    assert len(asked) == len(PEOPLE)
    connect_users = cli(
        "connect", "list-users", *IN_INSTANCE, "--page-size", "1", "--query", "UserSummaryList[].Username"
    )
    assert len(connect_users) == 3


def test_pagination_can_be_resumed(cli: Cli) -> None:
    first = cli("identitystore", "list-users", *IN_STORE, "--max-items", "2")
    rest = cli("identitystore", "list-users", *IN_STORE, "--starting-token", first["NextToken"])
    assert {user["UserId"] for user in first["Users"] + rest["Users"]} == set(PEOPLE.values())
    assert "NextToken" not in rest


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ["identitystore", "describe-user", *IN_STORE, "--user-id", NOBODY],
            "(ResourceNotFoundException) when calling the DescribeUser operation",
        ),
        (
            ["identitystore", "create-group", *IN_STORE, "--display-name", "Agents"],
            "(ConflictException) when calling the CreateGroup operation",
        ),
        (
            ["connect", "describe-user", *IN_INSTANCE, "--user-id", NOBODY],
            "(ResourceNotFoundException) when calling the DescribeUser operation",
        ),
        (
            [
                "connect",
                "update-user-security-profiles",
                *IN_INSTANCE,
                "--user-id",
                CONNECT_ADA,
                "--security-profile-ids",
                "",
            ],
            "when calling the UpdateUserSecurityProfiles operation",
        ),
    ],
    ids=["nobody", "a-name-that-is-taken", "no-connect-user", "no-profile"],
)
def test_refusal_has_its_exit_code(cli: Cli, command: list[str], words: str) -> None:
    done = cli.run(*command)
    assert done.returncode == REFUSED, done.stderr
    assert "An error occurred" in done.stderr
    assert words in done.stderr
    assert done.stdout == ""


def test_command_line_that_is_wrong(cli: Cli, aws: Aws) -> None:
    done = cli.run("identitystore", "list-users")
    assert done.returncode == WRONG_COMMAND_LINE, done.stderr
    assert aws.simulator.journal() == [], "nothing was sent"


def test_throttling_reaches_the_person(cli: Cli, aws: Aws) -> None:
    aws.simulator.fault("connect", "ListUsers", "throttle")
    done = cli.run("connect", "list-users", *IN_INSTANCE)
    assert done.returncode == REFUSED
    assert "(ThrottlingException) when calling the ListUsers operation" in done.stderr


def test_role_is_assumed(cli: Cli) -> None:
    identity = cli("sts", "get-caller-identity")
    assert identity["Account"] == "111122223333"
    arn = "arn:aws:iam::111122223333:role/reader"
    answer = cli("sts", "assume-role", "--role-arn", arn, "--role-session-name", "tim")
    assert answer["AssumedRoleUser"]["Arn"].endswith(":assumed-role/reader/tim")


def test_tags_of_the_seeded_user(cli: Cli) -> None:
    told = cli("connect", "list-tags-for-resource", "--resource-arn", user_arn(CONNECT_ADA))
    assert told["tags"] == {"rollcall:owner": "rollcall"}
    assert cli("identitystore", "describe-group", *IN_STORE, "--group-id", AGENTS)["DisplayName"] == "Agents"
