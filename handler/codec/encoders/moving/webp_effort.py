"""The effort of animated WebP: less for animations with more pixels, so that they end in time."""

from msgspec import Struct

_MEGA = 1_000_000


class WebpEffort(Struct, frozen=True):
    """A setting of libwebp.

    Attributes:
        method: 0 to 6.
        per_pixel: seconds of CPU time for each pixel of all frames.
        most_pixels: largest sum of the pixels of all frames for which it is used; None for any.
    """

    method: int
    per_pixel: float
    most_pixels: int | None


# The sizes of photographs that move, at quality 80 and 1080 × 1080: 75 to 119 kB a frame at method
# 4, 5 % more at 2, 20 % more at 1, and 36 % more at 0. Method 5 makes them 4 % smaller than 4. The
# times are 1.3 times those that were measured.
WEBP_EFFORTS = (
    WebpEffort(5, 0.16 / _MEGA, 10 * _MEGA),
    WebpEffort(4, 0.13 / _MEGA, 60 * _MEGA),
    WebpEffort(2, 0.075 / _MEGA, 130 * _MEGA),
    WebpEffort(1, 0.06 / _MEGA, 160 * _MEGA),
    WebpEffort(0, 0.045 / _MEGA, None),
)
"""The efforts, in the order of their limits."""


def webp_effort(pixels: int) -> WebpEffort:
    """Return the effort for frames with so many pixels in sum."""
    return next(
        each for each in WEBP_EFFORTS if each.most_pixels is None or pixels <= each.most_pixels
    )
