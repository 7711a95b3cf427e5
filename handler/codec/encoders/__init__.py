"""Encoders, from pixels to a file without metadata."""
