"""Every constraint of botocore's models for the operations that the simulator answers, each as requests that break it
and, where it is a bound, as requests that stand just inside.

`sent.py` has what Rollcall sends. Here are whole requests, made from the model alone: every member that there is, every
alternative of a union, each recursive shape once. Nothing here sends anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import OperationModel, Shape
from botocore.session import Session

import sent
from constraints import Case, Walk, fits, pattern_of, replaced, spelled
from world import (
    ADA,
    APPLICATION,
    CONNECT_INSTANCE,
    CONNECT_REGION,
    IDENTITY_REGION,
    ROLE,
    SSO_INSTANCE,
    STORE,
    user_arn,
)

# The simulator's names of the services, botocore's, and the Region where their world lives.
SERVICES = {
    "connect": ("connect", CONNECT_REGION),
    "identitystore": ("identitystore", IDENTITY_REGION),
    "sso": ("sso-admin", IDENTITY_REGION),
    "sts": ("sts", IDENTITY_REGION),
}
# Texts of which one or another fits every pattern of the models.
TEXTS = [
    "rollcall",
    "a",
    ADA,
    CONNECT_INSTANCE,
    STORE,
    SSO_INSTANCE,
    APPLICATION,
    ROLE,
    user_arn(ADA),
    "+442071234567",
    "ada@example.com",
    "Passw0rd!",
    "123456",
    "111122223333",
    "arn:aws:sso::aws:applicationProvider/custom",
    "1",
    "https://example.com/",
    "eu-west-1",
    "2026-01-01",
    "aws:identitystore:enterprise",
]
# Where several fit, the one that leads somewhere.
BY_NAME = {
    "IdentityStoreId": STORE,
    "InstanceId": CONNECT_INSTANCE,
    "ApplicationArn": APPLICATION,
    "InstanceArn": SSO_INSTANCE,
    "RoleArn": ROLE,
    "resourceArn": user_arn(ADA),
}
SCALARS = {"string": 7, "integer": "seven", "long": "seven", "double": "seven", "float": "seven", "boolean": "perhaps"}


@cache
def session() -> Session:
    return Session()


def operation_model(service: str, operation: str) -> OperationModel:
    return session().get_service_model(SERVICES[service][0]).operation_model(operation)


def cases(service: str, operation: str) -> list[Case]:
    """Each constraint's cases, once each; conforming requests as such are the other suites' matter."""
    model = operation_model(service, operation)
    if model.input_shape is None:
        return []
    requests = list(whole_requests(model.input_shape))
    walked = [case for case in Walk(model, requests, sent.SAMPLES).cases() if case.member]
    own = [case for request in requests for case in own_cases(model, request)]
    found: dict[tuple[str, str], Case] = {}
    for case in [*walked, *own]:
        found.setdefault((case.member, case.constraint), case)
    return list(found.values())


def whole_requests(shape: Shape) -> Iterator[dict[str, Any]]:
    """One request for each alternative of the largest union in it."""
    for turn in range(most_alternatives(shape, ())):
        yield whole(shape, "", turn, ())


def is_union(shape: Shape) -> bool:
    return bool(getattr(shape, "is_tagged_union", False))


def most_alternatives(shape: Shape, within: tuple[str, ...]) -> int:
    if shape.name in within:
        return 1
    inner = (*within, shape.name)
    if shape.type_name == "structure":
        here = len(shape.members) if is_union(shape) else 1
        return max([here, *(most_alternatives(member, inner) for member in shape.members.values())])
    return most_alternatives(shape.member, inner) if shape.type_name == "list" else 1


def whole(shape: Shape, name: str, turn: int, within: tuple[str, ...]) -> Any:
    """A value with every member that is not inside one of its own kind."""
    if shape.metadata.get("document"):
        return "rollcall"
    if shape.type_name == "structure":
        members = {each: member for each, member in shape.members.items() if not returns(member, (*within, shape.name))}
        chosen = list(members)[turn % len(members)] if is_union(shape) else None
        return {
            each: whole(member, each, turn, (*within, shape.name))
            for each, member in members.items()
            if chosen in (None, each)
        }
    if shape.type_name == "list":
        return [whole(shape.member, name, turn, within)] * max(shape.metadata.get("min", 1), 1)
    if shape.type_name == "map":
        return {text(shape.key, ""): whole(shape.value, name, turn, within)}
    if shape.type_name == "string":
        return shape.enum[0] if shape.enum else text(shape, name)
    if shape.type_name == "boolean":
        return True
    return max(shape.metadata.get("min", 1), 1)


def returns(shape: Shape, within: tuple[str, ...]) -> bool:
    """Whether a shape leads back to one that it is in."""
    if shape.type_name == "list":
        return returns(shape.member, within)
    return shape.type_name == "structure" and shape.name in within


def text(shape: Shape, name: str) -> str:
    pattern, low, high = pattern_of(shape), shape.metadata.get("min", 0), shape.metadata.get("max")
    for one in [BY_NAME.get(name), *TEXTS]:
        if one and low <= len(one) <= (high or len(one)) and (not pattern or fits(pattern, one)):
            return one
    if not pattern:
        return "a" * low
    raise ValueError(f"no text fits `{shape.name}`: {pattern}")


def own_cases(model: OperationModel, request: dict[str, Any]) -> Iterator[Case]:
    """What the walk leaves out: types, and unions with no member or two."""
    yield from own_within(model, request, model.input_shape, request, ())


def own_within(
    model: OperationModel, request: dict[str, Any], shape: Shape, value: Any, path: tuple[str | int, ...]
) -> Iterator[Case]:
    def case(constraint: str, broken: Any) -> Case:
        return Case(model.name, spelled(path), constraint, True, replaced(request, path, broken))

    if shape.metadata.get("document"):
        return
    if shape.type_name == "structure":
        if is_union(shape):
            yield case("union-none", {})
            both = {name: whole(member, name, 0, (shape.name,)) for name, member in list(shape.members.items())[:2]}
            if len(both) > 1:
                yield case("union-two", both)
        for name, inner in value.items():
            yield from own_within(model, request, shape.members[name], inner, (*path, name))
    elif shape.type_name == "list":
        yield from own_within(model, request, shape.member, value[0], (*path, 0))
    elif shape.type_name in SCALARS and travels_as_json(model, path):
        yield case("type", SCALARS[shape.type_name])


def travels_as_json(model: OperationModel, path: tuple[str | int, ...]) -> bool:
    """Forms and most of what stands in an address are text, whatever is meant."""
    location = model.input_shape.members[path[0]].serialization.get("location")
    return model.service_model.protocol != "query" and location is None


def words(member: str) -> str:
    """The last name on a member's path, as messages spell it."""
    names = [part for part in member.split(".") if not re.fullmatch(r"\d+|\(key\)", part)]
    return names[-1].lower()
