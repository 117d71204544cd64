"""Provokes each error that AWS documents, and holds status, header and body of the raw answer against the documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import OperationModel

from aws import Aws
from documented import ERRORS, Documented
from world import WORLD

__all__ = ["WORLD"]

# Codes of what stands in front of a service; their bodies are its, not the service's.
FRONT_END = {"ExpiredTokenException"}


@contextmanager
def last_answer(aws: Aws) -> Iterator[dict[str, Any]]:
    """The raw answer that came last, with the model of its operation."""
    seen: dict[str, Any] = {}

    def note(http_response: Any, model: OperationModel, **_: Any) -> None:
        seen.update(response=http_response, model=model)

    clients = (aws.identity, aws.sso, aws.connect, aws.sts)
    for client in clients:
        client.meta.events.register_first("after-call", note, unique_id="last-answer")
    try:
        yield seen
    finally:
        for client in clients:
            client.meta.events.unregister("after-call", unique_id="last-answer")


@pytest.mark.parametrize("error", ERRORS, ids=str)
def test_documented_error(aws: Aws, error: Documented) -> None:
    with last_answer(aws) as seen, pytest.raises(ClientError) as raised:
        error.provoke(aws)
    told = raised.value.response
    assert (told["ResponseMetadata"]["HTTPStatusCode"], told["Error"]["Code"]) == (error.status, error.code)
    assert error.message in told["Error"]["Message"]
    assert {name: told.get(name) for name in error.members} == error.members
    # A client of another Region is not watched; what it was told has been looked at above.
    if "response" in seen:
        declared = {shape.name for shape in seen["model"].error_shapes}
        assert (error.code in declared) == error.declared, f"{error.code} among {sorted(declared)}"
        check_form(error, seen["response"])


def check_form(error: Documented, response: Any) -> None:
    """Where the code and the sentence stand, by protocol."""
    text, headers = response.content.decode(), response.headers
    assert headers["x-amzn-requestid"]
    assert headers["date"]
    if error.service == "sts":
        assert f"<Code>{error.code}</Code>" in text
        assert re.search(r"<RequestId>[0-9a-f-]{36}</RequestId>", text)
        return
    body = json.loads(text)
    if error.service == "connect":
        # The service appends where the error's shape is defined.
        assert headers["x-amzn-errortype"].split(":")[0] == error.code
        assert "__type" not in body
        assert body["Message"]
    else:
        assert body["__type"].split("#")[-1] == error.code
        assert body["message" if error.code in FRONT_END else "Message"]
        assert error.service != "identitystore" or error.code in FRONT_END or body["RequestId"]


def test_no_reason_is_given_but_where_it_is_documented(aws: Aws) -> None:
    """A missing thing has a `Reason` only where an encryption key is what is missing."""
    for error in ERRORS:
        if error.code == "ResourceNotFoundException" and "Reason" not in error.members:
            aws.start_over()
            with pytest.raises(ClientError) as raised:
                error.provoke(aws)
            assert "Reason" not in raised.value.response, str(error)
