"""python -m pytest -q test_context.py, or python test_context.py: no data needed; half a minute. What makes the context models exact on every engine."""
import glob, os, tempfile
import numpy as np, onnx, onnxruntime, torch
from onnx import numpy_helper
import context, context_data, export_context, golden_context

RNG = np.random.default_rng(0)
SHIPPED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tec-s2")


def run(path, output, **feeds):
    options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).run([output], feeds)[0]


def inputs(net, n=2, h=5, w=4, pick=7):
    """Random integers of the largest sizes that features take, and what goes with them."""
    k = net.reduce.weight.shape[2]
    sparse = RNG.random((n, k, h, w)) < .03                                     # else all sums are clipped
    return {"planes": (RNG.integers(0, 128, (n, k, h, w)) * sparse).astype(np.float32), "sets": RNG.integers(0, golden_context.SETS, (n, h, w)),
            "own": RNG.integers(0, 128, (n, context.OWN[net.temporal], 32, pick)).astype(np.float32),
            "summary": RNG.integers(0, 128, (n, net.wide, pick)).astype(np.float32)}


def exported(net, x, group=1, step=1, kind=4):
    """Summary and distributions from the exported graphs, float32."""
    i = lambda v: np.array([v], np.int64)
    with tempfile.TemporaryDirectory() as d:
        export_context.summary_graph(net, f"{d}/s.onnx"); export_context.context_graph(net, f"{d}/c.onnx")
        return (run(f"{d}/s.onnx", "summary", planes=x["planes"], sets=x["sets"], group=i(group), step=i(step)),
                run(f"{d}/c.onnx", "found", own=x["own"], summary=x["summary"], start=i(32), end=i(64), kind=i(kind), step=i(step)))


@torch.no_grad()
def in_double(net, x, group=1, step=1, kind=4):
    """The same by torch in float64, in units of the exported graphs."""
    for name, p in net.named_parameters():                                       # rounded in float32, as they are exported
        p.copy_(context.quantised(p.clamp(-127 / 64, 127 / 64), context.WEIGHT) if name.endswith(".weight") else context.bias(p))
    net = net.double(); n = len(x["own"]); steps = torch.full((n,), step)
    s = net.summary(torch.from_numpy(x["planes"]).double(), group, steps, torch.from_numpy(x["sets"]))
    scale, weights = net(torch.from_numpy(x["summary"]).double() / context.ACT, torch.from_numpy(x["own"]).double(), 32, 64, kind, steps, torch.zeros(n, 32, x["own"].shape[-1]))
    return s.numpy() * context.ACT, scale.numpy(), weights.numpy() * context.WEIGHT


def permuted(net, x, order):
    """The same network with the planes in another order, and planes to match: sums of the same numbers in another order."""
    net.reduce.weight.data = net.reduce.weight.data[:, :, order]
    return net, {**x, "planes": x["planes"][:, order]}


def test_graphs_give_integers_that_float64_and_any_order_of_summation_confirm():
    for temporal in (False, True):
        net = golden_context.random_net(temporal, 3); x = inputs(net)
        summary, found = exported(net, x)
        assert (summary == np.round(summary)).all() and (found == np.round(found)).all()
        assert summary.min() == 0 and summary.max() <= 127 and len(np.unique(summary)) > 40, "the inputs say little"
        other, same = permuted(golden_context.random_net(temporal, 3), x, RNG.permutation(x["planes"].shape[1]))
        assert (exported(other, same)[0] == summary).all()
        exact_summary, scale, weights = in_double(golden_context.random_net(temporal, 3), x)
        assert (exact_summary == summary).all()
        assert (np.clip(found[:, 0], 0, context.SCALES - 1) == scale).all() and (found[:, 1:] == weights).all()


def weight_of(graph, name):
    """The initialiser behind a weight input, through casts, reshapes, gathers and slices."""
    made = {o: node for node in graph.node for o in node.output}
    while name in made: name = made[name].input[0]
    return next(numpy_helper.to_array(t).astype(np.int64) for t in graph.initializer if t.name == name)


def reach(path):
    """What a sum in the graph can come to at most: all products' largest sums, activations up to 127, and all biases together."""
    graph = onnx.load(path).graph
    total, weights = 0, []
    for node in graph.node:
        if node.op_type not in ("Conv", "MatMul"): continue
        w = weight_of(graph, node.input[1 if node.op_type == "Conv" else 0]); weights.append(w)
        rows = w.reshape(-1, *w.shape[-1:]) if node.op_type == "MatMul" or w.ndim == 3 else w.reshape(len(w), -1)
        total += int(np.abs(rows).sum(1).max()) * 127
    for t in graph.initializer:
        a = numpy_helper.to_array(t)
        if a.dtype in (np.int8, np.int32) and not any(a.shape == w.shape for w in weights): total += int(np.abs(a.astype(np.int64)).max())
    return total


def test_no_sum_of_the_shipped_networks_reaches_what_float32_cannot_hold():
    paths = glob.glob(f"{SHIPPED}/elic.*.onnx") + glob.glob(f"{SHIPPED}/tt.*.onnx")
    assert len(paths) == 4, paths
    for path in paths:
        graph = onnx.load(path).graph
        assert all(np.issubdtype(numpy_helper.to_array(t).dtype, np.integer) or numpy_helper.to_array(t).size == 1 for t in graph.initializer), f"{path}: a weight is no integer"
        assert {n.op_type for n in graph.node} <= {"Cast", "Gather", "Reshape", "Slice", "Transpose", "Unsqueeze", "Concat", "Conv", "MatMul", "Add", "Mul", "Floor", "Clip"}
        assert reach(path) + 64 * 127 < 2 ** 24, f"{path}: {reach(path)}"


def test_no_level_lies_near_a_half():
    exact = 12 * np.log2(1 + np.arange(1536 * 8 + 1) / 8)
    assert np.abs(exact % 1 - .5).min() > 1e-6


def test_passes_see_only_what_is_decoded():
    for h, w in ((1, 1), (5, 7), (16, 16)):
        kinds = context.pass_of(h, w)
        for group in (0, 1):
            seen = np.zeros((h, w), bool)
            for part in context.passes(group):
                mine = np.isin(kinds, part); kind = part[0] if len(part) == 1 else 0
                assert not (mine & seen).any()
                for di, dj in context.NEIGHBOURS[kind] or ():
                    for i, j in zip(*np.nonzero(mine)):
                        if 0 <= i + di < h and 0 <= j + dj < w: assert seen[i + di, j + dj], (group, kind, i, j)
                seen |= mine
            assert seen.all()


def test_rows_and_wholes_add_up_to_the_mean():
    for scale in (0, export_context.FINE - 1, export_context.FINE, context.SCALES - 1):
        mean = np.arange(-100, 101); row, whole = export_context.rows_of(np.full(201, scale), mean)
        if scale < export_context.FINE: assert (8 * whole + row % 8 == mean).all() and (row // 8 == scale).all()
        else: assert (np.abs(8 * whole - mean) <= 4).all() and (row == export_context.FINE * 8 + scale - export_context.FINE).all()


@torch.no_grad()
def test_features_are_integers_in_range():
    net = golden_context.random_net(True, 3)
    s, clear, sets = golden_context.chunk(5, 7, 2, 1)
    t = lambda a: torch.from_numpy(np.asarray(a, np.float32))[None]
    f = context_data.Features(t(s[0]), [t(s[1]), t(s[2])], t(clear), True)
    base = net.base[1][torch.from_numpy(sets).flatten()].T[None, :32]
    for kind in range(5):
        at = f.positions((kind,))
        own, candidates = f.own(net, 0, (0, 32), kind, at, torch.tensor([1]), base[..., at], net.static_means(torch.tensor([1]), torch.from_numpy(sets).flatten()[None][:, at], 0, 32))
        for x in (own, candidates): assert (x == x.round()).all()
        assert own.min() >= 0 and own.max() <= 127
    assert (f.planes(64) == f.planes(64).round()).all() and f.planes(64).max() <= 127


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"): test(); print("ok", name)
