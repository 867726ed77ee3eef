"""Trains the decoder's branch alone, for squared error, on symbols as the encoder makes them: nothing to balance, no pixels in the loop.

The basis is orthogonal, so errors are counted in coefficients. Each window counts relative to its own error: decibels are what is won.
"""

import argparse
import math
import time

import numpy as np
import torch
import torch.nn.functional as F

from . import basis, network
from .basis import UNIT

MOST = 6e4  # what float16 holds


class Windows:
    """Decoded and true canonical coefficients of training chunks at all qualities, in common axes, as float16."""

    def __init__(self, net, chunks, symbols, degain):
        self.items, self.given, self.truth, self.energy = [], [], [], []
        frequency = net.canonical % basis.FREQUENCIES
        self.odd = [1 - 2.0 * (f % 2)[:, None, None] for f in (frequency // basis.STRIDE, frequency % basis.STRIDE)]
        at = 0
        with torch.no_grad():
            for index, s in enumerate(chunks):
                common = net.common
                n = s.rows * s.columns
                bands = s.coefficients.float().nan_to_num(0, MOST, -MOST)
                bands[:, :, 0] = 0  # means: the branch neither sees nor changes them
                exact = basis.turn(bands, common).flatten(1, 2)[0]
                self.truth.append(exact[net.canonical].clamp(-MOST, MOST).half())
                for q in range(index % 2, len(basis.STEPS), 2):  # every other quality: enough, in half the memory
                    step = basis.STEPS[q]
                    k = symbols[q][at : at + n] * (degain[q] * step)
                    k = torch.from_numpy(np.ascontiguousarray(k.T, np.float32)).reshape(1, -1, s.rows, s.columns)
                    bands = net.coefficients(k, s.axes)
                    bands[:, :, 0] = 0
                    c = basis.turn(bands, common).flatten(1, 2)[0]
                    self.given.append(c[net.canonical].clamp(-MOST, MOST).half())
                    self.energy.append(((c - exact) ** 2).sum().item() / n)
                    self.items.append((index, q))
                at += n

    def draw(self, n, rng, side=8):
        """(given [n, C, side + 2, side + 2], truth [n, C, side, side], weights [n]): windows with their ring, replicated at chunk edges."""
        given, truth, weight = [], [], []
        for i in rng.integers(len(self.items), size=n):
            index, _ = self.items[i]
            g, t = self.given[i].float(), self.truth[index].float()
            r, c = (rng.integers(max(s - side, 0) + 1) for s in t.shape[1:])
            padded = F.pad(g[None], (1, 1, 1, 1), mode="replicate")[0]
            a, b = padded[:, r : r + side + 2, c : c + side + 2], t[:, r : r + side, c : c + side]
            if min(b.shape[1:]) < side:
                continue
            sign = 1.0 if rng.integers(2) else -1.0  # a picture's negative is as likely, and so are its mirrors
            for axis in (1, 2):
                if rng.integers(2):
                    a, b = a.flip(axis), b.flip(axis)
                    sign = sign * self.odd[axis - 1]
            given.append(a * sign)
            truth.append(b * sign)
            weight.append(1 / max(self.energy[i], 1.0))
        return torch.stack(given), torch.stack(truth), torch.tensor(weight)


def train(branch, windows, minutes, lr=1e-3, batch=16, seed=1, test=None, log=print, bfloat=True):
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(branch.parameters(), lr, betas=(0.9, 0.99))
    averaged = {k: v.detach().clone() for k, v in branch.state_dict().items()}
    begin, step, losses = time.time(), 0, []
    while (f := (time.time() - begin) / (60 * minutes)) < 1:
        for g in optimiser.param_groups:
            g["lr"] = lr * min(1, (step + 1) / 50) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * f)))
        given, truth, weight = windows.draw(batch, rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat):
            r = valid(branch, given / UNIT)
        inner = given[:, :, 1:-1, 1:-1]
        error = ((inner + r.float() * UNIT - truth) ** 2).sum(1).mean((1, 2)) * weight
        before = ((inner - truth) ** 2).sum(1).mean((1, 2)) * weight
        optimiser.zero_grad()
        error.mean().backward()
        torch.nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            d = min(0.998, step / (step + 20))
            for k, v in branch.state_dict().items():
                averaged[k].lerp_(v, 1 - d)
        losses.append((error.mean().item(), before.mean().item()))
        if step % 200 == 0:
            a, b = np.mean(losses, 0)
            line = f"{time.time() - begin:5.0f} s  step {step}  error {a:.4f} of {b:.4f}: {100 * (a / b - 1):+.2f} %"
            log(line + (f"  {test(averaged)}" if test else ""))
            losses = []
    branch.load_state_dict(averaged)
    return step


def valid(branch, x):
    """The branch on a window with its ring: no padding."""
    return branch.b(F.relu(F.conv2d(x, branch.a.weight)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True, help="the codec whose decoder branch is replaced")
    parser.add_argument("--tables", required=True, help="its entropy.tables, fitted without a branch")
    parser.add_argument("--chunks", type=int, default=260, help="training chunks of up to 256 x 256 pixels")
    parser.add_argument("--hidden", type=int, default=192)
    parser.add_argument("--canonical", type=int, default=448)
    parser.add_argument("--wide", default="", help="a checkpoint with a wider branch to start from its strongest units")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    from . import entropy_tables, make_tables, pictures

    torch.set_num_threads(1)
    net, state = network.load(options.checkpoint)
    tables = entropy_tables.read(options.tables)
    chunks = make_tables.training_chunks(net, pictures.images(), options.chunks, seed=11)
    symbols = make_tables.encoded(net, tables, chunks)
    wide = network.load(options.wide)[0] if options.wide else None
    net = with_branch(net, chunks, options.canonical, options.hidden, wide)
    steps = train(net.at16, Windows(net, chunks, symbols, tables.degain), options.minutes)
    torch.save({"ema": net.state_dict(), "options": state["options"] | vars(options), "step": steps}, options.out)


def with_branch(net, chunks, canonical, hidden, wide=None):
    """The codec with a new decoder branch over the strongest canonical channels, means left out; or with the strongest part of `wide`'s."""
    seen = wide.canonical[:canonical] if wide else strongest(net, chunks, canonical)
    out = network.Codec(net.order, net.common, seen, hidden, 0, 0, net.sets, net.weights)
    own = {k: v for k, v in net.state_dict().items() if not k.startswith(("at16", "ana", "canonical"))}
    out.load_state_dict(own, strict=False)
    if wide:
        a, b = wide.at16.a.weight[:, :canonical], wide.at16.b.weight[:canonical]
        best = (a.flatten(1).norm(dim=1) * b[:, :, 0, 0].norm(dim=0)).argsort(descending=True)[:hidden]
        with torch.no_grad():
            out.at16.a.weight.copy_(a[best])
            out.at16.b.weight.copy_(b[:, best])
    return out


def strongest(net, chunks, canonical):
    return basis.strongest_common([s.coefficients.float() for s in chunks[::3]], net.common, canonical)


if __name__ == "__main__":
    main()
