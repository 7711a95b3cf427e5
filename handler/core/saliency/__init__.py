"""Saliency: the interest map of a picture, and the window that keeps most of the interest."""
