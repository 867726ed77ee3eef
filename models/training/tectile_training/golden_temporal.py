"""Golden vectors of official TEC-TT and FlexTEC payloads, made with terracodec 0.3.1 from small models with random weights.

    python -m tectile_training.golden_temporal --out=../../test/fixtures/golden

official-tt/ and official-flextec/: the converted package without its transforms, and payload.json: the official payload (base64), the integer
latents of each frame and what the official package feeds its synthesis.
"""

import argparse
import base64
import dataclasses
import functools
import json
import os

import numpy as np
import torch

from . import convert_temporal as ct

SMALL = {  # C = 64 would be the least for FlexTEC with windows of 8 and 4: it gets 4 and 2
    "tt": {
        "channels": [8, 8, 8, 12],
        "entropy": {
            "num_layers_encoder_sep": 2,
            "num_layers_encoder_joint": 1,
            "num_layers_decoder": 2,
            "d_model": 16,
            "num_head": 2,
            "mlp_expansion": 2,
        },
    },
    "flextec": {
        "channels": [8, 8, 8, 16],
        "entropy": {
            "window_size_enc": 4,
            "window_size_dec": 2,
            "num_layers_encoder_sep": 2,
            "num_layers_encoder_joint": 1,
            "num_layers_decoder": 2,
            "d_model": 16,
            "num_head": 2,
            "mlp_expansion": 2,
        },
    },
}
MEANS, SCALES = 10, 24


def official(kind, image=128, bands=12, seed=0, small=True):
    """A TemporalTransformer with random weights that do something."""
    from terracodec.temporaltransformer import model as tm
    from terracodec.temporaltransformer import pipeline
    from terracodec.temporaltransformer.bottlenecks import GsnConditionalLocScaleShift

    torch.manual_seed(seed)
    saved = pipeline.TerraCodecTTEntropyModel, tm.ELICTransform
    if small:
        pipeline.TerraCodecTTEntropyModel = functools.partial(saved[0], **SMALL[kind]["entropy"])
        tm.ELICTransform = lambda in_channels, out_channels, compression_channels: saved[1](
            in_channels, out_channels, 1, SMALL[kind]["channels"]
        )
    try:
        net = tm.TemporalTransformer(flextec=kind == "flextec", image_size=image, in_channels=bands)
    finally:
        pipeline.TerraCodecTTEntropyModel, tm.ELICTransform = saved
    e = net.model.entropy_model
    if small:
        e.bottleneck = GsnConditionalLocScaleShift(num_scales=SCALES, num_means=MEANS, min_scale=0.01, tail_mass=2**-8)
    for name, p in e.named_parameters():
        if "layers" in name and name.endswith("weight") and p.dim() == 2:
            torch.nn.init.normal_(p, std=1.2 / p.shape[1] ** 0.5)
        if "decoder_embedding.weight" in name or "encoder_embedding.weight" in name:
            p.data *= 8
    for h in (e.mean_head, e.scale_head):
        for i in (0, 2, 4):
            torch.nn.init.normal_(h[i].weight, std=1.4 / h[i].weight.shape[1] ** 0.5)
            torch.nn.init.normal_(h[i].bias, std=0.5)
    for p in net.model.transform.parameters():
        if p.dim() == 4:
            torch.nn.init.kaiming_normal_(p, a=1)
    return net.eval()


@torch.no_grad()
def scaled(net, x):
    """Widens the last layers so that latents spread over a few integers, means as much, and scales from far below 1 to 10."""
    e = net.model.entropy_model
    y = net.model.transform.encode(x[None, :2])[0]
    for p in net.model.transform.analysis_transform.transforms[-2].parameters():
        p *= 3 / y.std()
    y = (y * 3 / y.std()).round()
    earlier, now = e.process_previous_latent_q(y[:1]).processed, e.patcher(y[1:], e.window_size_dec).tensor
    mean, scale, *_ = e._terracodec_tt_encoder_forward(
        encoded_patched=torch.cat([earlier] * 2, -2), latent_q_patched=now
    )
    for h, out, wanted in ((e.mean_head, mean, 2.5), (e.scale_head, scale, 3)):
        for p in h[4].parameters():
            p *= wanted / out.std()


def images(frames, bands, size, seed):
    """Smooth pictures that change slowly with time, standardised: [frames, bands, size, size]."""
    rng = np.random.default_rng(seed)
    fields = torch.from_numpy(rng.normal(size=(frames + 1, bands, size // 16, size // 16)).astype(np.float32))
    base = torch.nn.functional.interpolate(fields, size=(size, size), mode="bicubic")
    return (
        base[:1]
        + 0.4 * base[1:]
        + 0.1 * torch.from_numpy(rng.normal(size=(frames, bands, size, size)).astype(np.float32))
    )


@torch.inference_mode()
def coded(net, x, quality=None):
    """The official payload of frames x, and per frame the latents that the package decodes and what it feeds its synthesis."""
    payload = net.compress(x, quality=quality)
    seen, p = [], net.model
    dequantizer = p._dequantizer.forward

    def spy(*, latent_q, entropy_features):
        values = dequantizer(latent_q=latent_q, entropy_features=entropy_features)
        seen.append((latent_q[0].numpy().copy(), values[0].numpy().copy()))
        return values

    p._dequantizer.forward = spy
    try:
        pixels = net.decompress(payload)
    finally:
        del p._dequantizer.forward
    return payload, [s[0] for s in seen], [s[1] for s in seen], pixels[0].numpy()


def prepared(kind, image=128, frames=3, seed=0, small=True, bands=12):
    net = official(kind, image, bands, seed, small)
    x = images(frames, bands, image, seed + 1)
    scaled(net, x)
    net.setup_model_for_compression()
    return net, x


@dataclasses.dataclass
class Config:
    out: str = "../../test/fixtures/golden"
    frames: int = 4


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for f in dataclasses.fields(Config):
        parser.add_argument(f"--{f.name}", type=f.type, default=f.default)
    cfg = Config(**vars(parser.parse_args()))
    for kind, quality in (("tt", None), ("flextec", [3, 4, 1, 0])):
        out = f"{cfg.out}/official-{kind}"
        net, x = prepared(kind, frames=cfg.frames)
        payload, latents, values, _ = coded(net, x, quality)
        part = ct.convert(net.state_dict(), ct.Config(out=out, heads=2, means=MEANS, scales=SCALES))
        for name in ("analysis.onnx", "synthesis.onnx"):
            os.remove(f"{out}/{name}")
        text = lambda b: base64.b64encode(b).decode()
        with open(f"{out}/model.json", "w") as f:
            json.dump(part, f, indent=2)
            f.write("\n")
        vector = {
            "rows": latents[0].shape[1],
            "columns": latents[0].shape[2],
            "payload": {k: v for k, v in payload.items() if k != "strings"}
            | {"strings": [[[text(s[0])] for s in frame] for frame in payload["strings"]]},
            "latents": [y.astype(int).ravel().tolist() for y in latents],
            "values": [text(v.astype("<f4").tobytes()) for v in values],
        }
        with open(f"{out}/payload.json", "w") as f:
            json.dump(vector, f, separators=(",", ":"))
            f.write("\n")
        print(
            f"{out}: {sum(os.path.getsize(f'{out}/{f}') for f in os.listdir(out)) / 1024:.0f} KiB, {sum(payload['bits']) // 8} bytes in streams"
        )


if __name__ == "__main__":
    main()
