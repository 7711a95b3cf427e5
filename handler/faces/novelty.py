"""How unusual each place of a picture is, among all of its places."""

import numpy as np
from numpy.typing import NDArray

# Added to each feature's variance, as a share of the mean one: a small picture has fewer places
# than there are features, and features that hardly vary say nothing.
_LEAST_VARIANCE = 0.05
_TINY = 1e-6
# A twentieth of either side: there the network sees beyond the frame, where all is black to it.
_MARGIN = 20


def novelty(level: NDArray[np.float32]) -> NDArray[np.float64]:
    """Squared Mahalanobis distance of each place's features from their mean over the picture.

    Were the features normally distributed, this would be twice the information, in nats, that a
    place carries beyond the most usual one: what is seldom in this picture, whatever it is, draws
    the eye. Saliency as self-information is from Bruce & Tsotsos, "Saliency, attention, and visual
    search" (2009), whitening by the picture's own covariance from Garcia-Diaz et al., "Saliency
    from hierarchical adaptation through decorrelation and variance normalization" (2012); theirs
    are features of filters, these are a network's.

    Next to the frame it is as it is a little further inside.

    Args:
        level: features, (bands, rows, columns).

    Returns:
        float64 (rows, columns), 0 or more.
    """
    _, rows, columns = level.shape
    down, across = (round(side / _MARGIN) if side > 2 else 0 for side in (rows, columns))
    inner = _distances(level[:, down : rows - down, across : columns - across])
    return np.pad(inner, ((down, down), (across, across)), mode="edge")


def _distances(level: NDArray[np.float32]) -> NDArray[np.float64]:
    features = level.reshape(len(level), -1).astype(np.float64)
    features -= features.mean(axis=1, keepdims=True)
    covariance = features @ features.T / features.shape[1]
    variance = _LEAST_VARIANCE * np.trace(covariance) / len(covariance) + _TINY
    covariance[np.diag_indices_from(covariance)] += variance
    distances = (features * np.linalg.solve(covariance, features)).sum(axis=0)
    return np.asarray(np.maximum(0, distances).reshape(level.shape[1:]))
