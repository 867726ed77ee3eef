"""The classical codecs: settings, names, and their curves, each worked out once and kept in a file of its own under .cache/classical.

Every rate counts all that a decoder needs: streams, their heads once, matrices, offsets and scales.
"""

import concurrent.futures
import json
import os
import shutil
import time
from dataclasses import dataclass
from functools import partial

import imagecodecs
import numpy as np

import metrics
import video
from pictures import Picture

LEVELS = np.arange(42.0, 64.0, 3.0)  # JPEG2000: a plane's PSNR in dB against a peak of 65535
STEPS = (200, 400, 800, 1600, 3200, 6400, 12800)  # HEVC: quantisation steps in digital numbers (DN)
AV1 = (10, 22, 34, 46, 58, 63)  # AV1: quantiser levels
DISTANCES = (0.15, 0.4, 1, 2.5, 6, 15)  # JPEG XL: Butteraugli distances
SPREAD = 4  # JPEG XL: components fill a fourth of its 16 bits, where its transfer curve is nearly a straight line
BLOCK = 8  # px a side of its smallest blocks
WEBP = (1, 20, 45, 70, 88, 100)
SERIES_STEPS, SERIES_AV1 = STEPS[:-1], (16, 30, 44, 58)
FINER = {"levels": (66.0, 69.0, 72.0), "steps": (50, 100), "av1": (1, 5), "distances": (0.05,)}  # for smooth water
CRFS = range(2, 6)  # xarrayvideo: of its list
NICE = 5  # of the processes that work curves out


@dataclass(frozen=True)
class Codec:
    """A codec's names and its way to code one date, and a series as a video."""

    short: str
    what: str
    single: object = None  # pixels [12, h, w] -> curve
    series: object = None  # pixels [n, 12, h, w] -> [{"bytes": [n], "db": [n], "rgb": [n]}]
    needs: str = ""  # a command


def jpeg2000(planes, level):
    """Planes [n, h, w], each alone at `level` (dB against 65535; one, or one a plane), as one codestream of n components.

    -> (decoded float32, bytes). Planes are coded one by one; the heads that n codestreams have more than one of n components
    (main head, tile-part heads, end marks; 3 bytes a component stay in SIZ) are taken off.
    """
    options = {"codecformat": "J2K", "reversible": False, "bitspersample": 16}
    decoded, size, heads = [], 0, []
    for plane, db in zip(planes, np.broadcast_to(level, len(planes)), strict=True):
        coded = imagecodecs.jpeg2k_encode(np.round(plane).astype(np.uint16), level=float(db), **options)
        size += len(coded)
        heads.append(coded.find(b"\xff\x90") + 12 + 2 + 2 - 3)
        decoded.append(imagecodecs.jpeg2k_decode(coded))
    return np.stack(decoded).astype(np.float32), size - sum(heads[1:])


def klt_jpeg2000(pixels, level):
    """JPEG2000 of the components along the eigenvectors of the band covariance, centred; matrix and means are 288 bytes.

    A component that would leave 16 bits is shifted, and halved where its span is wider (with 6 dB more, so that its error stays
    that of the others).
    """
    flat = pixels.reshape(12, -1).astype(np.float64)
    v = np.linalg.eigh(np.cov(flat))[1]
    components = v.T @ flat
    unit = np.where(np.ptp(components, 1, keepdims=True) > 65000, 2.0, 1.0)
    components /= unit
    zero = 32768 - components.mean(1, keepdims=True)
    zero = np.clip(zero, -components.min(1, keepdims=True), 65535 - components.max(1, keepdims=True))
    decoded, size = jpeg2000((components + zero).reshape(pixels.shape), level + 20 * np.log10(unit[:, 0]))
    return (v @ ((decoded.reshape(12, -1) - zero) * unit)).reshape(pixels.shape), size + 288


def klt_jpegxl(pixels, distance):
    """JPEG XL (VarDCT, effort 7) of the components of a KLT at 16 bits, one scale and one distance for all.

    The twelve lie in one picture as 3 x 4 tiles, their sides padded to whole blocks: one head and one set of contexts, 14 to 40 %
    smaller than twelve codestreams.
    """
    planes, back = video.components(pixels[None], True)
    low, span = planes.min((1, 2, 3), keepdims=True), np.ptp(planes, axis=(1, 2, 3))
    unit = span.max() * SPREAD / 65535
    zero = np.round(32768 - (low + span.reshape(low.shape) / 2) / unit)
    codes = np.round(planes / unit + zero).astype(np.uint16)[:, 0]
    height, width = codes.shape[1:]
    codes = np.pad(codes, ((0, 0), (0, -height % BLOCK), (0, -width % BLOCK)), mode="edge")
    rows, columns = codes.shape[1:]
    tiled = codes.reshape(3, 4, rows, columns).transpose(0, 2, 1, 3).reshape(3 * rows, 4 * columns)
    coded = imagecodecs.jpegxl_encode(tiled, distance=distance, effort=7, usecontainer=False, numthreads=1)
    decoded = imagecodecs.jpegxl_decode(coded, numthreads=1).astype(np.float64)
    decoded = decoded.reshape(3, rows, 4, columns).transpose(0, 2, 1, 3).reshape(codes.shape)[:, :height, :width]
    return back((decoded[:, None] - zero) * unit)[0], len(coded) + video.SIDE


def webp(pixels, quality):
    """Each band stretched to 8 bits between its extremes and coded as a grey picture; 4 bytes a band for the stretch."""
    decoded, size = [], 0
    for band in pixels:
        low, span = band.min(), max(band.max() - band.min(), 1)
        grey = np.round((band - low) * (255 / span)).astype(np.uint8)
        coded = imagecodecs.webp_encode(np.repeat(grey[..., None], 3, 2), level=quality, lossless=False)
        size += len(coded) + 4
        decoded.append(imagecodecs.webp_decode(coded)[..., 1] * (span / 255) + low)
    return np.stack(decoded).astype(np.float32), size


def deflate(pixels):
    """A lossless point: 256-pixel tiles of all bands with horizontal differences under deflate, as a COG has them."""
    x, size = np.round(pixels).astype(np.uint16), 0
    for i in range(0, x.shape[1], 256):
        for j in range(0, x.shape[2], 256):
            tile = x[:, i : i + 256, j : j + 256]
            differences = np.diff(tile, axis=2, prepend=tile[..., :1] * 0).astype(np.uint16)
            size += len(imagecodecs.zlib_encode(differences.tobytes(), level=6))
    return [{"bytes": size}]


def curve(code, settings, pixels, finer=()):
    """Codes a picture at each setting -> a curve; a setting that gives the same bytes as another is measured once.

    finer: settings for water too, which every codec brings to 50 dB and more.
    """
    coded = {}
    for setting in [*settings, *(finer if Picture("", pixels).group == "water" else ())]:
        decoded, size = code(pixels, setting)
        coded[int(np.ceil(size))] = decoded
    return [metrics.measures(pixels, decoded) | {"bytes": size} for size, decoded in coded.items()]


def series_curve(code, settings, pixels):
    """Codes a series [n, 12, h, w] at each setting -> [{"bytes", "db", "rgb": [n]}]."""
    points = []
    for setting in settings:
        decoded, size = code(pixels, setting)
        points.append(series_point(pixels, decoded, size))
    return points


def series_point(pixels, decoded, size):
    """The point of a series [n, 12, h, w]: bytes and PSNR in dB of each date."""
    error = pixels - decoded
    return {
        "bytes": [float(s) for s in size],
        "db": [metrics.psnr(e) for e in error],
        "rgb": [metrics.psnr(e[1:4]) for e in error],
    }


def one_date(code, *more):
    """A codec of series as one of single dates."""

    def single(pixels, setting):
        decoded, size = code(pixels[None], setting, *more)
        return decoded[0], size[0]

    return single


def both(code, settings, series_settings, *more, finer=()):
    """The two ways of a codec of video.py."""
    return {
        "single": partial(curve, one_date(code, *more), settings, finer=finer),
        "series": partial(series_curve, lambda x, setting: code(x, setting, *more), series_settings),
    }


CODECS = {
    "klt": Codec(
        "KLT+J2K",
        "JPEG2000 after a KLT across bands, centred, one codestream: **the honest JPEG2000**",
        partial(curve, klt_jpeg2000, LEVELS, finer=FINER["levels"]),
    ),
    "kltHevc": Codec(
        "KLT+HEVC",
        "HEVC after a KLT, 12 bits, one scale and one quantisation step for all components (x265, preset slow, PSNR tuning)",
        **both(video.hevc, STEPS, SERIES_STEPS, True, finer=FINER["steps"]),
    ),
    "j2k": Codec(
        "J2K",
        "JPEG2000 band by band, one codestream of 12 components (heads counted once)",
        partial(curve, jpeg2000, LEVELS, finer=FINER["levels"]),
    ),
    "kltAv1": Codec(
        "KLT+AV1",
        "AV1 after a KLT, 10 bits, monochrome, one scale and one quantiser for all components (libaom, PSNR tuning; cpu-used 5)",
        **both(video.av1, AV1, SERIES_AV1, 5, finer=FINER["av1"]),
        needs="aomenc",
    ),
    "kltJxl": Codec(
        "KLT+JXL",
        "JPEG XL after a KLT, 16 bits, the components as tiles of one picture, one scale and one distance (libjxl, VarDCT, effort 7)",
        partial(curve, klt_jpegxl, DISTANCES, finer=FINER["distances"]),
    ),
    "hevc": Codec(
        "HEVC",
        "HEVC band by band, 12 bits (x265, preset slow, PSNR tuning), one scale for all bands",
        **both(video.hevc, STEPS, SERIES_STEPS, False, finer=FINER["steps"]),
    ),
    "xarrayvideo": Codec(
        "xarrayvideo",
        "xarrayvideo's way: bands stretched to 12 bits between their extremes, three a 4:4:4 video (x265, preset medium, CRF)",
        **both(video.xarrayvideo, CRFS, CRFS, False),
    ),
    "xarrayvideoPca": Codec(
        "xarrayvideo PCA",
        "the same after a PCA, later components coarser (a stretched component spends bits on what is faint)",
        **both(video.xarrayvideo, CRFS, CRFS, True),
    ),
    "webp": Codec(
        "WebP",
        "WebP band by band, each band stretched to 8 bits between its own extremes",
        partial(curve, webp, WEBP),
    ),
    "deflate": Codec(
        "deflate",
        "deflate with horizontal differences, 256-pixel tiles of all bands: what a lossless COG takes",
        deflate,
    ),
}
LOSSY = tuple(name for name in CODECS if name != "deflate")


def curves(pictures, series, cache, threads):
    """Curves of every codec that can be run here or is kept: ({codec: {picture: curve}}, {codec: {place: points}}).

    series: {place: [Picture]}; cache: a folder; threads: processes, 0 takes only what is kept. A codec that lacks a picture is left out.
    """
    os.makedirs(cache, exist_ok=True)
    kept = {kind: {name: read(path_of(cache, kind, name)) for name in CODECS} for kind in ("single", "series")}
    largest_first = [p.name for p in sorted(pictures, key=lambda p: -p.area)]
    jobs = [("single", name, what) for name in CODECS for what in largest_first]
    jobs += [("series", name, what) for name, codec in CODECS.items() for what in series if codec.series]
    todo = [(kind, name, what) for kind, name, what in jobs if what not in kept[kind][name]]
    for name in sorted({name for _, name, _ in todo if CODECS[name].needs and not shutil.which(CODECS[name].needs)}):
        print(f"{CODECS[name].short} is skipped where it is not kept: there is no {CODECS[name].needs}")
        todo = [job for job in todo if job[1] != name]
    if todo and threads == 0:
        print(f"classical codecs: {len(todo)} curves are not kept, their codecs are left out", flush=True)
        todo = []
    elif todo:
        print(f"classical codecs: {len(todo)} curves to work out, about an hour of one core for all", flush=True)
    pixels = {p.name: p.pixels for p in pictures}
    pixels |= {place: np.stack([p.pixels for p in dates]) for place, dates in series.items()}
    with concurrent.futures.ProcessPoolExecutor(max(threads, 1), initializer=os.nice, initargs=(NICE,)) as pool:
        running = {pool.submit(work, kind, name, pixels[what]): (kind, name, what) for kind, name, what in todo}
        for job in concurrent.futures.as_completed(running):
            kind, name, what = running[job]
            kept[kind][name][what] = job.result()
            write(path_of(cache, kind, name), kept[kind][name])
            print(f"  {time.strftime('%H:%M:%S')} {name} {what}", flush=True)
    named = {p.name for p in pictures}
    single = {name: found for name, found in kept["single"].items() if named <= set(found)}
    return single, {name: found for name, found in kept["series"].items() if set(series) <= set(found)}


def work(kind, name, pixels):
    """One curve, in a process of its own."""
    return getattr(CODECS[name], kind)(pixels)


def alone(dates):
    """The points of a series whose dates are coded one by one at the same settings; dates: a curve each."""
    return [{k: [p[k] for p in at] for k in ("bytes", "db", "rgb")} for at in zip(*dates, strict=False)]


def path_of(cache, kind, name):
    """The file of a codec's curves."""
    return os.path.join(cache, f"{name}.{kind}.{metrics.VERSION}.json")


def read(path):
    """JSON of a file, {} of none."""
    if not os.path.exists(path):
        return {}
    with open(path) as file:
        return json.load(file)


def write(path, values):
    """Writes JSON whole or not at all."""
    with open(f"{path}.part", "w") as file:
        json.dump(values, file)
    os.replace(f"{path}.part", path)
