"""What comparisons with a running TiTiler share: both are asked the same; pictures are compared pixel by pixel, JSON field by field."""

import io
import json
import math
import re
import threading
import time
import urllib.request
from typing import NamedTuple

import numpy as np
import uvicorn
from rasterio.io import MemoryFile

# Mean difference that may be, in shares of the picture's standard deviation. GDAL's positions are off by up to 1/8 of a pixel, which moves one of 16 pixels'
# nearest neighbour; a picture that lies half a pixel off, or has another kernel, differs by more than twice of this.
SAME, CLOSE, COARSE = 0.0, 0.008, 0.03


def serve(app):
    """Starts it and gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "TiTiler didn't start"
        time.sleep(0.05)
    return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"


class Answer(NamedTuple):
    status: int
    headers: dict
    data: bytes


def ask(address, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return Answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def tile(zoom):
    """The one that has 3.0205, 42.4312, where three dates of the scene lie."""
    lon, lat = 3.0205, 42.4312
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return f"tiles/WebMercatorQuad/{zoom}/{int((lon + 180) / 360 * 2**zoom)}/{int(y * 2**zoom)}"


RING = [[3.0052, 42.4449], [3.0203, 42.4447], [3.0191, 42.4302], [3.0052, 42.4449]]
FEATURE = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [RING]}}
NEAREST, BILINEAR = [f"resampling={kernel}&reproject={kernel}" for kernel in ("nearest", "bilinear")]


def pixels(data, masked=True):
    """Planes and a mask."""
    if data[:6] == b"\x93NUMPY":
        planes = np.load(io.BytesIO(data)).astype("float64")
        return (planes[:-1], planes[-1] > 0) if masked else (planes, np.ones(planes.shape[1:], bool))
    with MemoryFile(data) as file, file.open() as picture:
        planes = picture.read().astype("float64")
        return (planes[:-1], planes[-1] > 0) if planes.shape[0] in (2, 4) else (planes, picture.dataset_mask() > 0)


def compare_pictures(name, ours, theirs, most):
    assert (ours.status, theirs.status) == (200, 200), f"{name}: {ours.status} here, {theirs.status} there: {ours.data[:300]} {theirs.data[:300]}"
    masked = "return_mask=false" not in name
    (here, seen), (there, known) = (pixels(one.data, masked) for one in (ours, theirs))
    assert here.shape == there.shape, f"{name}: {here.shape} here, {there.shape} in TiTiler"
    # Along a rim, by less than a pixel.
    assert np.mean(seen != known) <= (0 if most == SAME else 0.005), f"{name}: {np.sum(seen != known)} holes differ"
    shown = seen & known
    assert shown.mean() > 0.02, name
    # rio-tiler cuts grey levels off where they are rounded here; in a colormap one index more is some levels more.
    is_bytes = "rescale=" in name or ".npy" not in name
    cut = 0 if not is_bytes else 3 if "colormap" in name else 1
    off = np.maximum(0, np.abs(here - there)[:, shown] - cut)
    # In bands 0 stands for holes, so that an observed 0 is 1 there.
    off[(here[:, shown] == 0) & (there[:, shown] == 1)] = 0
    share = off.mean() / (there[:, shown].std() or 1)
    assert share <= most, f"{name}: {share:.4f} of a standard deviation off; {most} at most"


def fields(value, path=""):
    """Leaves by their path: names of assets and bands and places in lists left out."""
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in fields(one, f"{path}.{re.sub(r'^B..$|^b[0-9]+$', '*', key)}")]
    return [(path.lstrip("."), value)]


def values(leaves, name):
    return [value for key, value in leaves if key == name]


def same(a, b, within):
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, within) for x, y in zip(a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(value, b[key], within) for key, value in a.items())
    if isinstance(a, (int, float)) and isinstance(b, (int, float)) and not isinstance(a, bool):
        return abs(a - b) <= within * max(1, abs(b))
    return a == b


def differing_fields(ours, theirs, within=None):
    """Names of the fields that one hasn't or that hold something else; of a document that is a list, "itself". `within`: shares by which numbers may differ."""
    ours, theirs = fields(ours), fields(theirs)
    names = [{name for name, _ in leaves} for leaves in (ours, theirs)]
    found = {highest_missing(name, names[1]) for name in names[0] - names[1]} | {highest_missing(name, names[0]) for name in names[1] - names[0]}
    for name in names[0] & names[1]:
        if not same(values(ours, name), values(theirs, name), (within or {}).get(name, 1e-6)):
            found.add(name)
    return {name or "itself" for name in found}


def highest_missing(name, names):
    """A field, or of what holds it the highest that isn't there either."""
    parts = name.split(".")
    ways = [".".join(parts[: i + 1]) for i in range(len(parts))]
    return next(way for way in ways if not any(one == way or one.startswith(f"{way}.") for one in names))
