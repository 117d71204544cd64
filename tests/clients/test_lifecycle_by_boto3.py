"""A joiner's whole life, with boto3 as the hands of people and as the eyes of the test.

boto3 puts a person into groups and takes them out, plays the supervisor, and ages the marks; `rollcall sync` runs between;
and boto3, or the AWS CLI, says what Connect has then.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

import servers
from world import APPLICATION, CONNECT_REGION, IDENTITY_REGION, STORE

WORLD = Path(__file__).with_name("lifecycle.toml")
INSTANCE = "aaaaaaaa-1111-4222-8333-000000000009"
SECONDS = 60
LOGIN = "ana@example.com"

CONFIGURATION = f"""
[identity_center]
region = "{IDENTITY_REGION}"

[policy]
removals = "delete"
attributes = {{ name = "enforce" }}

[quarantine]
routing_profile = "Parking"
security_profiles = ["NoAccess"]

[[target]]
name = "support"
region = "{CONNECT_REGION}"
instance_id = "{INSTANCE}"
application = "{APPLICATION}"

[[target.mapping]]
group = "ConnectSupervisors"
security_profiles = ["CallCenterManager"]

[[target.mapping]]
group = "ConnectAgents"
"""


@dataclass
class Centre:
    """The contact centre: Rollcall, and boto3 beside it."""

    simulator: servers.Simulator
    configuration: Path
    people: BaseClient
    connect: BaseClient

    def rollcall(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        environment = servers.bare_environment() | {
            "AWS_ACCESS_KEY_ID": servers.ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": servers.SECRET_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.simulator.endpoint,
        }
        command = [str(servers.rollcall_binary()), *arguments, "--output", "json", "--config", str(self.configuration)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=SECONDS, check=False)
        assert done.returncode == code, f"exit {done.returncode}\n{done.stderr}\n{done.stdout}"
        return json.loads(done.stdout)

    def sync(self, *arguments: str, code: int = 0) -> list[str]:
        """A pass, and what it did to users."""
        (target,) = self.rollcall("sync", *arguments, code=code)["targets"]
        return [f"{one['kind']} {one['login']} {one['result']}" for one in target["actions"] if one["login"]]

    def group(self, name: str) -> str:
        attribute = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": name}}
        return self.people.get_group_id(IdentityStoreId=STORE, AlternateIdentifier=attribute)["GroupId"]

    def join(self, person: str, group: str) -> None:
        member = {"UserId": person}
        self.people.create_group_membership(IdentityStoreId=STORE, GroupId=self.group(group), MemberId=member)

    def leave(self, person: str, group: str) -> None:
        member = {"UserId": person}
        found = self.people.get_group_membership_id(IdentityStoreId=STORE, GroupId=self.group(group), MemberId=member)
        self.people.delete_group_membership(IdentityStoreId=STORE, MembershipId=found["MembershipId"])

    def person(self, login: str) -> str:
        made = self.people.create_user(
            IdentityStoreId=STORE,
            UserName=login.split("@")[0],
            DisplayName="Ana Silva",
            Name={"GivenName": "Ana", "FamilyName": "Silva"},
            Emails=[{"Value": login, "Type": "work", "Primary": True}],
        )
        return made["UserId"]

    def users(self) -> dict[str, str]:
        listed = self.connect.list_users(InstanceId=INSTANCE)["UserSummaryList"]
        return {user["Username"]: user["Id"] for user in listed}

    def user(self, login: str) -> dict[str, Any]:
        """What DescribeUser shows, but for when it was changed."""
        shown = self.connect.describe_user(InstanceId=INSTANCE, UserId=self.users()[login])["User"]
        shown.pop("LastModifiedTime")
        return shown

    def profiles(self, login: str) -> tuple[str, list[str]]:
        """The names of a user's profiles."""
        user = self.user(login)
        routing = self.connect.list_routing_profiles(InstanceId=INSTANCE)["RoutingProfileSummaryList"]
        security = self.connect.list_security_profiles(InstanceId=INSTANCE)["SecurityProfileSummaryList"]
        names = {profile["Id"]: profile["Name"] for profile in [*routing, *security]}
        return names[user["RoutingProfileId"]], [names[one] for one in user["SecurityProfileIds"]]

    def age(self, login: str, mark: str, hours: int) -> None:
        """Makes a mark older than it is, as time does."""
        then = datetime.now(UTC) - timedelta(hours=hours)
        user = self.user(login)
        tags = {f"rollcall:{mark}": then.strftime("%Y-%m-%dT%H:%M:%SZ")}
        self.connect.tag_resource(resourceArn=user["Arn"], tags=tags)


@pytest.fixture
def centre(simulator: servers.Simulator, tmp_path: Path) -> Centre:
    simulator.load(WORLD.read_text())
    simulator.options(throttle=False)
    configuration = tmp_path / "rollcall.toml"
    configuration.write_text(CONFIGURATION)
    people = simulator.client("identitystore", IDENTITY_REGION)
    centre = Centre(simulator, configuration, people, simulator.client("connect", CONNECT_REGION))
    # Somebody is always there, so that no group is empty.
    for group in ("ConnectAgents", "ConnectSupervisors"):
        login = f"{group.lower()}@example.com"
        centre.join(centre.person(login), group)
    centre.sync()
    return centre


def test_somebody_joins_moves_leaves_comes_back_and_leaves_for_good(centre: Centre) -> None:
    ana = centre.person(LOGIN)
    assert centre.sync() == []
    centre.join(ana, "ConnectAgents")
    assert centre.sync() == [f"create_user {LOGIN} done"]
    assert centre.profiles(LOGIN) == ("Basic Routing Profile", ["Agent"])
    assert centre.user(LOGIN)["IdentityInfo"]["SecondaryEmail"] == LOGIN

    centre.join(ana, "ConnectSupervisors")
    assert centre.sync() == [f"update_user {LOGIN} done"]
    assert centre.profiles(LOGIN) == ("Basic Routing Profile", ["CallCenterManager"])

    # A supervisor changes the routing profile during the shift, and it stays.
    routing = centre.connect.list_routing_profiles(InstanceId=INSTANCE)["RoutingProfileSummaryList"]
    overflow = next(profile["Id"] for profile in routing if profile["Name"] == "Overflow")
    user_id = centre.users()[LOGIN]
    centre.connect.update_user_routing_profile(InstanceId=INSTANCE, UserId=user_id, RoutingProfileId=overflow)
    assert centre.sync() == []
    before = centre.user(LOGIN)

    centre.leave(ana, "ConnectSupervisors")
    centre.leave(ana, "ConnectAgents")
    assert centre.sync() == [f"mark_absent {LOGIN} done"]
    assert centre.sync() == []
    centre.age(LOGIN, "absent-since", 73)
    assert centre.sync() == [f"quarantine_user {LOGIN} done"]
    assert centre.profiles(LOGIN) == ("Parking", ["NoAccess"])
    assert centre.sync() == []

    centre.join(ana, "ConnectSupervisors")
    assert centre.sync() == [f"restore_user {LOGIN} done"]
    assert centre.user(LOGIN) == before

    centre.leave(ana, "ConnectSupervisors")
    centre.sync()
    centre.age(LOGIN, "absent-since", 73)
    centre.sync()
    centre.age(LOGIN, "quarantined-at", 30 * 24 + 1)
    whole = centre.user(LOGIN)
    report = centre.rollcall("sync")
    (action,) = report["targets"][0]["actions"]
    assert (action["kind"], action["result"]) == ("delete_user", "done")
    assert LOGIN not in centre.users()
    for member in ("Username", "Id", "IdentityInfo", "Tags", "SecurityProfileIds", "RoutingProfileId"):
        assert action["user"][member] == whole[member] or member == "IdentityInfo", member
    assert action["user"]["IdentityInfo"]["LastName"] == whole["IdentityInfo"]["LastName"]
    assert centre.sync() == []


def test_a_name_is_changed_and_the_address_beside_it_stays(centre: Centre) -> None:
    ana = centre.person(LOGIN)
    centre.join(ana, "ConnectAgents")
    centre.sync()
    operation = {"AttributePath": "name.familyName", "AttributeValue": "Souza"}
    centre.people.update_user(IdentityStoreId=STORE, UserId=ana, Operations=[operation])
    assert centre.sync() == [f"update_user {LOGIN} done"]
    info = centre.user(LOGIN)["IdentityInfo"]
    assert info == {"FirstName": "Ana", "LastName": "Souza", "SecondaryEmail": LOGIN}


def test_a_user_that_somebody_untags_is_left_alone_for_ever(centre: Centre) -> None:
    ana = centre.person(LOGIN)
    centre.join(ana, "ConnectAgents")
    centre.sync()
    arn = centre.user(LOGIN)["Arn"]
    centre.connect.untag_resource(resourceArn=arn, tagKeys=["rollcall:owner"])
    before = centre.user(LOGIN)
    centre.leave(ana, "ConnectAgents")
    assert centre.sync() == []
    centre.people.delete_user(IdentityStoreId=STORE, UserId=ana)
    assert centre.sync() == []
    assert centre.user(LOGIN) == before


def test_somebody_is_explained_before_and_after(centre: Centre) -> None:
    ana = centre.person(LOGIN)
    (target,) = centre.rollcall("explain", LOGIN)["targets"]
    assert (target["verdict"], target["fix"]) == ("not ready", "put the person into a mapped group")
    centre.join(ana, "ConnectAgents")
    (target,) = centre.rollcall("explain", ana)["targets"]
    assert target["verdict"] == "not ready"
    assert "sync --person" in target["fix"]
    assert centre.sync("--person", LOGIN) == [f"create_user {LOGIN} done"]
    (target,) = centre.rollcall("explain", LOGIN.upper().lower())["targets"]
    assert target["verdict"] == "ready"
