"""Derives test cases from botocore's service models: for each member of a request, each way to break its constraints.

The input is one or more conforming requests of an operation; the members that they carry are the ones that are walked.
A case is a whole request that differs from a conforming one in one place. `refused` cases break one constraint of the
model, `accepted` cases stand exactly on its border. Nothing here sends anything.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

import regex
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape

Path = tuple[str | int, ...]
MISSING = object()
UNKNOWN_ENUM_VALUE = "NO_SUCH_VALUE"
# One of these, put in place of the first character, leaves every pattern of the models that can be left at all.
INTRUDERS = ["!", " ", "\u0001", "é"]

# Connect's model escapes the first pattern twice, so that read literally it asks for backslashes; what is meant stands at
# the same kind of number elsewhere in the model (`SensitivePhoneNumber`). The second carries another language's slashes.
MEANT_PATTERNS = {
    "PhoneNumber": r"\+[1-9]\d{1,14}$",
    "Password": r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[a-zA-Z\d\S]{8,64}",
}


@dataclass(frozen=True)
class Case:
    """One request; `member` and `constraint` say what is special about it."""

    operation: str
    member: str
    constraint: str
    refused: bool
    params: dict[str, Any]
    label: str | None = None  # the URI label that is missing or empty; `params` carries it unbroken

    def __str__(self) -> str:
        return f"{self.operation}-{self.member or 'request'}-{self.constraint}"


@dataclass(frozen=True)
class Sample:
    """What the walk cannot find out by itself about a shape."""

    of_length: Callable[[int], str] | None = None  # a conforming value of a given length
    elements: Callable[[int], list[Any]] | None = None  # that many conforming elements, all different


def spelled(path: Path) -> str:
    return ".".join(str(part) for part in path)


def replaced(params: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """A copy of the request with the value at `path` replaced, or taken out where it is `MISSING`."""
    changed = copy.deepcopy(params)
    place = changed
    for part in path[:-1]:
        place = place[part]
    if value is MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


class Walk:
    """All cases of one operation."""

    def __init__(self, operation: OperationModel, requests: list[dict[str, Any]], samples: dict[str, Sample]) -> None:
        self._operation = operation
        self._requests = requests
        self._samples = samples
        self.unreachable: set[tuple[str, str]] = set()

    def cases(self) -> Iterator[Case]:
        """Each case once, however many requests carry the member."""
        seen: set[tuple[str, str]] = set()
        for number, params in enumerate(self._requests):
            yield Case(self._operation.name, "", f"conforming-{number}", False, params)
            for case in self._structure(params, (), self._operation.input_shape, params):
                if (case.member, case.constraint) not in seen:
                    seen.add((case.member, case.constraint))
                    yield case

    def _case(self, params: dict[str, Any], path: Path, constraint: str, value: Any, *, refused: bool) -> Case:
        label = self._label(path)
        if label and value in (MISSING, ""):
            return Case(self._operation.name, spelled(path), constraint, refused, params, label)
        return Case(self._operation.name, spelled(path), constraint, refused, replaced(params, path, value))

    def _label(self, path: Path) -> str | None:
        shape = self._operation.input_shape.members[path[0]]
        return str(path[0]) if len(path) == 1 and shape.serialization.get("location") == "uri" else None

    def _value(self, params: dict[str, Any], path: Path, shape: Shape, value: Any) -> Iterator[Case]:
        walks = {"structure": self._structure, "list": self._list, "map": self._map, "string": self._string}
        walks |= dict.fromkeys(("integer", "long", "float", "double"), self._number)
        walk = walks.get(shape.type_name)
        return walk(params, path, shape, value) if walk else iter(())

    def _structure(self, params: dict[str, Any], path: Path, shape: StructureShape, value: Any) -> Iterator[Case]:
        if shape.metadata.get("document"):
            return
        for name, member in shape.members.items():
            if name in value:
                if name in shape.required_members:
                    yield self._case(params, (*path, name), "required", MISSING, refused=True)
                yield from self._value(params, (*path, name), member, value[name])

    def _list(self, params: dict[str, Any], path: Path, shape: ListShape, value: list[Any]) -> Iterator[Case]:
        sample = self._samples.get(shape.name)
        make = sample.elements if sample and sample.elements else lambda count: (value * count)[:count]
        yield from self._sizes(params, path, shape, make)
        yield from self._value(params, (*path, 0), shape.member, value[0])

    def _map(self, params: dict[str, Any], path: Path, shape: MapShape, value: dict[str, Any]) -> Iterator[Case]:
        key = next(iter(value))
        # Letters behind a conforming key leave it conforming.
        ends = [f"{first}{second}" for first in ascii_lowercase for second in ascii_lowercase]
        yield from self._sizes(params, path, shape, lambda count: {key + end: value[key] for end in ends[:count]})
        yield from self._string(params, (*path, "(key)"), shape.key, key, build=lambda broken: {broken: value[key]})
        yield from self._value(params, (*path, key), shape.value, value[key])

    def _sizes(self, params: dict[str, Any], path: Path, shape: Shape, make: Callable[[int], Any]) -> Iterator[Case]:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low:
            yield self._case(params, path, "size-below-min", make(low - 1), refused=True)
            yield self._case(params, path, "size-min", make(low), refused=False)
        if high is not None:
            yield self._case(params, path, "size-above-max", make(high + 1), refused=True)
            yield self._case(params, path, "size-max", make(high), refused=False)

    def _number(self, params: dict[str, Any], path: Path, shape: Shape, _value: Any) -> Iterator[Case]:
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None:
            yield self._case(params, path, "below-min", low - 1, refused=True)
            yield self._case(params, path, "min", low, refused=False)
        if high is not None:
            yield self._case(params, path, "above-max", high + 1, refused=True)
            yield self._case(params, path, "max", high, refused=False)

    def _string(
        self,
        params: dict[str, Any],
        path: Path,
        shape: StringShape,
        value: str,
        build: Callable[[str], Any] = lambda broken: broken,
    ) -> Iterator[Case]:
        def case(constraint: str, text: str, *, refused: bool) -> Case:
            inside_map = path[-1] == "(key)"
            made = self._case(params, path[:-1] if inside_map else path, constraint, build(text), refused=refused)
            return Case(made.operation, spelled(path), constraint, refused, made.params, made.label)

        if shape.enum:
            yield case("enum-unknown", UNKNOWN_ENUM_VALUE, refused=True)
            for known in shape.enum:
                yield case(f"enum-{known}", known, refused=False)
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low:
            yield case("length-below-min", value[: low - 1], refused=True)
            if (text := self._of_length(shape, value, low, "min")) is not None:
                yield case("length-min", text, refused=False)
        if high is not None:
            yield case("length-above-max", self._overlong(shape, value, high + 1), refused=True)
            if (text := self._of_length(shape, value, high, "max")) is not None:
                yield case("length-max", text, refused=False)
        if pattern := pattern_of(shape):
            yield case("pattern", outside(pattern, value), refused=True)

    def _conforming(self, shape: StringShape, value: str, length: int) -> str | None:
        """A value of that length that its pattern allows, if the sample or simple padding gives one."""
        pattern, sample = pattern_of(shape), self._samples.get(shape.name)
        texts = [sample.of_length(length)] if sample and sample.of_length else []
        texts += [value[:length].ljust(length, value[-1]), value[:1] + "a" * (length - 1), "a" * length]
        matching = (text for text in texts if len(text) == length and (not pattern or fits(pattern, text)))
        return next(matching, None)

    def _of_length(self, shape: StringShape, value: str, length: int, border: str) -> str | None:
        text = self._conforming(shape, value, length)
        if text is None:
            self.unreachable.add((shape.name, border))
        return text

    def _overlong(self, shape: StringShape, value: str, length: int) -> str:
        """Too long, and conforming otherwise where the pattern leaves room for that."""
        return self._conforming(shape, value, length) or value.ljust(length, value[-1])


def pattern_of(shape: Shape) -> str | None:
    """The shape's pattern, or the one that is meant."""
    return MEANT_PATTERNS.get(shape.name) or shape.metadata.get("pattern")


def fits(pattern: str, text: str) -> bool:
    """The services' validation matches the whole value."""
    return regex.fullmatch(pattern, text) is not None


def outside(pattern: str, value: str) -> str:
    """A value that differs from a conforming one in its first character and leaves the pattern."""
    for intruder in INTRUDERS:
        if not fits(pattern, text := intruder + value[1:]):
            return text
    raise ValueError(f"no intruder leaves `{pattern}`")
