"""Holds statistics against numpy, as rio-tiler's get_array_statistics: statistics_check.py VALUES.npy ANSWER.json BINS PERCENTILES.

VALUES has planes and, last, a mask (255 = valid). BINS is a number or edges with commas between, PERCENTILES a list of numbers.
"""

import json
import sys
from pathlib import Path

import numpy as np

values = np.load(sys.argv[1])
answer = json.loads(Path(sys.argv[2]).read_text())
edges = [float(edge) for edge in sys.argv[3].split(",")]
bins = int(edges[0]) if len(edges) == 1 else edges
percentiles = [float(p) for p in sys.argv[4].split(",")]
valid = values[-1] != 0
assert len(answer) == len(values) - 1, list(answer)
for k, plane in enumerate(values[:-1]):
    band = answer[f"b{k + 1}"]
    data = plane[valid].astype(np.float64)
    keys, counts = np.unique(data, return_counts=True)
    histogram, bounds = np.histogram(data, bins=bins)
    expected = {
        "min": data.min(),
        "max": data.max(),
        "mean": data.mean(),
        "count": data.size,
        "sum": data.sum(),
        "std": data.std(),
        "median": np.median(data),
        "majority": keys[counts.argmax()],
        "minority": keys[counts.argmin()],
        "unique": keys.size,
        "valid_percent": 100 * valid.mean(),
        "valid_pixels": valid.sum(),
        "masked_pixels": (~valid).sum(),
    }
    for p in percentiles:
        expected[f"percentile_{p:g}"] = np.percentile(data, p)
    assert set(band) == {*expected, "histogram", "description"}, sorted(band)
    for name, value in expected.items():
        assert np.isclose(band[name], value, rtol=1e-9), f"b{k + 1} {name}: {band[name]}, numpy has {value}"
    assert band["histogram"][0] == histogram.tolist(), f"b{k + 1}: {band['histogram'][0]} {histogram}"
    assert np.allclose(band["histogram"][1], bounds)
print(f"{len(answer)} bands are as numpy has them")
