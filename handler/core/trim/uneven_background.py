"""A background of more than one colour: paper, a lit wall or a scan, with noise and dust.

The picture is compared with its background: one colour, or a smooth surface that follows the light.
A pixel is found if the mean around it differs by more than the threshold, or if it differs alone
and by more than noise. Whatever is found is content, however small, except for the strips of a
scanner, dust, scratches and soft shadows.
"""

from collections.abc import Callable
from statistics import NormalDist
from typing import Self

import numpy as np
from msgspec import Struct
from PIL import Image, ImageFilter

from handler.core.geometry import Box
from handler.core.image.components import Mask
from handler.core.trim.background_surface import Planes, fit_surface, planes
from handler.core.trim.dust import Edges, without_dust
from handler.core.trim.edge_statistics import (
    edge_samples,
    lower_quartile,
    noise_of_pixels,
    noise_of_view,
)
from handler.core.trim.extremes import block_extremes
from handler.core.trim.films import find_film
from handler.core.trim.plain_background import edge_colour
from handler.core.trim.shadows import are_sharp, without_shadows
from handler.core.trim.strips import remove_strips

# Long side to which the picture is averaged, in pixels: fine enough for a box exact to 1/500 of the
# side, and coarse enough for grain and JPEG noise to average out.
_VIEW_SIDE = 768
# Modes in which inks and alpha are compared by their visible colour.
_COMPARED_AS = {"CMYK": "RGB", "RGBA": "RGBa"}
# About one sample of noise in a million exceeds this many standard deviations.
_CERTAIN = 5
# Largest radius of the smoothing, as a share of the longer side, because it enlarges the box.
_REACH = 1 / 200
# The remaining grain, of cloth or wood, raises the threshold to this many standard deviations. A
# picture without a plain background has the same effect, so the second value limits the factor.
_GRAIN, _HIGHEST = 4, 2
# A single pixel of noise does not exceed this many standard deviations, nor two of them together
# the second value.
_NEVER, _NEVER_BOTH = 6, 10
# More than this standard deviation is a pattern, such as stripes, and no noise.
_PATTERN = 64
# Lower quartile of the absolute value of a normal variable, in standard deviations.
_FIRST_QUARTILE = 0.3186


class _View(Struct, frozen=True):
    """A picture at the scale at which it is searched.

    Attributes:
        image: the picture at full scale.
        factor: pixels of the picture for each pixel of the view, in both directions.
        mode: mode in which levels are compared.
        smooth: the view, blurred as much as its noise needs.
    """

    image: Image.Image
    factor: int
    mode: str
    smooth: Image.Image

    @classmethod
    def of(cls, image: Image.Image, threshold: int) -> Self:
        factor = max(1, round(max(image.size) / _VIEW_SIDE))
        mode = _COMPARED_AS.get(image.mode, image.mode)
        view = image.reduce(factor) if factor > 1 else image
        return cls(image, factor, mode, _smoothed(view.convert(mode), threshold))

    def median_colour(self, excluded: Mask) -> tuple[int, ...]:
        """Return the median colour of the edges, one value for each band of the picture."""
        view = self.image.reduce(self.factor) if self.factor > 1 else self.image
        medians = np.median(edge_samples(planes(view), excluded), axis=1)
        return tuple(int(value) for value in medians)

    def in_detail(self, background: Planes, bound: float) -> Callable[[Edges], Mask]:
        """Return a function that searches a part of the view at full scale."""
        factor = self.factor

        def search(cells: Edges) -> Mask:
            left, top, right, bottom = (edge * factor for edge in cells)
            right, bottom = min(right, self.image.width), min(bottom, self.image.height)
            part = planes(self.image.crop((left, top, right, bottom)).convert(self.mode))
            behind = background[:, cells[1] : cells[3], cells[0] : cells[2]]
            behind = behind.repeat(factor, axis=1).repeat(factor, axis=2)
            behind = behind[:, : part.shape[1], : part.shape[2]]
            differing = _distance(part, part, behind).max(axis=0)
            # Half of the contrast, so that soft edges do not hide the shape.
            return np.asarray(differing > max(bound, differing.max() / 2), np.bool_)

        return search

    def box_of(self, mask: Mask) -> Box:
        """Return the box of a mask, in pixels of the picture."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        left, top = int(columns[0]) * self.factor, int(rows[0]) * self.factor
        right = min((int(columns[-1]) + 1) * self.factor, self.image.width)
        bottom = min((int(rows[-1]) + 1) * self.factor, self.image.height)
        return Box(left, top, right - left, bottom - top)


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
    view = _View.of(image, threshold)
    levels = planes(view.smooth)
    paper, lines, are_strips = remove_strips(levels, edge_colour(levels)[0], threshold / 2)
    background = _background(paper)
    # The lower quartile, so that the product may touch up to three quarters of the edge.
    grain = lower_quartile(_distance(paper, paper, background), lines) / _FIRST_QUARTILE
    bound = min(max(threshold, _GRAIN * grain), _HIGHEST * threshold)
    lowest, highest = block_extremes(image, view.factor, view.mode)
    reach = _distance(lowest, highest, background)
    in_blocks = lower_quartile(reach, lines) / _first_quartile_of_extremes(view.factor**2)
    noise = max(grain, noise_of_pixels(image, view.mode), in_blocks)
    striking = reach.max(axis=0) > max(threshold, _NEVER * noise)
    found = striking | (_distance(levels, levels, background).max(axis=0) > bound)
    if are_strips:
        found &= ~lines
    film = find_film(reach.max(axis=0), background)
    kept = found | film
    # Nothing is dusty in front of a transparent background.
    if view.mode != "RGBa" or background[-1].any():
        kept = without_dust(found, view.in_detail(background, bound)) | film
    colour = view.median_colour(lines)
    if not kept.any():
        patterned = noise > _PATTERN and bool((reach > threshold).any())
        return (Box(0, 0, *image.size) if patterned else None), colour
    firm = without_shadows(kept, view.smooth, background, bound / 2) | film
    firm |= kept & striking & are_sharp(lowest, highest, max(threshold, _NEVER_BOTH * noise))
    return view.box_of(firm if firm.any() else kept), colour


def _first_quartile_of_extremes(samples: int) -> float:
    """Return the lower quartile of the largest of so many absolute values of normal variables."""
    return NormalDist().inv_cdf((1 + 0.25 ** (1 / samples)) / 2)


def _background(levels: Planes) -> Planes:
    """Return the background at every pixel, uint8 (bands, height, width)."""
    colour, plain = edge_colour(levels)
    if not plain:
        return fit_surface(levels, colour.tolist())
    return np.broadcast_to(colour[:, np.newaxis, np.newaxis], levels.shape)


def _distance(lowest: Planes, highest: Planes, background: Planes) -> Planes:
    """Return the largest distance of a range of levels from the background."""
    above = np.maximum(highest, background) - background
    return np.maximum(above, background - np.minimum(lowest, background))


def _smoothed(view: Image.Image, threshold: int) -> Image.Image:
    """Return the picture, blurred as much as noise needs to stay below the threshold."""
    noise = noise_of_view(planes(view))
    # A mean over n x n pixels makes noise n times weaker.
    radius = (_CERTAIN * noise / max(threshold, 1) - 1) / 2
    radius = min(radius, max(view.size) * _REACH)
    return view.filter(ImageFilter.BoxBlur(radius)) if radius > 0 else view
