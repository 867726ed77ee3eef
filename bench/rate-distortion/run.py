"""Rate and distortion of the shipped model against classical codecs on places it has not seen: docs/figures.md and docs/rate-distortion.png.

    python bench/rate-distortion/run.py [--model=models/tec-s2] [--threads=2]

Needs ../shared/data and the packages named in models/training/README.md. The classical curves are kept in .cache beside this file.
"""
import dataclasses, os, sys
HERE = os.path.dirname(os.path.abspath(__file__)); ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "models", "training"))
import numpy as np
import data, evaluate, networks

NAMES = {"j2k": "JPEG2000 band by band", "klt": "JPEG2000 after a KLT", "klt0": "the same, not centred", "webp": "WebP band by band, 8 bits"}
GROUPS = ("ordinary", "bright", "water")


@dataclasses.dataclass
class Config:
    model: str = os.path.join(ROOT, "models", "tec-s2")
    threads: int = 1


def main():
    cfg = Config()
    for a in sys.argv[1:]:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, type(getattr(cfg, k))(v))
    codec = networks.OnnxCodec(cfg.model, cfg.threads)
    pictures = evaluate.selection()
    curves = evaluate.classical(pictures, os.path.join(HERE, ".cache", "classical.json"))
    ours = evaluate.measure(codec, codec.tables, pictures)
    bright = [p for p in pictures if evaluate.group(p) == "bright"]
    turned = evaluate.measure(codec, codec.tables, bright, data.spectral_axes(data.images()))
    groups = np.array([evaluate.group(p) for p in pictures])
    with open(os.path.join(ROOT, "docs", "figures.md"), "w") as f: f.write(document(codec.card, pictures, groups, ours, bright, turned, curves))
    chart(pictures, groups, ours, curves, os.path.join(ROOT, "docs", "rate-distortion.png"))
    evaluate.report(pictures, ours, curves)


def document(card, pictures, groups, ours, bright, turned, curves):
    ratios = {name: evaluate.ratios(pictures, ours, curves[name]) for name in NAMES}
    rate = {name: [bd_rate(curves[name][p.name], ours.psnr[i], ours.bytes[i]) for i, p in enumerate(pictures)] for name in NAMES}
    lossless = np.array([curves["deflate"][p.name] for p in pictures])
    out = [f"""# Rate and distortion

Made by `python bench/rate-distortion/run.py` from models/{card["id"]} {card["version"]}; nothing here is typed by hand.

* Places that training never saw (whole places are held out): {len(pictures)} pictures: {", ".join(f"{(groups == g).sum()} {g}" for g in GROUPS)}.
  Bright: cloud or snow, visible bands above 2500 on average. Water: the median of B08 below 300. Sources: {", ".join(sorted({p.name.split("/")[0] for p in pictures}))}.
* PSNR against a peak of 10000, mean squared error over all 12 bands. Bits are those of a 256 x 256 x 12 patch.
* Ours: bytes of the full-resolution chunks: a head of 20 bytes each, the map of table sets, the rANS stream; the frozen tables of the model.
* "x" is how many times more bytes the other codec needs for the same PSNR on the same picture (geometric mean; its curve is interpolated
  in log bytes; "-" where its curve does not reach). The KLT is computed for each picture and its matrix is counted. Centred is nearly
  always the stronger opponent; the first trials of this project did not centre.
* WebP: each band stretched to 8 bits. Deflate: 256-pixel tiles of all bands with horizontal differences, lossless, so at any quality.

![curves](rate-distortion.png)
"""]
    for g in GROUPS:
        rows = groups == g
        out.append(f"## {g.capitalize()} ({rows.sum()} pictures)\n\n| step | bits | PSNR | x " + " | x ".join(NAMES.values()) + " | x deflate |\n|---|---|---|" + "---|" * (len(NAMES) + 1))
        for q in range(ours.psnr.shape[1]):
            out.append(f"| {q} | {ours.bits[rows, q].mean() * 65536:,.0f} | {ours.psnr[rows, q].mean():.2f} | " +
                       " | ".join(evaluate.geometric(ratios[k][rows, q]) for k in NAMES) + f" | {evaluate.geometric(lossless[rows] / ours.bytes[rows, q])} |")
        out.append("\nBD-rate, bytes saved at equal PSNR (mean of the pictures whose curves overlap): " +
                   ", ".join(f"{name} {np.nanmean(np.array(rate[k])[rows]):+.0%}" for k, name in NAMES.items() if np.isfinite(np.array(rate[k])[rows]).any()) + ".\n")
    default = card["defaultQuality"]
    out.append(f"## Every picture at the default quality (step {default})\n\n| picture | group | bits | PSNR | x J2K | x KLT + J2K |\n|---|---|---|---|---|---|")
    one = lambda r: f"{r:.2f}" if np.isfinite(r) else "-"
    for i in np.argsort(groups, kind="stable"):
        out.append(f"| {pictures[i].name} | {groups[i]} | {ours.bits[i, default] * 65536:,.0f} | {ours.psnr[i, default]:.2f} | {one(ratios['j2k'][i, default])} | {one(ratios['klt'][i, default])} |")
    other = {k: evaluate.ratios(bright, turned, curves[k]) for k in ("j2k", "klt")}
    out.append("""
## What bright scenes need

A cloud's bands vary together in another way than those of land. Turned by one orthonormal 12 x 12 matrix per image (its own spectral
axes laid on the training set's, `rotation` in models/training/data.py; 288 bytes, PSNR unchanged by construction) before the analysis, and
back after the synthesis, the same networks and tables give the figures below. The container and the server do not do this.

| picture | step | bits | PSNR | x J2K | x KLT + J2K |
|---|---|---|---|---|---|""")
    for i, p in enumerate(bright):
        for q in range(turned.psnr.shape[1]):
            out.append(f"| {p.name} | {q} | {turned.bits[i, q] * 65536:,.0f} | {turned.psnr[i, q]:.2f} | {one(other['j2k'][i, q])} | {one(other['klt'][i, q])} |")
    return "\n".join(out) + "\n"


def bd_rate(curve, psnr, size):
    """Mean of log(our bytes / theirs) over the PSNR that both reach, as a relative change; nan without overlap."""
    theirs = [d for d, _ in curve]
    low, high = max(min(theirs), psnr.min()), min(max(theirs), psnr.max())
    if high - low < .5: return float("nan")
    levels = np.linspace(low, high, 40)
    order = np.argsort(psnr)
    gap = np.interp(levels, psnr[order], np.log(size[order])) - np.log([evaluate.at_equal(curve, v) for v in levels])
    return float(np.exp(np.nanmean(gap)) - 1)


def chart(pictures, groups, ours, curves, path):
    """One panel a group, one line a codec: mean kilobits of a patch at the PSNR that each picture has at our steps."""
    import matplotlib; matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, panels = plt.subplots(1, len(GROUPS), figsize=(13, 4.2), constrained_layout=True)
    colours = {"ours": "#0b6e4f", "j2k": "#c1666b", "klt": "#2e4057", "webp": "#d4a017"}
    for panel, g in zip(panels, GROUPS):
        rows = np.flatnonzero(groups == g)
        panel.plot(ours.bits[rows].mean(0) * 65.536, ours.psnr[rows].mean(0), "o-", color=colours["ours"], label="tec-s2", lw=2)
        for name in ("klt", "j2k", "webp"):
            points = []                                                          # the bits that reach our PSNR, picture by picture
            for q, db in enumerate(ours.psnr[rows].mean(0)):
                each = [evaluate.at_equal(curves[name][pictures[i].name], ours.psnr[i, q]) * 8 / pictures[i].pixels[0].size * 65.536 for i in rows]
                if np.isfinite(each).all(): points.append((np.mean(each), db))
            if points: panel.plot(*zip(*points), ".-", color=colours[name], label=NAMES[name])
        panel.set_xscale("log"); panel.set_xticks([5, 10, 20, 50, 100, 200, 400])
        panel.xaxis.set_major_formatter("{x:g}"); panel.xaxis.set_minor_formatter(plt.NullFormatter())
        panel.set_title(f"{g} ({len(rows)})", loc="left"); panel.grid(alpha=.25, which="both"); panel.spines[["top", "right"]].set_visible(False)
        panel.set_xlabel("kilobits of a 256 x 256 x 12 patch"); panel.set_ylabel("PSNR, dB (peak 10000)")
    panels[0].legend(frameon=False)
    figure.savefig(path, dpi=110)


if __name__ == "__main__": main()
