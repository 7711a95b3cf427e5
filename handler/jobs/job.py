"""One job: from the bytes of a file and settings to pictures. Nothing is stored or logged."""

import time
from collections.abc import Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from handler.codec import FORMATS, Format, Limits, Picture, encode, open_picture
from handler.config import Config
from handler.core.geometry import Size
from handler.core.image.frame import Frame
from handler.core.overlay import draw_overlay
from handler.core.plan import Plan
from handler.core.planner import make_plans
from handler.core.render import render_all
from handler.errors import InvalidSettings, NoFaces
from handler.faces import LazyDetector
from handler.filenames import result_name
from handler.jobs.affordable import Work, check_used_time
from handler.jobs.budget import Budget
from handler.jobs.encoding import encode_result
from handler.jobs.estimate import MAX_FITTED_PIXELS
from handler.jobs.job_warnings import job_warnings
from handler.jobs.moving_job import Moving, look_at, open_frames, render_moving, result_format
from handler.jobs.preview import needs_preview, preview_of
from handler.jobs.steps import Stopwatch
from handler.objects import EvidenceDetector
from handler.problems import FieldProblem
from handler.settings import MAX_SIDE, CropSettings, OutputSize, suffix_of

OVERLAY = FORMATS["jpeg"]
_OVERLAY_QUALITY = 90
_WHITE = (255, 255, 255, 255)


class Job(Struct, frozen=True):
    """A file and the settings of its crop.

    Attributes:
        data: bytes of the file.
        filename: name of the file, as the client gave it.
        settings: settings of the crop.
        warnings: warnings about the request.
        request_id: id of the request, for the log.
        overlay: whether to draw the plan on the picture as well.
        deadline: time of `time.monotonic` at which decoding is stopped; None for no limit.
        job_id: id of the job; None for a new one.
        preview: whether to make a preview of each result that browsers do not show.
    """

    data: bytes
    filename: str | None
    settings: CropSettings
    warnings: Sequence[str] = ()
    request_id: str | None = None
    overlay: bool = False
    deadline: float | None = None
    job_id: str | None = None
    preview: bool = False


class PlannedCrop(Struct, frozen=True):
    """The plan for one size.

    Attributes:
        plan: the plan.
        size: the entry of the setting ``sizes``; None if the job has no such setting.
    """

    plan: Plan
    size: OutputSize | None

    @property
    def suffix(self) -> str | None:
        """Suffix of the names of the size's files; None if the job has no setting ``sizes``."""
        return suffix_of(self.size)


class PlannedJob(Struct, frozen=True):
    """The plans of a job.

    Attributes:
        picture: the opened picture.
        frame: the frame to render the plans from.
        format: format of the results.
        crops: one plan, or one for each entry of the setting ``sizes``, in their order.
        warnings: warnings about the request, the picture and the plans.
        moving: the animation that is cropped whole; None for a still result.
    """

    picture: Picture
    frame: Frame
    format: Format
    crops: list[PlannedCrop]
    warnings: list[str]
    moving: Moving | None = None


class Result(Struct, frozen=True):
    """The result for one size.

    Attributes:
        data: bytes of the file.
        format: format of the file.
        filename: usual name of the file.
        crop: the plan that the result was rendered from, with its size.
        overlay: the plan drawn on the picture, if the job asks for it.
        preview: the preview of the result, if the job asks for it and browsers do not show it.
    """

    data: bytes
    format: Format
    filename: str
    crop: PlannedCrop
    overlay: bytes | None = None
    preview: bytes | None = None

    @property
    def plan(self) -> Plan:
        """The plan that the result was rendered from."""
        return self.crop.plan

    @property
    def size(self) -> Size:
        """Size of the result, in pixels."""
        return self.plan.output


class FinishedJob(Struct, frozen=True):
    """The results of a job.

    Attributes:
        results: one result, or one for each entry of the setting ``sizes``, in their order.
        warnings: warnings about the request, the picture and the plans.
    """

    results: list[Result]
    warnings: list[str]

    @property
    def bytes_out(self) -> int:
        """Bytes of all results."""
        return sum(len(result.data) for result in self.results)


def run_job(job: Job, config: Config, watch: Stopwatch | None = None) -> FinishedJob:
    """Crop a picture to each size.

    Args:
        job: the file and its settings.
        config: the limits of the deployment.
        watch: receives the time of each step.

    Raises:
        SmartCropError: the file or the settings are rejected, or the file cannot be processed.
    """
    watch = watch or Stopwatch()
    start = time.thread_time()
    work = _open(job, config, watch)
    picture, format_ = work.picture, work.format
    planned = _plan(job, work, config, watch, keep_pixels=job.overlay)
    plans = [crop.plan for crop in planned.crops]
    files: dict[int, bytes] = {}
    previews: dict[int, bytes] = {}
    if planned.moving is not None:
        with watch.step("render"):
            check = partial(check_used_time, start, config, job.deadline)
            rendered = render_moving(planned.moving, plans, format_, job.settings, check)
        files = dict(enumerate(rendered))
    still = plans if planned.moving is None else []
    images = render_all(planned.frame, still, keep_pixels=job.overlay)
    for _ in still:
        check_used_time(start, config, None)
        with watch.step("render"):
            index, image = next(images)
        with watch.step("encode"):
            files[index] = encode_result(image, format_, job.settings, plans, index)
            if job.preview and needs_preview(format_):
                previews[index] = preview_of(image)
    results = [
        Result(
            files[index],
            format_,
            result_name(job.filename, format_.extension, crop.suffix),
            crop,
            draw_plan(planned.frame, crop.plan, OVERLAY) if job.overlay else None,
            previews.get(index),
        )
        for index, crop in enumerate(planned.crops)
    ]
    # Colours are converted, and a profile may be rejected, while the results are rendered.
    return FinishedJob(results, _warnings(job, picture, format_, plans))


def plan_job(job: Job, config: Config, watch: Stopwatch | None = None) -> PlannedJob:
    """Choose the window of a picture for each size.

    Args:
        job: the file and its settings.
        config: the limits of the deployment.
        watch: receives the time of each step.

    Raises:
        SmartCropError: the file or the settings are rejected, or the file cannot be processed.
    """
    watch = watch or Stopwatch()
    return _plan(job, _open(job, config, watch), config, watch, keep_pixels=True)


def draw_plan(frame: Frame, plan: Plan, format_: Format) -> bytes:
    """Return the picture with the plan drawn on it, encoded in a format.

    Raises:
        ProcessingFailed: the picture is damaged.
    """
    return encode(draw_overlay(frame, plan), format_, _OVERLAY_QUALITY, _WHITE)


def _open(job: Job, config: Config, watch: Stopwatch) -> Work:
    """Read the image header and the frames of an animation, and choose the format of results."""
    with watch.step("open"):
        limits = Limits(config.max_pixels, job.deadline, Budget.of(config).bytes)
        picture = open_picture(job.data, limits)
        format_ = result_format(picture, job.settings)
        animation = open_frames(job.data, job.settings, picture, format_, config, limits)
        work = Work(
            picture,
            format_,
            animation,
            job.overlay,
            job.preview,
            thorough=job.settings.effort == "high",
            deadline=job.deadline,
        )
        work.check(config, job.settings.requests())
        return work


def _plan(
    job: Job, work: Work, config: Config, watch: Stopwatch, *, keep_pixels: bool
) -> PlannedJob:
    settings, picture, format_ = job.settings, work.picture, work.format
    faces = LazyDetector(config.face_bundle, settings.sensitivity, lambda: watch.step("faces"))
    detector = EvidenceDetector(faces, config.object_bundle)
    with watch.step("plan"):
        moving, opened = look_at(work.animation, settings, picture)
        frame, plans = make_plans(
            opened,
            settings.requests(),
            detector if moving is None else moving.detector(detector),
            keep_pixels=keep_pixels or moving is not None,
        )
    if moving is not None:
        plans = [moving.with_numbers(plan) for plan in plans]
    if settings.on_no_faces == "error" and plans[0].fallback == "no-faces":
        raise NoFaces("No face was found at this sensitivity")
    for plan in plans:
        if plan.canvas is not None and plan.output.area > MAX_FITTED_PIXELS:
            _check_side(plan.output)
            fitted = replace(settings.request(), square=plan.output.width)
            work.check(config, [fitted])
    sizes: Sequence[OutputSize | None] = settings.sizes or [None]
    crops = [PlannedCrop(plan, size) for plan, size in zip(plans, sizes, strict=True)]
    warnings = _warnings(job, picture, format_, plans)
    return PlannedJob(picture, frame, format_, crops, warnings, moving)


def _check_side(square: Size) -> None:
    """Reject a square that is too large; its size depends on the picture.

    Raises:
        InvalidSettings: its side is too long.
    """
    if square.width > MAX_SIDE:
        expected = f"a square of at most {MAX_SIDE:,} pixels a side"
        raise InvalidSettings(FieldProblem("padToSquare", expected, f"{square.width:,}"))


def _warnings(job: Job, picture: Picture, format_: Format, plans: Sequence[Plan]) -> list[str]:
    return [*job.warnings, *job_warnings(job.settings, picture, format_, plans)]
