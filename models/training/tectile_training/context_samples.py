"""Chunks that context models are fitted to and measured on, as the encoder makes them: symbols chosen under the tables of TEC-FP, axes, clear shares.

    python -m tectile_training.context_samples --checkpoint=codec.pt --tables=entropy.tables --singles=chunks.pkl --series=series.pkl

What the files hold is told in train_context. Dates of a series take the axes of its first date where that is no dearer than their own.
With --by a context model, which sees earlier dates where it is one of series, chooses the symbols again, as ingest does; the bits of TEC-FP are those of its own choice.
"""

import argparse
import pathlib
import pickle

import numpy as np
import torch

from . import axes, basis, context, crops, encoder, entropy_tables, evaluate, network, pictures, samples, series
from .train_context import cost, log, row_costs

SHARE = (0.12, 0.15, 0.2, 0.22, 0.18, 0.13)  # of the quality steps
SIDE = 256


class Coder:
    """One codec under one set of tables."""

    def __init__(self, net, tables, rounds=1, by=None):
        self.net, self.tables, self.rounds, self.by = net, tables, rounds, by
        self.costs = head(net, tables)["costs"]
        self.encoder = encoder.Encoder(net, tables)

    def coded(self, x, q, first=None, clear=None, earlier=()):
        """(symbols [K, h, w], axes [3, 12, 12], bits of TEC-FP, bits of axes) of pixels [12, H, W]; `first`: another date's axes, to choose from; `earlier`: chunks."""
        sample = samples.cut("", x, self.net.weights)
        self.encoder.prepare(sample, q)
        if first is not None:
            self.share_axes(sample, first, q)
        out = self.encoder.encode(sample, q, self.rounds)
        symbols = out.symbols.T.reshape(-1, sample.rows, sample.columns).astype(np.int16)
        if self.by is not None:
            symbols = self.again(sample, symbols, q, clear, earlier)
        return symbols, sample.axes[0].numpy().astype(np.float32), float(out.bits), float(out.angle_bits)

    def again(self, sample, symbols, q, clear, earlier):
        """Symbols by the context model's rows: the least of squared error, in steps, and TRADE times bits."""
        chunk = chunk_of(symbols, q, clear, sample.axes[0].numpy())
        means, scales = context.describe(
            self.by, chunk, earlier if context.is_temporal(self.by) else (), self.tables.degain
        )
        gain = self.tables.degain[q].astype(np.float64)[:, None, None]
        values = sample.components.T.reshape(symbols.shape) / (gain * basis.STEPS[q])
        least, out = np.full(symbols.shape, np.inf), symbols.astype(np.int64)
        for candidate in (np.floor(values), np.ceil(values), np.zeros_like(values)):
            candidate = np.clip(candidate, -16383, 16383).astype(np.int64)
            total = ((values - candidate) * gain) ** 2 + encoder.TRADE * cost(self.costs, scales, means, candidate)
            better = total < least
            least, out = np.where(better, total, least), np.where(better, candidate, out)
        plain = np.asarray(self.tables.predicted, bool)
        out[plain] = symbols[plain]
        return out.astype(np.int16)

    def share_axes(self, sample, first, q):
        """Takes `first` for the groups where it costs no more, as mode REFERENCE, which names no angle."""
        kept = torch.zeros(basis.BANDS * basis.FREQUENCIES, dtype=torch.bool)
        kept[self.net.order] = True
        kept = kept.reshape(basis.BANDS, -1).numpy()
        radius, group = basis.RADIUS.numpy(), basis.GROUP.numpy()
        positions = sample.rows * sample.columns
        for g in range(basis.GROUPS):
            f = np.flatnonzero((group == g) & (radius > 0))
            bands = sample.coefficients[0][:, f].double().flatten(2)
            covariance = torch.einsum("bfp,cfp->fbc", bands, bands).numpy() / positions

            def bits(a, covariance=covariance, f=f):
                energy = np.maximum(np.einsum("mb,fbc,mc->mf", a, covariance, a, optimize=True), 0)
                return axes.estimate(energy, kept[:, f], basis.STEPS[q], positions)

            own = sample.axes[0, g].double().numpy()
            if bits(first[g].astype(np.float64)) <= bits(own) + self.tables.angle_bits(g, sample.integers[g]):
                sample.axes[0, g] = torch.from_numpy(first[g])
                sample.integers[g] = np.zeros(0, np.int64)
        samples.fill(sample, self.net)

    def dates(self, pixels, clear, qualities, shared):
        """A series as train_context reads it, with the bits of TEC-FP and of axes, [dates] of each quality."""
        out = {
            "symbols": {},
            "axes": {},
            "fp": {},
            "side": {},
            "clear": np.floor(series.share(clear) * 127).astype(np.uint8),
        }
        for q in qualities:
            first, found = None, []
            for x, share in zip(pixels, out["clear"].astype(np.int64)):
                earlier = [chunk_of(f[0], q, c.astype(np.int64), f[1]) for f, c in zip(found, out["clear"])][:-3:-1]
                found.append(self.coded(x, q, first if shared else None, share, earlier))
                first = found[0][1]
            out["symbols"][q], out["axes"][q] = np.stack([f[0] for f in found]), np.stack([f[1] for f in found])
            out["fp"][q], out["side"][q] = [f[2] for f in found], [f[3] for f in found]
        return out


def chunk_of(symbols, q, clear, axes_of):
    return context.Chunk(symbols, int(q), round(8 * basis.STEPS[q]), np.full(clear.shape, 16), clear, axes_of)


def cut(x, r, side):
    """A random window of whole positions of [..., H, W], at most `side` wide."""
    h, w = (min(s // basis.STRIDE * basis.STRIDE, side) for s in x.shape[-2:])
    i, j = r.integers(x.shape[-2] - h + 1), r.integers(x.shape[-1] - w + 1)
    return np.s_[..., i : i + h, j : j + w]


def head(net, tables, held=()):
    symbols = tables.symbols
    first, count = np.array([f for f, _ in symbols]), np.array([len(v) - 1 for _, v in symbols])
    cums = [np.r_[0, np.cumsum(v.astype(np.int64))] for _, v in symbols]
    start = np.cumsum([0] + [len(c) for c in cums[:-1]])
    costs = row_costs(first, count, start, np.concatenate(cums), tables.scales, tables.fine)
    step8 = np.array([round(8 * s) for s in basis.STEPS])
    return {
        "order": net.order.numpy(),
        "degain": np.asarray(tables.degain),
        "step8": step8,
        "costs": costs,
        "train": [],
        "held": [],
        "names": list(held),
    }


def write_singles(path, coder, images, chunks, steps, r):
    out = head(coder.net, coder.tables)
    w = np.array([p.weight for p in images])
    for i in r.choice(len(images), chunks, p=w / w.sum()):
        x = images[i].pixels
        x = np.array(x[cut(x, r, SIDE)], np.float32)
        ok = np.ones((1, *x.shape[1:]), bool)
        out["train"].append(coder.dates(x[None], ok, r.choice(6, steps, replace=False, p=SHARE), False))
    log(f"{chunks} training chunks")
    for name, x in evaluate.held_out():
        out["held"].append(coder.dates(x[None], np.ones((1, *x.shape[1:]), bool), (1, 3, 5), False))
        out["names"].append(name)
    path_write(path, out)


def write_series(path, coder, images, simulated, repeats, r):
    out = head(coder.net, coder.tables)
    for _, x, ok in series.real():
        for _ in range(repeats * 5 if len(x) > 3 else repeats):
            n = len(x)
            pick = r.permutation(n)[:3] if r.random() < 0.5 else r.integers(max(1, n - 2)) + np.arange(min(3, n))
            window = cut(x, r, 128)
            some, seen = x[pick][window], ok[pick][window]
            if r.random() < 0.5:
                some, seen = some[..., ::-1], seen[..., ::-1]
            if r.random() < 0.5:
                some, seen = some.swapaxes(2, 3), seen.swapaxes(1, 2)
            out["train"].append(coder.dates(some, seen, r.choice(6, 1, p=SHARE), True))
    log(f"{len(out['train'])} real series")
    draw = crops.Crops(images, 128, 3)
    for _ in range(simulated):
        x, ok = series.simulated(draw.draw(1)[0], draw.rng)
        out["train"].append(coder.dates(x, ok, r.choice(6, 1, p=SHARE), True))
    log(f"{simulated} simulated series")
    for name, x, ok in series.real(True):
        window = np.s_[..., : min(x.shape[-2] // 16 * 16, SIDE), : min(x.shape[-1] // 16 * 16, SIDE)]
        out["held"].append(coder.dates(x[window], ok[window], (1, 3, 5), True))
        out["names"].append(name)
    path_write(path, out)


def path_write(path, out):
    with open(path, "wb") as file:
        pickle.dump(out, file, 4)
    log(f"wrote {path}")


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--tables", required=True)
    parser.add_argument("--without-branches", action="store_true")
    parser.add_argument("--by", type=pathlib.Path, help="weights of a context model")
    parser.add_argument("--singles", help="where single chunks go, .pkl")
    parser.add_argument("--series", help="where series go, .pkl")
    parser.add_argument("--chunks", type=int, default=110)
    parser.add_argument("--steps", type=int, default=3, help="quality steps of each single chunk")
    parser.add_argument("--simulated", type=int, default=110)
    parser.add_argument(
        "--repeats", type=int, default=2, help="windows of each real series, five times as many of long ones"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    net, _ = network.load(options.checkpoint)
    if options.without_branches:
        net.ana = net.at16 = None
    by = None if options.by is None else context.read(options.by.read_bytes())
    coder = Coder(net, entropy_tables.read(options.tables), by=by)
    r = np.random.default_rng(5)
    images = pictures.images()
    if options.singles:
        write_singles(options.singles, coder, images, options.chunks, options.steps, r)
    if options.series:
        write_series(options.series, coder, images, options.simulated, options.repeats, r)


if __name__ == "__main__":
    main()
