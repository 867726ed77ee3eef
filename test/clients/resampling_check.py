"""Compares pictures with GDAL's of the same file: python resampling_check.py CASES.json

A case names a GeoTIFF of one band whose holes are 0, a kernel, the picture that the server drew of it (npy, the last plane the mask), and its
box and CRS.
"""

import json
import sys

import numpy
import rasterio
from rasterio.enums import Resampling
from rasterio.transform import from_bounds
from rasterio.warp import reproject

# Which source pixels lie under a target pixel turns on the last bits where edges meet.
SHARE = {"nearest": 0.01, "mode": 0.01, "min": 0.01, "max": 0.01, "med": 0.01, "q1": 0.01, "q3": 0.01}

wrong = []
for case in json.load(open(sys.argv[1])):
    name = case["kernel"]
    label = f"{name}, {case['label']}"
    planes = numpy.load(case["picture"])
    got, drawn = planes[0].astype("float64"), planes[-1] > 0
    with rasterio.open(case["file"]) as source:
        if name == "gauss":
            wanted = source.read(1, out_shape=got.shape, resampling=Resampling.gauss).astype("float64")
            there = source.read_masks(1, out_shape=got.shape) > 0
        else:
            wanted = numpy.zeros(got.shape)
            reproject(
                source.read(1).astype("float64"),
                wanted,
                src_transform=source.transform,
                src_crs=source.crs,
                src_nodata=0,
                dst_nodata=0,
                dst_transform=from_bounds(*case["bounds"], got.shape[1], got.shape[0]),
                dst_crs=case["crs"],
                resampling=Resampling[name],
                tolerance=0,
            )
            there = wanted != 0
    # Beside holes and edges each has its own way.
    inner = drawn & there
    for axis in (0, 1):
        for step in range(-9, 10):
            inner &= numpy.roll(drawn & there, step, axis)
    inner[:9], inner[-9:], inner[:, :9], inner[:, -9:] = False, False, False, False
    assert inner.mean() > 0.3, (label, inner.mean())
    apart = numpy.abs(got - wanted)[inner]
    share = (apart > case["within"]).mean()
    # What is drawn is what is valid where the pixel's centre falls; GDAL's averages draw all that touch a valid one.
    missing = (drawn != there).mean()
    print(f"{label}: {apart.max():.1f} apart at most, {share:.5f} beyond {case['within']}, {missing:.4f} drawn otherwise")
    if share > SHARE.get(name, 0) or missing > 0.02:
        wrong.append(label)
assert not wrong, wrong
print("all as GDAL has them")
