"""Decoders: from a file whose header was read to pixels. One module for each library."""
