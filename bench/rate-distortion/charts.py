"""docs/rate-distortion.png and docs/rate-distortion-series.png."""

import matplotlib
import numpy as np

import document
import metrics
from ours import LABELS
from pictures import GROUPS

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402 - after the choice of its backend

OURS = {"fp": "#0b6e4f", "elic": "#3aaf85", "tt": "#7a5195", "flextec": "#8fce00"}
THEIRS = {
    "kltHevc": "#d1495b",
    "kltAv1": "#e07a9b",
    "klt": "#2e4057",
    "kltJxl": "#3d7ea6",
    "hevc": "#edae49",
    "j2k": "#8d99ae",
    "xarrayvideo": "#a0522d",
    "webp": "#b9a44c",
    "fp 1.1": "#0b6e4f",
}
DASHES = {"hevc": "--", "j2k": "--", "xarrayvideo": ":", "webp": ":", "fp 1.1": ":"}
LAYOUTS = ("-", "--", "-.")  # of TEC-TT
TICKS = [0.003, 0.01, 0.03, 0.1, 0.3, 1]  # bits a pixel and band
INK = "#333333"


def single(r, path):
    """A column a group, a row for 12 bands and one for true colour.

    Ours: mean bits a pixel and band at each step. Theirs: ours times the geometric mean of the ratios at equal PSNR.
    """
    figure, rows = plt.subplots(2, 3, figsize=(15, 9.4), constrained_layout=True)
    for panels, (key, what) in zip(rows, document.KEYS.items(), strict=True):
        for panel, group in zip(panels, GROUPS, strict=True):
            pictures = r.of(group)
            db = steps(r, "fp", pictures, key)
            for codec in [c for c in THEIRS if c in r.curves]:
                each = document.ratios(r, codec, "fp", pictures, key)
                ratio = np.array([document.typical(v) for v in each.T])
                if np.isfinite(ratio).any():
                    line(panel, bits(r, "fp", pictures) * ratio, db, codec)
            for e in r.leading():
                panel.plot(bits(r, e, pictures), steps(r, e, pictures, key), **own(e, LABELS[e]))
            finish(panel, f"{group} ({len(pictures)} pictures)", f"PSNR of {what}, dB")
    legend(figure, rows[0], 5)
    save(figure, path)


def series(r, path):
    """A row a series: the first date, and the mean from the third on."""
    shape = {"figsize": (13, 4.9 * len(r.series) + 0.5), "constrained_layout": True, "squeeze": False}
    figure, rows = plt.subplots(len(r.series), 2, **shape)
    for panels, (place, s) in zip(rows, r.series.items(), strict=True):
        size = s["dates"][0].pixels.size
        for panel, first in zip(panels, (True, False), strict=True):
            ours = {name: document.phase(v, first) for name, v in s["ours"].items() if name != LABELS["flextec"]}
            low, high = ours[LABELS["fp"]][0]["db"] - 1, ours[LABELS["fp"]][-1]["db"] + 1
            for codec, points in s["classical"].items():
                db, log_size = metrics.envelope(document.phase(points, first))
                fine = np.linspace(max(low, db[0]), min(high, db[-1]), 60)
                if codec in THEIRS and fine[0] < fine[-1]:
                    curve = np.exp(metrics.PchipInterpolator(db, log_size)(fine)) * 8 / size
                    line(panel, curve, fine, codec, "" if codec == "klt" else " video", "")
            layout = 0
            for name, curve in ours.items():
                style = own(next(e for e in OURS if name.startswith(LABELS[e])), name)
                if name.startswith(LABELS["tt"]):
                    style["ls"] = LAYOUTS[layout]
                    layout += 1
                panel.plot([p["bytes"] * 8 / size for p in curve], [p["db"] for p in curve], **style)
            when = "the first date" if first else f"dates 3 to {len(s['dates'])}"
            finish(panel, f"{place}: {when}", "PSNR of 12 bands, dB")
    legend(figure, rows[0], 4)
    save(figure, path)


def bits(r, entropy, pictures):
    """Mean bits a pixel and band of each step."""
    return np.mean([[q["bytes"] * 8 / p.pixels.size for q in r.ours[entropy][p.name]] for p in pictures], 0)


def steps(r, entropy, pictures, key):
    """Mean PSNR of each step, dB."""
    return np.mean([[q[key] for q in r.ours[entropy][p.name]] for p in pictures], 0)


def own(entropy, name):
    """How a curve of ours is drawn."""
    return {"marker": "o", "ms": 5, "color": OURS[entropy], "lw": 2.6, "label": name, "zorder": 3}


def line(panel, x, y, codec, more="", marker="."):
    """A curve of theirs."""
    style = {"marker": marker, "ls": DASHES.get(codec, "-"), "lw": 1.5, "color": THEIRS[codec]}
    panel.plot(x, y, label=document.label(codec) + more, **style)


def finish(panel, title, ylabel):
    """Axes, grid and words of a panel."""
    panel.set_xscale("log")
    limits = panel.get_xlim()
    panel.set_xticks(TICKS)
    panel.set_xlim(limits)
    panel.xaxis.set_major_formatter("{x:g}")
    panel.xaxis.set_minor_formatter(plt.NullFormatter())
    panel.set_title(title, loc="left", color=INK, fontsize=12, fontweight="bold")
    panel.grid(alpha=0.25, which="major")
    panel.grid(alpha=0.1, which="minor")
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_xlabel("bits a pixel and band", color=INK)
    panel.set_ylabel(ylabel, color=INK)


def legend(figure, panels, columns):
    """One legend for all panels, above them."""
    found = {}
    for panel in panels:
        for handle, name in zip(*panel.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    ours = [name for name in found if name.startswith(("TEC", "Flex"))]
    names = [*ours, *(name for name in found if name not in ours)]
    place = {"loc": "outside upper center", "ncols": columns, "frameon": False, "fontsize": 10}
    figure.legend([found[name] for name in names], names, **place)


def save(figure, path):
    """Writes a chart."""
    figure.savefig(path, dpi=100)
    plt.close(figure)
