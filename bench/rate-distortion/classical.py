"""Curves of the opponents, worked out once and kept in .cache/curves.json: single dates by picture, series by place and date."""
import concurrent.futures, json, os, time
import numpy as np, imagecodecs
import evaluate, metrics, video

STEPS = (100, 200, 400, 800, 1600, 3200, 6400, 12800)   # quantisation steps of HEVC, digital numbers
WEBP = (1, 20, 45, 70, 88, 100)
KLT = np.r_[evaluate.LEVELS[:12], evaluate.LEVELS[12::2]]     # JPEG2000's levels, closer where we are

NAMES = {                                                    # (short, what it is)
    "j2k": ("J2K", "JPEG2000 band by band, one codestream of 12 components (heads counted once)"),
    "klt": ("KLT+J2K", "JPEG2000 after a KLT across bands, centred, one codestream: **the honest JPEG2000**"),
    "klt12": ("KLT+J2K, 12 files", "the same as 12 codestreams, each with its head of some 155 bytes, as this project counted until now"),
    "klt0": ("recipe", "the recipe of the first trials: KLT not centred, 12 codestreams"),
    "j2k12": ("J2K, 12 files", "JPEG2000 band by band as 12 codestreams (the same trials)"),
    "hevc": ("HEVC", "HEVC band by band, 12 bits (x265, preset slow, PSNR tuning), one scale for all bands"),
    "kltHevc": ("KLT+HEVC", "HEVC after a KLT, 12 bits, one scale and one quantisation step for all components: **the strongest opponent**"),
    "xarrayvideo": ("xarrayvideo", "xarrayvideo's way: bands stretched to 12 bits between their extremes, three a 4:4:4 video (x265, preset medium, CRF)"),
    "xarrayvideoPca": ("xarrayvideo PCA", "the same after a PCA, later components coarser (a stretched component spends bits on what is faint)"),
    "webp": ("WebP", "WebP band by band, each band stretched to 8 bits between its own extremes"),
    "deflate": ("deflate", "deflate with horizontal differences, 256-pixel tiles of all bands: what a lossless COG takes"),
}
SINGLE = ("j2k", "klt", "hevc", "kltHevc", "xarrayvideo", "xarrayvideoPca", "webp")
SERIES = ("klt", "hevc", "kltHevc", "xarrayvideo", "xarrayvideoPca")


def curves(pictures, series, path, threads):
    """{"single": {codec: {picture: [point, ...]}}, "deflate": {picture: bytes}, "series": {codec: {place: [{"bytes", "db": [n]}, ...]}}}."""
    kept = {"single": {}, "deflate": {}, "series": {}}
    if os.path.exists(path): kept = json.load(open(path))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    missing = [p for p in pictures if p.name not in kept["deflate"]]
    todo = [name for name in series if name not in kept["series"].get("kltHevc", {})]
    if missing or todo: print(f"classical codecs: {len(missing)} pictures and {len(todo)} series to do, some fifteen minutes on one core", flush=True)
    with concurrent.futures.ProcessPoolExecutor(threads, initializer=os.nice, initargs=(2,)) as pool:
        jobs = {pool.submit(series_curves, series[n]): ("series", n) for n in todo}
        jobs |= {pool.submit(single_curves, p.pixels): ("single", p.name) for p in sorted(missing, key=lambda p: -p.pixels.size)}
        for job in concurrent.futures.as_completed(jobs):
            kind, name = jobs[job]
            for codec, points in job.result().items():
                if codec == "deflate": kept["deflate"][name] = points
                else: kept[kind].setdefault(codec, {})[name] = points
            with open(path + ".part", "w") as f: json.dump(kept, f)
            os.replace(path + ".part", path)
            print(f"  {time.strftime('%H:%M:%S')} {name}", flush=True)
    return kept


def single_curves(x):
    def curve(code, parameters):
        coded = {size: y for y, size in (code(v) for v in parameters)}           # by bytes: the same setting is not measured twice
        return [metrics.measures(x, y) | {"bytes": int(size)} for size, y in coded.items()]
    one = lambda code: lambda v: (lambda y, size: (y[0], int(np.ceil(size[0]))))(*code(v))
    out = {
        "j2k12": curve(lambda level: evaluate.jpeg2000(x, level), evaluate.LEVELS[::2]),
        "klt12": curve(lambda level: evaluate.klt(x, level), KLT),
        "klt0": curve(lambda level: evaluate.klt(x, level, centred=False), evaluate.LEVELS[::2]),
        "hevc": curve(one(lambda d: video.hevc(x[None], d, False)), STEPS),
        "kltHevc": curve(one(lambda d: video.hevc(x[None], d, True)), STEPS),
        "xarrayvideo": curve(one(lambda i: video.xarrayvideo(x[None], i, False)), range(5)),
        "xarrayvideoPca": curve(one(lambda i: video.xarrayvideo(x[None], i, True)), range(5)),
        "webp": curve(lambda q: evaluate.webp(x, q), WEBP),
        "deflate": evaluate.deflate(x),
    }
    spared = heads(x.shape)
    for joined, apart in (("j2k", "j2k12"), ("klt", "klt12")): out[joined] = [p | {"bytes": p["bytes"] - spared} for p in out[apart]]
    return out


def heads(shape):
    """Bytes that 12 codestreams of one plane each have more than one of 12 components: main heads, tile-part heads, end marks; 3 in SIZ each."""
    plain = imagecodecs.jpeg2k_encode(np.zeros(shape[1:], np.uint16), level=50., codecformat="J2K", reversible=False, bitspersample=16)
    return (shape[0] - 1) * (plain.find(b"\xff\x90") + 12 + 2 + 2 - 3)


def series_curves(x):
    """x [n, 12, h, w] -> the codecs that see the series as a video."""
    point = lambda y, size: {"db": [metrics.psnr(a - b) for a, b in zip(x, y)], "bytes": [float(s) for s in size]}
    return {
        "hevc": [point(*video.hevc(x, d, False)) for d in STEPS[1:]],
        "kltHevc": [point(*video.hevc(x, d, True)) for d in STEPS[1:]],
        "xarrayvideo": [point(*video.xarrayvideo(x, i, False)) for i in range(5)],
        "xarrayvideoPca": [point(*video.xarrayvideo(x, i, True)) for i in range(5)],
    }


def alone(curves):
    """The curve of a series [{"bytes", "db": [n]}] whose dates are coded one by one at the same settings."""
    return [{k: [p[k] for p in dates] for k in ("bytes", "db")} for dates in zip(*curves)]
