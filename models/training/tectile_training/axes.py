"""A chunk's own axes as integers: quantised plane rotations of the common axes. float64, only + - * / (and one square root when encoding).

A = Q C with C the common axes [12, 12] of a group. Q is a product of rotations in the planes (i, j), i = 0 .. rows - 1, j = i + 1 .. 11; the
integer k of a plane stands for t = tan(angle / 2) = k * delta(i), cos = (1 - t t) / (1 + t t), sin = 2 t / (1 + t t), and turns columns:

    encoding    x_i, x_j <- cos x_i + sin x_j, cos x_j - sin x_i     until row i of P = E C^T is the unit vector e_i, E the wanted axes
    decoding    x_i, x_j <- cos x_i - sin x_j, cos x_j + sin x_i     on the identity, planes in reverse order
"""

import numpy as np
from numba import njit

BANDS = 12
PLANES = BANDS * (BANDS - 1) // 2
COMMON, OWN, OWN_FIRST, REFERENCE = range(4)
ROWS = {OWN: 11, OWN_FIRST: 5}
ROW_OF_PLANE = np.array([i for i in range(BANDS) for _ in range(i + 1, BANDS)])


def planes(rows):
    """Number of planes, the first ones row by row, that axes of so many own rows name."""
    return sum(BANDS - 1 - i for i in range(rows))


@njit(cache=True)
def delta(i):
    d = 0.01
    for _ in range(i):
        d *= 1.5
    return min(d, 0.1)


@njit(cache=True)
def integers_of(own, common, rows):
    """The integers of the planes that bring `own` [12, 12] (rows are axes) closest, one by one."""
    p = np.zeros((12, 12))
    for i in range(12):
        for j in range(12):
            s = 0.0
            for b in range(12):
                s += own[i, b] * common[j, b]
            p[i, j] = s
    out = np.zeros(66, np.int64)
    at = 0
    for i in range(rows):
        if p[i, i] < 0:
            for j in range(12):
                p[i, j] = -p[i, j]
        d = delta(i)
        for j in range(i + 1, 12):
            a, b = p[i, i], p[i, j]
            length = np.sqrt(a * a + b * b)
            t = 0.0
            if length + a > 0:
                t = b / (length + a)
            k = np.floor(t / d + 0.5)
            limit = np.floor(1 / d)
            k = max(-limit, min(limit, k))
            out[at] = int(k)
            at += 1
            t = k * d
            c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
            for r in range(12):
                x, y = p[r, i], p[r, j]
                p[r, i] = c * x + s * y
                p[r, j] = c * y - s * x
    return out[:at]


@njit(cache=True)
def axes_of(integers, common, rows):
    """The axes [12, 12] that the integers name."""
    q = np.zeros((12, 12))
    for i in range(12):
        q[i, i] = 1.0
    at = 0
    for i in range(rows):
        at += 11 - i
    for i in range(rows - 1, -1, -1):
        d = delta(i)
        for j in range(11, i, -1):
            at -= 1
            t = integers[at] * d
            c, s = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
            for r in range(12):
                x, y = q[r, i], q[r, j]
                q[r, i] = c * x - s * y
                q[r, j] = c * y + s * x
    out = np.zeros((12, 12))
    for i in range(12):
        for b in range(12):
            s = 0.0
            for j in range(12):
                s += q[i, j] * common[j, b]
            out[i, b] = s
    return out


def estimate(energy, kept, step, positions, trade=0.13):
    """Bits of channels whose mean squares are `energy` [12, frequencies], plus their distortion in bits; for comparisons between axes only.

    `kept` says which are coded at all. Spectrally flat models of rate and distortion: exact at both ends, close enough between.
    """
    x = energy / step**2
    rate = 0.5 * np.log2(1 + 6 * x)
    distortion = x / (1 + 9 * x)
    return positions * np.where(kept, rate + distortion / trade, x / trade).sum()


def choose(moments, common, energies, kept, step, positions, side, allowed=(COMMON, OWN, OWN_FIRST)):
    """The cheapest axes of one group.

    moments [12, 12] of the group's AC coefficients, energies(A) [12, frequencies] their mean squares in axes A, kept which of these are
    coded, side(mode, integers) the bits that naming them takes. -> (mode, integers, axes [12, 12])
    """
    values, vectors = np.linalg.eigh(moments + 1e-3 * np.eye(BANDS))
    own = np.ascontiguousarray(vectors[:, ::-1].T)
    best = None
    for mode in allowed:
        integers = np.zeros(0, np.int64) if mode == COMMON else integers_of(own, common, ROWS[mode])
        axes = common if mode == COMMON else axes_of(integers, common, ROWS[mode])
        bits = estimate(energies(axes), kept, step, positions) + side(mode, integers)
        if best is None or bits < best[0]:
            best = bits, mode, integers, axes
    return best[1:]
