"""Golden vectors of the lapped codec for the tests in TypeScript, from a model folder and its checkpoint. Synthetic pixels, never imagery.

    python -m tectile_training.golden --checkpoint=codec.pt --model=../tec-s2 --out=../../test/golden/codec

Writes lapped.json (shapes, names of the arrays, tolerances) and lapped.bin (the arrays, little endian, in the order and at the offsets that
lapped.json gives).
"""

import argparse
import hashlib
import json

import numpy as np
import torch
import xxhash

from . import axes, basis, encoder, entropy_tables, network, samples, symbols

WIDTH, HEIGHT = 80, 48
QUALITY = 3
COEFFICIENT_BANDS = [1, 9]  # a few, to keep the file small
DECODED_BANDS = [3, 9]


def picture(seed=1):
    """[12, 48, 80] digital numbers that look a little like land: smooth relief, fields with edges, noise, bands that vary together."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    fields = [
        np.sin(x / 9 + y / 23),
        np.cos(y / 7 - x / 31),
        ((x // 13 + y // 11) % 3) - 1.0,
        np.hypot(x - 40, y - 20) / 30,
    ]
    fields += [rng.normal(size=x.shape) for _ in range(2)]
    spectra = np.abs(rng.normal(1, 0.5, (12, len(fields)))) * np.array([300, 250, 200, 150, 40, 20])
    out = 1200 + 900 * np.linspace(0, 1, 12)[:, None, None] + np.einsum("bf,fhw->bhw", spectra, np.stack(fields))
    return np.clip(np.round(out), 1, 20000).astype(np.uint16)


@torch.no_grad()
def vectors(net, tables):
    """{name: array}, and figures for lapped.json."""
    pixels = picture()
    sample = samples.cut("golden", pixels.astype(np.float32), net.weights)
    enc = encoder.Encoder(net, tables, allowed=(axes.OWN,))
    out = {"pixels": pixels, "coefficients": sample.coefficients[0, COEFFICIENT_BANDS].numpy().astype("<f4")}
    own_moments, integers, matrices = [], [], []
    for g in range(basis.GROUPS):
        m = basis.moments(sample.coefficients.double(), g)[0].numpy()
        own = basis.eigenvectors(torch.from_numpy(m + 1e-3 * np.eye(12))).numpy()
        k = axes.integers_of(np.ascontiguousarray(own), enc.common[g], 11)
        own_moments.append(m)
        integers.append(k)
        matrices.append(axes.axes_of(k, enc.common[g], 11))
    first = [axes.axes_of(k[: axes.planes(5)], enc.common[g], 5) for g, k in enumerate(integers)]
    out["moments"] = np.stack(own_moments).astype("<f8")
    out["integers"] = np.stack(integers).astype("<i2")
    out["axes"] = np.stack(matrices).astype("<f8")
    out["axesFirst"] = np.stack(first).astype("<f8")
    out["axesInt16"] = np.floor(np.stack(matrices) * 16384 + 0.5).astype("<i2")
    sample.modes, sample.integers = [axes.OWN] * 3, integers
    sample.axes = torch.from_numpy(np.stack(matrices))[None].float()
    branch, net.ana = net.ana, None
    samples.fill(sample, net)
    out["componentsLinear"] = sample.components.T[:64].reshape(64, 3, 5).astype("<f4")  # of the 64 strongest channels
    net.ana = branch
    samples.fill(sample, net)
    out["components"] = sample.components.T[:64].reshape(64, 3, 5).astype("<f4")  # after the analysis branch
    sample.multiples = np.full(15, 16, np.int64)
    sample.multiples[6:9] = basis.CLOUD_MULTIPLE
    coded = enc.encode(sample, QUALITY)
    t = tables
    as_coded = symbols.differences(coded.symbols, 3, 5, sample.multiples, t.predicted)
    out["multiples"] = sample.multiples.astype("<i2")
    out["names"] = coded.names.astype("u1")
    out["symbols"] = coded.symbols.T.astype("<i2")  # channel by channel
    out["coded"] = as_coded.T.astype("<i2")[t.predicted]  # of the predicted channels
    bands = DECODED_BANDS
    out["decodedLinear"] = enc.decode(sample, coded.symbols, QUALITY, branch=False).numpy()[bands].astype("<f4")
    out["decoded"] = enc.decode(sample, coded.symbols, QUALITY).numpy()[bands].astype("<f4")
    facts = {
        "width": WIDTH,
        "height": HEIGHT,
        "rows": sample.rows,
        "columns": sample.columns,
        "quality": QUALITY,
        "step": basis.STEPS[QUALITY],
        "coefficientBands": COEFFICIENT_BANDS,
        "decodedBands": bands,
        "bits": round(coded.bits - encoder.HEAD_BITS, 1),
        "angleBits": round(coded.angle_bits, 1),
        "xxh32": xxhash.xxh32_intdigest(out["symbols"].tobytes()),
    }
    return out, facts


def write(folder, arrays, facts):
    offset, listed, body = 0, {}, []
    for name, value in arrays.items():
        raw = np.ascontiguousarray(value).tobytes()
        raw += bytes(-len(raw) % 8)
        listed[name] = {"type": value.dtype.name, "shape": list(value.shape), "offset": offset}
        offset += len(raw)
        body.append(raw)
    with open(f"{folder}/lapped.bin", "wb") as file:
        file.write(b"".join(body))
    with open(f"{folder}/lapped.json", "w") as file:
        json.dump(facts | {"arrays": listed}, file, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--model", required=True, help="the folder that holds its entropy.tables")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    net, _ = network.load(options.checkpoint)
    path = f"{options.model}/entropy.tables"
    arrays, facts = vectors(net, entropy_tables.read(path))
    with open(path, "rb") as file:
        facts["tablesSha256"] = hashlib.sha256(file.read()).hexdigest()
    write(options.out, arrays, facts)
    print({k: list(v.shape) for k, v in arrays.items()}, sum(v.nbytes for v in arrays.values()))


if __name__ == "__main__":
    main()
