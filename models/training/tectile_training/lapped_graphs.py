"""The lapped codec's ONNX graphs.

    analysis    components [n, A, h + 2, w + 2] -> residual [n, A, h, w], what the analysis branch adds to a chunk's first A channels
    branch      coefficients [n, B, h + 2, w + 2] -> residual [n, B, h, w], the same for the decoder's canonical channels
    synthesis   coefficients [n, 3072, h + 4, w + 4] in common axes by id, bands [k], edges [n, 4] and SHAPES -> pixels [n, k, 16 h, 16 w]

All in weighted digital numbers, pixels in digital numbers. Windows come with a halo of whole positions: one for a branch alone, two for
the synthesis (a position's pixels reach into its neighbours, whose branch sees theirs). Beyond the level's edge positions repeat the last
one; `edges` is 1 for top, bottom, left, right where that side of the window is the level's edge, and 0 elsewhere.
"""

import numpy as np
from onnx import TensorProto

from . import basis
from .onnx_graph import Graph, info

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64

# Shapes on the way, as inputs: what computes shapes inside a graph is placed on the processor, and a GPU waits for it.
SHAPES = {"split": 6, "plane": 4, "rows": 5, "columns": 5, "inner": 4}


def shapes(n, h, w):
    """The synthesis's inputs SHAPES for windows of h x w positions, one around what is wanted included."""
    s = basis.STRIDE
    return {
        "split": [n, -1, s, s, h, w],
        "plane": [n, -1, s * h, s * w],
        "rows": [n, -1, h - 1, s, s * (w - 1)],
        "columns": [n, -1, s * (h - 1), w - 1, s],
        "inner": [n, -1, s * (h - 1), s * (w - 1)],
    }


def _branch(g, x, name, w1, w2):
    """W2 relu(W1 x) with valid convolutions; the unit that the branch counts in is folded away: without biases it cancels."""
    return g.conv(g.op("Relu", g.conv(x, f"{name}.first", w1)), f"{name}.second", w2)


def _weights(branch):
    return branch.a.weight.detach().numpy(), branch.b.weight.detach().numpy()


def residual(branch, input_name, half=True, seen=None):
    """The graph of a branch alone; seen: 1 for the inputs that it looks at."""
    g = Graph(half)
    w1, w2 = _weights(branch)
    if seen is not None:
        w1 = w1 * seen.reshape(1, -1, 1, 1)
    _branch(g, input_name, input_name, w1, w2)
    g.nodes[-1].output[0] = "residual"
    channels = w1.shape[1]
    return g.model(
        [info(input_name, FLOAT, "n", channels, "h+2", "w+2")], [info("residual", FLOAT, "n", channels, "h", "w")]
    )


def synthesis(net, half=True):
    """The decoder as one graph, from a network.Codec."""
    g = Graph(half)
    channels = basis.BANDS * basis.FREQUENCIES
    inner = g.op("Slice", "coefficients", g.ints(1, 1), g.ints(-1, -1), g.ints(2, 3))
    if net.at16 is not None:
        canonical = net.canonical.numpy().astype(np.int64)
        place = np.full(channels, len(canonical), np.int64)  # of each id in the residual; the last place holds zeros
        place[canonical] = np.arange(len(canonical))
        seen = g.op("Gather", "coefficients", g.constant("canonical", canonical), axis=1)
        r = _branch(g, seen, "branch", *_weights(net.at16))
        padded = g.op("Pad", r, g.ints(0, 0, 0, 0, 0, 1, 0, 0))
        inner = g.op("Add", inner, g.op("Gather", padded, g.constant("place", place), axis=1))

    # to bands: [256, k, 12] x [n, 256, 12, P], then the inverse transform of both directions at once: [256 px, 256] x [n, k, 256, P]
    to_bands = (
        net.common[0].numpy()[basis.GROUP.numpy()].transpose(0, 2, 1) / net.weights.numpy()[None, :, None]
    )  # [256, band, 12]
    rows = g.op("Gather", g.constant("bands.rows", to_bands.astype(np.float32)), "bands", axis=1)
    by_component = g.op("Reshape", inner, g.ints(0, basis.BANDS, basis.FREQUENCIES, -1))
    by_band = g.op("MatMul", rows, g.op("Transpose", by_component, perm=[0, 2, 1, 3]))  # [n, 256, k, P]
    d = basis.DCT64.numpy()
    inverse = np.einsum("ui,vj->ijuv", d, d).reshape(basis.FREQUENCIES, basis.FREQUENCIES).astype(np.float32)
    blocks = g.op(
        "MatMul", g.constant("inverse", inverse), g.op("Transpose", by_band, perm=[0, 2, 1, 3])
    )  # [n, k, 256, P]
    split = g.op("Reshape", blocks, "split")
    spread = g.op("Transpose", split, perm=[0, 1, 4, 2, 5, 3])  # [n, k, h, 16, w, 16]
    x = g.op("Reshape", spread, "plane")

    # unlapped across every block border of the window; at the level's edge its first or last border stays as it is
    half_block = basis.STRIDE // 2
    lap = g.constant("unlap", basis.LAP64.numpy().T.astype(np.float32))  # rows
    across = g.constant("unlap.columns", basis.LAP64.numpy().astype(np.float32))
    x = g.op("Slice", x, g.ints(half_block, half_block), g.ints(-half_block, -half_block), g.ints(2, 3))

    def edge(i, *ones):
        part = g.op("Slice", "edges", g.ints(i), g.ints(i + 1), g.ints(1))
        return g.op("Reshape", part, g.ints(-1, *ones))

    def blended(raw, turned, axis, first, last):
        """`turned`, but `raw` at the first and last border where the edges say so."""
        parts = []
        for start, end, at in ((0, 1, first), (1, -1, None), (-1, 2**31, last)):
            a, b = (g.op("Slice", t, g.ints(start), g.ints(end), g.ints(axis)) for t in (raw, turned))
            if at is not None:
                b = g.op("Add", b, g.op("Mul", g.op("Sub", a, b), at))
            parts.append(b)
        return g.op("Concat", *parts, axis=axis)

    raw = g.op("Reshape", x, "rows")
    x = blended(raw, g.op("MatMul", lap, raw), 2, edge(0, 1, 1, 1, 1), edge(1, 1, 1, 1, 1))
    raw = g.op("Reshape", x, "columns")
    x = blended(raw, g.op("MatMul", raw, across), 3, edge(2, 1, 1, 1, 1), edge(3, 1, 1, 1, 1))
    x = g.op("Reshape", x, "inner")
    g.op("Slice", x, g.ints(half_block, half_block), g.ints(-half_block, -half_block), g.ints(2, 3), name="pixels")
    inputs = [
        info("coefficients", FLOAT, "n", channels, "h+4", "w+4"),
        info("bands", INT64, "k"),
        info("edges", FLOAT, "n", 4),
        *(info(name, INT64, length) for name, length in SHAPES.items()),
    ]
    return g.model(inputs, [info("pixels", FLOAT, "n", "k", "16h", "16w")])
