"""Measures of the difference between two pictures."""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image


def differences(image: Image.Image, other: Image.Image) -> npt.NDArray[np.int16]:
    """Return the absolute differences of two pictures of the same size and mode, in all bands."""
    assert image.size == other.size
    assert image.mode == other.mode
    return np.abs(np.asarray(image).astype(np.int16) - np.asarray(other).astype(np.int16))


def levels_apart(image: Image.Image, other: Image.Image) -> int:
    """Return the largest difference, in levels of 255."""
    return int(differences(image, other).max())


def decibels(image: Image.Image, other: Image.Image) -> float:
    """Return the peak signal-to-noise ratio; infinite for equal pictures."""
    square = float((differences(image, other).astype(np.float64) ** 2).mean())
    return 10 * math.log10(255**2 / square) if square else math.inf
