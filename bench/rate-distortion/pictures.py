"""The held-out pictures and series that everything here is measured on, as float32 [12, h, w] in digital numbers (DN).

pictures.json names them: `first` is the selection that figures were made of since the project's beginning, `second` are the
held-out places of the second harvest of ../shared/data. Training never sees their places.
"""

import glob
import json
import os
from dataclasses import dataclass

import numpy as np
import tifffile
from scipy.ndimage import gaussian_filter

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("TECTILE_DATA", os.path.join(HERE, "..", "..", "..", "shared", "data"))

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
B02, B03, B04, B08, B8A, B11 = (BANDS.index(band) for band in ("B02", "B03", "B04", "B08", "B8A", "B11"))
SIX = [B02, B03, B04, B08, B8A, B11]  # what nrt_romania holds
GROUPS = ("ordinary", "bright", "water")
CLEAR, CLOUD = 4, 9  # scene classes that a mask made here uses: vegetation, cloud of high probability
SERIES = {"Boadella": "eotdl_boadella/", "SSL4EO 0121563": "ssl4eo-s12/ssl4eos12_val_0121563"}


@dataclass
class Picture:
    """One date of one place."""

    name: str  # folder/file
    pixels: np.ndarray  # float32 [12, h, w], DN
    harvest: str = "first"
    classes: np.ndarray | None = None  # uint8 [h, w], scene classes where they are known

    @property
    def area(self):
        """Pixels of one band."""
        return self.pixels[0].size

    @property
    def group(self):
        """bright: cloud or snow, B02 to B04 above 2500 DN on average; water: the median of B08 below 300 DN; else ordinary."""
        if self.pixels[1:4].mean() > 2500:
            return "bright"
        return "water" if np.median(self.pixels[B08]) < 300 else "ordinary"


def load(path):
    """One file as float32 [12, h, w], DN from 0 to 20000. Of the 13 bands of L1C, B10 (before B11) is dropped."""
    x = tifffile.imread(path)
    if x.shape[-1] in (12, 13) and x.shape[0] not in (12, 13):
        x = np.moveaxis(x, -1, 0)
    if x.shape[0] == 13:
        x = np.delete(x, 10, 0)
    return np.clip(x.astype(np.float32), 0, 20000)


def held_out():
    """All pictures of pictures.json, the first harvest's before the second's."""
    with open(os.path.join(HERE, "pictures.json")) as file:
        named = json.load(file)
    return [
        Picture(name, load(os.path.join(DATA, name)), harvest) for harvest, names in named.items() for name in names
    ]


def series(pictures):
    """{place: its dates in order of time}; file names are in that order."""
    return {
        place: sorted((p for p in pictures if p.name.startswith(start)), key=lambda p: p.name)
        for place, start in SERIES.items()
    }


def masked_series(pictures):
    """{place: dates with scene classes} for the figures of cloud-aware bytes.

    Boadella has no classes: a plain cloud rule makes them. nrt_romania has them, but only six bands: the six others are the
    least-squares fit on SIX that the pictures of both harvests give, so that its dates are like real ones, not real.
    """
    dates = series(pictures)["Boadella"]
    clear = clear_pixels(np.stack([p.pixels for p in dates]))
    boadella = [
        Picture(p.name, p.pixels, p.harvest, np.where(ok, CLEAR, CLOUD).astype(np.uint8))
        for p, ok in zip(dates, clear, strict=True)
    ]
    return {"Boadella (classes by a plain rule)": boadella, "nrt_romania (six bands, six fitted)": romania(pictures)}


def romania(pictures, every=5):
    """Every fifth date of nrt_romania, 96 x 96 px, as twelve bands with the product's own scene classes."""
    few = np.concatenate([p.pixels.reshape(12, -1)[:, ::101] for p in pictures if "L1C" not in p.name], 1)
    others = [b for b in range(12) if b not in SIX]
    fit = np.linalg.lstsq(few[SIX].T, few[others].T, rcond=None)[0]
    out = []
    for path in sorted(glob.glob(os.path.join(DATA, "nrt_romania", "romania_*.tif"))):
        six = np.moveaxis(tifffile.imread(path), -1, 0).astype(np.float32)[:, :96, :96]
        if (six == 0).all(0).mean() > 0.05:
            continue
        classes = tifffile.imread(os.path.join(os.path.dirname(path), "SCL_" + os.path.basename(path)))[:96, :96]
        x = np.empty((12, *six.shape[1:]), np.float32)
        x[SIX] = six
        x[others] = np.einsum("ko,khw->ohw", fit, six)
        name = os.path.relpath(path, DATA)
        out.append(Picture(name, np.round(np.clip(x, 1, 20000)), "first", classes.astype(np.uint8)))
    return out[::every]


def clear_pixels(x):
    """[dates, 12, h, w] DN -> bool [dates, h, w]: neither cloud nor its shadow, against the series' own darkest quarter."""
    blue, nir, swir = x[:, B02], x[:, B08], x[:, B11]
    base, dark = np.quantile(blue, 0.25, 0), np.quantile(nir, 0.5, 0)
    cloud = (blue > base + 700) & (blue > 1.6 * base)
    shadow = (nir < 0.5 * dark) & (swir < 0.6 * np.quantile(swir, 0.5, 0))
    return np.stack([gaussian_filter(bad.astype(np.float32), 2) < 0.25 for bad in cloud | shadow])
