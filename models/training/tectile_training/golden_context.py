"""Writes golden vectors of the context models: small random models, chunks, and what the reference walk says of them.

    python -m tectile_training.golden_context --out=test/golden/codec/context

Per case a file: "GCTX", then i32s (see `record`), little-endian; the test reads them in the same order.
"""

import argparse
import pathlib

import numpy as np

from tectile_training import context

CASES = (((1, 1), 1, 0), ((1, 16), 40, 1), ((5, 7), 96, 2), ((16, 16), 24, 2), ((16, 3), 50, 0))


def record(chunk, references, *said):
    """Counts, then every array as i32: all that a test needs to repeat the walk."""
    h, w = chunk.mult.shape
    parts = [[len(chunk.symbols), h, w, len(references)]]
    for c in (chunk, *references):
        parts += [
            [len(c.symbols), c.quality, c.step8],
            c.symbols.ravel(),
            c.mult.ravel(),
            c.clear.ravel(),
            c.axes.ravel().view(np.int32),
        ]
    parts += said
    return np.concatenate([np.asarray(p).ravel().astype(np.int64) for p in parts]).astype("<i4").tobytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write to")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name, temporal in (("elic", False), ("tt", True)):
        model = context.random_model(7, temporal)
        (out / f"{name}.weights").write_bytes(context.write(model))
        r = np.random.default_rng(11)
        degain = np.exp(r.normal(0, 0.2, (6, len(model.order)))).astype(np.float32)
        (out / f"{name}.degain").write_bytes(degain.astype("<f4").tobytes())
        for n, (shape, channels, dates) in enumerate(CASES):
            chunk = context.random_chunk(model, r, shape, channels, n % 6)
            references = [
                context.random_chunk(model, r, shape, max(1, channels - 5 * d), (n + d) % 6)
                for d in range(dates * temporal)
            ]
            means, scales = context.describe(model, chunk, references, degain)
            forecast = [
                v[channels // 2 :] for v in context.describe(model, chunk, references, degain, known=channels // 2)
            ]
            (out / f"{name}-{n}.bin").write_bytes(record(chunk, references, means, scales, *forecast))


if __name__ == "__main__":
    main()
