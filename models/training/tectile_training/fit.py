"""Fits entropy.tables to training chunks: scales, profiles (sets) by EM on real code length, names, angles, degain, with optimised symbols."""

import numpy as np

from . import axes, entropy_tables, symbols
from .entropy_tables import FINE, FRACTIONS, LOW_CLASSES, SCALES, SIGMA, SPREADS, Tables, integer
from .symbols import LIMIT

OFFSET = 0.34  # rounding before anything is optimised
LIGHT = np.sqrt(2 ** np.arange(-3.0, 7.0))  # widths of a row's mixture relative to its scale


def laplace_mass(k, scale, shift):
    def cdf(t):
        return np.where(t < 0, 0.5 * np.exp(np.minimum(t, 0)), 1 - 0.5 * np.exp(-np.maximum(t, 0)))

    return cdf((k - shift + 0.5) / scale) - cdf((k - shift - 0.5) / scale)


def normal_mass(k, sigma, shift):
    from scipy.special import ndtr

    return ndtr((k - shift + 0.5) / sigma) - ndtr((k - shift - 0.5) / sigma)


def parts(k, sigma, shift=0.0):
    """[2 * widths, len(k)] masses of the mixture's parts at integers k."""
    each = [laplace_mass(k, max(sigma * w / np.sqrt(2), 0.03), shift) for w in LIGHT]
    each += [normal_mass(k, max(sigma * w, 0.05), shift) for w in LIGHT]
    return np.stack(each)


def mixture(counts, sigma, prior, strength=60.0, rounds=120):
    """Weights of the mixture that fits counts [2 LIMIT + 1], with Dirichlet pseudo-counts `strength * prior`."""
    at = np.flatnonzero(counts)
    k, n = at - LIMIT, counts[at]
    if not len(at):
        return prior
    p = parts(k.astype(float), sigma) + 1e-12
    w = prior.copy()
    for _ in range(rounds):
        joint = w[:, None] * p
        share = joint / joint.sum(0)
        w = (share * n).sum(1) + strength * prior
        w /= w.sum()
    return w


def default_prior():
    prior = np.full(2 * len(LIGHT), 0.002)
    prior[int(np.argmin(abs(LIGHT - 1)))] = 1.0
    return prior / prior.sum()


def start_masses():
    """[SCALES, 2 LIMIT + 1] where fitting begins: Laplacians, and below 0.25 rarer and rarer symbols other than 0."""
    prior = default_prior()
    k = np.arange(-LIMIT, LIMIT + 1).astype(float)
    p = np.stack([prior @ parts(k, s) for s in SIGMA])
    edge = int(np.searchsorted(SIGMA, 0.25))
    other = p[edge].copy()
    other[LIMIT] = 0
    other /= other.sum()
    most = np.log2(1 - p[edge, LIMIT])
    for s in range(edge):
        rare = 2 ** (-15 + (most + 15) * s / edge)
        p[s] = rare * other
        p[s, LIMIT] = 1 - rare
    return p / p.sum(1, keepdims=True)


def symbol_rows(counts, strength=300.0):
    """counts [SCALES, 2 LIMIT + 1] -> rows: all fractions of fine scales, one of the others; fraction 0 leans on what was counted."""
    prior = default_prior()
    k = np.arange(-LIMIT, LIMIT + 1).astype(float)
    start = start_masses()
    out, coarse = [], []
    for s in range(SCALES):
        seen = (counts[s] + counts[s, ::-1]) / 2
        weights = mixture(seen + strength * start[s], SIGMA[s], prior)
        near = abs(k) <= 60 * SIGMA[s] + 40
        for f in range(FRACTIONS if s < FINE else 1):
            p = np.full(len(k), 1e-12)
            p[near] += weights @ parts(k[near], SIGMA[s], f / FRACTIONS)
            p /= p.sum()
            if f == 0:
                p = (seen + strength * (p + start[s]) / 2) / (seen.sum() + strength)
            row = integer(p, LIMIT, (0, 1 if f else 0))
            (out if s < FINE else coarse).append(row)
    return out + coarse


def start_rows():
    return symbol_rows(np.zeros((SCALES, 2 * LIMIT + 1)), 1e5)


def name_rows(counts, sets, strength=12.0):
    """counts [sets + 1, classes, sets] -> rows; smoothed by what neighbouring contexts say and by a Laplacian about the context."""
    s = np.arange(sets)
    distance = abs(s[:, None] - s[None])
    total = counts[:sets].sum(1)
    near = total[distance < sets].sum() and sum(total[c, n] * abs(c - n) for c in s for n in s) / max(total.sum(), 1)
    shape = np.exp(-distance / max(near, 0.5)) + 0.002
    shape /= shape.sum(1, keepdims=True)
    marginal = counts.sum((0, 1)) + 1.0
    marginal /= marginal.sum()
    rows = []
    for c in range(sets + 1):
        blurred = (
            counts[c].sum(0)
            if c == sets
            else sum(total[d] * 0.35 ** abs(d - c) for d in range(max(0, c - 3), min(sets, c + 4)))
        )
        guess = marginal if c == sets else 0.7 * shape[c] + 0.3 * marginal
        context = (blurred + strength * guess) / (blurred.sum() + strength)
        for n in counts[c]:
            p = (n + strength * context) / (n.sum() + strength)
            full = np.zeros(2 * sets + 1)
            full[sets : 2 * sets] = p + 2.0**-13
            rows.append(integer(full / full.sum(), sets, (0, sets - 1)))
    return rows


def angle_tables(samples, rows=16, rounds=6):
    """(angle [3, 66], rows) for the integers of samples with own axes; a few rows of different widths, shared."""
    seen = [[[] for _ in range(axes.PLANES)] for _ in range(3)]
    for sample in samples:
        for g, integers in enumerate(sample.integers):
            for plane, k in enumerate(integers):
                seen[g][plane].append(int(k))
    limit = 255
    counts = np.array(
        [[np.bincount(np.array(v, int) + limit, minlength=2 * limit + 1) for v in group] for group in seen]
    ).astype(float)
    k = np.arange(-limit, limit + 1).astype(float)
    sigma = np.geomspace(0.7, 60, rows)
    p = np.stack([0.9 * laplace_mass(k, s / np.sqrt(2), 0) + 0.1 * normal_mass(k, 2 * s, 0) + 1e-7 for s in sigma])
    for _ in range(rounds):
        p /= p.sum(1, keepdims=True)
        bits = -np.log2(p)
        chosen = np.einsum("gpk,rk->gpr", counts + 1e-9, bits).argmin(2)
        for r in range(rows):
            own = counts[chosen == r].sum(0)
            own = (own + own[::-1]) / 2
            width = max(np.sqrt((own * k**2).sum() / max(own.sum(), 1)), 0.5) if own.sum() > 20 else sigma[r]
            guess = laplace_mass(k, width / np.sqrt(2), 0) * 0.5 + normal_mass(k, width, 0) * 0.5 + 2e-6
            kernel = np.exp(-0.5 * (np.arange(-12, 13) / (0.15 * width + 0.3)) ** 2)
            own = np.convolve(own, kernel / kernel.sum(), "same")
            p[r] = own + 150 * guess / guess.sum()
    return chosen.astype(np.uint8), [integer(r / r.sum(), limit) for r in p]


class Fitter:
    """Holds the training chunks as one array and what is fitted to them."""

    def __init__(self, samples, order, steps, sets=32, degain=None, trade=0.12, log=print):
        self.samples, self.steps, self.sets, self.trade, self.log = samples, steps, sets, trade, log
        self.x = np.concatenate([s.components for s in samples])
        self.multiples = np.concatenate([s.multiples for s in samples])
        self.ends = np.cumsum([len(s.components) for s in samples])
        self.shapes = [(s.rows, s.columns) for s in samples]
        k = self.x.shape[1]
        radius = np.array([max(f // 16, f % 16) for f in np.asarray(order) % 256])
        self.half = (radius >= 3).astype(np.int64)
        self.channels = [np.flatnonzero(self.half == h) for h in (0, 1)]
        self.degain = np.ones((len(steps), k), np.float32) if degain is None else degain.astype(np.float32)
        self.prior_degain = self.degain.copy()
        self.predicted = np.zeros(k, bool)
        self.base = np.full((len(steps), sets, k), 16, np.uint8)
        self.names = [None] * len(steps)
        self.symbols = [None] * len(steps)
        self.rows = start_rows()
        flat = (sets + 1, SPREADS, sets), (sets + 1, LOW_CLASSES, sets)
        self.name_counts = [[np.zeros(s) for s in flat] for _ in steps]
        self.angle, self.angles = angle_tables(samples)
        self.low = [r for q in range(len(steps)) for r in name_rows(self.name_counts[q][0], sets)]
        self.high = [r for q in range(len(steps)) for r in name_rows(self.name_counts[q][1], sets)]
        self.weights = np.concatenate([np.full(len(s.components), s.weight, np.float32) for s in samples])

    def tables(self):
        return Tables(
            self.predicted, self.half, self.degain, self.base, self.angle, self.rows, self.low, self.high, self.angles
        )

    def pieces(self):
        return zip([0, *self.ends[:-1]], self.ends, self.shapes)

    def choose_predicted(self, q):
        """Channels whose differences are smaller than themselves, by the mean logarithm."""
        s = symbols.rounded(
            self.x, self.degain[q] * self.steps[q], self.multiples, OFFSET, np.ones(self.x.shape[1], bool)
        )
        candidates = np.arange(self.x.shape[1]) < 64
        d = self.coded(s, candidates)
        size = [np.log2(1 + abs(v[:, candidates].astype(float))).mean(0) for v in (s, d)]
        self.predicted = np.zeros(self.x.shape[1], bool)
        self.predicted[np.flatnonzero(candidates)[size[1] < size[0] - 0.02]] = True
        self.log(f"predicted channels: {np.flatnonzero(self.predicted).tolist()}")

    def coded(self, s, predicted=None):
        predicted = self.predicted if predicted is None else predicted
        return np.concatenate(
            [symbols.differences(s[a:b], *shape, self.multiples[a:b], predicted) for a, b, shape in self.pieces()]
        )

    def costs(self, q, coded, bits):
        return [symbols.set_costs(coded, self.channels[h], self.base[q], bits) for h in (0, 1)]

    def assign(self, q, coded, bits, tables):
        """Names of all positions at the tables as they are -> bits of symbols and names."""
        costs, (low, high) = self.costs(q, coded, bits), tables.name_bits(q)
        names, total = [np.zeros(len(coded), np.int64) for _ in (0, 1)], 0.0
        for a, b, shape in self.pieces():
            none = np.full(b - a, -1, np.int64)
            names[0][a:b], first = symbols.choose_names(costs[0][a:b], none, *shape, low, 0, 1)
            names[1][a:b], second = symbols.choose_names(costs[1][a:b], names[0][a:b], *shape, high, tables.shift, 1)
            total += first + second
        self.names[q] = names
        return total

    def start_names(self, q, coded):
        for h in (0, 1):
            size = np.log2(1 + abs(coded[:, self.channels[h]].astype(np.float32))).sum(1)
            rank = np.argsort(np.argsort(size + 1e-3 * np.random.default_rng(0).random(len(size))))
            if self.names[q] is None:
                self.names[q] = [None, None]
            self.names[q][h] = (rank * self.sets // len(rank)).astype(np.int64)

    def fit_base(self, q, coded, bits):
        for h in (0, 1):
            names, channels = self.names[q][h], self.channels[h]
            cost = symbols.scale_costs(coded, channels, names, self.sets, bits, self.weights)[:, channels]
            mass = np.bincount(names, self.weights, self.sets)
            every = cost.sum(0) / mass.sum()
            self.base[q][:, channels] = (cost + 4 * every[None]).argmin(2)
            for s in np.flatnonzero(
                np.bincount(names, minlength=self.sets) < 4
            ):  # unused: take a neighbour's scales, a little wider
                other = s + 1 if s + 1 < self.sets else s - 1
                self.base[q][s, channels] = np.minimum(
                    self.base[q][other, channels] + (1 if other < s else 0), SCALES - 1
                )

    def sort_sets(self, q):
        """By mean scale, so that neighbouring names mean similar things."""
        for h in (0, 1):
            order = np.argsort(self.base[q][:, self.channels[h]].astype(float).mean(1), kind="stable")
            self.base[q][:, self.channels[h]] = self.base[q][order][:, self.channels[h]]
            self.names[q][h] = np.argsort(order)[self.names[q][h]]

    def fit_names(self, q):
        shift = int(np.log2(self.sets // LOW_CLASSES))
        for h, (classes, rows) in enumerate(((SPREADS, self.low), (LOW_CLASSES, self.high))):
            counts = np.zeros((self.sets + 1, classes, self.sets))
            for a, b, shape in self.pieces():
                lows = np.full(b - a, -1, np.int64) if h == 0 else self.names[q][0][a:b]
                symbols.count_names(self.names[q][h][a:b], lows, *shape, self.sets, shift, counts)
            n = (self.sets + 1) * classes
            rows[q * n : (q + 1) * n] = name_rows(counts, self.sets)

    def fit_rows(self):
        counts = np.zeros((SCALES, 2 * LIMIT + 1))
        for q in range(len(self.steps)):
            coded = self.coded(self.symbols[q])
            for h in (0, 1):
                symbols.histogram(coded, self.channels[h], self.names[q][h], self.base[q], counts)
        self.counts = counts
        self.rows = symbol_rows(counts)

    def fit_degain(self, q, strength=30.0):
        """The least-squares gain of each channel, held to its start where symbols are rare."""
        top, bottom = symbols.moments_of_symbols(self.x, self.symbols[q], self.multiples)
        step = self.steps[q]
        self.degain[q] = (top / step + strength * self.prior_degain[q]) / (bottom + strength)

    def optimise(self, q, bits):
        """Symbols by rate and distortion, at the names as they are."""
        units = (self.degain[q] * self.steps[q]).astype(np.float64)
        names = np.stack(self.names[q])
        self.symbols[q] = symbols.optimised(
            self.x,
            units,
            self.multiples,
            self.predicted,
            self.half,
            names,
            self.base[q],
            bits,
            self.trade,
            self.steps[q],
        )

    def run(self, first=8, later=2, passes=3):
        self.choose_predicted(min(3, len(self.steps) - 1))
        for q, step in enumerate(self.steps):
            self.symbols[q] = symbols.rounded(self.x, self.degain[q] * step, self.multiples, OFFSET, self.predicted)
        for turn in range(passes):
            tables = self.tables()
            bits = tables.symbol_bits()
            line = []
            for q in range(len(self.steps)):
                if turn:
                    self.optimise(q, bits)
                    self.fit_degain(q)
                coded = self.coded(self.symbols[q])
                if not turn:
                    if q == 0:
                        self.start_names(q, coded)
                    else:
                        self.names[q] = [n.copy() for n in self.names[q - 1]]
                for _ in range((first if q == 0 else max(3, first // 2)) if not turn else later):
                    self.fit_base(q, coded, bits)
                    self.sort_sets(q)
                    self.fit_names(q)
                    total = self.assign(q, coded, bits, self.tables())
                self.fit_names(q)
                line.append(f"{total / len(self.x):.1f}")
            self.log(f"pass {turn}: bits a position {' '.join(line)}")
            self.fit_rows()
        return self.tables()


__all__ = ["Fitter", "entropy_tables"]
