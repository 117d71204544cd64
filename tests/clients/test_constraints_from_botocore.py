"""Proves that the simulator refuses what AWS's published models refuse, and nothing that they allow.

For every operation and member that Rollcall sends (`sent.py`) the constraints come from botocore's own model: required,
length, size, range, pattern, enum. Each is broken once, alone, and must be refused with a validation code that the
operation declares; each border value, and each conforming request, must pass that check. Client-side validation is off.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from botocore.session import Session

import sent
import servers
from aws import checked_client
from constraints import Case, Walk
from world import WORLD

# Codes by which a service says that a request breaks its model. An operation answers with one that it declares.
VALIDATION_CODES = {"ValidationException", "InvalidParameterException", "InvalidRequestException"}
# The query protocol declares no common errors; this is STS's.
QUERY_VALIDATION_CODE = "ValidationError"
# An empty label leaves a path that belongs to no operation, or to another one whose next label is then missing.
ROUTING_CODES = {"UnknownOperationException", "ResourceNotFoundException", "AccessDeniedException"}

# Border values of the model that another documented rule refuses: (operation, member, constraint) → rule.
TIGHTER = {
    ("CreateUser", "Username", "length-max"): "a SAML login has at most 64 characters (documentation of `Username`)",
    **{
        (operation, "AlternateIdentifier.UniqueAttribute.AttributePath", f"length-{border}"): "few paths are unique"
        for operation in ("GetGroupId", "GetUserId")
        for border in ("min", "max")
    },
    **{
        (operation, f"{member}.0.Channel", f"enum-{channel}"): "documented for the voice channel only"
        for operation in ("CreateUser", "UpdateUserConfig")
        for member in ("PhoneNumberConfigs", "PersistentConnectionConfigs", "VoiceEnhancementConfigs")
        for channel in ("CHAT", "TASK", "EMAIL")
    },
}
# Borders that no value can reach, because the shape's pattern is narrower than its length.
UNREACHABLE = {
    ("IdentityStoreId", "min"),
    ("ResourceId", "min"),
    ("InstanceArn", "min"),
    ("InstanceArn", "max"),
    ("ApplicationArn", "min"),
    ("ApplicationArn", "max"),
    ("PrincipalId", "min"),
}
# Tokens are valid only where the service made them, so that no border value can pass.
TOKENS = {"NextToken"}


@cache
def session() -> Session:
    return Session()


def walks() -> Iterator[tuple[str, Walk, list[sent.Request]]]:
    for service, (_, operations) in sent.SERVICES.items():
        model = session().get_service_model(service)
        for name, requests in operations.items():
            walk = Walk(model.operation_model(name), [request.params for request in requests], sent.SAMPLES)
            yield service, walk, requests


@cache
def collected() -> list[tuple[str, Case]]:
    """Every case, with its service."""
    cases = []
    for service, walk, requests in walks():
        artificial = {f"conforming-{n}" for n, request in enumerate(requests) if not request.conforming}
        for case in walk.cases():
            is_token = case.member in TOKENS and not case.refused
            if not is_token and case.constraint not in artificial:
                cases.append((service, case))
    return cases


def parameters(*, refused: bool) -> list[Any]:
    return [
        pytest.param(service, case, id=f"{service}-{case}")
        for service, case in collected()
        if case.refused == refused and (case.operation, case.member, case.constraint) not in TIGHTER
    ]


@pytest.fixture(scope="module")
def clients(simulator: servers.Simulator) -> dict[str, BaseClient]:
    simulator.options(throttle=False)
    return {
        service: checked_client(simulator, service, region, parameter_validation=False)
        for service, (region, _) in sent.SERVICES.items()
    }


@pytest.fixture
def fresh(simulator: servers.Simulator) -> servers.Simulator:
    """The simulator with the suite's world, untouched by the test before."""
    simulator.load(WORLD.read_text())
    return simulator


def send(client: BaseClient, case: Case) -> tuple[int, str, str]:
    """Status, code and message of the answer; the code of a success is empty."""
    method = client.meta.method_to_api_mapping
    name = next(python for python, api in method.items() if api == case.operation)
    if case.label:
        empty_label(client, case)
    try:
        answer = getattr(client, name)(**case.params)
    except ClientError as error:
        details = error.response
        return details["ResponseMetadata"]["HTTPStatusCode"], details["Error"]["Code"], details["Error"]["Message"]
    finally:
        if case.label:
            client.meta.events.unregister("before-call", unique_id="empty-label")
    return answer["ResponseMetadata"]["HTTPStatusCode"], "", ""


def empty_label(client: BaseClient, case: Case) -> None:
    """botocore refuses to build a path with an empty label: it is emptied after building, before signing."""

    def empty(params: dict[str, Any], **_: Any) -> None:
        value = case.params[case.label].replace(":", "%3A").replace("/", "%2F")
        assert value in params["url"]
        params["url"] = params["url"].replace(value, "", 1)

    client.meta.events.register("before-call", empty, unique_id="empty-label")


def expected_codes(service: str, case: Case) -> set[str]:
    """The validation codes that the operation declares."""
    if service == "sts":
        return {QUERY_VALIDATION_CODE}
    operation = session().get_service_model(service).operation_model(case.operation)
    declared = {shape.name for shape in operation.error_shapes} & VALIDATION_CODES
    return declared | ROUTING_CODES if case.label else declared


@pytest.mark.parametrize(("service", "case"), parameters(refused=True))
def test_violation_is_refused(
    fresh: servers.Simulator, clients: dict[str, BaseClient], service: str, case: Case
) -> None:
    before = fresh.world()
    status, code, message = send(clients[service], case)
    assert code in expected_codes(service, case), f"{status} {code}: {message}"
    assert 400 <= status < 500
    assert case.label or case.member.split(".")[0].lower() in message.lower(), f"refused for another reason: {message}"
    assert fresh.world() == before, "a refused request changes nothing"


@pytest.mark.parametrize(("service", "case"), parameters(refused=False))
def test_conforming_request_and_border_values_pass(
    fresh: servers.Simulator, clients: dict[str, BaseClient], service: str, case: Case
) -> None:
    """A border value may name nothing that exists; what it must not be is invalid."""
    status, code, message = send(clients[service], case)
    if case.constraint.startswith("conforming"):
        assert status == 200, f"{code}: {message}"
    else:
        assert code not in VALIDATION_CODES | {QUERY_VALIDATION_CODE}, f"{status} {code}: {message}"


@pytest.mark.parametrize(
    ("service", "case"),
    [
        pytest.param(service, case, id=f"{service}-{case}")
        for service, case in collected()
        if (case.operation, case.member, case.constraint) in TIGHTER
    ],
)
def test_border_value_that_a_documented_rule_refuses(
    fresh: servers.Simulator, clients: dict[str, BaseClient], service: str, case: Case
) -> None:
    _, code, message = send(clients[service], case)
    rule = TIGHTER[case.operation, case.member, case.constraint]
    assert code in expected_codes(service, case), f"{rule}: {code} {message}"


def test_enough_constraints_were_found() -> None:
    """So that a changed model, or a walk that finds nothing, cannot pass by being empty."""
    found = Counter((service, case.refused) for service, case in collected())
    floors = {"identitystore": 40, "sso-admin": 40, "connect": 150, "sts": 10}
    for service, floor in floors.items():
        assert found[service, True] >= floor, f"{service}: {found[service, True]} violations"
        assert found[service, False] >= floor / 4, f"{service}: {found[service, False]} accepted values"
    covered = {(service, case.operation) for service, case in collected() if case.refused}
    everything = {(service, name) for service, (_, operations) in sent.SERVICES.items() for name in operations}
    assert covered == everything, "every operation has a constraint"


def test_rollcall_sends_nothing_that_is_not_here() -> None:
    """Rollcall refuses to call what its own table of operations lacks, so that table is what has to be covered."""
    table = (servers.REPOSITORY / "src" / "aws" / "operation.rs").read_text()
    services = {"IdentityStore": "identitystore", "SsoAdmin": "sso-admin", "Connect": "connect"}
    rows = re.findall(r'^    [A-Z_]+: (\w+) "(\w+)" (?:Read|Write)\b', table, re.MULTILINE)
    assert len(rows) > 20, "the table has another form now"
    here = {(service, name) for service, (_, operations) in sent.SERVICES.items() for name in operations}
    assert {(services[service], name) for service, name in rows} <= here


def test_borders_left_out_are_those_that_no_value_reaches() -> None:
    left_out: set[tuple[str, str]] = set()
    for _, walk, _ in walks():
        list(walk.cases())
        left_out |= walk.unreachable
    assert left_out == UNREACHABLE


def test_each_tighter_rule_stands_against_a_case() -> None:
    known = {(case.operation, case.member, case.constraint) for _, case in collected()}
    assert known >= TIGHTER.keys()
