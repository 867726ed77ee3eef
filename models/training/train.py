"""Trains analysis, synthesis and gains together, all qualities at once.

    python train.py --minutes=60 --out=/tmp/run/codec.pt [--resume=codec.pt] [--batch=8 --crop=128 --lr=4e-4] [--device=cuda --batch=64 --crop=256]

Loss of a crop: (bits per pixel + lambda_q mse) lambda_q^-0.35, mse in units of SCALE^2. A quarter of the crops keep only the first
k/16 channels: so channels come out ordered by importance. Writes a resumable checkpoint every `save` steps and prints one line.
"""
import dataclasses, math, os, sys, time
import numpy as np, torch
import data, model


@dataclasses.dataclass
class Config:
    minutes: float = 60.        # wall time
    out: str = "codec.pt"
    resume: str = ""             # a checkpoint of this script
    lr: float = 5e-4             # peak; cosine to 1 %
    batch: int = 8               # crops a step
    crop: int = 128              # pixels
    channels: int = 512          # latents, at a start from nothing
    save: int = 200              # steps
    seed: int = 0
    device: str = "cpu"
    bf16: bool = True            # autocast; faster on processors with AMX and on GPUs, slower elsewhere
    mask: float = .25            # share of crops with a masked tail of channels
    rotated: float = 0.          # share of the bright crops that are coded in their own spectral axes (data.rotation)
    lambdas: tuple = (6., 22., 80., 290., 900., 2700.)
    steps: tuple = (4.5, 2.6, 1.5, .85, .5, .29)                                 # first quantisation steps, units of SCALE
    shares: tuple = (.08, .12, .2, .25, .2, .15)                                 # of the crops, by quality


def parse(argv):
    cfg = Config()
    for a in argv:
        k, _, v = a.removeprefix("--").partition("=")
        old = getattr(cfg, k)
        setattr(cfg, k, v == "True" if isinstance(old, bool) else type(old)(v))
    return cfg


def main():
    cfg = parse(sys.argv[1:])
    torch.manual_seed(cfg.seed)
    crops = data.Crops(data.images(), cfg.crop, cfg.seed, cfg.rotated)
    tensor = lambda n: torch.from_numpy(crops.draw(n)).div_(model.SCALE)
    start_step = 0
    if cfg.resume:
        import networks
        net, about = networks.load_net(cfg.resume); net.train(); start_step = about["step"]
    else:
        net = model.Codec(len(cfg.lambdas), cfg.channels)
        net.block_pca_start(tensor(160), cfg.steps)
    net.to(cfg.device).to(memory_format=torch.channels_last)
    ema = {k: v.detach().clone() for k, v in net.state_dict().items()}
    fast = [p for k, p in net.named_parameters() if k.startswith(("density", "log_"))]
    slow = [p for k, p in net.named_parameters() if not k.startswith(("density", "log_"))]
    opt = torch.optim.Adam([{"params": slow, "x": 1.}, {"params": fast, "x": 8.}], betas=(.9, .99))
    lambdas = torch.tensor(cfg.lambdas, device=cfg.device)
    begin, step, log = time.time(), start_step, []
    while (f := (time.time() - begin) / (60 * cfg.minutes)) < 1:
        for g in opt.param_groups: g["lr"] = cfg.lr * g["x"] * min(1, (step - start_step + 1) / 100) * (.01 + .99 * .5 * (1 + math.cos(math.pi * f)))
        x = tensor(cfg.batch).to(cfg.device, memory_format=torch.channels_last)
        q = torch.from_numpy(crops.rng.choice(len(lambdas), cfg.batch, p=cfg.shares)).to(cfg.device)
        part = torch.from_numpy(np.where(crops.rng.random(cfg.batch) < cfg.mask, crops.rng.integers(1, 16, cfg.batch), 16)).to(cfg.device)
        with torch.autocast(cfg.device, torch.bfloat16, enabled=cfg.bf16):
            x_hat, bits = net(x, q, part * net.channels // 16)
        mse = ((x_hat - x) ** 2).mean((1, 2, 3)); bpp = bits / cfg.crop ** 2
        loss = ((bpp + lambdas[q] * mse) * lambdas[q] ** -.35).mean()
        opt.zero_grad(set_to_none=True); loss.backward()
        torch.nn.utils.clip_grad_norm_(slow, 1.); torch.nn.utils.clip_grad_norm_(fast, 5.)
        opt.step(); step += 1
        decay = min(.999, (step - start_step) / (step - start_step + 20))
        with torch.no_grad():
            for k, v in net.state_dict().items(): ema[k].lerp_(v, 1 - decay)
        log.append((loss.item(), bpp[part == 16].mean().item() if (part == 16).any() else float("nan")))
        if step % cfg.save == 0:
            save(cfg, net, ema, step)
            print(f"{time.time() - begin:6.0f} s  step {step}  loss {np.nanmean([a for a, _ in log]):.4f}  bpp {np.nanmean([b for _, b in log]):.3f}", flush=True); log = []
    save(cfg, net, ema, step)


def save(cfg, net, ema, step):
    torch.save({"net": net.state_dict(), "ema": ema, "step": step, "config": dataclasses.asdict(cfg)}, cfg.out + ".part")
    os.replace(cfg.out + ".part", cfg.out)


if __name__ == "__main__": main()
