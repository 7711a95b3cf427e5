"""The JSON of a plan, and the types that all answers share."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from handler.core import geometry
from handler.core.face import Face
from handler.core.plan import Plan
from handler.core.request import Mode, Strategy

# For the OpenAPI document only: answers are not validated.
JobId = Annotated[str, Field(description="Id of the job.", json_schema_extra={"format": "uuid"})]
Link = Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]
Count = Annotated[int, Field(json_schema_extra={"minimum": 0})]
Pixels = Annotated[int, Field(json_schema_extra={"minimum": 1})]


def is_none(value: object) -> bool:
    """Return whether a value is None; a field with this as ``exclude_if`` is then absent."""
    return value is None


class Response(BaseModel):
    """Base of all answers: JSON keys are in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Box(Response):
    """A rectangle, in pixels of the upright image."""

    left: int = Field(description="Distance from the left edge of the image.")
    top: int = Field(description="Distance from the top edge of the image.")
    width: Pixels = Field(description="Width of the rectangle.")
    height: Pixels = Field(description="Height of the rectangle.")

    @classmethod
    def of(cls, box: geometry.Box) -> "Box":
        """Convert a box of the core."""
        return cls(left=box.left, top=box.top, width=box.width, height=box.height)


class Size(Response):
    """A size, in pixels."""

    width: Pixels = Field(description="Width.")
    height: Pixels = Field(description="Height.")


class Point(Response):
    """A position, in pixels of the upright image."""

    x: int = Field(description="Distance from the left edge.")
    y: int = Field(description="Distance from the top edge.")


class DetectedFace(Response):
    """A detected face."""

    box: Box = Field(description="Rectangle around the face.")
    score: float = Field(
        description="Score of the detector, 0 to 1.", json_schema_extra={"minimum": 0, "maximum": 1}
    )
    landmarks: list[tuple[float, float]] = Field(
        description="Positions of the right eye, the left eye, the nose, and the right and left "
        "corner of the mouth, as x and y."
    )
    chosen: bool = Field(description="True if the window is built around the face.")
    frame: Pixels | None = Field(
        default=None,
        exclude_if=is_none,
        description="Number of the frame of an animation that the face was found in, from 1; "
        "absent for a still image. In auto mode the box contains the face in all frames that were "
        "looked at.",
    )

    @classmethod
    def of(cls, face: Face, chosen: bool) -> "DetectedFace":
        """Convert a face of the core."""
        landmarks = [(round(x, 1), round(y, 1)) for x, y in face.landmarks]
        return cls(
            box=Box.of(face.box),
            score=round(face.score, 4),
            landmarks=landmarks,
            chosen=chosen,
            frame=face.frame,
        )


class CropPlan(Response):
    """The window that is cut out of the image, and the reasons for it."""

    mode: Mode = Field(description="Mode that chose the window.")
    fallback: str | None = Field(
        description="Reason why the mode differs from the requested one; null if it does not."
    )
    strategy: Strategy | None = Field(description="Strategy of subject mode; null for other modes.")
    source: Size = Field(description="Size of the upright image.")
    crop: Box = Field(description="The window.")
    focus: Point = Field(description="Focal point of the window.")
    reason: str = Field(description="Reason for the window, as one sentence.")
    background: list[int] | None = Field(
        description="Background colour that trim removed, one value for each channel of the file."
    )
    faces: list[DetectedFace] = Field(description="All detected faces.")
    faces_cut: Count = Field(
        description="Number of chosen faces that are not completely inside the window."
    )
    eye_line: float | None = Field(
        description="Distance of the eyes of the chosen faces from the top edge of the image; null "
        "without such faces."
    )
    gain_over_centre: float | None = Field(
        # Job records of earlier versions have the former name.
        validation_alias=AliasChoices("gainOverCentre", "gain_over_centre", "confidence"),
        description="Expected gain over the centre window, -1 to 1: the interest and the faces "
        "that the window keeps more, minus the price of leaving the centre, in shares of the "
        "interest. On photos with a subject, people agree better with more than 90 % of the "
        "windows above 0.1 than with the centre. Null except for the saliency strategy and auto "
        "mode.",
    )
    weights: dict[str, float] | None = Field(
        description="Weight of each map of interest; the weights sum to 1, and one below 0 "
        "counts against its map. Null except for the saliency strategy and auto mode."
    )
    evidence: list[str] = Field(
        default=[],  # job records of earlier versions have none
        description="Evidence that was looked for: faces, objects, text. Empty except for face and "
        "auto mode.",
    )
    frames: list[Pixels] | None = Field(
        default=None,
        exclude_if=is_none,
        description="Numbers of the frames of an animation that the window was chosen by, from 1; "
        "absent for a still result.",
    )
    keep: list[Box] = Field(description="Boxes of the setting keep.")
    avoid: list[Box] = Field(description="Boxes of the setting avoid.")

    @classmethod
    def of(cls, plan: Plan) -> "CropPlan":
        """Convert a plan of the core."""
        return cls(
            mode=plan.mode,
            fallback=plan.fallback,
            strategy=plan.strategy,
            source=Size(width=plan.source.width, height=plan.source.height),
            crop=Box.of(plan.crop),
            focus=Point(x=plan.focus.x, y=plan.focus.y),
            reason=plan.reason,
            background=None if plan.background is None else list(plan.background),
            faces=[DetectedFace.of(f, i in plan.chosen) for i, f in enumerate(plan.faces)],
            faces_cut=plan.faces_cut,
            eye_line=None if plan.eye_line is None else round(plan.eye_line, 1),
            gain_over_centre=None
            if plan.gain_over_centre is None
            else round(plan.gain_over_centre, 4),
            weights=None
            if plan.weights is None
            else {name: round(weight, 3) for name, weight in plan.weights.items()},
            evidence=list(plan.evidence),
            frames=list(plan.frames) or None,
            keep=[Box.of(area.box_in(plan.source)) for area in plan.constraints.keep],
            avoid=[Box.of(area.box_in(plan.source)) for area in plan.constraints.avoid],
        )
