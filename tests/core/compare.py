"""How far two pictures are apart."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image


def differences(image: Image.Image, other: Image.Image) -> npt.NDArray[np.int16]:
    """Absolute differences of all bands of two pictures of one size and mode."""
    assert image.size == other.size
    assert image.mode == other.mode
    return np.abs(np.asarray(image).astype(np.int16) - np.asarray(other).astype(np.int16))


def levels_apart(image: Image.Image, other: Image.Image) -> int:
    """The largest difference, in levels of 255."""
    return int(differences(image, other).max())


def decibels(image: Image.Image, other: Image.Image) -> float:
    """Peak signal-to-noise ratio; infinite for equal pictures."""
    square = float((differences(image, other).astype(np.float64) ** 2).mean())
    return 10 * math.log10(255**2 / square) if square else math.inf
