"""Builds ONNX graphs node by node. Weights are float16 with a Cast, which onnxruntime folds when it loads: all arithmetic is float32."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 17, 8


class Graph:
    """Collects nodes and weights; every method returns the name of its result."""

    def __init__(self, half=True):
        self.nodes, self.weights, self.known, self.half = [], [], {}, half

    def op(self, kind, *inputs, **attributes):
        name = attributes.pop("name", f"{kind.lower()}{len(self.nodes)}")
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name + "_node", **attributes))
        return name

    def ints(self, *values):
        name = "i" + "_".join(map(str, values)).replace("-", "m")
        if name not in self.known:
            self.weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
            self.known[name] = True
        return name

    def constant(self, name, tensor):
        """Kept in the precision that it comes in."""
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(tensor), name))
        return name

    def weight(self, name, tensor):
        if not self.half:
            return self.constant(name, tensor.astype(np.float32))
        self.weights.append(numpy_helper.from_array(tensor.astype(np.float16), name + ".half"))
        return self.op("Cast", name + ".half", to=TensorProto.FLOAT, name=name)

    def conv(self, x, name, w, stride=1):
        return self.op("Conv", x, self.weight(name, w), kernel_shape=w.shape[2:], strides=[stride] * 2, pads=[0] * 4)

    def model(self, inputs, outputs):
        graph = helper.make_graph(self.nodes, "tec", inputs, outputs, self.weights)
        opset = [helper.make_opsetid("", OPSET)]
        built = helper.make_model(graph, opset_imports=opset, producer_name="tectile", ir_version=IR)
        onnx.checker.check_model(built, full_check=True)
        return built


def info(name, kind, *shape):
    return helper.make_tensor_value_info(name, kind, shape)
