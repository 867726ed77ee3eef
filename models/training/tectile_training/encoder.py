"""Encodes chunks as the product does and counts their bits under the tables: for figures, never for files."""

from dataclasses import dataclass

import numpy as np
import torch

from . import axes, basis, samples, symbols

HEAD_BITS = 8 * (16 + 8 + 4)  # a chunk's head, one section's entry, what rANS needs to end
TRADE = 0.14  # of rate for distortion, see symbols.optimised


@dataclass
class Coded:
    symbols: np.ndarray  # [positions, K]
    names: np.ndarray  # [2, positions]
    bits: float  # all of them
    angle_bits: float
    name_bits: float


class Encoder:
    """One codec under one set of tables."""

    def __init__(self, net, tables, trade=TRADE, allowed=(axes.COMMON, axes.OWN, axes.OWN_FIRST)):
        self.net, self.tables, self.trade, self.allowed = net, tables, trade, allowed
        self.common = net.common[0].double().numpy()
        self.bits = tables.symbol_bits()
        self.names = [tables.name_bits(q) for q in range(tables.steps)]
        self.channels = [np.flatnonzero(tables.half == h) for h in (0, 1)]

    def prepare(self, sample, q):
        samples.choose_axes(sample, self.common, self.net.order, basis.STEPS[q], self.tables, self.allowed)
        samples.fill(sample, self.net)
        return sample

    def name(self, q, coded, shape):
        """(names [2, N], bits of symbols and names, bits of names), a name a position or one for all."""
        t, tables = self.tables, self.names[q]
        costs = [symbols.set_costs(coded, self.channels[h], t.base[q], self.bits) for h in (0, 1)]
        n = len(coded)
        low, first = symbols.choose_names(costs[0], np.full(n, -1, np.int64), *shape, tables[0], 0, 2)
        high, second = symbols.choose_names(costs[1], low, *shape, tables[1], t.shift, 2)
        at = np.arange(n)
        own = first + second - costs[0][at, low].sum() - costs[1][at, high].sum()
        one = costs[0].sum(0) + tables[0][t.sets, 0]
        a = int(one.argmin())
        other = costs[1].sum(0) + tables[1][t.sets, a >> t.shift]
        b = int(other.argmin())
        single = float(one[a] + other[b])
        if single < first + second:
            side = tables[0][t.sets, 0, a] + tables[1][t.sets, a >> t.shift, b]
            return np.stack([np.full(n, a), np.full(n, b)]), single, float(side)
        return np.stack([low, high]), first + second, float(own)

    def encode(self, sample, q, rounds=2):
        """Symbols of a prepared sample at quality q."""
        t, step = self.tables, basis.STEPS[q]
        units = t.degain[q].astype(np.float64) * step
        shape = sample.rows, sample.columns
        s = symbols.rounded(sample.components, units, sample.multiples, 0.34, t.predicted)
        for turn in range(rounds + 1):
            coded = symbols.differences(s, *shape, sample.multiples, t.predicted)
            names, bits, name_bits = self.name(q, coded, shape)
            if turn < rounds and self.trade:
                s = symbols.optimised(
                    sample.components,
                    units,
                    sample.multiples,
                    t.predicted,
                    t.half,
                    names,
                    t.base[q],
                    self.bits,
                    self.trade,
                    step,
                )
        angle_bits = sum(t.angle_bits(g, k) for g, k in enumerate(sample.integers))
        return Coded(s, names, bits + angle_bits + HEAD_BITS, angle_bits, name_bits)

    @torch.no_grad()
    def decode(self, sample, s, q, branch=True):
        """Digital numbers [12, H, W] of a chunk on its own."""
        k = s * (self.tables.degain[q] * basis.STEPS[q]) * (sample.multiples / 16)[:, None]
        k = torch.from_numpy(np.ascontiguousarray(k.T, np.float32)).reshape(1, -1, sample.rows, sample.columns)
        return self.net.decode(self.net.coefficients(k, sample.axes), branch)[0]
