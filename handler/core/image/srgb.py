"""The sRGB colour space (IEC 61966-2-1), and the constants of CIELAB that go with it."""

import numpy as np
from numpy.typing import NDArray

# Linear sRGB to CIE XYZ, D65, rounded as libvips has it.
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float64
)
# Below this share of the white point CIELAB is linear (CIE 1976).
LINEAR_BELOW = 0.008856


def to_linear(value: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return linear light, 0 to 1, of sRGB values from 0 to 1, in an array of the same shape."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
