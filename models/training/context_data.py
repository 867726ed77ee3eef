"""Latents of single dates and series as training windows of the context models, and the features of their symbols (integers in float32)."""
import numpy as np, torch, torch.nn.functional as F
import context
from context import level, shifted


class Windows:
    """Random windows of latents: `draw(n, dates)` gives y [n, dates, C, h, w] (target first), clear [n, dates, h, w] (0..127), sets
    [n, steps, h, w] of the target, fp [n, steps] bits a latent of its whole source."""

    def __init__(self, sources, seed, sizes=(16, 8)):
        """sources: (y [N, T, C, h, w] float16, clear [N, T, h, w] 0..1, sets [N, T, steps, h, w], bits [N, T, steps], weight, ordered)."""
        self.sources, self.rng, self.sizes = sources, np.random.default_rng(seed), sizes
        w = np.array([s[4] for s in sources], float); self.p = w / w.sum()

    def draw(self, n, dates):
        r = self.rng
        while True:
            y, clear, sets, bits, _ = self.sources[r.choice(len(self.sources), p=self.p)]
            if dates == 1 or y.shape[1] > 1: break
        h, w = (min(16, s) for s in y.shape[-2:])
        out = [[], [], [], []]
        for _ in range(n):
            k, target = r.integers(len(y)), r.integers(y.shape[1])
            earlier = []
            if y.shape[1] > 1 and dates > 1:
                others = np.setdiff1d(np.arange(y.shape[1]), [target])
                good = others[clear[k, others].mean((-1, -2)) > .5] if r.random() < .9 else others
                if len(good):                                                    # near in time more often, either side
                    p = 1 / (1 + np.abs(good - target)) ** r.choice([.3, 1, 2]); p /= p.sum()
                    earlier = list(r.choice(good, min(len(good), dates - 1), replace=False, p=p))
            i, j = (r.integers(s - m + 1) if s > m else 0 for s, m in zip(y.shape[-2:], (h, w)))
            cut = lambda a: a[..., i:i + h, j:j + w]
            frames = [target] + earlier
            yy, cc = np.zeros((dates, y.shape[2], h, w), np.float32), np.zeros((dates, h, w), np.float32)
            for d, t in enumerate(frames): yy[d], cc[d] = cut(y[k, t]), np.floor(cut(clear[k, t]).astype(np.float32) * 127)
            ss = cut(sets[k, target])
            if r.random() < .5: yy, cc, ss = yy[..., ::-1, :], cc[..., ::-1, :], ss[..., ::-1, :]
            if r.random() < .5: yy, cc, ss = yy[..., ::-1], cc[..., ::-1], ss[..., ::-1]
            for o, v in zip(out, (yy, cc, ss, bits[k, target] / (y.shape[-1] * y.shape[-2]))): o.append(v)
        return [torch.from_numpy(np.ascontiguousarray(np.stack(o))) for o in out]


class Features:
    """What is known before a pass. y [n, C, h, w] symbols, refs a list of [n, C, h, w], clear [n, dates, h, w] of target and refs."""

    def __init__(self, y, refs, clear, temporal):
        self.y, self.refs, self.clear, self.temporal = y, refs, clear, temporal
        self.h, self.w = y.shape[-2:]
        self.pass_map = torch.from_numpy(context.pass_of(self.h, self.w)).to(y.device)

    def planes(self, c0):
        """[n, k C, h, w] levels of what is decoded before channel c0."""
        y = self.y
        known = (torch.arange(y.shape[1], device=y.device) < c0).float()[:, None, None]
        if not self.temporal: return level(y) * known
        (a, b), has = self.refs, [self.has(k)[:, None] for k in (1, 2)]
        return torch.cat([level(y) * known, level(y - a) * known * has[0], level(a), level(y - b) * known * has[1]], 1)

    def has(self, k): return (self.clear[:, k].amax((1, 2), keepdim=True) > 0).float()

    def positions(self, kinds):
        return torch.isin(self.pass_map, torch.tensor(kinds, device=self.pass_map.device)).flatten().nonzero()[:, 0]

    def own(self, net, group, channels, kind, at, step, base, means, forecast=False):
        """Features [n, F, C, P] and candidates in quarters of a symbol [n, K, C, P] of some channels of a group at positions `at`."""
        c0, c1 = channels
        pick = lambda x: x.flatten(-2)[..., at]
        y, offsets = self.y[:, c0:c1], context.NEIGHBOURS[kind]
        zero = torch.zeros(len(y), c1 - c0, len(at), device=y.device)
        mean, magnitude, spread = zero, zero, zero
        if offsets:
            inside = [pick(shifted(torch.ones(self.h, self.w, device=y.device), o)) for o in offsets]
            count = sum(inside)
            mean, magnitude = (quarters(sum(pick(shifted(v, o)) for o in offsets), count) for v in (y, y.abs()))
            around = [pick(shifted(y, o)) for o in offsets]
            big, small = (torch.stack([torch.where(i > 0, a, torch.full_like(a, f)) for a, i in zip(around, inside)]) for f in (-9e9, 9e9))
            spread = torch.where(count > 0, big.amax(0) - small.amin(0), zero)
        def linear(s, fallback):
            found = None if forecast else net.predict(s, group, kind, step)
            return fallback if found is None else pick(found)
        line = linear(self.y, mean)
        features = [level(magnitude / 4), level(mean / 4), level(spread), (2 * base).clamp(max=126), level(line / 4), level((line - mean) / 4)]
        candidates = [mean, line, means.expand_as(zero)]
        if self.temporal:
            clear = pick(self.clear)                                             # [n, dates, P]
            for k, r in ((1, self.refs[0]), (2, self.refs[1])):
                other = linear(r, quarters(sum(pick(shifted(r[:, c0:c1], o)) for o in offsets), count) if offsets else zero)
                both = torch.minimum(clear[:, 0], clear[:, k])[:, None].expand_as(zero)
                features += [level(pick(r[:, c0:c1])), level((line - other) / 4) * self.has(k), both]
                candidates += [4 * pick(r[:, c0:c1]), other]
            a, b = self.refs[0][:, c0:c1], self.refs[1][:, c0:c1]
            nine = sum(shifted(a.abs(), o) for o in context.NINE) - a.abs()
            features += [level(pick(nine) / 8), level(pick(a - b)) * self.has(2)]
        return torch.stack(features, 1), torch.stack(candidates, 1)


def quarters(total, count):
    """Mean of `count` integers in quarters: total 4 / count, thirds rounded down."""
    return torch.where(count > 0, torch.floor(4 * total / count.clamp(min=1)), torch.zeros_like(total))
