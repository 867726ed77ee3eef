"""Rate and distortion on the held-out places, against JPEG2000 band by band and after a KLT across bands, at equal PSNR.

    python evaluate.py --checkpoint=codec.pt [--tables=../tec-s2/fp.tables --block=4] [--classical=/tmp/classical.json]

PSNR: peak 10000, mean squared error over all 12 bands and the real pixels. Our bytes: every chunk's head, side information and streams.
The classical codecs don't change, so their curves are computed once and kept in a file; between their points log bytes is interpolated.
"""
import dataclasses, json, os, sys
import numpy as np, torch, imagecodecs
import data, model, networks, tables

LEVELS = np.arange(42., 71., 1.5)   # JPEG2000's PSNR of a band against a peak of 65535: the parameter of the classical curves


@dataclasses.dataclass
class Config:
    checkpoint: str = "codec.pt"
    tables: str = ""            # none: counted anew on training crops, as export.py does
    block: int = 4
    sets: int = 1
    classical: str = "/tmp/tectile-classical.json"
    threads: int = 2


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


def measure(net, frozen, pictures, steps=None):
    """Codes and decodes every picture at every step -> Figures."""
    steps = range(len(frozen.gain)) if steps is None else steps
    bits = {q: tables.lengths(frozen, q) for q in steps}
    out = np.zeros((3, len(pictures), len(steps)))
    for i, p in enumerate(pictures):
        y, (h, w) = networks.analyse(net, p.pixels)[0], p.pixels.shape[1:]
        for k, q in enumerate(steps):
            symbols = tables.quantise(y, frozen.gain[q], frozen.rounding[q])
            x = networks.synthesise(net, (symbols * frozen.degain[q][:, None, None])[None])[0, :, :h, :w]
            size = tables.image_bytes(symbols, bits[q], frozen)
            out[:, i, k] = size * 8 / (h * w), psnr(p.pixels, x), size
    return Figures(*out)


def main():
    cfg = Config()
    for a in sys.argv[1:]:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, type(getattr(cfg, k))(v))
    torch.set_num_threads(cfg.threads)
    net, _ = networks.load_net(cfg.checkpoint)
    if cfg.tables: frozen = tables.read(cfg.tables, cfg.block)
    else:
        import export
        frozen = tables.fit(export.training_latents(net, 200, 7), net, cfg.sets, cfg.block, .5)
    pictures = selection()
    report(pictures, measure(net, frozen, pictures), classical(pictures, cfg.classical))


def selection():
    """All held-out pictures but most of the ships and beetles, which repeat one another: no group drowns the rest."""
    pictures = data.images(validation=True)
    rare = lambda name, n: [p for p in pictures if p.name.startswith(name)][::n]
    return [p for p in pictures if not p.name.startswith(("eotdl_ships", "beetle"))] + rare("eotdl_ships", 6) + rare("beetle", 3)


def report(pictures, ours, curves):
    """Prints, per picture and group, our bits and PSNR at each step and how many times larger the classical files are at that PSNR."""
    steps = ours.psnr.shape[1]
    print(f"{'':52s} " + " ".join(f"{'step ' + str(q):>28s}" for q in range(steps)))
    print(f"{'':52s} " + " ".join(f"{'kbit/patch   dB  J2K  KLT':>28s}" for _ in range(steps)))
    ratios = np.array([[[at_equal(curves[name][p.name], ours.psnr[i, q]) / ours.bytes[i, q] for name in ("j2k", "klt")]
                        for q in range(steps)] for i, p in enumerate(pictures)])     # [images, steps, 2]
    line = lambda name, rows: print(f"{name[-52:]:52s} " + " ".join(
        f"{ours.bits[rows, q].mean() * 65.536:15.1f} {ours.psnr[rows, q].mean():5.2f} {geometric(ratios[rows, q, 0])} {geometric(ratios[rows, q, 1])}" for q in range(steps)))
    groups = np.array([group(p) for p in pictures])
    for name in ("ordinary", "bright", "water"):
        for i in np.flatnonzero(groups == name): line(pictures[i].name, [i])
        print(); line(f"--- {name}", np.flatnonzero(groups == name)); print()
    return ratios


def geometric(r):
    r = r[np.isfinite(r)]
    return f"{np.exp(np.log(r).mean()):5.2f}" if len(r) else "   - "


def at_equal(curve, level):
    """Fewest bytes at which a classical codec reaches a PSNR, from its curve [(psnr, bytes)], log bytes interpolated; nan outside it."""
    best = []
    for db, size in sorted(map(tuple, curve), key=lambda point: point[1]):
        if not best or db > best[-1][0]: best.append((db, size))                 # a point with more bytes and no more quality is not used
    db, size = np.array(best).T
    return float(np.exp(np.interp(level, db, np.log(size), np.nan, np.nan)))


def classical(pictures, path):
    """Curves of both JPEG2000 opponents for every picture: {"j2k", "klt" or "klt0": {name: [[psnr, bytes], ...]}}; kept in `path`."""
    kept = json.load(open(path)) if os.path.exists(path) else {"j2k": {}, "klt": {}, "klt0": {}}
    for p in pictures:
        if p.name in kept["klt0"]: continue
        for name in kept: kept[name][p.name] = []
        for level in LEVELS:
            x, n = jpeg2000(p.pixels, level)
            kept["j2k"][p.name].append([psnr(p.pixels, x), n])
            x, n = klt(p.pixels, level)
            kept["klt"][p.name].append([psnr(p.pixels, x), n])
            x, n = klt(p.pixels, level, centred=False)
            kept["klt0"][p.name].append([psnr(p.pixels, x), n])
        json.dump(kept, open(path + ".part", "w")); os.replace(path + ".part", path)
    return kept


def jpeg2000(planes, level):
    """Each plane alone, uint16 -> (decoded planes float32, bytes)."""
    out, size = [], 0
    for plane in planes:
        coded = imagecodecs.jpeg2k_encode(np.round(plane).astype(np.uint16), level=level, codecformat="J2K", reversible=False, bitspersample=16)
        size += len(coded); out.append(imagecodecs.jpeg2k_decode(coded))
    return np.stack(out).astype(np.float32), size


def klt(pixels, level, centred=True):
    """JPEG2000 of the components along the eigenvectors of the band covariance; matrix and means count 2,304 bits.

    Centred, a component that gets no bits decodes to its mean; offset by 32768 alone, as in the first trials, to 0: a weaker opponent.
    """
    flat = pixels.reshape(12, -1).astype(np.float64)
    _, v = np.linalg.eigh(np.cov(flat))
    components = v.T @ flat
    zero = 32768 - (components.mean(1, keepdims=True) if centred else 0)
    decoded, size = jpeg2000(np.clip(components + zero, 0, 65535).reshape(pixels.shape), level)
    return (v @ (decoded.reshape(12, -1) - zero)).reshape(pixels.shape), size + 288


if __name__ == "__main__": main()
