"""Proves that boto3 can drive every operation of the simulator, and that each does what it says.

One example for each operation (`examples_*.py`): the call succeeds, its answer fits botocore's model (`answers.py`
holds every answer against it), and a write is read back. The examples are compared with the simulator's own list of
operations. Every operation also refuses, with its service's code and HTTP status, what any operation may refuse.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

import examples_connect
import examples_identity_store
import examples_sso_admin
from aws import Aws
from examples import EXAMPLES
from world import WORLD

__all__ = ["WORLD", "examples_connect", "examples_identity_store", "examples_sso_admin"]

every_operation = pytest.mark.parametrize(("service", "operation"), EXAMPLES)
# What the fault of a name becomes: (code, HTTP status) by service.
REFUSALS = {
    "throttle": {
        "identitystore": ("ThrottlingException", 400),
        "sso": ("ThrottlingException", 400),
        "connect": ("ThrottlingException", 429),
        "sts": ("Throttling", 400),
    },
    "server_error": {
        "identitystore": ("InternalServerException", 500),
        "sso": ("InternalServerException", 500),
        "connect": ("InternalServiceException", 500),
        "sts": ("InternalFailure", 500),
    },
    "access_denied": {
        "identitystore": ("AccessDeniedException", 400),
        "sso": ("AccessDeniedException", 400),
        "connect": ("AccessDeniedException", 403),
        "sts": ("AccessDenied", 403),
    },
    "expired_credentials": {
        "identitystore": ("ExpiredTokenException", 400),
        "sso": ("ExpiredTokenException", 400),
        "connect": ("ExpiredTokenException", 403),
        "sts": ("ExpiredToken", 403),
    },
}


@every_operation
def test_operation(aws: Aws, service: str, operation: str) -> None:
    EXAMPLES[service, operation](aws)
    answered = [(entry["service"], entry["operation"]) for entry in aws.simulator.journal() if entry["status"] == 200]
    assert (service, operation) in answered, "the example did not call its operation"


def test_there_is_an_example_of_every_operation(aws: Aws) -> None:
    offered = aws.simulator.control("GET", "operations")
    assert set(EXAMPLES) == {(service, name) for service, operations in offered.items() for name in operations}


@every_operation
@pytest.mark.parametrize("kind", REFUSALS)
def test_operation_refuses(aws: Aws, service: str, operation: str, kind: str) -> None:
    aws.simulator.fault(service, operation, kind, count=1)
    before = aws.simulator.world()
    with pytest.raises(ClientError) as raised:
        EXAMPLES[service, operation](aws)
    told = raised.value.response
    assert raised.value.operation_name == operation
    assert (told["Error"]["Code"], told["ResponseMetadata"]["HTTPStatusCode"]) == REFUSALS[kind][service]
    refused = [entry for entry in aws.simulator.journal() if entry["operation"] == operation]
    assert refused[0]["code"] == told["Error"]["Code"]
    if not any(entry["write"] and entry["status"] == 200 for entry in aws.simulator.journal()):
        assert aws.simulator.world() == before, "a refused call changes nothing"
