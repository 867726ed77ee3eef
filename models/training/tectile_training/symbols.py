"""Components to symbols and back to counts of bits: quantisation, prediction of slow channels, names of table sets. Positions first: [N, K].

A symbol s of channel c at position p stands for s * step * multiple(p) / 16 * degain[c]; `units` [K] is step * degain.
"""

import numpy as np
from numba import njit

SIXTEENTHS = 16
LIMIT = 4095  # columns of dense tables of code lengths go to +- this; what lies beyond costs as much as the last
CLIP = 16383  # symbols end here
LOW, HIGH = 0, 1


@njit(cache=True)
def rounded(components, units, multiples, offset, predicted):
    """sign(v) floor(|v| + offset), 1/2 for predicted channels -> int16 [N, K]."""
    out = np.zeros(components.shape, np.int16)
    for n in range(components.shape[0]):
        scale = multiples[n] / 16.0
        for c in range(components.shape[1]):
            v = components[n, c] / (units[c] * scale)
            k = np.floor(abs(v) + (0.5 if predicted[c] else offset))
            k = min(k, CLIP)
            out[n, c] = int(k) if v >= 0 else -int(k)
    return out


@njit(cache=True)
def differences(symbols, rows, columns, multiples, predicted):
    """What is coded of one chunk: predicted channels as differences to what left and top say, in sixteenths of the step."""
    out = symbols.copy()
    for c in np.flatnonzero(predicted):
        for i in range(rows):
            for j in range(columns):
                p = i * columns + j
                value, seen = 0, 0
                if j:
                    value += int(symbols[p - 1, c]) * multiples[p - 1]
                    seen += 1
                if i:
                    value += int(symbols[p - columns, c]) * multiples[p - columns]
                    seen += 1
                if seen == 2:
                    value = value // 2
                if seen:
                    m = multiples[p]
                    out[p, c] = symbols[p, c] - (2 * value + m) // (2 * m)
    return out


@njit(cache=True)
def set_costs(coded, channels, base, bits):
    """Bits of each position's symbols of `channels` under each set's scales base [sets, K] -> float32 [N, sets]; bits [scales, 2 LIMIT + 1]."""
    sets = base.shape[0]
    out = np.zeros((coded.shape[0], sets), np.float32)
    zero = np.zeros(sets, np.float32)
    turned = np.ascontiguousarray(base.T)
    for c in channels:
        for s in range(sets):
            zero[s] += bits[turned[c, s], LIMIT]
    for n in range(coded.shape[0]):
        row = out[n]
        row[:] = zero
        for c in channels:
            v = coded[n, c]
            if v != 0:
                v = max(-LIMIT, min(LIMIT, v)) + LIMIT
                for s in range(sets):
                    r = turned[c, s]
                    row[s] += bits[r, v] - bits[r, LIMIT]
    return out


@njit(cache=True)
def optimised(components, units, multiples, predicted, half, names, base, bits, trade, before):
    """Rate-distortion-optimised symbols: each minimises (error / (step * multiple))^2 + trade * bits; `units` are step * degain, before = step.

    Candidates are the two nearest integers and 0; names [2, N] the sets of both halves. Predicted channels are rounded plainly.
    """
    out = np.zeros(components.shape, np.int16)
    for n in range(components.shape[0]):
        scale = multiples[n] / 16.0
        for c in range(components.shape[1]):
            unit = units[c] * scale
            v = components[n, c] / unit
            a = abs(v)
            if predicted[c]:
                k = min(np.floor(a + 0.5), CLIP)
                out[n, c] = int(k) if v >= 0 else -int(k)
                continue
            weight = (units[c] / before) ** 2
            r = base[names[half[c], n], c]
            k = int(min(np.floor(a), CLIP - 1))
            best, chosen = a * a * weight + trade * bits[r, LIMIT], 0
            for t in range(max(k, 1), k + 2):
                cost = (a - t) ** 2 * weight
                if cost < best:
                    s = min(t, LIMIT) if v >= 0 else -min(t, LIMIT)
                    cost += trade * bits[r, LIMIT + s]
                    if cost < best:
                        best, chosen = cost, t
            out[n, c] = chosen if v >= 0 else -chosen
    return out


@njit(cache=True)
def context(left, top, sets):
    """(ctx, spread) of a name with neighbours, -1 where one is missing."""
    if left < 0 and top < 0:
        return sets, 0
    if left < 0:
        return top, 0
    if top < 0:
        return left, 0
    return (left + top + 1) >> 1, min(2, abs(left - top) >> 1)


@njit(cache=True)
def name_bits(names, low, rows, columns, sets, table, at, own, shift):
    """Bits of position `at`'s name `own` given its neighbours; low = its low name for the high half, -1 for the low half."""
    i, j = at // columns, at % columns
    left = names[at - 1] if j else -1
    top = names[at - columns] if i else -1
    ctx, spread = context(left, top, sets)
    return table[ctx, spread if low < 0 else low >> shift, own]


@njit(cache=True)
def choose_names(costs, lows, rows, columns, table, shift, sweeps):
    """Names of a chunk's half: costs [N, sets] of the symbols, table [sets + 1, 3 or 8, sets] of names; greedy, then sweeps that mind neighbours.

    lows [N] are the low names for the high half, -1 everywhere for the low half. -> (names, bits of symbols and names)
    """
    n, sets = costs.shape
    names = np.zeros(n, np.int64)
    for sweep in range(sweeps + 1):
        for p in range(n):
            best, chosen = np.float64(np.inf), 0
            i, j = p // columns, p % columns
            for s in range(sets):
                names[p] = s
                cost = costs[p, s] + name_bits(names, lows[p], rows, columns, sets, table, p, s, shift)
                if cost >= best:
                    continue
                if sweep and j + 1 < columns:
                    cost += name_bits(names, lows[p + 1], rows, columns, sets, table, p + 1, names[p + 1], shift)
                if sweep and i + 1 < rows:
                    q = p + columns
                    cost += name_bits(names, lows[q], rows, columns, sets, table, q, names[q], shift)
                if cost < best:
                    best, chosen = cost, s
            names[p] = chosen
    total = 0.0
    for p in range(n):
        total += costs[p, names[p]] + name_bits(names, lows[p], rows, columns, sets, table, p, names[p], shift)
    return names, total


@njit(cache=True)
def count_names(names, lows, rows, columns, sets, shift, counts):
    """Adds a chunk's names to counts [sets + 1, 3 or 8, sets]."""
    for p in range(rows * columns):
        i, j = p // columns, p % columns
        ctx, spread = context(names[p - 1] if j else -1, names[p - columns] if i else -1, sets)
        counts[ctx, spread if lows[p] < 0 else lows[p] >> shift, names[p]] += 1


@njit(cache=True)
def scale_costs(coded, channels, names, sets, bits, weights):
    """Weighted bits [sets, K, scales] of each set's symbols under every scale."""
    scales = bits.shape[0]
    turned = np.ascontiguousarray(bits.T)
    out = np.zeros((sets, coded.shape[1], scales), np.float32)
    mass = np.zeros(sets)
    for n in np.argsort(names):
        s, w = names[n], weights[n]
        mass[s] += w
        for c in channels:
            v = coded[n, c]
            if v != 0:
                v = max(-LIMIT, min(LIMIT, v)) + LIMIT
                for r in range(scales):
                    out[s, c, r] += w * (turned[v, r] - turned[LIMIT, r])
    for s in range(sets):
        for c in channels:
            for r in range(scales):
                out[s, c, r] += mass[s] * turned[LIMIT, r]
    return out


@njit(cache=True)
def histogram(coded, channels, names, base, counts):
    """Adds symbols to counts [scales, 2 LIMIT + 1] by the scale that codes them."""
    for n in range(coded.shape[0]):
        for c in channels:
            v = max(-LIMIT, min(LIMIT, coded[n, c]))
            counts[base[names[n], c], v + LIMIT] += 1


@njit(cache=True)
def moments_of_symbols(components, symbols, multiples):
    """Sums of component * symbol and of symbol^2 (in units of the multiple) by channel: what degain is fitted to."""
    top, bottom = np.zeros(components.shape[1]), np.zeros(components.shape[1])
    for n in range(components.shape[0]):
        scale = multiples[n] / 16.0
        for c in range(components.shape[1]):
            s = symbols[n, c] * scale
            if s != 0:
                top[c] += components[n, c] * s
                bottom[c] += s * s
    return top, bottom
