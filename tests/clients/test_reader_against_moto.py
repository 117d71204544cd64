"""Proves that Rollcall's Identity Store reader reads a directory that nobody here wrote.

`rollcall plan` reads the Identity Store from moto, Connect and SSO Admin from the simulator, each by its own
`AWS_ENDPOINT_URL_…`. moto holds a group of 250 members among 300 people; the Connect instance is empty.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

import servers
from aws import pages
from world import APPLICATION, CONNECT_REGION, IDENTITY_REGION, SSO_INSTANCE, STORE

WORLD = Path(__file__).with_name("empty.toml")
EMPTY_INSTANCE = "aaaaaaaa-1111-4222-8333-000000000009"
MEMBERS, BYSTANDERS = 250, 50
PLAN_SECONDS = 120

CONFIGURATION = f"""
[identity_center]
region = "{IDENTITY_REGION}"
instance_arn = "{SSO_INSTANCE}"
identity_store_id = "{STORE}"

[[target]]
name = "support"
region = "{CONNECT_REGION}"
instance_id = "{EMPTY_INSTANCE}"
application = "{APPLICATION}"

[[target.mapping]]
group = "ConnectAgents"
"""


def login(number: int) -> str:
    return f"Agent.{number:03d}@example.com"


@dataclass(frozen=True)
class Directory:
    """moto's directory: the group, and how many pages moto makes of its members."""

    group: str
    membership_pages: int


@pytest.fixture(scope="module")
def directory(moto: str) -> Directory:
    client = servers.client("identitystore", moto, IDENTITY_REGION)
    group = client.create_group(IdentityStoreId=STORE, DisplayName="ConnectAgents")["GroupId"]
    for number in range(MEMBERS + BYSTANDERS):
        user = person(client, number)
        if number < MEMBERS:
            client.create_group_membership(IdentityStoreId=STORE, GroupId=group, MemberId={"UserId": user})
    answers = list(pages(client.list_group_memberships, IdentityStoreId=STORE, GroupId=group, MaxResults=100))
    assert sum(len(answer["GroupMemberships"]) for answer in answers) == MEMBERS
    return Directory(group, len(answers))


def person(client: BaseClient, number: int) -> str:
    made = client.create_user(
        IdentityStoreId=STORE,
        UserName=f"agent.{number:03d}",
        DisplayName=f"Agent {number}",
        Name={"GivenName": "Agent", "FamilyName": f"Number {number}"},
        Emails=[{"Value": login(number), "Type": "work", "Primary": True}],
    )
    return made["UserId"]


@pytest.fixture(scope="module")
def report(
    directory: Directory, moto: str, simulator: servers.Simulator, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What `rollcall plan` says."""
    configuration = tmp_path_factory.mktemp("reader") / "rollcall.toml"
    configuration.write_text(CONFIGURATION)
    environment = servers.bare_environment() | {
        "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_IDENTITYSTORE": moto,
        "AWS_ENDPOINT_URL_SSO_ADMIN": simulator.endpoint,
        "AWS_ENDPOINT_URL_CONNECT": simulator.endpoint,
    }
    command = [str(servers.rollcall_binary()), "plan", "--output", "json", "--config", str(configuration)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PLAN_SECONDS, check=False)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stderr}\n{done.stdout}"
    return json.loads(done.stdout)


def test_moto_pages_the_members(directory: Directory) -> None:
    assert directory.membership_pages == 3


def test_every_member_is_read(report: dict[str, Any]) -> None:
    (target,) = report["targets"]
    assert target["error"] is None
    assert (target["members"], target["connect_users"]) == (MEMBERS, 0)


def test_every_member_is_to_be_created(report: dict[str, Any]) -> None:
    creates = [action for action in report["targets"][0]["actions"] if action["kind"] == "create_user"]
    assert sorted(action["login"] for action in creates) == sorted(login(number) for number in range(MEMBERS))
    assert {(action["result"], action["mapping"]) for action in creates} == {("planned", "ConnectAgents")}


def test_members_are_read_page_by_page(report: dict[str, Any], directory: Directory) -> None:
    assert report["requests"]["identitystore:ListGroupMemberships"] == directory.membership_pages


def test_the_group_is_to_be_assigned(report: dict[str, Any]) -> None:
    kinds = {action["kind"] for action in report["targets"][0]["actions"]}
    assert kinds == {"create_user", "assign_group"}


def test_nothing_was_written(report: dict[str, Any], simulator: servers.Simulator) -> None:
    assert (report["mode"], report["state"], report["verdict"]) == ("plan", "done", "pending")
    assert [entry for entry in simulator.journal() if entry["write"]] == []
    services = {entry["service"] for entry in simulator.journal()}
    assert services == {"connect", "sso"}, "the directory was read from moto alone"
