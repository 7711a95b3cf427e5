"""Converter of the model: `python convert.py MODEL.json READOUT.txt TO.onnx`.

The model is a graph of TensorFlow.js: a JSON file, and its weights as numbers of 16 bits in a file
of the same name. Each of its layers has an equal one in ONNX. The converted model accepts one
picture of any size whose sides are multiples of 32. It outputs

- ``objects``, the confidence of the surest object at an eighth of the picture's size,
- ``surest``, the same at a quarter: its maxima are the centres of objects,
- ``sides``, the distances from there to the left, top, right and bottom of the object, in pixels,
- three maps of interest, whose sum is the readout: the features of a level, weighted by the numbers
  of the text file,
- and ``pets``, the confidence in a cat, and in a dog, at a quarter.
"""

import base64
import importlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Installed for the build only, so it is missing where types are checked.
onnx = importlib.import_module("onnx")

Node = Mapping[str, Any]
OPSET = 18
INPUT = "tower_0/images"
# Logits of the 80 classes, at a quarter of the picture's size.
CLASSES = "tower_0/CenternetHead/centernet_cls_output/BiasAdd"
# Distances from a centre to the sides of its object, in pixels, at the same size.
SIDES = "tower_0/mul"
# Cat and dog, as numbers of COCO's 80 classes from 0.
PETS = (15, 16)
# Name of a level in the readout -> its name in the graph, and its picture pixels per cell.
LEVELS = {
    "classes": (CLASSES, 4),
    "middle": ("tower_0/MobilenetV3/expanded_conv_11/add", 16),
    "coarse": ("tower_0/MobilenetV3/expanded_conv_14/add", 32),
}
# Cells along either side of the class maps that are averaged, so that a speck is no object.
POOLED = 2
RELUS = {"Relu": ("Relu", {}), "Relu6": ("Clip", {"max": 6.0})}


class Converter:
    """An ONNX graph that is converted node by node."""

    def __init__(self, nodes: Sequence[Node], weights: Mapping[str, NDArray[Any]]) -> None:
        """Begin a graph for the nodes and weights of a TensorFlow.js graph."""
        self.nodes = {node["name"]: node for node in nodes}
        self.weights = weights
        self.made: list[Any] = []
        self.initializers: list[Any] = []
        self._done = {INPUT}

    def require(self, name: str) -> None:
        """Convert a node, after the nodes that it depends on."""
        pending = [name]
        while pending:
            node = self.nodes[pending[-1]]
            missing = [each for each in inputs_of(node) if not self._is_known(each)]
            pending += missing
            if not missing:
                pending.pop()
                if node["name"] not in self._done:
                    LAYERS[node["op"]](self, node)
                    self._done.add(node["name"])

    def add(self, kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> None:
        """Add a layer."""
        self.made.append(onnx.helper.make_node(kind, list(inputs), [output], **attributes))

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant and return its name. Weights keep their 16 bits in the file."""
        if values.dtype == np.float16 and values.size > 1:
            self._store(f"{name}/16", values)
            self.add("Cast", [f"{name}/16"], name, to=onnx.TensorProto.FLOAT)
        else:
            self._store(name, values.astype(np.float32) if values.dtype == np.float16 else values)
        return name

    def value(self, name: str) -> str:
        """Return the name of an input of a layer; a scalar is added as a constant."""
        if name in self.weights and name not in self._done:
            self.constant(name, self.weights[name])
            self._done.add(name)
        return name

    def _store(self, name: str, values: NDArray[Any]) -> None:
        values = np.ascontiguousarray(values)
        self.initializers.append(onnx.numpy_helper.from_array(values, name))

    def _is_known(self, name: str) -> bool:
        return name in self._done or name in self.weights


def convolve(graph: Converter, node: Node) -> None:
    """Convert a convolution with what is fused into it."""
    attributes, (source, name, *bias) = node["attr"], inputs_of(node)
    weights, stride = graph.weights[name], integers(attributes["strides"])[1]
    depthwise = "Depthwise" in node["op"]
    # Rows, columns, input, output. A depthwise layer has one output for each input.
    kernel = weights.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
    names = [source, graph.constant(name, kernel)]
    names += [graph.constant(each, graph.weights[each]) for each in bias]
    relus = [RELUS[each] for each in text(attributes.get("fused_ops", {})) if each in RELUS]
    before = f"{node['name']}/linear" if relus else node["name"]
    graph.add(
        *("Conv", names, before),
        kernel_shape=weights.shape[:2],
        strides=[stride, stride],
        pads=padding(weights.shape[:2], stride),
        group=len(kernel) if depthwise else 1,
    )
    for kind, limits in relus:
        activate(graph, kind, before, node["name"], **limits)


def padding(kernel: Sequence[int], stride: int) -> list[int]:
    """Return TensorFlow's padding of an input whose sides are multiples of the stride."""
    total = [side - stride for side in kernel]
    first = [max(0, each) // 2 for each in total]
    last = [max(0, each) - half for each, half in zip(total, first, strict=True)]
    return [*first, *last]


def activate(graph: Converter, kind: str, source: str, name: str, **limits: float) -> None:
    """Add a rectifier with its limits."""
    values = [0.0, *limits.values()] if limits else []
    names = [
        graph.constant(f"{name}/limit_{index}", np.array(value, np.float32))
        for index, value in enumerate(values)
    ]
    graph.add(kind, [source, *names], name)


def rectify(graph: Converter, node: Node) -> None:
    """Convert a rectifier that is not fused into another layer."""
    kind, limits = RELUS[node["op"]]
    activate(graph, kind, inputs_of(node)[0], node["name"], **limits)


def simple(kind: str) -> Callable[[Converter, Node], None]:
    """Return the conversion of a layer that has the same inputs in ONNX."""

    def convert(graph: Converter, node: Node) -> None:
        graph.add(kind, [graph.value(name) for name in inputs_of(node)], node["name"])

    return convert


def average(graph: Converter, node: Node) -> None:
    """Convert the mean over the whole picture, the only one that the model has."""
    graph.add("GlobalAveragePool", inputs_of(node)[:1], node["name"])


def concatenate(graph: Converter, node: Node) -> None:
    """Convert a concatenation of channels."""
    graph.add("Concat", inputs_of(node)[:-1], node["name"], axis=1)


def enlarge(graph: Converter, node: Node) -> None:
    """Convert a bilinear resize, which always doubles both sides."""
    scales = graph.constant(f"{node['name']}/scales", np.array([1, 1, 2, 2], np.float32))
    graph.add(
        *("Resize", [inputs_of(node)[0], "", scales], node["name"]),
        mode="linear",
        coordinate_transformation_mode="asymmetric",
    )


LAYERS: dict[str, Callable[[Converter, Node], None]] = {
    "_FusedConv2D": convolve,
    "Conv2D": convolve,
    "FusedDepthwiseConv2dNative": convolve,
    "DepthwiseConv2dNative": convolve,
    "Relu": rectify,
    "Relu6": rectify,
    "Add": simple("Add"),
    "Mul": simple("Mul"),
    "Sigmoid": simple("Sigmoid"),
    "Mean": average,
    "ConcatV2": concatenate,
    "ResizeBilinear": enlarge,
}


def inputs_of(node: Node) -> list[str]:
    """Return the names of the inputs of a node."""
    return list(node.get("input", ()))


def integers(attribute: Node) -> list[int]:
    """Return an attribute that is a list of integers."""
    return [int(each) for each in attribute["list"]["i"]]


def text(attribute: Node) -> list[str]:
    """Return an attribute that is a list of names; empty if it is missing."""
    return [base64.b64decode(each).decode() for each in attribute.get("list", {}).get("s", [])]


def read_weights(manifest: Sequence[Node], data: bytes) -> dict[str, NDArray[Any]]:
    """Return the weights by name, in the types of the file."""
    weights, start = {}, 0
    for entry in manifest:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        shape = tuple(entry["shape"])
        count = int(np.prod(shape, dtype=int))
        weights[entry["name"]] = np.frombuffer(data, kind, count, start).reshape(shape)
        start += count * kind.itemsize
    return weights


def read_readout(path: Path) -> dict[str, NDArray[np.float32]]:
    """Return the weights of each level, (1, channels, 1, 1)."""
    lines = [line.split() for line in path.read_text().splitlines() if not line.startswith("#")]
    return {name: np.array(row, np.float32).reshape(1, -1, 1, 1) for name, *row in lines}


def main(source: str, readout: str, target: str) -> None:
    """Read a model and its readout, convert them and write them to another file."""
    model = json.loads(Path(source).read_text())
    (group,) = model["weightsManifest"]
    weights = read_weights(group["weights"], Path(source).with_suffix(".bin").read_bytes())
    graph = Converter(model["modelTopology"]["node"], weights)
    levels = read_readout(Path(readout))
    kind, shown = onnx.TensorProto.FLOAT, []

    def show(name: str, cell: int, bands: int = 1) -> None:
        shape = (1, bands, f"height_{cell}", f"width_{cell}")
        shown.append(onnx.helper.make_tensor_value_info(name, kind, shape))

    graph.require(CLASSES)
    graph.add("Sigmoid", [CLASSES], "confidence")
    pooled = {"kernel_shape": [POOLED] * 2, "strides": [POOLED] * 2}
    graph.add("AveragePool", ["confidence"], "pooled", **pooled)
    axes = graph.constant("channels", np.array([1], np.int64))
    graph.add("ReduceMax", ["pooled", axes], "objects", keepdims=1)
    show("objects", LEVELS["classes"][1] * POOLED)
    graph.add("ReduceMax", ["confidence", axes], "surest", keepdims=1)
    show("surest", LEVELS["classes"][1])
    graph.require(SIDES)
    graph.add("Identity", [SIDES], "sides")
    show("sides", LEVELS["classes"][1], bands=4)
    for level, (name, cell) in LEVELS.items():
        graph.require(name)
        names = [name, graph.constant(f"weights_{level}", levels[level])]
        graph.add("Conv", names, f"interest_{level}")
        show(f"interest_{level}", cell)
    chosen = graph.constant("pet_classes", np.array(PETS, np.int64))
    graph.add("Gather", ["confidence", chosen], "pets", axis=1)
    show("pets", LEVELS["classes"][1], bands=len(PETS))
    picture = onnx.helper.make_tensor_value_info(INPUT, kind, (1, 3, "height", "width"))
    made = onnx.helper.make_graph(graph.made, "centernet", [picture], shown, graph.initializers)
    opset = [onnx.helper.make_opsetid("", OPSET)]
    converted = onnx.helper.make_model(made, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(converted, full_check=True)
    onnx.save(converted, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
