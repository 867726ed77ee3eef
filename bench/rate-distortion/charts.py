"""docs/rate-distortion.png and docs/rate-distortion-series.png."""
import numpy as np
import matplotlib; matplotlib.use("Agg")
import matplotlib.pyplot as plt
import document, metrics
from classical import NAMES
from ours import LABELS

COLOURS = {"TEC-FP": "#0b6e4f", "TEC-ELIC": "#3aaf85", "TEC-TT": "#7a5195", "FlexTEC": "#8fce00", "kltHevc": "#d1495b", "klt": "#2e4057", "j2k": "#8d99ae",
           "hevc": "#edae49", "xarrayvideo": "#a0522d", "webp": "#b9a44c"}
LINES = {"hevc": "--", "j2k": "--", "xarrayvideo": ":", "webp": ":"}
colour = lambda label: next((c for name, c in COLOURS.items() if label.startswith(name)), "#555555")


def single(r, path):
    """One panel a group: our mean bits a pixel and band at each step; theirs are ours times the geometric mean of the ratios at equal PSNR."""
    figure, panels = plt.subplots(1, 3, figsize=(14, 5), constrained_layout=True)
    for panel, g in zip(panels, document.GROUPS):
        pictures = r.of(g)
        at = lambda e: np.mean([[q["bytes"] * 8 / p.pixels.size for q in r.ours[e][p.name]] for p in pictures], 0)
        db = np.mean([[q["db"] for q in r.ours["fp"][p.name]] for p in pictures], 0)
        for e in document.leading(r.ours): panel.plot(at(e), db, "o-", color=COLOURS[LABELS[e]], lw=2.4, label=f"ours: {LABELS[e]}", zorder=3)
        for c in ("kltHevc", "klt", "hevc", "j2k", "xarrayvideo", "webp"):
            x = np.array([document.typical(v) for v in document.ratios(r, c, "fp", pictures).T])
            panel.plot(at("fp") * x, db, ".", ls=LINES.get(c, "-"), color=COLOURS[c], label=NAMES[c][0])
        finish(panel, f"{g} ({len(pictures)} pictures)")
    panels[0].legend(frameon=False, fontsize=9, loc="upper left")
    figure.savefig(path, dpi=100); plt.close(figure)


def series(r, path):
    """A row a series, the first date and from the third on: mean bits and mean PSNR."""
    figure, rows = plt.subplots(len(r.series), 2, figsize=(12, 4.6 * len(r.series)), constrained_layout=True, squeeze=False)
    for panels, (place, s) in zip(rows, r.series.items()):
        pixels = s["pictures"][0].pixels.size
        for panel, first in zip(panels, (True, False)):
            ours = {label: document.phase(v, first) for label, v in s["ours"].items()}
            for label, curve in document.leading(ours).items():
                panel.plot([p["bytes"] * 8 / pixels for p in curve], [p["db"] for p in curve], "o--" if "keyframe" in label else "o-", color=colour(label), lw=2.4,
                           label=f"ours: {label}", zorder=3)
            bottom, top = ours["TEC-FP"][0]["db"] - 1, ours["TEC-FP"][-1]["db"] + 1
            for c in ("kltHevc", "klt", "hevc", "xarrayvideo"):
                curve = sorted((p for p in document.phase(s["classical"][c], first)), key=lambda p: p["db"])
                db, size = metrics.envelope(curve)
                fine = np.linspace(max(bottom, db[0]), min(top, db[-1]), 60)
                panel.plot(np.exp(metrics.PchipInterpolator(db, size)(fine)) * 8 / pixels, fine, ls=LINES.get(c, "-"), color=COLOURS[c], label=NAMES[c][0] + ("" if c == "klt" else " video"))
            finish(panel, f"{place}: " + ("the first date" if first else f"dates 3 to {len(s['pictures'])}"))
    rows[0][0].legend(frameon=False, fontsize=9, loc="upper left")
    figure.savefig(path, dpi=100); plt.close(figure)


def finish(panel, title):
    panel.set_xscale("log"); panel.set_xticks([.003, .01, .03, .1, .3, 1]); panel.xaxis.set_major_formatter("{x:g}"); panel.xaxis.set_minor_formatter(plt.NullFormatter())
    panel.set_title(title, loc="left"); panel.grid(alpha=.25, which="both"); panel.spines[["top", "right"]].set_visible(False)
    panel.set_xlabel("bits a pixel and band"); panel.set_ylabel("PSNR, dB (12 bands, peak 10000)")
