"""Conversion of colours to 8-bit sRGB."""

import io
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from handler.codec.cmyk_profile import press_profile

_SRGB = ImageCms.createProfile("sRGB")
# The determinant of the matrix of sRGB is 0.16.
_LEAST_DETERMINANT = 1e-4
# Step between the probed values of a band. A profile that changes no probed colour by more than one
# level is treated as sRGB.
_PROBE_STEP = 51


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    """Convert a picture to sRGB through its profile, with perceptual intent.

    Args:
        image: mode L, RGB, RGBX, RGBA or CMYK (0 is no ink). It may be converted in place; the
            caller must not use it afterwards.
        profile: ICC profile, or None for sRGB (CMYK: the profile of `cmyk_profile`).

    Returns:
        The picture in mode L, RGB, RGBX or RGBA, and a warning if the profile is unusable.
    """
    if profile is None:
        return _without_profile(image), None
    try:
        return _CONVERTERS[image.mode](image, profile), None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        warning = "The colour profile is damaged or unsuitable; sRGB is assumed"
        return _without_profile(image), warning


def lab_to_srgb(image: Image.Image) -> Image.Image:
    """Convert CIELAB with the D50 white (mode LAB) to sRGB (mode RGB)."""
    lab = ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(lab, _SRGB, "LAB", "RGB")
    return _applied(transform, image)


def _without_profile(image: Image.Image) -> Image.Image:
    return _convert_cmyk(image, press_profile()) if image.mode == "CMYK" else image


def _convert_rgb(image: Image.Image, profile: bytes) -> Image.Image:
    transform = _rgb_transform(profile, image.mode)
    if transform is not None:
        # littlecms does not change the fourth byte, which is alpha or padding.
        ImageCms.applyTransform(image, transform, inPlace=True)
    return image


@lru_cache(maxsize=1)  # a picture may be converted in parts
def _rgb_transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the transform of a profile, or None if it changes nothing."""
    transform = _transform(profile, mode, mode)
    return None if _changes_nothing(transform, mode) else transform


def _convert_grey(image: Image.Image, profile: bytes) -> Image.Image:
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[np.newaxis])
    shades = _applied(_transform(profile, "L", "RGB"), ramp).convert("L")
    return image.point(list(shades.tobytes()))


def _convert_cmyk(image: Image.Image, profile: bytes) -> Image.Image:
    return _applied(_transform(profile, "CMYK", "RGB"), image)


_CONVERTERS = {
    "L": _convert_grey,
    "RGB": _convert_rgb,
    "RGBX": _convert_rgb,
    "RGBA": _convert_rgb,
    "CMYK": _convert_cmyk,
}


def _transform(profile: bytes, mode: str, into: str) -> ImageCms.ImageCmsTransform:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if _is_singular(source.profile):
        raise ValueError("the colours of the profile lie on a plane")
    intent = ImageCms.Intent.PERCEPTUAL
    return ImageCms.buildTransform(source, _SRGB, mode, into, renderingIntent=intent)


def _is_singular(profile: Any) -> bool:
    """Return whether the matrix of a profile has no inverse; littlecms converts it to noise.

    Args:
        profile: Pillow's CmsProfile.
    """
    if not profile.is_matrix_shaper:
        return False
    names = ("red_colorant", "green_colorant", "blue_colorant")
    columns = [getattr(profile, name) for name in names]
    if None in columns:  # of a grey profile
        return False
    return abs(float(np.linalg.det([xyz for xyz, _ in columns]))) < _LEAST_DETERMINANT


def _applied(transform: ImageCms.ImageCmsTransform, image: Image.Image) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ValueError("the profile gave no picture")
    return converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    axis = np.arange(0, 256, _PROBE_STEP, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    probe = Image.fromarray(lattice.reshape(len(axis), -1, 3))
    moved = _applied(transform, probe.convert(mode)).convert("RGB")
    difference = np.asarray(probe).astype(np.int16) - np.asarray(moved).astype(np.int16)
    return bool(np.abs(difference).max() <= 1)
