"""Decoders, from an image header to pixels. One module for each library."""
