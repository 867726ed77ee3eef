"""The image transforms of the published TEC-FP and TEC-ELIC, and ELIC's context networks, as ONNX graphs built from a state dict.

    analysis    pixels [n, 12, 16 (h + 2 halo), 16 (w + 2 halo)] digital numbers  ->  latents [n, M, h, w], less the medians
    synthesis   latents [n, M, h + 2 halo, w + 2 halo], bands [k], scale [n, k], offset [n, k]
                ->  pixels [n, k, 16 h, 16 w] = digital number * scale + offset

The package codes isolated patches, its convolutions padded with zeros. Here they are valid ones on a window with its halo, so that any
window comes out as the inside of the whole; with whole=True they are padded and there is no halo: the package's own reconstruction.
A 5 x 5 transposed convolution of stride 2 is a 3 x 3 convolution to four phases and a DepthToSpace: the operators that every provider has.
"""

import math

import numpy as np
from onnx import TensorProto as T

from . import onnx_graph
from .onnx_graph import info

REACH = {"bottleneck": 1, "attention": 3, "gdn": 0}  # positions a side at their own resolution


def parts_of(w, prefix, direction):
    """[(kind, name)] of a Sequential under `prefix`, in order; its 5 x 5 convolutions go "down" or "up"."""
    at = sorted({int(k[len(prefix) :].split(".")[0]) for k in w if k.startswith(prefix)})
    has = lambda i, name: f"{prefix}{i}.{name}" in w
    kind = lambda i: (
        direction
        if has(i, "weight")
        else "gdn"
        if has(i, "beta")
        else "bottleneck"
        if has(i, "conv1.weight")
        else "attention"
    )
    return [(kind(i), f"{prefix}{i}") for i in at]


def ranges(parts):
    """What each part needs of its input, and at the end of the list (0, 0): [(a, b)] for positions a to size + b, size as if there were no halo."""
    needed = [(0, 0)]
    for kind, _ in reversed(parts):
        a, b = needed[0]
        needed.insert(
            0,
            (2 * a - 2, 2 * b + 1)
            if kind == "down"
            else (a // 2 - 1, -(-b // 2) + 1)
            if kind == "up"
            else (a - REACH[kind], b + REACH[kind]),
        )
    return needed


def halo(parts, pixels):
    """Latents a side; `pixels` the input's a latent (16 for an analysis, 1 for a synthesis)."""
    a, b = ranges(parts)[0]
    return math.ceil(max(-a, b) / pixels)


class Graph(onnx_graph.Graph):
    """Float32 layers by the names of their weights. `valid`: no padding, what a layer can't know is cut off."""

    def __init__(self, w, valid):
        super().__init__(half=False)
        self.w, self.valid = w, valid

    def crop(self, x, lo, hi):
        return (
            x
            if lo == hi == 0
            else self.op("Slice", x, self.ints(lo, lo), self.ints(-hi or 2**31, -hi or 2**31), self.ints(2, 3))
        )

    def inside(self, x, n):
        return self.crop(x, n, n) if self.valid else x

    def layer(self, x, name, stride=1, weight=None, bias=None):
        """A convolution; weight and bias stand for those of the state dict."""
        w, b = self.w[name + ".weight"] if weight is None else weight, self.w[name + ".bias"] if bias is None else bias
        return self.op(
            "Conv",
            x,
            self.weight(name + ".weight", w),
            self.weight(name + ".bias", b),
            kernel_shape=w.shape[2:],
            strides=[stride] * 2,
            pads=[0 if self.valid else w.shape[2] // 2] * 4,
        )

    def bottleneck(self, x, name):
        h = self.op("Relu", self.layer(x, name + ".conv1"))
        h = self.op("Relu", self.layer(h, name + ".conv2"))
        return self.op("Add", self.layer(h, name + ".conv3"), self.inside(x, 1))

    def unit(self, x, name):
        h = self.op("Relu", self.layer(x, name + ".0"))
        h = self.op("Relu", self.layer(h, name + ".2"))
        return self.op("Relu", self.op("Add", self.layer(h, name + ".4"), self.inside(x, 1)))

    def attention(self, x, name):
        a = b = x
        for i in range(3):
            a, b = self.unit(a, f"{name}.conv_a.{i}.conv"), self.unit(b, f"{name}.conv_b.{i}.conv")
        return self.op(
            "Add", self.op("Mul", a, self.op("Sigmoid", self.layer(b, name + ".conv_b.3"))), self.inside(x, 3)
        )

    def gdn(self, x, name, inverse):
        """x / sqrt(beta + gamma x^2), or times it; the parameters stand in the state dict as their square roots, bounded and lifted a little."""
        pedestal = 2.0**-36
        square = lambda v, least: np.maximum(v.astype(np.float64), math.sqrt(least + pedestal)) ** 2 - pedestal
        gamma, beta = square(self.w[name + ".gamma"], 0)[:, :, None, None], square(self.w[name + ".beta"], 1e-6)
        norm = self.op("Sqrt", self.layer(self.op("Mul", x, x), name, weight=gamma, bias=beta))
        return self.op("Mul" if inverse else "Div", x, norm)

    def up(self, x, name, out):
        """`out`: what of the doubled input is wanted, as in ranges()."""
        w = phases(self.w[name + ".weight"])  # [4, out, in, 3, 3]
        h = self.layer(x, name, weight=w.reshape(-1, *w.shape[2:]), bias=np.tile(self.w[name + ".bias"], 4))
        return self.doubled(h, out)

    def doubled(self, h, out):
        h = self.op("DepthToSpace", h, blocksize=2, mode="DCR")
        return self.crop(h, out[0] % 2, out[1] % 2) if self.valid else h

    def part(self, x, kind, name, out):
        if kind == "down":
            return self.layer(x, name, 2)
        if kind == "up":
            return self.up(x, name, out)
        return self.gdn(x, name, name.startswith("g_s")) if kind == "gdn" else getattr(self, kind)(x, name)

    def finish(self, x, output, inputs, *dims):
        self.op("Identity", x, name=output)
        return self.model(inputs, [info(output, T.FLOAT, *dims)])


def phases(w):
    """Weights [in, out, 5, 5] of a transposed convolution, stride 2, padding 2, output padding 1 -> [4 (row, column), out, in, 3, 3].

    Output 2 j + p sums w[p + 2 - 2 d] x[j + d] over d = -1, 0, 1.
    """
    out = np.zeros((2, 2, w.shape[1], w.shape[0], 3, 3), w.dtype)
    taps = [(p, d, p + 2 - 2 * d) for p in (0, 1) for d in (-1, 0, 1) if 0 <= p + 2 - 2 * d < 5]
    for p, d, t in taps:
        for q, e, u in taps:
            out[p, q, :, :, d + 1, e + 1] = w[:, :, t, u].T
    return out.reshape(4, *out.shape[2:])


def analysis(w, mean, std, medians=0.0, whole=False):
    """mean, std of the bands that are fed; weights of a band that isn't are left out before (see convert_official.without_band)."""
    parts, g = parts_of(w, "g_a.", "down"), Graph(w, not whole)
    needed, n = ranges(parts), 0 if whole else halo(parts, 16)
    column = lambda name, v: g.weight(name, np.asarray(v, np.float32).reshape(-1, 1, 1))
    h = g.op("Div", g.op("Sub", "pixels", column("mean", mean)), column("std", std))
    if not whole:
        h = g.crop(h, 16 * n + needed[0][0], 16 * n - needed[0][1])
    for (kind, name), out in zip(parts, needed[1:]):
        h = g.part(h, kind, name, out)
    if np.any(medians):
        h = g.op("Sub", h, column("medians", medians))
    return g.finish(
        h,
        "latents",
        [info("pixels", T.FLOAT, "n", len(mean), f"16h+{32 * n}", f"16w+{32 * n}")],
        "n",
        latents_of(w),
        "h",
        "w",
    )


def synthesis(w, mean, std, medians=0.0, whole=False):
    parts, g, h = parts_of(w, "g_s.", "up"), Graph(w, not whole), "latents"
    needed, n = ranges(parts), 0 if whole else halo(parts, 1)
    if not whole:
        h = g.crop(h, n + needed[0][0], n - needed[0][1])
    if np.any(medians):
        h = g.op("Add", h, g.weight("medians", np.asarray(medians, np.float32).reshape(-1, 1, 1)))
    for (kind, name), out in zip(parts[:-1], needed[1:]):
        h = g.part(h, kind, name, out)
    last = parts[-1][1]  # its output is wanted for some bands only, in digital numbers
    kernel, bias = phases(w[last + ".weight"]) * np.reshape(std, (-1, 1, 1, 1)), w[last + ".bias"] * std + mean
    kernel = g.op(
        "Reshape", g.op("Gather", g.weight("last", kernel), "bands", axis=1), g.ints(-1, *kernel.shape[2:])
    )  # [4 k, in, 3, 3]
    bias = g.op("Reshape", g.op("Gather", g.weight("bias", np.tile(bias, (4, 1))), "bands", axis=1), g.ints(-1))
    h = g.doubled(g.op("Conv", h, kernel, bias, kernel_shape=[3, 3], pads=[0 if g.valid else 1] * 4), (0, 0))
    each = lambda name: g.op("Reshape", name, g.ints(0, -1, 1, 1))  # [n, k] -> [n, k, 1, 1]
    h = g.op("Add", g.op("Mul", h, each("scale")), each("offset"))
    inputs = [
        info("latents", T.FLOAT, "n", latents_of(w), f"h+{2 * n}", f"w+{2 * n}"),
        info("bands", T.INT64, "k"),
        info("scale", T.FLOAT, "n", "k"),
        info("offset", T.FLOAT, "n", "k"),
    ]
    return g.finish(h, "pixels", inputs, "n", "k", "16h", "16w")


def latents_of(w):
    """M: the outputs of the analysis's last convolution."""
    return next(w[name + ".weight"].shape[0] for kind, name in reversed(parts_of(w, "g_a.", "down")) if kind == "down")


# --- ELIC's context model: padded, since a chunk is coded alone -----------------------------------------------------------------------------

HYPER, Y = "latent_codec.hyper.", "latent_codec.y."


def hyper_analysis(w):
    """latents [1, M, h, w] -> z [1, N, h / 4, w / 4], before rounding."""
    g, name = Graph(w, False), HYPER + "h_a."
    h = g.op("Relu", g.layer("latents", name + "0"))
    h = g.layer(g.op("Relu", g.layer(h, name + "2", 2)), name + "4", 2)
    m, n = w[name + "0.weight"].shape[1], w[name + "4.weight"].shape[0]
    return g.finish(h, "z", [info("latents", T.FLOAT, "n", m, "h", "w")], "n", n, "h/4", "w/4")


def hyper_synthesis(w):
    """z [1, N, h / 4, w / 4], rounded -> hyper [1, 2 M, h, w]."""
    g, name = Graph(w, False), HYPER + "h_s."
    h = g.op("Relu", g.up("z", name + "0", (0, 0)))
    h = g.layer(g.op("Relu", g.up(h, name + "2", (0, 0))), name + "4")
    n, m = w[name + "0.weight"].shape[0], w[name + "4.weight"].shape[0]
    return g.finish(h, "hyper", [info("z", T.FLOAT, "n", n, "h/4", "w/4")], "n", m, "h", "w")


def channel_context(w, k):
    """latents [1, the first group and, for k > 1, the one before k, h, w] -> channel [1, 2 g, h, w]."""
    g, name = Graph(w, False), f"{Y}channel_context.y{k}."
    h = g.op("Relu", g.layer("latents", name + "0"))
    h = g.layer(g.op("Relu", g.layer(h, name + "2")), name + "4")
    c, out = w[name + "0.weight"].shape[1], w[name + "4.weight"].shape[0]
    return g.finish(h, "channel", [info("latents", T.FLOAT, "n", c, "h", "w")], "n", out, "h", "w")


def parameters(w, k):
    """anchors [1, g, h, w], seen [1], (channel [1, 2 g, h, w],) hyper [1, 2 M, h, w] -> parameters [1, 2 g, h, w]: means, then scales.

    seen is 0 while the anchors themselves are coded and 1 after: the spatial context and its bias count only then.
    """
    g, name = Graph(w, False), f"{Y}latent_codec.y{k}."
    masked = w[name + "context_prediction.weight"] * w[name + "context_prediction.mask"]
    context = g.op("Mul", g.layer("anchors", name + "context_prediction", weight=masked), "seen")
    h = g.op("Concat", context, *(["channel"] if k else []), "hyper", axis=1)
    for i in (0, 2):
        h = g.op("Relu", g.layer(h, f"{name}entropy_parameters.{i}"))
    h = g.layer(h, name + "entropy_parameters.4")
    c, side = masked.shape[1], w[HYPER + "h_s.4.weight"].shape[0]
    plane = lambda title, n: info(title, T.FLOAT, "n", n, "h", "w")
    inputs = [
        plane("anchors", c),
        info("seen", T.FLOAT, 1),
        *([plane("channel", 2 * c)] if k else []),
        plane("hyper", side),
    ]
    return g.finish(h, "parameters", inputs, "n", 2 * c, "h", "w")
