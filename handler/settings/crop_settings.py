"""The settings of a request, validated: names, aliases, defaults and ranges in one place."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Never, Self, get_args

from PIL.ImageColor import getrgb
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict
from pydantic_core import ErrorDetails

from handler.core.geometry import Size
from handler.core.request import (
    Background,
    Colour,
    Constraints,
    CropRequest,
    FaceChoice,
    FacePreset,
    Mode,
    Strategy,
)
from handler.errors import InvalidSettings, SettingsNotJson
from handler.settings.constraints import Boxes, FocusPoint
from handler.settings.sizes import MAX_SIZES, Side, Sizes, check_sizes, whole_number

OutputFormat = Literal["auto", "jpeg", "png", "webp", "avif", "tiff", "gif"]

# The reference keeps the names that its first version had.
_MODE_ALIASES = {"attention": "subject", "content": "trim"}
_DEFAULT_SIDE = 1080
_COLOUR = r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})"
MAX_OUTPUT_PIXELS = 50_000_000


def _resolve_mode(value: object) -> object:
    return _MODE_ALIASES.get(value, value) if isinstance(value, str) else value


def _with_mode_aliases(schema: JsonDict) -> None:
    """Tell OpenAPI of them."""
    schema["enum"] = [*get_args(Mode), *_MODE_ALIASES]


Whole = Annotated[int, BeforeValidator(whole_number)]
SquareSide = Annotated[
    int, Field(ge=1, le=math.isqrt(MAX_OUTPUT_PIXELS)), BeforeValidator(whole_number)
]


class CropSettings(BaseModel):
    """What a client can ask for. Names on the wire are camelCase."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=False,
        frozen=True,
        strict=True,
        extra="ignore",
        allow_inf_nan=False,
    )

    mode: Annotated[Mode, BeforeValidator(_resolve_mode)] = Field(
        default="subject",
        description="What decides the window. The reference's first names are taken, too: "
        "attention means subject, and content trim.",
        json_schema_extra=_with_mode_aliases,
    )
    strategy: Strategy = Field(
        default="attention", description="Subject mode: how the picture is weighed."
    )
    width: Side = Field(default=_DEFAULT_SIDE, description="Width of the output in pixels.")
    height: Side = Field(default=_DEFAULT_SIDE, description="Height of the output in pixels.")
    sizes: Sizes = Field(
        default=[],
        max_length=MAX_SIZES,
        json_schema_extra={"uniqueItems": True},
        description="Several results instead of one of width and height: names of sizes, such as "
        "16:9 or instagram-story, WIDTHxHEIGHT, or objects with width, height and name.",
    )
    focus: FocusPoint | None = Field(
        default=None,
        description="The point that the window is centred on, as far as the picture allows: x and "
        "y in shares of the picture, 0 to 1.",
    )
    keep: Boxes = Field(
        default=[],
        description="Boxes that the window has to hold whole: left, top, width and height in "
        "shares of the picture if none is above 1, and in pixels otherwise.",
    )
    avoid: Boxes = Field(
        default=[], description="Boxes, as in keep, that the window leaves out where it can."
    )
    padding: Whole = Field(
        default=0, ge=0, le=50, description="Air around the subject, in percent."
    )
    face_preset: FacePreset = Field(
        default="head-shoulders", description="Face mode: how tight the window is."
    )
    sensitivity: float = Field(
        default=0.5, ge=0, le=1, description="Face mode: higher finds more faces."
    )
    faces: FaceChoice = Field(
        default="all", description="Face mode: the faces that the window is built on."
    )
    on_no_faces: Literal["subject", "error"] = Field(
        default="subject", description="Face mode: what to do when there is no face."
    )
    threshold: Whole = Field(
        default=30, ge=0, le=255, description="Trim: how far a pixel may be from the background."
    )
    pad_to_square: bool = Field(default=False, description="Trim: pad the result to a square.")
    pad_color: str = Field(
        default="#ffffff",
        pattern=rf"^({_COLOUR}|transparent)$",
        description="Trim: colour of the padding.",
    )
    target_size: SquareSide | None = Field(
        default=None, description="Trim: side of the padded square in pixels; implies the square."
    )
    background: str = Field(
        default="corner",
        pattern=rf"^({_COLOUR}|corner|auto)$",
        description="Trim: the background. The top left pixel (corner), what the edges show (auto; "
        "it may be uneven, noisy or dusty), or a colour.",
    )
    trim_margin: Whole = Field(
        default=0,
        ge=0,
        le=50,
        description="Trim: air to leave around the content, in percent of its longer side.",
    )
    quality: Whole = Field(default=95, ge=1, le=100, description="JPEG, WebP and AVIF quality.")
    format: OutputFormat = Field(
        default="auto", description="Format of the output; auto keeps the input's."
    )

    @model_validator(mode="after")
    def _limit_output(self) -> Self:
        if self.width * self.height > MAX_OUTPUT_PIXELS:
            megapixels = MAX_OUTPUT_PIXELS // 1_000_000
            raise ValueError(f"width × height must be at most {megapixels} megapixels")
        return self

    @field_validator("sizes")
    @classmethod
    def _check_sizes(cls, sizes: Sizes, info: ValidationInfo) -> Sizes:
        if sizes and info.data.get("mode") == "trim":
            raise ValueError("trim keeps the size of what it finds")
        check_sizes(sizes, MAX_OUTPUT_PIXELS)
        return sizes

    def requests(self) -> list[CropRequest]:
        """Return the request of each size in their order, or the one of width and height."""
        request = self.request()
        return [replace(request, target=Size(size.width, size.height)) for size in self.sizes] or [
            request
        ]

    def request(self) -> CropRequest:
        """Return the settings that a plan depends on, for width and height."""
        focus = self.focus
        return CropRequest(
            mode=self.mode,
            strategy=self.strategy,
            target=Size(self.width, self.height),
            padding=self.padding,
            face_preset=self.face_preset,
            faces=self.faces,
            threshold=self.threshold,
            background=_parse_background(self.background),
            trim_margin=self.trim_margin,
            # A side alone implies the square.
            square=self.target_size or ("fit" if self.pad_to_square else None),
            pad_colour=_parse_colour(self.pad_color),
            constraints=Constraints(
                focus=None if focus is None else (focus.x, focus.y),
                keep=tuple(box.area() for box in self.keep),
                avoid=tuple(box.area() for box in self.avoid),
            ),
        )

    def canonical(self) -> str:
        """JSON that is the same for settings that mean the same: what differs from the defaults."""
        values = self.model_dump(by_alias=True, exclude_defaults=True)
        return json.dumps(values, sort_keys=True, separators=(",", ":"))


def _parse_background(text: str) -> Background:
    if text == "corner":
        return "corner"
    if text == "auto":
        return "auto"
    return _parse_colour(text)


def _parse_colour(text: str) -> Colour:
    if text == "transparent":
        return 255, 255, 255, 0
    red, green, blue, *alpha = getrgb(text)
    return red, green, blue, alpha[0] if alpha else 255


def parse_settings(text: str | None) -> tuple[CropSettings, list[str]]:
    """Read the settings field of a request.

    Args:
        text: JSON, or None or blank for the defaults.

    Returns:
        The settings, and a warning for each name that is not a setting.

    Raises:
        SettingsNotJson: ``text`` is not JSON.
        InvalidSettings: it is not an object, or a setting is out of range or of the wrong type.
    """
    if text is None or not text.strip():
        return CropSettings(), []
    try:
        # JSON has no NaN; and a number of thousands of digits, which Python's int refuses, is
        # out of range, not malformed.
        values = json.loads(text, parse_constant=_refuse, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise SettingsNotJson from error
    if not isinstance(values, dict):
        raise InvalidSettings("Expected an object of settings")
    return validate_settings(values)


def validate_settings(values: Mapping[str, Any]) -> tuple[CropSettings, list[str]]:
    """Check settings that are parsed already; see `parse_settings`."""
    try:
        settings = CropSettings.model_validate(dict(values))
    except ValidationError as error:
        raise InvalidSettings("; ".join(map(_explain, error.errors()))) from error
    known = {field.alias for field in CropSettings.model_fields.values()}
    warnings = [
        f"Unknown setting ignored: {_printable(name)}" for name in values if name not in known
    ]
    if settings.sizes and ("width" in values or "height" in values):
        warnings.append("Settings ignored beside sizes: width, height")
    return settings, warnings


def _printable(name: str) -> str:
    """Short enough to show, and without the half characters that JSON can spell but not send."""
    return name[:64].encode(errors="replace").decode()


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is not JSON")


def _explain(error: ErrorDetails) -> str:
    name = ".".join(map(str, error["loc"])) or "settings"
    return f"{name}: {error['msg'].removeprefix('Value error, ')}"
