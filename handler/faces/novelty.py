"""Novelty: a map of how much each position of a picture differs from the rest of it."""

import numpy as np
from numpy.typing import NDArray

# Added to each feature's variance, as a share of the mean variance. A small picture has fewer
# positions than there are features, and features that hardly vary contain no information.
_LEAST_VARIANCE = 0.05
_TINY = 1e-6
# A twentieth of either side: there the network's receptive field includes the black padding.
_MARGIN = 20


def novelty(level: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the squared Mahalanobis distance of each position's features from their mean.

    If the features were normally distributed, this would be twice the information, in nats, that a
    position has in addition to the most common one: whatever is rare in a picture attracts the eye.
    Saliency as self-information is from Bruce & Tsotsos, "Saliency, attention, and visual search"
    (2009), and whitening by the picture's own covariance from Garcia-Diaz et al., "Saliency from
    hierarchical adaptation through decorrelation and variance normalization" (2012). Their features
    are filter responses; here they are the activations of a network.

    Along the border the values from a little further inside are repeated.

    Args:
        level: the features, float32 (bands, rows, columns).

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
