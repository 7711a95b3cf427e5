"""Editor for the model: `python any_size.py FROM.onnx TO.onnx`.

The model was exported for ten pictures of 32×32 pixels, although all its layers accept any multiple
of 32. The edited model accepts one picture of any such size. It also outputs two inner levels, from
which the service computes how unusual each part of a picture is.
"""

import importlib
import sys
from typing import Any

# Installed for the build only, so it is missing where types are checked.
onnx = importlib.import_module("onnx")

# Inputs of the network's neck, at 1/8 and 1/16 of the picture's width and height.
LEVELS = ("413", "474")


def main(source: str, target: str) -> None:
    """Read a model, edit it and write it to another file."""
    model = onnx.load(source)
    graph = model.graph
    # A weight that is also an input may change with every call, so the runtime cannot fold it
    # into the preceding layer.
    names = {weight.name for weight in graph.initializer}
    keep(graph.input, [value for value in graph.input if value.name not in names])
    # Drop unused counters from the training; the runtime logs a warning for each.
    used = {name for node in graph.node for name in node.input}
    keep(graph.initializer, [weight for weight in graph.initializer if weight.name in used])
    for values, prefix in ((graph.input, ""), (graph.output, "map_")):
        for value in values:
            count, _, height, width = value.type.tensor_type.shape.dim
            count.dim_value = 1
            height.dim_param = f"{prefix}height"
            width.dim_param = f"{prefix}width"
    made = {name for node in graph.node for name in node.output}
    for name in LEVELS:
        if name not in made:
            sys.exit(f"faces: error: The model has no level {name}. Restore model.txt.")
        shape = (1, f"bands_{name}", f"height_{name}", f"width_{name}")
        kind = onnx.TensorProto.FLOAT
        graph.output.append(onnx.helper.make_tensor_value_info(name, kind, shape))
    onnx.checker.check_model(model)
    onnx.save(model, target)


def keep(field: Any, values: list[Any]) -> None:
    """Replace the values of a repeated field of a protocol buffer."""
    del field[:]
    field.extend(values)


if __name__ == "__main__":
    main(*sys.argv[1:])
