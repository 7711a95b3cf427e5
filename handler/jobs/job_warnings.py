"""Warnings about a job that depend on its picture, its plans and the format of its results."""

from collections.abc import Sequence

from handler.codec import Format, Picture
from handler.core.plan import Plan
from handler.settings import CropSettings, OutputSize

# The formats for which the encoder uses the settings ``quality`` and ``effort``.
USES_QUALITY = frozenset({"jpeg", "webp", "avif"})
USES_EFFORT = frozenset({"jpeg", "png", "webp", "avif", "tiff"})
IGNORED = "ignored, because"
"""The words in every warning that a setting has no effect."""

# Formats whose pictures are drawn at any scale.
_DRAWN = frozenset(("svg",))
_OPAQUE = 255


def job_warnings(
    settings: CropSettings, picture: Picture, format_: Format, plans: Sequence[Plan]
) -> list[str]:
    """Return the warnings about a picture's reading, its plans, and settings without effect.

    Args:
        settings: settings of the job.
        picture: the opened picture.
        format_: format of the results.
        plans: the plan, or one for each entry of the setting ``sizes``.
    """
    of_plans = dict.fromkeys(line for plan in plans for line in plan.warnings)
    return [
        *picture.warnings,
        *of_plans,
        *_without_effect(settings, picture, format_, plans[0]),
        *([] if picture.format.name in _DRAWN else _enlarged(plans, settings.sizes)),
    ]


def _without_effect(
    settings: CropSettings, picture: Picture, format_: Format, plan: Plan
) -> list[str]:
    """Return the warnings about settings of the client that this picture or format ignores."""
    given, request, warnings = settings.model_fields_set, settings.request(), []
    has_focus = request.mode == "subject" and plan.constraints.focus is not None
    if "strategy" in given and has_focus:
        warnings.append(f"strategy: {IGNORED} focus is set")
    colour = request.background
    has_alpha = not isinstance(colour, str) and colour[3] < _OPAQUE
    if request.mode == "trim" and has_alpha and not picture.alpha:
        warnings.append(f"background: alpha {IGNORED} the picture is opaque")
    if "pad_color" in given:
        covers_alpha = picture.alpha and not format_.alpha
        if plan.canvas is None and not covers_alpha:
            warnings.append(f"padColor: {IGNORED} nothing is padded")
        elif request.pad_colour[3] < _OPAQUE and not format_.alpha:
            warnings.append(f"padColor: alpha {IGNORED} {format_.label} has none")
    if "frames" in given and settings.frames == "all" and picture.animated and not plan.frames:
        warnings.append(f"frames: {IGNORED} {format_.label} does not move")
    if isinstance(settings.frames, int) and not picture.animated:
        warnings.append(f"frames: {IGNORED} the picture has one frame")
    if "quality" in given and format_.name not in USES_QUALITY:
        warnings.append(f"quality: {IGNORED} {format_.label} has no quality setting")
    if settings.effort == "high" and (format_.name not in USES_EFFORT or plan.frames):
        written = "animations are" if plan.frames else f"{format_.label} is"
        warnings.append(f"effort: {IGNORED} {written} written in one way")
    return warnings


def _enlarged(plans: Sequence[Plan], sizes: Sequence[OutputSize]) -> list[str]:
    """Return the warning about the results that are enlarged, by 1 % or more."""
    factors = [f"{plan.enlargement:.2f}".rstrip("0").rstrip(".") for plan in plans]
    enlarged = [index for index, plan in enumerate(plans) if round(plan.enlargement, 2) > 1]
    if not enlarged:
        return []
    if not sizes:
        crop = plans[0].crop
        window = f"the window has {crop.width:,} × {crop.height:,} pixels"
        return [f"The result is enlarged by a factor of {factors[0]}: {window}"]
    listed = (f"{sizes[index].label} by a factor of {factors[index]}" for index in enlarged)
    return [f"Results are enlarged: {', '.join(listed)}"]
