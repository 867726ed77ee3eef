"""Linear predictions of the lowest 64 channels from their neighbours' latents, and static means: what the transform's blocks leave between them.

    python fit_linear.py --latents=DIR --out=linear.npz

The linear stages of the transform don't overlap, so a block's slopes say much of its neighbours' means and the other way. Slots:
(group 0, kinds 1 to 4): 32 channels from the 32 channels of four neighbours; (1, 0): channels 32..63 from the 32 channels of the nine
positions around; (1, 4): from these and from the own 32 channels of the four neighbours. Ridge regression in symbols, for each step, every
window weighted by its inverse energy. Weights are multiples of 1/4096.
"""
import glob, sys
import numpy as np, torch
import context, tables, train_context

SLOTS = [(0, 1), (0, 2), (0, 3), (0, 4), (1, 0), (1, 4)]
NINE = tuple((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1))
LOW = 64          # channels with static means


def main():
    o = dict(a.removeprefix("--").split("=") for a in sys.argv[1:])
    torch.set_num_threads(1)
    frozen = tables.read("../tec-s2/fp.tables", 1)
    windows = []
    for path in sorted(glob.glob(f"{o['latents']}/single*.npy")):
        y, s = np.load(path, mmap_mode="r"), np.load(path + ".sets.npz")["sets"]
        windows += [(np.array(y[k, :LOW]), s[k]) for k in range(0, len(y), 1 if y.shape[-1] == 16 else 2)]
    out = {}
    means = np.zeros((6, 16, LOW)); seen = np.zeros((6, 16)) + 20
    for q in range(6):
        sums = [[0, 0] for _ in SLOTS]
        for size in (16, 8):
            some = [w for w in windows if w[0].shape[-1] == size]
            for k in range(0, len(some), 50):
                s = np.stack([tables.quantise(w[0].astype(np.float32), frozen.gain[q][:LOW], frozen.rounding[q][:LOW]) for w in some[k:k + 50]]).astype(np.float32)
                sets = np.stack([w[1][q] for w in some[k:k + 50]])
                for t in range(16):
                    m = sets == t; seen[q, t] += m.sum(); means[q, t] += s.transpose(1, 0, 2, 3)[:, m].sum(1)
                latent = s * frozen.degain[q][:LOW, None, None]
                s = torch.from_numpy(s / (np.sqrt((latent[:, 1:32] ** 2).mean((1, 2, 3))) + 20)[:, None, None, None])
                for n, (g, kind) in enumerate(SLOTS):
                    x = context.linear_inputs(s, g, kind)[..., 2:-2, 2:-2].flatten(2)
                    y = s[:, 32 * g:32 * g + 32, 2:-2, 2:-2].flatten(2)
                    x, y = (v.permute(0, 2, 1).flatten(0, 1).double() for v in (x, y))
                    sums[n][0] = sums[n][0] + x.T @ x; sums[n][1] = sums[n][1] + x.T @ y
        for (g, kind), (a, b) in zip(SLOTS, sums):
            d = a.diagonal()
            w = torch.linalg.solve(a + torch.diag(2e-3 * d + 1e-5 * d.mean() + 1e-12), b).T            # [32, inputs]
            out[f"{q}-{g}-{kind}"] = np.clip(np.round(w.numpy() * 4096), -32768, 32767).astype(np.int16)
        print(f"step {q}", {k: (round(float(np.abs(v).max()) / 4096, 2), round(float(np.abs(v).sum(1).max()) / 4096, 1)) for k, v in out.items() if k[0] == str(q)}, flush=True)
    out["means"] = np.round(4 * means / seen[..., None]).astype(np.int16)                              # quarters of a symbol
    np.savez(o["out"], **out)


if __name__ == "__main__": main()
