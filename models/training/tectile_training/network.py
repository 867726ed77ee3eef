"""The codec in torch: the basis with a learned residual branch in its analysis and one in its decoder, gains, and a density for training."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from . import basis
from .basis import UNIT


class Branch(nn.Module):
    """W2 relu(W1 x): 3 x 3, then 1 x 1; no biases; 0 at the start."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.a = nn.Conv2d(channels, hidden, 3, padding=1, padding_mode="replicate", bias=False)
        self.b = nn.Conv2d(hidden, channels, 1, bias=False)
        nn.init.kaiming_normal_(self.a.weight)
        nn.init.zeros_(self.b.weight)

    def forward(self, x):
        return self.b(F.relu(self.a(x)))


class Codec(nn.Module):
    """order [K] channel ids in components, common [1, groups, 12, 12], canonical [n] ids in common axes that the decoder's branch sees."""

    def __init__(self, order, common, canonical, decoder_hidden, analysis_hidden, analysed, sets, weights):
        super().__init__()
        steps = torch.tensor(basis.STEPS)
        fixed = {"order": order, "common": common, "canonical": canonical, "steps": steps, "weights": weights}
        for name, value in fixed.items():
            self.register_buffer(name, value)
        q, k = len(steps), len(order)
        self.analysed, self.sets = analysed, sets
        self.at16 = Branch(len(canonical), decoder_hidden) if decoder_hidden else None
        self.ana = Branch(analysed, analysis_hidden) if analysis_hidden else None
        self.gain = nn.Parameter(torch.ones(q, k))
        self.log_gain = nn.Parameter(torch.zeros(q, k))
        self.mean = nn.Parameter(torch.zeros(q, k))
        self.log_scale = nn.Parameter(torch.zeros(q, sets, k))
        high = basis.RADIUS[order % basis.FREQUENCIES] >= basis.GROUP_EDGES[0]
        ac = (basis.RADIUS[order[:analysed] % basis.FREQUENCIES] > 0).float()
        self.register_buffer("ac", ac[:, None, None], persistent=False)
        self.register_buffer("half0", torch.nonzero(~high)[:, 0])
        self.register_buffer("half1", torch.nonzero(high)[:, 0])

    def components(self, coefficients, axes):
        """Coefficients in a chunk's axes, the kept channels, with the analysis branch -> [n, K, h, w] digital numbers."""
        k = basis.turn(coefficients, axes).flatten(1, 2).index_select(1, self.order)
        if self.ana is None:
            return k
        first = k[:, : self.analysed]
        with torch.autocast(k.device.type, torch.bfloat16, enabled=self.training):
            r = self.ana(first * self.ac / UNIT)  # without means: see basis.strongest_common
        return torch.cat([first + r.float() * UNIT, k[:, self.analysed :]], 1)

    def analyse(self, pixels, mix=0.0):
        """Digital numbers -> components and axes; `mix`: share of groups that get the common axes instead of their own."""
        c = basis.analyse(pixels, self.weights)
        axes = basis.own_axes(c)
        if mix:
            pick = torch.rand(axes.shape[:2], device=axes.device) < mix
            axes = torch.where(pick[..., None, None], self.common.expand_as(axes), axes)
        return self.components(c, axes), axes

    def scaled(self, k, q):
        """Components in units of the symbols of quality q [n]."""
        return k * (self.log_gain[q].exp() / self.steps[q][:, None])[..., None, None]

    def dequantised(self, symbols, q):
        return symbols * (self.steps[q][:, None] * self.gain[q])[..., None, None]

    def coefficients(self, components, axes):
        """Components [n, K, h, w] -> coefficients of the bands [n, 12, 256, h, w]."""
        n, _, h, w = components.shape
        every = torch.zeros(n, basis.BANDS * basis.FREQUENCIES, h, w, device=components.device)
        every = every.index_copy(1, self.order, components).reshape(n, basis.BANDS, basis.FREQUENCIES, h, w)
        return basis.turn(every, axes, back=True)

    def decode(self, coefficients, branch=True):
        """Coefficients of the bands -> digital numbers."""
        c = coefficients
        if self.at16 is not None and branch:
            n, _, _, h, w = c.shape
            common = self.common.expand(n, -1, -1, -1)
            seen = basis.turn(c, common).flatten(1, 2)[:, self.canonical] / UNIT
            with torch.autocast(c.device.type, torch.bfloat16, enabled=self.training):
                r = self.at16(seen)
            every = torch.zeros(n, basis.BANDS * basis.FREQUENCIES, h, w, device=c.device)
            every = every.index_copy(1, self.canonical, r.float() * UNIT).reshape(c.shape)
            c = c + basis.turn(every, common, back=True)
        return basis.synthesise(c, self.weights)

    def forward(self, symbols, axes, q):
        return self.decode(self.coefficients(self.dequantised(symbols, q), axes))

    def bits(self, v, q):
        """v [n, K, h, w], noisy symbols -> bits of each: Laplacians of the cheapest scale set, one a position and half of the channels."""
        log_scale = self.log_scale[q].clamp(-4, 8)
        distance = (v - self.mean[q][..., None, None]).abs()
        n, _, h, w = v.shape
        out = torch.zeros_like(v)
        for half in (self.half0, self.half1):
            d, scales = distance.index_select(1, half), log_scale.index_select(2, half)
            with torch.no_grad():
                e = scales.exp().clamp(min=0.1)
                cost = torch.einsum("nchw,nsc->nshw", d, 1 / e) + (e + 0.25).log().sum(2)[..., None, None]
                best = cost.argmin(1).flatten(1)
            s = scales.exp()[torch.arange(n, device=v.device)[:, None], best]
            s = s.transpose(1, 2).reshape(n, len(half), h, w)
            p = laplace_cdf((0.5 - d) / s) - laplace_cdf((-0.5 - d) / s)
            out = out.index_copy(1, half, -torch.log2(p.clamp(min=1e-7)) + torch.relu(d / s - 14) * 0.1)
        return out


def laplace_cdf(t):
    return torch.where(t < 0, 0.5 * torch.exp(t.clamp(max=0)), 1 - 0.5 * torch.exp(-t.clamp(min=0)))


def load(path):
    """The averaged weights of a checkpoint as a Codec in eval mode, and the checkpoint."""
    state = torch.load(path, map_location="cpu", weights_only=False)
    w = {k: v.float() if v.dtype == torch.float16 else v for k, v in state["ema"].items() if k != "post"}
    hidden = [w[f"{name}.a.weight"].shape[0] if f"{name}.a.weight" in w else 0 for name in ("at16", "ana")]
    analysed = w["ana.a.weight"].shape[1] if hidden[1] else 0
    net = Codec(w["order"], w["common"], w["canonical"], *hidden, analysed, w["log_scale"].shape[1], w["weights"])
    net.load_state_dict(w)
    return net.eval(), state
