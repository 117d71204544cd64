"""Proves that moto answers what it has of Connect, SSO Admin and STS as the simulator does.

It has little: an instance and tags, the list of instances, and roles. The same calls go to both; ids and accounts, which
are the servers' own, are taken out. Where moto departs from the services' documentation the departure is named, and
both are still held to an exact answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

import servers
from aws import REGIONS
from test_identity_store_against_moto import Departure
from world import ACCOUNT, CONNECT_DESK, CONNECT_INSTANCE, NOBODY, OPEN_ROLE, SSO_INSTANCE, STORE, WORLD

__all__ = ["WORLD"]

MOTO_ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Side:
    """One server, and the names that it has for what the script speaks of."""

    connect: BaseClient
    sso: BaseClient
    sts: BaseClient
    instance: str
    account: str

    def user(self, user: str) -> str:
        return f"arn:aws:connect:{REGIONS['connect']}:{self.account}:instance/{self.instance}/agent/{user}"

    def without_names(self, value: Any) -> Any:
        """What differs from one server to the next, under one name; what AWS's model has and moto lacks, left out."""
        if isinstance(value, dict):
            kept = {name: inner for name, inner in value.items() if name not in ABSENT_FROM_MOTO | OWN}
            # No tags and no member for them are the same to whoever reads.
            return {name: self.without_names(inner) for name, inner in kept.items() if (name, inner) != ("Tags", {})}
        if isinstance(value, list):
            return [self.without_names(inner) for inner in value]
        if isinstance(value, str):
            value = value.replace(self.instance, "INSTANCE").replace(self.account, "ACCOUNT")
            return value.removesuffix("_simulated")
        return value


ABSENT_FROM_MOTO = {"IdentityStoreArn", "PrimaryRegion", "Regions"}
# Times and secrets, the ids of Identity Center and of whoever calls, and what moto says of a policy that nobody sent.
OWN = {"CreatedTime", "CreatedDate", "Expiration", "AccessKeyId", "SecretAccessKey", "SessionToken"}
OWN |= {"InstanceArn", "IdentityStoreId", "AssumedRoleId", "UserId", "PackedPolicySize"}


@dataclass(frozen=True)
class Step:
    """One call."""

    name: str
    call: Callable[[Side], dict[str, Any]]


def tagging(user: str, tags: dict[str, str]) -> Callable[[Side], dict[str, Any]]:
    return lambda side: side.connect.tag_resource(resourceArn=side.user(user), tags=tags)


def tags_of(user: str) -> Callable[[Side], dict[str, Any]]:
    return lambda side: side.connect.list_tags_for_resource(resourceArn=side.user(user))


def assuming(**more: Any) -> Callable[[Side], dict[str, Any]]:
    def call(side: Side) -> dict[str, Any]:
        role = OPEN_ROLE.replace(ACCOUNT, side.account)
        return side.sts.assume_role(**{"RoleArn": role, "RoleSessionName": "rollcall"} | more)

    return call


SCRIPT = [
    Step("describe an instance", lambda side: side.connect.describe_instance(InstanceId=side.instance)),
    Step("describe an instance that is not", lambda side: side.connect.describe_instance(InstanceId=NOBODY)),
    Step("tag a user", tagging(CONNECT_DESK, {"team": "night", "shift": "late & long"})),
    Step("the tags of a user", tags_of(CONNECT_DESK)),
    Step("another value for a tag", tagging(CONNECT_DESK, {"team": "day"})),
    Step(
        "take tags away, one of which is not there",
        lambda side: side.connect.untag_resource(resourceArn=side.user(CONNECT_DESK), tagKeys=["shift", "never"]),
    ),
    Step("the tags that are left", tags_of(CONNECT_DESK)),
    Step("the tags of a user that is not", tags_of(NOBODY)),
    Step("a tag that AWS keeps to itself", tagging(CONNECT_DESK, {"aws:owner": "x"})),
    Step("the instances of Identity Center", lambda side: side.sso.list_instances()),
    Step("a page of none", lambda side: side.sso.list_instances(MaxResults=0)),
    Step("assume a role", assuming(DurationSeconds=900)),
    Step("a session whose name is too long", assuming(RoleSessionName="r" * 65)),
    Step("a role that is no ARN", assuming(RoleArn="rollcall")),
    Step("a session that is too long", assuming(DurationSeconds=43_201)),
    Step("who is calling", lambda side: {"members": sorted(side.sts.get_caller_identity())}),
]
UNCHECKED = "moto checks few constraints of the models"
PARAMETER = {"error": "InvalidParameterException", "status": 400}
SESSION = {"Credentials": {}, "AssumedRoleUser": {"Arn": "arn:aws:sts::ACCOUNT:assumed-role/reader/rollcall"}}
ONE_INSTANCE = {"Instances": [{"OwnerAccountId": "ACCOUNT", "Status": "ACTIVE"}]}
DEPARTURES = {
    "the tags of a user that is not": Departure(
        {"tags": {}}, {"error": "ResourceNotFoundException", "status": 404}, "moto tags whatever it is asked to"
    ),
    "a tag that AWS keeps to itself": Departure({}, PARAMETER, UNCHECKED),
    "a page of none": Departure(ONE_INSTANCE, {"error": "ValidationException", "status": 400}, UNCHECKED),
    "a role that is no ARN": Departure(
        SESSION | {"AssumedRoleUser": {"Arn": "arn:aws:sts::ACCOUNT:assumed-role/rollcall/rollcall"}},
        {"error": "ValidationError", "status": 400},
        UNCHECKED,
    ),
    "a session that is too long": Departure(SESSION, {"error": "ValidationError", "status": 400}, UNCHECKED),
}


def perform(side: Side) -> dict[str, Any]:
    outcomes: dict[str, Any] = {}
    for step in SCRIPT:
        try:
            answer = step.call(side)
            answer.pop("ResponseMetadata", None)
            outcomes[step.name] = side.without_names(answer)
        except ClientError as error:
            told = error.response
            status = told["ResponseMetadata"]["HTTPStatusCode"]
            outcomes[step.name] = {"error": told["Error"]["Code"], "status": status}
    return outcomes


def clients(endpoint: str) -> list[BaseClient]:
    names = ("connect", "sso-admin", "sts")
    return [servers.client(name, endpoint, REGIONS[name], parameter_validation=False) for name in names]


@pytest.fixture(scope="module")
def against_moto(moto: str) -> dict[str, Any]:
    connect, sso, sts = clients(moto)
    made = connect.create_instance(
        IdentityManagementType="SAML",
        InstanceAlias="support",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=True,
    )
    return perform(Side(connect, sso, sts, made["Id"], MOTO_ACCOUNT))


@pytest.fixture(scope="module")
def against_simulator(simulator: servers.Simulator) -> dict[str, Any]:
    simulator.options(throttle=False)
    return perform(Side(*clients(simulator.endpoint), CONNECT_INSTANCE, ACCOUNT))


@pytest.mark.parametrize("step", SCRIPT, ids=lambda step: step.name.replace(" ", "-"))
def test_step(step: Step, against_moto: dict[str, Any], against_simulator: dict[str, Any]) -> None:
    moto, simulator = against_moto[step.name], against_simulator[step.name]
    departure = DEPARTURES.get(step.name)
    if departure is None:
        assert simulator == moto
    else:
        assert moto == departure.moto, f"moto departs otherwise than expected ({departure.reason})"
        assert simulator == departure.demanded, departure.reason


def test_every_departure_is_of_a_step() -> None:
    assert {step.name for step in SCRIPT} >= DEPARTURES.keys()


def test_what_is_taken_out_is_there(simulator: servers.Simulator) -> None:
    connect, sso, sts = clients(simulator.endpoint)
    assert connect.describe_instance(InstanceId=CONNECT_INSTANCE)["Instance"]["CreatedTime"]
    (instance,) = sso.list_instances()["Instances"]
    assert (instance["InstanceArn"], instance["IdentityStoreId"]) == (SSO_INSTANCE, STORE)
    credentials = sts.assume_role(RoleArn=OPEN_ROLE, RoleSessionName="rollcall")["Credentials"]
    assert all(credentials[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"))
