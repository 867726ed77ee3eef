"""entropy.tables: the frozen integer tables that all entropy models share, their file, and what a symbol costs under them.

"TECE"  u16 version = 1, steps, channels K, sets (of each half), scales, fine, angleRows
u8 predicted[K], half[K] (0: max(u, v) < 3); f32 degain[steps][K]; u8 base[steps][sets][K]; u8 angle[3][66]
rows, each i16 first, u16 count, u16 frequency[count + 1], the last the escape, sum 65536:
  symbols   8 of each scale below `fine`, by the mean's fraction in eighths; one of each from `fine` on
  names     low half [steps][sets + 1][3], high half [steps][sets + 1][8]
  angles    angleRows
"""

import struct
from dataclasses import dataclass

import numpy as np

from .axes import BANDS, PLANES, planes
from .symbols import LIMIT

MAGIC, VERSION = b"TECE", 1
SCALES, FINE = 64, 33
FRACTIONS = 8
LOW_CLASSES = 8
SPREADS = 3
SIGMA = 0.02 * 2 ** (np.arange(SCALES) / 4)  # the scale that each index is about
TOTAL = 1 << 16
RARE = 2.0**-14  # symbols rarer than this at both ends go to the escape
MOST = 1024  # ordinary symbols of one row, at most


@dataclass
class Tables:
    predicted: np.ndarray  # bool [K]
    half: np.ndarray  # int64 [K]
    degain: np.ndarray  # float32 [steps, K]
    base: np.ndarray  # uint8 [steps, sets, K]
    angle: np.ndarray  # uint8 [3, 66]
    symbols: list  # (first, frequencies) of FRACTIONS * fine + scales - fine rows
    low: list  # of steps * (sets + 1) * SPREADS rows
    high: list  # of steps * (sets + 1) * LOW_CLASSES rows
    angles: list
    fine: int = FINE
    scales: int = SCALES

    @property
    def steps(self):
        return self.base.shape[0]

    @property
    def sets(self):
        return self.base.shape[1]

    @property
    def channels(self):
        return self.base.shape[2]

    @property
    def shift(self):
        return int(np.log2(self.sets // LOW_CLASSES))

    def symbol_bits(self):
        """[scales, 2 LIMIT + 1] bits of symbol - mean for whole means."""
        rows = [
            self.symbols[FRACTIONS * s if s < self.fine else FRACTIONS * self.fine + s - self.fine]
            for s in range(self.scales)
        ]
        return np.stack([lengths(r, LIMIT) for r in rows])

    def name_bits(self, step):
        """[sets + 1, SPREADS, sets] and [sets + 1, LOW_CLASSES, sets] bits of names."""
        out = []
        for rows, classes in ((self.low, SPREADS), (self.high, LOW_CLASSES)):
            n = (self.sets + 1) * classes
            part = [lengths(r, self.sets)[self.sets : 2 * self.sets] for r in rows[step * n : (step + 1) * n]]
            out.append(np.stack(part).reshape(self.sets + 1, classes, self.sets))
        return out

    def angle_bits(self, group, integers):
        rows = self.angle[group, : len(integers)]
        return float(sum(self._angle_lengths()[r, k + 255] for r, k in zip(rows, integers)))

    def _angle_lengths(self):
        if not hasattr(self, "_cached"):
            self._cached = np.stack([lengths(r, 255) for r in self.angles])
        return self._cached


def integer(p, limit, least=None):
    """Probabilities [2 limit + 1] about 0 -> (first, uint16 frequencies with the escape last). least: (lo, hi) that must be ordinary."""
    common = np.flatnonzero(p >= RARE)
    lo, hi = (common[0], common[-1] + 1) if len(common) else (limit, limit + 1)
    if least:
        lo, hi = min(lo, least[0] + limit), max(hi, least[1] + limit)
    if hi - lo > MOST:  # the window of MOST symbols that holds most
        mass = np.cumsum(np.r_[0, p])
        lo = int((mass[MOST:] - mass[:-MOST]).argmax())
        hi = lo + MOST
    share = np.r_[p[lo:hi], max(1 - p[lo:hi].sum(), 0)]
    frequency = np.maximum(1, np.round(share / share.sum() * TOTAL)).astype(int)
    while over := frequency.sum() - TOTAL:  # the largest give or take the rounding
        k = frequency.argmax()
        frequency[k] -= min(over, frequency[k] // 2) if over > 0 else over
    return int(lo - limit), frequency.astype(np.uint16)


def lengths(row, limit):
    """Bits of every symbol from -limit to limit under a row, escapes with their 4-bit digits included -> float32 [2 limit + 1]."""
    first, frequency = row
    width = 2 * limit + 1
    lo, hi = first + limit, first + limit + len(frequency) - 1
    own = 16 - np.log2(frequency.astype(np.float32))
    far = np.arange(2 * width + 2)  # what an escape stores: 2 k - 1 below the first, 2 k above the last
    digits = (4 + 4 * np.ceil(np.log2(far + 1) / 4)).astype(np.float32)
    out = np.empty(width, np.float32)
    at = np.arange(width)
    below, above = at < lo, at >= hi
    out[below] = own[-1] + digits[2 * (lo - at[below]) - 1]
    out[above] = own[-1] + digits[2 * (at[above] - hi)]
    inside = ~(below | above)
    out[inside] = own[at[inside] - lo]
    return out


def write(path, t):
    steps, sets, channels = t.base.shape
    out = [struct.pack("<4s7H", MAGIC, VERSION, steps, channels, sets, t.scales, t.fine, len(t.angles))]
    out += [t.predicted.astype("u1").tobytes(), t.half.astype("u1").tobytes(), t.degain.astype("<f4").tobytes()]
    out += [t.base.astype("u1").tobytes(), t.angle.astype("u1").tobytes()]
    for first, frequency in t.symbols + t.low + t.high + t.angles:
        assert frequency.astype(int).sum() == TOTAL and frequency.min() >= 1
        out += [struct.pack("<hH", first, len(frequency) - 1), frequency.astype("<u2").tobytes()]
    with open(path, "wb") as file:
        file.write(b"".join(out))


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    magic, version, steps, channels, sets, scales, fine, angle_rows = struct.unpack_from("<4s7H", raw)
    if magic != MAGIC or version != VERSION:
        raise ValueError(f"{path}: {MAGIC} version {VERSION} expected, got {magic} {version}")
    at = 18

    def array(kind, *shape):
        nonlocal at
        n = int(np.prod(shape))
        part = np.frombuffer(raw, kind, n, at).reshape(shape)
        at += part.nbytes
        return part

    def rows(n):
        nonlocal at
        out = []
        for _ in range(n):
            first, count = struct.unpack_from("<hH", raw, at)
            out.append((first, np.frombuffer(raw, "<u2", count + 1, at + 4)))
            at += 4 + 2 * (count + 1)
        return out

    predicted, half = array("u1", channels).astype(bool), array("u1", channels).astype(np.int64)
    degain, base = array("<f4", steps, channels), array("u1", steps, sets, channels)
    angle = array("u1", 3, PLANES)
    symbols = rows(FRACTIONS * fine + scales - fine)
    low, high = rows(steps * (sets + 1) * SPREADS), rows(steps * (sets + 1) * LOW_CLASSES)
    out = Tables(predicted, half, degain, base, angle, symbols, low, high, rows(angle_rows), fine, scales)
    if at != len(raw):
        raise ValueError(f"{path}: {at} bytes expected, {len(raw)} found")
    return out


def write_basis(path, weights, common, order, canonical, analysed):
    """basis.bin: "TECL", u16 version = 1, K, canonical, analysed; f32 weights[12], common[3][12][12]; u16 order[K], canonical[n]."""
    assert np.shape(weights) == (BANDS,) and np.shape(common) == (3, BANDS, BANDS)
    head = struct.pack("<4s4H", b"TECL", 1, len(order), len(canonical), analysed)
    arrays = [(weights, "<f4"), (common, "<f4"), (order, "<u2"), (canonical, "<u2")]
    with open(path, "wb") as file:
        file.write(head + b"".join(np.asarray(a).astype(kind).tobytes() for a, kind in arrays))


def read_basis(path):
    with open(path, "rb") as file:
        raw = file.read()
    magic, version, channels, canonical, analysed = struct.unpack_from("<4s4H", raw)
    if magic != b"TECL" or version != 1:
        raise ValueError(f"{path}: TECL version 1 expected, got {magic} {version}")
    weights, common = np.frombuffer(raw, "<f4", 12, 12), np.frombuffer(raw, "<f4", 432, 60).reshape(3, 12, 12)
    order = np.frombuffer(raw, "<u2", channels, 60 + 1728)
    seen = np.frombuffer(raw, "<u2", canonical, 60 + 1728 + 2 * channels)
    return weights, common, order.astype(np.int64), seen.astype(np.int64), analysed


__all__ = ["Tables", "integer", "lengths", "planes", "read", "read_basis", "write", "write_basis"]
