"""docs/figures.md from the curves: every number in it comes from here."""
from dataclasses import dataclass
import numpy as np
import classical, data, metrics
from ours import LABELS

GROUPS = ("ordinary", "bright", "water")
NAMES = classical.NAMES
LEVELS = (36, 38, 40, 42, 44)


@dataclass
class Results:
    card: dict
    pictures: list
    groups: np.ndarray        # of each picture
    ours: dict                # entropy: {picture: curve}, one point a step
    single: dict              # codec: {picture: curve}
    deflate: dict             # picture: bytes
    series: dict              # place: {"pictures", "ours": {label: curve}, "classical": {codec: curve}}, points {"bytes", "db": [dates]}
    tokens: dict              # picture: FlexTEC's points by tokens, where the package has it
    turned: object            # evaluate.Figures of the bright pictures in their own spectral axes

    @property
    def default(self): return self.card["defaultQuality"]
    def of(self, group): return [p for p, g in zip(self.pictures, self.groups) if g == group]
    def curve(self, codec): return self.ours.get(codec) or self.single[codec]


def document(r):
    parts = [head(r), *(group_table(r, g) for g in GROUPS), entropies(r), levels(r), rates(r), bands(r), series(r), uses(r), tokens(r), losses(r), everything(r), bright(r)]
    return "\n".join(part for part in parts if part)


def head(r):
    step = np.mean([10 * np.log10(1e8 / (((np.ptp(p.pixels, (1, 2)) / 219) ** 2).mean() / 12)) for p in r.pictures])
    return f"""# Rate and distortion

Made by `python bench/rate-distortion/run.py` from models/{r.card["id"]} {r.card["version"]}; nothing here is typed by hand.

* **Pictures**: {len(r.pictures)} of places that training never saw (whole places are held out): {", ".join(f"{(r.groups == g).sum()} {g}" for g in GROUPS)}.
  Bright: cloud or snow, visible bands above 2500 on average. Water: the median of B08 below 300.
  Sources: {", ".join(sorted({p.name.split("/")[0] for p in r.pictures}))}.
* **Quality**: PSNR against a peak of 10000 digital numbers, mean squared error over all 12 bands. SSIM: true colour, B04 B03 B02 from 0 to
  3000 (or to the original's 98th percentile where that is higher), windows of 7 x 7.
* **Size**: everything that is stored. Ours: the full-resolution chunks of the files that Tectile writes (heads, side information, streams),
  with the frozen tables of the model. Theirs: streams, parameter sets, scales, KLT matrices and means (288 bytes a picture, once a series).
  "bits" are those of a 256 x 256 x 12 patch, "bpppb" bits a pixel and band.
* **x** is how many times more bytes the other codec needs for the same PSNR on the same picture: geometric mean over the pictures whose
  curve reaches that PSNR; "-" where fewer than half do. **Below 1 we lose.** Curves are interpolated by PCHIP in log bytes.

The others (`bench/rate-distortion/classical.py`, `video.py`):

{chr(10).join(f"* **{short}**: {what}." for short, what in NAMES.values())}

WebP's 8 bits end at {step:.0f} dB on average when each band is stretched between its extremes (219 levels of luma), at 57.6 dB when 0 .. 10000 is.

![curves](rate-distortion.png)
"""


def ratios(r, codec, entropy, pictures):
    """[pictures, steps]: their bytes for our PSNR relative to ours."""
    theirs, ours = r.curve(codec), r.ours[entropy]
    return np.array([[metrics.at_quality(theirs[p.name], q["db"]) / q["bytes"] for q in ours[p.name]] for p in pictures])


def leading(ours):
    """All but FlexTEC, which with all its tokens lies where TEC-FP does."""
    return {k: v for k, v in ours.items() if k not in ("flextec", LABELS["flextec"])}


def typical(values):
    """Geometric mean where at least half are finite."""
    values = np.asarray(values, float)
    return metrics.geometric(values) if np.isfinite(values).mean() >= .5 else float("nan")


def times(v): return f"{v:.2f}" if np.isfinite(v) else "-"
def percent(v): return f"{100 * v:+.0f} %" if np.isfinite(v) else "-"
def patch(point, p): return point["bytes"] * 8 / p.pixels[0].size * 65536
def mean(r, entropy, pictures, q, key): return np.mean([r.ours[entropy][p.name][q][key] for p in pictures])
def table(heads, rows): return "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def group_table(r, g):
    pictures, codecs = r.of(g), classical.SINGLE
    x = {c: ratios(r, c, "fp", pictures) for c in codecs}
    rows = []
    for q in range(len(r.card["qualities"])):
        bits = np.mean([patch(r.ours["fp"][p.name][q], p) for p in pictures])
        lossless = metrics.geometric([r.deflate[p.name] / r.ours["fp"][p.name][q]["bytes"] for p in pictures])
        rows.append([q, f"{bits:,.0f}", f"{bits / 786432:.4f}", f"{mean(r, 'fp', pictures, q, 'db'):.2f}", f"{mean(r, 'fp', pictures, q, 'ssim'):.3f}",
                     *(times(typical(x[c][:, q])) for c in codecs), f"{lossless:.0f}"])
    return f"## {g.capitalize()} ({len(pictures)} pictures), TEC-FP\n\n" + \
        table(["step", "bits", "bpppb", "PSNR", "SSIM", *(f"x {NAMES[c][0]}" for c in codecs), "x deflate"], rows) + "\n"


def entropies(r):
    others = [e for e in r.ours if e != "fp"]
    if not others: return ""
    rows = [[LABELS[e], g, *(f"{metrics.geometric([r.ours[e][p.name][q]['bytes'] / r.ours['fp'][p.name][q]['bytes'] for p in r.of(g)]):.3f}"
                             for q in range(len(r.card["qualities"])))] for e in others for g in GROUPS]
    return "## Other entropy models, single dates\n\nThe same latents and pixels, so only bytes differ: relative to TEC-FP, geometric mean.\n\n" + \
        table(["model", "pictures", *(f"step {q}" for q in range(len(r.card["qualities"])))], rows) + "\n"


def levels(r):
    pictures = r.of("ordinary")
    def row(codec, e): return [times(typical([metrics.at_quality(r.curve(codec)[p.name], v) / metrics.at_quality(r.ours[e][p.name], v) for p in pictures])) for v in LEVELS]
    rows = [[f"{NAMES[c][0]} / {LABELS[e]}", *row(c, e)] for e in leading(r.ours) for c in (*classical.SINGLE, "klt12", "klt0", "j2k12")]
    return f"""## At given qualities, ordinary pictures

How many times more bytes than ours at the same PSNR. The last three of each block are the ways of counting of this project's first figures and
targets: on patches of 128 to 512 pixels twelve heads of 155 bytes are up to half of a JPEG2000 file, which no real product would store.

{table(["", *(f"{v} dB" for v in LEVELS)], rows)}
"""


def rates(r):
    def cell(a, b, pictures):
        each = np.array([metrics.bd_rate(r.curve(a)[p.name], r.curve(b)[p.name]) for p in pictures])
        ok = np.isfinite(each[:, 0])
        if ok.mean() < .5: return "-", ""
        return percent(np.exp(np.log1p(each[ok, 0]).mean()) - 1), f" ({each[ok, 1].mean():.0f} to {each[ok, 2].mean():.0f} dB)"
    brief = [[f"{LABELS[e]} against {NAMES[c][0]}", *("".join(cell(e, c, r.of(g))) for g in GROUPS)] for e in r.ours for c in classical.SINGLE]
    all_of = [*r.ours, *classical.SINGLE]
    short = lambda c: LABELS.get(c) or NAMES[c][0]
    full = [[short(a), *("" if a == b else cell(a, b, r.of("ordinary"))[0] for b in all_of)] for a in all_of]
    return f"""## BD-rate

Bytes saved (-) or added (+) at equal PSNR, the Bjontegaard mean of the log ratio by PCHIP over the range of PSNR that both curves reach (in
brackets, mean of the pictures), then the geometric mean of the pictures. Our curves go from step 0 to step {len(r.card["qualities"]) - 1}.

{table(["", *GROUPS], brief)}

Each pair on ordinary pictures, the row's codec against the column's:

{table(["", *(short(c) for c in all_of)], full)}
"""


def bands(r):
    pictures, q = r.of("ordinary"), r.default
    rows = [[f"ours, step {s}", *(f"{v:.1f}" for v in np.mean([r.ours["fp"][p.name][s]["bands"] for p in pictures], 0))] for s in range(len(r.card["qualities"]))]
    for c in ("klt", "kltHevc"):
        each = [metrics.at_bytes(r.single[c][p.name], r.ours["fp"][p.name][q]["bytes"], "bands") for p in pictures]
        rows.append([f"{NAMES[c][0]}, bytes of step {q}", *(f"{v:.1f}" for v in np.nanmean(each, 0))])
    return "## PSNR of each band, ordinary pictures\n\n" + table(["", *data.BANDS], rows) + "\n"


def phase(found, first):
    """(mean bytes, mean dB) over the first date or from the third on, for each point of a series' curve."""
    dates = slice(0, 1) if first else slice(2, None)
    return [{"bytes": b, "db": d} for b, d in zip(*(np.array([p[k][dates] for p in found]).mean(1) for k in ("bytes", "db")))]


def series(r):
    out = ["""## Series

Dates in order of time. The video codecs see the whole series (frames of both directions, any number of references: to read one date a decoder
needs others); JPEG2000 and TEC-FP store each date alone, TEC-TT leans on at most two earlier ones. Means over the first date, or over all dates from the
third on, clouded ones included: bits of a 256 x 256 x 12 patch a date, and how many times more bytes the others need for the same PSNR.

![curves](rate-distortion-series.png)
"""]
    for place, s in r.series.items():
        area = s["pictures"][0].pixels[0].size
        for first in (True, False):
            ours = {label: phase(v, first) for label, v in s["ours"].items()}
            theirs = {c: phase(s["classical"][c], first) for c in classical.SERIES}
            rest = [label for label in ours if label != "TEC-FP"]
            rows = [[q, f"{p['bytes'] * 8 / area * 65536:,.0f}", f"{p['db']:.2f}", *(f"{ours[label][q]['bytes'] / p['bytes']:.3f}" for label in rest),
                     *(times(metrics.at_quality(theirs[c], p["db"]) / p["bytes"]) for c in theirs)] for q, p in enumerate(ours["TEC-FP"])]
            gain = lambda label: ", ".join(f"{NAMES[c][0]} {percent(v)} ({low:.0f} to {high:.0f} dB)" for c in theirs
                                           for v, low, high in [metrics.bd_rate(ours[label], theirs[c])] if np.isfinite(v))
            out.append(f"### {place}, {len(s['pictures'])} dates: {'the first date' if first else 'from the third date on'}\n\n" +
                       table(["step", "bits a date, TEC-FP", "PSNR", *(f"{label}, bytes relative" for label in rest), *(f"x {NAMES[c][0]}" for c in theirs)], rows) +
                       "\n\n" + "\n".join(f"* BD-rate of {label}: {gain(label)}." for label in ours) + "\n")
    return "\n".join(out)


def uses(r):
    out = [f"""## What users do next

Before and after coding, decoded values rounded to integers: NDVI's mean absolute error; the share of pixels whose class by NDVI changes (below
{metrics.LAND[0]}, to {metrics.LAND[1]}, above); the share that MNDWI > 0 calls water before but not after or the other way round. Pixels whose two bands sum to
less than {metrics.FAINT} are left out. Ours / KLT+J2K / KLT+HEVC at **equal bytes**, means over the pictures whose curves reach so few bytes (n).
"""]
    for e, g in [*(("fp", g) for g in GROUPS), *((e, "ordinary") for e in r.ours if e == "elic")]:
        rows = []
        for q in range(len(r.card["qualities"])):
            value = lambda c, p, key: r.ours[e][p.name][q][key] if c == e else metrics.at_bytes(r.single[c][p.name], r.ours[e][p.name][q]["bytes"], key)
            covered = [p for p in r.of(g) if all(np.isfinite(value(c, p, "db")) for c in ("klt", "kltHevc"))]
            if len(covered) * 2 < len(r.of(g)): rows.append([q, len(covered), *"-----"]); continue
            cell = lambda key, form: " / ".join(form(np.nanmean([value(c, p, key) for p in covered])) for c in (e, "klt", "kltHevc"))
            share = lambda v: f"{100 * v:.2f}"
            rows.append([q, len(covered), cell("db", lambda v: f"{v:.2f}"), cell("ssim", lambda v: f"{v:.3f}"), cell("ndvi", lambda v: f"{v:.4f}"),
                         cell("land", share), cell("water", share)])
        out.append(f"### {g.capitalize()}, {LABELS[e]}\n\n" + table(["step", "n", "PSNR", "SSIM", "NDVI error", "land class changed, %", "water changed, %"], rows) + "\n")
    return "\n".join(out)


def tokens(r):
    if not r.tokens: return ""
    rows = []
    area = {p.name: p for p in r.pictures}
    for i, n in enumerate(point["tokens"] for point in next(iter(r.tokens.values()))):
        points = {name: curve[i] for name, curve in r.tokens.items()}
        against = typical([point["bytes"] / metrics.at_quality(r.ours["fp"][name], point["db"]) for name, point in points.items()])
        rows.append([n, f"{np.mean([patch(v, area[k]) for k, v in points.items()]):,.0f}", f"{np.mean([v['db'] for v in points.values()]):.2f}",
                     f"{np.mean([v['ssim'] for v in points.values()]):.3f}", times(against)])
    return f"""## FlexTEC by tokens

The first tokens of files of step {r.default}, the rest predicted, without earlier dates; {len(r.tokens)} ordinary pictures.

{table(["tokens", "bits", "PSNR", "SSIM", "bytes relative to TEC-FP of that PSNR"], rows)}
"""


def losses(r):
    lines = []
    for e in leading(r.ours):
        for g in GROUPS:
            for c in classical.SINGLE:
                x = [typical(v) for v in ratios(r, c, e, r.of(g)).T]
                worse = [q for q, v in enumerate(x) if v < 1]
                if worse: lines.append(f"* {LABELS[e]}, {g}: {NAMES[c][0]} needs {', '.join(f'{x[q]:.2f}' for q in worse)} of our bytes at step{'s' * (len(worse) > 1)} {', '.join(map(str, worse))}.")
    for place, s in r.series.items():
        for label, v in leading(s["ours"]).items():
            for c in classical.SERIES:
                theirs = phase(s["classical"][c], False)
                x = [metrics.at_quality(theirs, p["db"]) / p["bytes"] for p in phase(v, False)]
                worse = [q for q, v in enumerate(x) if v < 1]
                if worse: lines.append(f"* {label}, {place} from the third date on: {NAMES[c][0]} needs {', '.join(f'{x[q]:.2f}' for q in worse)} at step{'s' * (len(worse) > 1)} {', '.join(map(str, worse))}.")
    return f"## Where we lose\n\nAt equal PSNR{' (FlexTEC with all tokens lies where TEC-FP does)' * ('flextec' in r.ours)}:\n\n" + ("\n".join(lines) or "Nowhere in these tables.") + "\n"


def everything(r):
    q, rows = r.default, []
    for i in np.argsort(r.groups, kind="stable"):
        p = r.pictures[i]; point = r.ours["fp"][p.name][q]
        x = [metrics.at_quality(r.single[c][p.name], point["db"]) / point["bytes"] for c in ("j2k", "klt", "kltHevc")]
        rows.append([p.name, r.groups[i], f"{patch(point, p):,.0f}", f"{point['db']:.2f}", f"{point['ssim']:.3f}", *map(times, x)])
    return f"## Every picture at the default quality (step {q}), TEC-FP\n\n" + table(["picture", "group", "bits", "PSNR", "SSIM", "x J2K", "x KLT+J2K", "x KLT+HEVC"], rows) + "\n"


def bright(r):
    rows = []
    for i, p in enumerate(r.of("bright")):
        for q in range(r.turned.psnr.shape[1]):
            x = [metrics.at_quality(r.single[c][p.name], r.turned.psnr[i, q]) / r.turned.bytes[i, q] for c in ("j2k", "klt", "kltHevc")]
            rows.append([p.name, q, f"{r.turned.bits[i, q] * 65536:,.0f}", f"{r.turned.psnr[i, q]:.2f}", *map(times, x)])
    return f"""## What bright scenes need

A cloud's bands vary together in another way than those of land. Turned by one orthonormal 12 x 12 matrix per image (its own spectral
axes laid on the training set's, `rotation` in models/training/data.py; 288 bytes, PSNR unchanged by construction) before the analysis, and
back after the synthesis, the same networks and tables give the figures below. The container and the server do not do this.

{table(["picture", "step", "bits", "PSNR", "x J2K", "x KLT+J2K", "x KLT+HEVC"], rows)}
"""
