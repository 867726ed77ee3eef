"""Rate and distortion on the held-out places, against JPEG2000 band by band and after a KLT across bands, at equal PSNR.

    python evaluate.py --model=../tec-s2                                (a model folder, through onnxruntime)
    python evaluate.py --checkpoint=codec.pt [--sets=1 --block=1]       (a checkpoint, tables counted anew as export.py does)

PSNR: peak 10000, mean squared error over all 12 bands and the real pixels. Our bytes: every chunk's head, side information and streams.
The classical codecs don't change, so their curves are computed once and kept in a file; between their points log bytes is interpolated.
"""
import dataclasses, json, os, sys
import numpy as np, torch, imagecodecs
import data, networks, tables

LEVELS = np.arange(42., 71., 1.5)   # JPEG2000's PSNR of a band against a peak of 65535: the parameter of the classical curves
HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass
class Config:
    model: str = ""
    checkpoint: str = ""
    sets: int = 1
    block: int = 1
    axes: bool = False          # also: every picture turned into its own spectral axes (data.rotation)
    classical: str = os.path.join(HERE, "..", "..", "bench", "rate-distortion", ".cache", "classical.json")
    threads: int = 1


@dataclasses.dataclass
class Figures:
    bits: np.ndarray            # [images, steps] bits per pixel of all bands together
    psnr: np.ndarray            # [images, steps] dB
    bytes: np.ndarray           # [images, steps]


def group(p):
    """bright: cloud, snow; water: mostly open water; else ordinary."""
    x = p.pixels
    if x[1:4].mean() > 2500: return "bright"
    return "water" if np.median(x[7]) < 300 else "ordinary"


def psnr(a, b): return 10 * np.log10(1e8 / max(np.mean((np.asarray(a, np.float64) - b) ** 2), 1e-9))


def measure(codec, frozen, pictures, axes=None):
    """Codes and decodes every picture at every step -> Figures. axes: [12, 12], each picture is first turned into them (orthonormal)."""
    steps = len(frozen.gain)
    bits = [tables.lengths(frozen, q) for q in range(steps)]
    out = np.zeros((3, len(pictures), steps))
    for i, p in enumerate(pictures):
        turned = p.pixels if axes is None else np.einsum("ab,bhw->ahw", data.rotation(p.pixels, axes), p.pixels).astype(np.float32)
        y, (h, w) = codec.analyse(turned), p.pixels.shape[1:]
        for q in range(steps):
            symbols = tables.quantise(y, frozen.gain[q], frozen.rounding[q])
            x = codec.synthesise(symbols * frozen.degain[q][:, None, None])[:, :h, :w]
            size = tables.image_bytes(symbols, bits[q], frozen) + (0 if axes is None else 288)
            out[:, i, q] = size * 8 / (h * w), psnr(turned, x), size
    return Figures(*out)


def main():
    cfg = Config()
    for a in sys.argv[1:]:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, v == "True" if k == "axes" else type(getattr(cfg, k))(v))
    torch.set_num_threads(cfg.threads)
    if cfg.model:
        codec = networks.OnnxCodec(cfg.model, cfg.threads); frozen = codec.tables
    else:
        import export
        net, trained = networks.load_net(cfg.checkpoint); codec = networks.TorchCodec(net)
        frozen = tables.fit(export.training_latents(net, 400, 7), net, trained["config"]["lambdas"], cfg.sets, cfg.block)
    pictures = selection()
    curves = classical(pictures, cfg.classical)
    report(pictures, measure(codec, frozen, pictures), curves)
    if cfg.axes: print("in their own spectral axes:"); report(pictures, measure(codec, frozen, pictures, data.spectral_axes(data.images())), curves)


def selection():
    """All held-out pictures but most of the ships and beetles, which repeat one another: no group drowns the rest."""
    pictures = data.images(validation=True)
    rare = lambda name, n: [p for p in pictures if p.name.startswith(name)][::n]
    return [p for p in pictures if not p.name.startswith(("eotdl_ships", "beetle"))] + rare("eotdl_ships", 6) + rare("beetle", 3)


def ratios(pictures, ours, curve):
    """How many times more bytes a classical codec needs for our PSNR, [images, steps]; nan beyond its curve."""
    return np.array([[at_equal(curve[p.name], db) / size for db, size in zip(ours.psnr[i], ours.bytes[i])] for i, p in enumerate(pictures)])


def report(pictures, ours, curves):
    """Prints, per picture and group, our bits and PSNR at each step and how many times larger the classical files are at that PSNR."""
    steps = ours.psnr.shape[1]
    print(f"{'':40s} " + " ".join(f"{'step ' + str(q):>28s}" for q in range(steps)))
    print(f"{'':40s} " + " ".join(f"{'kbit/patch   dB  J2K  KLT':>28s}" for _ in range(steps)))
    r = [ratios(pictures, ours, curves[name]) for name in ("j2k", "klt")]
    line = lambda name, rows: print(f"{name[-40:]:40s} " + " ".join(
        f"{ours.bits[rows, q].mean() * 65.536:12.1f} {ours.psnr[rows, q].mean():5.2f} {geometric(r[0][rows, q])} {geometric(r[1][rows, q])}" for q in range(steps)))
    groups = np.array([group(p) for p in pictures])
    for name in ("ordinary", "bright", "water"):
        for i in np.flatnonzero(groups == name): line(pictures[i].name, [i])
        print(); line(f"--- {name}", np.flatnonzero(groups == name)); print(flush=True)


def geometric(r):
    r = r[np.isfinite(r)]
    return f"{np.exp(np.log(r).mean()):4.2f}" if len(r) else "   -"


def at_equal(curve, level):
    """Fewest bytes at which a classical codec reaches a PSNR, from its curve [(psnr, bytes)], log bytes interpolated; nan outside it."""
    best = []
    for db, size in sorted(map(tuple, curve), key=lambda point: point[1]):
        if not best or db > best[-1][0]: best.append((db, size))                 # a point with more bytes and no more quality is not used
    db, size = np.array(best).T
    return float(np.exp(np.interp(level, db, np.log(size), np.nan, np.nan)))


def classical(pictures, path):
    """Curves of the classical opponents for every picture: {"j2k", "klt", "klt0", "webp", "deflate": {name: [[psnr, bytes], ...]}}."""
    kept = {k: {} for k in ("j2k", "klt", "klt0", "webp", "deflate")}
    if os.path.exists(path): kept = json.load(open(path))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    for p in pictures:
        if p.name in kept["deflate"]: continue
        curve = lambda code, parameters: [[psnr(p.pixels, x), n] for x, n in (code(p.pixels, v) for v in parameters)]
        kept["j2k"][p.name] = curve(jpeg2000, LEVELS)
        kept["klt"][p.name] = curve(klt, LEVELS)
        kept["klt0"][p.name] = curve(lambda x, level: klt(x, level, centred=False), LEVELS[::2])
        kept["webp"][p.name] = curve(webp, (1, 20, 45, 70, 88, 100))
        kept["deflate"][p.name] = deflate(p.pixels)
        with open(path + ".part", "w") as f: json.dump(kept, f)
        os.replace(path + ".part", path)
    return kept


def jpeg2000(planes, level):
    """Each plane alone, uint16 -> (decoded planes float32, bytes). level: one number, or one a plane."""
    out, size = [], 0
    for plane, db in zip(planes, np.broadcast_to(level, len(planes))):
        coded = imagecodecs.jpeg2k_encode(np.round(plane).astype(np.uint16), level=float(db), codecformat="J2K", reversible=False, bitspersample=16)
        size += len(coded); out.append(imagecodecs.jpeg2k_decode(coded))
    return np.stack(out).astype(np.float32), size


def klt(pixels, level, centred=True):
    """JPEG2000 of the components along the eigenvectors of the band covariance; matrix and means count 2,304 bits.

    Centred, a component that gets no bits decodes to its mean; offset by 32768 alone, as in the first trials, to 0. A component that
    would leave 16 bits is shifted, and halved where its span is wider (with 6 dB more, so that its error stays that of the others).
    """
    flat = pixels.reshape(12, -1).astype(np.float64)
    _, v = np.linalg.eigh(np.cov(flat))
    components = v.T @ flat
    unit = np.where(np.ptp(components, 1, keepdims=True) > 65000, 2., 1.)
    components /= unit
    zero = 32768 - (components.mean(1, keepdims=True) if centred else 0 * unit)
    zero = np.clip(zero, -components.min(1, keepdims=True), 65535 - components.max(1, keepdims=True))
    decoded, size = jpeg2000((components + zero).reshape(pixels.shape), level + 20 * np.log10(unit[:, 0]))
    return (v @ ((decoded.reshape(12, -1) - zero) * unit)).reshape(pixels.shape), size + 288


def webp(pixels, quality):
    """Each band stretched to 8 bits between its extremes and coded as a grey picture; 4 bytes a band for the stretch."""
    out, size = [], 0
    for band in pixels:
        low, span = band.min(), max(band.max() - band.min(), 1)
        grey = np.round((band - low) * (255 / span)).astype(np.uint8)
        coded = imagecodecs.webp_encode(np.repeat(grey[..., None], 3, 2), level=quality, lossless=False)
        size += len(coded) + 4; out.append(imagecodecs.webp_decode(coded)[..., 1] * (span / 255) + low)
    return np.stack(out).astype(np.float32), size


def deflate(pixels):
    """Lossless: the bytes of 256-pixel tiles of all bands with horizontal differences under deflate, as a COG has them."""
    x, size = np.round(pixels).astype(np.uint16), 0
    for i in range(0, x.shape[1], 256):
        for j in range(0, x.shape[2], 256):
            tile = x[:, i:i + 256, j:j + 256]
            size += len(imagecodecs.zlib_encode(np.diff(tile, axis=2, prepend=tile[..., :1] * 0).astype(np.uint16).tobytes(), level=6))
    return size


if __name__ == "__main__": main()
