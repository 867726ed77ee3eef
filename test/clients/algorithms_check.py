"""Compares algorithms with titiler.core's: python algorithms_check.py CASES.json

A case names the values an algorithm takes and those that the server made of them (npy, the last plane the mask), and the box of the values.
"""

import json
import sys
import warnings

import numpy
from rio_tiler.models import ImageData
from titiler.core.algorithm import algorithms

warnings.simplefilter("ignore")


def image(path, bounds):
    planes = numpy.load(path)
    holes = numpy.broadcast_to(planes[-1] == 0, planes[:-1].shape)
    values = numpy.ma.MaskedArray(planes[:-1].copy(), mask=holes.copy())
    return ImageData(values, bounds=bounds, crs="epsg:3857")


cases = json.load(open(sys.argv[1]))
for case in cases:
    name, params = case["algorithm"], case["params"]
    wanted = algorithms.get(name)(**params)(image(case["taken"], case["bounds"]))
    got = numpy.load(case["made"])
    label = f"{name} {params} of {case['query']}"
    data = numpy.ma.getdata(wanted.array)
    holes = numpy.broadcast_to(numpy.ma.getmaskarray(wanted.array), data.shape).any(axis=0)
    assert got[:-1].shape == data.shape, (label, got.shape, data.shape)
    assert ((got[-1] == 0) == holes).all(), (label, "holes", int(((got[-1] == 0) != holes).sum()))
    assert not holes.all(), (label, "nothing left")
    seen = numpy.broadcast_to(~holes, data.shape)
    apart = numpy.abs(got[:-1].astype("float64") - data.astype("float64"))[seen]
    if got.dtype.kind == "f":
        assert apart.max() <= 1e-5 * max(1, numpy.abs(data[seen]).max()), (label, apart.max())
    else:
        # Where a sine or a tangent ends in another last bit, a value that is cut may be the next one.
        assert apart.max() <= 1 and (apart > 0).mean() < 1e-3, (label, apart.max(), (apart > 0).mean())
        wrong = data.dtype.itemsize == 1 and got.dtype.itemsize != 1
        assert not wrong, (label, got.dtype)
print(f"{len(cases)} pictures are as titiler.core makes them")
