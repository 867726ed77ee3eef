"""Draws the pictures that a server answered with GDAL, rio-tiler and NumPy, and compares them whole: check.py JOBS.json.

Dates are GeoTIFFs that `tectile decode` wrote: whole digital numbers, where a tile is drawn from unrounded ones. So values differ by rounding twice
(1 digital number), and pictures by that and by rio-tiler's cutting off where we round (1 grey level).
"""

import json
import sys
import warnings
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rio_tiler.colormap import cmap
from rio_tiler.io import Reader
from rio_tiler.models import ImageData
from rio_tiler.mosaic.methods import defaults as methods

SIDE, HALF = 128, 20037508.342789244
BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
SHOWN = [BANDS.index(name) for name in ("B04", "B08", "B02")]
HOLE = -9999.0
# Pixels by which positions may be off: GDAL's own default of 1/8 moves edges by several digital numbers.
EXACT = {"tolerance": 1e-6}
CLEAR_CLASSES, BUFFER_PX = [2, 4, 5, 6, 7, 11], 3

asked = json.loads(Path(sys.argv[1]).read_text())


def days(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() / 86400


class Date:
    """One date of the series, on its own grid."""

    def __init__(self, file, datetime, classes):
        self.file, self.day = file, days(datetime)
        with rasterio.open(file) as src:
            self.values = src.read().astype("float32")
            # 0 stands for holes, so that an observed 0 is stored as 1: see ROUNDED.
            self.values[self.values == 1] = 0
            self.valid = src.dataset_mask() != 0
            self.crs, self.transform = src.crs, src.transform
        codes = np.fromfile(classes, "uint8").reshape(self.valid.shape)
        hidden = np.pad(~np.isin(codes, [0, *CLEAR_CLASSES]), BUFFER_PX)
        height, width = self.valid.shape
        # No cloud or shadow within 3 pixels: a square.
        near = np.any([hidden[r : r + height, c : c + width] for r in range(7) for c in range(7)], axis=0)
        self.clear = self.valid & ~near

    @cache
    def source(self, rule):
        """A file in memory: digital numbers, a hole where a pixel doesn't count; and one of what counts."""
        counts = self.valid if rule == "valid" else self.clear
        shape = {"driver": "GTiff", "height": counts.shape[0], "width": counts.shape[1]}
        shape |= {"crs": self.crs, "transform": self.transform}
        files = MemoryFile(), MemoryFile()
        with files[0].open(**shape, count=len(BANDS), dtype="float32", nodata=HOLE) as out:
            out.write(np.where(counts, self.values, HOLE).astype("float32"))
        with files[1].open(**shape, count=1, dtype="uint8") as out:
            out.write(counts.astype("uint8"), 1)
        return files

    @cache
    def warped(self, z, x, y, rule="valid", margin=0, resampling="bilinear"):
        """Digital numbers and which pixels count, of a tile and a margin around; nothing of what doesn't count blended in."""
        side = SIDE + 2 * margin
        size = 2 * HALF / 2**z / SIDE
        left, top = -HALF + (x * SIDE - margin) * size, HALF - (y * SIDE - margin) * size
        grid = {"crs": "EPSG:3857", "transform": Affine(size, 0, left, 0, -size, top), "width": side, "height": side, **EXACT}
        values, counts = self.source(rule)
        with values.open() as src, WarpedVRT(src, **grid, resampling=Resampling[resampling]) as drawn:
            pixels = drawn.read([k + 1 for k in SHOWN] if margin or rule == "clear" else None)
        with counts.open() as src, WarpedVRT(src, **grid, resampling=Resampling.nearest) as drawn:
            mask = drawn.read(1)
        return pixels, mask != 0


DATES = sorted((Date(**date) for date in asked["dates"]), key=lambda date: -date.day)
FIRST = min(DATES, key=lambda date: date.day)


def read_png(path):
    with rasterio.open(path) as src:
        data = src.read()
    if len(data) in (2, 4):
        return data[:-1], data[-1] != 0
    return data, np.ones(data.shape[1:], bool)


# Pixels that may be off because the file has 1 for what was 0 or 1.
ROUNDED = 1e-3


def differing(name, picture, off, counts, share=0.0):
    """Fails where more than a share of the pixels that count are off."""
    count = np.count_nonzero(counts)
    bad = np.count_nonzero(off & counts)
    place = f"{name} {picture['z']}/{picture['x']}/{picture['y']}"
    assert bad <= share * count, f"{place}: {bad} of {count} pixels are off"


# Styles: bands or an expression, ranges, colours.
STYLES = {
    "true colour": (["B04", "B03", "B02"], [(0, 3000)], None, None),
    "true colour as it comes": (["B04", "B03", "B02"], [(0, 3000)], "gamma RGB 1.2", None),
    "false colour": (["B08", "B04", "B03"], [(0, 5000), (0, 3000), (0, 3000)], None, None),
    "NDVI": ("(b8-b4)/(b8+b4)", [(-1, 1)], None, "rdylgn"),
    "one band": (["B08"], [(0, 5000)], None, None),
    "one band in colours": (["B11"], [(0, 4500)], None, "viridis"),
    "a range a band": (["B12", "B8A", "B02"], [(200, 2500), (100, 5000), (0, 1500)], None, None),
}


def shown(image, name):
    """Grey levels of a style, 0..255, not yet rounded to a colour of the colormap."""
    source, ranges, formula, _ = STYLES[name]
    image = image.apply_expression(source) if isinstance(source, str) else image
    if formula is None:
        low, high = (np.array([r[k] for r in ranges])[:, None, None] for k in (0, 1))
        return np.clip((image.data - low) / (high - low), 0, 1) * 255
    image.rescale(in_range=ranges)
    image.apply_color_formula(formula)
    return image.data.astype("float64")


def in_colours(levels, name, step=0):
    """What is seen: the level itself, or the colour of the one so many steps of the colormap on."""
    colours = STYLES[name][3]
    if colours is None:
        return levels
    table = np.array([cmap.get(colours)[k][:3] for k in range(256)], int)
    return np.moveaxis(table[np.clip(np.rint(levels[0]).astype(int) + step, 0, 255)], -1, 0)


def check_style(name, picture):
    """Every pixel within a grey level, or a step of the colormap, of rio-tiler's own tile."""
    source = STYLES[name][0]
    indexes = None if isinstance(source, str) else [BANDS.index(band) + 1 for band in source]
    with Reader(FIRST.file) as reader:
        place = picture["x"], picture["y"], picture["z"]
        image = reader.tile(*place, tilesize=SIDE, indexes=indexes, reproject_method="bilinear", vrt_options=EXACT)
    got, drawn = read_png(picture["answer"])
    # An index of two zeros is a hole, and whole numbers are zeros sooner.
    differing(name, picture, drawn != (image.mask != 0), np.ones_like(drawn), share=5e-4 if isinstance(source, str) else 0)
    levels = shown(image, name)
    if STYLES[name][3] is None:
        # rio-tiler cuts off to 8 bits before a gamma of 1.2, which makes 2.5 levels of the darkest one.
        most = 3.6 if STYLES[name][2] else 1.01
        return differing(name, picture, np.max(np.abs(got - levels), axis=0) > most, drawn, ROUNDED)
    steps = np.ones_like(drawn, "float64")
    if isinstance(source, str):
        # A whole digital number of dark water is more of an index; of the darkest, 1 to 50 in both bands, it is any.
        both = image.data[3].astype("float64") + image.data[7]
        steps += 255 / np.maximum(1, both)
        drawn = drawn & (both >= 51)
    off = [np.any(got != in_colours(levels, name, step), axis=0) | (abs(step) > steps) for step in range(-6, 7)]
    return differing(name, picture, np.all(off, axis=0), drawn, ROUNDED)


def check_overview(name, picture):
    """
    Below the native zoom the levels were compressed each for itself from means of 2 x 2 pixels, and are sampled without another mean. So they are only
    near GDAL's mean of all pixels: no bias, and within the noise of the codec.
    """
    source = STYLES[name][0]
    values, _ = FIRST.warped(picture["z"], picture["x"], picture["y"], resampling="average")
    wanted = values if isinstance(source, str) else values[[BANDS.index(band) for band in source]]
    got, drawn = read_png(picture["answer"])
    counts = drawn & np.all(values != HOLE, axis=0)
    _, valid = FIRST.warped(picture["z"], picture["x"], picture["y"])
    differing(name, picture, drawn != valid, np.ones_like(drawn), share=5e-4)
    if isinstance(source, str):
        # Of dark water an index is the codec's noise.
        counts &= values[3] + values[7] > 400
    levels = shown(ImageData(np.ma.array(np.where(counts, wanted, 1))), name)
    apart = (got - in_colours(levels, name))[:, counts]
    assert abs(apart.mean()) < 1.5, f"{name} z{picture['z']}: {apart.mean()} levels too bright"
    rms = np.sqrt(np.mean(apart**2))
    assert rms < 15, f"{name} z{picture['z']}: {rms} levels apart"


MERGES = {
    "first": methods.FirstMethod,
    "highest": methods.HighestMethod,
    "lowest": methods.LowestMethod,
    "mean": methods.MeanMethod,
    "median": methods.MedianMethod,
    "stdev": methods.StdevMethod,
    "count": methods.CountMethod,
    "lastbandhigh": methods.LastBandHighMethod,
    "lastbandlow": methods.LastBandLowMethod,
}


def stack(picture, rule, margin=0):
    """All dates of a tile, newest first: [date][band][row][column] and which pixels count."""
    drawn = [date.warped(picture["z"], picture["x"], picture["y"], rule, margin) for date in DATES]
    values = np.stack([values if len(values) == len(SHOWN) else values[SHOWN] for values, _ in drawn])
    return values, np.stack([mask for _, mask in drawn])


def read_npy(picture, planes):
    answer = np.load(picture["answer"]).astype("float64")
    return answer[:planes], answer[planes] != 0, answer[planes + 1 :]


def check_selection(name, picture):
    clear = name not in MERGES
    values, masks = stack(picture, "clear" if clear else "valid")
    planes = {"count": 1, "lastbandhigh": 2, "lastbandlow": 2}.get(name, 3)
    got, drawn, _ = read_npy(picture, planes)
    if clear:
        differing(name, picture, drawn != masks.any(axis=0), np.ones_like(drawn))
        return check_clear(name, picture, got, values, masks)
    merge = MERGES[name]()
    for date, mask in zip(values, masks, strict=True):
        merge.feed(np.ma.array(date, mask=np.broadcast_to(~mask, date.shape)))
    wanted = np.ma.atleast_3d(merge.data)
    if name == "count":
        wanted = masks.sum(axis=0)[None]
    else:
        differing(name, picture, drawn != masks.any(axis=0), np.ones_like(drawn))
    apart = np.max(np.abs(got - np.ma.filled(wanted, 0)), axis=0)
    # Rounded deciders that tie may take another date: any whose decider is within rounding of the best.
    if name.startswith("lastband"):
        sign = 1 if name.endswith("high") else -1
        apart = nearest_of(got, values[:, :2], masks, sign * values[:, 2], 2)
    differing(name, picture, apart > 1.01, drawn, ROUNDED)


def nearest_of(got, values, masks, scores, slack):
    """How far the answer is from the nearest date whose score is within `slack` of the best."""
    scores = np.where(masks, scores, -np.inf)
    may = scores >= scores.max(axis=0) - slack
    apart = np.max(np.abs(values - got[None]), axis=1)
    return np.min(np.where(may & masks, apart, np.inf), axis=0)


def check_clear(name, picture, got, values, masks):
    drawn = masks.any(axis=0)
    when = np.array([date.day for date in DATES])
    moment = days(asked["asked"]) if name in ("clear_nearest", "best") else when[0]
    if name == "clear_median":
        wanted = np.ma.median(np.ma.array(values, mask=np.broadcast_to(~masks[:, None], values.shape)), axis=0)
        return differing(name, picture, np.max(np.abs(got - wanted.filled(0)), axis=0) > 1.01, drawn, ROUNDED)
    if name.startswith("clear"):
        order = np.argsort(np.abs(when - moment), kind="stable")
        scores = np.empty(values[:, 0].shape)
        for place, k in enumerate(order):
            scores[k] = -place
        return differing(name, picture, nearest_of(got, values, masks, scores, 0) > 1.01, drawn, ROUNDED)
    if name == "medoid":
        apart = np.sqrt(np.sum((values[:, None] - values[None]) ** 2, axis=2)) * (masks[:, None] & masks[None])
        # Rounding moves each of up to three distances by less than 1.8.
        return differing(name, picture, nearest_of(got, values, masks, -apart.sum(axis=1), 6) > 1.01, drawn, ROUNDED)
    # The distance by chamfers is up to 8 % long, 2 of 25 pixels, where a pixel is 0.05 of a score of 3; whole numbers move haze a little.
    return differing(name, picture, nearest_of(got, values, masks, best_scores(picture, when, moment), 0.11) > 1.01, drawn, ROUNDED)


def best_scores(picture, when, moment):
    """Nearness in time, distance from clouds within 50 pixels, and absence of haze (docs/mosaics.md)."""
    values, masks = stack(picture, "clear", 50)
    distance = np.stack([distance_to_holes(mask) for mask in masks])
    near = 1 / (1 + np.exp(-0.2 * (distance - 25)))
    time = np.exp(-0.5 * ((when - moment) / 30) ** 2)[:, None, None]
    haze = values[:, 2] - 0.5 * values[:, 0] - 400
    return (time + near + 1 / (1 + np.exp(haze / 100)))[:, 50:-50, 50:-50]


def distance_to_holes(mask):
    """Euclidean, 50 at most: the distance along rows, then the least over columns."""
    far = 50.0
    along = np.where(mask, far, 0.0)
    for k in range(1, along.shape[1]):
        along[:, k] = np.minimum(along[:, k], along[:, k - 1] + 1)
    for k in range(along.shape[1] - 2, -1, -1):
        along[:, k] = np.minimum(along[:, k], along[:, k + 1] + 1)
    best = along**2
    padded = np.pad(along**2, ((50, 50), (0, 0)), constant_values=far**2)
    for shift in range(-49, 50):
        best = np.minimum(best, padded[50 + shift : 50 + shift + len(along)] + shift**2)
    return np.minimum(far, np.sqrt(best))


def check_filled(name, picture):
    base = next(k for k, date in enumerate(DATES) if date.clear.mean() == min(d.clear.mean() for d in DATES))
    values, masks = stack(picture, "clear")
    _, inside = FIRST.warped(picture["z"], picture["x"], picture["y"])
    got, drawn, (inferred, expected) = read_npy(picture, 3)
    seen, inferred = masks[base], inferred != 0
    everywhere = np.ones_like(seen)
    differing(name, picture, drawn != inside, everywhere)
    differing(name, picture, inferred != (inside & ~seen), everywhere)
    differing(name, picture, np.max(np.abs(got - values[base]), axis=0) > 1.01, seen, ROUNDED)
    differing(name, picture, (expected != 0) != inferred, everywhere)
    assert abs(picture["observed"] - seen.mean()) < 6e-4, f"{name}: {picture['observed']} seen, {seen.mean()} expected"
    assert abs(picture["inferred"] - inferred.mean()) < 6e-4, f"{name}: {picture['inferred']} inferred"
    if name in ("nearest", "linear"):
        check_detail(name, picture, got, values, masks, base)


def check_detail(name, picture, got, values, masks, base):
    """What is left of a hole's pixels without the mean of 9 x 9 around them is that of the dates, whatever the light."""
    when = np.array([date.day for date in DATES]) - DATES[base].day
    others = [k for k in np.argsort(np.abs(when)) if k != base]
    before, after = (next(k for k in others if np.sign(when[k]) == side) for side in (-1, 1))
    nearest = others[0]
    weight = abs(when[after]) / (abs(when[before]) + abs(when[after]))
    if name == "nearest":
        model, known = values[nearest], masks[nearest]
    else:
        model, known = weight * values[before] + (1 - weight) * values[after], masks[before] & masks[after]
    counts = box(~masks[base] & known) > 0.999
    if np.count_nonzero(counts) < 200:
        return
    for band in range(3):
        a, b = ((plane - box(plane))[counts] for plane in (got[band], model[band]))
        alike = np.corrcoef(a, b)[0, 1]
        assert alike > (0.95 if name == "nearest" else 0.8), f"{name} z{picture['z']}: detail of {'B04 B08 B02'.split()[band]} correlates by {alike}"


def box(plane, radius=4):
    padded = np.pad(plane.astype("float64"), radius, mode="edge")
    n = 2 * radius + 1
    height, width = plane.shape
    rows = sum(padded[k : k + height] for k in range(n))
    return sum(rows[:, k : k + width] for k in range(n)) / n**2


CHECKS = {"style": check_style, "overview": check_overview, "selection": check_selection, "filled": check_filled}
warnings.simplefilter("ignore")
count = 0
problems = []
for job in asked["jobs"]:
    for one in job["pictures"]:
        try:
            CHECKS[job["kind"]](job["name"], one)
            count += 1
        except AssertionError as error:
            problems.append(str(error))
assert not problems, "\n".join(problems[:20])
print(f"{len(asked['jobs'])} jobs, {count} pictures are as GDAL, rio-tiler and NumPy have them")
