"""A checkpoint and its tables -> a model folder: basis.bin, entropy.tables, the ONNX graphs, model.json.

python -m tectile_training.export --checkpoint=codec.pt --tables=entropy.tables --out=../tec-s2 [--rows=rows.npz]
"""

import argparse
import hashlib
import json
import os
import shutil

import numpy as np
import onnx

from . import basis, entropy_tables, lapped_graphs, network, pictures

DEFAULT_QUALITY = 3


def checked(folder, name):
    with open(f"{folder}/{name}", "rb") as file:
        return {"file": name, "sha256": hashlib.sha256(file.read()).hexdigest()}


def qualities(rows, groups):
    """Mean bits of 256 x 256 pixels and PSNR of the held-out ordinary pictures."""
    at = [i for i, g in enumerate(groups) if g == "ordinary"]
    mean = rows[at].mean(0)
    return [
        {"step": q, "bits": int(round(b)), "psnr": round(float(p), 2), "psnrVisible": round(float(v), 2)}
        for q, (b, p, v, *_) in enumerate(mean)
    ]


def card(out, net, training, figures, version):
    transform = {
        "kind": "lapped",
        "basis": checked(out, "basis.bin"),
        "steps": [int(s) for s in basis.STEPS],
        "cloudMult": basis.CLOUD_MULTIPLE,
        "halo": basis.HALO,
    }
    for key in ("analysis", "branch", "synthesis"):
        if os.path.exists(f"{out}/{key}.onnx"):
            transform[key] = checked(out, f"{key}.onnx")
    return {
        "format": 2,
        "id": "tec-s2",
        "version": version,
        "title": "Tectile's codec for Sentinel-2, 12 bands: an adaptive lapped basis",
        "description": "Lapped DCT of 16 x 16 pixels, spectral axes chosen chunk by chunk, learned residual branches, frozen integer "
        "tables. L2A and L1C digital numbers; visible bands count 1.25 times.",
        "licence": "Apache-2.0",
        "bands": pictures.BANDS,
        "stride": basis.STRIDE,
        "chunk": basis.STRIDE * basis.CHUNK,
        "channels": len(net.order),
        "transform": transform,
        "entropy": {"tables": checked(out, "entropy.tables")},
        "qualities": figures,
        "defaultQuality": DEFAULT_QUALITY,
        "training": training,
    }


def training_facts(state):
    used, held = {}, set()
    for name in pictures.names(validation=False):
        used.setdefault(name.split("/")[0], []).append(name)
    for name in pictures.names(validation=True):
        held.add(name.split("/")[0])
    return {
        "data": [{"name": k, "licence": pictures.LICENCES[k], "images": len(v)} for k, v in sorted(used.items())],
        "heldOut": sorted(held),
        "steps": state["step"],
        "minutes": round(float(state["options"]["minutes"])),
    }


def write(out, net, tables_path, state, figures, version="2.0.0"):
    os.makedirs(out, exist_ok=True)
    for name in ("analysis.onnx", "branch.onnx", "synthesis.onnx"):
        if os.path.exists(f"{out}/{name}"):
            os.remove(f"{out}/{name}")
    weights, common = net.weights.numpy(), net.common[0].numpy()
    seen = net.canonical.numpy() if net.at16 is not None else np.zeros(0, int)
    entropy_tables.write_basis(
        f"{out}/basis.bin", weights, common, net.order.numpy(), seen, net.analysed if net.ana is not None else 0
    )
    if os.path.abspath(tables_path) != os.path.abspath(f"{out}/entropy.tables"):
        shutil.copyfile(tables_path, f"{out}/entropy.tables")
    if net.ana is not None:
        onnx.save(lapped_graphs.residual(net.ana, "components", seen=net.ac.numpy()), f"{out}/analysis.onnx")
    if net.at16 is not None:
        onnx.save(lapped_graphs.residual(net.at16, "coefficients"), f"{out}/branch.onnx")
    onnx.save(lapped_graphs.synthesis(net), f"{out}/synthesis.onnx")
    facts = card(out, net, training_facts(state), figures, version)
    path = f"{out}/model.json"
    if os.path.exists(path):  # entries of context models stay
        with open(path) as file:
            before = json.load(file)
        if before.get("format") == 2:
            facts["entropy"] = before["entropy"] | facts["entropy"]
    with open(path, "w") as file:
        json.dump(facts, file, indent=2)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--tables", required=True)
    parser.add_argument("--rows", default="", help="what evaluate wrote, for the card's figures")
    parser.add_argument("--out", required=True)
    parser.add_argument("--version", default="2.0.0")
    options = parser.parse_args()
    net, state = network.load(options.checkpoint)
    if options.rows:
        with np.load(options.rows) as found:
            figures = qualities(found["rows"], found["groups"])
    else:
        figures = [{"step": q, "bits": 0, "psnr": 0, "psnrVisible": 0} for q in range(len(basis.STEPS))]
    write(options.out, net, options.tables, state, figures, options.version)
    sizes = {name: os.path.getsize(f"{options.out}/{name}") for name in sorted(os.listdir(options.out))}
    print(f"{options.out}: {sum(sizes.values()) / 2**20:.2f} MiB", sizes)


if __name__ == "__main__":
    main()
