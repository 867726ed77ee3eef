"""A checkpoint of train.py -> a model folder: two ONNX networks, the frozen integer tables, model.json.

    python export.py --checkpoint=codec.pt --out=../tec-s2 [--version=1.0.0 --sets=16 --block=1 --crops=480]

Tables are counted on training crops (half of them augmented), never on the held-out places; bits and PSNR of each quality are measured
on held-out ordinary scenes with the exported tables.
"""
import dataclasses, hashlib, json, os, sys, time
import numpy as np, torch, onnx
import data, evaluate, graphs, model, networks, tables


@dataclasses.dataclass
class Config:
    checkpoint: str = "codec.pt"
    out: str = "../tec-s2"
    version: str = "1.0.0"
    sets: int = 16              # table sets a chunk chooses from, block by block
    block: int = 1              # latents a side of such a block
    kappa: float = .6           # width of the dead zone, see tables.dead_zone
    crops: int = 480            # training crops of 128 x 128 that are counted
    minutes: float = 0.         # of training, for model.json; 0: the checkpoint's own
    earlier: int = 0            # training steps before the checkpoint's own count began
    command: str = ""           # for model.json; none: the checkpoint's own
    threads: int = 1
    seed: int = 7


def main():
    cfg = parse(sys.argv[1:])
    torch.set_num_threads(cfg.threads)
    net, trained = networks.load_net(cfg.checkpoint)
    begin = time.time()
    latents = training_latents(net, cfg.crops, cfg.seed)
    print(f"{time.time() - begin:5.0f} s  latents of {cfg.crops} crops", flush=True)
    log = lambda line: print(f"{time.time() - begin:5.0f} s  {line}", flush=True)
    frozen = tables.fit(latents, net, trained["config"]["lambdas"], cfg.sets, cfg.block, cfg.kappa, log=log)

    os.makedirs(cfg.out, exist_ok=True)
    state = {k: v.numpy() for k, v in net.state_dict().items()}
    onnx.save(graphs.analysis(state), f"{cfg.out}/analysis.onnx")
    onnx.save(graphs.synthesis(state), f"{cfg.out}/synthesis.onnx")
    tables.write(f"{cfg.out}/fp.tables", frozen)
    scenes = [p for p in data.images(validation=True) if evaluate.group(p) == "ordinary" and p.pixels[0].size > 40000]
    figures = evaluate.measure(networks.TorchCodec(net), frozen, scenes)                              # bits per pixel and PSNR, [scene, step]
    with open(f"{cfg.out}/model.json", "w") as f: json.dump(card(cfg, net, trained, frozen, figures), f, indent=2); f.write("\n")
    total = sum(os.path.getsize(f"{cfg.out}/{name}") for name in os.listdir(cfg.out))
    print(f"{time.time() - begin:5.0f} s  {cfg.out}: {total / 2 ** 20:.2f} MiB")


def parse(argv):
    cfg = Config()
    for a in argv:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, type(getattr(cfg, k))(v))
    return cfg


@torch.no_grad()
def training_latents(net, n, seed, size=128):
    """Latents [n, C, 8, 8] of random training crops: half as cut, half augmented (brightness, cloud, snow, blends)."""
    crops, out = data.Crops(data.images(), size, seed, rotated=.3), []
    for k in range(0, n, 4):
        x = np.stack([crops.cut(), crops.draw(1)[0], crops.cut(), crops.draw(1)[0]]) / model.SCALE
        with torch.autocast("cpu", torch.bfloat16): y = net.g_a(torch.from_numpy(x).contiguous(memory_format=torch.channels_last))
        out.append(y.float().contiguous().numpy())
    return np.concatenate(out)


def card(cfg, net, trained, frozen, figures):
    sha = lambda name: hashlib.sha256(open(f"{cfg.out}/{name}", "rb").read()).hexdigest()
    bits, psnr = figures.bits.mean(0) * 65536, figures.psnr.mean(0)
    config = trained["config"]
    folders = {}
    for p in data.images(): folders.setdefault(p.name.split("/")[0], []).append(p)
    held = sorted({p.name.split("/")[0] for p in data.images(validation=True)})
    options = " ".join(f"--{k}={config[k]}" for k in ("minutes", "lr", "batch", "crop", "mask") if k in config)
    return {
        "format": 1, "id": "tec-s2", "version": cfg.version,
        "title": "Tectile's own transform for Sentinel-2, 12 bands, six qualities",
        "description": "Bias-free residual analysis and synthesis that start as a three-level block PCA, gains per quality and channel, "
                       "channels ordered by importance, frozen integer tables (TEC-FP). L2A and L1C digital numbers.",
        "licence": "Apache-2.0",
        "bands": data.BANDS,
        "normalisation": {"scale": model.SCALE, "mean": 0},
        "stride": model.STRIDE, "channels": net.channels,
        "analysis": {"file": "analysis.onnx", "sha256": sha("analysis.onnx"), "halo": graphs.EXACT_HALO},
        "synthesis": {"file": "synthesis.onnx", "sha256": sha("synthesis.onnx"), "halo": model.HALO},
        "entropy": {"fp": {"file": "fp.tables", "sha256": sha("fp.tables"), "sets": frozen.sets, "block": frozen.block}},
        "qualities": [{"step": q, "lambda": config["lambdas"][q], "bits": int(round(bits[q])), "psnr": round(float(psnr[q]), 2)}
                      for q in range(len(bits))],
        "defaultQuality": int(np.abs(bits - 70000).argmin()),
        "training": {
            "data": [{"name": k, "licence": data.LICENCES[k], "images": len(v)} for k, v in sorted(folders.items())],
            "heldOut": held, "command": cfg.command or f"python train.py {options}",
            "minutes": round(cfg.minutes or config["minutes"]), "steps": trained["step"] + cfg.earlier,
        },
    }


if __name__ == "__main__": main()
