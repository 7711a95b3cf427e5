"""The settings of a crop: names, defaults, ranges and descriptions."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from msgspec.structs import replace
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic.alias_generators import to_camel

from handler.core.geometry import Size
from handler.core.request import (
    Background,
    Constraints,
    CropRequest,
    FaceChoice,
    FacePreset,
    Mode,
    Strategy,
)
from handler.errors import InvalidSettings, SettingsNotJson
from handler.problems import FieldProblem, printable_name, shown
from handler.settings.colours import BackgroundColour, PadColour, parse_colour
from handler.settings.constraints import Boxes, FocusPoint
from handler.settings.effects import effect_warnings
from handler.settings.frame_choice import Frames
from handler.settings.output import Effort, Output
from handler.settings.sizes import MAX_OUTPUT_PIXELS, Side, Sizes, check_sizes, whole_number
from handler.settings.strict_json import parse_json
from handler.settings.validation import problems_of, rejection

NoFacesAction = Literal["subject", "error"]

# The reference accepts the names of its first version.
_MODE_ALIASES = {"attention": "subject", "content": "trim"}
_DEFAULT_SIDE = 1080
# Face mode enlarges its window by at most this factor unless the client asks for more.
_MOST_ENLARGED = 2.0
# Names the settings as a whole in errors.
_ROOT = "settings"
# The result of trim is as large as the content that it finds.
_NO_SIZES = "an empty list in mode trim, which keeps the size of the content"


def _resolve_mode(value: object) -> object:
    return _MODE_ALIASES.get(value, value) if isinstance(value, str) else value


Whole = Annotated[int, BeforeValidator(whole_number)]


class CropSettings(BaseModel):
    """The settings of a crop. All are optional."""

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
        description="Method that chooses the window. The older names attention, for subject, and "
        "content, for trim, are accepted, too.",
    )
    strategy: Strategy = Field(
        default="attention",
        description="Subject mode: method that scores the image. attention and entropy are "
        "those of sharp; saliency is based on what people look at.",
    )
    width: Side = Field(
        default=_DEFAULT_SIDE,
        description="Width of the result in pixels. It has its default, with a warning, if only "
        "height is set; the command line and Python keep the aspect ratio of the image.",
    )
    height: Side = Field(
        default=_DEFAULT_SIDE,
        description="Height of the result in pixels. It has its default, with a warning, if only "
        "width is set; the command line and Python keep the aspect ratio of the image.",
    )
    enlarge: bool = Field(
        default=True,
        description="Enlarge windows that are smaller than the result. false returns them at "
        "their own size, with targetSize in the middle of the square. If it is not set, face mode "
        "enlarges by a factor of at most 2, and widens the window instead; true removes that "
        "limit.",
    )
    sizes: Sizes = Field(
        default=[],
        json_schema_extra={"uniqueItems": True},
        description="Sizes of several results, in place of width and height: presets such as 16:9 "
        "or instagram-story, WIDTHxHEIGHT, or objects with width, height and name.",
    )
    focus: FocusPoint | None = Field(
        default=None,
        description="Point that the window is centred on, as far as the image allows: x and y, as "
        "fractions of its width and height if neither is above 1, and in pixels otherwise.",
    )
    keep: Boxes = Field(
        default=[],
        description="Boxes that the window has to contain: left, top, width and height, as "
        "fractions of the image if none is above 1, and in pixels otherwise.",
    )
    avoid: Boxes = Field(
        default=[], description="Boxes, as in keep, that the window excludes where possible."
    )
    padding: Whole = Field(
        default=0,
        ge=0,
        le=50,
        description="Margin in percent. In face mode it is around the faces, and the window is "
        "larger. In subject and auto mode it is cut off the window, which keeps its centre.",
    )
    face_preset: FacePreset = Field(
        default="head-shoulders", description="Face mode: size of the window, relative to the face."
    )
    sensitivity: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Face and auto mode: a higher value detects more faces.",
    )
    faces: FaceChoice = Field(
        default="all", description="Face and auto mode: faces that the window is built around."
    )
    on_no_faces: NoFacesAction = Field(
        default="subject", description="Face mode: action if the image has no face."
    )
    threshold: Whole = Field(
        default=30,
        ge=0,
        le=255,
        description="Trim: largest difference between a pixel and the background, per channel, on "
        "a scale of 0 to 255, also for 16-bit pictures. Background corner compares their 16-bit "
        "values with it unscaled, as sharp does, and warns if the result differs.",
    )
    pad_to_square: bool = Field(default=False, description="Trim: pad the result to a square.")
    pad_color: PadColour = Field(
        default="#ffffff",
        description="Trim: colour of the padding. In every mode also the colour behind "
        "transparent pixels if the format of the result is JPEG.",
    )
    target_size: Side | None = Field(
        default=None, description="Trim: side of the padded square in pixels; implies padToSquare."
    )
    background: BackgroundColour = Field(
        default="corner",
        description="Trim: the background. A colour; corner for the colour of the top left pixel; "
        "or auto for the surface along the edges, which may be uneven, noisy or dusty.",
    )
    line_art: bool = Field(
        default=False,
        description="Trim: keep lines and dots of one pixel, which are otherwise removed as noise "
        "unless background is auto.",
    )
    trim_margin: Whole = Field(
        default=0,
        ge=0,
        le=50,
        description="Trim: margin around the content, in percent of its longer side.",
    )
    quality: Whole = Field(default=95, ge=1, le=100, description="Quality of JPEG, WebP and AVIF.")
    effort: Effort = Field(
        default="standard",
        description="Effort of the encoder. high writes a smaller file of about the same quality, "
        "and takes 2 to 20 times as long: JPEG is progressive, and the encoders of PNG, TIFF, WebP "
        "and AVIF search longer. It has no effect on GIF and animations.",
    )
    format: Output = Field(
        default="auto",
        description="Format of the result; auto keeps the format of the input where possible. "
        "Extensions such as jpg and tif, content types and upper case are accepted, too.",
    )

    frames: Frames = Field(
        default="all",
        description="Frames of an animation: all, first, or the number of one frame, from 1. all "
        "returns an animation if the format of the result can move, and the first frame otherwise.",
    )

    @field_validator("sizes")
    @classmethod
    def _check_sizes(cls, sizes: Sizes, info: ValidationInfo) -> Sizes:
        if sizes and info.data.get("mode") == "trim":
            raise rejection(_NO_SIZES, shown([size.label for size in sizes]))
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
        return CropRequest(
            mode=self.mode,
            strategy=self.strategy,
            target=Size(self.width, self.height),
            padding=self.padding,
            face_preset=self.face_preset,
            faces=self.faces,
            threshold=self.threshold,
            background=_parse_background(self.background),
            line_art=self.line_art,
            trim_margin=self.trim_margin,
            # A side alone implies the square.
            square=self.target_size or ("fit" if self.pad_to_square else None),
            pad_colour=parse_colour(self.pad_color),
            enlarge=self.enlarge,
            most_enlarged=None if "enlarge" in self.model_fields_set else _MOST_ENLARGED,
            constraints=Constraints(
                focus=None if self.focus is None else self.focus.spot(),
                keep=tuple(box.area() for box in self.keep),
                avoid=tuple(box.area() for box in self.avoid),
            ),
        )

    def canonical(self) -> str:
        """Return the settings that differ from the defaults, as JSON that equal settings share."""
        values = self.model_dump(by_alias=True, exclude_defaults=True)
        # The default, if it is set, also allows face mode to enlarge by any factor.
        given = {"enlarge": True} if self.enlarge and "enlarge" in self.model_fields_set else {}
        return _compact(values | given)

    def as_given(self) -> str:
        """Return the settings that the client gave as JSON; parsed, they have the same warnings."""
        return _compact(self.model_dump(by_alias=True, exclude_unset=True))


def _compact(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


def _parse_background(text: str) -> Background:
    if text == "corner":
        return "corner"
    if text == "auto":
        return "auto"
    return parse_colour(text)


def parse_settings(text: str | None) -> tuple[CropSettings, list[str]]:
    """Read the settings field of a request.

    Args:
        text: JSON; None or blank text for the defaults.

    Returns:
        The settings, and warnings: for each name that is not a setting, and for settings without
        effect.

    Raises:
        SettingsNotJson: ``text`` is not JSON.
        InvalidSettings: it is not an object, or a setting is out of range or of the wrong type.
    """
    return validate_settings(read_object(text))


def read_object(text: str | None) -> dict[str, Any]:
    """Return the JSON object of `parse_settings`, before its values are validated.

    Raises:
        SettingsNotJson: ``text`` is not JSON.
        InvalidSettings: it is not an object.
    """
    if text is None or not text.strip():
        return {}
    try:
        values = parse_json(text)
    except ValueError as error:
        raise SettingsNotJson(FieldProblem(_ROOT, "valid JSON", shown(text))) from error
    if not isinstance(values, dict):
        raise InvalidSettings(FieldProblem(_ROOT, "an object", shown(values)))
    return values


def validate_settings(
    values: Mapping[str, Any], *, keeps_aspect: bool = False
) -> tuple[CropSettings, list[str]]:
    """Validate settings that are already parsed; see `parse_settings`.

    Args:
        values: the values by JSON name.
        keeps_aspect: whether the caller gives a result with only one side the aspect of its
            picture. There is no warning about the default of the other side then.
    """
    try:
        settings = CropSettings.model_validate(dict(values))
    except ValidationError as error:
        raise InvalidSettings(*problems_of(error, CropSettings, _ROOT)) from error
    fields = {field.alias: name for name, field in CropSettings.model_fields.items()}
    warnings = [
        f"{printable_name(name)}: unknown setting, ignored" for name in values if name not in fields
    ]
    given = {
        alias: getattr(settings, name)
        for alias, name in fields.items()
        if alias is not None and name in settings.model_fields_set
    }
    default_side = None if keeps_aspect else _DEFAULT_SIDE
    return settings, [*warnings, *effect_warnings(settings.mode, given, default_side)]
