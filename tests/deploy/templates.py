"""Reads CloudFormation templates, and works out what they say for given parameters: as much as these tests ask of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

NOTHING = object()


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, which become the long ones."""


def _long_form(loader: Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", _long_form)


def read(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(), Loader)


def render(template: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """The resources that these parameters make, functions carried out; other resources' attributes stay as names."""
    values: dict[str, Any] = {
        "AWS::Partition": "aws",
        "AWS::AccountId": "111122223333",
        "AWS::Region": "eu-west-1",
        "AWS::StackName": "rollcall",
        "AWS::NoValue": NOTHING,
        **{name: about["Default"] for name, about in template["Parameters"].items() if "Default" in about},
        **parameters,
    }
    for name, about in template["Parameters"].items():
        if about["Type"] == "CommaDelimitedList" and isinstance(values[name], str):
            values[name] = values[name].split(",")
    return _Rendering(template.get("Conditions", {}), values).resources(template["Resources"])


class _Rendering:
    def __init__(self, conditions: dict[str, Any], values: dict[str, Any]) -> None:
        self.conditions = conditions
        self.values = values

    def resources(self, resources: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, resource in resources.items():
            if name.startswith("Fn::ForEach"):
                made |= self.repeated(*resource)
            elif "Condition" not in resource or self.holds(resource["Condition"]):
                made[name] = self.of(resource)
        return made

    def repeated(self, variable: str, collection: Any, body: dict[str, Any]) -> dict[str, Any]:
        made = {}
        for value in self.of(collection):
            inner = _Rendering(self.conditions, {**self.values, variable: value})
            ((name, resource),) = body.items()
            made[name.replace(f"&{{{variable}}}", re.sub("[^A-Za-z0-9]", "", value))] = inner.of(resource)
        return made

    def holds(self, condition: str) -> bool:
        return self.of(self.conditions[condition])

    def of(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self.of, value) if item is not NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::"):
                return self.function(name, argument)
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
        made = {name: self.of(item) for name, item in value.items()}
        return {name: item for name, item in made.items() if item is not NOTHING}

    def function(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self.values.get(argument, argument)
        if name == "Fn::GetAtt":
            return argument
        if name == "Fn::Sub":
            return re.sub(r"\$\{([\w:]+)\}", lambda found: self.values[found[1]], argument)
        if name == "Fn::If":
            condition, yes, no = argument
            return self.of(yes if self.holds(condition) else no)
        arguments = self.of(argument)
        if name == "Fn::Equals":
            return arguments[0] == arguments[1]
        if name == "Fn::Not":
            return not arguments[0]
        if name == "Fn::Join":
            return arguments[0].join(arguments[1])
        raise NotImplementedError(name)
