"""Latents of training and held-out places for the context models, by a model folder's analysis.

    python latents.py --model=../tec-s2 --out=DIR [--seed=1 --singles=700 --simulated=250]

Writes single256-SEED.npy and single128-SEED.npy [N, C, h, w] (crops of single dates, half of them augmented), sim192-SEED.npz and
sim128-SEED.npz (simulated series), real-train-NAME.npz and real-val-NAME.npz (real series), val-NAME.npz (held-out images), latents as
float16 before the gain; beside each FILE.sets.npz with TEC-FP's table sets and bits of every step.
"""
import os, sys, time
import numpy as np
import data, evaluate, networks, series, tables


def main():
    o = {"model": "../tec-s2", "out": "latents", "seed": "1", "singles": "700", "simulated": "250", **dict(a.removeprefix("--").split("=") for a in sys.argv[1:])}
    codec, seed, begin = networks.OnnxCodec(o["model"]), int(o["seed"]), time.time()
    os.makedirs(o["out"], exist_ok=True)
    lengths = [tables.lengths(codec.tables, q) for q in range(len(codec.tables.gain))]

    def keep(name, y, **more):
        path = f"{o['out']}/{name}"
        if more: np.savez(path, y=y, **more)
        else: np.save(path, y)
        found = [sets_of(codec.tables, lengths, x.astype(np.float32)) for x in y.reshape(-1, *y.shape[-3:])]
        np.savez(path + ".sets.npz", sets=np.stack([s for s, _ in found]).reshape(*y.shape[:-3], *found[0][0].shape),
                 bits=np.stack([b for _, b in found]).reshape(*y.shape[:-3], -1))
        print(f"{time.time() - begin:6.0f} s {name} {y.shape}", flush=True)

    pictures = data.images()
    for size, least in ((256, 200), (128, 96)):
        crops = data.Crops([p for p in pictures if min(p.pixels.shape[1:]) >= least], size, seed)
        keep(f"single{size}-{seed}.npy", np.stack([codec.analyse((crops.cut() if i % 2 else crops.draw(1)[0]).astype(np.float32)).astype(np.float16)
                                                   for i in range(int(o["singles"]))]))
    rng = np.random.default_rng(seed + 10)
    for size in (192, 128):
        crops = data.Crops([p for p in pictures if min(p.pixels.shape[1:]) >= 128], size, seed + 20)
        y, clear = zip(*(simulated(codec, crops.cut(), rng) for _ in range(int(o["simulated"]))))
        keep(f"sim{size}-{seed}.npz", np.stack(y), share=np.stack(clear))
    for held in (True, False):
        for name, x, clear in series.real(held):
            keep(f"real-{'val' if held else 'train'}-{name}.npz", np.stack([codec.analyse(i) for i in x]).astype(np.float16),
                 share=series.share(clear).astype(np.float16))
    for p in data.images(validation=True):
        keep(f"val-{p.name.replace('/', '_')}.npz", codec.analyse(p.pixels).astype(np.float16), group=evaluate.group(p))


def simulated(codec, c, r):
    if r.random() < .5: c = c[:, ::-1]
    if r.random() < .5: c = c.transpose(0, 2, 1)
    c = np.array(c) * np.exp(r.normal(0, .2)) * np.exp(r.normal(0, .05, (12, 1, 1)))
    x, clear = series.simulated(c.astype(np.float32), r)
    return np.stack([codec.analyse(i) for i in x]).astype(np.float16), series.share(clear).astype(np.float16)


def sets_of(frozen, lengths, y):
    """TEC-FP's sets [steps, h, w] and bits [steps] of latents, chunk by chunk."""
    sets, bits = np.zeros((len(lengths), *y.shape[1:]), np.uint8), np.zeros(len(lengths), np.float32)
    for q, table in enumerate(lengths):
        s = tables.quantise(y, frozen.gain[q], frozen.rounding[q])
        for i in range(0, y.shape[1], 16):
            for j in range(0, y.shape[2], 16):
                b, chosen = tables.chunk_bits(s[:, i:i + 16, j:j + 16], table, frozen)
                sets[q, i:i + 16, j:j + 16] = chosen; bits[q] += b
    return sets, bits


if __name__ == "__main__": main()
