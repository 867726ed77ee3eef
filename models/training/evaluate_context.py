"""Bits of context models on the held-out places against TEC-FP's, chunk by chunk, all passes, exact arithmetic.

    python evaluate_context.py --latents=DIR --checkpoint=elic.pt [--step=3]
"""
import glob, os, sys
import numpy as np, torch
import context, context_data, tables, train_context
from context import Quantised


def load(path, model="../tec-s2"):
    state = torch.load(path, map_location="cpu"); cfg = train_context.Config(**state["config"])
    frozen = tables.read(f"{model}/fp.tables", 1)
    net = context.Context(bool(cfg.temporal), context.TOKENS if cfg.tokens else context.UNEVEN, train_context.static_scales(frozen),
                          {k.removeprefix("linear_").replace("_", "-"): v for k, v in state["net"].items() if k.startswith("linear_")}, cfg.hidden, cfg.wide)
    net.load_state_dict(state["net"])
    shape = train_context.Shape(); shape.load_state_dict(state["shape"])
    return net, shape, frozen


def symbols(y, frozen, q):
    return torch.from_numpy(tables.quantise(y.astype(np.float32), frozen.gain[q], frozen.rounding[q]).astype(np.float32))


@torch.no_grad()
def chunk_bits(net, shape, s, refs, clear, sets, q):
    """s [C, h, w], refs [2][C, h, w], clear [3, h, w] (0..127), sets [h, w] -> bits of each group."""
    f = context_data.Features(s[None], [r[None] for r in refs], clear[None], net.temporal)
    return np.array([float(train_context.group_bits(net, shape, f, g, torch.tensor([q]), sets[None].long())) for g in range(len(net.groups) - 1)])


def image_bits(net, shape, frozen, q, y, sets, earlier=(), clear=None):
    """y [C, h, w] latents, sets [steps, h, w], earlier: up to two of y's kind, clear [1 + n, h, w] shares -> symbol bits of all chunks."""
    s = symbols(y, frozen, q); refs = [symbols(e, frozen, q) for e in earlier]
    clear = np.ones((1 + len(refs), *y.shape[1:])) if clear is None else clear
    total = 0
    for i in range(0, y.shape[1], 16):
        for j in range(0, y.shape[2], 16):
            cut = lambda a: a[..., i:i + 16, j:j + 16]
            r = [cut(x) for x in refs] + [torch.zeros_like(cut(s))] * (2 - len(refs))
            c = torch.zeros(3, *cut(s).shape[1:]); c[:1 + len(refs)] = torch.from_numpy(np.floor(cut(clear).astype(np.float32) * 127))
            total = total + chunk_bits(net, shape, cut(s), r, c, torch.from_numpy(cut(sets[q])), q)
    return total


def main():
    o = dict(a.removeprefix("--").split("=") for a in sys.argv[1:])
    torch.set_num_threads(1); Quantised.exact = o.get("exact", "1") == "1"
    net, shape, frozen = load(o["checkpoint"])
    q = [int(x) for x in o.get("step", "0,1,2,3,4,5").split(",")]
    if net.temporal: return series(net, shape, frozen, o["latents"], q)
    names = sorted(glob.glob(f"{o['latents']}/val-*.npz"))
    names = [n for n in names if n.endswith("tif.npz") and any(k in n for k in ("ssl4eo", "majortom", "bigearth", "2020-02-02", "2021-06-26", "2020-01-18", "209075000", "275496"))]
    ratios = []
    for n in names:
        f, known = np.load(n), np.load(n + ".sets.npz")
        r = []
        for k in q:
            side = 4 * f["y"].shape[1] * f["y"].shape[2]
            r.append((image_bits(net, shape, frozen, k, f["y"], known["sets"]).sum() + side) / known["bits"][k])
        ratios.append(r); print(f"{os.path.basename(n)[4:-8]:50s}", *(f"{x:.3f}" for x in r), flush=True)
    print(f"{'mean':50s}", *(f"{x:.3f}" for x in np.mean(ratios, 0)))


def series(net, shape, frozen, folder, q):
    for n in sorted(glob.glob(f"{folder}/real-val-*.npz")):
        if n.endswith("sets.npz"): continue
        f, known = np.load(n), np.load(n + ".sets.npz")
        y, clear = f["y"], f["share"]
        fine = [t for t in range(len(y)) if clear[t].mean() > .7]
        for t in range(len(y)):
            before = [k for k in fine if k < t][::-1][:2]
            side = 4 * y.shape[2] * y.shape[3]
            r = [(image_bits(net, shape, frozen, k, y[t], known["sets"][t], [y[b] for b in before], clear[[t, *before]]).sum() + side) / known["bits"][t, k] for k in q]
            print(f"{os.path.basename(n)[9:-4]:20s} date {t} clear {clear[t].mean():.2f} from {before}", *(f"{x:.3f}" for x in r), flush=True)


if __name__ == "__main__": main()
