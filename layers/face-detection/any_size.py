"""Make the model take a picture of any size: `python any_size.py FROM.onnx TO.onnx`.

It was exported for ten pictures of 32×32, although every layer of it takes any multiple of 32. And
let two of its inner levels out, by which the service tells what is unusual in a picture.
"""

import importlib
import sys
from typing import Any

# Installed for the build alone, so the environment that checks types has not got it.
onnx = importlib.import_module("onnx")

# What the neck reads at an eighth and at a sixteenth of the picture's size.
LEVELS = ("413", "474")


def main(source: str, target: str) -> None:
    model = onnx.load(source)
    graph = model.graph
    # Weights that are also inputs could be replaced at any call: no runtime may then fold them
    # into the layers before.
    names = {weight.name for weight in graph.initializer}
    keep(graph.input, [value for value in graph.input if value.name not in names])
    # Counters of the training; the runtime would warn of each.
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
            sys.exit(f"faces: error: The model has no level {name}.")
        shape = (1, f"bands_{name}", f"height_{name}", f"width_{name}")
        kind = onnx.TensorProto.FLOAT
        graph.output.append(onnx.helper.make_tensor_value_info(name, kind, shape))
    onnx.checker.check_model(model)
    onnx.save(model, target)


def keep(field: Any, values: list[Any]) -> None:
    """Leave only ``values`` in a repeated field of a protocol buffer."""
    del field[:]
    field.extend(values)


if __name__ == "__main__":
    main(*sys.argv[1:])
