"""The adaptive lapped basis in torch: pixels to coefficients and back, and the numbers that say what the pixels are (the only place for both).

    pixels [n, 12, H, W] digital numbers, times the band weights --lapped--> --DCT 16 x 16 of each band--> coefficients [n, 12, 256, h, w]
    --KLT across bands, a chunk and a group of frequencies--> components [n, 12, 256, h, w], channel id = component * 256 + frequency

Spatial and spectral steps act on different axes, so they commute: chunks may choose their own axes and a window across them has no seam.
All steps are orthogonal: an error of a symbol is an error of (weighted) pixels.
"""

import math

import torch

STRIDE = 16  # pixels a side of a position
CHUNK = 16  # positions a side of a chunk
BANDS = 12
FREQUENCIES = STRIDE * STRIDE
CHANNELS = 1024  # of BANDS * FREQUENCIES, the strongest
HALO = 2  # positions around a window that its pixels need: one for the branch, one for the overlap
UNIT = 300.0  # the branches see digital numbers over this
BAND_WEIGHTS = (0.8, 1.25, 1.25, 1.25, 1.0, 1.0, 1.0, 1.05, 1.0, 0.7, 1.0, 1.0)  # how much a band's error counts
STEPS = (2600.0, 1600.0, 950.0, 530.0, 300.0, 175.0)  # quantisation steps, weighted digital numbers
CLOUD_MULTIPLE = 48  # sixteenths: how much coarser cloud is quantised by default
GROUP_EDGES = (3, 8)  # where groups of frequencies begin; 60 m bands end at 3, 20 m bands at 8
GROUPS = len(GROUP_EDGES) + 1
RADIUS = torch.tensor([max(u, v) for u in range(STRIDE) for v in range(STRIDE)])
GROUP = sum((RADIUS >= edge).long() for edge in GROUP_EDGES)


def dct(n, kind):
    k = torch.arange(n, dtype=torch.float64)[:, None]
    i = torch.arange(n, dtype=torch.float64)[None]
    if kind == 4:
        return torch.cos(math.pi / n * (i + 0.5) * (k + 0.5)) * math.sqrt(2 / n)
    c = torch.cos(math.pi / n * (i + 0.5) * k)
    c[0] *= math.sqrt(0.5)
    return c * math.sqrt(2 / n)


def lapping(m=STRIDE):
    """The orthogonal pre-filter [m, m] of a block border (Tran, Liang and Tu 2003); its transpose undoes it."""
    half = m // 2
    one, zero = torch.eye(half).double(), torch.zeros(half, half).double()
    flip = one.flip(0)
    v = flip @ dct(half, 2).T @ dct(half, 4) @ flip
    w = torch.cat([torch.cat([one, flip], 1), torch.cat([flip, -one], 1)]) / math.sqrt(2)
    return w @ torch.cat([torch.cat([one, zero], 1), torch.cat([zero, v], 1)]) @ w


DCT64, LAP64 = dct(STRIDE, 2), lapping()
DCT, LAP = DCT64.float(), LAP64.float()


def lapped(x, matrix):
    """[n, bands, H, W] -> the same; the outer 8 pixels have no neighbour and stay as they are."""
    n, b, h, w = x.shape
    half = STRIDE // 2
    if w > STRIDE:
        inner = x[..., half:-half].reshape(n, b, h, w // STRIDE - 1, STRIDE)
        inner = torch.einsum("nbhkw,vw->nbhkv", inner, matrix).reshape(n, b, h, w - STRIDE)
        x = torch.cat([x[..., :half], inner, x[..., -half:]], 3)
    if h > STRIDE:
        inner = x[:, :, half:-half].reshape(n, b, h // STRIDE - 1, STRIDE, w)
        inner = torch.einsum("nbkhw,vh->nbkvw", inner, matrix).reshape(n, b, h - STRIDE, w)
        x = torch.cat([x[:, :, :half], inner, x[:, :, -half:]], 2)
    return x


def to_blocks(x):
    n, b, h, w = x.shape
    d = DCT64.to(x)
    blocks = x.reshape(n, b, h // STRIDE, STRIDE, w // STRIDE, STRIDE)
    return torch.einsum("ui,nbhiwj,vj->nbuvhw", d, blocks, d).reshape(n, b, FREQUENCIES, h // STRIDE, w // STRIDE)


def from_blocks(c):
    n, b, _, h, w = c.shape
    d = DCT64.to(c)
    blocks = c.reshape(n, b, STRIDE, STRIDE, h, w)
    return torch.einsum("ui,nbuvhw,vj->nbhiwj", d, blocks, d).reshape(n, b, h * STRIDE, w * STRIDE)


def weighted(pixels, weights):
    """Digital numbers [n, 12, H, W] -> what the basis sees: edges replicated to whole positions, times the band weights."""
    down, right = (-s % STRIDE for s in pixels.shape[2:])
    if down or right:
        pixels = torch.nn.functional.pad(pixels, (0, right, 0, down), mode="replicate")
    return pixels * weights.to(pixels)[:, None, None]


def analyse(pixels, weights):
    """Digital numbers [n, 12, H, W] -> coefficients [n, 12, 256, ceil(H / 16), ceil(W / 16)]."""
    x = weighted(pixels, weights)
    return to_blocks(lapped(x, LAP64.to(x)))


def synthesise(coefficients, weights):
    """The way back, to whole positions."""
    return lapped(from_blocks(coefficients), LAP64.T.to(coefficients)) / weights.to(coefficients)[:, None, None]


def eigenvectors(m):
    """Rows by falling eigenvalue."""
    return torch.linalg.eigh(m.double())[1].flip(-1).transpose(-1, -2)


_ON = {}  # index tensors by device


def _indices(device):
    if device not in _ON:
        groups = [torch.nonzero(GROUP == g)[:, 0] for g in range(GROUPS)]
        ac = [torch.nonzero((GROUP == g) & (RADIUS > 0))[:, 0] for g in range(GROUPS)]
        back = torch.cat(groups).argsort()
        _ON[device] = [i.to(device) for i in groups], [i.to(device) for i in ac], back.to(device)
    return _ON[device]


def moments(c, g):
    """Second moments [n, 12, 12] of a group's AC coefficients."""
    f = c.index_select(2, _indices(c.device)[1][g]).flatten(2)
    return f @ f.transpose(1, 2) / f.shape[2]


def own_axes(c):
    """[n, groups, 12, 12], rows are axes by falling energy."""
    one = 1e-3 * torch.eye(BANDS, device=c.device)
    return torch.stack([eigenvectors(moments(c, g) + one) for g in range(GROUPS)], 1).to(c.dtype)


def common_axes(pictures):
    """The axes of coefficient tensors [1, 12, 256, h, w] together, each counted alike -> [1, groups, 12, 12]."""
    total = [sum(m / m.trace() for m in (moments(c, g)[0] for c in pictures)) for g in range(GROUPS)]
    return torch.stack([eigenvectors(m) for m in total])[None].float()


def turn(c, axes, back=False):
    """Bands to components, or back, with each sample's axes [n, groups, 12, 12]."""
    groups, _, undo = _indices(c.device)
    way = "nmb,nmfhw->nbfhw" if back else "nmb,nbfhw->nmfhw"
    parts = [torch.einsum(way, axes[:, g], c.index_select(2, groups[g])) for g in range(GROUPS)]
    return torch.cat(parts, 2).index_select(2, undo)


def strongest(pictures, keep=CHANNELS):
    """Channel ids by mean energy over coefficient tensors in their own axes, strongest first."""
    return sum((turn(c, own_axes(c))[0] ** 2).mean((2, 3)) for c in pictures).flatten().argsort(descending=True)[:keep]


def strongest_common(pictures, common, keep):
    """The same in common axes, without the mean of a position: what the decoder's branch sees.

    Means are ten times as large as anything else and keep their sign: with them among its inputs, and no biases, every unit of the branch
    ended on the dead side of its ReLU.
    """
    energy = sum((turn(c, common)[0] ** 2).mean((2, 3)) for c in pictures)
    energy[:, 0] = -1
    return energy.flatten().argsort(descending=True)[:keep]
