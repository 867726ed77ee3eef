"""Frozen integer tables: how latents become symbols and symbols become bits.

    v = latent * gain[step, c]          symbol = sign(v) floor(|v| + rounding[step, c])          y_hat = symbol * degain[step, c]

Each (step, set, channel) has one CompressAI-style distribution of 2^16 counts: `count` ordinary symbols from `first` on, then the escape,
whose value follows in 4-bit pieces (compressai/cpp_exts/rans/rans_interface.cpp). A chunk (16 x 16 latents) names a set for each block of
block x block positions; sets = 1 is plain TEC-FP. Sets are found by EM on code length: assign each block to its cheapest set, recount.

The lowest channels vary slowly: of those in PREDICTED a chunk codes the difference to (left + top) >> 1 of the chunk's own symbols (the one
that is there at its left and upper edge, 0 in the corner).

fp.tables, little endian: "TECF", u16 version, steps, sets, channels; u8 predicted[C]; each step: f32 gain[C], degain[C], rounding[C];
then each step, set, channel: i16 first, u16 count, u16 freq[count + 1] (escape last; the sum is 65536, each is at least 1).
"""
import struct
from dataclasses import dataclass
import numpy as np

CHUNK = 16             # latents a side
LIMIT = 2047           # symbols beyond are clipped: wider than 20000 digital numbers at the finest step
WIDTH = 2 * LIMIT + 1  # columns of dense tables: symbol + LIMIT
NARROW = 127           # the same while sets are sought
RARE = 2.0 ** -14      # symbols rarer than this at both ends go to the escape
MOST = 1024            # ordinary symbols of one table, at most
TOTAL = 1 << 16
PREDICTED = (0, 1, 2, 3, 6, 16, 19, 22)   # channels that gain from it on training crops


@dataclass
class Tables:
    gain: np.ndarray      # [steps, C] float32
    degain: np.ndarray    # [steps, C] float32
    rounding: np.ndarray  # [steps, C] float32; 0.5 is plain rounding
    first: np.ndarray     # [steps, sets, C] int
    freq: list            # freq[step][set][c] = uint16 [count + 1]
    block: int            # positions a side that share a set

    @property
    def sets(self): return self.first.shape[1]

    @property
    def side_bits(self): return int(np.ceil(np.log2(self.sets)))


def quantise(y, gain, rounding):
    """y [..., C, h, w] float32, gain and rounding [C] -> int16 symbols."""
    v = y * gain[:, None, None]
    return np.clip(np.sign(v) * np.floor(np.abs(v) + rounding[:, None, None]), -LIMIT, LIMIT).astype(np.int16)


def differences(symbols, channels=PREDICTED):
    """Symbols [..., C, h, w] of whole chunks -> the same with predicted channels as differences."""
    out = symbols.copy()
    for c in channels:
        s = symbols[..., c, :, :].astype(np.int32); p = np.zeros_like(s)
        p[..., 0, 1:], p[..., 1:, 0] = s[..., 0, :-1], s[..., :-1, 0]
        p[..., 1:, 1:] = (s[..., 1:, :-1] + s[..., :-1, 1:]) >> 1
        out[..., c, :, :] = np.clip(s - p, -LIMIT, LIMIT)
    return out


def undone(coded, channels=PREDICTED):
    """The symbols [C, h, w] of one chunk whose differences are `coded`."""
    out = coded.astype(np.int32)
    for c in channels:
        s = out[c]
        for i in range(s.shape[0]):
            for j in range(s.shape[1]):
                around = ([s[i, j - 1]] if j else []) + ([s[i - 1, j]] if i else [])
                s[i, j] += sum(around) >> (len(around) - 1) if around else 0
    return out.astype(np.int16)


def blocks(symbols, block):
    """[C, h, w], h and w multiples of block -> [h / block * w / block, C, block * block]."""
    c, h, w = symbols.shape
    return symbols.reshape(c, h // block, block, w // block, block).transpose(1, 3, 0, 2, 4).reshape(-1, c, block * block)


def columns(blocked, limit=LIMIT):
    """[N, C, P] symbols -> [N, C * P] columns of a dense [C * (2 limit + 1)] table."""
    c = blocked.shape[1]
    return (blocked.astype(np.int32) + (np.arange(c, dtype=np.int32) * (2 * limit + 1) + limit)[:, None]).reshape(len(blocked), -1)


def mixture(density, q):
    """Probabilities of the trained logistic mixture at every integer, [C, WIDTH]."""
    mean, scale = density.mean[q].detach().numpy()[..., None], np.exp(np.clip(density.log_scale[q].detach().numpy(), -5, 8))[..., None]
    weight = density.weight[q].detach().softmax(-1).numpy()
    d = np.abs(np.arange(-LIMIT, LIMIT + 1, dtype=np.float32) - mean)            # [C, parts, WIDTH]
    sigmoid = lambda x: 1 / (1 + np.exp(-np.clip(x, -60, 60)))
    p = ((sigmoid((.5 - d) / scale) - sigmoid((-.5 - d) / scale)) * weight[..., None]).sum(1) + 1e-9
    return p / p.sum(1, keepdims=True)


def smoothed(cols, prior, strength):
    """Counts of `cols` ([N, K]) plus `strength` pseudo-counts of prior [C, WIDTH] -> probabilities [C, WIDTH]."""
    counts = np.bincount(cols.ravel(), minlength=prior.size).reshape(prior.shape) + strength * prior
    return counts / counts.sum(1, keepdims=True)


def cost(cols, bits):
    """Code length of each row of cols under each dense table: bits [sets, C * WIDTH] -> [N, sets]."""
    out = np.empty((len(cols), len(bits)), np.float32)
    for i in range(0, len(cols), 512):                                           # rows that stay in the cache while the tables change
        for s, table in enumerate(bits): out[i:i + 512, s] = table[cols[i:i + 512]].sum(1)
    return out


def narrow(blocked, everywhere):
    """The same with symbols clipped to +-NARROW, so that tables stay in the cache while sets are sought: ([N, K] columns, [C, 2 NARROW + 1])."""
    lo, hi = LIMIT - NARROW, LIMIT + NARROW
    p = everywhere[:, lo:hi + 1].copy()
    p[:, 0] += everywhere[:, :lo].sum(1); p[:, -1] += everywhere[:, hi + 1:].sum(1)
    return columns(np.clip(blocked, -NARROW, NARROW), NARROW), p


def fit_sets(blocked, everywhere, sets, start=None, rounds=6, strength=40., most=8000):
    """EM. blocked [N, C, P] symbols; everywhere [C, WIDTH] the distribution over all blocks; at most `most` blocks search. -> labels [N]."""
    cols, p = narrow(blocked, everywhere)
    bits = lambda q: -np.log2(q).reshape(len(q), -1).astype(np.float32)
    every = max(1, -(-len(cols) // most)); few = cols[::every]
    labels = start[::every] if start is not None else np.argsort(np.argsort(cost(few, bits(p[None]))[:, 0])) * sets // len(few)
    for _ in range(rounds):
        each = np.stack([smoothed(few[labels == s], p, strength) for s in range(sets)])
        labels = cost(few, bits(each)).argmin(1)
        for s in np.flatnonzero(np.bincount(labels, minlength=sets) == 0): labels[np.random.default_rng(s).integers(len(labels), size=20)] = s
    return cost(cols, bits(np.stack([smoothed(few[labels == s], p, strength) for s in range(sets)]))).argmin(1)


def dead_zone(p, degain, trade, kappa=.6, least=.2):
    """Rounding offsets [C] for probabilities p [C, WIDTH]: where half a step's distortion equals kappa times the bits it saves.

    The transform is nearly orthonormal, so an error e of a symbol adds trade degain^2 e^2 to the loss in bits; a symbol one nearer to 0
    saves log2 p(0) / p(1) bits; the loss is even at 1/2 - saved / (2 trade degain^2) from the smaller symbol's upper neighbour.
    """
    saved = np.maximum(0, np.log2(p[:, LIMIT]) - np.log2(p[:, LIMIT - 1] + p[:, LIMIT + 1]) + 1)
    return np.clip(.5 - kappa * saved / (2 * trade * degain ** 2), least, .5)


def integer(p):
    """Probabilities [WIDTH] -> (first, uint16 frequencies with the escape last)."""
    common = np.flatnonzero(p >= RARE)
    lo, hi = (common[0], common[-1] + 1) if len(common) else (LIMIT, LIMIT + 1)
    if hi - lo > MOST:                                                           # the window of MOST symbols that holds most
        mass = np.cumsum(np.r_[0, p]); lo = int((mass[MOST:] - mass[:-MOST]).argmax()); hi = lo + MOST
    share = np.r_[p[lo:hi], max(1 - p[lo:hi].sum(), 0)]
    freq = np.maximum(1, np.round(share * TOTAL)).astype(int)
    while (over := freq.sum() - TOTAL):                                          # the largest give or take the rounding
        k = freq.argmax(); freq[k] -= min(over, freq[k] // 2) if over > 0 else over
    return int(lo - LIMIT), freq.astype(np.uint16)


def fit(latents, net, lambdas, sets, block, kappa=.6, strength=40., log=lambda *_: None):
    """latents [n, C, h, w] float32 of training crops before the gain -> Tables of all steps. kappa 0: plain rounding."""
    gain, degain = np.exp(net.log_gain.detach().numpy()), np.exp(net.log_degain.detach().numpy())
    rounding, first, freq, labels = np.full(gain.shape, .5, np.float32), [], [], None
    for q in range(len(gain)):
        prior = mixture(net.density, q)
        if kappa:
            few = columns(np.concatenate([blocks(s, block) for s in quantise(latents[::4], gain[q], rounding[q])]))
            rounding[q] = dead_zone(smoothed(few, prior, strength), degain[q], lambdas[q] / 12, kappa)
            rounding[q][list(PREDICTED)] = .5
        blocked = np.concatenate([blocks(s, block) for s in differences(quantise(latents, gain[q], rounding[q]))])    # [N, C, P]
        cols = columns(blocked)
        everywhere = smoothed(cols, prior, strength)
        p = everywhere[None]
        if sets > 1:
            labels = fit_sets(blocked, everywhere, sets, labels, 8 if labels is None else 3, strength)
            p = (smoothed(cols[labels == s], everywhere, strength) for s in range(sets))
        tables = [[integer(c) for c in s] for s in p]
        first.append([[t[0] for t in s] for s in tables]); freq.append([[t[1] for t in s] for s in tables])
        log(f"step {q}: {len(cols)} blocks in {sets} sets, the smallest {np.bincount(labels, minlength=sets).min() if sets > 1 else len(cols)}")
    return Tables(gain.astype(np.float32), degain.astype(np.float32), rounding, np.array(first), freq, block)


def lengths(tables, q):
    """Bits of every symbol under the integer tables of a step, escapes and their pieces included: float32 [sets, C * WIDTH]."""
    far = np.arange(2 * WIDTH)                                                   # what an escape stores: 2 k - 1 below the first, 2 k above the last
    pieces = (4 + 4 * np.ceil(np.log2(far + 1) / 4)).astype(np.float32)
    out = np.empty((tables.sets, tables.gain.shape[1], WIDTH), np.float32)
    for s in range(tables.sets):
        for row, first, freq in zip(out[s], tables.first[q][s], tables.freq[q][s]):
            lo, hi = first + LIMIT, first + LIMIT + len(freq) - 1                # columns of the ordinary symbols
            own = 16 - np.log2(freq.astype(np.float32))
            row[:lo] = own[-1] + pieces[2 * lo - 1::-2][:lo]
            row[lo:hi] = own[:-1]
            row[hi:] = own[-1] + pieces[0:2 * (WIDTH - hi):2]
    return out.reshape(tables.sets, -1)


def chunk_bits(symbols, bits, tables):
    """symbols [C, h, w] of one chunk, bits = lengths(...) -> (bits of the symbols under the best sets + side information, sets [rows, cols])."""
    c, h, w = symbols.shape
    cols = differences(symbols).astype(np.int32) + (np.arange(c, dtype=np.int32) * WIDTH + LIMIT)[:, None, None]
    rows, columns = np.arange(0, h, tables.block), np.arange(0, w, tables.block)
    each = np.stack([np.add.reduceat(np.add.reduceat(table[cols].sum(0), rows, 0), columns, 1) for table in bits])   # [sets, rows, cols]
    chosen = each.argmin(0)
    return float(each.min(0).sum(dtype=np.float64)) + tables.side_bits * chosen.size, chosen


def image_bytes(symbols, bits, tables, head=20):
    """Bytes of all chunks of an image's symbols [C, h, w]: a head each, side information, and rANS streams that end on 32-bit words."""
    total = 0
    for i in range(0, symbols.shape[1], CHUNK):
        for j in range(0, symbols.shape[2], CHUNK):
            n, _ = chunk_bits(symbols[:, i:i + CHUNK, j:j + CHUNK], bits, tables)
            total += head + 4 + 4 * int(np.ceil(n / 32))
    return total


def write(path, t, predicted=PREDICTED):
    steps, sets, channels = t.first.shape
    out = [b"TECF", struct.pack("<4H", 2, steps, sets, channels), bytes(c in predicted for c in range(channels))]
    for q in range(steps): out += [a[q].astype("<f4").tobytes() for a in (t.gain, t.degain, t.rounding)]
    for q in range(steps):
        for s in range(sets):
            for c in range(channels):
                f = t.freq[q][s][c]
                out += [struct.pack("<hH", t.first[q][s][c], len(f) - 1), f.astype("<u2").tobytes()]
    with open(path, "wb") as file: file.write(b"".join(out))


def read(path, block):
    with open(path, "rb") as file: raw = file.read()
    magic, version, steps, sets, channels = struct.unpack_from("<4s4H", raw)
    assert magic == b"TECF" and version == 2, f"{path}: TECF version 2 expected, got {magic} {version}"
    assert tuple(np.flatnonzero(np.frombuffer(raw, "u1", channels, 12))) == PREDICTED, f"{path}: other channels are predicted"
    at = 12 + channels + 12 * steps * channels
    gain, degain, rounding = np.frombuffer(raw[12 + channels:], "<f4", 3 * steps * channels).reshape(steps, 3, channels).transpose(1, 0, 2)
    first, freq = np.zeros((steps, sets, channels), int), []
    for q in range(steps):
        freq.append([])
        for s in range(sets):
            freq[q].append([])
            for c in range(channels):
                first[q, s, c], count = struct.unpack_from("<hH", raw, at)
                freq[q][s].append(np.frombuffer(raw, "<u2", count + 1, at + 4)); at += 4 + 2 * (count + 1)
    assert at == len(raw), f"{path}: {at} bytes expected, {len(raw)} found"
    return Tables(gain, degain, rounding, first, freq, block)
