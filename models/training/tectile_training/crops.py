"""Random augmented crops of pictures: other light, clouds with parallax, snow, blends, and the grids of 20 and 60 m bands."""

import numpy as np

from .pictures import BANDS_20M, BANDS_60M, BRIGHTEST

# Seconds after B02 at which each band of the push-broom instrument sees a point: what flies high is displaced from band to band.
SECONDS = np.array([2.314, 0, 0.527, 1.005, 1.269, 1.525, 1.790, 0.264, 2.055, 2.586, 1.468, 2.085], np.float32)


class Crops:
    """Crops [n, 12, size, size] in digital numbers, drawn by the pictures' weights."""

    def __init__(self, pictures, size, seed):
        self.size, self.rng = size, np.random.default_rng(seed)
        self.pictures = [
            np.pad(p.pixels, [(0, 0)] + [(0, max(0, size - s)) for s in p.pixels.shape[1:]], mode="symmetric")
            for p in pictures
        ]
        w = np.array([p.weight for p in pictures])
        self.p = w / w.sum()

    def draw(self, n):
        return np.stack([self.augment(self.cut()) for _ in range(n)])

    def cut(self):
        x = self.pictures[self.rng.choice(len(self.pictures), p=self.p)]
        half = self.rng.random() < 0.2 and min(x.shape[1:]) >= 2 * self.size  # the texture of an overview
        size = self.size * (2 if half else 1)
        i, j = (self.rng.integers(s - size + 1) for s in x.shape[1:])
        c = x[:, i : i + size, j : j + size]
        return c.reshape(12, self.size, 2, self.size, 2).mean((2, 4)) if half else c

    def augment(self, c):
        r = self.rng
        if r.random() < 0.5:
            c = c[:, ::-1]
        if r.random() < 0.5:
            c = c[:, :, ::-1]
        if r.random() < 0.5:
            c = c.transpose(0, 2, 1)
        c = np.array(c, np.float32)
        u = r.random()
        if u < 0.25:
            c[BANDS_20M] = smooth(c[BANDS_20M], 2)
            c[BANDS_60M] = smooth(c[BANDS_60M], 6)
        if r.random() < 0.2:  # a blend of two places: new spectra
            a = r.uniform(0.2, 0.8)
            c = a * c + (1 - a) * self.cut()
        if r.random() < 0.6:
            c *= np.exp(r.normal(0, 0.25)) * np.exp(r.normal(0, 0.06, (12, 1, 1)))
        v = r.random()
        if v < 0.18:
            c = clouded(c, r)
        elif v < 0.24:
            c *= np.minimum(r.uniform(1.5, 4), 14000 / (c.max() + 1))  # bare desert, glint
        elif v < 0.28:  # snow: bright in the visible, dark in SWIR
            snow = np.r_[np.full(10, r.uniform(1.5, 4)), np.full(2, r.uniform(0.3, 1))].astype(np.float32)
            c = c * snow[:, None, None] + r.uniform(0, 3000) * (snow > 1)[:, None, None]
        if 0.25 <= u < 0.45:
            c[BANDS_20M] = repeated(c[BANDS_20M], 2, r)
            c[BANDS_60M] = repeated(c[BANDS_60M], 6, r)
        return np.clip(c, 0, BRIGHTEST).astype(np.float32)


def smooth(b, k):
    """Block means of k x k, brought back bilinearly: how 20 and 60 m bands look when resampled smoothly."""
    n, h, w = b.shape
    h2, w2 = h // k * k, w // k * k
    low = b[:, :h2, :w2].reshape(n, h2 // k, k, w2 // k, k).mean((2, 4))

    def along(x, size, axis):
        t = np.clip((np.arange(size) + 0.5) / k - 0.5, 0, x.shape[axis] - 1)
        i = np.minimum(t.astype(int), x.shape[axis] - 2)
        f = (t - i).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
        return np.take(x, i, axis) * (1 - f) + np.take(x, i + 1, axis) * f

    return along(along(low, h, 1), w, 2)


def repeated(b, k, r=None):
    """Block means of k x k repeated, the blocks' grid at random: how 20 and 60 m bands look when resampled by nearest neighbour."""
    n, h, w = b.shape
    at = [np.maximum(0, (np.arange(s) + (r.integers(k) if r else 0)) // k) for s in (h, w)]
    sums = np.zeros((n, at[0][-1] + 1, at[1][-1] + 1), np.float32)
    np.add.at(sums, (slice(None), at[0][:, None], at[1][None]), b)
    return (sums / np.outer(np.bincount(at[0]), np.bincount(at[1])))[:, at[0][:, None], at[1][None]].astype(np.float32)


def fractal(size, r, slope=1.6):
    """Noise with a power-law spectrum, 0 mean, unit deviation, [size, size]."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing="ij"))
    f[0, 0] = 1
    z = np.fft.irfft2((r.normal(size=f.shape) + 1j * r.normal(size=f.shape)) / f**slope, s=(size, size))
    return ((z - z.mean()) / (z.std() + 1e-9)).astype(np.float32)


def clouded(c, r, margin=12):
    """Puts a simulated cloud and its haze over a crop: opacity from fractal noise, nearly white, displaced from band to band (parallax)."""
    size = c.shape[-1]
    alpha = 1 / (
        1 + np.exp(-r.uniform(2, 5) * (fractal(size + 2 * margin, r, r.uniform(1.5, 2.2)) + r.uniform(-1.2, 2)))
    )
    relief = r.uniform(0.05, 0.25) * fractal(size + 2 * margin, r, r.uniform(1.3, 2.2))
    shift = r.uniform(0, 4) * r.choice([-1, 1]) * SECONDS  # pixels a band, along the track
    white = np.exp(r.normal(0, 0.05, 12))
    white[0] *= r.uniform(1, 1.2)
    white[9] *= np.exp(r.normal(0, 0.5))  # B09: corrected for vapour
    white[10:] *= r.uniform(0.3, 0.9) * np.exp(r.normal(0, 0.1, 2))  # clouds are darker in SWIR
    top, out = r.uniform(3000, 11000), np.empty_like(c)
    for b in range(12):
        a, t = (displaced(field, margin + shift[b], margin, size) for field in (alpha, relief))
        out[b] = c[b] * (1 - a) + top * white[b] * (1 + t) * a
    return out


def displaced(field, down, right, size):
    """A size x size window of field from row `down` (a fraction interpolates) and column `right`."""
    i = int(np.floor(down))
    f = np.float32(down - i)
    return field[i : i + size, right : right + size] * (1 - f) + field[i + 1 : i + 1 + size, right : right + size] * f
