"""Counts how far the simulator is like AWS, by what others wrote, and holds ARCHITECTURE.md to the figures.

Every constraint that botocore's models have for an operation that the simulator answers, whether Rollcall sends the
member or not: is it refused when it is broken, and let through at its bounds? Every answer of an example of every
operation: does it fit the model's output? What is not refused is listed here with its reason, and nothing else may be.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

import documented
import examples_connect
import examples_identity_store
import examples_sso_admin
import modelled
import servers
import test_connect_and_sts_against_moto as against_moto
from aws import Aws, checked_client
from constraints import Case
from directory_script import SCRIPT
from examples import EXAMPLES
from test_identity_store_against_moto import DEPARTURES
from world import WORLD

__all__ = ["WORLD", "examples_connect", "examples_identity_store", "examples_sso_admin"]

VALIDATION_CODES = {
    "ValidationException",
    "SerializationException",
    "InvalidParameterException",
    "InvalidRequestException",
    "ValidationError",
    "MalformedInput",
}
# A label that is empty leaves another address, or none.
ROUTING_CODES = {"UnknownOperationException", "ResourceNotFoundException", "AccessDeniedException"}

# What the model has and the simulator lets through: (service, operation, member) → why.
NOT_REFUSED = {
    ("sts", "AssumeRole", r"(Tags|TransitiveTagKeys|PolicyArns|ProvidedContexts)\b.*"): (
        "lists and structures of a form (`Tags.member.1.Key`) are not read"
    ),
}


@dataclass
class Figures:
    """Of one service."""

    modelled: int = 0
    refused: int = 0
    bounds: int = 0
    let_through: int = 0
    passed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def excuse(service: str, case: Case) -> str | None:
    for (of, operation, member), why in NOT_REFUSED.items():
        if (of, operation) == (service, case.operation) and re.fullmatch(member, case.member):
            return why
    return None


def send(client: BaseClient, case: Case) -> tuple[int, str, str]:
    """Status, code and message of the answer; the code of a success is empty."""
    method = next(python for python, api in client.meta.method_to_api_mapping.items() if api == case.operation)
    if case.label:
        without_label(client, case)
    try:
        answer = getattr(client, method)(**case.params)
    except ClientError as error:
        told = error.response
        return told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"], told["Error"]["Message"]
    finally:
        if case.label:
            client.meta.events.unregister("before-call", unique_id="without-label")
    return answer["ResponseMetadata"]["HTTPStatusCode"], "", ""


def without_label(client: BaseClient, case: Case) -> None:
    """botocore refuses to build an address with an empty label, so it is emptied after that."""
    value = case.params[case.label].replace(":", "%3A").replace("/", "%2F")

    def empty(params: dict[str, Any], **_: Any) -> None:
        assert value in params["url"]
        params["url"] = params["url"].replace(value, "", 1)

    client.meta.events.register("before-call", empty, unique_id="without-label")


def is_refused(case: Case, status: int, code: str, message: str) -> bool:
    """For breaking the model, and for this member."""
    if case.label:
        return 400 <= status < 500 and code in VALIDATION_CODES | ROUTING_CODES
    return 400 <= status < 500 and code in VALIDATION_CODES and modelled.words(case.member) in message.lower()


def breaks_the_model(case: Case, code: str, message: str) -> bool:
    """Whether a bound was refused as one; other rules may refuse what stands on it."""
    return code in VALIDATION_CODES and bool(
        re.search(rf"\b{re.escape(modelled.words(case.member))}\b[^']*' failed to satisfy", message, re.IGNORECASE)
    )


@pytest.fixture(scope="module")
def figures(simulator: servers.Simulator) -> dict[str, Figures]:
    simulator.options(throttle=False)
    found: dict[str, Figures] = {}
    for service, operations in simulator.control("GET", "operations").items():
        name, region = modelled.SERVICES[service]
        client = checked_client(simulator, name, region, checked=False, parameter_validation=False)
        figure = found[service] = Figures()
        simulator.load(WORLD.read_text())
        before = simulator.world()
        for case in (case for operation in operations for case in modelled.cases(service, operation)):
            status, code, message = send(client, case)
            if not case.refused:
                figure.bounds += 1
                if breaks_the_model(case, code, message):
                    figure.wrong.append(f"{case}: {code} {message}")
                else:
                    figure.let_through += 1
            else:
                figure.modelled += 1
                if is_refused(case, status, code, message):
                    figure.refused += 1
                elif excuse(service, case):
                    figure.passed.append(str(case))
                else:
                    figure.wrong.append(f"{case}: {status} {code} {message}")
            if status == 200:
                simulator.load(WORLD.read_text())
        assert simulator.world() == before, "a refused request changes nothing"
    return found


def test_every_constraint_is_kept_but_those_with_a_reason(figures: dict[str, Figures]) -> None:
    assert {service: figure.wrong for service, figure in figures.items() if figure.wrong} == {}


def test_every_reason_stands_for_something(figures: dict[str, Figures]) -> None:
    passed = {service: figure.passed for service, figure in figures.items()}
    for service, operation, member in NOT_REFUSED:
        matching = [text for text in passed[service] if re.match(rf"{operation}-{member}", text)]
        assert matching, f"{service} {operation} {member} is refused by now"


def test_models_were_really_walked(figures: dict[str, Figures], simulator: servers.Simulator) -> None:
    floors = {"identitystore": 300, "connect": 200, "sso": 100, "sts": 20}
    assert {service: figures[service].modelled >= floor for service, floor in floors.items()} == dict.fromkeys(
        floors, True
    )
    for service, operations in simulator.control("GET", "operations").items():
        without = {operation for operation in operations if not modelled.cases(service, operation)}
        assert without <= {"GetCallerIdentity"}, "these have no constraint"


@pytest.fixture(scope="module")
def answered(clients_of_simulator: Aws) -> Counter[str]:
    """Answers by service, each held against its model by the client itself (`answers.py`)."""
    counted: Counter[str] = Counter()

    def count(http_response: Any, model: Any, **_: Any) -> None:
        if http_response.status_code == 200:
            counted[model.service_model.signing_name] += 1

    aws = clients_of_simulator
    for client in (aws.identity, aws.sso, aws.connect, aws.sts):
        client.meta.events.register_last("after-call", count, unique_id="count")
    for example in EXAMPLES.values():
        example(aws.start_over())
    for client in (aws.identity, aws.sso, aws.connect, aws.sts):
        client.meta.events.unregister("after-call", unique_id="count")
    return counted


def rows(figures: dict[str, Figures], answered: Counter[str]) -> list[str]:
    """The table, as ARCHITECTURE.md has it."""
    lines = ["| service | operations | broken constraints refused | bounds let through | answers that fit the model |"]
    lines += ["|---|---|---|---|---|"]
    operations = Counter(service for service, _ in EXAMPLES)
    for service, figure in sorted(figures.items()):
        cells = (
            f"`{service}`",
            operations[service],
            f"{figure.refused} of {figure.modelled}",
            f"{figure.let_through} of {figure.bounds}",
            answered[service],
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines


def sentences() -> list[str]:
    steps = len(SCRIPT) + len(against_moto.SCRIPT)
    alike = steps - len(DEPARTURES) - len(against_moto.DEPARTURES)
    return [
        f"moto answers {alike} of {steps} steps alike",
        f"{len(documented.ERRORS)} documented errors",
    ]


def test_the_document_has_these_figures(
    figures: dict[str, Figures], answered: Counter[str], request: pytest.FixtureRequest
) -> None:
    table, words = rows(figures, answered), sentences()
    request.config.stash[servers.FIGURES] = [*table, "", *words]
    document = (servers.REPOSITORY / "ARCHITECTURE.md").read_text()
    missing = [line for line in [*table, *words] if line not in document]
    assert not missing, "ARCHITECTURE.md, `What the simulator imitates`, lacks:\n" + "\n".join(missing)
