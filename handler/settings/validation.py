"""Conversion of pydantic's validation errors to the errors that clients get.

Every error has the same form: ``width: expected a whole number from 1 to 16,383, received 0``. The
description of accepted values comes from the annotations of the model.
"""

from collections.abc import Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Struct
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from handler.problems import Expected, FieldProblem, printable_name, shown

# An object with thousands of unknown fields has as many errors; Lambda limits answers to 6 MB.
_MAX_PROBLEMS = 100
# Type of the errors that `rejection` returns.
_REJECTION = "rejection"


class _Kind(Struct, frozen=True):
    """A type and its annotations."""

    type: Any
    annotations: Sequence[object] = ()


def rejection(expected: str, received: str, field: str = "") -> PydanticCustomError:
    """Return an error for validators of rules that annotations cannot express.

    Args:
        expected: the accepted values.
        received: the received value, as JSON or as a short description.
        field: path of the rejected field, relative to the validated one; empty for the latter.
    """
    context = {"field": field, "expected": expected, "received": received}
    return PydanticCustomError(_REJECTION, "expected {expected}, received {received}", context)


def problems_of(
    error: ValidationError, model: type[BaseModel], root: str
) -> tuple[FieldProblem, ...]:
    """Return the problems of a validation error, at most 100.

    Args:
        error: the error.
        model: the model that raised it.
        root: name of the whole value, for errors that belong to no field.
    """
    details = error.errors(include_url=False)[:_MAX_PROBLEMS]
    return tuple(_problem(each, model, root) for each in details)


def described(kind: object) -> str:
    """Describe the values that a type accepts, as a phrase for after "expected"."""
    return _describe(_kind_of(kind))


def accepted_values(model: type[BaseModel]) -> dict[str, str]:
    """Describe the accepted values of each field of a model, by its name in JSON."""
    kinds = {name: _Kind(each.annotation, each.metadata) for name, each in _fields(model).items()}
    return {name: _describe(kind) for name, kind in kinds.items()}


def _problem(error: ErrorDetails, model: type[BaseModel], root: str) -> FieldProblem:
    path, context = error["loc"], error.get("ctx", {})
    if error["type"] == _REJECTION:
        path = (*path, *filter(None, [context["field"]]))
        return FieldProblem(_joined(path) or root, context["expected"], context["received"])
    kind: _Kind | None = _Kind(model)
    for part in path[:-1] if error["type"] == "extra_forbidden" else path:
        kind = kind and _child(kind, part)
    expected = "another value" if kind is None else _describe(kind)
    if error["type"] == "extra_forbidden" and kind is not None:
        expected = f"only the fields {_listed(list(_fields(_not_null(kind).type)))}"
    return FieldProblem(_joined(path) or root, expected, _received(error))


def _received(error: ErrorDetails) -> str:
    value = error["input"]
    if error["type"] == "missing":
        return "nothing"
    if error["type"] in ("too_long", "too_short") and isinstance(value, list):
        return f"a list of {len(value):,}"
    return shown(value)


def _kind_of(kind: object) -> _Kind:
    if get_origin(kind) is not Annotated:
        return _Kind(kind)
    type_, *annotations = get_args(kind)
    return _Kind(
        type_,
        [
            inner
            for each in annotations
            for inner in (each.metadata if isinstance(each, FieldInfo) else [each])
        ],
    )


def _not_null(kind: _Kind) -> _Kind:
    """Return the other type of a union with None, or the type itself."""
    if get_origin(kind.type) not in (Union, UnionType):
        return kind
    (other,) = (each for each in get_args(kind.type) if each is not NoneType)
    inner = _kind_of(other)
    return _Kind(inner.type, [*inner.annotations, *kind.annotations])


def _child(kind: _Kind, part: int | str) -> _Kind | None:
    inner = _not_null(kind).type
    if get_origin(inner) is list and isinstance(part, int):
        return _kind_of(get_args(inner)[0])
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        field = _fields(inner).get(str(part))
        return field and _Kind(field.annotation, field.metadata)
    return None


def _describe(kind: _Kind) -> str:
    for each in kind.annotations:
        if isinstance(each, Expected):
            return each.text
    inner = _not_null(kind)
    return _describe_type(kind) if inner is kind else f"null or {_describe(inner)}"


def _describe_type(kind: _Kind) -> str:
    type_ = get_origin(kind.type) or kind.type
    if type_ is Literal:
        return f"one of {', '.join(map(str, get_args(kind.type)))}"
    if type_ in (int, float):
        return f"{_NUMBERS[type_]}{_range(kind)}"
    if type_ is str and _bound(kind, "min_length"):
        return "text that is not empty"
    if isinstance(type_, type) and issubclass(type_, BaseModel):
        required = [name for name, field in _fields(type_).items() if field.is_required()]
        return f"an object with {_listed(required)}" if required else "an object"
    return _TYPES.get(type_, "another value")


_NUMBERS = {int: "a whole number", float: "a number"}
_TYPES = {
    bool: "true or false",
    str: "text",
    list: "a list",
    dict: "an object",
    Path: "a path",
}


def _range(kind: _Kind) -> str:
    least, above, most = (_bound(kind, name) for name in ("ge", "gt", "le"))
    if kind.type is int and above is not None:
        least, above = above + 1, None
    if least is not None and most is not None:
        return f" from {least:,} to {most:,}"
    words = {" of at least": least, " above": above, " of at most": most}
    return "".join(f"{word} {bound:,}" for word, bound in words.items() if bound is not None)


def _bound(kind: _Kind, name: str) -> Any:
    found = (getattr(each, name, None) for each in kind.annotations)
    return next((each for each in found if each is not None), None)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _joined(path: Sequence[int | str]) -> str:
    return ".".join(printable_name(str(part)) for part in path)
