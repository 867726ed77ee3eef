"""A published TEC-TT or FlexTEC checkpoint -> model package: six ONNX graphs, the tables, the card's part for entropy.official.

    analysis    pixels [n, bands, 16 (h + 2 halo), 16 (w + 2 halo)] digital numbers  ->  latents [n, C, h, w]
    synthesis   latents [n, C, h + 2 halo, w + 2 halo], bands [k], scale [n, k], offset [n, k]  ->  pixels [n, k, 16 h, 16 w]
    past        tokens [B, reach^2, C], an earlier frame's y_hat around each of B blocks  ->  features [B, reach^2, D]
    joint       features [context, B, reach^2, D], oldest first  ->  memory [2 L, B, heads, context reach^2, D / heads]: keys and values
    step        token [B, C] the one before, position [1], cache [T, B, 2 L D], memory  ->  out [B, mean C | scale C | z_cur D | keys, values 2 L D]
    dequantise  latents [1, C, h, w] y_hat, features [1, D, h, w] z_cur  ->  values [1, C, h, w], what the synthesis takes

One step a token: causal attention needs the keys and values of earlier tokens only, so `cache` holds them and grows in place (row `position` is
written by the caller from `out`). Weights stay float32: which table codes a symbol depends on them.
"""

import dataclasses
import hashlib
import math
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto as T
from onnx import numpy_helper

from . import fp_tables, onnx_graph
from .onnx_graph import info
from .standardisation import MEAN, STD

NORM = 35.0  # terracodec's _LATENT_NORM_FAC
EPS = 1e-6  # of every layer normalisation


@dataclasses.dataclass
class Config:
    out: str = "."
    heads: int = 16  # attention heads: the one number that a state dict doesn't tell
    means: int = 100  # rows of the tables: means x scales, as the package's GsnConditionalLocScaleShift
    scales: int = 256
    smallest: float = 0.01  # scale of the first row
    mean: tuple = tuple(MEAN["l2a"])  # standardisation of the digital numbers, one a band
    std: tuple = tuple(STD["l2a"])


def convert(state, cfg):
    """Writes the package's files into cfg.out; returns what model.json says of them: stride, channels, analysis, synthesis, entropy."""
    cfg = Config(**{f.name: getattr(cfg, f.name, f.default) for f in dataclasses.fields(Config)})
    w = weights_of(state)
    shape = shape_of(w, cfg)
    os.makedirs(cfg.out, exist_ok=True)
    built = {
        "analysis": analysis(w, cfg),
        "synthesis": synthesis(w, cfg),
        "past": past(w, shape),
        "joint": joint(w, shape),
        "step": step(w, shape),
        "dequantise": dequantise(w, shape),
    }
    for name in list(built):
        onnx.save(built.pop(name), f"{cfg.out}/{name}.onnx")
    with open(f"{cfg.out}/official.tables", "wb") as file:
        file.write(packed(*tables(cfg.means, cfg.scales, cfg.smallest), cfg.means))
    part = lambda name: {"file": name, "sha256": hashlib.sha256(open(f"{cfg.out}/{name}", "rb").read()).hexdigest()}
    official = {
        "kind": shape.kind,
        "tables": part("official.tables"),
        **{name: part(f"{name}.onnx") for name in ("past", "joint", "step", "dequantise")},
        "channels": shape.channels,
        "width": shape.width,
        "layers": shape.layers,
        "heads": cfg.heads,
        "window": shape.window,
        "reach": shape.reach,
        "context": shape.context,
        "means": cfg.means,
        "scales": cfg.scales,
        "smallestScale": cfg.smallest,
        "largestScale": 256,
        "start": [float(v) for v in w["_temporal_pad_token_maker.weight"].ravel()],
    }
    return {
        "stride": 16,
        "channels": shape.channels,
        "analysis": part("analysis.onnx") | {"halo": halo(analysis_parts(w))},
        "synthesis": part("synthesis.onnx") | {"halo": halo(synthesis_parts(w), up=True)},
        "entropy": {"official": official},
    }


@dataclasses.dataclass
class Shape:
    kind: str  # "tt" | "flextec"
    channels: int  # C
    width: int  # D
    layers: int  # L, of the decoder
    heads: int
    window: int  # latents a side of a block; T = window^2 tokens
    reach: int  # latents a side of what is seen of an earlier frame around it
    context: int  # earlier frames


def weights_of(state):
    """Plain names and float32 arrays, whatever wrapper saved them."""
    plain = {k.removeprefix("model."): v for k, v in state.items()}
    wanted = (
        "transform.analysis_transform.",
        "transform.synthesis_transform.",
        "entropy_model.decoder.",
        "_dequantizer.",
    )
    missing = [p for p in wanted if not any(k.startswith(p) for k in plain)]
    if missing:
        raise ValueError(f"not a TEC-TT or FlexTEC checkpoint: no weights under {', '.join(missing)}")
    return {k: torch.as_tensor(v).detach().float().numpy() for k, v in plain.items()}


def shape_of(w, cfg):
    width, channels = w["entropy_model.encoder_embedding.weight"].shape
    tokens, seen, both = (
        w[f"entropy_model.{n}._pos"].shape[1] for n in ("dec_position", "enc_position_sep", "enc_position_joint")
    )
    shape = Shape(
        "flextec" if "entropy_model.mask_token" in w else "tt",
        channels,
        width,
        layers_under(w, "decoder"),
        cfg.heads,
        math.isqrt(tokens),
        math.isqrt(seen),
        both // seen,
    )
    if width % cfg.heads:
        raise ValueError(f"{cfg.heads} attention heads don't divide a width of {width}")
    if w["_temporal_pad_token_maker.weight"].size != channels:
        raise ValueError(
            f"the transform has {w['_temporal_pad_token_maker.weight'].size} channels, the entropy model {channels}"
        )
    if shape.kind == "flextec" and (channels % tokens or channels % seen or width % tokens):
        raise ValueError(
            f"latent repacking needs channels ({channels}) and width ({width}) that {tokens} tokens divide, and {seen} the channels"
        )
    if len(cfg.mean) != len(cfg.std) or len(cfg.mean) != w["transform.analysis_transform.transforms.0.weight"].shape[1]:
        raise ValueError(
            f"{len(cfg.mean)} means and {len(cfg.std)} deviations for {w['transform.analysis_transform.transforms.0.weight'].shape[1]} bands"
        )
    return shape


def layers_under(w, section):
    return len({k.split(".")[3] for k in w if k.startswith(f"entropy_model.{section}.layers.")})


# --- transforms ---------------------------------------------------------------------------------------------------------------------------


def parts_of(w, prefix):
    """[(kind, name of its weights)] of a Sequential of convolutions, residual units and attention blocks, in order."""
    at = sorted({int(k[len(prefix) :].split(".")[0]) for k in w if k.startswith(prefix)})
    kind = lambda p: "conv" if f"{p}.weight" in w else "attention" if f"{p}.conv_a.0.conv.0.weight" in w else "residual"
    return [(kind(f"{prefix}{i}"), f"{prefix}{i}") for i in at]


def analysis_parts(w):
    return parts_of(w, "transform.analysis_transform.transforms.")


def synthesis_parts(w):
    return parts_of(w, "transform.synthesis_transform.transforms.")


def halo(parts, up=False):
    """Latents a side that outputs of one latent's extent can depend on beyond it: 5 x 5 strided convolutions reach 2, 3 x 3 ones 1."""
    lo, hi = (0, 15) if up else (0, 0)
    for kind, _ in reversed(parts):
        if kind == "residual":
            lo, hi = lo - 1, hi + 1
        elif kind == "attention":
            lo, hi = lo - 3, hi + 3
        elif up:
            lo, hi = -((2 - lo) // 2), (hi + 2) // 2
        else:
            lo, hi = 2 * lo - 2, 2 * hi + 2
    return max(-lo, hi) if up else max(math.ceil(-lo / 16), math.ceil((hi - 15) / 16))


class Graph(onnx_graph.Graph):
    """With float32 weights, biases, and layers of this family."""

    def __init__(self, w):
        super().__init__(half=False)
        self.w, self.placed = w, set()

    def put(self, name, tensor):
        if name not in self.placed:
            self.placed.add(name)
            self.weight(name, np.ascontiguousarray(tensor))
        return name

    def index(self, i):
        name = f"at{i}"
        if name not in self.placed:
            self.placed.add(name)
            self.weights.append(numpy_helper.from_array(np.array(i, np.int64), name))
        return name

    def number(self, value):
        return self.put(f"n{value:g}".replace("-", "m").replace(".", "p").replace("+", ""), np.array(value))

    def named(self, name):
        return self.put(name, self.w[name])

    def biased(self, x, name, stride=1):
        w = self.w[name + ".weight"]
        return self.op(
            "Conv",
            x,
            self.named(name + ".weight"),
            self.named(name + ".bias"),
            kernel_shape=w.shape[2:],
            strides=[stride] * 2,
            pads=[w.shape[2] // 2] * 4,
        )

    def unit(self, x, name):
        h = self.op("Relu", self.biased(x, name + ".conv.0"))
        h = self.op("Relu", self.biased(h, name + ".conv.2"))
        return self.op("Relu", self.op("Add", self.biased(h, name + ".conv.4"), x))

    def attention(self, x, name):
        a = b = x
        for i in range(3):
            a, b = self.unit(a, f"{name}.conv_a.{i}"), self.unit(b, f"{name}.conv_b.{i}")
        return self.op("Add", self.op("Mul", a, self.op("Sigmoid", self.biased(b, name + ".conv_b.3"))), x)

    def crop(self, x, n):
        return self.op("Slice", x, self.ints(n, n), self.ints(-n, -n), self.ints(2, 3))

    def linear(self, x, name):
        return self.op(
            "Add",
            self.op("MatMul", x, self.put(name + ".weight", self.w[name + ".weight"].T)),
            self.named(name + ".bias"),
        )

    def norm(self, x, name):
        return self.op(
            "LayerNormalization", x, self.named(name + ".weight"), self.named(name + ".bias"), axis=-1, epsilon=EPS
        )

    def gelu(self, x):
        inner = self.op("Add", self.op("Erf", self.op("Div", x, self.number(math.sqrt(2)))), self.number(1.0))
        return self.op("Mul", self.op("Mul", x, inner), self.number(0.5))

    def mlp(self, x, name):
        return self.linear(self.gelu(self.linear(x, name + ".fc1")), name + ".fc2")

    def embedded(self, tokens, name):
        """y_hat -> width D, before positions are added."""
        h = self.linear(self.op("Div", tokens, self.number(NORM)), f"entropy_model.{name}")
        return self.norm(h, "entropy_model.post_embedding_layernorm")

    def heads(self, x, shape, tokens):
        """[B, tokens, D] -> [B, heads, tokens, D / heads]."""
        return self.op(
            "Transpose",
            self.op("Reshape", x, self.ints(-1, tokens, shape.heads, shape.width // shape.heads)),
            perm=[0, 2, 1, 3],
        )

    def attend(self, q, k, v, name, shape, tokens, mask=None):
        """Heads [B, heads, tokens, D / heads] of q (not scaled), k and v -> [B, tokens, D] after the projection."""
        q = self.op("Mul", q, self.number((shape.width // shape.heads) ** -0.5))
        scores = self.op("MatMul", q, self.op("Transpose", k, perm=[0, 1, 3, 2]))
        if mask:
            scores = self.op("Add", scores, mask)
        out = self.op("Transpose", self.op("MatMul", self.op("Softmax", scores, axis=-1), v), perm=[0, 2, 1, 3])
        return self.linear(self.op("Reshape", out, self.ints(-1, tokens, shape.width)), name + ".proj")

    def encoder(self, x, section, shape, tokens):
        """A section without masks: two self-attentions and two MLPs a layer."""
        for i in range(layers_under(self.w, section)):
            layer = f"entropy_model.{section}.layers.encoder_layer_{i}"
            for a, m, attention in (("norm1a", "1", "self_attention"), ("norm2a", "2", "cross_attention")):
                n = self.norm(x, f"{layer}.{a}")
                q, k, v = (self.heads(self.linear(n, f"{layer}.{attention}.{p}"), shape, tokens) for p in "qkv")
                x = self.op("Add", x, self.attend(q, k, v, f"{layer}.{attention}", shape, tokens))
                x = self.op("Add", x, self.mlp(self.norm(x, f"{layer}.norm{m}b"), f"{layer}.mlp{m}"))
        return x

    def finish(self, x, output, inputs, *dims):
        self.op("Identity", x, name=output)
        return self.model(inputs, [info(output, T.FLOAT, *dims)])


def analysis(w, cfg):
    parts = analysis_parts(w)
    first, mean, std = (
        parts[0][1],
        np.array(cfg.mean, np.float64)[:, None, None],
        np.array(cfg.std, np.float64)[:, None, None],
    )
    scaled = w[first + ".weight"] / std  # the standardisation folded in; padding is cropped
    g = Graph(w | {first + ".weight": scaled, first + ".bias": w[first + ".bias"] - (scaled * mean).sum((1, 2, 3))})
    h = "pixels"
    for kind, name in parts:
        h = g.biased(h, name, 2) if kind == "conv" else g.unit(h, name) if kind == "residual" else g.attention(h, name)
    n = halo(parts)
    return g.finish(
        g.crop(h, n),
        "latents",
        [info("pixels", T.FLOAT, "n", len(cfg.mean), f"16h+{32 * n}", f"16w+{32 * n}")],
        "n",
        w[parts[-2][1] + ".weight"].shape[0],
        "h",
        "w",
    )


def synthesis(w, cfg, whole=False):
    """whole: no halo, the latents are all there are, padded with zeros layer by layer as the package does."""
    parts, g, h = synthesis_parts(w), Graph(w), "latents"
    each = lambda name: g.op("Reshape", name, g.ints(0, -1, 1, 1))  # [n, k] -> [n, k, 1, 1]
    deconv = lambda x, *weights: g.op(
        "ConvTranspose", x, *weights, kernel_shape=[5, 5], strides=[2, 2], pads=[2] * 4, output_padding=[1, 1]
    )
    for kind, name in parts[:-1]:
        if kind == "conv":
            h = deconv(h, g.named(name + ".weight"), g.named(name + ".bias"))
        else:
            h = g.unit(h, name) if kind == "residual" else g.attention(h, name)
    last, std, mean = parts[-1][1], np.array(cfg.std, np.float64), np.array(cfg.mean, np.float64)
    kernel = g.op("Gather", g.put("last", w[last + ".weight"] * std[:, None, None]), "bands", axis=1)
    h = deconv(h, kernel, g.op("Gather", g.put("bias", w[last + ".bias"] * std + mean), "bands", axis=0))
    n, channels = 0 if whole else halo(parts, up=True), w["_temporal_pad_token_maker.weight"].size
    h = g.op("Add", g.op("Mul", g.crop(h, 16 * n) if n else h, each("scale")), each("offset"))
    inputs = [
        info("latents", T.FLOAT, "n", channels, f"h+{2 * n}", f"w+{2 * n}"),
        info("bands", T.INT64, "k"),
        info("scale", T.FLOAT, "n", "k"),
        info("offset", T.FLOAT, "n", "k"),
    ]
    return g.finish(h, "pixels", inputs, "n", "k", "16h", "16w")


# --- the temporal transformer -------------------------------------------------------------------------------------------------------------


def past(w, shape):
    g, seen = Graph(w), shape.reach**2
    h = g.op("Add", g.embedded("tokens", "encoder_embedding"), g.named("entropy_model.enc_position_sep._pos"))
    return g.finish(
        g.encoder(h, "encoder_sep", shape, seen),
        "features",
        [info("tokens", T.FLOAT, "B", seen, shape.channels)],
        "B",
        seen,
        shape.width,
    )


def joint(w, shape):
    g, seen, head = Graph(w), shape.context * shape.reach**2, shape.width // shape.heads
    h = g.op("Reshape", g.op("Transpose", "features", perm=[1, 0, 2, 3]), g.ints(-1, seen, shape.width))
    h = g.encoder(g.op("Add", h, g.named("entropy_model.enc_position_joint._pos")), "encoder_joint", shape, seen)
    pairs = [
        g.heads(g.linear(h, f"entropy_model.decoder.layers.encoder_layer_{i}.cross_attention.{p}"), shape, seen)
        for i in range(shape.layers)
        for p in "kv"
    ]
    memory = g.op("Concat", *(g.op("Unsqueeze", p, g.ints(0)) for p in pairs), axis=0)
    return g.finish(
        memory,
        "memory",
        [info("features", T.FLOAT, shape.context, "B", shape.reach**2, shape.width)],
        2 * shape.layers,
        "B",
        shape.heads,
        seen,
        head,
    )


def step(w, shape):
    g, tokens, d = Graph(w), shape.window**2, shape.width
    iota = g.put("iota", np.r_[np.arange(tokens), -1])  # cached tokens, then the current one, which is always seen
    position = g.op("Cast", "position", to=T.FLOAT)
    mask = g.op("Where", g.op("Less", iota, position), g.number(0.0), g.number(-1e30))
    token = g.op("Where", g.op("Less", position, g.number(0.5)), g.named("entropy_model.learned_zero.sym"), "token")
    x = g.op(
        "Add",
        g.embedded(token, "decoder_embedding"),
        g.op("Gather", g.put("positions", w["entropy_model.dec_position._pos"][0]), "position", axis=0),
    )
    x, kept = g.op("Reshape", x, g.ints(-1, 1, d)), []
    for i in range(shape.layers):
        layer = f"entropy_model.decoder.layers.encoder_layer_{i}"
        n, pair = g.norm(x, f"{layer}.norm1a"), []
        for j, p in enumerate("kv"):
            new, at = g.linear(n, f"{layer}.self_attention.{p}"), (2 * i + j) * d
            old = g.op("Transpose", g.op("Slice", "cache", g.ints(at), g.ints(at + d), g.ints(2)), perm=[1, 0, 2])
            kept.append(new)
            pair.append(g.heads(g.op("Concat", old, new, axis=1), shape, tokens + 1))
        q = g.heads(g.linear(n, f"{layer}.self_attention.q"), shape, 1)
        x = g.op("Add", x, g.attend(q, *pair, f"{layer}.self_attention", shape, 1, mask))
        x = g.op("Add", x, g.mlp(g.norm(x, f"{layer}.norm1b"), f"{layer}.mlp1"))
        q = g.heads(g.linear(g.norm(x, f"{layer}.norm2a"), f"{layer}.cross_attention.q"), shape, 1)
        pair = [g.op("Gather", "memory", g.index(2 * i + j), axis=0) for j in (0, 1)]
        x = g.op("Add", x, g.attend(q, *pair, f"{layer}.cross_attention", shape, 1))
        x = g.op("Add", x, g.mlp(g.norm(x, f"{layer}.norm2b"), f"{layer}.mlp2"))
    parts = [head(g, x, "entropy_model.mean_head"), head(g, x, "entropy_model.scale_head"), x, *kept]
    out = g.op("Reshape", g.op("Concat", *parts, axis=2), g.ints(-1, 2 * shape.channels + d + 2 * shape.layers * d))
    inputs = [
        info("token", T.FLOAT, "B", shape.channels),
        info("position", T.INT64, 1),
        info("cache", T.FLOAT, tokens, "B", 2 * shape.layers * d),
        info("memory", T.FLOAT, 2 * shape.layers, "B", shape.heads, shape.context * shape.reach**2, d // shape.heads),
    ]
    return g.finish(out, "out", inputs, "B", 2 * shape.channels + d + 2 * shape.layers * d)


def head(g, x, name):
    for i in (0, 2):
        x = g.op("LeakyRelu", g.linear(x, f"{name}.{i}"), alpha=0.01)
    return g.linear(x, f"{name}.4")


def dequantise(w, shape):
    g, p = Graph(w), "_dequantizer.process_conv"
    leaky = lambda x: g.op("LeakyRelu", x, alpha=0.01)
    h = leaky(g.biased("features", p + ".0"))
    r = leaky(g.biased(leaky(g.biased(h, p + ".2.conv1")), p + ".2.conv2"))
    values = g.op("Add", "latents", g.op("Add", r, h))
    return g.finish(
        values,
        "values",
        [info("latents", T.FLOAT, 1, shape.channels, "h", "w"), info("features", T.FLOAT, 1, shape.width, "h", "w")],
        1,
        shape.channels,
        "h",
        "w",
    )


# --- tables -------------------------------------------------------------------------------------------------------------------------------


def tables(means, scales, smallest, largest=256.0, tail=2**-8):
    """Rows [mean, scale] of terracodec's ContinuousIndexedGaussianConditional: (first [means scales], CDFs that start at 0 and end at 65536)."""
    import scipy.stats as sps
    from compressai.entropy_models.entropy_models import pmf_to_quantized_cdf

    index = torch.stack(
        torch.meshgrid(torch.arange(means, dtype=torch.int32), torch.arange(scales, dtype=torch.int32), indexing="ij"),
        -1,
    )
    scale = torch.exp(index[..., 1] / (scales - 1) * math.log(largest / smallest + 1) + math.log(smallest))
    mean = index[..., 0] / means - 0.5 * (means != 1)
    normal = sps.norm(mean.numpy(), scale.numpy())
    first = torch.floor(torch.tensor(normal.ppf(tail / 2), dtype=torch.float32)).int()
    last = torch.ceil(torch.tensor(normal.ppf(1 - tail / 2), dtype=torch.float32)).int()
    phi = lambda x: 0.5 * torch.erfc(-(2**-0.5) * x)
    cdfs = []
    for m, s, lo, hi in zip(mean.ravel(), scale.ravel(), first.ravel(), last.ravel()):
        off = (torch.arange(0, int(hi - lo) + 1).float() + lo.float() - m).abs()
        upper, lower = phi((0.5 - off) / s), phi((-0.5 - off) / s)
        cdfs.append(pmf_to_quantized_cdf(torch.cat([upper - lower, 2 * lower[:1]]), 16).numpy())
    return first.ravel().numpy(), cdfs


def packed(first, cdfs, sets):
    """One step with gains of 1: set = mean, channel = scale."""
    rows = [(lo, np.diff(cdf)[: len(cdf) - 1]) for lo, cdf in zip(first, cdfs)]
    return fp_tables.packed(rows, len(cdfs) // sets, sets)
