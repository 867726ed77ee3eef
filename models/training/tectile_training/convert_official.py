"""A published TerraCodec checkpoint -> a model package that Tectile serves.

    python -m tectile_training.convert_official TerraCodec_v1_FP_S2L2A_lambda-10.pt --out=../terracodec-fp-l2a-10

The kind, N, M and the number of bands are read off the state dict; lambda off the file's name. The standardisation (SSL4EO-S12 v1.1, as the
package's README gives it) goes into the graphs, which take and give digital numbers. L1C models see 13 bands and Tectile stores 12: B10 is
fed as its mean, which standardises to 0, and isn't given back, so its weights are left out.

Symbols are coded with the tables that the package itself makes (EntropyBottleneck.update, GaussianConditional.update), frozen here: streams
of the package's compress() decode on them as long as its tables on the other machine came out the same.

official.tables of TEC-ELIC, little endian: "TECE", u16 version, z channels, scales; f32 median[z channels], scale[scales]; then a row for each
z channel and each scale: i16 first, u16 count, u16 freq[count + 1], as in fp.tables.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import re
import struct

import numpy as np
import onnx
import torch

from . import convert_graphs, fp_tables
from .pictures import BANDS
from .standardisation import MEAN, STD

B10 = 10  # its place among the 13 bands of L1C
NAMES = {"fp": "TEC-FP", "elic": "TEC-ELIC", "tt": "TEC-TT", "flextec": "FlexTEC"}
FIRST = {"g_a.": "g_s.", "transform.analysis_transform.transforms.": "transform.synthesis_transform.transforms."}


@dataclasses.dataclass
class Config:
    checkpoint: str = ""
    out: str = ""
    kind: str = ""  # none: from the state dict
    level: str = ""  # none: by the number of bands
    id: str = ""  # none: terracodec-KIND-LEVEL-LAMBDA
    lambda_: float = 0.0  # none: from the file's name
    licence: str = "that of the checkpoint"
    measure: bool = False  # bits and PSNR on the held-out pictures, with the package's own compress()
    mean: list = dataclasses.field(default_factory=list)
    std: list = dataclasses.field(default_factory=list)


def main():
    cfg = parse()
    state = torch.load(cfg.checkpoint, map_location="cpu", weights_only=True)
    card = convert(state, cfg)
    print(
        f"{cfg.out}: {card['title']}, {sum(os.path.getsize(f'{cfg.out}/{f}') for f in os.listdir(cfg.out)) / 2**20:.1f} MiB"
    )


def parse(arguments=None):
    numbers = lambda text: [float(n) for n in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("--out", required=True, help="the package's folder")
    parser.add_argument("--kind", default="", choices=["", *NAMES], help="read off the weights by default")
    parser.add_argument("--level", default="", choices=["", "l2a", "l1c"], help="by the number of bands by default")
    parser.add_argument("--id", default="", help="terracodec-KIND-LEVEL-LAMBDA by default")
    parser.add_argument("--lambda", dest="lambda_", type=float, default=0.0, help="off the file's name by default")
    parser.add_argument("--licence", default=Config.licence)
    parser.add_argument(
        "--measure",
        action="store_true",
        help="bits and PSNR on the held-out pictures, with the package's own compress()",
    )
    parser.add_argument("--mean", type=numbers, default=[], help="12 or 13 numbers, of the standardisation")
    parser.add_argument("--std", type=numbers, default=[])
    return Config(**vars(parser.parse_args(arguments)))


def convert(state, cfg):
    """Writes the package into cfg.out; gives its card."""
    state = plain(state)
    kind = kind_of(state)
    if cfg.kind and cfg.kind != kind:
        raise ValueError(f"--kind={cfg.kind}, but the weights are {NAMES[kind]}'s")
    state, level = twelve_bands(state, cfg.level)
    mean, std = (
        np.delete(v, B10) if len(v) == 13 else np.asarray(v) for v in (cfg.mean or MEAN[level], cfg.std or STD[level])
    )
    if len(mean) != 12 or len(std) != 12:
        raise ValueError(f"{len(mean)} means and {len(std)} deviations, 12 or 13 expected")
    os.makedirs(cfg.out, exist_ok=True)
    if kind in ("tt", "flextec"):
        from . import convert_temporal

        part = convert_temporal.convert(state, convert_temporal.Config(out=cfg.out, mean=tuple(mean), std=tuple(std)))
    else:
        part = {"fp": factorized, "elic": elic}[kind](
            {k: v.numpy() for k, v in state.items()}, state, mean, std, cfg.out
        )
    card = description(cfg, kind, level, mean, std, part)
    if cfg.measure:
        card["qualities"][0] |= measure(state, kind, mean, std)
    with open(f"{cfg.out}/model.json", "w") as f:
        json.dump(card, f, indent=2)
        f.write("\n")
    return card


def plain(state):
    """Float32 weights by the package's own names, whatever wrapper saved them."""
    for key in ("state_dict", "model_state_dict"):
        state = state.get(key, state)
    state = {k.removeprefix("module.").removeprefix("model."): v for k, v in state.items() if torch.is_tensor(v)}
    return {k: v.detach().float() if v.is_floating_point() else v for k, v in state.items()}


def kind_of(state):
    if "latent_codec.hyper.h_a.0.weight" in state:
        return "elic"
    if "entropy_bottleneck.quantiles" in state and "g_a.1.beta" in state:
        return "fp"
    if any(k.startswith("entropy_model.decoder.") for k in state):
        return "flextec" if "entropy_model.mask_token" in state else "tt"
    raise ValueError(
        f"not a TerraCodec checkpoint: none of the four families' weights are among its {len(state)} names, {', '.join(list(state)[:3])}, ..."
    )


def twelve_bands(state, level):
    """(the state dict without B10, "l2a" or "l1c")."""
    for first, last in FIRST.items():
        if first + "0.weight" not in state:
            continue
        bands = state[first + "0.weight"].shape[1]
        if bands not in (12, 13):
            raise ValueError(f"a model of {bands} bands, 12 (L2A) or 13 (L1C) expected")
        if bands == 12:
            return state, level or "l2a"
        keep = [b for b in range(13) if b != B10]
        end = last + str(max(int(k[len(last) :].split(".")[0]) for k in state if k.startswith(last)))
        return state | {
            first + "0.weight": state[first + "0.weight"][:, keep],
            end + ".weight": state[end + ".weight"][:, keep],
            end + ".bias": state[end + ".bias"][keep],
        }, level or "l1c"


def checked(out, name):
    with open(f"{out}/{name}", "rb") as f:
        return {"file": name, "sha256": hashlib.sha256(f.read()).hexdigest()}


def transforms(w, mean, std, out, medians=0.0):
    onnx.save(convert_graphs.analysis(w, mean, std, medians), f"{out}/analysis.onnx")
    onnx.save(convert_graphs.synthesis(w, mean, std, medians), f"{out}/synthesis.onnx")
    halos = [
        convert_graphs.halo(convert_graphs.parts_of(w, *p), n) for *p, n in (("g_a.", "down", 16), ("g_s.", "up", 1))
    ]
    return {
        "channels": convert_graphs.latents_of(w),
        "analysis": checked(out, "analysis.onnx") | {"halo": halos[0]},
        "synthesis": checked(out, "synthesis.onnx") | {"halo": halos[1]},
    }


def factorized(w, state, mean, std, out):
    """Latents leave the analysis less their channel's median and enter the synthesis so, and the tables are one step's: served like tec-s2."""
    medians, rows = bottleneck(state, "entropy_bottleneck.")
    with open(f"{out}/fp.tables", "wb") as f:
        f.write(fp_tables.packed(rows, len(medians)))
    return transforms(w, mean, std, out, medians) | {
        "entropy": {"fp": checked(out, "fp.tables") | {"sets": 1, "block": 1}}
    }


def elic(w, state, mean, std, out):
    medians, z_rows = bottleneck(state, "latent_codec.hyper.entropy_bottleneck.")
    scales, y_rows = gaussian()
    head = (
        struct.pack("<4s3H", b"TECE", 1, len(medians), len(scales))
        + medians.astype("<f4").tobytes()
        + scales.astype("<f4").tobytes()
    )
    with open(f"{out}/official.tables", "wb") as f:
        f.write(head + b"".join(fp_tables.row(*r) for r in z_rows + y_rows))

    def save(name, graph):
        onnx.save(graph, f"{out}/{name}.onnx")
        return checked(out, f"{name}.onnx")

    groups = []
    while f"{convert_graphs.Y}latent_codec.y{len(groups)}.context_prediction.weight" in w:
        k = len(groups)
        groups.append(
            {
                "channels": w[f"{convert_graphs.Y}latent_codec.y{k}.context_prediction.weight"].shape[1],
                "parameters": save(f"parameters-{k}", convert_graphs.parameters(w, k)),
                **({"context": save(f"context-{k}", convert_graphs.channel_context(w, k))} if k else {}),
            }
        )
    official = {
        "kind": "elic",
        "tables": checked(out, "official.tables"),
        "hyperChannels": len(medians),
        "hyperAnalysis": save("hyper-analysis", convert_graphs.hyper_analysis(w)),
        "hyperSynthesis": save("hyper-synthesis", convert_graphs.hyper_synthesis(w)),
        "groups": groups,
    }
    return transforms(w, mean, std, out) | {"entropy": {"official": official}}


def bottleneck(state, prefix):
    """(medians [C], [(first, freq)]) of an EntropyBottleneck: exactly its _quantized_cdf after update(force=True)."""
    from compressai.entropy_models import EntropyBottleneck
    from compressai.models.utils import remap_old_keys

    own = {k: v for k, v in remap_old_keys(prefix[:-1], state).items() if k.startswith(prefix)}
    own = {
        k.removeprefix(prefix): v
        for k, v in own.items()
        if k.split(".")[-1] not in ("_offset", "_quantized_cdf", "_cdf_length")
    }
    net = EntropyBottleneck(len(own["quantiles"]))
    missing = set(net.load_state_dict(own, strict=False).missing_keys) & {k for k, _ in net.named_parameters()}
    if missing:
        raise ValueError(f"the checkpoint lacks {prefix}{min(missing)}")
    net.update(force=True)
    return net._get_medians().detach().numpy().ravel(), integer_rows(net)


def gaussian():
    """(scales, [(first, freq)]) of GaussianConditional after the package's update(): one row a scale."""
    from compressai.entropy_models import GaussianConditional
    from compressai.models.base import get_scale_table

    net = GaussianConditional(None)
    net.update_scale_table(get_scale_table(), force=True)
    return net.scale_table.numpy(), integer_rows(net)


def integer_rows(net):
    cdfs = [row[:n] for row, n in zip(net._quantized_cdf.numpy(), net._cdf_length.tolist())]
    return [(first, np.diff(cdf).astype(np.uint16)) for first, cdf in zip(net._offset.tolist(), cdfs)]


def description(cfg, kind, level, mean, std, part):
    found = re.search(r"lambda-([\d.]+\d|\d)", os.path.basename(cfg.checkpoint))
    lam = cfg.lambda_ or (float(found.group(1)) if found else 0.0)
    about = f"Converted from the published {NAMES[kind]} checkpoint of TerraCodec for Sentinel-2 {level.upper()}"
    return {
        "format": 1,
        "id": cfg.id or f"terracodec-{kind}-{level}" + f"-{lam:g}".replace(".", "p") * (lam > 0),
        "version": "1.0.0",
        "title": f"TerraCodec {NAMES[kind]}, {level.upper()}" + f", lambda {lam:g}" * (lam > 0),
        "description": about
        + (", which has 13 bands: B10 is taken at its mean and not given back" if level == "l1c" else "")
        + (
            ". Bits and PSNR were measured on 256 x 256 crops."
            if cfg.measure
            else ". Bits and PSNR were not measured: 0 stands for unknown."
        ),
        "licence": cfg.licence,
        "bands": BANDS,
        "normalisation": {"scale": [round(float(v), 3) for v in std], "mean": [round(float(v), 3) for v in mean]},
        "stride": 16,
        **{k: part[k] for k in ("channels", "analysis", "synthesis", "entropy")},
        "qualities": [{"step": 0, "lambda": lam, "bits": 0, "psnr": 0}],
        "defaultQuality": 0,
        "training": {"data": [], "heldOut": [], "by": "TerraCodec's authors, on SSL4EO-S12 v1.1"},
    }


@torch.no_grad()
def measure(state, kind, mean, std, most=12):
    """Mean bits and PSNR of 256 x 256 crops of held-out pictures, one each, coded by the package itself (FP and ELIC)."""
    import terracodec.imagecodecs as official

    from . import evaluate, pictures

    if kind not in ("fp", "elic"):
        raise ValueError("--measure codes single images: TEC-FP and TEC-ELIC only")
    n, m = state["g_a.0.weight"].shape[0], convert_graphs.latents_of({k: v.numpy() for k, v in state.items()})
    net = {"fp": official.FactorizedPrior, "elic": official.ELIC}[kind](12, n, m, 256).eval()
    net.load_state_dict(state, strict=False)
    net.update(force=True)
    crops = [
        p.pixels[:, :256, :256]
        for p in pictures.images(validation=True)
        if evaluate.group(p.pixels) == "ordinary" and min(p.pixels.shape[1:]) >= 256
    ][:most]
    if not crops:
        raise ValueError("--measure: no held-out picture of 256 x 256 pixels is there")
    mean, std = (torch.tensor(v, dtype=torch.float32)[:, None, None] for v in (mean, std))
    figures = []
    for x in crops:
        coded = net.compress(((torch.from_numpy(x.astype(np.float32)) - mean) / std)[None])
        back = net.decompress(**coded)[0] * std + mean
        figures.append(
            (sum(len(s) for strings in coded["strings"] for s in strings) * 8, evaluate.psnr(x, back.numpy()))
        )
    bits, psnr = np.mean(figures, 0)
    return {"bits": int(round(bits)), "psnr": round(float(psnr), 2)}


if __name__ == "__main__":
    main()
