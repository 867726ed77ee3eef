"""Holds a mosaic against numpy: mosaic_check.py FOLDER METHOD.

FOLDER has shape.json ({dates, height, width}), dates.u16 [date][band][row][column], clear.u8 [date][row][column] (scene classes of
the dates, the validity mask applied), and what Tectile made of them: mosaic.u16, valid.u8, provenance.u8.
"""

import json
import sys
from pathlib import Path

import numpy as np

folder, method = Path(sys.argv[1]), sys.argv[2]
shape = json.loads((folder / "shape.json").read_text())
n, h, w = shape["dates"], shape["height"], shape["width"]


def read(name, dtype, dims):
    return np.fromfile(folder / name, dtype).reshape(dims)


dates = read("dates.u16", np.uint16, (n, 12, h, w)).astype(np.float64)
hidden = read("hidden.u8", np.uint8, (n, h, w)) != 0
observed = read("observed.u8", np.uint8, (n, h, w)) != 0
mosaic = read("mosaic.u16", np.uint16, (12, h, w)).astype(np.float64)
valid = read("valid.u8", np.uint8, (h, w)) != 0
provenance = read("provenance.u8", np.uint8, (h, w))

# A pixel within 3 of a cloud or a shadow is not clear.
padded = np.pad(hidden, ((0, 0), (3, 3), (3, 3)))
near = np.zeros_like(hidden)
for dy in range(7):
    for dx in range(7):
        near |= padded[:, dy : dy + h, dx : dx + w]
clear = observed & ~near
count = clear.sum(0)
assert np.array_equal(valid, count > 0), f"{(valid != (count > 0)).sum()} pixels valid otherwise"
assert (provenance[~valid] == 0).all()

if method == "clear_median":
    expected = np.nanmedian(np.where(clear[:, None], dates, np.nan)[:, :, valid], axis=0)
    wrong = np.abs(mosaic[:, valid] - np.floor(expected + 0.5))
    assert wrong.max() == 0, f"medians differ by up to {wrong.max()}"
    only = clear.argmax(0) + 1
    assert np.array_equal(provenance[valid], np.where(count == 1, only, 255)[valid])
else:
    assert ((provenance[valid] >= 1) & (provenance[valid] <= n)).all()
    chosen = np.maximum(provenance.astype(int), 1) - 1
    rows, columns = np.indices((h, w))
    assert clear[chosen, rows, columns][valid].all(), "a chosen date is not clear"
    picked = dates[chosen, :, rows, columns].transpose(2, 0, 1)
    assert np.array_equal(picked[:, valid], mosaic[:, valid])
    if method == "medoid":
        both = clear[:, None] & clear[None]
        distance = np.sqrt(((dates[:, None] - dates[None]) ** 2).sum(2))
        sums = np.where(both, distance, 0).sum(1)
        best = np.where(clear, sums, np.inf).min(0)
        worse = sums[chosen, rows, columns][valid] - best[valid]
        assert worse.max() < 1e-3, f"a medoid is {worse.max()} farther than the best"
print(f"{valid.sum()} pixels are as numpy has them, {len(np.unique(provenance[valid]))} kinds of provenance")
