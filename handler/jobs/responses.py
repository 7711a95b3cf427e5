"""What clients are told about a job, field by field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from handler.core import geometry
from handler.core.face import Face
from handler.core.plan import Plan
from handler.core.request import Mode, Strategy
from handler.jobs.job import PlannedCrop, Result
from handler.storage import Link as StoreLink

_DOWNLOAD = "Where the result can be fetched until it expires."
_FILENAME = "Name of the result."
_OVERLAY = "The plan drawn on the picture, where that was asked for."
_PLAN = "What is cut out, and why."
_STATE = "What became of it."
_WARNINGS = "What was odd about the request or the picture, in words."

# For the document only: what is answered is right already.
JobId = Annotated[str, Field(description="Id of the job.", json_schema_extra={"format": "uuid"})]
Link = Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]
Count = Annotated[int, Field(json_schema_extra={"minimum": 0})]
Pixels = Annotated[int, Field(json_schema_extra={"minimum": 1})]


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Box(_Response):
    """A rectangle in pixels of the upright picture."""

    left: int = Field(description="Where it begins, from the left.")
    top: int = Field(description="Where it begins, from the top.")
    width: Pixels = Field(description="Its width.")
    height: Pixels = Field(description="Its height.")

    @classmethod
    def of(cls, box: geometry.Box) -> "Box":
        """The same box, for JSON."""
        return cls(left=box.left, top=box.top, width=box.width, height=box.height)


class Size(_Response):
    """A size in pixels."""

    width: Pixels = Field(description="The width.")
    height: Pixels = Field(description="The height.")


class Point(_Response):
    """A position in pixels of the upright picture."""

    x: int = Field(description="From the left.")
    y: int = Field(description="From the top.")


class DetectedFace(_Response):
    """A face that was found."""

    box: Box = Field(description="Around the face.")
    score: float = Field(
        description="How sure it is that it is one.", json_schema_extra={"minimum": 0, "maximum": 1}
    )
    landmarks: list[tuple[float, float]] = Field(
        description="Right eye, left eye, nose, right and left corner of the mouth."
    )
    chosen: bool = Field(description="Whether the window was built on it.")

    @classmethod
    def of(cls, face: Face, chosen: bool) -> "DetectedFace":
        """The same face, for JSON."""
        landmarks = [(round(x, 1), round(y, 1)) for x, y in face.landmarks]
        return cls(
            box=Box.of(face.box),
            score=round(face.score, 4),
            landmarks=landmarks,
            chosen=chosen,
        )


class CropPlan(_Response):
    """What is cut out of the picture, and why."""

    mode: Mode = Field(description="What decided the window.")
    fallback: str | None = Field(description="Why this is not the mode that was asked for.")
    strategy: Strategy | None = Field(description="How subject mode weighed the picture.")
    source: Size = Field(description="Size of the upright picture.")
    crop: Box = Field(description="The window.")
    focus: Point = Field(description="The focal point that the window was chosen for.")
    reason: str = Field(description="Why the window is what it is.")
    background: list[int] | None = Field(
        description="What trim took for background, one value for each band of the file."
    )
    faces: list[DetectedFace] = Field(description="All faces that were found.")
    faces_cut: Count = Field(description="Chosen faces that the window could not hold.")
    eye_line: float | None = Field(description="Height of the eyes of the chosen faces.")
    gain_over_centre: float | None = Field(
        description="Share of the interest that the window keeps, minus the share that the centre "
        "window would keep, -1 to 1. Null except for the saliency strategy and auto mode."
    )
    weights: dict[str, float] | None = Field(
        description="Of saliency and auto mode: how much each map had to say in what is of "
        "interest, in shares that sum to 1; one below 0 was outvoted."
    )
    keep: list[Box] = Field(description="What was to stay whole, as said by hand.")
    avoid: list[Box] = Field(description="What was to stay out, as said by hand.")

    @classmethod
    def of(cls, plan: Plan) -> "CropPlan":
        """The same plan, for JSON."""
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
            keep=[Box.of(area.box_in(plan.source)) for area in plan.constraints.keep],
            avoid=[Box.of(area.box_in(plan.source)) for area in plan.constraints.avoid],
        )


def _is_none(value: object) -> bool:
    return value is None


@dataclass(frozen=True, slots=True)
class SavedResult:
    """A result in the store.

    Attributes:
        result: the result.
        filename: name of the file in its folder.
        etag: ETag of the file in the store.
        link: link to the file.
        overlay_url: URL of the plan drawn on the picture, if the job asks for it.
    """

    result: Result
    filename: str
    etag: str
    link: StoreLink
    overlay_url: str | None


class SizePlan(_Response):
    """One of several sizes, as it would be cut out."""

    name: str = Field(description="The size's name, or its width and height.")
    width: Pixels = Field(description="Its width in pixels.")
    height: Pixels = Field(description="Its height in pixels.")
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    plan: CropPlan = Field(description=_PLAN)

    @classmethod
    def list_of(cls, crops: Sequence[PlannedCrop], urls: Sequence[str | None]) -> "list[SizePlan]":
        """Describe the plan of each size; the list is empty for a job without ``sizes``."""
        return [
            cls(
                name=crop.size.label,
                width=crop.size.width,
                height=crop.size.height,
                overlay_url=url,
                plan=CropPlan.of(crop.plan),
            )
            for crop, url in zip(crops, urls, strict=True)
            if crop.size
        ]


class SizeResult(SizePlan):
    """The result of one of several sizes."""

    download_url: Link = Field(description=_DOWNLOAD)
    processed_size: Count = Field(description="Bytes of the result.")
    filename: str = Field(description=_FILENAME)

    @classmethod
    def list_of_saved(cls, saved: Sequence[SavedResult]) -> "list[SizeResult]":
        """Describe the result of each size; the list is empty for a job without ``sizes``."""
        return [
            cls(
                name=each.result.crop.size.label,
                width=each.result.size.width,
                height=each.result.size.height,
                download_url=each.link.url,
                processed_size=len(each.result.data),
                filename=each.filename,
                overlay_url=each.overlay_url,
                plan=CropPlan.of(each.result.plan),
            )
            for each in saved
            if each.result.crop.size
        ]


class CropResult(_Response):
    """A finished job. The first four fields are the reference's.

    Of several sizes they are those of the first.
    """

    job_id: JobId
    download_url: Link = Field(description=_DOWNLOAD)
    original_size: Count = Field(description="Bytes of the input.")
    processed_size: Count = Field(description="Bytes of the result.")
    filename: str = Field(description=_FILENAME)
    content_type: str = Field(description="Type of the result.")
    width: Pixels = Field(description="Width of the result in pixels.")
    height: Pixels = Field(description="Height of the result in pixels.")
    expires_at: datetime | None = Field(
        description="When the link stops working; null for one that does not."
    )
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    plan: CropPlan = Field(description=_PLAN)
    results: list[SizeResult] | None = Field(
        default=None,
        exclude_if=_is_none,
        description="All results in the order of the sizes; only where sizes were asked for.",
    )
    warnings: list[str] = Field(description=_WARNINGS)

    @classmethod
    def of(
        cls,
        job_id: str,
        original_size: int,
        saved: Sequence[SavedResult],
        warnings: Sequence[str],
    ) -> "CropResult":
        """Describe a finished job: its first result, and all of them if it has ``sizes``."""
        first = saved[0]
        return cls(
            job_id=job_id,
            download_url=first.link.url,
            original_size=original_size,
            processed_size=len(first.result.data),
            filename=first.filename,
            content_type=first.result.format.content_type,
            width=first.result.size.width,
            height=first.result.size.height,
            expires_at=first.link.expires_at,
            overlay_url=first.overlay_url,
            plan=CropPlan.of(first.result.plan),
            results=SizeResult.list_of_saved(saved) or None,
            warnings=list(warnings),
        )


class AnalyzeResult(_Response):
    """What a crop would do; of several sizes, first what it would do for the first."""

    plan: CropPlan = Field(description=_PLAN)
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    results: list[SizePlan] | None = Field(
        default=None,
        exclude_if=_is_none,
        description="All plans in the order of the sizes; only where sizes were asked for.",
    )
    warnings: list[str] = Field(description=_WARNINGS)

    @classmethod
    def of(
        cls, crops: Sequence[PlannedCrop], urls: Sequence[str | None], warnings: Sequence[str]
    ) -> "AnalyzeResult":
        """Describe the plans of a job: the first, and all of them if it has ``sizes``.

        Args:
            crops: the plans.
            urls: URL of each plan drawn on the picture, if the job asks for it.
            warnings: warnings about the job.
        """
        return cls(
            plan=CropPlan.of(crops[0].plan),
            overlay_url=urls[0],
            results=SizePlan.list_of(crops, urls) or None,
            warnings=list(warnings),
        )


class FieldError(_Response):
    """A field of the request that was not accepted."""

    field: str = Field(description="Path of the field in the JSON, such as keep.0.left.")
    message: str = Field(description="The problem in one line, the field's name included.")
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
    """An error."""

    errors: list[FieldError] | None = Field(
        default=None,
        exclude_if=_is_none,
        description="The fields that were not accepted. Only for INVALID_SETTINGS, "
        "INVALID_REQUEST and SETTINGS_NOT_JSON.",
    )


class FileResult(_Response):
    """What became of one file of a batch."""

    filename: str = Field(description="Its name, as it was sent.")
    results: list[str] = Field(
        description="Names of its results in the ZIP, one for each size; none when it failed."
    )
    error: ErrorResponse | None = Field(default=None, description="Why it failed, if it did.")
    warnings: list[str] = Field(description=_WARNINGS)


class BatchResult(_Response):
    """A finished batch whose ZIP is in the store."""

    job_id: JobId
    download_url: Link = Field(description="Where the ZIP can be fetched until it expires.")
    original_size: Count = Field(description="Bytes of all files.")
    processed_size: Count = Field(description="Bytes of the ZIP.")
    filename: str = Field(description="Name of the ZIP.")
    content_type: str = Field(description="Type of the ZIP.")
    expires_at: datetime | None = Field(
        description="When the link stops working; null for one that does not."
    )
    files: list[FileResult] = Field(description="In the order in which they were sent.")
    warnings: list[str] = Field(description="About the settings.")


class FileError(ErrorResponse):
    """What went wrong with one file."""

    filename: str = Field(description="Its name, as it was sent.")


class BatchError(_Failure):
    """A batch of which nothing came out."""

    errors: list[FileError] = Field(description="One for each file, in their order.")


class UploadForm(_Response):
    """How to upload a file, and where to look for the result."""

    job_id: JobId
    url: Link = Field(description="Where to POST a multipart form to.")
    fields: dict[str, str] = Field(description="Its fields; the file comes after them, as file.")
    key: str = Field(description="What the crop route takes, once the file is there.")
    max_bytes: Count = Field(description="Larger files are refused.")
    expires_at: datetime = Field(description="When the form stops working.")
    job_url: Link = Field(description="Where to ask what became of it.")
    warnings: list[str] = Field(description=_WARNINGS)


class _JobAnswer(_Response):
    key: str = Field(description="Key of the source in the uploads store.")
    created_at: datetime = Field(description="When it began.")
    updated_at: datetime = Field(description="When this was last written.")


class QueuedJob(_JobAnswer):
    """A job whose file has not come, or has not been dealt with."""

    job_id: JobId
    state: Literal["queued"] = Field(description=_STATE)
    last_error: ErrorResponse | None = Field(
        default=None, description="Why the last attempt failed; there will be another."
    )


class DoneJob(CropResult, _JobAnswer):
    """A job that is done, as a synchronous crop is answered; its link is fresh."""

    state: Literal["done"] = Field(description=_STATE)


class FailedJob(ErrorResponse, _JobAnswer):
    """A job that failed, and why."""

    job_id: JobId
    state: Literal["failed"] = Field(description=_STATE)


class Limits(_Response):
    """What a deployment takes."""

    max_body_bytes: Count = Field(description="Largest body of a request.")
    max_upload_bytes: Count | None = Field(
        description="Largest file that POST /api/v1/uploads takes; null where there are no uploads."
    )
    max_pixels: Count = Field(description="Largest picture, in pixels.")


class Health(_Response):
    """What a deployment can do."""

    status: str = Field(description="ok, when it answers at all.")
    version: str = Field(description="Version of the service.")
    formats: dict[str, bool] = Field(description="Formats, and whether this build reads them.")
    features: dict[str, bool] = Field(description="Features, and whether they are installed.")
    limits: Limits = Field(description="How much is taken.")
