"""The two networks as ONNX graphs, built node by node from a state dict. Valid convolutions only: no padding, no shape arithmetic.

    analysis    pixels [n, 12, 16 (h + 10), 16 (w + 10)] digital numbers  ->  latents [n, C, h, w], before the gain
    synthesis   latents [n, C, h + 4, w + 4] = symbol * degain, bands [k], scale [n, k], offset [n, k]
                ->  pixels [n, k, 16 h, 16 w] = digital number * scale + offset

Unshuffle + 1x1 convolution is one strided convolution; its mirror is a 1x1 convolution and a DepthToSpace (DCR, the order that every
provider has). Weights are float16 with a Cast, which onnxruntime folds when it loads: all arithmetic is float32.
"""
import numpy as np, onnx
from onnx import TensorProto as T, helper, numpy_helper
import model

EXACT_HALO = 5   # latents a side that the valid analysis consumes: 4 px at 1/4, 4 px at 1/8, 2 px at 1/16


class Graph:
    """Collects nodes and weights; every method returns the name of its result."""

    def __init__(self, half=True): self.nodes, self.weights, self.known, self.half = [], [], {}, half

    def op(self, kind, *inputs, **attributes):
        name = attributes.pop("name", f"{kind.lower()}{len(self.nodes)}")
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name + "_node", **attributes))
        return name

    def ints(self, *values):
        name = "i" + "_".join(map(str, values)).replace("-", "m")
        if name not in self.known: self.known[name] = self.weights.append(numpy_helper.from_array(np.array(values, np.int64), name))
        return name

    def weight(self, name, tensor):
        if not self.half:
            self.weights.append(numpy_helper.from_array(tensor.astype(np.float32), name)); return name
        self.weights.append(numpy_helper.from_array(tensor.astype(np.float16), name + ".half"))
        return self.op("Cast", name + ".half", to=T.FLOAT, name=name)

    def conv(self, x, name, w, stride=1):
        return self.op("Conv", x, self.weight(name, w), kernel_shape=w.shape[2:], strides=[stride] * 2, pads=[0] * 4)

    def residual(self, x, name, state):
        """x cropped + W2 relu(W1 x), as model.Residual with valid=True."""
        w1, w2 = state[name + ".first.weight"], state[name + ".second.weight"]
        r = self.conv(self.op("Relu", self.conv(x, name + ".first", w1)), name + ".second", w2)
        c = w1.shape[2] // 2 + w2.shape[2] // 2
        return self.op("Add", self.op("Slice", x, self.ints(c, c), self.ints(-c, -c), self.ints(2, 3)), r)

    def model(self, inputs, outputs):
        graph = helper.make_graph(self.nodes, "tec", inputs, outputs, self.weights)
        built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="tectile", ir_version=8)
        onnx.checker.check_model(built, full_check=True)
        return built


def info(name, kind, *shape): return helper.make_tensor_value_info(name, kind, shape)


def strided(w, r):
    """Weights [out, in r r, 1, 1] after a pixel_unshuffle by r -> the same as a stride-r convolution [out, in, r, r]."""
    return w.reshape(w.shape[0], -1, r, r)


def block_order(w, r):
    """Rows [out r r, ...] of a convolution before pixel_shuffle (out slowest) -> DepthToSpace's DCR order (out fastest)."""
    return w.reshape(-1, r * r, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)


def analysis(state, half=True):
    g, w = Graph(half), lambda name: state[f"g_a.{name}.weight"]
    h = g.conv("pixels", "stage1", strided(w("stage1") / model.SCALE, 4), 4)
    for i in (0, 1): h = g.residual(h, f"g_a.body1.{i}", state)
    h = g.conv(h, "stage2", strided(w("stage2"), 2), 2)
    for i in (0, 1): h = g.residual(h, f"g_a.body2.{i}", state)
    h = g.conv(h, "stage3", strided(w("stage3"), 2), 2)
    h = g.residual(h, "g_a.body3", state)
    g.nodes[-1].output[0] = "latents"
    return g.model([info("pixels", T.FLOAT, "n", 12, "16h+160", "16w+160")], [info("latents", T.FLOAT, "n", w("stage3").shape[0], "h", "w")])


def synthesis(state, half=True):
    g, w = Graph(half), lambda name: state[f"g_s.{name}.weight"]
    h = g.residual("latents", "g_s.body3", state)
    h = g.op("DepthToSpace", g.conv(h, "stage3", block_order(w("stage3"), 2)), blocksize=2, mode="DCR")
    h = g.residual(h, "g_s.body2", state)
    h = g.op("DepthToSpace", g.conv(h, "stage2", block_order(w("stage2"), 2)), blocksize=2, mode="DCR")
    for i in (0, 1): h = g.residual(h, f"g_s.body1.{i}", state)
    head = w("head")[:, :, 0, 0]                                                 # [12 * 16, s1]
    rows = g.weight("head", head.reshape(12, 16, -1).swapaxes(0, 1) * model.SCALE)                 # [16, 12, s1]
    wanted = g.op("Reshape", g.op("Gather", rows, "bands", axis=1), g.ints(-1, head.shape[1], 1, 1))   # [16 k, s1, 1, 1]
    h = g.op("DepthToSpace", g.op("Conv", h, wanted, kernel_shape=[1, 1]), blocksize=4, mode="DCR")
    each = lambda name: g.op("Reshape", name, g.ints(0, -1, 1, 1))               # [n, k] -> [n, k, 1, 1]
    g.op("Add", g.op("Mul", h, each("scale")), each("offset"), name="pixels")
    inputs = [info("latents", T.FLOAT, "n", w("stage3").shape[1], "h+4", "w+4"), info("bands", T.INT64, "k"),
              info("scale", T.FLOAT, "n", "k"), info("offset", T.FLOAT, "n", "k")]
    return g.model(inputs, [info("pixels", T.FLOAT, "n", "k", "16h", "16w")])
