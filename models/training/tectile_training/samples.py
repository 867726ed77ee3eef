"""Chunks as the encoder sees them: coefficients, chosen axes, components positions first."""

from dataclasses import dataclass, field

import numpy as np
import torch

from . import axes, basis

SIDE_GUESS = {axes.COMMON: 0.0, axes.OWN: 4.6, axes.OWN_FIRST: 4.6}  # bits a plane before tables are fitted


@dataclass
class Sample:
    """A chunk: coefficients of the bands [1, 12, 256, h, w], ring of neighbours where known."""

    name: str
    coefficients: torch.Tensor
    weight: float = 1.0
    ring: torch.Tensor | None = None  # [1, 12, 256, h + 2, w + 2]
    pixels: torch.Tensor | None = None
    modes: list = field(default_factory=list)
    integers: list = field(default_factory=list)
    axes: torch.Tensor | None = None
    components: np.ndarray | None = None  # [h * w, K]
    multiples: np.ndarray | None = None  # [h * w]

    @property
    def rows(self):
        return self.coefficients.shape[3]

    @property
    def columns(self):
        return self.coefficients.shape[4]


def choose_axes(sample, common, order, step, tables=None, allowed=(axes.COMMON, axes.OWN, axes.OWN_FIRST)):
    """Sets modes, integers and axes of a sample for a quantisation step."""
    c = sample.coefficients
    positions = sample.rows * sample.columns
    kept = torch.zeros(basis.BANDS * basis.FREQUENCIES, dtype=torch.bool)
    kept[order] = True
    kept = kept.reshape(basis.BANDS, basis.FREQUENCIES).numpy()
    radius = basis.RADIUS.numpy()
    sample.modes, sample.integers, chosen = [], [], []
    for g in range(basis.GROUPS):
        f = np.flatnonzero((basis.GROUP.numpy() == g) & (radius > 0))
        bands = c[0][:, f].double().flatten(2)
        covariance = torch.einsum("bfp,cfp->fbc", bands, bands).numpy() / positions
        mask = kept[:, f]

        def energies(a, covariance=covariance):
            return np.maximum(np.einsum("mb,fbc,mc->mf", a, covariance, a, optimize=True), 0)

        def side(mode, integers, g=g):
            return tables.angle_bits(g, integers) if tables else SIDE_GUESS[mode] * len(integers)

        mode, integers, a = axes.choose(covariance.mean(0), common[g], energies, mask, step, positions, side, allowed)
        sample.modes.append(mode)
        sample.integers.append(integers)
        chosen.append(a)
    sample.axes = torch.from_numpy(np.stack(chosen))[None].float()


@torch.no_grad()
def fill(sample, net):
    """Components of a sample in its axes, with the analysis branch; replicated at the edge unless the ring is known."""
    if sample.ring is None:
        k = net.components(sample.coefficients, sample.axes)
    else:
        k = net.components(sample.ring, sample.axes)[..., 1:-1, 1:-1]
    sample.components = np.ascontiguousarray(k[0].flatten(1).T.numpy())
    if sample.multiples is None:
        sample.multiples = np.full(sample.rows * sample.columns, 16, np.int64)


@torch.no_grad()
def cut(name, pixels, weights, weight=1.0, margin=0):
    """A sample of [12, H, W] pixels; margin: positions around it that only give it neighbours."""
    x = torch.from_numpy(np.array(pixels[None], np.float32))
    c = basis.analyse(x, weights)
    if not margin:
        return Sample(name, c, weight, pixels=x[0])
    inner = slice(margin, -margin)
    ring = slice(margin - 1, 1 - margin if margin > 1 else None)
    return Sample(name, c[..., inner, inner].contiguous(), weight, c[..., ring, ring].contiguous())
