"""Proves that a double which nobody here wrote answers the Identity Store script as the simulator does.

The script of `directory_script.py` runs once against moto and once against the simulator; each step is a test of its
own. Where moto departs from AWS's model the departure is named below, and both sides are still held to an exact answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session

import servers
from directory_script import SCRIPT, Run, Step

WORLD = Path(__file__).with_name("empty.toml")
REGION = "eu-west-1"
STORE = "d-9067f0a1b2"


@dataclass(frozen=True)
class Departure:
    """What moto answers, what AWS's model demands instead, and why."""

    moto: Any
    demanded: Any
    reason: str


def not_found(kind: str) -> dict[str, Any]:
    return {"error": "ResourceNotFoundException", "status": 400, "ResourceType": kind}


INVALID = {"error": "ValidationException", "status": 400}
UNIMPLEMENTED = {"error": "500", "status": 500}
DEPARTURES = {
    "update a user": Departure(UNIMPLEMENTED, {"IdentityStoreId": STORE, "UserId": "@grace"}, "not in moto"),
    "update a group": Departure(UNIMPLEMENTED, {"IdentityStoreId": STORE, "GroupId": "@agents"}, "not in moto"),
    "remove a member who was removed": Departure(
        {}, not_found("GROUP_MEMBERSHIP"), "moto's deletes ignore what is missing; the model declares the error"
    ),
    "delete a deleted user": Departure(
        {}, not_found("USER"), "moto's deletes ignore what is missing; the model declares the error"
    ),
    "delete a deleted group": Departure(
        {}, not_found("GROUP"), "moto's deletes ignore what is missing; the model declares the error"
    ),
    "list the members of a missing group": Departure(
        {}, not_found("GROUP"), "moto lists nobody where the model declares an error"
    ),
    "a member is added once": Departure(
        {"IdentityStoreId": STORE, "MembershipId": "id-17"},
        {"error": "ConflictException", "status": 400, "Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"},
        "moto adds the same member twice; the model declares ConflictException",
    ),
    "a token that nobody gave": Departure(
        {"error": "InvalidToken", "status": 400}, INVALID, "moto's code is not one that the model declares"
    ),
    "a page of none": Departure({}, INVALID, "moto checks no constraint of the model: MaxResults begins at 1"),
    "a malformed id": Departure(
        not_found("USER"), INVALID, "moto checks no constraint of the model: the pattern of ids"
    ),
    "another store": Departure({}, not_found("IDENTITY_STORE"), "moto makes every store that is asked for"),
}


@pytest.fixture(scope="module")
def against_moto(moto: str) -> Run:
    return Run(servers.client("identitystore", moto, REGION, parameter_validation=False), STORE).perform(SCRIPT)


@pytest.fixture(scope="module")
def against_simulator(simulator: servers.Simulator) -> Run:
    simulator.options(throttle=False)
    return Run(simulator.client("identitystore", REGION, parameter_validation=False), STORE).perform(SCRIPT)


@pytest.mark.parametrize("step", SCRIPT, ids=lambda step: step.name.replace(" ", "-"))
def test_step(step: Step, against_moto: Run, against_simulator: Run) -> None:
    moto, simulator = against_moto.outcomes[step.name], against_simulator.outcomes[step.name]
    departure = DEPARTURES.get(step.name)
    if departure is None:
        assert simulator == moto
    else:
        assert moto == departure.moto, f"moto departs otherwise than expected ({departure.reason})"
        assert simulator == departure.demanded, departure.reason


def test_every_departure_is_of_a_step() -> None:
    assert {step.name for step in SCRIPT} >= DEPARTURES.keys()


def test_the_script_reaches_every_directory_operation_of_moto(against_moto: Run) -> None:
    """So that the script does not stay behind: all that moto can do and the simulator too."""
    performed = {step.operation for step in SCRIPT}
    offered = {name for name in dir(against_moto.client) if name in against_moto.client.meta.method_to_api_mapping}
    newer_than_moto = {
        name
        for name in offered
        if any(word in name for word in ("identity_store", "resource_policy", "identity_stores"))
    }
    assert performed == offered - newer_than_moto


def test_simulator_answers_carry_what_the_model_requires(against_simulator: Run) -> None:
    """What the comparison leaves out because moto lacks it, the model still demands."""
    model = Session().get_service_model("identitystore")
    mapping = against_simulator.client.meta.method_to_api_mapping
    checked = 0
    for step in SCRIPT:
        shape = model.operation_model(mapping[step.operation]).output_shape
        for answer in against_simulator.answers.get(step.name, []):
            missing = list(absent(shape, answer))
            assert not missing, f"{step.name}: {missing}"
            checked += 1
    assert checked > 50


def absent(shape: Any, value: Any, path: str = "") -> list[str]:
    """The paths of required members that are not there."""
    if shape.type_name == "list":
        return [miss for n, inner in enumerate(value) for miss in absent(shape.member, inner, f"{path}[{n}]")]
    if shape.type_name != "structure":
        return []
    here = [f"{path}.{name}" for name in shape.required_members if name not in value]
    inner = (absent(shape.members[name], value[name], f"{path}.{name}") for name in shape.members if name in value)
    return here + [miss for misses in inner for miss in misses]
