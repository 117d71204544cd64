"""Holds every answer of the simulator against botocore's model of the operation.

botocore itself is lenient: it drops members that it does not know and misses none. So the raw body is walked: no member
that the model lacks, none missing that it requires, right types, known enum values, lengths, ranges and patterns. A
refusal has to carry a code that the operation declares, or one that every service may answer with.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.client import BaseClient
from botocore.model import OperationModel, Shape

from constraints import fits, pattern_of

# Answers that any operation of a service may give though its model does not list them: they come from in front of it.
UNDECLARED_CODES = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InvalidToken",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
}
# STS's own spelling of the same, and of what its model leaves out.
QUERY_CODES = {
    "AccessDenied",
    "ValidationError",
    "ExpiredToken",
    "InvalidClientTokenId",
    "Throttling",
    "InternalFailure",
}
QUERY_CODES |= {"MissingAuthenticationToken", "SignatureDoesNotMatch", "IncompleteSignature", "InvalidAction"}
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
}


class Misfit(AssertionError):
    """An answer that AWS's model does not allow."""


def check_answers_of(client: BaseClient) -> None:
    """From now on a call of this client fails where the answer does not fit its model."""
    client.meta.events.register("after-call", check, unique_id="answers-fit-the-model")


def check(http_response: Any, parsed: dict[str, Any], model: OperationModel, **_: Any) -> None:
    headers = {name.lower() for name in http_response.headers}
    problems = [f"header `{name}` is missing" for name in ("date", "x-amzn-requestid") if name not in headers]
    if "Error" in parsed:
        problems += refusal_problems(parsed["Error"], model)
    elif model.service_model.protocol != "query":
        problems += output_problems(http_response.content, model)
    if problems:
        raise Misfit(f"{model.service_model.service_name} {model.name}: {'; '.join(problems)}")


def refusal_problems(error: dict[str, Any], model: OperationModel) -> list[str]:
    undeclared = QUERY_CODES if model.service_model.protocol == "query" else UNDECLARED_CODES
    declared = {shape.name for shape in model.error_shapes} | undeclared
    problems = [] if error["Code"] in declared else [f"`{error['Code']}` is not an error of this operation"]
    return problems if error.get("Message") else [*problems, f"`{error['Code']}` has no message"]


def output_problems(content: bytes, model: OperationModel) -> list[str]:
    if model.output_shape is None or not model.output_shape.members:
        return [] if content in (b"", b"{}") else [f"a body where the model has none: {content[:80]!r}"]
    try:
        body = json.loads(content)
    except ValueError:
        return [f"the body is not JSON: {content[:80]!r}"]
    return misfits(model.output_shape, body, "answer")


def misfits(shape: Shape, value: Any, path: str) -> list[str]:
    """What is wrong with a value of the raw body."""
    if shape.metadata.get("document"):
        return []
    expected = PYTHON_TYPES[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        return [f"{path} is {type(value).__name__}, not {shape.type_name}"]
    if shape.type_name == "structure":
        return structure_misfits(shape, value, path)
    problems = bound_misfits(shape, value, path)
    if shape.type_name == "list":
        return problems + [miss for n, item in enumerate(value) for miss in misfits(shape.member, item, f"{path}[{n}]")]
    if shape.type_name == "map":
        keys = [miss for key in value for miss in misfits(shape.key, key, f"{path} key")]
        return problems + keys + [miss for key in value for miss in misfits(shape.value, value[key], f"{path}[{key}]")]
    return problems


def structure_misfits(shape: Shape, value: dict[str, Any], path: str) -> list[str]:
    known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
    problems = [f"{path}.{name} is not in the model" for name in value if name not in known]
    problems += [f"{path}.{name} is missing" for name in shape.required_members if name not in value]
    return problems + [
        miss
        for name, member in known.items()
        if name in value
        for miss in misfits(member, value[name], f"{path}.{name}")
    ]


def bound_misfits(shape: Shape, value: Any, path: str) -> list[str]:
    low, high, pattern = shape.metadata.get("min"), shape.metadata.get("max"), pattern_of(shape)
    size = value if isinstance(value, int | float) else len(value)
    is_collection = shape.type_name in ("list", "map")  # empty ones are sent whatever their smallest size is
    problems = [f"{path} is below the minimum {low}"] if low is not None and size < low and not is_collection else []
    problems += [f"{path} is above the maximum {high}"] if high is not None and size > high else []
    choices = getattr(shape, "enum", None)
    if choices and value not in choices:
        problems.append(f"{path} is `{value}`, which is none of the enum")
    if pattern and not fits(pattern, value):
        problems.append(f"{path} is `{value}`, which leaves the pattern")
    return problems
