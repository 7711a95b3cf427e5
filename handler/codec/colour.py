"""Colour: everything becomes 8-bit sRGB, alpha premultiplied, before the core sees it."""

import io

import numpy as np
from PIL import Image, ImageCms

from handler.codec.cmyk import press_profile

_SRGB = ImageCms.createProfile("sRGB")
# A profile that moves none of these colours by more than one step is as good as sRGB.
_PROBE_STEP = 51


def to_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str | None]:
    """Convert to sRGB through the file's own profile, perceptual intent.

    Args:
        image: mode L, RGB, RGBX, RGBA or CMYK (0 is no ink).
        profile: ICC profile, or None for sRGB (CMYK: a press of our own, see `cmyk`).

    Returns:
        The picture in L, RGB, RGBX or RGBA, and a warning if the profile could not be used.
    """
    if profile is None:
        return _without_profile(image), None
    try:
        return _convert(image, profile), None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        warning = "The colour profile is damaged or does not fit; colours are taken as sRGB"
        return _without_profile(image), warning


def _without_profile(image: Image.Image) -> Image.Image:
    return _convert(image, press_profile()) if image.mode == "CMYK" else image


def _convert(image: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    inks = "RGB" if image.mode in ("RGBX", "RGBA") else image.mode
    transform = ImageCms.buildTransform(
        source, _SRGB, inks, "RGB", renderingIntent=ImageCms.Intent.PERCEPTUAL
    )
    if inks == "RGB" and _changes_nothing(transform):
        return image
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    plain = image.convert(inks) if image.mode != inks else image
    converted = ImageCms.applyTransform(plain, transform)
    if converted is None:
        raise ValueError("the profile gave no picture")
    if alpha is not None:
        converted.putalpha(alpha)
    return converted.convert("L") if image.mode == "L" else converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    axis = np.arange(0, 256, _PROBE_STEP, dtype=np.uint8)
    lattice = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    probe = Image.fromarray(lattice.reshape(len(axis), -1, 3))
    moved = ImageCms.applyTransform(probe, transform)
    difference = np.asarray(probe).astype(np.int16) - np.asarray(moved).astype(np.int16)
    return bool(np.abs(difference).max() <= 1)


def premultiply(image: Image.Image) -> Image.Image:
    """Weigh colours by their alpha, so that what is transparent does not bleed when resampled.

    Rounds down, as libvips' premultiply does before its cast back to 8 bits.

    Args:
        image: any mode; only RGBA changes.

    Returns:
        Mode RGBa for RGBA, else the picture itself.
    """
    if image.mode != "RGBA":
        return image
    if image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGBa")
    pixels = np.array(image)
    colours = pixels[..., :3].astype(np.uint16)
    colours *= pixels[..., 3:]
    # Exact floor(x / 255) for every product of two bytes.
    pixels[..., :3] = (colours + 1 + (colours >> 8)) >> 8
    return Image.frombuffer("RGBa", image.size, pixels, "raw", "RGBa", 0, 1)
