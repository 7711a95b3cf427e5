"""The sizes of a request with several results: presets, WIDTHxHEIGHT and objects."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_serializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from handler.filenames import RESULT_MARK
from handler.problems import Expected, shown
from handler.settings.validation import rejection

# WebP's limit. The budget of the job rejects what needs too much memory or time.
MAX_SIDE = 16_383
MAX_OUTPUT_PIXELS = MAX_SIDE**2
"""The most pixels of all results together."""
MAX_SIZES = 32
# The name becomes part of file names; 32 bytes leave enough for the name of the image.
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_:-]{0,31}$"
_PLAIN = r"^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$"
# The same within the limits. It is only published: numbers past them have their own error.
_IN_RANGE = "([1-9][0-9]{0,3}|1[0-5][0-9]{3}|16[0-2][0-9]{2}|163[0-7][0-9]|1638[0-3])"
_PLAIN_IN_RANGE = f"^{_IN_RANGE}x{_IN_RANGE}$"

PRESETS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        # The shorter side has the default size.
        "1:1": (1080, 1080),
        "5:4": (1350, 1080),
        "4:3": (1440, 1080),
        "3:2": (1620, 1080),
        "16:9": (1920, 1080),
        "4:5": (1080, 1350),
        "3:4": (1080, 1440),
        "2:3": (1080, 1620),
        "9:16": (1080, 1920),
        # The presets of the reference.
        "instagram-square": (1080, 1080),
        "instagram-portrait": (1080, 1350),
        "instagram-landscape": (1080, 566),
        "instagram-story": (1080, 1920),
        "instagram-profile": (320, 320),
        "x-post": (1200, 675),
        "x-header": (1500, 500),
        "x-profile": (400, 400),
        "facebook-post": (1200, 630),
        "facebook-cover": (820, 312),
        "facebook-event": (1920, 1005),
        "facebook-profile": (170, 170),
        "youtube-thumbnail": (1280, 720),
        "youtube-banner": (2560, 1440),
        "youtube-profile": (800, 800),
        "linkedin-post": (1200, 627),
        "linkedin-banner": (1584, 396),
        "linkedin-profile": (400, 400),
        "tiktok-cover": (1080, 1920),
        "tiktok-profile": (200, 200),
        "whatsapp-profile": (500, 500),
        "pinterest-pin": (1000, 1500),
        "threads-post": (1080, 1080),
    }
)

_EXPECTED_NAME = Expected(
    "1 to 32 letters, digits, colons, dashes and underscores, the first a letter or digit"
)
_EXPECTED_SIZE = Expected(
    "WIDTHxHEIGHT such as 300x200, an object with width and height, or one of " + ", ".join(PRESETS)
)


def whole_number(value: object) -> object:
    """Convert a float without fraction to int: JSON does not distinguish 1080.0 and 1080."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# The range precedes the validator: only then it becomes part of the JSON schema.
Side = Annotated[int, Field(ge=1, le=MAX_SIDE), BeforeValidator(whole_number)]


class OutputSize(BaseModel):
    """One of the sizes of a request with several results."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    width: Side = Field(description="Width of the result in pixels.")
    height: Side = Field(description="Height of the result in pixels.")
    name: Annotated[str | None, _EXPECTED_NAME] = Field(
        default=None, pattern=_NAME, description="Name of the size in answers and file names."
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        """Convert a preset or WIDTHxHEIGHT to an object."""
        return _from_text(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_name(self) -> Self:
        if self.filename_suffix == RESULT_MARK:
            expected = f"a name other than {RESULT_MARK}, which is in all file names"
            raise rejection(expected, f'"{self.name}"', "name")
        return self

    @model_serializer
    def _write(self) -> str | dict[str, Any]:
        """Return the shortest form, so that equal sizes are equal as JSON."""
        if self.name is None:
            return f"{self.width}x{self.height}"
        if PRESETS.get(self.name) == (self.width, self.height):
            return self.name
        return {"width": self.width, "height": self.height, "name": self.name}

    @property
    def label(self) -> str:
        """The name of the size in answers."""
        return self.name or f"{self.width}x{self.height}"

    @property
    def filename_suffix(self) -> str:
        """The name of the size in file names: letters, digits and dashes, in lower case."""
        return re.sub("[_:]", "-", self.label).lower()


def suffix_of(size: OutputSize | None) -> str | None:
    """Return the suffix of a size's files, or None for a job without ``sizes``."""
    return None if size is None else size.filename_suffix


def _from_text(text: str) -> dict[str, object]:
    if text in PRESETS:
        width, height = PRESETS[text]
        return {"width": width, "height": height, "name": text}
    if re.fullmatch(_PLAIN, text):
        width, height = map(int, text.split("x"))
        return {"width": width, "height": height}
    raise rejection(_EXPECTED_SIZE.text, shown(text))


def check_sizes(sizes: Sequence[OutputSize], max_pixels: int) -> None:
    """Check the rules for all sizes of a request together.

    Raises:
        PydanticCustomError: two sizes have the same name in file names, or the sizes have too many
            pixels in total.
    """
    indices: dict[str, int] = {}
    for index, size in enumerate(sizes):
        first = indices.setdefault(size.filename_suffix, index)
        if first != index:
            expected = f"a name that differs from that of sizes.{first} in file names"
            raise rejection(expected, f'"{size.label}"', str(index))
    pixels = sum(size.width * size.height for size in sizes)
    if pixels > max_pixels:
        raise rejection(f"at most {max_pixels:,} pixels in total", f"{pixels:,}")


class _AsWritten:
    """An annotation that adds presets and WIDTHxHEIGHT to the JSON schema of a size."""

    def __get_pydantic_json_schema__(
        self, size: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "anyOf": [
                {"type": "string", "enum": list(PRESETS)},
                {"type": "string", "pattern": _PLAIN_IN_RANGE, "examples": ["300x200"]},
                handler(size),
            ]
        }


Sizes = Annotated[
    list[Annotated[OutputSize, _AsWritten(), _EXPECTED_SIZE]],
    Field(max_length=MAX_SIZES),
    Expected(f"a list of at most {MAX_SIZES} sizes"),
]
