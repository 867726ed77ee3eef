"""Trains the codec end to end over the adaptive lapped basis: the branches of analysis and decoder, gains, and a density that only training uses.

    python -m tectile_training.train --minutes=25 --out=codec.pt [--resume=codec.pt]
    python -m tectile_training.train --device=cuda --packed=packed.npz --workers=14 --batch=48 --crop=192 --minutes=6 --out=codec.pt

Starts as the linear basis exactly. Loss of a crop: bits per pixel + lambda_q * squared error; lambda from the step: at high rate an orthogonal
basis spends one bit where 6 dB are won. Checkpoints hold the averaged weights, branches as float16.
"""

import argparse
import math
import multiprocessing
import time

import numpy as np
import torch
import torch.nn as nn

from . import basis, network, pictures
from .crops import Crops

SHARES = (0.12, 0.15, 0.20, 0.22, 0.18, 0.13)  # of the qualities among crops
ROUNDING = 0.38  # sign(v) floor(|v| + this): what the decoder sees while training


@torch.no_grad()
def start(images, options):
    """A codec whose channels, common axes and density come from a few crops."""
    rng, few = np.random.default_rng(5), []
    p = np.array([i.weight for i in images])
    weights = torch.tensor(basis.BAND_WEIGHTS)
    for i in rng.choice(len(images), options.crops_to_start, p=p / p.sum()):
        x = images[i].pixels
        h, w = (max(min(s // basis.STRIDE * basis.STRIDE, 256), basis.STRIDE) for s in x.shape[1:])
        few.append(basis.analyse(torch.from_numpy(np.array(x[None, :, :h, :w], np.float32)), weights))
    order, common = basis.strongest(few), basis.common_axes(few)
    canonical = basis.strongest_common(few, common, options.canonical)
    hidden = options.hidden, options.analysis_hidden
    net = network.Codec(order, common, canonical, *hidden, options.analysed, options.sets, weights)
    k = torch.cat([basis.turn(c, basis.own_axes(c)).flatten(1, 2)[0, order].flatten(1) for c in few], 1)
    spread = torch.linspace(-2.4, 1.4, net.sets)[:, None]
    for q in range(len(basis.STEPS)):
        v = k / net.steps[q]
        net.mean[q] = v.median(1).values
        net.log_scale[q] = (v - net.mean[q][:, None]).abs().mean(1).clamp(min=0.1).log()[None] + spread
    return net


def feed(images, crop, seed, batch, queue):
    torch.set_num_threads(1)
    crops = Crops(images, crop, seed)
    while True:
        queue.put(crops.draw(batch))


def batches(images, options):
    """Endless arrays [batch, 12, crop, crop]; augmentation in `workers` processes where a GPU waits for it."""
    if not options.workers:
        crops = Crops(images, options.crop, options.seed)
        while True:
            yield crops.draw(options.batch)
    context = multiprocessing.get_context("fork")
    queue = context.Queue(4 * options.workers)
    for i in range(options.workers):
        arguments = images, options.crop, options.seed + 97 * i, options.batch, queue
        context.Process(target=feed, args=arguments, daemon=True).start()
    while True:
        yield queue.get()


def small(state):
    """Branch weights as float16, the rest as it is."""
    return {k: v.half().cpu() if k.startswith(("at16", "ana")) else v.cpu() for k, v in state.items()}


def train(net, stream, options, log=print):
    net.train()
    device = options.device
    averaged = {k: v.clone() for k, v in net.state_dict().items()}
    floats = [k for k, v in averaged.items() if v.dtype.is_floating_point]
    named = list(net.named_parameters())
    fast = [v for k, v in named if k.startswith(("log_", "mean"))]
    slow = [v for k, v in named if not k.startswith(("log_", "mean"))]
    groups = [{"params": slow, "x": 1.0}, {"params": fast, "x": 8.0}]
    optimiser = torch.optim.Adam(groups, betas=(0.9, 0.99))
    rng = np.random.default_rng(options.seed)
    trade = basis.BANDS * 8.66 / net.steps**2 * 0.8
    begin, step, seen = time.time(), 0, []

    def save():
        torch.save({"ema": small(averaged), "options": vars(options), "step": step}, options.out)

    while (f := (time.time() - begin) / max(60 * options.minutes, 1e-9)) < 1:
        for g in optimiser.param_groups:
            g["lr"] = options.lr * g["x"] * min(1, (step + 1) / 50) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * f)))
        x = torch.from_numpy(next(stream)).to(device)
        q = torch.from_numpy(rng.choice(len(basis.STEPS), len(x), p=SHARES)).to(device)
        k, axes = net.analyse(x, options.mix)
        v = net.scaled(k, q)
        bits = net.bits(v + torch.rand_like(v) - 0.5, q).sum((1, 2, 3)) / x[0, 0].numel()
        rounded = v + (torch.sign(v) * torch.floor(v.abs() + ROUNDING) - v).detach()  # straight through
        mse = (((net(rounded, axes, q) - x) * net.weights[:, None, None]) ** 2).mean((1, 2, 3))
        loss = ((bits + trade[q] * mse) * (net.steps[q] / 500) ** 0.5).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(slow, 1.0)
        nn.utils.clip_grad_norm_(fast, 5.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            d, now = min(0.998, step / (step + 20)), net.state_dict()
            torch._foreach_lerp_([averaged[k] for k in floats], [now[k] for k in floats], 1 - d)
        seen.append(torch.stack([loss.detach(), bits.mean().detach()]))
        if step % options.every == 0:
            a, b = torch.stack(seen).mean(0).tolist()
            log(f"{time.time() - begin:5.0f} s  step {step}  loss {a:.4f}  bits per pixel {b:.3f}")
            seen = []
            save()
    save()
    return step


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=25, help="0: only order, common axes and the start")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--packed", default="", help="pictures packed by tectile_training.pack instead of the data folder"
    )
    parser.add_argument("--resume", default="", help="a checkpoint to go on from")
    parser.add_argument("--workers", type=int, default=0, help="processes that augment crops")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--lr", type=float, default=4e-4)
    parser.add_argument("--hidden", type=int, default=192, help="units of the decoder's branch; 0 for none")
    parser.add_argument("--canonical", type=int, default=448, help="channels that it sees")
    parser.add_argument("--analysis-hidden", type=int, default=192, help="units of the analysis branch; 0 for none")
    parser.add_argument("--analysed", type=int, default=512, help="channels that it sees")
    parser.add_argument("--sets", type=int, default=16, help="scale sets of the training density")
    parser.add_argument("--mix", type=float, default=0.15, help="share of groups that train in common axes")
    parser.add_argument("--crops-to-start", type=int, default=90)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--every", type=int, default=100, help="steps between lines and checkpoints")
    parser.add_argument("--out", default="codec.pt")
    return parser


def main():
    options = arguments().parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    if options.packed:
        from . import pack

        images = pack.unpacked(options.packed)
    else:
        images = pictures.images()
    net = network.load(options.resume)[0] if options.resume else start(images, options)
    train(net.to(options.device), batches(images, options), options)


if __name__ == "__main__":
    main()
