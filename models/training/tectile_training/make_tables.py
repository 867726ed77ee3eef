"""Fits entropy.tables for a checkpoint on training chunks.

python -m tectile_training.make_tables --checkpoint=codec.pt --out=entropy.tables [--chunks=260 --sets=32]
"""

import argparse

import numpy as np
import torch

from . import basis, encoder, entropy_tables, fit, network, pictures, samples
from .crops import Crops

MARGIN = 2  # positions around a chunk, where the picture has them
SIDE = basis.STRIDE * basis.CHUNK


def training_chunks(net, images, n, seed=3, keep_coefficients=True):
    """Chunks of up to 256 x 256 pixels, a third of them augmented, in axes chosen for a step at random."""
    rng = np.random.default_rng(seed)
    w = np.array([i.weight for i in images])
    crops, common, out = Crops(images, SIDE, seed + 4), net.common[0].double().numpy(), []
    for k in range(n):
        if k % 3 == 2:
            s = samples.cut("augmented", crops.draw(1)[0], net.weights)
        else:
            image = images[rng.choice(len(images), p=w / w.sum())]
            margin = MARGIN if min(image.pixels.shape[1:]) >= SIDE + 2 * MARGIN * basis.STRIDE else 0
            most = SIDE + 2 * margin * basis.STRIDE
            h, w_ = (min(s // basis.STRIDE * basis.STRIDE, most) for s in image.pixels.shape[1:])
            i, j = (rng.integers(s - t + 1) for s, t in zip(image.pixels.shape[1:], (h, w_)))
            s = samples.cut(image.name, image.pixels[:, i : i + h, j : j + w_], net.weights, margin=margin)
        samples.choose_axes(s, common, net.order, basis.STEPS[rng.choice(len(basis.STEPS))])
        samples.fill(s, net)
        s.ring = s.pixels = None
        s.coefficients = s.coefficients.half() if keep_coefficients else s.coefficients[:, :, :0]
        out.append(s)
    return out


def encoded(net, tables, chunks):
    """Symbols of all chunks at every quality, as the encoder makes them."""
    enc = encoder.Encoder(net, tables)
    return [np.concatenate([enc.encode(s, q, rounds=1).symbols for s in chunks]) for q in range(tables.steps)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--chunks", type=int, default=260)
    parser.add_argument("--sets", type=int, default=32)
    parser.add_argument(
        "--trade", type=float, default=encoder.TRADE, help="lambda of the rate-distortion-optimised symbols"
    )
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--without-branches", action="store_true")
    parser.add_argument(
        "--packed", default="", help="pictures packed by tectile_training.pack instead of the data folder"
    )
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    net, _ = network.load(options.checkpoint)
    if options.without_branches:
        net.ana = net.at16 = None
    if options.packed:
        from . import pack

        images = pack.unpacked(options.packed)
    else:
        images = pictures.images()
    chunks = training_chunks(net, images, options.chunks, keep_coefficients=False)
    fitter = fit.Fitter(chunks, net.order.numpy(), basis.STEPS, options.sets, trade=options.trade)
    entropy_tables.write(options.out, fitter.run(passes=options.passes))


if __name__ == "__main__":
    main()
