"""One job: bytes and settings in, a crop out. HTTP, events and the command line all call this."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from handler.accounting import accounted, facts_of
from handler.answers import AnalyzeAnswer, CropAnswer, PlanAnswer
from handler.codec import Limits, Picture, encode, open_picture
from handler.codec.encode import output_format
from handler.codec.formats import FORMATS, Format
from handler.config import Config
from handler.core.face import Face
from handler.core.frame import Frame
from handler.core.geometry import Size
from handler.core.overlay import draw_overlay
from handler.core.plan import Plan, make_plan
from handler.core.render import render
from handler.errors import InvalidSettings, NoFaces
from handler.faces import detector, is_available
from handler.filename import overlay_name, result_name
from handler.settings import MAX_OUTPUT_PIXELS, CropSettings
from handler.storage import ResultStore

# Overlays are for looking at.
_OVERLAY = FORMATS["jpeg"]
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
class Crop:
    """A finished job."""

    data: bytes
    format: Format
    filename: str
    size: Size
    plan: Plan
    warnings: list[str]
    overlay: bytes | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a result goes.

    Attributes:
        job_id: of the job.
        folder: in the store of results.
        name: tells the result's name by its format; None for the usual name.
    """

    job_id: str
    folder: str
    name: Callable[[Format], str] | None = None


@dataclass(frozen=True, slots=True)
class StoredCrop:
    """What is told of a result, and its tag in the store."""

    answer: CropAnswer
    etag: str


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
            self.steps[name] = round((time.perf_counter() - start) * 1000, 1)


def open_job(job: Job, config: Config, watch: Stopwatch) -> tuple[Picture, Format]:
    """Read the header of the picture, and tell the format of the result.

    Raises:
        SmartCropError: the picture or the settings are not to be had that way.
    """
    with watch.step("open"):
        picture = open_picture(job.data, Limits(config.max_pixels))
        return picture, output_format(picture.format, job.settings.format)


def plan_job(job: Job, picture: Picture, config: Config, watch: Stopwatch) -> Plan:
    """Decide what to cut out.

    Raises:
        SmartCropError: the picture or the settings are not to be had that way.
    """

    def find_faces(frame: Frame) -> list[Face]:
        with watch.step("faces"):
            faces = detector(config.face_bundle).find(frame, job.settings.sensitivity)
        if not faces and job.settings.on_no_faces == "error":
            raise NoFaces("No face was found at this sensitivity")
        return faces

    with watch.step("plan"):
        plan = make_plan(picture, job.settings, find_faces)
    # Only the picture tells how large the square around it is: a line of 60,000 pixels would fill
    # gigabytes.
    if plan.canvas is not None and plan.output.area > MAX_OUTPUT_PIXELS:
        side, megapixels = plan.output.width, MAX_OUTPUT_PIXELS // 1_000_000
        raise InvalidSettings(
            f"padToSquare: the square would have {side} × {side} pixels; "
            f"at most {megapixels} megapixels are made"
        )
    return plan


def run_job(job: Job, config: Config, watch: Stopwatch) -> Crop:
    """Crop a picture.

    Raises:
        SmartCropError: the picture or the settings are not to be had that way.
    """
    picture, format_ = open_job(job, config, watch)
    plan = plan_job(job, picture, config, watch)
    with watch.step("render"):
        image = render(picture, plan)
    with watch.step("encode"):
        data = encode(image, format_, job.settings.quality, job.settings.pad_colour)
    return Crop(
        data,
        format_,
        result_name(job.filename, format_.extension),
        plan.output,
        plan,
        [*job.warnings, *picture.warnings, *plan.warnings],
        draw_job(picture, plan, _OVERLAY) if job.overlay else None,
    )


def draw_job(picture: Picture, plan: Plan, format_: Format) -> bytes:
    """The plan drawn on its picture, as a file of ``format_``.

    Raises:
        SmartCropError: the picture is damaged.
    """
    return encode(draw_overlay(picture, plan), format_, _OVERLAY_QUALITY, (255, 255, 255, 255))


class Service:
    """Runs jobs, stores results, and leaves a line in the log for each."""

    def __init__(self, config: Config, results: ResultStore) -> None:
        """Bind a deployment's limits and its store of results."""
        self.results = results
        self._config = config

    @property
    def finds_faces(self) -> bool:
        """Whether the face bundle is installed; looks, and opens nothing."""
        return is_available(self._config.face_bundle)

    def crop(self, job: Job) -> CropAnswer:
        """Crop, store in a folder of the job's own, and say where the result is.

        Raises:
            SmartCropError: whatever went wrong, in the client's terms.
        """
        job_id = str(uuid.uuid4())
        return self.crop_to(job, Target(job_id, job_id)).answer

    def crop_to(self, job: Job, target: Target) -> StoredCrop:
        """Crop, and store where the target says.

        Raises:
            SmartCropError: whatever went wrong, in the client's terms.
        """
        watch = Stopwatch()
        with _accounted(job, watch.steps) as facts:
            crop = run_job(job, self._config, watch)
            filename = target.name(crop.format) if target.name else crop.filename
            facts.update(facts_of(crop.plan), job_id=target.job_id, bytes_out=len(crop.data))
            with watch.step("store"):
                etag = self.results.save(
                    target.folder, filename, crop.data, crop.format.content_type
                )
                link = self.results.link(target.folder, filename)
                overlay_url = self._save_overlay(job, target.folder, crop.overlay)
        answer = CropAnswer(
            job_id=target.job_id,
            download_url=link.url,
            original_size=len(job.data),
            processed_size=len(crop.data),
            filename=filename,
            content_type=crop.format.content_type,
            width=crop.size.width,
            height=crop.size.height,
            expires_at=link.expires_at,
            overlay_url=overlay_url,
            plan=PlanAnswer.of(crop.plan),
            warnings=crop.warnings,
        )
        return StoredCrop(answer, etag)

    def analyze(self, job: Job) -> AnalyzeAnswer:
        """Decide; write nothing but the overlay, if there is to be one.

        Raises:
            SmartCropError: whatever went wrong, in the client's terms.
        """
        watch = Stopwatch()
        with _accounted(job, watch.steps) as facts:
            picture, _ = open_job(job, self._config, watch)
            plan = plan_job(job, picture, self._config, watch)
            facts.update(facts_of(plan))
            overlay = draw_job(picture, plan, _OVERLAY) if job.overlay else None
            overlay_url = self._save_overlay(job, str(uuid.uuid4()), overlay)
        warnings = [*job.warnings, *picture.warnings, *plan.warnings]
        return AnalyzeAnswer(plan=PlanAnswer.of(plan), overlay_url=overlay_url, warnings=warnings)

    def _save_overlay(self, job: Job, folder: str, data: bytes | None) -> str | None:
        if data is None:
            return None
        name = overlay_name(job.filename, _OVERLAY.extension)
        self.results.save(folder, name, data, _OVERLAY.content_type)
        return self.results.link(folder, name).url


def _accounted(job: Job, steps: Mapping[str, float]) -> AbstractContextManager[dict[str, object]]:
    return accounted(job.settings.mode, len(job.data), job.request_id, steps)
