"""The templates as CloudFormation reads them, and the resources of all of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode import decode

ROOT = Path(__file__).parents[2]
TEMPLATES = ("template.yaml", "infra/api.yaml", "infra/monitoring.yaml", "infra/storage.yaml")


@dataclass(frozen=True)
class Resource:
    """A resource of one of the templates."""

    template: str
    name: str
    type: str
    properties: dict[str, Any]


@cache
def template(path: str) -> dict[str, Any]:
    """Return a template with its short forms (``!Ref``) expanded."""
    content, faults = decode(str(ROOT / path))
    assert not faults, faults
    assert isinstance(content, dict)
    return content


def resources(type_: str) -> list[Resource]:
    """Return all resources of a type."""
    return [
        Resource(path, name, type_, resource.get("Properties", {}))
        for path in TEMPLATES
        for name, resource in template(path)["Resources"].items()
        if resource["Type"] == type_
    ]


def functions() -> dict[str, dict[str, Any]]:
    """Return the properties of each function, including the global ones."""
    common = template("template.yaml")["Globals"]["Function"]
    return {
        function.name: {**common, **function.properties}
        for function in resources("AWS::Serverless::Function")
    }


def statements(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every statement of a policy, including conditional ones."""
    if isinstance(node, dict):
        if "Effect" in node:
            yield node
        else:
            for value in node.values():
                yield from statements(value)
    elif isinstance(node, list):
        for value in node:
            yield from statements(value)


def as_list(node: Any) -> list[Any]:
    """Return a list unchanged, and any other value in a list."""
    return node if isinstance(node, list) else [node]


def defaults() -> dict[str, Any]:
    """Return the default values of the parameters of a deployment."""
    parameters = template("template.yaml")["Parameters"]
    return {name: parameter["Default"] for name, parameter in parameters.items()}
