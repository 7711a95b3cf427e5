"""The functions ``crop`` and ``analyze``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

from handler.codec import Limits, open_picture
from handler.config import Config
from handler.core.render import render, render_all
from handler.jobs.job import Job, PlannedJob, plan_job
from handler.jobs.job_warnings import job_warnings
from handler.python.crops import Analysis, Crop, Rendered
from handler.python.keywords import Keywords, Settings, in_snake_case, json_values, snake_case
from handler.python.picture_bytes import Source, read
from handler.settings import CropSettings, fill_side, lone_side, validate_settings

# The limits of the command line: one job has the memory of the process. The environment is not
# read.
_CONFIG = Config(jobs=1)


def crop(source: Source, settings: Settings | None = None, **keywords: Unpack[Keywords]) -> Crop:
    """Crop a picture.

    >>> from handler import crop
    >>> result = crop("portrait.jpg", mode="auto", width=400, height=300)
    >>> result.image
    <PIL.Image.Image image mode=RGB size=400x300 at ...>
    >>> result.plan.crop
    Box(left=0, top=..., width=512, height=384)
    >>> path = result.save("avatar.webp")

    Several sizes decode the picture once:

    >>> result = crop("portrait.jpg", mode="auto", sizes=["1:1", "300x200", (160, 90)])
    >>> for each in result.sizes:
    ...     path = each.save("crops/")
    ...     print(each.name, path)
    1:1 crops/portrait_smartcrop_1-1.jpg
    300x200 crops/portrait_smartcrop_300x200.jpg
    160x90 crops/portrait_smartcrop_160x90.jpg

    Pixels that are in memory are accepted, too:

    >>> import numpy as np
    >>> pixels = np.zeros((600, 800, 3), np.uint8)
    >>> pixels[200:300, 500:700] = 255
    >>> crop(pixels, mode="trim", background="black").plan.crop
    Box(left=500, top=200, width=200, height=100)

    An animation is cropped whole: ``data`` and ``save`` have all frames, ``image`` is the first.

    Args:
        source: a file by its bytes, path or binary file object, in any format of the service; a PIL
            image; or a NumPy array of the shape (height, width) or (height, width, bands): grey,
            grey and alpha, RGB or RGBA, uint8 or, for grey, uint16.
        settings: settings of several calls.
        **keywords: settings of this call, which take precedence. With ``width`` or ``height``
            alone, the result keeps the aspect ratio of the picture.

    Returns:
        The result; with ``sizes``, that of the first size, and all as ``sizes``.

    Raises:
        TypeError: the source or a keyword is not accepted.
        ValueError: the source is a PIL image of a mode that is not accepted, or has no pixels.
        OSError: the file cannot be read.
        SmartCropError: a value is out of range (`InvalidSettings`), the file is not an image
            (`InvalidImage`), is damaged (`ProcessingFailed`) or too large (`OverBudget`), or the
            mode needs face detection, which is not installed (`FeatureMissing`).
    """
    with in_snake_case():
        call = _Call.of("crop", source, settings, keywords)
        planned = plan_job(call.job, _CONFIG)
        plans = [each.plan for each in planned.crops]
        if planned.moving is None:
            images = [image for _, image in sorted(render_all(planned.frame, plans), key=_index)]
        else:
            first = planned.moving.first()
            images = [render(first, plan) for plan in plans]
    rendered = Rendered(
        planned.crops,
        images,
        planned.format,
        call.job.settings,
        call.job.filename,
        planned.moving,
    )
    return Crop(rendered, call.warnings(planned))


def analyze(
    source: Source, settings: Settings | None = None, **keywords: Unpack[Keywords]
) -> Analysis:
    """Choose the window of a picture without rendering it.

    >>> from handler import analyze
    >>> analysis = analyze("portrait.jpg", mode="auto", width=400, height=300)
    >>> analysis.plan.source
    Size(width=512, height=512)
    >>> analysis.plan.reason
    '...'
    >>> analysis.overlay.save("why.png")

    Args:
        source: the picture; see `crop`.
        settings: settings of several calls.
        **keywords: settings of this call, which take precedence.

    Returns:
        The plan; with ``sizes``, that of the first size, and all as ``sizes``.

    Raises:
        TypeError, ValueError, OSError, SmartCropError: as `crop`.
    """
    with in_snake_case():
        call = _Call.of("analyze", source, settings, keywords)
        planned = plan_job(call.job, _CONFIG)
    return Analysis(planned.crops, planned.frame, call.warnings(planned))


@dataclass(frozen=True, slots=True)
class _Call:
    """The job of a call, and the warnings about its settings."""

    job: Job
    about_settings: Sequence[str]

    @classmethod
    def of(cls, function: str, source: Source, settings: Settings | None, keywords: Any) -> "_Call":
        given = {} if settings is None else settings.model_dump(by_alias=True, exclude_unset=True)
        values = {**given, **json_values(function, keywords)}
        validated, warnings = validate_settings(values, keeps_aspect=True)
        data, filename = read(source)
        return cls(Job(data, filename, _with_both_sides(validated, data)), warnings)

    def warnings(self, planned: PlannedJob) -> list[str]:
        """Return all warnings; colours are converted while the results are rendered."""
        plans = [each.plan for each in planned.crops]
        of_job = job_warnings(self.job.settings, planned.picture, planned.format, plans)
        return [snake_case(line) for line in (*self.about_settings, *of_job)]


def _with_both_sides(settings: CropSettings, data: bytes) -> CropSettings:
    if lone_side(settings) is None:
        return settings
    return fill_side(settings, open_picture(data, Limits(_CONFIG.max_pixels)).size)


def _index(rendered: tuple[int, object]) -> int:
    return rendered[0]
