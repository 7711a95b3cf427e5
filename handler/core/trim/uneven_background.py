"""A background of more than one colour: paper, a lit wall or a scan, with noise and dust.

The picture is compared with a smooth surface that follows the light on the background. Dust and
scratches are removed from the pixels that differ. The box contains the rest, except soft shadows.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from handler.core.geometry import Box
from handler.core.trim.background_surface import Planes, fit_surface, planes
from handler.core.trim.components import ConnectedComponents, Mask, closing, fill_holes, opening

# Long side to which the picture is averaged, in pixels: fine enough for a box exact to 1/500 of the
# side, and coarse enough for grain and JPEG noise to average out.
_VIEW_SIDE = 768
# Modes in which inks and alpha are compared by their visible colour.
_COMPARED_AS = {"CMYK": "RGB", "RGBA": "RGBa"}
# Width of the edge that background and noise are measured on, as a share of the shorter side.
_EDGE = 0.02
# About one sample of noise in a million exceeds this many standard deviations.
_CERTAIN = 5
# Largest radius of the smoothing, as a share of the longer side, because it enlarges the box.
_REACH = 1 / 200
# The remaining grain, of cloth or wood, raises the threshold to this many standard deviations. A
# picture without a plain background has the same effect, so the second value limits the factor.
_GRAIN, _HIGHEST = 4, 2
# Isolated components thinner than this share of the longer side are dust or scratches.
_DUST = 1 / 80
# Writing is longer than that by the first factor, and grows by the second if its gaps are filled.
_WORD, _GAPS = 2, 1.5
# Distance in pixels, in each direction, over which an edge is tested for softness.
_SOFT = 2
# Quartiles of the absolute value of a normal variable, in standard deviations.
_FIRST_QUARTILE, _THIRD_QUARTILE = 0.3186, 1.1503


def find_product(image: Image.Image, threshold: int) -> tuple[Box | None, tuple[int, ...]]:
    """Find the box of the content in front of an uneven background.

    Args:
        image: upright picture, mode L, RGB, RGBX, RGBA (straight alpha) or CMYK.
        threshold: largest difference from the background, in any band, 0 to 255. Strong grain
            raises it.

    Returns:
        The box in pixels of ``image``, None if there is only background; and the median colour of
        the edge, one value for each band.
    """
    factor = max(1, round(max(image.size) / _VIEW_SIDE))
    view = image.reduce(factor) if factor > 1 else image
    colour = tuple(int(value) for value in np.median(_flat(_edges(planes(view))), axis=1))
    smooth = _smoothed(view.convert(_COMPARED_AS.get(view.mode, view.mode)), threshold)
    levels, background = planes(smooth), fit_surface(smooth)
    deviation = np.maximum(levels, background) - np.minimum(levels, background)
    # The lower quartile, so that the product may touch up to three quarters of the edge.
    grain = np.percentile(_flat(_edges(deviation)), 25, axis=1).max() / _FIRST_QUARTILE
    bound = min(max(threshold, _GRAIN * grain), _HIGHEST * threshold)
    kept = _without_dust(deviation.max(axis=0) > bound)
    if not kept.any():
        return None, colour
    # Differences of levels are more sensitive to noise than the levels themselves.
    smoother = planes(smooth.filter(ImageFilter.BoxBlur(1)))
    firm = kept & ~_shadow(smoother, background, bound / 2)
    firm &= _has_adjacent(firm)
    left, top, right, bottom = _extent(firm if firm.any() else kept)
    left, top = left * factor, top * factor
    right, bottom = min(right * factor, image.width), min(bottom * factor, image.height)
    return Box(left, top, right - left, bottom - top), colour


def _edges(pixels: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.uint8]]:
    """Return the four edges, each (bands, lines, length)."""
    width = max(1, round(min(pixels.shape[1:]) * _EDGE))
    turned = pixels.transpose(0, 2, 1)
    return [part for side in (pixels, turned) for part in (side[:, :width], side[:, -width:])]


def _flat(edges: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    """Return all samples of the edges, (bands, samples)."""
    return np.concatenate([edge.reshape(len(edge), -1) for edge in edges], axis=1)


def _smoothed(view: Image.Image, threshold: int) -> Image.Image:
    """Return the picture, blurred as much as noise needs to stay below the threshold."""
    steps = [np.abs(np.diff(edge.astype(np.int16), axis=2)) for edge in _edges(planes(view))]
    samples = np.concatenate([step.reshape(len(step), -1) for step in steps], axis=1)
    if not samples.size:
        return view
    # The upper quartile, not the median, because half of the noise on white is clipped.
    noise = np.percentile(samples, 75, axis=1).max() / _THIRD_QUARTILE / 2**0.5
    # A mean over n x n pixels makes noise n times weaker.
    radius = (_CERTAIN * noise / max(threshold, 1) - 1) / 2
    radius = min(radius, max(view.size) * _REACH)
    return view.filter(ImageFilter.BoxBlur(radius)) if radius > 0 else view


def _without_dust(found: Mask) -> Mask:
    """Return the mask of solid, drawn or written components, without dust and scratches."""
    side = max(1, round(max(found.shape) * _DUST))
    margin = side + 1
    ink = np.pad(found, margin)
    closed = closing(ink, side)
    filled = fill_holes(closed)
    components = ConnectedComponents.of(filled)
    lengths, areas = components.lengths(), components.areas(ink)
    solid = components.areas(opening(ink | (filled & ~closed), side)) > 0
    half = max(1, round(side / 2))
    drawn = components.areas(_without_edge(opening(ink, half), margin + side)) > 0
    # Letters have more gaps than crossing scratches.
    written = components.areas(opening(filled, half)) > _GAPS * areas
    chosen = solid | ((drawn | written) & (lengths > _WORD * side))
    if not chosen.any():  # the product consists of thin lines only
        chosen = lengths > side
    kept = ink & components.mask(chosen)
    return kept[margin:-margin, margin:-margin]


def _without_edge(mask: Mask, width: int) -> Mask:
    """Return the mask without its edge, where the lid of a scanner leaves lines."""
    inner = np.zeros_like(mask)
    inside = np.s_[width:-width, width:-width]
    inner[inside] = mask[inside]
    return inner


def _shadow(levels: Planes, background: Planes, bound: float) -> Mask:
    """Return the mask of soft shadows: pixels of the background in less light."""
    light = levels.sum(axis=0, dtype=np.float32) + 1
    light /= background.sum(axis=0, dtype=np.float32) + 1
    soft = np.asarray((levels < background).all(axis=0), np.bool_)
    for band, expected in zip(levels, background, strict=True):
        soft &= np.abs(band - expected * light) <= bound
        around = np.pad(band, _SOFT, mode="edge")
        rows, columns = around[:, _SOFT:-_SOFT], around[_SOFT:-_SOFT]
        for one, other in (
            (rows[: -2 * _SOFT], rows[2 * _SOFT :]),
            (columns[:, : -2 * _SOFT], columns[:, 2 * _SOFT :]),
        ):
            soft &= np.maximum(one, other) - np.minimum(one, other) <= bound
    return soft


def _has_adjacent(mask: Mask) -> Mask:
    """Return which set pixels have three or more of their eight neighbours set, unlike noise."""
    counts = np.pad(mask, 1).view(np.uint8)
    across = counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:]
    return np.asarray(across[:-2] + across[1:-1] + across[2:] > 3, np.bool_)


def _extent(mask: Mask) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
