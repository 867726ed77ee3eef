"""Golden vectors for the TypeScript side, made with the official packages compressai 1.2.8 and terracodec 0.3.1.

    python -m tectile_training.golden_compressai [--out=../../test/fixtures/golden]

README.md beside them says what each holds.
"""

import argparse
import dataclasses
import json
import os

import numpy as np
import torch
import xxhash


@dataclasses.dataclass
class Config:
    out: str = "../../test/fixtures/golden"
    seed: int = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for f in dataclasses.fields(Config):
        parser.add_argument(f"--{f.name}", type=f.type, default=f.default)
    cfg = Config(**vars(parser.parse_args()))
    os.makedirs(cfg.out, exist_ok=True)
    torch.manual_seed(cfg.seed)
    bottlenecks(cfg)
    indexed(cfg)
    factorized_prior(cfg)
    checksums(cfg)
    total = sum(os.path.getsize(f"{cfg.out}/{f}") for f in os.listdir(cfg.out))
    print(f"{cfg.out}: {total / 1024:.0f} KiB")


def save(cfg, name, value):
    with open(f"{cfg.out}/{name}.json", "w") as f:
        json.dump(value, f, separators=(",", ":"))
        f.write("\n")


def trained_bottleneck(channels, updates=30):
    """An EntropyBottleneck after a few steps on Laplacian data of growing width, its integer tables frozen."""
    from compressai.entropy_models import EntropyBottleneck

    net = EntropyBottleneck(channels)
    opt = torch.optim.Adam(net.parameters(), lr=0.05)
    width = torch.logspace(-0.5, 1, channels)[None, :, None, None]
    shift = torch.linspace(-3, 3, channels)[None, :, None, None]
    draw = lambda n, h, w: torch.distributions.Laplace(0.0, 1.0).sample((n, channels, h, w)) * width + shift
    for _ in range(updates):
        _, p = net(draw(8, 8, 8))
        loss = -torch.log2(p).mean() + net.loss()
        opt.zero_grad()
        loss.backward()
        opt.step()
    net.update(force=True)
    return net.eval(), draw


def bottleneck_case(net, x):
    """Tables, symbols (rounded latents less their channel's median) and the exact bytes of compress() for x [n, C, h, w]."""
    medians = net._get_medians().reshape(1, -1, 1, 1)
    symbols = torch.round(x - medians).int()
    streams = net.compress(x)
    assert torch.equal(net.decompress(streams, x.shape[-2:]), symbols + medians)
    length = net._cdf_length.tolist()
    return {
        "channels": x.shape[1],
        "shape": list(x.shape),
        "cdf": [row[:n] for row, n in zip(net._quantized_cdf.tolist(), length)],
        "cdfLength": length,
        "offset": net._offset.tolist(),
        "medians": medians.flatten().tolist(),
        "symbols": symbols.flatten(1).tolist(),
        "streams": [s.hex() for s in streams],
    }


@torch.no_grad()
def with_outliers(x, seed):
    """Puts symbols far outside every table into x: escapes of one to six pieces of 4 bits, both signs, at known places."""
    r = np.random.default_rng(seed)
    far = [30, -30, 100, -100, 1000, -1000, 32000, -32000, 15, -15, 255, -256]
    for _k, value in enumerate(far):
        x.view(-1)[int(r.integers(x.numel()))] = value
    return x


def bottlenecks(cfg):
    for channels, shapes in ((8, ((1, 16, 16), (1, 1, 1))), (24, ((2, 5, 7), (1, 8, 3)))):
        net, draw = trained_bottleneck(channels)
        cases = []
        for n, h, w in shapes:
            cases.append(bottleneck_case(net, draw(n, h, w)))
            cases.append(bottleneck_case(net, with_outliers(draw(n, h, w), channels)))
        save(cfg, f"bottleneck-{channels}", {"cases": cases})


def indexed(cfg):
    """encode_with_indexes with a table chosen at random for each symbol: what table sets come down to."""
    from compressai import ans

    r = np.random.default_rng(cfg.seed)
    rows = []
    for _k in range(12):
        count = int(r.integers(1, 40))
        p = r.dirichlet(np.full(count + 1, 0.4))
        freq = np.maximum(1, np.floor(p * (65536 - count - 1)).astype(int))
        freq[freq.argmax()] += 65536 - freq.sum()
        rows.append((int(r.integers(-20, 5)), freq))
    cdf, offset = [[0] + np.cumsum(f).tolist() for _, f in rows], [first for first, _ in rows]
    length, widest = [len(c) for c in cdf], max(len(c) for c in cdf)
    padded = [c + [0] * (widest - len(c)) for c in cdf]
    cases = []
    for n in (5, 64, 777):
        indexes = r.integers(0, 12, n)
        draw = lambda f: r.choice(len(f), p=f / 65536) if r.random() < 0.98 else r.integers(-3000, 3000)
        symbols = np.array([offset[i] + draw(rows[i][1]) for i in indexes], int)
        stream = ans.RansEncoder().encode_with_indexes(symbols.tolist(), indexes.tolist(), padded, length, offset)
        assert (
            ans.RansDecoder().decode_with_indexes(stream, indexes.tolist(), padded, length, offset) == symbols.tolist()
        )
        cases.append({"indexes": indexes.tolist(), "symbols": symbols.tolist(), "stream": stream.hex()})
    save(cfg, "indexed", {"cdf": cdf, "cdfLength": length, "offset": offset, "cases": cases})


def factorized_prior(cfg):
    """terracodec's TEC-FP class, randomly initialised and small, on a random 12-band image: the tables and streams of its own compress()."""
    from terracodec.imagecodecs.factorizedprior import FactorizedPrior

    net = FactorizedPrior(in_channels=12, N=8, M=12, image_size=64).eval()
    net.update(force=True)
    x = torch.randn(1, 12, 64, 96) * 2
    with torch.no_grad():
        y = net.g_a(x) * 1.0
    case = bottleneck_case(net.entropy_bottleneck, y)
    out = net.compress(x)
    assert out["strings"][0][0].hex() == case["streams"][0] and list(out["shape"]) == [4, 6]
    save(cfg, "terracodec-fp", {"cases": [case]})


def checksums(cfg):
    """xxhash32, seed 0, of int16 arrays as little-endian bytes."""
    r = np.random.default_rng(cfg.seed)
    arrays = [
        [],
        [0],
        [1, -1],
        [32767, -32768, 5],
        list(range(-8, 8)),
        r.integers(-40, 40, 101).tolist(),
        r.integers(-2047, 2048, 320).tolist(),
    ]
    save(
        cfg,
        "xxhash32",
        {"cases": [{"int16": a, "xxh32": xxhash.xxh32_intdigest(np.array(a, "<i2").tobytes())} for a in arrays]},
    )


if __name__ == "__main__":
    main()
