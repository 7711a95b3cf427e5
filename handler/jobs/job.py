"""One job: bytes and settings in, pictures out. Nothing is stored or logged here."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from PIL import Image

from handler.codec import FORMATS, Format, Limits, Picture, encode, open_picture, output_format
from handler.config import Config
from handler.core.face import Face
from handler.core.geometry import Size
from handler.core.image.frame import Frame
from handler.core.overlay import draw_overlay
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.core.render import render
from handler.core.saliency.weighing import Look, Weighed, weigh
from handler.core.shared_frame import make_plans
from handler.errors import FeatureMissing, InvalidSettings, NoFaces
from handler.faces import detector
from handler.filenames import result_name
from handler.settings import MAX_OUTPUT_PIXELS, CropSettings, OutputSize, mark_of

# Overlays are for looking at.
OVERLAY = FORMATS["jpeg"]
_OVERLAY_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Job:
    """What a client wants done.

    Attributes:
        data: the file.
        filename: its name, as the client gave it.
        settings: what to do.
        warnings: what was odd about the request.
        request_id: ties the job to its log line.
        overlay: whether the plan is to be drawn on the picture, too.
    """

    data: bytes
    filename: str | None
    settings: CropSettings
    warnings: Sequence[str] = ()
    request_id: str | None = None
    overlay: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to be cut out of a picture.

    Attributes:
        frame: what the plans are to be rendered from.
        plans: one; or of several sizes one each, in their order.
    """

    frame: Frame
    plans: list[tuple[OutputSize | None, Plan]]

    @property
    def first(self) -> Plan:
        """The plan for the only size, or for the first."""
        return self.plans[0][1]

    @property
    def warnings(self) -> list[str]:
        """What the client should know of the plans."""
        return list(dict.fromkeys(line for _, plan in self.plans for line in plan.warnings))


@dataclass(frozen=True, slots=True)
class Crop:
    """A finished job; of one with several sizes, the first result and then the others.

    Attributes:
        data: the file.
        format: of the file.
        filename: what the result is usually called.
        size: of the result, in pixels.
        plan: what it was made by.
        warnings: what the client should know, of all results.
        overlay: the plan drawn on the picture, if the job asks for it.
        of: which of several sizes this is; None when there is but one.
        others: the results of the other sizes, in their order.
    """

    data: bytes
    format: Format
    filename: str
    size: Size
    plan: Plan
    warnings: list[str]
    overlay: bytes | None = None
    of: OutputSize | None = None
    others: tuple["Crop", ...] = ()

    @property
    def results(self) -> tuple["Crop", ...]:
        """This and the others."""
        return self, *self.others


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds by step."""

    steps: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            taken = self.steps.get(name, 0) + (time.perf_counter() - start) * 1000
            self.steps[name] = round(taken, 1)


def open_job(job: Job, config: Config, watch: Stopwatch) -> tuple[Picture, Format]:
    """Read the header of the picture, and tell the format of the result.

    Raises:
        SmartCropError: the picture or the settings are not to be had that way.
    """
    with watch.step("open"):
        picture = open_picture(job.data, Limits(config.max_pixels))
        return picture, output_format(picture.format, job.settings.format)


def plan_job(job: Job, picture: Picture, config: Config, watch: Stopwatch) -> Planned:
    """Decide what to cut out, for each size.

    Raises:
        SmartCropError: the picture or the settings are not to be had that way.
    """

    def find_faces(frame: Frame) -> list[Face]:
        with watch.step("faces"):
            faces = detector(config.face_bundle).find(frame, job.settings.sensitivity)
        if not faces and job.settings.on_no_faces == "error":
            raise NoFaces("No face was found at this sensitivity")
        return faces

    def glance(view: Image.Image, source: Size) -> Look | None:
        with watch.step("faces"):
            try:
                return detector(config.face_bundle).glance(view, source, job.settings.sensitivity)
            except FeatureMissing:
                return None

    def weigh_it(frame: Frame, shrink: float) -> Weighed:
        return weigh(frame, shrink, glance if job.settings.mode == "auto" else None)

    with watch.step("plan"):
        if job.settings.sizes:
            wanted = job.settings.by_size()
            frame, plans = make_plans(picture, wanted, find_faces, weigh_it)
            return Planned(frame, list(zip(job.settings.sizes, plans, strict=True)))
        plan = make_plan(picture, job.settings, find_faces, weigh_it)
    # Only the picture tells how large the square around it is: a line of 60,000 pixels would fill
    # gigabytes.
    if plan.canvas is not None and plan.output.area > MAX_OUTPUT_PIXELS:
        side, megapixels = plan.output.width, MAX_OUTPUT_PIXELS // 1_000_000
        raise InvalidSettings(
            f"padToSquare: the square would have {side} × {side} pixels; "
            f"at most {megapixels} megapixels are made"
        )
    return Planned(picture, [(None, plan)])


def run_job(job: Job, config: Config, watch: Stopwatch) -> Crop:
    """Crop a picture, to each size.

    Raises:
        SmartCropError: the picture or the settings are not to be had that way.
    """
    picture, format_ = open_job(job, config, watch)
    planned = plan_job(job, picture, config, watch)
    files: dict[int, bytes] = {}
    # See `make_plans`.
    order = sorted(range(len(planned.plans)), key=lambda each: planned.plans[each][1].cut.shrink)
    for index in order:
        with watch.step("render"):
            plan = planned.plans[index][1]
            image = render(planned.frame, plan)
        if index == order[-1] and not job.overlay:
            picture.forget_pixels()  # encoding has use for their memory
        with watch.step("encode"):
            files[index] = encode(
                image,
                format_,
                job.settings.quality,
                job.settings.pad_colour,
                optimise=not plan.cut.reduces,
            )
    warnings = [*job.warnings, *picture.warnings, *planned.warnings]
    first, *others = (
        Crop(
            files[index],
            format_,
            result_name(job.filename, format_.extension, mark_of(size)),
            plan.output,
            plan,
            warnings,
            draw_job(planned.frame, plan, OVERLAY) if job.overlay else None,
            size,
        )
        for index, (size, plan) in enumerate(planned.plans)
    )
    return replace(first, others=tuple(others)) if others else first


def draw_job(frame: Frame, plan: Plan, format_: Format) -> bytes:
    """The plan drawn on its picture, as a file of ``format_``.

    Raises:
        SmartCropError: the picture is damaged.
    """
    return encode(draw_overlay(frame, plan), format_, _OVERLAY_QUALITY, (255, 255, 255, 255))
