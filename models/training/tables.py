"""Frozen integer tables: how latents become symbols and symbols become bits.

    v = latent * gain[step, c]          symbol = sign(v) floor(|v| + rounding[step, c])          y_hat = symbol * degain[step, c]

Each (step, set, channel) has one CompressAI-style distribution of 2^16 counts: `count` ordinary symbols from `first` on, then the escape,
whose value follows in 4-bit pieces (compressai/cpp_exts/rans/rans_interface.cpp). A chunk (16 x 16 latents) names a set for each block of
block x block positions; sets = 1 is plain TEC-FP. Sets are found by EM on code length: assign each block to its cheapest set, recount.

fp.tables, little endian: "TECF", u16 version, steps, sets, channels; each step: f32 gain[C], degain[C], rounding[C];
then each step, set, channel: i16 first, u16 count, u16 freq[count + 1] (escape last; the sum is 65536, each is at least 1).
"""
import struct
from dataclasses import dataclass
import numpy as np

CHUNK = 16             # latents a side
LIMIT = 2047           # symbols beyond are clipped: wider than 20000 digital numbers at the finest step
WIDTH = 2 * LIMIT + 1  # columns of dense tables: symbol + LIMIT
RARE = 2.0 ** -14      # symbols rarer than this at both ends go to the escape
MOST = 1024            # ordinary symbols of one table, at most
TOTAL = 1 << 16


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


def blocks(symbols, block):
    """[C, h, w], h and w multiples of block -> [h / block * w / block, C, block * block]."""
    c, h, w = symbols.shape
    return symbols.reshape(c, h // block, block, w // block, block).transpose(1, 3, 0, 2, 4).reshape(-1, c, block * block)


def columns(blocked):
    """[N, C, P] symbols -> [N, C * P] columns of a dense [C * WIDTH] table."""
    c = blocked.shape[1]
    return (blocked.astype(np.int32) + (np.arange(c, dtype=np.int32) * WIDTH + LIMIT)[:, None]).reshape(len(blocked), -1)


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


def fit_sets(cols, everywhere, sets, start=None, rounds=6, strength=40., most=16000):
    """EM. cols [N, K]; everywhere [C, WIDTH] the distribution over all blocks; at most `most` blocks search, then all are counted.

    Returns probabilities [sets, C, WIDTH] and labels [N].
    """
    bits = lambda p: -np.log2(p).reshape(len(p), -1).astype(np.float32)
    every = max(1, -(-len(cols) // most)); few = cols[::every]
    if start is None:
        start = np.zeros(len(cols), int)
        start[::every] = np.argsort(np.argsort(cost(few, bits(everywhere[None]))[:, 0])) * sets // len(few)
    labels = start[::every]
    for _ in range(rounds):
        p = np.stack([smoothed(few[labels == s], everywhere, strength) for s in range(sets)])
        labels = cost(few, bits(p)).argmin(1)
        for s in np.flatnonzero(np.bincount(labels, minlength=sets) == 0): labels[np.random.default_rng(s).integers(len(labels), size=20)] = s
    labels = cost(cols, bits(np.stack([smoothed(few[labels == s], everywhere, strength) for s in range(sets)]))).argmin(1)
    return np.stack([smoothed(cols[labels == s], everywhere, strength) for s in range(sets)]), labels


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
        gather = lambda: np.concatenate([columns(blocks(s, block)) for s in quantise(latents, gain[q], rounding[q])])
        cols = gather()
        if kappa:
            rounding[q] = dead_zone(smoothed(cols, prior, strength), degain[q], lambdas[q] / 12, kappa)
            cols = gather()
        everywhere = smoothed(cols, prior, strength)
        p = everywhere[None]
        if sets > 1: p, labels = fit_sets(cols, everywhere, sets, labels, 8 if labels is None else 3, strength)
        tables = [[integer(c) for c in s] for s in p]
        first.append([[t[0] for t in s] for s in tables]); freq.append([[t[1] for t in s] for s in tables])
        log(f"step {q}: {len(cols)} blocks in {sets} sets, the smallest {np.bincount(labels, minlength=sets).min() if sets > 1 else len(cols)}")
    return Tables(gain.astype(np.float32), degain.astype(np.float32), rounding, np.array(first), freq, block)


def lengths(tables, q):
    """Bits of every symbol under the integer tables of a step, escapes and their pieces included: float32 [sets, C * WIDTH]."""
    channels, out = tables.gain.shape[1], []
    symbol = np.arange(-LIMIT, LIMIT + 1)
    for s in range(tables.sets):
        for c in range(channels):
            first, freq = tables.first[q][s][c], tables.freq[q][s][c]
            last = first + len(freq) - 2
            raw = np.where(symbol < first, 2 * (first - symbol) - 1, 2 * (symbol - last - 1))
            pieces = np.ceil(np.log2(np.maximum(raw, 0) + 1) / 4)
            bits = 16 - np.log2(freq[-1]) + 4 + 4 * pieces
            bits[first + LIMIT:last + LIMIT + 1] = 16 - np.log2(freq[:-1])
            out.append(bits.astype(np.float32))
    return np.stack(out).reshape(tables.sets, -1)


def chunk_bits(symbols, bits, tables):
    """symbols [C, h, w] of one chunk, bits = lengths(...) -> (bits of the symbols under the best sets + side information, sets [rows, cols])."""
    c, h, w = symbols.shape
    b = tables.block
    total, chosen = 0., np.zeros((-(-h // b), -(-w // b)), int)
    offset = (np.arange(c, dtype=np.int32) * WIDTH + LIMIT)[:, None, None]
    cols = symbols.astype(np.int32) + offset
    for i in range(chosen.shape[0]):
        for j in range(chosen.shape[1]):
            part = cols[:, i * b:i * b + b, j * b:j * b + b].ravel()
            each = [table[part].sum(dtype=np.float64) for table in bits]
            chosen[i, j] = int(np.argmin(each)); total += min(each)
    return total + tables.side_bits * chosen.size, chosen


def image_bytes(symbols, bits, tables, head=20):
    """Bytes of all chunks of an image's symbols [C, h, w]: a head each, side information, and rANS streams that end on 32-bit words."""
    total = 0
    for i in range(0, symbols.shape[1], CHUNK):
        for j in range(0, symbols.shape[2], CHUNK):
            n, _ = chunk_bits(symbols[:, i:i + CHUNK, j:j + CHUNK], bits, tables)
            total += head + 4 + 4 * int(np.ceil(n / 32))
    return total


def write(path, t):
    steps, sets, channels = t.first.shape
    out = [b"TECF", struct.pack("<4H", 1, steps, sets, channels)]
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
    assert magic == b"TECF" and version == 1, f"{path}: TECF version 1 expected, got {magic} {version}"
    at = 12 + 12 * steps * channels
    gain, degain, rounding = np.frombuffer(raw, "<f4", 3 * steps * channels, 12).reshape(steps, 3, channels).transpose(1, 0, 2)
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
