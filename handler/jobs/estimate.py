"""The memory and time that a job needs at most, estimated before a pixel is decoded."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from handler.codec import Format, Picture
from handler.codec.costs import AVIF_SLOW, ENCODING, THOROUGH_ENCODING, EncodingCost
from handler.codec.encoders.encode import is_slow_avif
from handler.core.geometry import Size
from handler.core.image.fit import Cover
from handler.core.image.vips_shrink import BLOCK_PIXELS
from handler.core.planner import oversized
from handler.core.request import CropRequest
from handler.core.saliency.interest import decoding_shrink
from handler.core.subject.strategies import MAX_SCORED_PIXELS
from handler.jobs.preview import MAX_PREVIEW_PIXELS, PREVIEW, needs_preview

MAX_FITTED_PIXELS = 50_000_000
"""The most pixels of a square that is estimated before its content is known.

The content of most pictures is smaller than the picture. A larger square is estimated again once
its side is known.
"""

_MEGA = 1_000_000
_PIXEL = 4
# Bytes that a small job needs, in maps, tables and the response.
_BASE_BYTES = 8 << 20
_BASE_SECONDS = 0.05
# Bytes and seconds of a search for faces, which sees the picture at a low resolution.
_FACE_BYTES, _FACE_SECONDS = 150 << 20, 0.6
# Bytes for each pixel of the resized picture that a strategy scores: itself, and for entropy its
# samples and their levels.
_SCORED_BYTES = {"attention": 10, "entropy": 12, "saliency": 0}
_SCORED_ALPHA_BYTES = 2
# Further bytes for each pixel of a block of columns, which attention shrinks at a time.
_BLOCK_BYTES = 10
# Share of the picture that is copied at its edges, which a resize reads beyond.
_PADDED = 0.3
# CPU time for each megapixel: that a resize reads; of a resized picture, with its score; that is
# converted through a profile; and that trim searches for content.
_READ, _RESIZED, _CONVERTED, _SEARCHED = 0.025, 0.06, 0.08, 0.06
# Bytes for each pixel of the picture in trim: a turned copy, and the mask of the content.
_TURNED_BYTES, _MASK_BYTES = 4, 0.1
# Bytes and seconds of an overlay, which has at most 1280 pixels a side.
_OVERLAY_BYTES, _OVERLAY_SECONDS = 40 << 20, 0.2
# CPU time for each megapixel of a result that a preview is made of.
_PREVIEWED = 0.03


class Estimate(Struct, frozen=True):
    """Upper bounds of the cost of a job.

    Attributes:
        bytes: memory beyond that of the idle process, with worker processes and the file.
        seconds: CPU time.
    """

    bytes: int
    seconds: float


class _Outputs(Struct, frozen=True):
    """The results of a job.

    Attributes:
        pixels: of each result.
        format: of all results.
        transparent: whether they may have alpha.
        thorough: whether the encoder searches longer for smaller files.
    """

    pixels: Sequence[int]
    format: Format
    transparent: bool
    thorough: bool = False

    @property
    def rendered(self) -> float:
        """Bytes of the largest result, cut out and converted."""
        return 2 * _PIXEL * max(self.pixels)

    @property
    def encoded(self) -> float:
        """Bytes of the largest result and of its encoding."""
        return max(
            (_PIXEL + (cost.transparent if self.transparent else cost.opaque)) * pixels
            + cost.base_bytes
            for pixels, cost in zip(self.pixels, self._costs, strict=True)
        )

    @property
    def kept(self) -> float:
        """Bytes of the files of all other results."""
        return ENCODING[self.format.name].written * (sum(self.pixels) - max(self.pixels))

    @property
    def seconds(self) -> float:
        """Seconds of CPU time of encoding."""
        return sum(
            (cost.per_transparent_pixel if self.transparent else cost.per_pixel) * pixels
            + cost.base_seconds
            for pixels, cost in zip(self.pixels, self._costs, strict=True)
        )

    @property
    def _costs(self) -> Iterator[EncodingCost]:
        costs = THOROUGH_ENCODING if self.thorough else ENCODING
        for pixels in self.pixels:
            slow = self.format.name == "avif" and is_slow_avif(pixels, sum(self.pixels))
            yield AVIF_SLOW if slow else costs[self.format.name]


def estimate_at(
    picture: Picture,
    size: Size,
    requests: Sequence[CropRequest],
    format_: Format,
    *,
    overlay: bool = False,
    preview: bool = False,
    thorough: bool = False,
) -> Estimate:
    """Return upper bounds of the cost of cropping a picture to all sizes.

    Args:
        picture: the opened picture.
        size: size of the upright picture; another one than its own stands for a similar file.
        requests: a request for each size.
        format_: format of the results.
        overlay: whether the plan is drawn on the picture as well.
        preview: whether previews are made of results that browsers do not show.
        thorough: whether the encoder searches longer for smaller files.
    """
    share = size.area / picture.size.area
    work = _Work(
        picture,
        size,
        requests,
        _outputs(size, requests, format_, transparent=picture.alpha, thorough=thorough),
        file_bytes=round(picture.file_bytes * share),
        decoded=round(picture.decoded_pixels(_shrink(size, requests)) * share),
        overlay=overlay,
        previews=_previews(requests, format_, transparent=picture.alpha) if preview else None,
    )
    return Estimate(work.memory(), work.seconds())


class _Work(Struct, frozen=True):
    """The work of a job.

    Attributes:
        picture: the opened picture.
        size: its size, or the one that it stands for.
        requests: a request for each size.
        outputs: the results.
        file_bytes: bytes of the file.
        decoded: number of decoded pixels.
        overlay: whether the plan is drawn on the picture as well.
        previews: the previews of the results; None if there are none.
    """

    picture: Picture
    size: Size
    requests: Sequence[CropRequest]
    outputs: _Outputs
    file_bytes: int
    decoded: int
    overlay: bool
    previews: _Outputs | None

    @property
    def _trims(self) -> bool:
        return self.requests[0].mode == "trim"

    @property
    def _searches_faces(self) -> bool:
        return self.requests[0].mode in ("face", "auto")

    @property
    def _scored(self) -> int:
        """Pixels of the resized picture that a strategy scores."""
        return 0 if self._trims else _scored_pixels(self.size, self.requests)

    def memory(self) -> int:
        """Return the bytes at the peak: of decoding, of rendering, or of encoding."""
        cost, area = self.picture.cost, self.size.area
        stored = self.picture.stored_share
        decoding = cost.peak(round(area * stored), round(self.decoded * stored), self.file_bytes)
        planning = cost.held * self.decoded + self._planning()
        encoding = self.outputs.encoded
        # Otherwise the pixels are freed before the last result is encoded.
        if len(self.requests) > 1 or self.overlay:
            encoding += planning
        working = max(planning + self.outputs.rendered, encoding) + self.outputs.kept
        total = _BASE_BYTES + max(decoding, self.file_bytes + working)
        if self.previews is not None:
            total += self.previews.rendered + self.previews.encoded + self.previews.kept
        return round(total + _FACE_BYTES * self._searches_faces + _OVERLAY_BYTES * self.overlay)

    def _planning(self) -> float:
        """Return the bytes of planning, and of copies before a resize."""
        picture, request = self.picture, self.requests[0]
        per_scored = _SCORED_BYTES.get(request.strategy, 0) + _SCORED_ALPHA_BYTES * picture.alpha
        block = _BLOCK_BYTES * min(self._scored, BLOCK_PIXELS)
        per_pixel = _PADDED * picture.cost.held
        if self._trims:
            per_pixel += _MASK_BYTES + _TURNED_BYTES * picture.turned
        if request.square is not None:
            per_pixel += picture.cost.held * (2 if picture.alpha else 1)
        return block + per_scored * self._scored + per_pixel * self.decoded

    def seconds(self) -> float:
        """Return the seconds of CPU time."""
        decodings = 2 if self.requests[0].mode == "face" else 1
        stored = round(self.size.area * self.picture.stored_share)
        total = decodings * self.picture.cost.seconds(stored, self.file_bytes)
        per_read = _SEARCHED if self._trims else _READ * len(self.requests)
        if self.picture.profile is not None:
            per_read += _CONVERTED
        resized = self._scored
        if not self._trims or self.requests[0].square is not None:
            resized += sum(self.outputs.pixels)
        total += (per_read * self.decoded + _RESIZED * resized) / _MEGA + self.outputs.seconds
        total += _FACE_SECONDS * self._searches_faces + _OVERLAY_SECONDS * self.overlay
        if self.previews is not None:
            total += self.previews.seconds + _PREVIEWED * sum(self.outputs.pixels) / _MEGA
        return _BASE_SECONDS + total


def _shrink(size: Size, requests: Sequence[CropRequest]) -> float:
    """Return the finest scale that the picture may be decoded at."""
    if requests[0].mode in ("trim", "face"):
        return 1
    shrinks = [Cover.of(size, oversized(each.target, each.padding)).shrink for each in requests]
    return decoding_shrink(max(1.0, min(shrinks)), size)


def _scored_pixels(size: Size, requests: Sequence[CropRequest]) -> int:
    resized = [Cover.of(size, oversized(each.target, each.padding)).resized for each in requests]
    return min(MAX_SCORED_PIXELS, max(each.area for each in resized))


def _previews(
    requests: Sequence[CropRequest], format_: Format, *, transparent: bool
) -> _Outputs | None:
    if not needs_preview(format_):
        return None
    return _Outputs([MAX_PREVIEW_PIXELS] * len(requests), PREVIEW, transparent)


def _outputs(
    size: Size,
    requests: Sequence[CropRequest],
    format_: Format,
    *,
    transparent: bool,
    thorough: bool,
) -> _Outputs:
    if requests[0].mode == "trim":
        side = requests[0].square
        if side is None:
            pixels = [size.area]
        elif side == "fit":
            pixels = [min(max(size.width, size.height) ** 2, MAX_FITTED_PIXELS)]
        else:
            pixels = [side**2]
    else:
        pixels = [each.target.area for each in requests]
    return _Outputs(pixels, format_, transparent, thorough)
