"""Adds context models to a model's folder: copies their weights and names them in the card, which is done again after any change of the card.

    python -m tectile_training.export_context --model=models/tec-s2 --elic=elic.weights --tt=tt.weights

Without --elic and --tt the card's entries are rewritten for what lies in the folder.
"""

import argparse
import hashlib
import json
import pathlib

import numpy as np

from . import context

LIMIT = 500_000


def add(folder, name, source):
    """The card's entry of one context model."""
    target = folder / f"{name}.weights"
    if source is not None and source.resolve() != target.resolve():
        target.write_bytes(source.read_bytes())
    data = target.read_bytes()
    if len(data) > LIMIT:
        raise ValueError(f"{target}: {len(data)} bytes, {LIMIT} at most")
    return {"file": target.name, "sha256": hashlib.sha256(data).hexdigest()}, context.read(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True, help="folder with model.json")
    parser.add_argument("--elic", type=pathlib.Path)
    parser.add_argument("--tt", type=pathlib.Path)
    options = parser.parse_args()
    path = options.model / "model.json"
    card = json.loads(path.read_text())
    tables = np.frombuffer((options.model / card["entropy"]["tables"]["file"]).read_bytes(), "<u2", 4, 4)
    for name in ("elic", "tt"):
        source = getattr(options, name)
        if source is None and not (options.model / f"{name}.weights").exists():
            continue
        card["entropy"][name], model = add(options.model, name, source)
        if (
            len(model.order) != tables[2]
            or len(model.steps) != tables[1]
            or context.is_temporal(model) != (name == "tt")
        ):
            raise ValueError(f"{name}: weights of another model")
    path.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
