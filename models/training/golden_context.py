"""Golden vectors of the context models: two small random ones (TEC-ELIC's groups without earlier dates, tokens with two), exported as trained
ones are, and for random chunks what torch says of every symbol and the streams that CompressAI's encoder makes of it.

    python golden_context.py --out=../../test/fixtures/golden

Needs compressai 1.2.8. README.md beside the vectors says what each file holds.
"""
import base64, dataclasses, gzip, json, os, sys
import numpy as np, torch
import context, context_data, export_context, fit_linear, train_context
from context import Quantised

CHANNELS, STEPS, SETS, HIDDEN, WIDE = 128, 2, 3, 8, 16
GROUPS = {False: (0, 32, 64, 128), True: (0, 32, 64, 96, 128)}


@dataclasses.dataclass
class Config:
    out: str = "../../test/fixtures/golden"
    seed: int = 5


def random_net(temporal, seed):
    """Integer weights of every size, scales and weights that vary from symbol to symbol."""
    torch.manual_seed(seed); r = np.random.default_rng(seed)
    Quantised.exact, context.CHANNELS = True, CHANNELS
    some = lambda shape, most: np.where(r.random(shape) < .06, r.integers(-most, most + 1, shape), 0).astype(np.int16)
    linear = {f"{q}-{g}-{k}": some((32, inputs), 700) for q in range(STEPS)
              for (g, k), inputs in zip(fit_linear.SLOTS, (128, 128, 128, 128, 288, 416))}
    linear["means"] = r.integers(-9, 10, (STEPS, SETS, fit_linear.LOW)).astype(np.int16)
    net = context.Context(temporal, GROUPS[temporal], r.integers(0, context.SCALES, (STEPS, SETS, CHANNELS)), linear, HIDDEN, WIDE)
    spread = {"reduce": .06, "around": .1, "own": .3, "second": .5, "last": .3, "readout": .1, "scale_step": 1.}
    with torch.no_grad():
        for name, p in net.named_parameters(): p.copy_(torch.randn_like(p) * spread.get(name.removesuffix(".weight"), .5))
    return net


def random_rows(seed):
    """Rows of the context file: Laplace-like about the mean's fraction, at most 25 symbols each, then the sets'."""
    r, out = np.random.default_rng(seed), []
    def row(first, p):
        freq = np.maximum(1, np.round(np.r_[p / p.sum() * .98, .02] * 65535)).astype(int)
        freq[freq.argmax()] += 65536 - freq.sum(); out.append((first, freq.astype(np.uint16)))
    for k in range(context.SCALES):
        sigma = context.SMALLEST * 2 ** (k / 4); half = int(np.clip(np.ceil(3 * sigma), 1, 12))
        for f in range(8 if k < export_context.FINE else 1): row(-half, np.exp(-np.abs(np.arange(-half, half + 1) - f / 8) / max(sigma, .1)) + 1e-4)
    for _ in range(STEPS * (SETS + 1) ** 2): row(0, r.dirichlet(np.full(SETS, 2.)))
    return out


def chunk(h, w, dates, seed):
    """Symbols [1 + dates, C, h, w] (target first), sparse and narrowing towards higher channels, clear [3, h, w], sets [h, w]."""
    r = np.random.default_rng(seed)
    width = 30 / (1 + np.arange(CHANNELS) / 3)[:, None, None]
    s = np.round(r.laplace(size=(1 + dates, CHANNELS, h, w)) * width)
    s[1:] = np.round(.7 * s[:1] + .5 * s[1:])
    s.reshape(-1)[r.integers(s.size, size=5)] = (2047, -2047, 600, -600, 300)
    clear = np.zeros((3, h, w)); clear[:1 + dates] = r.integers(0, 128, (1 + dates, h, w))
    return s, clear, r.integers(0, SETS, (h, w))


@torch.no_grad()
def distributions(net, s, clear, sets, q):
    """Rows, wholes and symbols of each group in the order of coding."""
    pad = np.concatenate([s, np.zeros((3 - len(s), *s.shape[1:]))])
    t = lambda a: torch.from_numpy(np.asarray(a, np.float32))[None]
    f = context_data.Features(t(pad[0]), [t(pad[1]), t(pad[2])] if net.temporal else [], t(clear), net.temporal)
    step, known, out = torch.tensor([q]), torch.from_numpy(sets)[None].long(), []
    for g in range(len(net.groups) - 1):
        parts = []
        def collect(y, scale, mean8):
            row, whole = export_context.rows_of(scale.numpy().astype(int), mean8.numpy().astype(int))
            parts.append((row.ravel(), whole.ravel(), y.numpy().astype(int).ravel()))
        train_context.group_bits(net, None, f, g, step, known, collect=collect)
        out.append([np.concatenate(v) for v in zip(*parts)])
    forecast = []
    for g in range(2, len(net.groups) - 1) if net.temporal else ():              # of the groups from 2 on, from the two before
        train_context.group_bits(net, None, f, g, step, known, known=2, collect=lambda y, scale, mean8: forecast.append(mean8.numpy().astype(int).ravel()))
    return out, np.concatenate(forecast) if forecast else np.zeros(0, int)


def set_indexes(sets, q):
    padded = np.full((sets.shape[0] + 1, sets.shape[1] + 1), SETS); padded[1:, 1:] = sets
    left, top = padded[1:, :-1], padded[:-1, 1:]
    left = left.copy(); left[:, 0] = SETS
    first = export_context.FINE * 8 + context.SCALES - export_context.FINE
    return (first + (q * (SETS + 1) + left) * (SETS + 1) + top).ravel()


def streams(rows, groups, sets, q, tokens):
    """What CompressAI's encoder writes: all in one stream, or a stream a group; the first begins with the sets."""
    from compressai import ans
    cdf = [[0] + np.cumsum(f.astype(int)).tolist() for _, f in rows]
    length, widest, offset = [len(c) for c in cdf], max(len(c) for c in cdf), [first for first, _ in rows]
    padded = [c + [0] * (widest - len(c)) for c in cdf]
    parts = [(set_indexes(sets, q), sets.ravel())] + [(row, y - whole) for row, whole, y in groups]
    cuts = [parts[:2], *([p] for p in parts[2:])] if tokens else [parts]
    out = []
    for cut in cuts:
        indexes, symbols = (np.concatenate(v).tolist() for v in zip(*cut))
        stream = ans.RansEncoder().encode_with_indexes(symbols, indexes, padded, length, offset)
        assert ans.RansDecoder().decode_with_indexes(stream, indexes, padded, length, offset) == symbols
        out.append(base64.b64encode(stream).decode())
    return out


def pack(a): return base64.b64encode(gzip.compress(np.asarray(a, "<i2").tobytes(), 9, mtime=0)).decode()


def case(net, rows, h, w, q, dates, seed, cloudy=False):
    s, clear, sets = chunk(h, w, dates, seed)
    if cloudy: clear[2] = 0                                                      # the second earlier date shows nothing of the ground
    groups, forecast = distributions(net, s, clear, sets, q)
    joined = [np.concatenate(v) for v in zip(*groups)]
    return {"rows": h, "columns": w, "quality": q, "symbols": pack(s[0]), "references": [pack(r) for r in s[1:]],
            "clear": clear[:1 + dates].astype(int).reshape(1 + dates, -1).tolist(), "sets": sets.ravel().tolist(),
            "tableRows": pack(joined[0]), "wholes": pack(joined[1]), "forecast": pack(forecast), "stream": streams(rows, groups, sets, q, False)[0],
            "tokens": streams(rows, groups, sets, q, True) if net.temporal else []}


def main():
    cfg = Config()
    for a in sys.argv[1:]:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, type(getattr(cfg, k))(v))
    torch.set_num_threads(1)
    for name, temporal in (("context-elic", False), ("context-tt", True)):
        folder = f"{cfg.out}/{name}"; os.makedirs(folder, exist_ok=True)
        net, rows = random_net(temporal, cfg.seed), random_rows(cfg.seed)
        export_context.summary_graph(net, f"{folder}/summary.onnx"); export_context.context_graph(net, f"{folder}/context.onnx")
        export_context.context_file(f"{folder}/tables", net, rows)
        with open(f"{folder}/tables", "rb") as f: packed = gzip.compress(f.read(), 9, mtime=0)
        os.remove(f"{folder}/tables")
        with open(f"{folder}/tables.gz", "wb") as f: f.write(packed)
        cases = [case(net, rows, 8, 8, 0, 0, 1), case(net, rows, 5, 7, 1, 0, 2)]
        if temporal: cases = [case(net, rows, 5, 7, 0, 0, 2), case(net, rows, 8, 8, 1, 2, 3), case(net, rows, 5, 7, 1, 1, 4), case(net, rows, 4, 3, 0, 2, 5, cloudy=True)]
        with open(f"{folder}/golden.json", "w") as f: json.dump(cases, f); f.write("\n")
        used = [np.unique(np.frombuffer(gzip.decompress(base64.b64decode(c["tableRows"])), "<i2")).size for c in cases]
        print(name, {f: os.path.getsize(f"{folder}/{f}") for f in os.listdir(folder)}, "different rows used:", used)


if __name__ == "__main__": main()
