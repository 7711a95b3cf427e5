"""The resources that CloudFormation makes of the templates, for given parameters.

SAM's own translator transforms the template. The intrinsic functions that the templates use are
resolved here, and nested stacks are followed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.template.stack import as_list, template
from tests.template.transform import ACCOUNT, REGION, transformed

NAME = "smart-crop"

_NO_VALUE = object()
_STACK_PREFIX = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack"

Generations = Mapping[str, int]
"""Number of replacements of each resource, by its path; absent for none."""


class Refused(Exception):
    """Raised if CloudFormation would refuse the parameters of a deployment."""


@dataclass(frozen=True)
class Deployed:
    """A resource as CloudFormation makes it.

    Attributes:
        type: its type.
        properties: its properties, resolved. Attributes that only AWS knows are named by the path
            of the resource.
        attributes: the rest of its definition, such as DeletionPolicy.
    """

    type: str
    properties: Mapping[str, Any]
    attributes: Mapping[str, Any]


def deploy(
    parameters: Mapping[str, object] | None = None,
    generations: Generations | None = None,
    name: str = NAME,
    region: str = REGION,
) -> dict[str, Deployed]:
    """Return the resources of a deployment, by their path: ``Storage/UploadsBucket``.

    Args:
        parameters: parameters that differ from their defaults.
        generations: how often each resource has been replaced.
        name: name of the stack.
        region: region of the stack.

    Raises:
        Refused: a constraint of a parameter or a rule is violated.
    """
    given = tuple(sorted((parameters or {}).items()))
    return dict(_deployed(given, tuple(sorted((generations or {}).items())), name, region))


@cache
def _deployed(
    parameters: tuple[tuple[str, object], ...],
    generations: tuple[tuple[str, int], ...],
    name: str,
    region: str,
) -> dict[str, Deployed]:
    return evaluate(dict(parameters), dict(generations), name, region).all_resources()


def evaluate(
    parameters: Mapping[str, object] | None = None,
    generations: Generations | None = None,
    name: str = NAME,
    region: str = REGION,
) -> "Stack":
    """Return the stack of a deployment; the arguments are those of `deploy`.

    Raises:
        Refused: a constraint of a parameter or a rule is violated.
    """
    given = {key: str(value) for key, value in (parameters or {}).items()}
    root = template("template.yaml")
    unknown = given.keys() - root["Parameters"]
    assert not unknown, unknown
    values = {key: str(each["Default"]) for key, each in root["Parameters"].items()} | given
    pseudo = {"AWS::StackName": name, "AWS::Region": region}
    stack = Stack(transformed(tuple(values.items())), values, "", generations or {}, pseudo)
    stack.check()
    return stack


@dataclass
class Stack:
    """A stack of one template with its nested stacks."""

    template: Mapping[str, Any]
    values: Mapping[str, str]
    path: str
    generations: Generations
    pseudo: Mapping[str, str]
    _nested: dict[str, "Stack"] = field(default_factory=dict)

    def check(self) -> None:
        """Check the parameters and rules.

        Raises:
            Refused: one of them is violated.
        """
        for name, value in self.values.items():
            _check_parameter(name, self.template["Parameters"][name], value)
        for rule in self.template.get("Rules", {}).values():
            if self.resolve(rule.get("RuleCondition", {"Fn::Equals": ["", ""]})):
                for each in rule["Assertions"]:
                    if not self.resolve(each["Assert"]):
                        raise Refused(each["AssertDescription"])

    def all_resources(self) -> dict[str, Deployed]:
        """Return all resources of this stack and its nested stacks by path."""
        made: dict[str, Deployed] = {}
        for name, definition in self.template["Resources"].items():
            if "Condition" in definition and not self.condition(definition["Condition"]):
                continue
            properties = self.resolve(definition.get("Properties", {}))
            rest = {key: value for key, value in definition.items() if key != "Properties"}
            made[self.path + name] = Deployed(definition["Type"], properties, rest)
            if definition["Type"] == "AWS::CloudFormation::Stack":
                made |= self.nested(name).all_resources()
        return made

    def nested(self, name: str) -> "Stack":
        """Return a nested stack."""
        if name not in self._nested:
            properties = self.template["Resources"][name]["Properties"]
            source = template(properties["TemplateURL"])
            given = self.resolve(properties.get("Parameters", {}))
            defaults = {
                key: each["Default"]
                for key, each in source["Parameters"].items()
                if "Default" in each
            }
            values = {**defaults, **given}
            assert values.keys() == source["Parameters"].keys(), name
            path = f"{self.path}{name}/"
            self._nested[name] = Stack(source, values, path, self.generations, self.pseudo)
            self._nested[name].check()
        return self._nested[name]

    def output(self, name: str) -> Any:
        """Return the value of an output."""
        return self.resolve(self.template["Outputs"][name]["Value"])

    def condition(self, name: str) -> bool:
        """Return whether a condition of the template holds."""
        return bool(self.resolve(self.template["Conditions"][name]))

    def resolve(self, node: Any) -> Any:
        """Return a part of the template with its intrinsic functions resolved."""
        if isinstance(node, list):
            values = [self.resolve(each) for each in node]
            return [value for value in values if value is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (name, argument) = next(iter(node.items()))
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, argument)
        resolved = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in resolved.items() if value is not _NO_VALUE}

    def ref(self, name: str) -> Any:
        """Return the value of a ``Ref``."""
        if name in self.values:
            is_list = self.template["Parameters"][name]["Type"] == "CommaDelimitedList"
            return self.values[name].split(",") if is_list else self.values[name]
        if name.startswith("AWS::"):
            return self._pseudo(name)
        definition = self.template["Resources"][name]
        assert "Condition" not in definition or self.condition(definition["Condition"]), name
        if definition["Type"] == "AWS::S3::Bucket":
            return self.resolve(definition["Properties"]["BucketName"])
        return self._id(name)

    def _id(self, name: str) -> str:
        """Return the physical id of a resource, which changes when it is replaced."""
        path = self.path + name
        generation = self.generations.get(path, 0)
        return f"<{path}#{generation}>" if generation else f"<{path}>"

    def _pseudo(self, name: str) -> Any:
        region = self.pseudo["AWS::Region"]
        china = region.startswith("cn-")
        stack = f"{self.pseudo['AWS::StackName']}-{self.path.rstrip('/') or 'root'}"
        return {
            "AWS::AccountId": ACCOUNT,
            "AWS::NoValue": _NO_VALUE,
            "AWS::Partition": "aws-cn" if china else "aws",
            "AWS::Region": region,
            "AWS::StackId": f"{_STACK_PREFIX}/{stack}/id-of-{stack.lower()}",
            "AWS::StackName": self.pseudo["AWS::StackName"] if not self.path else stack,
            "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
        }[name]

    def get_att(self, argument: Any) -> Any:
        """Return the value of a ``Fn::GetAtt``."""
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        definition = self.template["Resources"][name]
        if definition["Type"] == "AWS::CloudFormation::Stack":
            return self.nested(name).output(attribute.removeprefix("Outputs."))
        assert "Condition" not in definition or self.condition(definition["Condition"]), name
        if definition["Type"] == "AWS::S3::Bucket" and attribute == "Arn":
            return f"arn:{self._pseudo('AWS::Partition')}:s3:::{self.ref(name)}"
        return f"{self._id(name)}.{attribute}"

    def sub(self, argument: Any) -> str:
        """Return the value of a ``Fn::Sub``."""
        text, given = (argument, {}) if isinstance(argument, str) else argument
        variables = self.resolve(given)

        def replaced(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in variables:
                return str(variables[name])
            return str(self.get_att(name) if "." in name else self.ref(name))

        return re.sub(r"\$\{([^}]+)\}", replaced, text)

    def if_(self, argument: Any) -> Any:
        """Return the value of a ``Fn::If``."""
        name, one, other = argument
        return self.resolve(one if self.condition(name) else other)

    def find_in_map(self, argument: Any) -> Any:
        """Return the value of a ``Fn::FindInMap``."""
        name, top, second = self.resolve(argument)
        return self.template["Mappings"][name][top][second]


def _equal(values: list[Any]) -> bool:
    return str(values[0]) == str(values[1])


def _contains(values: list[Any]) -> bool:
    listed, value = values
    return value in listed


_FUNCTIONS: Mapping[str, Callable[[Stack, Any], Any]] = {
    "Ref": Stack.ref,
    "Fn::GetAtt": Stack.get_att,
    "Fn::Sub": Stack.sub,
    "Fn::If": Stack.if_,
    "Fn::FindInMap": Stack.find_in_map,
    "Condition": Stack.condition,
    "Fn::Join": lambda stack, given: str(given[0]).join(map(str, stack.resolve(given[1]))),
    "Fn::Split": lambda stack, given: stack.resolve(given[1]).split(given[0]),
    "Fn::Select": lambda stack, given: stack.resolve(given[1])[int(given[0])],
    "Fn::Equals": lambda stack, given: _equal(stack.resolve(given)),
    "Fn::Not": lambda stack, given: not stack.resolve(given)[0],
    "Fn::And": lambda stack, given: all(stack.resolve(given)),
    "Fn::Or": lambda stack, given: any(stack.resolve(given)),
    "Fn::Contains": lambda stack, given: _contains(stack.resolve(given)),
}


def _check_parameter(name: str, definition: Mapping[str, Any], value: str) -> None:
    """Check a parameter against its constraints.

    Raises:
        Refused: one of them is violated.
    """
    violated: list[str] = []
    if definition["Type"] == "Number":
        if not re.fullmatch(r"-?\d+", value):
            violated.append("Type")
        elif not _in_range(int(value), definition):
            violated.append("MinValue, MaxValue")
    if "AllowedValues" in definition and value not in map(
        str, as_list(definition["AllowedValues"])
    ):
        violated.append("AllowedValues")
    if "AllowedPattern" in definition and not re.fullmatch(definition["AllowedPattern"], value):
        violated.append("AllowedPattern")
    if len(value) > int(definition.get("MaxLength", 4096)):
        violated.append("MaxLength")
    if violated:
        raise Refused(f"{name}: {', '.join(violated)}")


def _in_range(value: int, definition: Mapping[str, Any]) -> bool:
    low, high = definition.get("MinValue", value), definition.get("MaxValue", value)
    return bool(low <= value <= high)
