"""Fits a context model: levels, linear predictions, the perceptrons of means (with references) and of scales; writes whole numbers.

    python -m tectile_training.train_context --chunks=chunks.pkl --out=elic.weights --report=elic.txt
    python -m tectile_training.train_context --chunks=series.pkl --temporal --out=tt.weights

chunks.pkl: {"order" [K], "degain" [steps, K], "step8" [steps], "train": [series], "held": [series], "names": held-out places}; a series is
{"symbols": {quality: int16 [dates, K, h, w]}, "axes": {quality: float32 [dates, 3, 12, 12]}, "clear": uint8 [dates, h, w] 0..127}, in order of time
(a single picture is one date); held-out ones also say what TEC-FP takes: "fp" and, of it for axes, "side", {quality: bits [dates]}. "costs" are
those of the entropy tables (`row_costs`), so what is fitted is what is coded.
"""

from __future__ import annotations

import argparse
import pathlib
import pickle
import time

import numpy as np
import torch
from torch import nn

from tectile_training import context
from tectile_training import context_features as cf

CLASSES, FAR = 9, 1024
SEED = 1


def log(*words):
    print(time.strftime("%H:%M:%S"), *words, flush=True)


# -- costs -----------------------------------------------------------------------------------------------------------------------------


def laplacian_costs(scales=64, fine=28, deadzone=0.3):
    """Bits [scales, 8, 2 FAR + 1] of symbol - floor(mean), by scale index (standard deviation 2^(s / 4 - 5)) and the mean's eighths; for trials."""
    spread = 2 ** (np.arange(scales) / 4 - 5) / np.sqrt(2)
    x = np.arange(-FAR, FAR + 1)
    out = np.zeros((scales, 8, 2 * FAR + 1), np.float32)
    for s, b in enumerate(spread):
        for e in range(8):
            mean = e / 8 if s < fine else float(e >= 4)
            low, high = x - 0.5 - mean, x + 0.5 - mean
            if mean in (0, 1):  # symbols are rounded towards 0
                low = np.where(
                    x - mean > 0, x - mean - deadzone, np.where(x == mean, deadzone - 1, x - mean - 1 + deadzone)
                )
                high = np.where(
                    x - mean > 0, x - mean + 1 - deadzone, np.where(x == mean, 1 - deadzone, x - mean + deadzone)
                )
            side = np.where(
                low >= 0,
                0.5 * (np.exp(-np.abs(low) / b) - np.exp(-np.abs(high) / b)),
                0.5 * (np.exp(-np.abs(high) / b) - np.exp(-np.abs(low) / b)),
            )
            p = np.where(
                (low < 0) & (high > 0), 1 - 0.5 * np.exp(-np.abs(low) / b) - 0.5 * np.exp(-np.abs(high) / b), side
            )
            escape = 17 + 4 * np.log2(1 + np.abs(x)) / 2
            out[s, e] = np.minimum(-np.log2(np.maximum(p, 1e-30)), escape)
    return out


def row_costs(first, count, start, cum, scales, fine):
    """The same of the rows of entropy tables (symbol rows first): an escape costs its row's entry and 4 bits a digit."""
    x = np.arange(-FAR, FAR + 1)
    out = np.zeros((scales, 8, 2 * FAR + 1), np.float32)
    for s in range(scales):
        for e in range(8):
            row = 8 * s + e if s < fine else 8 * fine + s - fine
            c = cum[start[row] : start[row] + count[row] + 2]
            bits = 16 - np.log2(np.diff(c).astype(np.float64))
            i = x - (0 if s < fine else int(e >= 4)) - first[row]
            inside = (i >= 0) & (i < count[row])
            raw = np.where(i < 0, -2 * i - 1, 2 * (i - count[row]))
            digits = np.ceil(np.log2(np.maximum(raw, 0) + 1) / 4)
            out[s, e] = np.where(inside, bits[np.clip(i, 0, count[row] - 1)], bits[-1] + 4 * (1 + digits))
    return out


def cost(costs, scales, means, symbols):
    """Bits of symbols, arrays of one shape; means in eighths."""
    x = np.clip(symbols.astype(np.int64) - (means >> 3), -FAR, FAR) + FAR
    return costs[scales, means & 7, x]


# -- data ------------------------------------------------------------------------------------------------------------------------------


def chunk_of(series, quality, date, step8):
    k, h, w = series["symbols"][quality][date].shape
    return context.Chunk(
        series["symbols"][quality][date],
        quality,
        int(step8),
        np.full((h, w), 16),
        series["clear"][date].astype(np.int64),
        series["axes"][quality][date],
    )


def with_cloud(chunk, r):
    """The same chunk with a part coded in steps three times as large."""
    h, w = chunk.mult.shape
    where = (
        (np.add.outer(np.arange(h), r.normal(0, 1) * np.arange(w)) > r.uniform(0, h))
        if min(h, w) > 1
        else np.zeros((h, w), bool)
    )
    v = chunk.symbols / np.where(where, 3, 1)
    return chunk._replace(
        symbols=(np.sign(v) * np.floor(np.abs(v) + 0.4)).astype(np.int16), mult=np.where(where, 48, 16)
    )


def singles(series, step8, r, clouds=0.15):
    """Every date and quality by itself."""
    for s in series:
        for q, symbols in s["symbols"].items():
            for t in range(len(symbols)):
                chunk = chunk_of(s, q, t, step8[q])
                yield with_cloud(chunk, r) if r.random() < clouds else chunk


def pairs(series, step8, r, clouds=0.1):
    """(chunk, references): each series' last date with two, one or no earlier ones, or the middle one with both sides."""
    for s in series:
        for q, symbols in s["symbols"].items():
            parts = [chunk_of(s, q, t, step8[q]) for t in range(len(symbols))]
            if r.random() < clouds:
                parts = [with_cloud(p, r) for p in parts]
            n = min(len(parts) - 1, 2 if r.random() < 0.75 else 1 if r.random() < 0.7 else 0)
            at = 1 if n == 2 and r.random() < 0.2 else len(parts) - 1
            others = [i for i in range(len(parts)) if i != at][::-1][:n]
            yield parts[at], [parts[i] for i in others]


# -- what is not a perceptron ----------------------------------------------------------------------------------------------------------


def linear_design(chunk, model, c, own_values):
    """[49, positions] inputs of channel c's linear prediction, in symbols of step 16/16."""
    h, w = chunk.mult.shape
    v = own_values[c]
    pad = np.pad(v, 1, mode="edge")
    left, top, corner, right = pad[1:-1, :-2].copy(), pad[:-2, 1:-1].copy(), pad[:-2, :-2].copy(), pad[:-2, 2:].copy()
    left[:, 0], top[0] = top[:, 0], left[0]
    left[0, 0] = top[0, 0] = 0
    corner[0], corner[:, 0] = top[0], top[:, 0]
    right[0], right[:, -1] = top[0], top[:, -1]
    out = [left, top, corner, right]
    for o in model.linear_slots[c]:
        if o < 0:
            out += [np.zeros((h, w))] * 5
            continue
        p = np.pad(own_values[o], 1, mode="edge")
        out += [p[1:-1, 1:-1], p[1:-1, :-2], p[:-2, 1:-1], p[1:-1, 2:], p[2:, 1:-1]]
    return np.stack(out).reshape(cf.LINEAR_INPUTS, -1)


def fit_linear(chunks, order, span=96):
    """Ridge regressions of the channels of frequencies below 3; kept where they make what is left smaller. -> index [K], weights [lines, 49]."""
    shell = context.ModelArrays(**dict.fromkeys(context.ModelArrays._fields))._replace(
        linear_slots=np.where((s := cf.linear_slots(order)) < span, s, -1)
    )
    index, lines = np.full(len(order), -1), []
    values = [c.symbols[:span].astype(np.float64) * c.mult / 16 for c in chunks]
    for c in range(span):
        if max(order[c] % 256 // 16, order[c] % 16) > 2:
            continue
        xx, xy, raw, sets = np.zeros((cf.LINEAR_INPUTS,) * 2), np.zeros(cf.LINEAR_INPUTS), 0.0, []
        for chunk, v in zip(chunks, values):
            d, y = linear_design(chunk, shell, c, v), v[c].ravel()
            weight = 1 / (np.abs(y - np.median(y)).mean() + 0.5) ** 2
            xx += weight * d @ d.T
            xy += weight * d @ y
            raw += len(y) * np.log2(np.abs(y).mean() + 0.4)
            sets.append((d, y))
        w = np.linalg.solve(xx + 0.01 * np.trace(xx) / len(xx) * np.eye(len(xx)), xy)
        w = np.clip(np.round(w * 4096), -32767, 32767)
        left = sum(len(y) * np.log2(np.abs(y - w @ d / 4096).mean() + 0.4) for d, y in sets)
        if left < raw - 0.02 * sum(len(y) for _, y in sets):
            index[c] = len(lines)
            lines.append(w)
    return index, np.array(lines)


def fit_levels(chunks, model, steps):
    """level [steps, K] from the mean size of what linear prediction leaves (eighths), expect [256]: the mean log of a channel of each level."""
    k = len(model.order)
    size, logs, count = np.zeros((steps, k)), np.zeros((steps, k)), np.zeros(steps)
    for chunk in chunks:
        left = residuals(chunk, model)
        size[chunk.quality] += np.minimum(left, 4000).mean((1, 2))
        logs[chunk.quality] += (8 * np.log2(1 + left / 4)).mean((1, 2))
        count[chunk.quality] += 1
    level = np.clip(np.round(8 * np.log2(size / count[:, None] + 0.02)) + 48, 0, 255).astype(np.int64)
    num, den = (
        np.bincount(level.ravel(), (logs / count[:, None]).ravel(), 256),
        np.bincount(level.ravel(), minlength=256),
    )
    known = np.nonzero(den)[0]
    return level, np.round(16 * np.interp(np.arange(256), known, num[known] / den[known])).astype(np.int64)


def residuals(chunk, model):
    """|symbol - linear prediction| [K, h, w], eighths of a symbol of step 16/16."""
    scaled = chunk.symbols * chunk.mult / 16
    out = np.abs(scaled) * 8
    for c in np.nonzero(model.linear_index >= 0)[0]:
        d = linear_design(chunk, model, c, scaled[: model.linear_span])
        out[c] = (
            np.abs(scaled[c].ravel() - model.linear[model.linear_index[c]] @ d / 4096).reshape(chunk.mult.shape) * 8
        )
    return out


def classes_of(order):
    """Components 0, 1 and the others times radii 0..2, 3..7, 8..15."""
    f = order % 256
    radius = np.maximum(f // 16, f % 16)
    return np.minimum(order // 256, 2) * 3 + (radius > 2) + (radius > 7)


# -- perceptrons -----------------------------------------------------------------------------------------------------------------------


class Perceptrons(nn.Module):
    """One perceptron of 16 hidden units a class, a bias of every channel; features in whole numbers."""

    def __init__(self, features, channels, outputs, steps):
        super().__init__()
        self.first = nn.Parameter(torch.randn(CLASSES, features, context.HIDDEN) * 0.2)
        self.bias = nn.Parameter(torch.randn(channels, context.HIDDEN) * 0.1)
        self.out = nn.Parameter(torch.randn(CLASSES, context.HIDDEN, outputs) * 0.05)
        self.base = nn.Parameter(torch.zeros(channels, outputs))
        self.step = nn.Parameter(torch.zeros(steps, CLASSES, outputs))

    def forward(self, x, channel, quality, kind):
        h = torch.relu((x.float() / 32) @ self.first[kind] + self.bias[channel]).clamp(max=cf.HIDDEN_LIMIT / 128)
        return h @ self.out[kind] + self.base[channel] + self.step[quality, kind]

    def whole(self):
        """first, bias, out as integers of the file."""
        as_int = lambda v, unit: np.clip(np.round(v.detach().numpy().astype(np.float64) * unit), -32767, 32767).astype(
            np.int64
        )
        return as_int(self.first, 1024), as_int(self.bias, 128), as_int(self.out, 1024)


class Samples:
    """Symbols drawn from chunks: features, symbol, mean, channel, quality and what else a loss wants, kept by class."""

    def __init__(self, classes):
        self.classes, self.parts = classes, []

    def add(self, features, per, r, quality, first=0, **more):
        """features [channels from `first` on, h, w, F], `more` alike."""
        k, h, w, f = features.shape
        n = k * h * w
        pick = r.choice(n, min(per, n), replace=False)
        channel = first + pick // (h * w)
        more = {name: v.reshape(n, *v.shape[3:])[pick] for name, v in more.items()}
        self.parts.append(
            {
                "x": features.reshape(n, f)[pick],
                "channel": channel.astype(np.int16),
                "quality": np.full(len(pick), quality, np.int8),
                **more,
            }
        )

    def finish(self):
        whole = {n: torch.from_numpy(np.concatenate([p[n] for p in self.parts])) for n in self.parts[0]}
        self.parts = []
        kinds = torch.from_numpy(self.classes)[whole["channel"].long()]
        return [{n: v[i] for n, v in whole.items()} for i in (torch.nonzero(kinds == k)[:, 0] for k in range(CLASSES))]


def fit(net, samples, loss, steps, batch, rate=1e-2):
    """loss(net, part of a class's samples, class) -> bits of each; batches divided among classes by bits and count."""
    counts = np.array([len(s["x"]) for s in samples], float)
    with torch.no_grad():
        few = lambda s: {n: v[torch.randint(len(v), (4096,))] for n, v in s.items()}
        mass = np.array(
            [loss(net, few(s), k).mean().item() * len(s["x"]) if len(s["x"]) else 0 for k, s in enumerate(samples)]
        )
    share = 0.5 * mass / mass.sum() + 0.5 * counts / counts.sum()
    optimiser = torch.optim.Adam(net.parameters(), rate, betas=(0.9, 0.99))
    run = []
    for step in range(steps):
        for g in optimiser.param_groups:
            g["lr"] = rate * min(1, (step + 1) / 50) * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * step / steps)))
        total = 0
        for k, s in enumerate(samples):
            if not counts[k]:
                continue
            pick = torch.randint(len(s["x"]), (max(64, int(batch * share[k])),))
            total = total + loss(net, {n: v[pick] for n, v in s.items()}, k).mean() * counts[k] / counts.sum()
        optimiser.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        run.append(total.item())
        if (step + 1) % 250 == 0:
            log(f"step {step + 1}: {np.mean(run):.5f} bits a symbol")
            run = []


def scale_loss(costs, level_index):
    """Bits between the two nearest scale indices' rows."""
    table = torch.from_numpy(costs)
    scales = len(costs)

    def loss(net, s, kind):
        channel, quality = s["channel"].long(), s["quality"].long()
        index = (4 * net(s["x"], channel, quality, kind)[:, 0] + level_index[quality, channel] - s["less"] * 0.5).clamp(
            0, scales - 1.001
        )
        low = index.detach().floor().long()
        e, x = (s["mean"] & 7).long(), (s["symbol"].long() - (s["mean"].long() >> 3)).clamp(-FAR, FAR) + FAR
        a, b = table[low, e, x], table[low + 1, e, x]
        return a + (index - low) * (b - a)

    return loss


def mean_loss(level_index):
    """Bits of a Laplacian about the mean, whose scale the same perceptron gives; smooth, so that means can be learnt."""

    def loss(net, s, kind):
        channel, quality = s["channel"].long(), s["quality"].long()
        out = net(s["x"], channel, quality, kind)
        weights = out[:, : cf.CANDIDATES].clamp(-2, 2)
        mean = (weights * s["candidates"].float()).sum(1) / 8
        spread = (
            torch.exp2(
                (out[:, cf.CANDIDATES] * 4 + level_index[quality, channel] - s["less"] * 0.5 - 20).clamp(-12, 50) / 4
            )
            / 1.41421
        )
        d = (s["symbol"].float() - mean).abs()
        inside = 1 - torch.exp(-0.5 / spread) * torch.cosh((d / spread).clamp(max=30))
        outside = torch.exp((0.5 - d) / spread) * 0.5 * (1 - torch.exp(-1 / spread))
        p = torch.where(d < 0.5, inside, outside)
        far = (d - 0.5) / spread * 1.4427 + 1 - torch.log2(-torch.expm1(-1 / spread))
        return torch.where(d < 0.5, -torch.log2(p.clamp(min=1e-6)), far)

    return loss


# -- the whole -------------------------------------------------------------------------------------------------------------------------


def less_level(chunk, channels):
    """[K, h, w]: eighths of an octave that a multiplied step takes off a level."""
    per = np.array([context.log(int(m)) - 32 for m in chunk.mult.ravel()]).reshape(chunk.mult.shape)
    return np.broadcast_to(per, (channels, *per.shape)).astype(np.int16)


def level_indices(level):
    """Scale index that a level says by itself: a Laplacian's standard deviation from its mean size in eighths."""
    return (level - 48) / 8 * 4 - 12 + 2 + 20


def train(data, costs, temporal, steps, per, batch, report):
    r = np.random.default_rng(SEED)
    torch.manual_seed(SEED)
    order, degain, step8 = data["order"], data["degain"], data["step8"]
    alone = list(singles(data["train"], step8, r, 0))
    alone = [alone[i] for i in r.permutation(len(alone))[:400]]
    index, linear = fit_linear([c for c in alone if c.quality == 3][:120], order)
    log(f"{len(linear)} channels of linear predictions: {np.nonzero(index >= 0)[0].tolist()}")
    n_steps, k = len(step8), len(order)
    classes = classes_of(order)
    features = cf.OWN_FEATURES + (cf.REFERENCE_FEATURES if temporal else 0)
    zero = {
        "scale_first": np.zeros((CLASSES, features, context.HIDDEN)),
        "scale_bias": np.zeros((k, context.HIDDEN)),
        "scale_out": np.zeros((CLASSES, context.HIDDEN)),
    }
    if temporal:
        zero |= {
            "mean_first": np.zeros((CLASSES, cf.MEAN_FEATURES, context.HIDDEN)),
            "mean_out": np.zeros((CLASSES, context.HIDDEN, cf.MEAN_OUTPUTS)),
        }
    model = context.assemble(order, len(costs), steps=step8, classes=classes, linear_span=96, linear_index=index, linear=linear, expect=np.zeros(256),
                             level=np.zeros((n_steps, k)), base=np.zeros((n_steps, k)), **zero)  # fmt: skip
    level, expect = fit_levels(alone, model, n_steps)
    model = model._replace(level=level, expect=expect)
    level_index = torch.from_numpy(level_indices(level)).float()
    work = list(pairs(data["train"], step8, r)) if temporal else [(c, []) for c in singles(data["train"], step8, r)]
    log(f"{len(work)} chunks")

    turned = [
        context.turned_references(c, refs, degain, model, k).astype(np.int32) if temporal else None for c, refs in work
    ]
    if temporal:
        samples = Samples(classes)
        for (chunk, refs), t in zip(work, turned):
            if not refs:
                continue
            t = t.astype(np.int64)
            for known in (k, r.choice([0, 60, 150])) if r.random() < 0.3 else (k,):
                f = context.describe(model, chunk, refs, degain, known=known, want=1, refs=t)
                candidates = np.zeros((k, *chunk.mult.shape, cf.CANDIDATES), np.int32)
                candidates[..., 0], candidates[..., 1] = t
                if known == k:
                    candidates[..., 2:] = linear_guesses(model, chunk, t)
                else:
                    f, candidates = f[known:], candidates[known:]
                offset = known % k
                samples.add(f, per if known == k else per // 3, r, chunk.quality, offset, symbol=chunk.symbols[offset:],
                            candidates=candidates, less=less_level(chunk, k)[offset:])  # fmt: skip
        samples = samples.finish()
        log(f"{sum(len(s['x']) for s in samples)} samples of means")
        net = Perceptrons(cf.MEAN_FEATURES, k, cf.MEAN_OUTPUTS, n_steps)
        with torch.no_grad():
            net.base[:, :5] = torch.tensor([0.3, 0.2, 0.5, 0.3, 0.2])
            net.base[index >= 0, :2] = torch.tensor([0.3, 0.2])
        fit(net, samples, mean_loss(level_index), steps, batch)
        first, bias, out = net.whole()
        base = net.base + net.step.mean(0)[torch.from_numpy(classes)]
        model = model._replace(mean_first=first, mean_bias=bias, mean_out=out,
                               mean_base=np.round(base.detach().numpy() * 256).astype(np.int64))  # fmt: skip
        del samples

    samples = Samples(classes)
    for (chunk, refs), t in zip(work, turned):
        t = t.astype(np.int64) if temporal else None
        means = (
            context.describe(model, chunk, refs, degain, want=3, refs=t)[0]
            if temporal
            else np.zeros(chunk.symbols.shape, np.int32)
        )
        f = context.describe(model, chunk, refs, degain, want=2, means=means, refs=t)
        samples.add(f, per, r, chunk.quality, symbol=chunk.symbols, mean=means, less=less_level(chunk, k))
    del turned
    samples = samples.finish()
    log(f"{sum(len(s['x']) for s in samples)} samples of scales")
    net = Perceptrons(features, k, 1, n_steps)
    fit(net, samples, scale_loss(costs, level_index), steps, batch)
    first, bias, out = net.whole()
    said = net.base[:, 0] + net.step[:, torch.from_numpy(classes), 0]
    base = np.round((said.detach().numpy() * 4 + level_indices(level)) * 64)
    model = model._replace(
        scale_first=first, scale_bias=bias, scale_out=np.ascontiguousarray(out[:, :, 0]), base=base.astype(np.int64)
    )
    return model


def linear_guesses(model, chunk, turned):
    """[K, h, w, 3]: linear predictions of the symbols and of their differences to the references, eighths, rounded as floats round."""
    k = len(model.order)
    out = np.zeros((k, *chunk.mult.shape, 3), np.int32)
    own = chunk.symbols * chunk.mult / 16
    for n, values in enumerate((own, own - turned[0] * chunk.mult / 128, own - turned[1] * chunk.mult / 128)):
        for c in np.nonzero(model.linear_index >= 0)[0]:
            d = linear_design(chunk, model, c, values[: model.linear_span])
            v = (model.linear[model.linear_index[c]] @ d / 4096).reshape(chunk.mult.shape) * 128 / chunk.mult
            out[c, ..., n] = np.clip(np.floor(v + 0.5), -cf.MEAN_LIMIT, cf.MEAN_LIMIT)
    return out


def measure(model, data, costs, qualities):
    """Rows (name, date, quality, references, positions, bits, bits of TEC-FP), axes included."""
    rows = []
    for name, s in zip(data["names"], data["held"]):
        for q in qualities:
            parts = [chunk_of(s, q, t, data["step8"][q]) for t in range(len(s["symbols"][q]))]
            for t, chunk in enumerate(parts):
                refs = parts[max(0, t - 2) : t][::-1] if context.is_temporal(model) else []
                means, scales = context.describe(model, chunk, refs, data["degain"])
                rows.append(
                    (
                        name,
                        t,
                        q,
                        len(refs),
                        chunk.mult.size,
                        float(cost(costs, scales, means, chunk.symbols).sum()) + s["side"][q][t] + 28 * 8,
                        s["fp"][q][t],
                    )
                )
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=pathlib.Path, required=True, help="symbols to fit and measure on, see above")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="weights to write")
    parser.add_argument("--report", type=pathlib.Path, help="pickle of the held-out places' bits")
    parser.add_argument("--temporal", action="store_true", help="with earlier dates as context")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--per", type=int, default=16000, help="symbols drawn of a chunk")
    parser.add_argument("--batch", type=int, default=32768)
    parser.add_argument("--qualities", default="1,3,5", help="measured ones")
    a = parser.parse_args()
    torch.set_num_threads(1)
    data = pickle.loads(a.chunks.read_bytes())
    costs = data["costs"] if "costs" in data else laplacian_costs()
    model = train(data, costs, a.temporal, a.steps, a.per, a.batch, a.report)
    a.out.write_bytes(context.write(model))
    log(f"wrote {a.out}: {a.out.stat().st_size} bytes")
    rows = measure(model, data, costs, [int(q) for q in a.qualities.split(",")])
    for q in sorted({row[2] for row in rows}):
        for n in sorted({row[3] for row in rows}):
            own = [row for row in rows if row[2] == q and row[3] == n]
            if own:
                ratios = [row[5] / row[6] for row in own]
                log(
                    f"step {q}, {n} references, {len(own)} chunks: {sum(r[5] for r in own) / sum(r[6] for r in own):.4f} of TEC-FP, mean of ratios {np.mean(ratios):.4f}"
                )
    if a.report:
        a.report.write_bytes(pickle.dumps(rows))


if __name__ == "__main__":
    main()
