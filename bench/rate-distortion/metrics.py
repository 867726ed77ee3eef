"""What is measured of one decoded picture, and how curves of such points are compared.

A point is a dict: bytes, db (PSNR over 12 bands, peak 10000), bands (12 x dB), ssim (true colour), ndvi (mean absolute error), land and water
(shares of pixels that change class). A curve is a list of points.
"""
import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import uniform_filter

B03, B04, B02, B08, B11 = 2, 3, 1, 7, 10
LAND = (.2, .5)        # NDVI: bare or sealed, sparse, dense
FAINT = 100            # digital numbers: an index of two bands that together have less says nothing


def psnr(error): return float(10 * np.log10(1e8 / max(np.mean(np.square(error, dtype=np.float64)), 1e-9)))


def measures(x, y):
    """Digital numbers [12, h, w] before and after -> a point without its bytes."""
    out = {"db": psnr(x - y), "bands": [psnr(a - b) for a, b in zip(x, y)], "ssim": ssim(true_colour(x, x), true_colour(y, x))}
    y = np.clip(np.round(y), 0, 65535)                                           # as a GeoTIFF of integers holds it
    (n, m), (w, v) = ((index(z, B08, B04), index(z, B03, B11)) for z in (x, y))
    green, wet = x[B08] + x[B04] >= FAINT, x[B03] + x[B11] >= FAINT
    out["ndvi"] = share(np.abs(n - w), green)
    out["land"] = share(np.digitize(n, LAND) != np.digitize(w, LAND), green)
    out["water"] = share((m > 0) != (v > 0), wet)
    return {k: [round(i, 3) for i in v] if k == "bands" else round(v, 6) for k, v in out.items()}


def index(z, a, b): return (z[a] - z[b]) / np.maximum(z[a] + z[b], 1)
def share(values, where): return float(values[where].mean()) if where.any() else float("nan")


def true_colour(z, reference):
    """B04, B03, B02 from 0 .. 3000, or to the original's 98th percentile where that is higher, to 0 .. 1: [3, h, w]."""
    top = max(3000, np.percentile(reference[[B04, B03, B02]], 98))
    return np.clip(z[[B04, B03, B02]] / top, 0, 1)


def ssim(a, b, side=7):
    """Mean structural similarity of [3, h, w] in 0 .. 1, uniform windows (Wang et al. 2004)."""
    mean = lambda z: uniform_filter(z, (0, side, side))[:, side // 2:-(side // 2), side // 2:-(side // 2)]
    a, b = a.astype(np.float64), b.astype(np.float64)
    ma, mb = mean(a), mean(b)
    va, vb, cov = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    return float((((2 * ma * mb + 1e-4) * (2 * cov + 9e-4)) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4))).mean())


def envelope(curve):
    """db and log bytes of the points that no other beats, both rising."""
    best = []
    for p in sorted(curve, key=lambda p: (p["bytes"], -p["db"])):
        if not best or (p["db"] > best[-1][0] and p["bytes"] > best[-1][1]): best.append((p["db"], p["bytes"]))
    db, size = np.array(best).T
    return db, np.log(size)


def at_quality(curve, db):
    """Fewest bytes at which a codec reaches a PSNR (PCHIP of log bytes); nan outside its curve."""
    quality, size = envelope(curve)
    if len(quality) < 2 or not quality[0] <= db <= quality[-1]: return float("nan")
    return float(np.exp(PchipInterpolator(quality, size)(db)))


def at_bytes(curve, size, key):
    """A measure at equal bytes (PCHIP over log bytes; a list for bands); nan outside the curve."""
    points = {p["bytes"]: p[key] for p in sorted(curve, key=lambda p: p["bytes"])}
    x, y = np.log(list(points)), np.array(list(points.values()), float)
    if len(x) < 2 or not x[0] <= np.log(size) <= x[-1]: return y[0] * float("nan")
    return PchipInterpolator(x, y)(np.log(size))


def bd_rate(curve, other):
    """Bjontegaard's mean of log(bytes / the other's) over the PSNR both reach -> (relative change, low, high); nan below half a decibel."""
    (d, s), (e, t) = envelope(curve), envelope(other)
    low, high = max(d[0], e[0]), min(d[-1], e[-1])
    if min(len(d), len(e)) < 2 or high - low < .5: return float("nan"), float("nan"), float("nan")
    gap = (PchipInterpolator(d, s).integrate(low, high) - PchipInterpolator(e, t).integrate(low, high)) / (high - low)
    return float(np.exp(gap) - 1), float(low), float(high)


def geometric(r):
    """Geometric mean of what is finite, nan of nothing."""
    r = np.asarray(r, float); r = r[np.isfinite(r)]
    return float(np.exp(np.log(r).mean())) if len(r) else float("nan")
