"""The settings as keywords: names in snake case, and forms that are short in Python."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypedDict, Unpack

from pydantic import ConfigDict

from handler.core.request import FaceChoice, FacePreset, Mode, Strategy
from handler.errors import InvalidFields
from handler.problems import FieldProblem
from handler.settings import CropSettings, Effort, NoFacesAction, OutputFormat, validate_settings

Point = tuple[float, float] | Mapping[str, float]
Box = tuple[float, float, float, float] | Mapping[str, float]
SizeLike = str | tuple[int, int] | Mapping[str, Any]


class Keywords(TypedDict, total=False):
    """The keywords of `crop` and `analyze`, which are the settings of the HTTP API.

    Their ranges and defaults are those of `handler.settings.CropSettings`.
    """

    mode: Mode
    strategy: Strategy
    width: int
    height: int
    enlarge: bool
    sizes: Sequence[SizeLike]
    focus: Point | None
    keep: Sequence[Box]
    avoid: Sequence[Box]
    padding: int
    face_preset: FacePreset
    sensitivity: float
    faces: FaceChoice
    on_no_faces: NoFacesAction
    threshold: int
    pad_to_square: bool
    pad_color: str
    target_size: int | None
    background: str
    line_art: bool
    trim_margin: int
    quality: int
    effort: Effort
    format: OutputFormat
    frames: Literal["all", "first"] | int


class Settings(CropSettings):
    """Settings for several calls.

    >>> from handler import Settings, crop
    >>> avatar = Settings(mode="auto", width=300, height=300, quality=80)
    >>> crop("portrait.jpg", avatar).image.size
    (300, 300)
    >>> crop("portrait.jpg", avatar, width=200).image.size
    (200, 300)

    The names of the HTTP API are accepted, too: ``Settings(**{"facePreset": "closeup"})``.

    Args:
        **values: the settings by name. A point is ``(x, y)``, a box ``(left, top, width, height)``,
            and a size a name such as ``16:9``, ``300x200`` or ``(width, height)``.

    Raises:
        TypeError: a name is not that of a setting.
        InvalidSettings: a value is out of range or has the wrong type.
    """

    model_config = ConfigDict(populate_by_name=True)

    def __init__(self, **values: Unpack[Keywords]) -> None:
        with in_snake_case():
            settings, _ = validate_settings(json_values("Settings", values))
        super().__init__(**settings.model_dump(exclude_unset=True))


def json_values(function: str, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords as the JSON of the API has them.

    Args:
        function: name of the function that has the keywords, for the error.
        keywords: values by their names in snake case or in the API.

    Raises:
        TypeError: a name is not that of a setting.
    """
    values = {}
    for name, value in keywords.items():
        field = CropSettings.model_fields.get(name)
        alias = (field and field.alias) or name
        if alias not in _names():
            raise TypeError(f"{function}() got an unexpected keyword argument {name!r}")
        values[alias] = _FORMS[name](value) if name in _FORMS else value
    return values


@contextmanager
def in_snake_case() -> Iterator[None]:
    """Name settings in the errors of this context as Python does.

    Raises:
        InvalidFields: the error, with the names of the keywords.
    """
    try:
        yield
    except InvalidFields as error:
        problems = (
            FieldProblem(snake_case(each.field), each.expected, each.received)
            for each in error.problems
        )
        raise type(error)(*problems) from None


def snake_case(text: str) -> str:
    """Return a text with the names of settings in snake case."""
    names = _names()
    return re.sub(r"\b[a-z]+[A-Z]\w*", lambda match: names.get(match[0], match[0]), text)


def _names() -> Mapping[str, str]:
    """Return the keyword of each setting by its JSON name."""
    return {field.alias or name: name for name, field in CropSettings.model_fields.items()}


def _point(value: Any) -> Any:
    return _named(value, ("x", "y"))


def _boxes(values: Any) -> Any:
    return _list_of(values, lambda value: _named(value, ("left", "top", "width", "height")))


def _sizes(values: Any) -> Any:
    def size(value: Any) -> Any:
        return value if isinstance(value, str) else _named(value, ("width", "height"))

    return _list_of(values, size)


def _list_of(values: Any, convert: Any) -> Any:
    if isinstance(values, str) or not isinstance(values, Sequence):
        return values
    return [convert(value) for value in values]


def _named(value: Any, names: Sequence[str]) -> Any:
    """Return a sequence as a mapping by the names, if it has as many items; else the value."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple)) and len(value) == len(names):
        return dict(zip(names, value, strict=True))
    return list(value) if isinstance(value, tuple) else value


_FORMS = {"focus": _point, "keep": _boxes, "avoid": _boxes, "sizes": _sizes}
