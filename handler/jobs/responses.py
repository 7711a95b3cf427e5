"""The JSON answers about crops and batches, and of errors."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from pydantic import Field

from handler.jobs.job import PlannedCrop, Result
from handler.jobs.plan_response import Count, CropPlan, JobId, Link, Pixels, Response, is_none
from handler.storage import Link as StoreLink

_DOWNLOAD = "Link to the result."
_FILENAME = "File name of the result."
_OVERLAY = "Link to the image with the plan drawn on it; null if it was not requested."
_PREVIEW = (
    "Link to a small WebP of the result; absent for formats that browsers show, which are all but "
    "TIFF."
)
_PLAN = "The window, and the reasons for it."
_WARNINGS = "Unusual properties of the request or the image, as sentences."


class SavedResult(Struct, frozen=True):
    """A result, and its place in the store.

    Attributes:
        result: the result.
        filename: name of the file in its folder.
        link: link to the file.
        overlay_url: URL of the plan drawn on the picture, if the job asks for it.
        preview_url: URL of the preview, if the job has one.
    """

    result: Result
    filename: str
    link: StoreLink
    overlay_url: str | None
    preview_url: str | None = None


class SizePlan(Response):
    """The plan for one of several sizes."""

    name: str = Field(description="Name of the size, or WIDTHxHEIGHT.")
    width: Pixels = Field(description="Width of the result in pixels.")
    height: Pixels = Field(description="Height of the result in pixels.")
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    plan: CropPlan = Field(description=_PLAN)

    @classmethod
    def list_of(cls, crops: Sequence[PlannedCrop], urls: Sequence[str | None]) -> "list[SizePlan]":
        """Describe the plan of each size; the list is empty for a job without ``sizes``."""
        return [
            cls(
                name=crop.size.label,
                width=crop.plan.output.width,
                height=crop.plan.output.height,
                overlay_url=url,
                plan=CropPlan.of(crop.plan),
            )
            for crop, url in zip(crops, urls, strict=True)
            if crop.size
        ]


class SizeResult(SizePlan):
    """The result of one of several sizes."""

    download_url: Link = Field(description=_DOWNLOAD)
    preview_url: Link | None = Field(default=None, exclude_if=is_none, description=_PREVIEW)
    processed_size: Count = Field(description="Size of the result in bytes.")
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
                preview_url=each.preview_url,
                processed_size=len(each.result.data),
                filename=each.filename,
                overlay_url=each.overlay_url,
                plan=CropPlan.of(each.result.plan),
            )
            for each in saved
            if each.result.crop.size
        ]


class CropResult(Response):
    """A finished job; with several sizes, the fields are those of the first."""

    job_id: JobId
    download_url: Link = Field(description=_DOWNLOAD)
    preview_url: Link | None = Field(default=None, exclude_if=is_none, description=_PREVIEW)
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
        exclude_if=is_none,
        description="All results in the order of the setting sizes; absent without it.",
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
            preview_url=first.preview_url,
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


class AnalyzeResult(Response):
    """The plan of a crop; with several sizes, the plan for the first."""

    plan: CropPlan = Field(description=_PLAN)
    overlay_url: Link | None = Field(default=None, description=_OVERLAY)
    results: list[SizePlan] | None = Field(
        default=None,
        exclude_if=is_none,
        description="All plans in the order of the setting sizes; absent without it.",
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


class FieldError(Response):
    """A field of the request that was not accepted."""

    field: str = Field(description="Path of the field in the JSON, such as keep.0.left.")
    message: str = Field(description="The problem in one line, with the name of the field.")
    received: str = Field(
        description="The received value as JSON, shortened; nothing if the field is missing."
    )
    expected: str = Field(description="The accepted values, in words.")


class _Failure(Response):
    error: str = Field(description="The kind of error.")
    code: str = Field(
        description="The kind of error, for programs. A code never changes its meaning."
    )
    details: str | None = Field(default=None, description="The cause, for people.")
    feature: str | None = Field(
        default=None, exclude_if=is_none, description="The feature that is missing or damaged."
    )
    feature_name: str | None = Field(
        default=None, exclude_if=is_none, description="The name of a missing feature, for people."
    )
    estimated_size: str | None = Field(
        default=None, exclude_if=is_none, description="The size of a missing feature, for people."
    )


class ErrorResponse(_Failure):
    """The cause of a rejected or failed request."""

    errors: list[FieldError] | None = Field(
        default=None,
        exclude_if=is_none,
        description="The fields that were not accepted. Only for INVALID_SETTINGS, "
        "INVALID_REQUEST and SETTINGS_NOT_JSON.",
    )


class FileResult(Response):
    """The outcome for one file of a batch."""

    filename: str = Field(description="Name of the file, as it was sent.")
    results: list[str] = Field(
        description="Names of the results in the ZIP, one for each size; empty if the file failed."
    )
    error: ErrorResponse | None = Field(
        default=None, description="The error; null if there is none."
    )
    warnings: list[str] = Field(description=_WARNINGS)


class BatchResult(Response):
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
