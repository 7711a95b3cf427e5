"""Test run of the model on two black pictures: `python try_objects.py MODEL.onnx`."""

import importlib
import os
import sys

import numpy as np

# Disable telemetry, as handler/faces/bundle.py does.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# Imported from the face detection bundle, so it is missing where types are checked.
onnxruntime = importlib.import_module("onnxruntime")

# Bands of each output, and picture pixels per cell.
OUTPUTS = ((1, 8), (1, 4), (4, 4), (1, 4), (1, 16), (1, 32), (2, 4))


def main(model: str) -> None:
    """Exit with an error unless all outputs have the expected shapes and finite values."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (picture,) = session.get_inputs()
    for height, width in ((32, 64), (320, 224)):
        pixels = np.zeros((1, 3, height, width), np.float32)
        maps = session.run(None, {picture.name: pixels})
        shapes = [(1, bands, height // cell, width // cell) for bands, cell in OUTPUTS]
        if [one.shape for one in maps] != shapes or not all(np.isfinite(one).all() for one in maps):
            sys.exit("objects: error: The outputs of the model have unexpected values.")


if __name__ == "__main__":
    main(*sys.argv[1:])
