"""Bits and PSNR of the held-out pictures under a checkpoint and its tables, with and without the decoder's branch, and their BD-rates.

python -m tectile_training.evaluate --checkpoint=codec.pt --tables=entropy.tables [--out=rows.npz]
"""

import argparse

import numpy as np
import torch

from . import basis, encoder, entropy_tables, network, pictures, samples

GROUPS = ("ordinary", "bright", "water")
VISIBLE = slice(1, 4)


def group(pixels):
    """What a picture shows, by its visible and near-infrared means."""
    if pixels[1:4].mean() > 2500:
        return "bright"
    return "water" if np.median(pixels[7]) < 300 else "ordinary"


def psnr(a, b, bands=slice(None)):
    return 10 * np.log10(1e8 / max(((a - b)[bands] ** 2).mean().item(), 1e-9))


def bd_rate(reference, rows, column):
    """Mean logarithm of the ratio of bits at equal PSNR over the range that both curves reach; rows (bits, PSNR, PSNR visible)."""
    lo = max(reference[:, column].min(), rows[:, column].min())
    hi = min(reference[:, column].max(), rows[:, column].max())
    if hi <= lo:
        return np.nan
    at = np.linspace(lo, hi, 40)
    logs = [np.interp(at, c[:, column], np.log(c[:, 0])) for c in (reference, rows)]
    return (logs[1] - logs[0]).mean()


def held_out(side=256, ships=6):
    """Held-out pictures as (name, pixels [12, <= side, <= side]); the first crop of each, every sixth of the many with ships."""
    found = [p for p in pictures.images(validation=True) if not p.name.startswith("beetle")]
    many = [p for p in found if p.name.startswith("eotdl_ships")]
    chosen = [p for p in found if not p.name.startswith("eotdl_ships")] + many[::ships]
    out = []
    for p in chosen:
        h, w = (min(s // basis.STRIDE * basis.STRIDE, side) for s in p.pixels.shape[1:])
        out.append((p.name, np.array(p.pixels[:, :h, :w], np.float32)))
    return out


@torch.no_grad()
def measure(enc, chosen, branches=(True,), log=None):
    """For each of `branches`, with or without the decoder's, [pictures, steps, (bits of 256 x 256 pixels, PSNR, PSNR visible, bits of names, of angles)].

    Pictures are chunks of their own.
    """
    rows = np.zeros((len(branches), len(chosen), enc.tables.steps, 5))
    for i, (name, x) in enumerate(chosen):
        truth = torch.from_numpy(x)
        sample = samples.cut(name, x, enc.net.weights)
        area = basis.FREQUENCIES * basis.CHUNK**2 / x[0].size
        for q in range(enc.tables.steps):
            coded = enc.encode(enc.prepare(sample, q), q)
            for k, branch in enumerate(branches):
                back = enc.decode(sample, coded.symbols, q, branch)
                quality = psnr(back, truth), psnr(back, truth, VISIBLE)
                rows[k, i, q] = coded.bits * area, *quality, coded.name_bits * area, coded.angle_bits * area
        if log:
            log(name, rows[0, i, 3])
    return rows


def show(title, rows, groups, reference=None):
    for name in GROUPS:
        at = [i for i, g in enumerate(groups) if g == name]
        if not at:
            continue
        mean = rows[at].mean(0)
        line = " ".join(f"{b / 1000:.1f}k {p:.2f}/{v:.2f}" for b, p, v, *_ in mean)
        side = f"names {100 * mean[3, 3] / mean[3, 0]:.1f} %, angles {100 * mean[3, 4] / mean[3, 0]:.1f} %"
        ratio = ""
        if reference is not None:
            part = [np.exp(np.nanmean([bd_rate(reference[i], rows[i], c) for i in at])) - 1 for c in (1, 2)]
            ratio = "  BD-rate {:+.1f} % (12 bands), {:+.1f} % (visible)".format(*(100 * p for p in part))
        print(f"{title:22s} {name:9s}{len(at):3d} {line}  {side}{ratio}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--tables", required=True)
    parser.add_argument(
        "--trade", type=float, default=encoder.TRADE, help="lambda of the rate-distortion-optimised symbols"
    )
    parser.add_argument("--out", default="", help="where the rows go, .npz")
    options = parser.parse_args()
    torch.set_num_threads(1)
    net, _ = network.load(options.checkpoint)
    chosen = held_out()
    groups = [group(x) for _, x in chosen]
    enc = encoder.Encoder(net, entropy_tables.read(options.tables), options.trade)
    with_branch, without = measure(enc, chosen, (True, False))
    show("without the branch", without, groups)
    show("with it", with_branch, groups, without)
    if options.out:
        np.savez(options.out, rows=with_branch, without=without, groups=groups, names=[n for n, _ in chosen])


if __name__ == "__main__":
    main()
