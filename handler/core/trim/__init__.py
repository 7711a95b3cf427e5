"""Trim mode: the box of the content that differs from the background."""
