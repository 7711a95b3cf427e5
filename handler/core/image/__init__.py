"""Images: pixels, orientation and resampling, with the geometry of sharp and libvips."""
