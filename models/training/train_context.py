"""Trains a context model on frozen latents.

    python train_context.py --latents=DIR --temporal=0 --minutes=20 --out=elic.pt [--resume=elic.pt] [--exact=1]

DIR holds what latents.py wrote. Each step draws windows, a quality and a group of channels; the loss is the bits of the group's symbols
relative to TEC-FP's bits of the window. `--exact=1` trains with the integer arithmetic of use (straight-through), the last third by default.
"""
import dataclasses, glob, os, sys, time
import numpy as np, torch
import context, context_data, tables
from context import Quantised


@dataclasses.dataclass
class Config:
    latents: str = "latents"
    model: str = "../tec-s2"
    linear: str = "linear.npz"  # what fit_linear.py wrote
    out: str = "context.pt"
    resume: str = ""
    temporal: int = 0
    tokens: int = 0             # 1: 16 equal groups, 0: TEC-ELIC's uneven ones
    minutes: float = 20.
    batch: int = 8
    lr: float = 3e-3
    final: float = .02          # of lr at the end
    exact: float = .35          # last share of the time with integer arithmetic
    drop: float = .25           # share of windows without the second earlier date; half of it without any
    forecast: float = .15       # share of steps that forecast a token from the first few (tokens=1)
    most: int = 64              # channels of a group in one step
    hidden: int = 32
    wide: int = 64
    seed: int = 0
    threads: int = 1
    device: str = "cpu"         # cuda: the same with --batch=128 --wide=64
    log: int = 100


class Shape(torch.nn.Module):
    """The distribution of a symbol about its mean: three logistics whose widths and weights depend on the scale."""

    def __init__(self):
        super().__init__()
        self.ratio = torch.nn.Parameter(torch.log(torch.tensor([.25, .55, 1.3])).repeat(context.SCALES, 1))
        self.weight = torch.nn.Parameter(torch.zeros(context.SCALES, 3))

    def bits(self, d, scale):
        """d = symbol - mean, scale = index (float) -> bits."""
        low = scale.floor().clamp(0, context.SCALES - 2).long(); f = (scale - low)[..., None]
        mix = lambda p: p[low] * (1 - f) + p[low + 1] * f
        sigma = (context.SMALLEST * torch.exp2(scale / 4))[..., None] * mix(self.ratio).exp()
        d = d.abs()[..., None]
        p = torch.sigmoid((.5 - d) / sigma) - torch.sigmoid((-.5 - d) / sigma)
        return -torch.log2((p * mix(self.weight).softmax(-1)).sum(-1) + 2e-6)


def static_scales(frozen):
    """Scale index of each step, set and channel from the frozen tables: the standard deviation, differences not undone."""
    out = np.zeros((len(frozen.gain), frozen.sets, context.CHANNELS))
    for q in range(len(out)):
        for s in range(frozen.sets):
            for c in range(context.CHANNELS):
                first, f = frozen.first[q][s][c], frozen.freq[q][s][c].astype(float)
                v = np.r_[first + np.arange(len(f) - 1), first + len(f)]
                out[q, s, c] = np.sqrt((f * v ** 2).sum() / 65536)
    return np.clip(np.round(4 * np.log2(np.maximum(out, 1e-9) / context.SMALLEST)), 0, context.SCALES - 1)


def sources(folder, temporal):
    out = []
    for path in sorted(glob.glob(f"{folder}/single*.npy") + glob.glob(f"{folder}/sim*.npz") + glob.glob(f"{folder}/real-train*.npz")):
        if not os.path.exists(path + ".sets.npz"): continue
        s, name = np.load(path + ".sets.npz"), os.path.basename(path)
        if path.endswith(".npy"):
            y = np.load(path, mmap_mode="r")[:, None]; clear = np.ones(y[:, :, 0].shape, np.float32)
            sets, bits = s["sets"][:, None], s["bits"][:, None]
        else:
            f = np.load(path); y, clear, sets, bits = f["y"], f["share"], s["sets"], s["bits"]
            if y.ndim == 4: y, clear, sets, bits = y[None], clear[None], sets[None], bits[None]
        weight = {"single256": 4., "single128": 2., "sim192": 4., "sim128": 2.}.get(name.split("-")[0], {"worldcereal": 1.5, "romania": 3., "eolearn": .4}.get(name[11:-4], 1. if y.shape[-1] > 12 else .1))
        if temporal and name.startswith("single"): weight *= .2
        out.append((y, clear, sets, bits, weight))
    return out


def mean_of(weights, candidates):
    """Weights [n, K, ...] and candidates in quarters -> mean in symbols; exact: multiples of 1/8, as the decoder computes them."""
    if not Quantised.exact: return (weights * candidates / 4).sum(1)
    return context.Round.apply((weights * candidates * 2).sum(1)) / 8


def group_bits(net, shape, f, g, step, sets, known=None, collect=None, most=512):
    """Bits of each symbol of group g, summed over positions and channels: [n]. known: forecast the group in one pass from the groups before `known`.
    most: of a larger group that many channels are drawn and their bits scaled up.
    collect(symbols, scale, mean in eighths): gets what would be coded, instead of bits."""
    c0, c1 = net.groups[g], net.groups[g + 1]
    s = net.summary(f.planes(c0 if known is None else net.groups[known]), g, step, sets).flatten(2)
    size = c1 - c0
    if size > most: c0 += int(np.random.default_rng().integers(size - most + 1)); c1 = c0 + most
    base = net.base[step[:, None, None], sets.flatten(1)[:, None, :], torch.arange(c0, c1, device=step.device)[None, :, None]]     # [n, C_g, P]
    total = 0
    for kinds in context.passes(g) if known is None else [(0, 1, 2, 3, 4)]:
        kind = kinds[0] if len(kinds) == 1 else 0                               # 0: no neighbours are known
        at = f.positions(kinds)
        if len(at) == 0: continue
        means = net.static_means(step, sets.flatten(1)[:, at], c0, c1)
        own, candidates = f.own(net, g, (c0, c1), kind, at, step, base[..., at], means, forecast=known is not None)
        scale, weights = net(s[..., at], own, c0, c1, kind, step, base[..., at])
        y, mean = f.y[:, c0:c1].flatten(2)[..., at], mean_of(weights, candidates)
        if collect: collect(y, scale, 8 * mean)
        else: total = total + shape.bits(y - mean, scale).sum((1, 2))
    return total * (size / (c1 - c0)) if not collect else None


def main():
    cfg = Config()
    for a in sys.argv[1:]:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, type(getattr(cfg, k))(v))
    torch.manual_seed(cfg.seed); torch.set_num_threads(cfg.threads)
    frozen = tables.read(f"{cfg.model}/fp.tables", 1)
    gain, rounding = torch.from_numpy(frozen.gain), torch.from_numpy(frozen.rounding)
    groups = context.TOKENS if cfg.tokens else context.UNEVEN
    net, shape = context.Context(bool(cfg.temporal), groups, static_scales(frozen), dict(np.load(cfg.linear)), cfg.hidden, cfg.wide), Shape()
    if cfg.resume:
        state = torch.load(cfg.resume, map_location="cpu"); net.load_state_dict(state["net"]); shape.load_state_dict(state["shape"])
    net, shape, gain, rounding = (x.to(cfg.device) for x in (net, shape, gain, rounding))
    parameters = [*net.parameters(), *shape.parameters()]
    optimizer = torch.optim.AdamW(parameters, cfg.lr, betas=(.9, .98), weight_decay=1e-3)
    windows = context_data.Windows(sources(cfg.latents, cfg.temporal), cfg.seed + 1)
    rng = np.random.default_rng(cfg.seed + 2)
    G = len(groups) - 1
    share = np.full((6, G), 1.)                                                  # running bits of each group, to draw them by
    begin, step_no, sums = time.time(), 0, []
    while (t := (time.time() - begin) / 60 / cfg.minutes) < 1:
        Quantised.exact = t > 1 - cfg.exact
        for p in optimizer.param_groups: p["lr"] = cfg.lr * min(1, step_no / 100 + .01) * (cfg.final ** t)
        y, clear, sets, fp = (x.to(cfg.device) for x in windows.draw(cfg.batch, 3 if cfg.temporal else 1))
        q = rng.integers(6)
        v = y * gain[q][:, None, None]
        symbols = (v.sign() * torch.floor(v.abs() + rounding[q][:, None, None])).clamp(-tables.LIMIT, tables.LIMIT)
        if cfg.temporal:
            u = torch.rand(len(y), device=y.device)
            lose = torch.stack([torch.zeros_like(u), (u < cfg.drop / 2).float(), (u < cfg.drop).float()], 1)
            symbols = symbols * (1 - lose)[:, :, None, None, None]; clear = clear * (1 - lose)[:, :, None, None]
        p = share[q] / share[q].sum() * .8 + .2 / G
        g = rng.choice(G, p=p)
        f = context_data.Features(symbols[:, 0], [symbols[:, k] for k in (1, 2)] if cfg.temporal else [], clear, net.temporal)
        step, area = torch.full((len(y),), q, device=y.device), y.shape[-1] * y.shape[-2]
        known = rng.integers(g + 1) if cfg.tokens and rng.random() < cfg.forecast else None
        bits = group_bits(net, shape, f, g, step, sets[:, q].long(), known, most=cfg.most)
        relative = bits / (fp[:, q] * area + 40)
        loss = (relative / p[g] / G).mean()
        optimizer.zero_grad(); loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.)
        optimizer.step()
        if known is None: share[q, g] = .97 * share[q, g] + .03 * float(relative.detach().mean()) * 10; sums.append(float(loss.detach()) * G)
        step_no += 1
        if step_no % cfg.log == 0:
            print(f"{(time.time() - begin) / 60:6.1f} min {step_no:6d} {'exact' if Quantised.exact else 'float'} relative bits {np.mean(sums):.4f}", flush=True); sums = []
        if step_no % 500 == 0: save(cfg, net, shape, step_no)
    save(cfg, net, shape, step_no)


def save(cfg, net, shape, step_no):
    torch.save({"net": net.state_dict(), "shape": shape.state_dict(), "config": dataclasses.asdict(cfg), "step": step_no}, cfg.out + ".part")
    os.replace(cfg.out + ".part", cfg.out)


if __name__ == "__main__": main()
