"""Saliency: maps of interest, and the window that keeps most of it."""
