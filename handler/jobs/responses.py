"""The JSON answers about jobs and the deployment, field by field."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from handler.core import geometry
from handler.core.face import Face
from handler.core.plan import Plan
from handler.core.request import Mode
from handler.core.subject.strategies import Strategy

_DOWNLOAD = "Link to the result."
_FILENAME = "File name of the result."
_OVERLAY = "Link to the image with the plan drawn on it; null if it was not requested."
_PLAN = "The window, and the reasons for it."
_STATE = "State of the job."
_WARNINGS = "Unusual properties of the request or the image, as sentences."

# For the OpenAPI document only: answers are not validated.
JobId = Annotated[str, Field(description="Id of the job.", json_schema_extra={"format": "uuid"})]
Link = Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]
Count = Annotated[int, Field(json_schema_extra={"minimum": 0})]
Pixels = Annotated[int, Field(json_schema_extra={"minimum": 1})]


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Box(_Response):
    """A rectangle, in pixels of the upright image."""

    left: int = Field(description="Distance from the left edge of the image.")
    top: int = Field(description="Distance from the top edge of the image.")
    width: Pixels = Field(description="Width of the rectangle.")
    height: Pixels = Field(description="Height of the rectangle.")

    @classmethod
    def of(cls, box: geometry.Box) -> "Box":
        """Convert a box of the core."""
        return cls(left=box.left, top=box.top, width=box.width, height=box.height)


class Size(_Response):
    """A size, in pixels."""

    width: Pixels = Field(description="Width.")
    height: Pixels = Field(description="Height.")


class Point(_Response):
    """A position, in pixels of the upright image."""

    x: int = Field(description="Distance from the left edge.")
    y: int = Field(description="Distance from the top edge.")


class DetectedFace(_Response):
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

    @classmethod
    def of(cls, face: Face, chosen: bool) -> "DetectedFace":
        """Convert a face of the core."""
        landmarks = [(round(x, 1), round(y, 1)) for x, y in face.landmarks]
        return cls(
            box=Box.of(face.box),
            score=round(face.score, 4),
            landmarks=landmarks,
            chosen=chosen,
        )


class CropPlan(_Response):
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
        description="Share of the interest that the window keeps, minus the share that the centre "
        "window would keep, -1 to 1. Null except for the saliency strategy and auto mode."
    )
    weights: dict[str, float] | None = Field(
        description="Weight of each map of interest; the weights sum to 1, and one below 0 "
        "counts against its map. Null except for the saliency strategy and auto mode."
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
            keep=[Box.of(area.box_in(plan.source)) for area in plan.guides.keep],
            avoid=[Box.of(area.box_in(plan.source)) for area in plan.guides.avoid],
        )


def _is_none(value: object) -> bool:
    return value is None


class SizePlan(_Response):
    """The plan for one of several sizes."""

    name: str = Field(description="Name of the size, or WIDTHxHEIGHT.")
    width: Pixels = Field(description="Width of the result in pixels.")
    height: Pixels = Field(description="Height of the result in pixels.")
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    plan: CropPlan = Field(description=_PLAN)


class SizeResult(SizePlan):
    """The result of one of several sizes."""

    download_url: Link = Field(description=_DOWNLOAD)
    processed_size: Count = Field(description="Size of the result in bytes.")
    filename: str = Field(description=_FILENAME)


class CropResult(_Response):
    """A finished job; with several sizes, the fields are those of the first."""

    job_id: JobId
    download_url: Link = Field(description=_DOWNLOAD)
    original_size: Count = Field(description="Size of the input in bytes.")
    processed_size: Count = Field(description="Size of the result in bytes.")
    filename: str = Field(description=_FILENAME)
    content_type: str = Field(description="Content type of the result.")
    width: Pixels = Field(description="Width of the result in pixels.")
    height: Pixels = Field(description="Height of the result in pixels.")
    expires_at: datetime | None = Field(
        description="Time at which the link expires; null if it does not."
    )
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    plan: CropPlan = Field(description=_PLAN)
    results: list[SizeResult] | None = Field(
        default=None,
        exclude_if=_is_none,
        description="All results in the order of the setting sizes; absent without it.",
    )
    warnings: list[str] = Field(description=_WARNINGS)


class AnalyzeResult(_Response):
    """The plan of a crop; with several sizes, the plan for the first."""

    plan: CropPlan = Field(description=_PLAN)
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    results: list[SizePlan] | None = Field(
        default=None,
        exclude_if=_is_none,
        description="All plans in the order of the setting sizes; absent without it.",
    )
    warnings: list[str] = Field(description=_WARNINGS)


class FieldError(_Response):
    """A field of the request that was not accepted."""

    field: str = Field(description="Path of the field in the JSON, such as keep.0.left.")
    message: str = Field(description="The problem in one line, with the name of the field.")
    received: str = Field(
        description="The received value as JSON, shortened; nothing if the field is missing."
    )
    expected: str = Field(description="The accepted values, in words.")


class _Failure(_Response):
    error: str = Field(description="The kind of error.")
    code: str = Field(
        description="The kind of error, for programs. A code never changes its meaning."
    )
    details: str | None = Field(default=None, description="The cause, for people.")
    feature: str | None = Field(
        default=None, exclude_if=_is_none, description="The feature that is missing or damaged."
    )


class ErrorResponse(_Failure):
    """The cause of a rejected or failed request."""

    errors: list[FieldError] | None = Field(
        default=None,
        exclude_if=_is_none,
        description="The fields that were not accepted. Only for INVALID_SETTINGS, "
        "INVALID_REQUEST and SETTINGS_NOT_JSON.",
    )


class FileResult(_Response):
    """The outcome for one file of a batch."""

    filename: str = Field(description="Name of the file, as it was sent.")
    results: list[str] = Field(
        description="Names of the results in the ZIP, one for each size; empty if the file failed."
    )
    error: ErrorResponse | None = Field(
        default=None, description="The error; null if there is none."
    )
    warnings: list[str] = Field(description=_WARNINGS)


class BatchResult(_Response):
    """A finished batch."""

    job_id: JobId
    download_url: Link = Field(description="Link to the ZIP.")
    original_size: Count = Field(description="Size of all files in bytes.")
    processed_size: Count = Field(description="Size of the ZIP in bytes.")
    filename: str = Field(description="File name of the ZIP.")
    content_type: str = Field(description="Content type of the ZIP.")
    expires_at: datetime | None = Field(
        description="Time at which the link expires; null if it does not."
    )
    files: list[FileResult] = Field(description="The files in the order in which they were sent.")
    warnings: list[str] = Field(description="Warnings about the settings.")


class FileError(ErrorResponse):
    """The error of one file of a batch."""

    filename: str = Field(description="Name of the file, as it was sent.")


class BatchError(_Failure):
    """The error of a batch without results."""

    errors: list[FileError] = Field(
        description="The error of each file, in the order in which they were sent."
    )


class UploadForm(_Response):
    """A form to upload a file with, and the job that crops it."""

    job_id: JobId
    url: Link = Field(description="Address to POST the multipart form to.")
    fields: dict[str, str] = Field(
        description="Fields of the form; the file is the last field, named file."
    )
    key: str = Field(description="Key of the file, for the routes that crop uploaded files.")
    max_bytes: Count = Field(description="Size of the largest file that is accepted, in bytes.")
    expires_at: datetime = Field(description="Time at which the form expires.")
    job_url: Link = Field(description="Address of the job.")
    warnings: list[str] = Field(description=_WARNINGS)


class _JobAnswer(_Response):
    key: str = Field(description="Key of the file in the uploads bucket.")
    created_at: datetime = Field(description="Time at which the job was created.")
    updated_at: datetime = Field(description="Time of the last change.")


class QueuedJob(_JobAnswer):
    """A job whose file is not uploaded yet, or not cropped yet."""

    job_id: JobId
    state: Literal["queued"] = Field(description=_STATE)
    last_error: ErrorResponse | None = Field(
        default=None, description="Error of the last attempt; another one follows."
    )


class DoneJob(CropResult, _JobAnswer):
    """A finished job, with the answer of a synchronous crop and a new link."""

    state: Literal["done"] = Field(description=_STATE)


class FailedJob(ErrorResponse, _JobAnswer):
    """A failed job, and its error."""

    job_id: JobId
    state: Literal["failed"] = Field(description=_STATE)


class Limits(_Response):
    """The limits of a deployment."""

    max_body_bytes: Count = Field(description="Largest body of a request, in bytes.")
    max_upload_bytes: Count | None = Field(
        description="Largest file for POST /api/v1/uploads, in bytes; null without uploads."
    )
    max_pixels: Count = Field(description="Largest image, in pixels.")


class Health(_Response):
    """The version, features and limits of a deployment."""

    status: str = Field(description="Always ok.")
    version: str = Field(description="Version of the service.")
    formats: dict[str, bool] = Field(description="Formats by name; true if this build reads them.")
    features: dict[str, bool] = Field(description="Features by name; true if they are installed.")
    limits: Limits = Field(description="Limits of requests.")
