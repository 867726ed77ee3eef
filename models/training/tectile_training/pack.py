"""The training images in a file small enough to travel to a machine without network: coefficients of the adaptive lapped basis at a fine step.

    python -m tectile_training.pack packed.npz [--step=60]

Symbols at that step are some 55 to 60 dB of the pixels: finer than anything that is trained for. Needs numpy, torch and the standard library
to read.
"""

import argparse
import lzma

import numpy as np
import torch

from . import basis
from .pictures import BRIGHTEST, Image, images

FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 0, "pb": 0}]
ONES = torch.ones(basis.BANDS)


@torch.no_grad()
def packed(image, step):
    h, w = image.pixels.shape[1:]
    c = basis.analyse(torch.from_numpy(image.pixels.astype(np.float32))[None], ONES)
    axes = basis.own_axes(c).half()
    k = torch.round(basis.turn(c, axes.float())[0] / step).clamp(-32768, 32767).to(torch.int16).numpy()
    k = k.reshape(basis.BANDS * basis.FREQUENCIES, -1)
    halves = (k & 255).astype(np.uint8), (k >> 8).astype(np.int8)
    body = [lzma.compress(b.tobytes(), format=lzma.FORMAT_RAW, filters=FILTERS) for b in halves]
    return {"name": image.name, "weight": image.weight, "shape": (h, w), "axes": axes[0].numpy(), "body": body}


@torch.no_grad()
def unpacked(path):
    with np.load(path, allow_pickle=False) as file:
        data = {k: file[k] for k in file.files}
    out, step = [], float(data["step"])
    for i, name in enumerate(data["names"]):
        h, w = data["shapes"][i]
        rows, columns = -(-h // basis.STRIDE), -(-w // basis.STRIDE)
        low, high = (lzma.decompress(data[f"{p}{i}"].tobytes(), format=lzma.FORMAT_RAW, filters=FILTERS) for p in "lh")
        k = (np.frombuffer(high, np.int8).astype(np.int16) << 8) | np.frombuffer(low, np.uint8)
        c = torch.from_numpy(k.reshape(1, basis.BANDS, basis.FREQUENCIES, rows, columns).astype(np.float32)) * step
        axes = torch.from_numpy(data["axes"][i])[None].float()
        pixels = basis.synthesise(basis.turn(c, axes, back=True), ONES)[0, :, :h, :w]
        out.append(Image(str(name), pixels.clamp(0, BRIGHTEST).numpy(), float(data["weights"][i])))
    return out


def write(path, pictures, step):
    parts = [packed(p, step) for p in pictures]
    arrays = {f"{p}{i}": np.frombuffer(v["body"][j], np.uint8) for i, v in enumerate(parts) for j, p in enumerate("lh")}
    facts = {key + "s": [p[key] for p in parts] for key in ("name", "weight", "shape")}
    np.savez(path, step=float(step), axes=np.stack([p["axes"] for p in parts]), **facts, **arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--step", type=float, default=60.0)
    parser.add_argument("--most", type=int, default=0, help="only so many images, for a trial")
    options = parser.parse_args()
    found = images()
    write(options.out, found[: options.most] if options.most else found, options.step)


if __name__ == "__main__":
    main()
