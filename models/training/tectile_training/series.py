"""Series of one place: the real ones of ../../../shared/data, and simulated ones made of single dates.

A series is pixels [T, 12, H, W] (digital numbers, time order) and clear [T, H, W] (bool: neither cloud nor shadow, as far as is known).
"""

import glob
import os

import numpy as np
import tifffile
from scipy.ndimage import gaussian_filter
from scipy.ndimage import shift as displace

from . import crops, pictures
from .pictures import held_out, load, load_ten

SIX = [1, 2, 3, 7, 8, 10]  # the bands of nrt_romania: B02 B03 B04 B08 B8A B11


def real(validation=False, root=pictures.DATA):
    """[(name, pixels, clear)] of the training places, or of the held-out ones."""
    out, folder = [], lambda pattern: sorted(p for p in glob.glob(f"{root}/{pattern}") if "SCL" not in p)
    group = lambda paths, key: {k: [p for p in paths if key(p) == k] for k in dict.fromkeys(key(p) for p in paths)}
    ssl = group(folder("ssl4eo-s12/*.tif"), lambda p: os.path.basename(p).split("_")[2])
    beetle = group(folder("beetle_dedup/*_20??-??.tif"), lambda p: os.path.basename(p).split("_")[0])
    for name, paths in {**ssl, **beetle}.items():
        if len(paths) < 2 or held_out(os.path.relpath(paths[0], root)) != validation:
            continue
        x = [load(p) for p in paths]
        h, w = (min(i.shape[a] for i in x) for a in (1, 2))
        if min(h, w) < 64:
            continue
        out.append((name, np.clip(np.stack([i[:, :h, :w] for i in x]), 0, 20000)))
    if validation:
        out.append(("boadella", np.clip(np.stack([load(p) for p in folder("eotdl_boadella/*.tif")]), 0, 20000)))
    else:
        out.append(("eolearn", np.stack([load(p) for p in folder("eolearn_ref/*.tif")])[:, :, :96, :96]))
        out.append(("worldcereal", np.stack([load_ten(p) for p in folder("worldcereal_ts/*/*_20??????.tif")])))
        out.append(("romania", six_bands(folder("nrt_romania/romania_*.tif"))))
    return [(name, x.astype(np.float32), clear(x)) for name, x in out]


def six_bands(paths):
    """nrt_romania's six bands and the other six by the least-squares fit that the training places give."""
    few = np.concatenate([p.pixels.reshape(12, -1)[:, ::101] for p in pictures.images() if "L1C" not in p.name], 1)
    others = [b for b in range(12) if b not in SIX]
    fit = np.linalg.lstsq(few[SIX].T, few[others].T, rcond=None)[0]
    out = []
    for path in paths:
        six = np.moveaxis(tifffile.imread(path), -1, 0).astype(np.float32)[:, :96, :96]
        if (six == 0).all(0).mean() > 0.05:
            continue
        x = np.empty((12, 96, 96), np.float32)
        x[SIX] = six
        x[others] = np.einsum("ko,khw->ohw", fit, six)
        out.append(x)
    return np.clip(np.stack(out), 0, 20000)


def clear(x):
    """A plain cloud and shadow rule against the series' own darkest quarter: good enough to tell a model which dates teach something."""
    blue, nir = x[:, 1], x[:, 7]
    base, dark = np.quantile(blue, 0.25, 0), np.quantile(nir, 0.5, 0)
    bad = ((blue > base + 700) & (blue > 1.6 * base)) | (
        (nir < 0.5 * dark) & (x[:, 10] < 0.6 * np.quantile(x[:, 10], 0.5, 0))
    )
    return np.stack([gaussian_filter(b.astype(np.float32), 2) < 0.25 for b in bad])


def simulated(c, r, dates=3):
    """One clean crop [12, S, S] -> a series: seasons by land cover, sun and view, haze, clouds, shadows, local change, misregistration."""
    size = c.shape[-1]
    nir, red, level = c[7], c[3], c[:10].mean(0)
    cover = (nir - red) / (nir + red + 1) * 4 + np.log(level + 50) + 0.4 * crops.fractal(size, r, 1.8)
    edges = np.quantile(cover, np.sort(r.uniform(0, 1, r.integers(2, 9))))
    labels = np.digitize(cover, edges)  # land cover: what changes together
    strength = r.choice([0.02, 0.08, 0.2, 0.4], p=[0.25, 0.3, 0.3, 0.15])
    out, seen = [], []
    for t in range(dates):
        season = r.normal(0, strength, (edges.size + 1, 1)) * r.normal(1, 0.5, (1, 12)) + r.normal(
            0, 0.3 * strength, (edges.size + 1, 12)
        )
        gain = np.moveaxis(np.exp(season)[labels], -1, 0)
        gain *= np.exp(0.03 * r.normal(size=(12, 1, 1)) + r.uniform(0, 0.08) * crops.fractal(size, r, 1.8))
        x = c * gain
        if r.random() < 0.35:  # something was built, cut, flooded, ploughed
            where = crops.fractal(size, r, 1.7) > r.uniform(1, 2.2)
            x = np.where(
                where, np.roll(c, tuple(r.integers(20, size - 20, 2)), (1, 2)) * np.exp(r.normal(0, 0.2, (12, 1, 1))), x
            )
        x = displace(x, (0, *r.normal(0, 0.25, 2)), order=1, mode="nearest") if r.random() < 0.8 else x
        rough = gaussian_filter(r.normal(size=x.shape).astype(np.float32), (0, 0.5, 0.5)) * 1.8
        x = x * (1 + r.uniform(0.002, 0.02) * rough) + r.uniform(3, 25) * r.normal(size=x.shape)
        ok = np.ones((size, size), bool)
        if r.random() < 0.2:
            x = x * r.uniform(0.8, 1) + r.uniform(0, 600) * np.linspace(1.3, 0.5, 12)[:, None, None]
        if r.random() < (0.1 if t == dates - 1 else 0.3):
            before = x
            x = crops.clouded(x, r)
            ok = np.abs(x - before).max(0) < 250
            fall = np.roll(ok, tuple(r.integers(-20, 20, 2)), (0, 1))
            x = np.where(ok & ~fall, x * r.uniform(0.3, 0.7), x)
            ok &= fall
        out.append(np.clip(x, 0, 20000))
        seen.append(ok)
    return np.stack(out).astype(np.float32), np.stack(seen)


def share(clear):
    """[..., 16h', 16w'] bool -> clear share of each latent's pixels, [..., ceil(h'), ceil(w')]."""
    h, w = clear.shape[-2:]
    padded = np.pad(clear, [(0, 0)] * (clear.ndim - 2) + [(0, -h % 16), (0, -w % 16)], mode="edge")
    return padded.reshape(*clear.shape[:-2], padded.shape[-2] // 16, 16, padded.shape[-1] // 16, 16).mean((-3, -1))
