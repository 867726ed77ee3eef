"""The context models' walk over a chunk's symbols, in integers: the reference of src/codec/assembly/context.ts, number for number.

A chunk is symbols [channels, rows, columns], coded channel by channel (strongest first) and in reading order inside a channel. Units:

  eighths    of a symbol of the chunk at its position: means, references
  common     eighths of a symbol of a position whose step is not multiplied: |residual| * mult / 16; what the planes hold, 16 bits, saturated
  log        8 log2, as a float32's bits give it (`bits_log`): 8 an octave
"""

import numba as nb
import numpy as np

CHANNELS = 1024
PARENTS = (
    (0, 1, 0),
    (0, 0, 1),
    (0, 1, 1),
    (0, 2, 0),
    (0, 0, 2),
    (1, 0, 0),
    (2, 0, 0),
)  # (component, u, v) less than the channel's own
OWN_FEATURES, REFERENCE_FEATURES, MEAN_FEATURES = 24, 8, 26
CANDIDATES = 5  # of a mean: two references, linear predictions of the symbol and of its difference to each reference
MEAN_OUTPUTS = CANDIDATES + 1  # and a scale, of channels that are forecast
LINEAR_OWN, LINEAR_SLOTS = (
    4,
    9,
)  # left, top, top-left, top-right; frequencies below 3 of the same component, five places each
LINEAR_INPUTS = LINEAR_OWN + 5 * LINEAR_SLOTS
HIDDEN_LIMIT, FEATURE_LIMIT, MEAN_LIMIT, SYMBOL_LIMIT = 8191, 255, 131064, 16383
FIRST_SHIFT, OUT_SHIFT = 8, 9
LEVEL_SCALE = -896  # 32 * level + this: the scale index, in 1/64, that a level says by itself


@nb.njit(inline="always")
def bits_log(y):
    """8 log2 of a float32 y >= 1, as its bits give it: linear between powers of two, rounded to a whole number."""
    return ((np.int64(np.float32(y).view(np.int32)) + 0x80000) >> 20) - 1016


@nb.njit(inline="always")
def lg(y):
    """The same of a whole y >= 1; from 2^24 on it stays."""
    return bits_log(np.float32(min(y, 16777215)))


@nb.njit(inline="always")
def mag(total, unit):
    """Of a sum of a plane's values, in the position's own unit (16 / mult, float32): 0 for 0, 8 an octave."""
    return bits_log(np.float32(total) * unit + np.float32(4)) - 16


def parents(order):
    """The channels [K, 7] that lie below each one (PARENTS), -1 where there is none or it comes later."""
    where = {int(c): i for i, c in enumerate(order)}
    out = np.full((len(order), len(PARENTS)), -1, np.int64)
    for i, c in enumerate(order):
        m, f = divmod(int(c), 256)
        u, v = divmod(f, 16)
        for j, (dm, du, dv) in enumerate(PARENTS):
            if m >= dm and u >= du and v >= dv:
                k = where.get((m - dm) * 256 + (u - du) * 16 + v - dv, len(order))
                out[i, j] = k if k < i else -1
    return out


def linear_slots(order):
    """The channels [K, 9] of the same component and the frequencies below 3 that come earlier, -1 otherwise."""
    where = {int(c): i for i, c in enumerate(order)}
    out = np.full((len(order), LINEAR_SLOTS), -1, np.int64)
    for i, c in enumerate(order):
        for s in range(LINEAR_SLOTS):
            k = where.get(int(c) // 256 * 256 + s // 3 * 16 + s % 3, len(order))
            out[i, s] = k if k < i else -1
    return out


@nb.njit(cache=True)
def turned(symbols, step8, mult, degain, axes, own_step8, own_mult, own_degain, own_axes, order, group):
    """A reference's symbols [K', h, w] in the chunk's axes, eighths of the chunk's own symbols [K, h, w].

    axes [3, 12, 12]: component, band; degain [K] in 1/4096; mult [h, w]; channels beyond K' are 0.
    """
    kept, h, w = symbols.shape
    total = len(order)
    rotation = np.zeros((3, 12, 12), np.int64)
    for g in range(3):
        for a in range(12):
            for b in range(12):
                t = 0.0
                for k in range(12):
                    t += own_axes[g, a, k] * axes[g, b, k]
                rotation[g, a, b] = np.int64(np.floor(t * 16384.0 + 0.5))
    digital = np.zeros((12, 256, h, w), np.int64)
    for c in range(kept):
        m, f = order[c] // 256, order[c] % 256
        for i in range(h):
            for j in range(w):
                v = symbols[c, i, j] * (step8 * mult[i, j]) * degain[c]
                digital[m, f, i, j] = min(max(v >> 16, -(1 << 26)), 1 << 26)
    out = np.zeros((total, h, w), np.int64)
    for c in range(total):
        m, f = order[c] // 256, order[c] % 256
        g = group[f]
        for i in range(h):
            for j in range(w):
                t = 0
                for k in range(12):
                    t += rotation[g, m, k] * digital[k, f, i, j]
                unit = np.float64(own_step8 * own_mult[i, j]) * np.float64(own_degain[c])
                v = np.floor(np.float64(t) * 32.0 / unit + 0.5)
                out[c, i, j] = np.int64(min(max(v, -float(MEAN_LIMIT)), float(MEAN_LIMIT)))
    return out


@nb.njit(inline="always")
def perceptron(x, first, bias, hidden):
    """hidden [H] <- relu(bias + first^T x) in 1/128; first [F, H] int16, bias [H]."""
    for k in range(hidden.shape[0]):
        hidden[k] = bias[k] << FIRST_SHIFT
    for f in range(x.shape[0]):
        v = x[f]
        if v != 0:
            for k in range(hidden.shape[0]):
                hidden[k] += v * first[f, k]
    for k in range(hidden.shape[0]):
        hidden[k] = min(max(hidden[k] >> FIRST_SHIFT, 0), HIDDEN_LIMIT)


@nb.njit(inline="always")
def clip(v):
    return min(max(v, -FEATURE_LIMIT), FEATURE_LIMIT)


@nb.njit(cache=True)
def walk(symbols, known, mult, clear, refs, dates, level, base, w, want, means, scales, features):
    """Goes through a chunk's channels.

    symbols [K, h, w]; the first `known` channels are given, the rest is forecast (from references and what is known).
    mult [h, w]; clear [3, h, w] 0..127 (chunk, references); refs [2, K, h, w] in eighths; dates: references there are, 0..2.
    level, base [K]: of the chunk's step. w: the model (ModelArrays). want: 0 all, 1 features of means, 2 features of scales given `means`, 3 means alone.
    Out: means [K, h, w] eighths, scales [K, h, w], features [K, h, w, F] where wanted.
    """
    temporal = w.mean_first.shape[0] > 0
    K, h, wd = symbols.shape
    P = h * wd
    kinds = 4 if temporal else 1  # planes: |residual|, then |symbol|, |symbol - reference 1|, |symbol - reference 2|
    a = np.zeros((kinds, K + 1, h + 4, wd + 4), np.int64)
    s4 = np.zeros((kinds, K + 1, h + 4, wd + 4), np.int64)
    value = np.zeros((3 if temporal else 1, w.linear_span + 1, h, wd), np.int64)
    by_frequency = np.zeros((256, h, wd), np.int64)
    # decayed sums at each position: fast and slow of |residual| and of what was expected; fast and slow of the other planes
    fast, slow = np.zeros((kinds + 1, h, wd), np.int64), np.zeros((kinds + 1, h, wd), np.int64)
    act_fast, act_slow = np.zeros((h + 2, wd + 2), np.int64), np.zeros((h + 2, wd + 2), np.int64)
    lin, log_lin = np.zeros((kinds, K + 1), np.int64), np.zeros(K + 1, np.int64)
    x = np.zeros(OWN_FEATURES + (REFERENCE_FEATURES if temporal else 0), np.int64)
    y = np.zeros(MEAN_FEATURES, np.int64)
    hidden = np.zeros(w.scale_first.shape[2], np.int64)
    total, before, near, guess = (
        np.zeros(4, np.int64),
        np.zeros(4, np.int64),
        np.zeros(4, np.int64),
        np.zeros(3, np.int64),
    )
    candidate = np.zeros(CANDIDATES, np.int64)
    for c in range(K):
        blind = c >= known
        A, B, C, D, E, M, N = w.parents[c]
        kind, frequency, slot = w.classes[c], w.frequency[c], w.linear_index[c]
        for i in range(h):
            for j in range(wd):
                act_fast[i + 1, j + 1] = lg(fast[0, i, j] + 16) - lg(fast[kinds, i, j] + 16)
                act_slow[i + 1, j + 1] = lg(slow[0, i, j] + 16) - lg(slow[kinds, i, j] + 16)
        prior, sources = 0, 0
        if A >= 0:
            prior += lin[0, A]
            sources += 1
        if B >= 0:
            prior += lin[0, B]
            sources += 1
        if sources == 0 and M >= 0:
            prior = lin[0, M]
        if sources == 2:
            prior >>= 1
        total[:] = 0
        for i in range(h):
            own = lg((total[0] * 64 + 16 * prior) // (i * wd + 16) + 1)
            before[:] = total
            for j in range(wd):
                mu = mult[i, j]
                q = np.float32(16) / np.float32(mu)
                r, s = i + 2, j + 2
                lev = min(max(level[c] - (lg(mu) - 32), 0), 255)
                # linear predictions, eighths
                guess[:] = 0
                if slot >= 0 and not blind:
                    for n in range(value.shape[0]):
                        t = 0
                        if i > 0 or j > 0:
                            left = value[n, c, i, j - 1] if j > 0 else value[n, c, i - 1, j]
                            top = value[n, c, i - 1, j] if i > 0 else left
                            corner = value[n, c, i - 1, j - 1] if i > 0 and j > 0 else top
                            right = value[n, c, i - 1, j + 1] if i > 0 and j + 1 < wd else top
                            t += (
                                w.linear[slot, 0] * left
                                + w.linear[slot, 1] * top
                                + w.linear[slot, 2] * corner
                                + w.linear[slot, 3] * right
                            )
                        for k in range(LINEAR_SLOTS):
                            o = w.linear_slots[c, k]
                            if o < 0:
                                continue
                            at = LINEAR_OWN + 5 * k
                            v = value[n, o, i, j]
                            t += w.linear[slot, at] * v
                            t += w.linear[slot, at + 1] * (value[n, o, i, j - 1] if j > 0 else v)
                            t += w.linear[slot, at + 2] * (value[n, o, i - 1, j] if i > 0 else v)
                            t += w.linear[slot, at + 3] * (value[n, o, i, j + 1] if j + 1 < wd else v)
                            t += w.linear[slot, at + 4] * (value[n, o, i + 1, j] if i + 1 < h else v)
                        guess[n] = min(max((t + 2048 * mu) // (4096 * mu), -MEAN_LIMIT), MEAN_LIMIT)
                mean, spread = guess[0], 0
                r1, r2 = 0, 0
                if temporal:
                    r1, r2 = refs[0, c, i, j], refs[1, c, i, j]
                    if want != 2:
                        y[:] = 0
                        y[0] = lg(abs(r1) + 4) - 16
                        y[1] = lg(abs(r2) + 4) - 16
                        y[2] = lg(abs(r1 - r2) + 4) - 16
                        if not blind:
                            for n in range(1, 4):
                                p = a[n]
                                y[2 + n] = mag(
                                    p[c, r, s - 1] + p[c, r - 1, s] + p[c, r - 1, s - 1] + p[c, r - 1, s + 1], q
                                )
                                # plane K is empty: where -1 points
                                y[5 + n] = mag(p[A, r, s] + p[B, r, s] + p[C, r, s] + p[M, r, s] + p[N, r, s], q)
                                y[8 + n] = mag(s4[n, A, r, s] + s4[n, B, r, s] + s4[n, M, r, s], q)
                            t = lg(lin[1, A] + lin[1, B] + lin[1, M] + 1)
                            y[16] = lg(lin[2, A] + lin[2, B] + lin[2, M] + 1) - t
                            y[17] = lg(lin[3, A] + lin[3, B] + lin[3, M] + 1) - t
                            t = lg(before[1] + 16)
                            y[18] = lg(before[2] + 16) - t
                            y[19] = lg(before[3] + 16) - t
                        t = lg(slow[1, i, j] + 16)
                        y[12] = lg(slow[2, i, j] + 16) - t
                        y[13] = lg(slow[3, i, j] + 16) - t
                        t = lg(fast[1, i, j] + 16)
                        y[14] = lg(fast[2, i, j] + 16) - t
                        y[15] = lg(fast[3, i, j] + 16) - t
                        y[20] = clear[0, i, j] >> 1
                        y[21] = clear[1, i, j] >> 1 if dates > 0 else -32
                        y[22] = clear[2, i, j] >> 1 if dates > 1 else -32
                        y[23] = 32 if blind else 0
                        y[24] = lev - 64
                        y[25] = (16 if j == 0 else 0) + (16 if i == 0 else 0)
                        for f in range(MEAN_FEATURES):
                            y[f] = clip(y[f])
                        if want == 1:
                            features[c, i, j] = y
                        if want == 0 or want == 3:
                            perceptron(y, w.mean_first[kind], w.mean_bias[c], hidden)
                            candidate[0], candidate[1] = r1, r2
                            candidate[2:] = guess
                            mean = 0
                            for n in range(CANDIDATES):
                                t = 0
                                for k in range(hidden.shape[0]):
                                    t += hidden[k] * w.mean_out[kind, k, n]
                                t = (t >> OUT_SHIFT) + w.mean_base[c, n]
                                mean += min(max(t, -512), 512) * candidate[n]
                            mean = min(max((mean + 128) >> 8, -MEAN_LIMIT), MEAN_LIMIT)
                            if blind:
                                t = 0
                                for k in range(hidden.shape[0]):
                                    t += hidden[k] * w.mean_out[kind, k, CANDIDATES]
                                spread = (t >> OUT_SHIFT) + w.mean_base[c, CANDIDATES]
                    else:
                        mean = means[c, i, j]
                if want != 1:
                    means[c, i, j] = mean
                if blind:
                    scales[c, i, j] = min(max((32 * lev + LEVEL_SCALE + spread + 32) >> 6, 0), w.scales - 1)
                    continue
                if want == 0 or want == 2:
                    p, cur = a[0], a[0, c]
                    x[0] = mag(cur[r, s - 1], q)
                    x[1] = mag(cur[r, s - 2] + cur[r - 2, s], q)
                    x[2] = mag(cur[r - 1, s], q)
                    x[3] = mag(cur[r - 1, s - 1] + cur[r - 1, s + 1], q)
                    x[4] = mag(p[A, r, s], q)
                    x[5] = mag(p[B, r, s], q)
                    x[6] = mag(p[C, r, s] + p[D, r, s] + p[E, r, s], q)
                    x[7] = mag(s4[0, A, r, s], q)
                    x[8] = mag(s4[0, B, r, s], q)
                    x[9] = mag(p[M, r, s], q)
                    x[10] = mag(p[N, r, s], q)
                    x[11] = mag(by_frequency[frequency, i, j], q)
                    x[12] = mag(s4[0, M, r, s] + s4[0, N, r, s], q)
                    x[13] = act_fast[i + 1, j + 1]
                    x[14] = act_slow[i + 1, j + 1]
                    x[15] = (
                        act_slow[i, j + 1] + act_slow[i + 2, j + 1] + act_slow[i + 1, j] + act_slow[i + 1, j + 2]
                    ) >> 1
                    x[16] = (
                        act_fast[i, j + 1] + act_fast[i + 2, j + 1] + act_fast[i + 1, j] + act_fast[i + 1, j + 2]
                    ) >> 1
                    x[17] = lev - 64
                    x[18] = log_lin[A]
                    x[19] = log_lin[B]
                    x[20] = log_lin[M]
                    x[21] = own
                    x[22] = 16 if j == 0 else 0
                    x[23] = 16 if i == 0 else 0
                    if temporal:
                        x[24] = lg(abs(r1) + 4) - 16
                        x[25] = lg(abs(r2) + 4) - 16
                        x[26] = lg(abs(r1 - r2) + 4) - 16
                        x[27] = lg(abs(mean) + 4) - 16
                        near[0] = 0
                        if j > 0:
                            near[0] += abs(refs[0, c, i, j - 1] - refs[1, c, i, j - 1])
                        if j + 1 < wd:
                            near[0] += abs(refs[0, c, i, j + 1] - refs[1, c, i, j + 1])
                        if i > 0:
                            near[0] += abs(refs[0, c, i - 1, j] - refs[1, c, i - 1, j])
                        if i + 1 < h:
                            near[0] += abs(refs[0, c, i + 1, j] - refs[1, c, i + 1, j])
                        x[28] = lg(near[0] + 4) - 16
                        x[29] = clear[0, i, j] >> 1
                        x[30] = clear[1, i, j] >> 1 if dates > 0 else -32
                        x[31] = clear[2, i, j] >> 1 if dates > 1 else -32
                    for f in range(x.shape[0]):
                        x[f] = clip(x[f])
                    if want == 2:
                        features[c, i, j] = x
                    if want == 0:
                        perceptron(x, w.scale_first[kind], w.scale_bias[c], hidden)
                        t = 0
                        for k in range(hidden.shape[0]):
                            t += hidden[k] * w.scale_out[kind, k]
                        t = base[c] - 32 * (lg(mu) - 32) + (t >> OUT_SHIFT)
                        scales[c, i, j] = min(max((t + 32) >> 6, 0), w.scales - 1)
                v = 8 * symbols[c, i, j]
                a[0, c, r, s] = min((abs(v - mean) * mu) >> 4, 65535)
                total[0] += a[0, c, r, s]
                if temporal:
                    a[1, c, r, s] = min((abs(v) * mu) >> 4, 65535)
                    a[2, c, r, s] = min((abs(v - r1) * mu) >> 4, 65535)
                    a[3, c, r, s] = min((abs(v - r2) * mu) >> 4, 65535)
                    total[1] += a[1, c, r, s]
                    total[2] += a[2, c, r, s]
                    total[3] += a[3, c, r, s]
                if c < w.linear_span:
                    value[0, c, i, j] = v * mu
                    if temporal:
                        value[1, c, i, j] = (v - r1) * mu
                        value[2, c, i, j] = (v - r2) * mu
        if blind:
            continue
        for n in range(kinds):
            lin[n, c] = total[n] * 64 // P
        log_lin[c] = lg(lin[0, c] + 1)
        for i in range(h):
            for j in range(wd):
                r, s = i + 2, j + 2
                lev = min(max(level[c] - (lg(mult[i, j]) - 32), 0), 255)
                q, e = np.float32(16) / np.float32(mult[i, j]), w.expect[lev]
                by_frequency[frequency, i, j] += a[0, c, r, s]
                for n in range(kinds):
                    p = a[n, c]
                    s4[n, c, r, s] = min(p[r - 1, s] + p[r + 1, s] + p[r, s - 1] + p[r, s + 1], 65535)
                    z = 16 * mag(p[r, s], q)
                    fast[n, i, j] += z - (fast[n, i, j] >> 3)
                    slow[n, i, j] += z - (slow[n, i, j] >> 6)
                fast[kinds, i, j] += e - (fast[kinds, i, j] >> 3)
                slow[kinds, i, j] += e - (slow[kinds, i, j] >> 6)
