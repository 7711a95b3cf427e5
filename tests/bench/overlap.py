"""Overlap of two windows."""

from handler.core.geometry import Region


def iou(one: Region, other: Region) -> float:
    """Return the intersection over union of two rectangles in the same coordinates."""
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (one.width * one.height + other.width * other.height - shared)
