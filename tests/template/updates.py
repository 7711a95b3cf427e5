"""The changes that an update of the stack makes, as a change set of CloudFormation lists them."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.template.evaluator import Deployed, deploy
from tests.template.transform import REGION

Change = Literal["create", "delete", "replace", "update"]
Parameters = Mapping[str, object]


def update(before: Parameters, after: Parameters) -> dict[str, Change]:
    """Return what happens to each resource that an update changes, by the path of the resource.

    A resource is replaced if a property changes that its type can only set at creation. Its new id
    then changes the properties of other resources, which may have to be replaced as well.

    Args:
        before: parameters of the existing stack that differ from their defaults.
        after: parameters of the update.

    Raises:
        Refused: CloudFormation would refuse one of the two.
    """
    old = deploy(before)
    replaced: set[str] = set()
    while True:
        new = deploy(after, dict.fromkeys(replaced, 1))
        changes = _changes(old, new)
        found = {path for path, change in changes.items() if change == "replace"}
        if found <= replaced:
            return changes
        replaced |= found


def _changes(old: Mapping[str, Deployed], new: Mapping[str, Deployed]) -> dict[str, Change]:
    changes: dict[str, Change] = {}
    for path in old.keys() | new.keys():
        if path not in old:
            changes[path] = "create"
        elif path not in new:
            changes[path] = "delete"
        elif old[path].properties != new[path].properties:
            fixed = _set_at_creation(new[path].type)
            one, other = old[path].properties, new[path].properties
            is_replaced = any(_at(one, name) != _at(other, name) for name in fixed)
            changes[path] = "replace" if is_replaced else "update"
    return changes


@cache
def _set_at_creation(type_: str) -> tuple[tuple[str, ...], ...]:
    """Return the paths of the properties that a type can only set at creation."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, type_).schema
    pointers = schema.get("createOnlyProperties", [])
    return tuple(tuple(each.removeprefix("/properties/").split("/")) for each in pointers)


def _at(properties: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties
