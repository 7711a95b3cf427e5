"""The encoding of a result, with the settings and the plan that it depends on."""

from collections.abc import Sequence

from PIL import Image

from handler.codec import Format, encode
from handler.core.plan import Plan
from handler.settings import CropSettings


def encode_result(
    image: Image.Image,
    format_: Format,
    settings: CropSettings,
    plans: Sequence[Plan],
    index: int = 0,
) -> bytes:
    """Return the bytes of a rendered result.

    Args:
        image: the result, of mode L, RGB, RGBX or RGBA (alpha not premultiplied).
        format_: format of the file.
        settings: settings of the job.
        plans: the plans of all results of the job.
        index: position of the result's plan among them.

    Raises:
        ProcessingFailed: the result is larger than the format allows.
    """
    return encode(
        image,
        format_,
        settings.quality,
        settings.request().pad_colour,
        optimise=not plans[index].cut.reduces,
        all_pixels=sum(plan.output.area for plan in plans),
        thorough=settings.effort == "high",
    )
