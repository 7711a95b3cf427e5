"""The results of the Python interface."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

from handler.codec import MOVING, WRITTEN_EXTENSIONS, Format, output_format
from handler.core.geometry import Size
from handler.core.image.frame import Frame
from handler.core.overlay import draw_overlay
from handler.filenames import result_name
from handler.jobs.encoding import encode_result
from handler.jobs.job import PlannedCrop
from handler.jobs.moving_job import Moving, render_moving
from handler.jobs.plan_response import CropPlan
from handler.settings import CropSettings


class _Sized:
    """One of the sizes of a call."""

    def __init__(self, crop: PlannedCrop) -> None:
        self._crop = crop

    @property
    def name(self) -> str | None:
        """Name of the size, such as ``16:9``; None without the setting ``sizes``."""
        return None if self._crop.size is None else self._crop.size.label

    @property
    def width(self) -> int:
        """Width of the result, in pixels."""
        return self._output.width

    @property
    def height(self) -> int:
        """Height of the result, in pixels."""
        return self._output.height

    @cached_property
    def plan(self) -> CropPlan:
        """The window, and the reasons for it. Coordinates are pixels of the upright picture."""
        return CropPlan.of(self._crop.plan)

    @property
    def _output(self) -> Size:
        return self._crop.plan.output

    def __repr__(self) -> str:
        name = "" if self.name is None else f"{self.name}, "
        return f"<{type(self).__name__}: {name}{self.width} × {self.height}>"


class SizedPlan(_Sized):
    """The plan for one size."""

    def __init__(self, crop: PlannedCrop, frame: Frame) -> None:
        super().__init__(crop)
        self._frame = frame

    @cached_property
    def overlay(self) -> Image.Image:
        """The upright picture with the plan drawn on it.

        Raises:
            ProcessingFailed: the picture is damaged.
        """
        return draw_overlay(self._frame, self._crop.plan)


class Analysis(SizedPlan):
    """The plans of a call; its own attributes are those of the first size.

    Attributes:
        sizes: the plan for each size, in the order of the setting ``sizes``.
        warnings: unusual properties of the call or the picture, as sentences.
    """

    def __init__(self, crops: Sequence[PlannedCrop], frame: Frame, warnings: Sequence[str]) -> None:
        super().__init__(crops[0], frame)
        self.sizes = tuple(SizedPlan(each, frame) for each in crops)
        self.warnings = tuple(warnings)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The rendered results of a call, and the facts that their files depend on.

    Attributes:
        crops: the plan of each.
        images: the pixels of each, as `handler.core.render.render` returns them.
        format: format of the files.
        settings: settings of the call.
        filename: name of the source; None if it has none.
        moving: the animation, whose frames are rendered when they are written; None for stills.
    """

    crops: Sequence[PlannedCrop]
    images: Sequence[Image.Image]
    format: Format
    settings: CropSettings
    filename: str | None
    moving: Moving | None = None


class SizedCrop(_Sized):
    """The result for one size."""

    def __init__(self, rendered: Rendered, index: int) -> None:
        super().__init__(rendered.crops[index])
        self._rendered = rendered
        self._index = index

    @property
    def format(self) -> str:
        """Name of the format of ``data``, such as ``jpeg``."""
        return self._rendered.format.name

    @property
    def filename(self) -> str:
        """Usual name of the result, such as ``portrait_smartcrop_16-9.jpg``."""
        extension = self._rendered.format.extension
        return result_name(self._rendered.filename, extension, self._crop.suffix)

    @cached_property
    def image(self) -> Image.Image:
        """The result as a PIL image in sRGB, mode L, RGB or RGBA; of an animation, the first frame.

        ``data`` and ``save`` ignore changes of the image.
        """
        image = self._rendered.images[self._index]
        return image.convert("RGB") if image.mode == "RGBX" else image.copy()

    @cached_property
    def data(self) -> bytes:
        """The result as a file.

        Raises:
            ProcessingFailed: the result is larger than the format allows.
        """
        return self._encoded(self._rendered.format)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the result to a file. An existing file is replaced.

        Args:
            path: the file. Its extension selects the format; a file with another extension, or with
                none, has the format of the result. For an existing folder, the file is ``filename``
                in it.

        Returns:
            The path of the file.

        Raises:
            InvalidSettings: this build cannot write the format.
            ProcessingFailed: the result is larger than the format allows.
            OSError: the file cannot be written.
        """
        file = Path(path)
        if file.is_dir():
            file /= self.filename
        own = self._rendered.format
        name = WRITTEN_EXTENSIONS.get(file.suffix.removeprefix(".").lower(), own.name)
        data = self.data if name == own.name else self._encoded(output_format(own, name))
        file.write_bytes(data)
        return file

    def _encoded(self, format_: Format) -> bytes:
        rendered, plans = self._rendered, [crop.plan for crop in self._rendered.crops]
        if rendered.moving is not None and format_.name in MOVING:
            chosen = [plans[self._index]]
            return render_moving(rendered.moving, chosen, format_, rendered.settings)[0]
        # The encoder clears the information of the image.
        image = rendered.images[self._index].copy()
        return encode_result(image, format_, rendered.settings, plans, self._index)


class Crop(SizedCrop):
    """The results of a call; its own attributes are those of the first size.

    Attributes:
        sizes: the result for each size, in the order of the setting ``sizes``.
        warnings: unusual properties of the call or the picture, as sentences.
    """

    def __init__(self, rendered: Rendered, warnings: Sequence[str]) -> None:
        super().__init__(rendered, 0)
        self.sizes = tuple(SizedCrop(rendered, index) for index in range(len(rendered.crops)))
        self.warnings = tuple(warnings)
