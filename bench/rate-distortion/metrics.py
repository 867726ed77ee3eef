"""What is measured of one decoded picture, and how curves of such points are compared.

A point is a dict of
    bytes   everything that is stored
    db      PSNR over 12 bands in dB against a peak of 10000 digital numbers (DN)
    rgb     the same over B02, B03 and B04
    bands   the same of each band, [12]
    ssim    structural similarity of the true-colour picture, 0 .. 1
    ssim12  structural similarity of the 12 bands, their mean
    ndvi    mean absolute error of NDVI
    land    share of pixels whose class by NDVI changes
    water   share of pixels that MNDWI calls water before but not after, or the other way round
and a curve is a list of points.
"""

import numpy as np
from scipy.interpolate import PchipInterpolator

from pictures import B02, B03, B04, B08, B11

VERSION = 1  # of what a point holds: kept curves of another are worked out anew
LAND = (0.2, 0.5)  # NDVI: bare or sealed, sparse, dense
WINDOW = 7  # px a side of the windows of SSIM
FAINT = 100  # DN: an index of two bands that together have less says nothing
BRIGHTEST = 3000  # DN that are drawn white in true colour, unless the picture is brighter


def psnr(error):
    """Errors in DN -> dB against a peak of 10000."""
    return float(10 * np.log10(1e8 / max(np.mean(np.square(error, dtype=np.float64)), 1e-9)))


def measures(x, y):
    """Two pictures [12, h, w] in DN, before and after -> a point without its bytes."""
    out = {
        "db": psnr(x - y),
        "rgb": psnr((x - y)[[B02, B03, B04]]),
        "bands": [psnr(a - b) for a, b in zip(x, y, strict=True)],
        "ssim": ssim(true_colour(x, x), true_colour(y, x)),
        "ssim12": ssim(*stretched(x, y)),
    }
    y = np.clip(np.round(y), 0, 65535)  # as a GeoTIFF of integers holds it
    ndvi, after = (index(z, B08, B04) for z in (x, y))
    green, wet = x[B08] + x[B04] >= FAINT, x[B03] + x[B11] >= FAINT
    out["ndvi"] = mean_where(np.abs(ndvi - after), green)
    out["land"] = mean_where(np.digitize(ndvi, LAND) != np.digitize(after, LAND), green)
    out["water"] = mean_where((index(x, B03, B11) > 0) != (index(y, B03, B11) > 0), wet)
    return {k: [round(i, 3) for i in v] if k == "bands" else round(v, 6) for k, v in out.items()}


def index(z, a, b):
    """The normalised difference of two bands of [12, h, w]."""
    return (z[a] - z[b]) / np.maximum(z[a] + z[b], 1)


def mean_where(values, where):
    """Mean of the chosen values, nan of none."""
    return float(values[where].mean()) if where.any() else float("nan")


def true_colour(z, reference):
    """B04, B03, B02 from 0 .. 3000 DN, or to the reference's 98th percentile where that is higher, to 0 .. 1: [3, h, w]."""
    shown = [B04, B03, B02]
    return np.clip(z[shown] / max(BRIGHTEST, np.percentile(reference[shown], 98)), 0, 1)


def stretched(x, y):
    """Both with each band from 0 .. 3000 DN, or to the 98th percentile that it has in x where that is higher, to 0 .. 1."""
    top = np.maximum(BRIGHTEST, np.percentile(x, 98, axis=(1, 2)))[:, None, None]
    return np.clip(x / top, 0, 1), np.clip(y / top, 0, 1)


def ssim(a, b):
    """Mean structural similarity of planes float32 [n, h, w] in 0 .. 1, uniform windows of WINDOW px (Wang et al. 2004)."""
    return float(np.mean([similarity(p, q).mean(dtype=np.float64) for p, q in zip(a, b, strict=True)]))


def similarity(a, b):
    """Structural similarity of two planes at each window, [h - 6, w - 6]."""
    ma, mb = windows(a), windows(b)
    va, vb, cov = windows(a * a) - ma * ma, windows(b * b) - mb * mb, windows(a * b) - ma * mb
    return ((2 * ma * mb + 1e-4) * (2 * cov + 9e-4)) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4))


def windows(z):
    """Means of all windows of WINDOW x WINDOW px that lie inside [h, w]: sums of shifted views, the fastest way here."""
    rows, columns = (size - WINDOW + 1 for size in z.shape)
    down = sum(z[k : k + rows] for k in range(WINDOW))
    return sum(down[:, k : k + columns] for k in range(WINDOW)) * np.float32(1 / WINDOW**2)


def envelope(curve, key="db"):
    """Quality (dB) and log bytes of the points that no other beats, both rising."""
    best = []
    for p in sorted(curve, key=lambda p: (p["bytes"], -p[key])):
        if not best or (p[key] > best[-1][0] and p["bytes"] > best[-1][1]):
            best.append((p[key], p["bytes"]))
    quality, size = np.array(best).T
    return quality, np.log(size)


def at_quality(curve, wanted, key="db"):
    """Fewest bytes at which a codec reaches a quality in dB (PCHIP of log bytes); nan outside its curve."""
    quality, size = envelope(curve, key)
    if len(quality) < 2 or not quality[0] <= wanted <= quality[-1]:
        return float("nan")
    return float(np.exp(PchipInterpolator(quality, size)(wanted)))


def at_bytes(curve, size, key):
    """A measure at equal bytes (PCHIP over log bytes; a list for bands); nan outside the curve."""
    points = {p["bytes"]: p[key] for p in sorted(curve, key=lambda p: p["bytes"])}
    x, y = np.log(list(points)), np.array(list(points.values()), float)
    if len(x) < 2 or not x[0] <= np.log(size) <= x[-1]:
        return y[0] * float("nan")
    return PchipInterpolator(x, y)(np.log(size))


def bd_rate(curve, other, key="db"):
    """Bjontegaard's mean of log(bytes / the other's), by piecewise cubics, over the quality that both reach.

    -> (relative change, lowest dB, highest dB); nan where they share less than half a decibel.
    """
    (d, s), (e, t) = envelope(curve, key), envelope(other, key)
    low, high = max(d[0], e[0]), min(d[-1], e[-1])
    if min(len(d), len(e)) < 2 or high - low < 0.5:
        return float("nan"), float("nan"), float("nan")
    gap = (PchipInterpolator(d, s).integrate(low, high) - PchipInterpolator(e, t).integrate(low, high)) / (high - low)
    return float(np.exp(gap) - 1), float(low), float(high)


def geometric(ratios):
    """Geometric mean of what is finite, nan of nothing."""
    ratios = np.asarray(ratios, float)
    ratios = ratios[np.isfinite(ratios)]
    return float(np.exp(np.log(ratios).mean())) if len(ratios) else float("nan")
