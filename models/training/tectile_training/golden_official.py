"""Golden vectors of converted models: small randomly initialised TEC-FP and TEC-ELIC of the official package, their converted packages, their
streams.

    python -m tectile_training.golden_official --out=../../test/fixtures/golden

Needs terracodec 0.3.1 and compressai 1.2.8. README.md beside the vectors says what each holds.
"""

import argparse
import dataclasses
import json
import os
import shutil

import numpy as np
import torch
import torch.nn as nn

from . import convert_official


@dataclasses.dataclass
class Config:
    out: str = "../../test/fixtures/golden"
    seed: int = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for f in dataclasses.fields(Config):
        parser.add_argument(f"--{f.name}", type=f.type, default=f.default)
    cfg = Config(**vars(parser.parse_args()))
    factorized(cfg)
    elic(cfg)
    for name in ("official-fp", "official-elic"):
        print(
            f"{name}: {sum(os.path.getsize(f'{cfg.out}/{name}/{f}') for f in os.listdir(f'{cfg.out}/{name}')) / 1024:.0f} KiB"
        )


def lively(net, gain=8.0):
    """Random weights as if trained: norms and medians that matter, latents of several steps, scales from narrow to wide; tables frozen."""
    from compressai.entropy_models import EntropyBottleneck
    from compressai.layers import GDN

    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, GDN):
                module.gamma.abs_().add_(0.03 * torch.rand_like(module.gamma))
                module.beta.mul_(0.5 + torch.rand_like(module.beta))
            if isinstance(module, EntropyBottleneck):
                q = module.quantiles
                q[:, 0, 1] = 2 * torch.randn(len(q))
                q[:, 0, 0] = q[:, 0, 1] - 3 - 9 * torch.rand(len(q))
                q[:, 0, 2] = q[:, 0, 1] + 3 + 9 * torch.rand(len(q))
                for m in module.matrices:
                    m.add_(0.3 * torch.randn_like(m))
        last = [m for m in net.g_a if isinstance(m, nn.Conv2d)][-1]
        last.weight.mul_(gain)
        last.bias.add_(torch.randn_like(last.bias))
        net.g_s[-1].weight.mul_(4.0)
        if hasattr(net, "latent_codec"):
            for codec in net.latent_codec["y"].latent_codec.values():
                end = codec.entropy_parameters[-1]
                g = len(end.bias) // 2
                end.weight.mul_(2.0)
                end.bias[:g].uniform_(-2, 2)
                end.bias[g:].uniform_(-0.2, 4)
            net.latent_codec["hyper"].h_a[-1].weight.mul_(gain)
    net.eval().update(force=True)
    return net


def fp_model(n, m, bands=12, seed=5):
    from terracodec.imagecodecs import FactorizedPrior

    torch.manual_seed(seed)
    return lively(FactorizedPrior(bands, n, m, 256))


def elic_model(n, m, groups=None, widths=None, seed=5):
    """`widths`: of the context networks' hidden layers, where they should be smaller than the published 224, 128 and 2 M, 512."""
    from compressai.layers import conv1x1
    from compressai.models.utils import conv
    from terracodec.imagecodecs import ELIC

    torch.manual_seed(seed)
    net = ELIC(12, n, m, 256, **({"groups": groups} if groups else {}))
    if widths:
        y, a = net.latent_codec["y"], widths
        for k, g in enumerate(y.groups):
            into = y.latent_codec[f"y{k}"].entropy_parameters[0].in_channels
            y.latent_codec[f"y{k}"].entropy_parameters = nn.Sequential(
                conv1x1(into, a), nn.ReLU(), conv1x1(a, a), nn.ReLU(), conv1x1(a, 2 * g)
            )
            if k:
                y.channel_context[f"y{k}"] = nn.Sequential(
                    conv(y.channel_context[f"y{k}"][0].in_channels, a, 5, 1),
                    nn.ReLU(),
                    conv(a, a, 5, 1),
                    nn.ReLU(),
                    conv(a, 2 * g, 5, 1),
                )
    return lively(net)


def picture(h, w, seed, bands=12):
    """Standardised, smooth with some noise, [1, bands, h, w]."""
    r = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, bands, h // 16 + 1, w // 16 + 1, generator=r)
    return torch.nn.functional.interpolate(coarse, (h, w), mode="bicubic") + 0.3 * torch.randn(
        1, bands, h, w, generator=r
    )


def digital(x, level="l2a"):
    """Standardised -> digital numbers, float32 [n, 12, h, w]."""
    column = lambda v: np.reshape(v, (-1, 1, 1))
    return (x.numpy() * column(convert_official.STD[level]) + column(convert_official.MEAN[level])).astype(np.float32)


def converted(net, out, name):
    shutil.rmtree(out, ignore_errors=True)
    return convert_official.convert(
        net.state_dict(), convert_official.Config(checkpoint=f"{name}_lambda-10.pt", out=out, id=name)
    )


def save(folder, name, value):
    if isinstance(value, np.ndarray):
        value.tofile(f"{folder}/{name}")
    else:
        with open(f"{folder}/{name}", "w") as f:
            json.dump(value, f, separators=(",", ":"))
            f.write("\n")


@torch.no_grad()
def factorized(cfg):
    net, out = fp_model(8, 16), f"{cfg.out}/official-fp"
    converted(net, out, "official-fp")
    x = picture(128, 160, 1)
    coded = net.compress(x)
    y = net.g_a(x)
    symbols = torch.round(y - net.entropy_bottleneck._get_medians().reshape(1, -1, 1, 1)).int()
    back = digital(net.decompress(**coded))[0]
    # a window of 2 x 3 latents inside, of three bands
    save(
        out,
        "golden.json",
        {
            "rows": 8,
            "columns": 10,
            "stream": coded["strings"][0][0].hex(),
            "symbols": symbols.flatten().tolist(),
            "window": {"row": 3, "column": 4, "rows": 2, "columns": 3, "bands": [3, 2, 1]},
        },
    )
    save(out, "golden.pixels", back[[3, 2, 1], 48:80, 64:112].astype("<f4"))


@torch.no_grad()
def elic(cfg):
    net, out = elic_model(8, 16, [4, 4, 8], 8), f"{cfg.out}/official-elic"
    converted(net, out, "official-elic")
    cases = []
    for i, (h, w) in enumerate(((16, 16), (8, 12))):
        y = net.g_a(picture(16 * h, 16 * w, i))
        with recorded() as symbols:
            coded = net.latent_codec.compress(y)
        again = net.latent_codec.decompress(coded["strings"], coded["shape"])["y_hat"]
        assert torch.allclose(again, coded["y_hat"])
        cases.append({"rows": h, "columns": w, "streams": [s[0].hex() for s in coded["strings"]], "symbols": symbols})
        save(out, f"golden-{i}.y", y.numpy().astype("<f4"))
        save(out, f"golden-{i}.y_hat", coded["y_hat"].numpy().astype("<f4"))
    save(out, "golden.json", {"cases": cases})


class recorded:
    """Within it, the symbols of every string that compressai writes, in the order of their writing: z, then each group's anchors and others."""

    def __enter__(self):
        from compressai.entropy_models import EntropyModel

        self.made, self.original, out = EntropyModel, EntropyModel.compress, []

        def compress(model, inputs, indexes, means=None):
            out.append(model.quantize(inputs, "symbols", means).flatten().tolist())
            return self.original(model, inputs, indexes, means)

        EntropyModel.compress = compress
        return out

    def __exit__(self, *_):
        self.made.compress = self.original


if __name__ == "__main__":
    main()
