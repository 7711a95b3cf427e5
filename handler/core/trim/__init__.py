"""Trim mode: the box of what differs from the background."""
