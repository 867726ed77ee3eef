"""A context model as whole numbers: its arrays, its file (docs/format.md, "Context weights"), and the distributions it gives.

`describe` runs the reference walk of context_features; src/codec/assembly/context.ts gives the same numbers, which golden vectors keep true.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from tectile_training import context_features as cf

HIDDEN = 16
MAGIC, VERSION = b"TECW", 1
TOKEN_SIZES = (
    6,
    *[2] * 11,
    *[1] * 4,
)  # thirty-seconds of the channels: fewer in the first, and a coarser step would serve its bytes better


class ModelArrays(NamedTuple):
    """What the walk reads. Classes: perceptrons; a channel's class says which. Shapes as in the file, features and hidden units apart."""

    order: np.ndarray  # [K] component * 256 + frequency
    bounds: np.ndarray  # [tokens + 1]
    steps: np.ndarray  # [steps] 1/8 DN
    classes: np.ndarray  # [K]
    linear_span: int
    linear_index: np.ndarray  # [K] line of `linear` or -1
    linear: np.ndarray  # [lines, 49] 1/4096
    expect: np.ndarray  # [256] 16 mag of a channel of this level
    level: np.ndarray  # [steps, K] 8 an octave
    base: np.ndarray  # [steps, K] scale index in 1/64
    scale_first: np.ndarray  # [classes, F, 16] 1/1024 of a hidden unit for 32 of a feature
    scale_bias: np.ndarray  # [K, 16] 1/128
    scale_out: np.ndarray  # [classes, 16] 1/1024
    mean_first: np.ndarray  # [classes or 0, 26, 16]
    mean_bias: np.ndarray  # [K, 16]
    mean_out: np.ndarray  # [classes, 16, 6] 1/1024
    mean_base: np.ndarray  # [K, 6] 1/256
    parents: np.ndarray  # [K, 7]
    frequency: np.ndarray  # [K]
    linear_slots: np.ndarray  # [K, 9]
    scales: int


class Chunk(NamedTuple):
    """Symbols [K', h, w] and what is known of them; axes [3, 12, 12]."""

    symbols: np.ndarray
    quality: int
    step8: int
    mult: np.ndarray  # [h, w]
    clear: np.ndarray  # [h, w] 0..127
    axes: np.ndarray


def assemble(order, scales, **arrays) -> ModelArrays:
    """The arrays with what follows from the order of channels."""
    slots = cf.linear_slots(order)
    slots[slots >= arrays["linear_span"]] = -1
    k = len(order)
    empty = {
        "mean_first": (0, cf.MEAN_FEATURES, HIDDEN),
        "mean_bias": (k, HIDDEN),
        "mean_out": (0, HIDDEN, cf.MEAN_OUTPUTS),
        "mean_base": (k, cf.MEAN_OUTPUTS),
    }
    for name, shape in empty.items():
        arrays.setdefault(name, np.zeros(shape, np.int64))
    arrays.setdefault("bounds", np.cumsum([0, *TOKEN_SIZES]) * k // sum(TOKEN_SIZES))
    whole = {n: v if isinstance(v, int) else np.ascontiguousarray(v, np.int64) for n, v in arrays.items()}
    order = np.ascontiguousarray(order, np.int64)
    return ModelArrays(
        order=order, scales=scales, parents=cf.parents(order), frequency=order % 256, linear_slots=slots, **whole
    )


def is_temporal(model: ModelArrays) -> bool:
    return len(model.mean_first) > 0


GROUP = np.array([0 if max(f >> 4, f & 15) < 3 else 1 if max(f >> 4, f & 15) < 8 else 2 for f in range(256)])


def whole_degain(degain):
    """Degains in 1/4096, at least 1."""
    return np.maximum(1, np.floor(np.asarray(degain, np.float64) * 4096 + 0.5)).astype(np.int64)


def log(y):
    return int(cf.lg(int(y)))


def step_arrays(model: ModelArrays, quality, step8):
    """level, base [K] for a chunk's own step."""
    change = log(int(model.steps[quality]) * 256) - log(step8 * 256)
    return model.level[quality] + change, model.base[quality] + 32 * change


def turned_references(chunk: Chunk, references, degain, model: ModelArrays, channels):
    """[2, channels, h, w] in eighths of the chunk's symbols; degain [steps, K] float."""
    h, w = chunk.mult.shape
    out = np.zeros((2, channels, h, w), np.int64)
    as64 = lambda v: np.ascontiguousarray(v, np.int64)
    axes = lambda c: np.ascontiguousarray(np.asarray(c.axes, np.float32), np.float64)
    own = whole_degain(degain[chunk.quality])
    for n, r in enumerate(references):
        full = cf.turned(as64(r.symbols), r.step8, as64(r.mult), whole_degain(degain[r.quality]), axes(r),
                         chunk.step8, as64(chunk.mult), own, axes(chunk), model.order, GROUP)  # fmt: skip
        out[n] = full[:channels]
    return out


def describe(model: ModelArrays, chunk: Chunk, references=(), degain=None, known=None, want=0, means=None, refs=None):
    """means [K', h, w] in eighths and scale indices; channels from `known` on are forecast. want: see walk."""
    count, h, w = chunk.symbols.shape
    level, base = step_arrays(model, chunk.quality, chunk.step8)
    if refs is None:
        refs = (
            turned_references(chunk, references, degain, model, count)
            if is_temporal(model)
            else np.zeros((2, 1, 1, 1), np.int64)
        )
    clear = np.stack([chunk.clear] + [r.clear for r in references] + [np.zeros((h, w))] * (2 - len(references))).astype(
        np.int64
    )
    width = {
        0: 1,
        3: 1,
        1: cf.MEAN_FEATURES,
        2: cf.OWN_FEATURES + (cf.REFERENCE_FEATURES if is_temporal(model) else 0),
    }[want]
    features = np.zeros((count, h, w, width) if want in (1, 2) else (1, 1, 1, 1), np.int16)
    means = np.zeros((count, h, w), np.int32) if means is None else means
    scales = np.zeros((count, h, w), np.uint8)
    cf.walk(np.ascontiguousarray(chunk.symbols, np.int64), count if known is None else known, np.ascontiguousarray(chunk.mult, np.int64), clear, refs,
            len(references), level, base, model, want, means, scales, features)  # fmt: skip
    return features if want in (1, 2) else (means, scales)


def check_ranges(model: ModelArrays):
    """@raises ValueError where a sum could leave 32 bits: features are within 255, hidden units within 8191."""
    for first, bias in ((model.scale_first, model.scale_bias), (model.mean_first, model.mean_bias)):
        if (
            len(first)
            and (np.abs(first).sum(1) * cf.FEATURE_LIMIT).max() + (np.abs(bias).max() << cf.FIRST_SHIFT) >= 2**31
        ):
            raise ValueError("a hidden unit's sum could leave 32 bits")
    for out in (model.scale_out, model.mean_out):
        if len(out) and (np.abs(out).sum(1) * cf.HIDDEN_LIMIT).max() >= 2**31:
            raise ValueError("an output's sum could leave 32 bits")
    for name in (
        "linear",
        "expect",
        "base",
        "scale_first",
        "scale_bias",
        "scale_out",
        "mean_first",
        "mean_bias",
        "mean_out",
        "mean_base",
    ):
        v = getattr(model, name)
        if v.size and np.abs(v).max() > 32767:
            raise ValueError(f"{name} leaves 16 bits")


def paired(first):
    """[classes, F, H] -> [classes, F / 2, H, 2]: as a product of pairs reads it."""
    n, f, h = first.shape
    return first.reshape(n, f // 2, 2, h).transpose(0, 1, 3, 2)


def write(model: ModelArrays) -> bytes:
    check_ranges(model)
    classes = len(model.scale_first)
    parts = [
        MAGIC,
        struct.pack(
            "<8H",
            VERSION,
            is_temporal(model),
            len(model.order),
            len(model.steps),
            classes,
            len(model.linear),
            model.linear_span,
            len(model.bounds) - 1,
        ),
    ]
    put = lambda v, kind: parts.append(np.ascontiguousarray(v).astype(kind).tobytes())
    for v in (model.order, model.bounds, model.steps):
        put(v, "<u2")
    put(model.classes, "u1")
    for v in (model.linear_index, model.linear, model.expect):
        put(v, "<i2")
    put(model.level, "u1")
    for v in (model.base, paired(model.scale_first), model.scale_bias, model.scale_out):
        put(v, "<i2")
    if is_temporal(model):
        for v in (paired(model.mean_first), model.mean_bias, model.mean_out.transpose(0, 2, 1), model.mean_base):
            put(v, "<i2")
    return b"".join(parts)


def read(data: bytes, scales=64) -> ModelArrays:
    if data[:4] != MAGIC:
        raise ValueError("not a file of context weights")
    version, temporal, k, steps, classes, lines, span, tokens = struct.unpack_from("<8H", data, 4)
    if version != VERSION:
        raise ValueError(f"context weights of version {version}, {VERSION} expected")
    at = 20

    def take(kind, *shape):
        nonlocal at
        v = np.frombuffer(data, kind, int(np.prod(shape)), at).reshape(shape)
        at += v.nbytes
        return v.astype(np.int64)

    unpaired = lambda v: v.transpose(0, 1, 3, 2).reshape(v.shape[0], -1, HIDDEN)
    order, bounds, nominal = take("<u2", k), take("<u2", tokens + 1), take("<u2", steps)
    a = {"bounds": bounds, "steps": nominal, "classes": take("u1", k), "linear_span": span}
    a |= {"linear_index": take("<i2", k), "linear": take("<i2", lines, cf.LINEAR_INPUTS), "expect": take("<i2", 256)}
    a |= {"level": take("u1", steps, k), "base": take("<i2", steps, k)}
    features = cf.OWN_FEATURES + (cf.REFERENCE_FEATURES if temporal else 0)
    a |= {
        "scale_first": unpaired(take("<i2", classes, features // 2, HIDDEN, 2)),
        "scale_bias": take("<i2", k, HIDDEN),
        "scale_out": take("<i2", classes, HIDDEN),
    }
    if temporal:
        a |= {
            "mean_first": unpaired(take("<i2", classes, cf.MEAN_FEATURES // 2, HIDDEN, 2)),
            "mean_bias": take("<i2", k, HIDDEN),
        }
        a |= {
            "mean_out": take("<i2", classes, cf.MEAN_OUTPUTS, HIDDEN).transpose(0, 2, 1),
            "mean_base": take("<i2", k, cf.MEAN_OUTPUTS),
        }
    return assemble(order, scales, **a)


def random_model(seed, temporal, channels=96, steps=6, scales=64) -> ModelArrays:
    """A small model of random weights: golden vectors and tests need every path, not good predictions."""
    r = np.random.default_rng(seed)
    ids = [m * 256 + u * 16 + v for m in range(6) for u in range(6) for v in range(6)]
    order = np.array(sorted(ids, key=lambda i: i // 256 + max(i % 256 // 16, i % 16) + r.random())[:channels])
    predicted = [c for c in range(48) if max(order[c] % 256 // 16, order[c] % 16) < 3]
    index = np.full(channels, -1)
    index[predicted] = np.arange(len(predicted))
    n = 9
    whole = lambda scale, *shape: np.round(r.normal(0, scale, shape)).astype(np.int64)
    width = cf.OWN_FEATURES + (cf.REFERENCE_FEATURES if temporal else 0)
    a = {
        "steps": np.array([20800, 12800, 7600, 4240, 2400, 1400])[:steps],
        "classes": r.integers(0, n, channels),
        "linear_span": 48,
        "linear_index": index,
    }
    a |= {
        "linear": whole(300, len(predicted), cf.LINEAR_INPUTS),
        "expect": np.arange(256) * 5,
        "level": r.integers(20, 120, (steps, channels)),
    }
    a |= {
        "base": r.integers(500, 2500, (steps, channels)),
        "scale_first": whole(300, n, width, HIDDEN),
        "scale_bias": whole(500, channels, HIDDEN),
        "scale_out": whole(200, n, HIDDEN),
    }
    if temporal:
        a |= {
            "mean_first": whole(300, n, cf.MEAN_FEATURES, HIDDEN),
            "mean_bias": whole(500, channels, HIDDEN),
            "mean_out": whole(20, n, HIDDEN, cf.MEAN_OUTPUTS),
        }
        a |= {"mean_base": whole(100, channels, cf.MEAN_OUTPUTS)}
    return assemble(order, scales, **a)


def random_chunk(model: ModelArrays, r, shape, channels, quality) -> Chunk:
    """Symbols of falling size with a few far ones; positions of two steps."""
    h, w = shape
    size = np.exp(2.5 - 4 * np.arange(channels) / len(model.order) + r.normal(0, 0.7))
    symbols = np.round(
        r.laplace(0, 1, (channels, h, w)) * size[:, None, None] * np.exp(r.normal(0, 0.6, (1, h, w)))
    ).astype(np.int64)
    far = r.random(symbols.shape) < 0.0005
    symbols[far] = r.integers(-16383, 16384, far.sum())
    mult = np.where(r.random((h, w)) < 0.2, r.choice([48, 17, 1, 255]), 16)
    axes = np.stack([np.linalg.qr(r.normal(size=(12, 12)))[0] for _ in range(3)]).astype(np.float32)
    return Chunk(
        symbols, quality, int(model.steps[quality] * r.choice([1, 0.9, 1.2])), mult, r.integers(0, 128, (h, w)), axes
    )
