"""Context checkpoints -> files of a model folder: two ONNX networks and a context file each, and their entries in model.json.

    python export_context.py --latents=DIR --elic=elic.pt --tt=tt.pt --out=../tec-s2 [--windows=300]

The networks hold integers (int8 weights, int32 biases) and floor, clip, multiply and add on float32: exact in any engine, since no sum
reaches 2^24 (asserted). Activations count sixteenths, accumulators 1024ths. The context file (little endian):

    "TECC"  u16 version = 1, temporal, groups, bounds[groups + 1], steps, sets, channels, scales, fine
    u8 base[steps][sets][channels]
    i16 linear[steps][6 slots of fit_linear.py][32][inputs], means[steps][sets][64]
    rows: symbols (scale < fine: 8 fractions each, then one a scale), then sets (steps x 17 x 17 by left and top): i16 first, u16 count,
          u16 frequency[count + 1], the escape last, sum 65536
"""
import hashlib, json, os, sys
import numpy as np, torch, onnx
from onnx import helper as h, numpy_helper, TensorProto as T
import context, context_data, evaluate_context, fit_linear, tables, train_context
from context import Quantised

FINE = 28          # scales below 4 symbols: the fraction of the mean matters
PRIOR = 200.       # symbols that the parametric shape counts for in a row's recount


class Graph:
    def __init__(self): self.nodes, self.weights, self.n = [], [], 0

    def op(self, kind, *inputs, out=None, **attributes):
        self.n += 1; out = out or f"t{self.n}"
        self.nodes.append(h.make_node(kind, list(inputs), [out], **attributes)); return out

    def const(self, array, dtype=np.float32):
        self.n += 1; name = f"c{self.n}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array, dtype), name)); return name

    def integers(self, array):
        """Weights as int8 or int32 in the file, float32 in the graph."""
        a = np.asarray(array); assert (a == np.round(a)).all()
        return self.op("Cast", self.const(a, np.int8 if np.abs(a).max() < 128 else np.int32), to=T.FLOAT)

    def act(self, x, out=None):
        return self.op("Clip", self.op("Floor", self.op("Add", self.op("Mul", x, self.const(1 / 64)), self.const(.5))), self.const(0.), self.const(127.), out=out)

    def reshape(self, x, *shape): return self.op("Reshape", x, self.const(shape, np.int64))

    def save(self, path, inputs, output):
        value = lambda name, dtype, dims: h.make_tensor_value_info(name, dtype, dims)
        graph = h.make_graph(self.nodes, "context", [value(*i) for i in inputs], [value(*output)], self.weights)
        m = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8, producer_name="tectile")
        onnx.checker.check_model(m); onnx.save(m, path)


def ints(q, unit): return np.floor(q.detach().numpy() * unit + np.float32(.5))                      # halves up, as context.Round


def weights_of(net):
    w = {k: ints(getattr(net, k).value(), context.WEIGHT) for k in ("reduce", "around", "enter", "own", "second", "last", "readout")}
    b = {k: ints(getattr(net, k), context.ACT * context.WEIGHT) for k in
         ("reduce_bias", "step_bias", "set_bias", "around_bias", "channel", "kind", "step", "second_bias", "last_bias", "scale_step")}
    total = lambda a, axes: np.abs(a).sum(axes).max() * 127
    for name, most in {"reduce": total(w["reduce"], 2) + sum(np.abs(b[k]).max() for k in ("reduce_bias", "step_bias", "set_bias")),
                       "around": total(w["around"], (1, 2, 3)) + np.abs(b["around_bias"]).max() + 64 * 127,
                       "first": total(w["own"], 1) + total(w["enter"], 1) + sum(np.abs(b[k]).max() for k in ("channel", "kind", "step")),
                       "second": total(w["second"], 1) + np.abs(b["second_bias"]).max(),
                       "last": total(w["last"], 1) + total(w["readout"], 1) + np.abs(b["last_bias"]).max() + np.abs(b["scale_step"]).max()}.items():
        assert most < 2 ** 24, f"{name}: sums may reach {most}, 2^24 is the most that float32 holds exactly"
    return w, b


def summary_graph(net, path):
    w, b = weights_of(net); g = Graph(); k = w["reduce"].shape[2]
    weight = g.reshape(g.op("Gather", g.integers(w["reduce"]), "group"), -1, k, 1, 1)
    bias = g.op("Add", g.op("Gather", g.integers(b["reduce_bias"]), "group"), g.op("Gather", g.integers(b["step_bias"]), "step"))
    sets = g.op("Transpose", g.op("Gather", g.integers(b["set_bias"]), "sets"), perm=[0, 3, 1, 2])
    x = g.act(g.op("Add", g.op("Add", g.op("Conv", "planes", weight), g.reshape(bias, 1, -1, 1, 1)), sets))
    y = g.op("Conv", x, g.integers(w["around"]), g.integers(b["around_bias"]), pads=[1, 1, 1, 1])
    g.act(g.op("Add", y, g.op("Mul", x, g.const(64.))), out="summary")
    g.save(path, [("planes", T.FLOAT, ["n", k, "h", "w"]), ("sets", T.INT64, ["n", "h", "w"]), ("group", T.INT64, [1]), ("step", T.INT64, [1])],
           ("summary", T.FLOAT, ["n", net.wide, "h", "w"]))


def context_graph(net, path):
    w, b = weights_of(net); g = Graph()
    one = lambda name, extra=(): g.integers(w[name].reshape(*w[name].shape, 1, 1))
    part = lambda a, axis: g.op("Slice", a, "start", "end", g.const([axis], np.int64))
    a = g.op("Conv", "own", one("own"))
    wide = g.op("Unsqueeze", "summary", g.const([2], np.int64))                                       # [n, wide, 1, P]
    channel = g.op("Unsqueeze", g.op("Transpose", part(g.integers(b["channel"]), 0), perm=[1, 0]), g.const([0, 3], np.int64))
    ks = g.reshape(g.op("Add", g.op("Gather", g.integers(b["kind"]), "kind"), g.op("Gather", g.integers(b["step"]), "step")), 1, -1, 1, 1)
    at = g.op("Add", g.op("Conv", wide, one("enter")), ks)
    x = g.act(g.op("Add", g.op("Add", a, channel), at))
    x = g.act(g.op("Conv", x, one("second"), g.integers(b["second_bias"])))
    bias = g.op("Unsqueeze", g.op("Transpose", part(g.integers(b["last_bias"]), 0), perm=[1, 0]), g.const([0, 3], np.int64))
    out = g.op("Add", g.op("Conv", x, one("last")), bias)                                             # [n, 1 + K, C_g, P]
    k = w["last"].shape[0]
    scale = g.op("Slice", out, g.const([0], np.int64), g.const([1], np.int64), g.const([1], np.int64))
    mine = g.op("Unsqueeze", g.op("MatMul", part(g.integers(w["readout"]), 0), "summary"), g.const([1], np.int64))
    scale_step = g.op("Unsqueeze", part(g.op("Gather", g.integers(b["scale_step"]), "step"), 1), g.const([0, 3], np.int64))
    rounded = lambda x, unit: g.op("Floor", g.op("Add", g.op("Mul", x, g.const(1 / unit)), g.const(.5)))
    scale = rounded(g.op("Add", g.op("Add", scale, mine), scale_step), 256)
    rest = g.op("Slice", out, g.const([1], np.int64), g.const([k], np.int64), g.const([1], np.int64))
    rest = g.op("Clip", rounded(rest, 16), g.const(-128.), g.const(128.))
    g.op("Concat", scale, rest, out="found", axis=1)
    i64 = lambda n: (n, T.INT64, [1])
    g.save(path, [("own", T.FLOAT, ["n", w["own"].shape[1], "c", "p"]), ("summary", T.FLOAT, ["n", net.wide, "p"]), i64("start"), i64("end"), i64("kind"), i64("step")],
           ("found", T.FLOAT, ["n", k, "c", "p"]))


def rows_of(scale, mean):
    """Scale index and mean in eighths -> row, and the integer taken off the symbol."""
    fine = scale < FINE
    return np.where(fine, scale * 8 + (mean & 7), FINE * 8 + scale - FINE), np.where(fine, mean >> 3, (mean + 4) >> 3)


def parametric(shape, scale, fraction):
    """Probabilities of residuals -2047..2047 of a row."""
    d = torch.arange(-tables.LIMIT, tables.LIMIT + 1, dtype=torch.float64) - fraction / 8
    with torch.no_grad(): p = torch.exp2(-shape.double().bits(d, torch.full_like(d, scale))).numpy()
    return p / p.sum()


def counted(net, frozen, folder, windows, seed=11):
    """Residuals [rows][2 LIMIT + 1] of training windows, exact arithmetic."""
    draw = context_data.Windows(train_context.sources(folder, net.temporal), seed)
    counts = np.zeros(((FINE * 8 + context.SCALES - FINE), tables.WIDTH), np.float64)
    def collect(y, scale, mean8):
        row, whole = rows_of(scale.numpy().astype(int), mean8.numpy().astype(int))
        np.add.at(counts, (row.ravel(), np.clip(y.numpy().astype(int) - whole, -tables.LIMIT, tables.LIMIT).ravel() + tables.LIMIT), 1)
    rng = np.random.default_rng(seed)
    for _ in range(windows // 4):
        y, clear, sets, _ = draw.draw(4, 3 if net.temporal else 1)
        q = rng.integers(len(frozen.gain))
        s = torch.stack([evaluate_context.symbols(x.numpy(), frozen, q) for x in y.flatten(0, 1)]).view(y.shape)
        f = context_data.Features(s[:, 0], [s[:, k] for k in range(1, s.shape[1])], clear, net.temporal)
        for g in range(len(net.groups) - 1): train_context.group_bits(net, None, f, g, torch.full((len(y),), q), sets[:, q].long(), collect=collect)
    return counts


def symbol_rows(net, shape, frozen, folder, windows):
    with torch.no_grad(): counts = counted(net, frozen, folder, windows)
    print("symbols counted", int(counts.sum()), flush=True)
    rows = []
    for k in range(context.SCALES):
        for fraction in range(8 if k < FINE else 1):
            c = counts[len(rows)]; p = parametric(shape, k, fraction)
            rows.append(tables.integer((c + PRIOR * p) / (c.sum() + PRIOR)))
    return rows


def set_rows(folder, steps, sets):
    counts = np.zeros((steps, sets + 1, sets + 1, sets))
    for y, _, s, _, weight in train_context.sources(folder, True):
        s = np.asarray(s).reshape(-1, *s.shape[-3:]).astype(int)                                      # [N, steps, h, w]
        s = s[np.random.default_rng(0).permutation(len(s))[:400]]
        left, top = np.full_like(s, sets), np.full_like(s, sets)
        left[..., 1:], top[..., 1:, :] = s[..., :-1], s[..., :-1, :]
        left[..., ::16], top[..., ::16, :] = sets, sets
        for q in range(steps): np.add.at(counts[q], (left[:, q].ravel(), top[:, q].ravel(), s[:, q].ravel()), 1)
    out = []
    for q in range(steps):
        each = counts[q].sum((0, 1)) + 1; each = each / each.sum()
        by_left, by_top = (counts[q].sum(a) + 8 * each for a in (1, 0))
        for a in range(sets + 1):
            for b in range(sets + 1):
                prior = by_left[a] / by_left[a].sum() * by_top[b] / by_top[b].sum() / each; prior /= prior.sum()
                c = counts[q, a, b] + 12 * prior; p = c / c.sum()
                freq = np.maximum(1, np.round(p * 65535)).astype(int)
                while (over := freq.sum() - 65535): freq[freq.argmax()] -= over
                out.append((0, np.r_[freq, 1].astype(np.uint16)))
    return out


def context_file(path, net, rows):
    steps, sets, channels = net.base.shape
    head = [1, int(net.temporal), len(net.groups) - 1, *net.groups, steps, sets, channels, context.SCALES, FINE]
    out = [b"TECC", np.array(head, "<u2").tobytes(), net.base.numpy().astype("u1").tobytes()]
    linear = [getattr(net, f"linear_{q}_{g}_{k}") for q in range(steps) for g, k in fit_linear.SLOTS] + [net.linear_means]
    out += [a.numpy().astype("<i2").tobytes() for a in linear]
    for first, freq in rows: out += [np.array([first], "<i2").tobytes(), np.array([len(freq) - 1], "<u2").tobytes(), freq.astype("<u2").tobytes()]
    with open(path, "wb") as f: f.write(b"".join(out))


def main():
    o = {"out": "../tec-s2", "windows": "300", "version": "1.1.0", **dict(a.removeprefix("--").split("=") for a in sys.argv[1:])}
    torch.set_num_threads(1); Quantised.exact = True
    with open(f"{o['out']}/model.json", "rb") as f: text = f.read()
    card = json.loads(text)
    if "context" not in card["entropy"]:                                         # what was encoded without context models stays readable
        card["compatible"] = [*card.get("compatible", []), hashlib.sha256(text).hexdigest()]
        card["version"] = o["version"]
        card["description"] += " Context models over the same latents: TEC-ELIC, TEC-TT, FlexTEC."
    entry = lambda name: {"file": name, "sha256": hashlib.sha256(open(f"{o['out']}/{name}", "rb").read()).hexdigest()}
    entropy = {"fp": card["entropy"]["fp"], "context": dict(card["entropy"].get("context", {}))}
    for name in ("elic", "tt"):
        if name not in o: continue
        net, shape, frozen = evaluate_context.load(o[name], o["out"])
        summary_graph(net, f"{o['out']}/{name}.summary.onnx"); context_graph(net, f"{o['out']}/{name}.context.onnx")
        rows = symbol_rows(net, shape, frozen, o["latents"], int(o["windows"])) + set_rows(o["latents"], *net.base.shape[:2])
        context_file(f"{o['out']}/{name}.tables", net, rows)
        entropy["context"][name] = {"summary": entry(f"{name}.summary.onnx"), "context": entry(f"{name}.context.onnx"), "tables": entry(f"{name}.tables")}
        print(name, {k: os.path.getsize(f"{o['out']}/{v['file']}") for k, v in entropy["context"][name].items()})
    card["entropy"] = entropy
    with open(f"{o['out']}/model.json", "w") as f: json.dump(card, f, indent=2); f.write("\n")


if __name__ == "__main__": main()
