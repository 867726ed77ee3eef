"""docs/figures.md from the curves: every number in it comes from here."""

from dataclasses import dataclass, field

import numpy as np

import metrics
from classical import CODECS, LOSSY
from ours import LABELS
from pictures import BANDS, GROUPS

WANTED = (36, 38, 40, 42)  # dB
KEYS = {"db": "12 bands", "rgb": "true colour"}
AGAINST = ("kltHevc", "kltAv1", "klt", "kltJxl", "j2k")  # the rivals that the short tables name
EARLIER = "tec-s2 1.1"
PATCH = 65536  # px of the patch that bits are told of


@dataclass
class Results:
    """Everything that was measured. A curve is a list of points of metrics.py."""

    card: dict
    pictures: list
    ours: dict  # entropy: {picture: curve}, one point a step
    single: dict  # codec: {picture: curve}
    earlier: dict  # "fp 1.1", "elic 1.1": {picture: curve}
    series: dict  # place: {"dates": [Picture], "ours": {label: points}, "classical": {codec: points}}, of [dates] each
    asked: dict = field(default_factory=dict)  # asked PSNR: {picture: point}
    tokens: dict = field(default_factory=dict)  # picture: FlexTEC's points by tokens
    clouds: dict = field(default_factory=dict)  # place: {step: {"coarse", "same": [point of each date]}}

    def __post_init__(self):
        self.curves = {**self.single, **self.earlier, **self.ours}
        self.rivals = [name for name in LOSSY if name in self.single]
        self.steps = range(len(next(iter(self.ours["fp"].values()))))
        self.default = self.card["defaultQuality"]

    def of(self, group, harvest=None):
        """Pictures of a group, of one harvest or of both."""
        return [p for p in self.pictures if p.group == group and harvest in (None, p.harvest)]

    def before(self, entropy):
        """[the codec before with the same entropy model, or with TEC-FP], [] where it was not kept."""
        return [c for c in (f"{entropy} 1.1", "fp 1.1") if c in self.earlier][:1]

    def leading(self):
        """Our entropy models but FlexTEC, which with all its tokens lies near TEC-FP."""
        return [e for e in self.ours if e != "flextec"]


def document(r):
    """All of docs/figures.md."""
    parts = [head(r), rates(r), levels(r), *(group_table(r, g) for g in GROUPS), entropies(r), asked(r), bands(r)]
    parts += [series(r), clouds(r), uses(r), tokens(r), losses(r), every_picture(r)]
    return "\n".join(part for part in parts if part)


def label(codec):
    """A codec's short name."""
    if codec in CODECS:
        return CODECS[codec].short
    entropy, _, version = codec.partition(" ")
    return f"{EARLIER} {LABELS[entropy]}" if version else LABELS[codec]


def table(heads, rows):
    """A table in Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def times(value):
    """A ratio, "-" of nan."""
    return f"{value:.2f}" if np.isfinite(value) else "-"


def percent(value):
    """A relative change in per cent, "-" of nan."""
    return f"{100 * value:+.0f} %" if np.isfinite(value) else "-"


def typical(values):
    """Geometric mean where at least half are finite."""
    values = np.asarray(values, float)
    return metrics.geometric(values) if len(values) and np.isfinite(values).mean() >= 0.5 else float("nan")


def patch_bits(point, picture):
    """Bits of a patch of 256 x 256 px and 12 bands."""
    return point["bytes"] * 8 / picture.area * PATCH


def mean(r, entropy, pictures, step, key):
    """Mean of a measure over pictures, of one step."""
    return np.nanmean([r.ours[entropy][p.name][step][key] for p in pictures])


def ratios(r, codec, entropy, pictures, key="db"):
    """[pictures, steps]: their bytes at our quality relative to ours."""
    theirs, ours = r.curves[codec], r.ours[entropy]
    return np.array(
        [[metrics.at_quality(theirs[p.name], q[key], key) / q["bytes"] for q in ours[p.name]] for p in pictures]
    )


def bd(r, codec, other, pictures, key="db"):
    """BD-rate of one codec against another: (geometric mean, mean lowest dB, mean highest dB) of the pictures."""
    pairs = [(r.curves[codec].get(p.name), r.curves[other].get(p.name)) for p in pictures]
    each = np.array([metrics.bd_rate(a, b, key) for a, b in pairs if a and b])
    finite = each[np.isfinite(each[:, 0])] if len(each) else each
    if len(finite) * 2 < len(pictures) or not len(finite):
        return float("nan"), float("nan"), float("nan")
    return float(np.exp(np.log1p(finite[:, 0]).mean()) - 1), *finite[:, 1:].mean(0)


def head(r):
    """What was measured, and how to read it."""
    counts = ", ".join(f"{len(r.of(g))} {g}" for g in GROUPS)
    first = sum(p.harvest == "first" for p in r.pictures)
    names = "\n".join(f"* **{codec.short}**: {codec.what}." for name, codec in CODECS.items() if name in r.single)
    earlier = f"\n* **{EARLIER}**: this project's codec before, its files' bytes and pixels as they were." * bool(
        r.earlier
    )
    return f"""# Rate and distortion

Made by `python bench/rate-distortion/run.py` from models/{r.card["id"]} {r.card["version"]}; nothing here is typed by hand.

* **Pictures**: {len(r.pictures)} of places that training never saw (whole places are held out): {counts}.
  Bright: cloud or snow, visible bands above 2500 on average. Water: the median of B08 below 300. {first} are the selection of
  all earlier figures ("first"), {len(r.pictures) - first} come from a second harvest.
  Sources: {", ".join(sorted({p.name.split("/")[0] for p in r.pictures}))}.
* **Quality**: PSNR in dB against a peak of 10000 digital numbers, mean squared error over all 12 bands, or over B02, B03 and B04
  ("true colour"). SSIM: true colour, B04 B03 B02 from 0 to 3000 (or to the original's 98th percentile where that is higher), windows of
  7 x 7; "SSIM 12": the mean of the 12 bands, each drawn so.
* **Size**: everything that a decoder needs. Ours: the full-resolution chunks of the files that Tectile writes (heads, side information,
  streams), read back and decoded by it; the tables are the model's. Theirs: streams, parameter sets, scales, KLT matrices and means (288
  bytes a picture, once a series). "bits" are those of a 256 x 256 x 12 patch, "bpppb" bits a pixel and band.
* **x** is how many times more bytes the other codec needs for the same PSNR on the same picture: geometric mean over the pictures whose
  curve reaches that PSNR; "-" where fewer than half do. **Below 1 we lose.** Curves are interpolated by PCHIP in log bytes.
* **BD-rate**: bytes saved (-) or added (+) at equal PSNR, the Bjontegaard mean of the log ratio by piecewise cubics over the range of PSNR
  that both curves reach, then the geometric mean of the pictures. Our curves go from step 0 to step {r.steps[-1]}.

The others (`bench/rate-distortion/classical.py`, `video.py`):

{names}{earlier}

Of VVC no encoder is packaged where these figures are made, so it is not among them.

![curves](rate-distortion.png)
"""


def rates(r):
    """BD-rates, short: ours against the strongest rivals, by group, quality and selection; long: all pairs on ordinary pictures."""
    others = [c for c in AGAINST if c in r.single]
    parts = ["## BD-rate\n"]
    for key, what in KEYS.items():
        rows = []
        for e in r.ours:
            for c in [*others, *r.before(e)]:
                cells = []
                for g in GROUPS:
                    value, low, high = bd(r, e, c, r.of(g), key)
                    reach = f" ({low:.0f} to {high:.0f} dB)" if np.isfinite(value) else ""
                    cells.append(f"{percent(bd(r, e, c, r.of(g, 'first'), key)[0])} / {percent(value)}{reach}")
                rows.append([f"{label(e)} against {label(c)}", *cells])
        parts.append(f"At equal PSNR of **{what}**, first selection / all pictures:\n\n{table(['', *GROUPS], rows)}\n")
    codecs = [*r.ours, *r.earlier, *r.rivals]
    for key, what in KEYS.items():
        rows = [
            [label(a), *("" if a == b else percent(bd(r, a, b, r.of("ordinary"), key)[0]) for b in codecs)]
            for a in codecs
        ]
        parts.append(
            f"Each pair on ordinary pictures, {what}, the row's codec against the column's:\n\n"
            f"{table(['', *(label(c) for c in codecs)], rows)}\n"
        )
    return "\n".join(parts)


def levels(r):
    """How many times more bytes at given qualities."""
    parts = ["## At given qualities, ordinary pictures\n\nHow many times more bytes than ours at the same PSNR.\n"]
    for key, what in KEYS.items():
        rows = []
        for e in r.leading():
            for c in [*r.rivals, *r.before(e)]:
                rows.append([f"{label(c)} / {label(e)}", *(times(v) for v in at_levels(r, c, e, "ordinary", key))])
        parts.append(f"{what.capitalize()}:\n\n{table(['', *(f'{v} dB' for v in WANTED)], rows)}\n")
    return "\n".join(parts)


def at_levels(r, codec, entropy, group, key="db"):
    """Their bytes relative to ours at each of WANTED."""
    theirs, ours, pictures = r.curves[codec], r.ours[entropy], r.of(group)
    return [
        typical(
            [metrics.at_quality(theirs[p.name], v, key) / metrics.at_quality(ours[p.name], v, key) for p in pictures]
        )
        for v in WANTED
    ]


def group_table(r, group):
    """TEC-FP's steps on one group of pictures beside everything else."""
    pictures = r.of(group)
    others = [*r.rivals, *(c for c in r.earlier if c.startswith("fp"))]
    x = {c: ratios(r, c, "fp", pictures) for c in others}
    rows = []
    for q in r.steps:
        bits = np.mean([patch_bits(r.ours["fp"][p.name][q], p) for p in pictures])
        row = [q, f"{bits:,.0f}", f"{bits / PATCH / 12:.4f}"]
        row += [f"{mean(r, 'fp', pictures, q, key):.2f}" for key in KEYS]
        row += [f"{mean(r, 'fp', pictures, q, key):.3f}" for key in ("ssim", "ssim12")]
        row += [times(typical(x[c][:, q])) for c in others]
        if "deflate" in r.single:
            lossless = [r.single["deflate"][p.name][0]["bytes"] / r.ours["fp"][p.name][q]["bytes"] for p in pictures]
            row.append(f"{metrics.geometric(lossless):.0f}")
        rows.append(row)
    heads = ["step", "bits", "bpppb", "PSNR", "true colour", "SSIM", "SSIM 12", *(f"x {label(c)}" for c in others)]
    heads += ["x deflate"] * ("deflate" in r.single)
    return f"## {group.capitalize()} ({len(pictures)} pictures), TEC-FP\n\n{table(heads, rows)}\n"


def entropies(r):
    """The other entropy models against TEC-FP."""
    rows = []
    for e in r.ours:
        if e == "fp":
            continue
        for g in GROUPS:
            pictures = r.of(g)
            steps = [
                metrics.geometric([r.ours[e][p.name][q]["bytes"] / r.ours["fp"][p.name][q]["bytes"] for p in pictures])
                for q in r.steps
            ]
            change = mean(r, e, pictures, r.default, "db") - mean(r, "fp", pictures, r.default, "db")
            rate = percent(bd(r, e, "fp", pictures)[0])
            rows.append([label(e), g, rate, *(f"{v:.3f}" for v in steps), f"{change:+.2f}"])
    if not rows:
        return ""
    heads = ["model", "pictures", "BD-rate", *(f"step {q}" for q in r.steps), f"dB at step {r.default}"]
    return f"""## Other entropy models, single dates

Against TEC-FP: BD-rate, bytes relative at each step (geometric mean), and how much the pixels differ, for an encoder that weighs bits
against errors leaves out other coefficients under another model.

{table(heads, rows)}
"""


def asked(r):
    """What `--psnr` reached."""
    if not r.asked:
        return ""
    rows = []
    for wanted, found in r.asked.items():
        off = np.array([p["db"] - wanted for p in found.values()])
        chunks = np.array([v - wanted for p in found.values() for v in p["chunks"]])
        bytes_ = [p["bytes"] / metrics.at_quality(r.ours["fp"][name], p["db"]) for name, p in found.items()]
        near = (np.abs(chunks) <= 0.1).mean()
        row = [wanted, len(found), f"{wanted + off.mean():.2f}", f"{off.min():+.2f} to {off.max():+.2f}"]
        rows.append(
            [
                *row,
                f"{chunks.min():+.2f} to {chunks.max():+.2f}",
                f"{100 * near:.0f}",
                times(typical(bytes_)),
            ]
        )
    heads = ["--psnr", "pictures", "reached", "pictures off by", "chunks off by", "chunks within 0.1 dB, %"]
    return f"""## Asked qualities

`--psnr` of TEC-FP, decoded pixels rounded to integers, over 12 bands: of whole pictures, and of their chunks of 256 x 256 px.

{table([*heads, "bytes relative to the steps' curve"], rows)}
"""


def bands(r):
    """PSNR of each band: ours at each step, rivals at equal bytes."""
    pictures, q = r.of("ordinary"), r.default
    rows = []
    for s in r.steps:
        each = np.mean([r.ours["fp"][p.name][s]["bands"] for p in pictures], 0)
        rows.append([f"TEC-FP, step {s}", *(f"{v:.1f}" for v in each)])
    for c in [c for c in ("klt", "kltHevc", "kltAv1", "fp 1.1") if c in r.curves]:
        size = {p.name: r.ours["fp"][p.name][q]["bytes"] for p in pictures}
        each = np.nanmean([metrics.at_bytes(r.curves[c][p.name], size[p.name], "bands") for p in pictures], 0)
        rows.append([f"{label(c)}, bytes of step {q}", *(f"{v:.1f}" for v in each)])
    return f"## PSNR of each band, ordinary pictures\n\n{table(['', *BANDS], rows)}\n"


def phase(points, first):
    """A series' points -> the curve of its first date, or of the mean over the dates from the third on."""
    dates = slice(0, 1) if first else slice(2, None)
    return [{k: float(np.mean(p[k][dates])) for k in ("bytes", "db", "rgb")} for p in points]


def series(r):
    """Series of one place, ours alone and leaning on earlier dates, rivals inter-frame."""
    parts = [
        """## Series

Dates in order of time. The video codecs see the whole series (frames of both directions, any number of references: to read one date a
decoder needs others); JPEG2000, TEC-FP, TEC-ELIC and FlexTEC store each date alone, TEC-TT leans on at most two earlier ones. Means over
the first date, or over all dates from the third on, clouded ones included: bits of a 256 x 256 x 12 patch a date, and how many times more
bytes the others need for the same PSNR.

![curves](rate-distortion-series.png)
"""
    ]
    for place, s in r.series.items():
        area = s["dates"][0].area
        for first in (True, False):
            ours = {name: phase(v, first) for name, v in s["ours"].items()}
            theirs = {c: phase(v, first) for c, v in s["classical"].items()}
            rest = [name for name in ours if name != "TEC-FP"]
            rows = []
            for q, p in enumerate(ours["TEC-FP"]):
                row = [q, f"{p['bytes'] * 8 / area * PATCH:,.0f}", f"{p['db']:.2f}", f"{p['rgb']:.2f}"]
                row += [f"{ours[name][q]['bytes'] / p['bytes']:.3f}" for name in rest]
                rows.append(row + [times(metrics.at_quality(theirs[c], p["db"]) / p["bytes"]) for c in theirs])
            heads = ["step", "bits a date, TEC-FP", "PSNR", "true colour"]
            heads += [f"{name}, bytes relative" for name in rest] + [f"x {label(c)}" for c in theirs]
            rate_rows = []
            for name in ours:
                cells = [metrics.bd_rate(ours[name], theirs[c])[0] for c in theirs]
                cells.insert(0, 0.0 if name == "TEC-FP" else metrics.bd_rate(ours[name], ours["TEC-FP"])[0])
                rate_rows.append([name, *map(percent, cells)])
            rate_heads = ["BD-rate", "against TEC-FP", *(f"against {label(c)}" for c in theirs)]
            when = "the first date" if first else "from the third date on"
            tables = f"{table(heads, rows)}\n\n{table(rate_heads, rate_rows)}"
            parts.append(f"### {place}, {len(s['dates'])} dates: {when}\n\n{tables}\n")
    return "\n".join(parts)


def clouds(r):
    """Bytes of clouded series with and without coarser clouds."""
    if not r.clouds:
        return ""
    rows = []
    for place, steps in r.clouds.items():
        for step, found in steps.items():
            coarse, same = found["coarse"], found["same"]
            some = [i for i, p in enumerate(same) if p["share"] > 0.05]
            size = [[sum(p["bytes"] for p in points) for points in (same, coarse)]]
            size.append([sum(points[i]["bytes"] for i in some) for points in (same, coarse)])
            row = [place, len(same), f"{100 * np.mean([p['share'] for p in same]):.0f}", step]
            for before, after in size:
                row += [f"{before:,}", f"{after:,}", percent(after / before - 1) if before else "-"]
            for key in ("clear", "cloud"):
                row.append(" / ".join(f"{np.nanmean([p[key] for p in points]):.2f}" for points in (same, coarse)))
            rows.append(row)
    heads = ["series", "dates", "cloud, %", "step", "bytes, same", "bytes, coarse", "change"]
    heads += ["dates with cloud, same", "coarse", "change", "clear PSNR, same / coarse", "cloud PSNR, same / coarse"]
    return f"""## Cloud-aware bytes

Where the scene classes say cloud (8, 9), chunks are coded coarser unless `--clouds same` keeps them as fine as the rest. TEC-FP, bytes of
level 0 of all dates, classes included, and of the dates with more than 5 % of cloud; PSNR apart over clear and clouded pixels, mean of the
dates that have them. Boadella's classes come from a plain rule (its product is without). nrt_romania has its product's own classes but six
bands: the six others are a linear fit, and its place was in the training.

{table(heads, rows)}
"""


def uses(r):
    """What users compute from the pixels."""
    low, high = metrics.LAND
    parts = [
        f"""## What users do next

Before and after coding, decoded values rounded to integers: NDVI's mean absolute error; the share of pixels whose class by NDVI changes
(below {low}, to {high}, above); the share that MNDWI > 0 calls water before but not after or the other way round. Pixels whose two bands
sum to less than {metrics.FAINT} are left out. Ours / KLT+J2K / KLT+HEVC at **equal bytes**, means over the pictures whose curves reach so
few bytes (n).
"""
    ]
    rivals = ("klt", "kltHevc")
    for e, g in [*(("fp", g) for g in GROUPS), *((e, "ordinary") for e in r.ours if e == "elic")]:
        rows = []
        for q in r.steps:
            found = {}
            for p in r.of(g):
                size = r.ours[e][p.name][q]["bytes"]
                points = [r.ours[e][p.name][q]]
                for c in rivals:
                    keys = ("db", "rgb", "ssim", "ndvi", "land", "water")
                    points.append({key: metrics.at_bytes(r.single[c][p.name], size, key) for key in keys})
                if all(np.isfinite(point["db"]) for point in points):
                    found[p.name] = points
            if len(found) * 2 < len(r.of(g)):
                rows.append([q, len(found), *"------"])
                continue
            row = [q, len(found)]
            for key, scale, form in (
                ("db", 1, ".2f"),
                ("rgb", 1, ".2f"),
                ("ssim", 1, ".3f"),
                ("ndvi", 1, ".4f"),
                ("land", 100, ".2f"),
                ("water", 100, ".2f"),
            ):
                each = np.array([[point[key] for point in points] for points in found.values()], float)
                row.append(" / ".join(f"{scale * v:{form}}" for v in np.nanmean(each, 0)))
            rows.append(row)
        heads = ["step", "n", "PSNR", "true colour", "SSIM", "NDVI error", "land class changed, %", "water changed, %"]
        parts.append(f"### {g.capitalize()}, {label(e)}\n\n{table(heads, rows)}\n")
    return "\n".join(parts)


def tokens(r):
    """FlexTEC's first tokens alone against a fixed model at the same quality."""
    if not r.tokens:
        return ""
    pictures, rows = {p.name: p for p in r.pictures}, []
    for points in zip(*r.tokens.values(), strict=True):
        named = dict(zip(r.tokens, points, strict=True))
        row = [points[0]["tokens"], f"{np.mean([patch_bits(v, pictures[k]) for k, v in named.items()]):,.0f}"]
        row += [f"{np.mean([v[key] for v in points]):.2f}" for key in KEYS]
        row.append(f"{np.mean([v['ssim'] for v in points]):.3f}")
        row += [
            times(typical([v["bytes"] / metrics.at_quality(r.ours[e][k], v["db"]) for k, v in named.items()]))
            for e in r.leading()
        ]
        rows.append(row)
    heads = ["tokens", "bits", "PSNR", "true colour", "SSIM"]
    heads += [f"bytes relative to {label(e)} of that PSNR" for e in r.leading()]
    return f"""## FlexTEC by tokens

The first tokens of files of step {r.default}, the rest left out, without earlier dates; {len(r.tokens)} ordinary pictures.

{table(heads, rows)}
"""


def losses(r):
    """Every place in these tables where another codec needs fewer bytes."""
    lines = []
    for key, what in KEYS.items():
        for e in r.leading():
            for g in GROUPS:
                for c in r.rivals:
                    worse = fewer(f"{label(e)}, {g}, {what}", label(c), ratios(r, c, e, r.of(g), key).T)
                    lines += worse
    larger = []
    for p in r.pictures:
        rate = metrics.bd_rate(r.ours["fp"][p.name], r.single["klt"][p.name])[0]
        if rate > 0:
            larger.append(f"{p.name} ({percent(rate)})")
    if larger:
        lines.append(f"* TEC-FP, single pictures larger than KLT+J2K by BD-rate: {', '.join(larger)}.")
    for place, s in r.series.items():
        for name, points in s["ours"].items():
            if name == LABELS["flextec"]:
                continue
            for c, theirs in s["classical"].items():
                x = [[metrics.at_quality(phase(theirs, False), p["db"]) / p["bytes"]] for p in phase(points, False)]
                lines += fewer(f"{name}, {place} from the third date on", label(c), x)
    for e in r.leading():
        for c in r.before(e):
            for g in GROUPS:
                for key, what in KEYS.items():
                    lines += fewer(f"{label(e)}, {g}, {what}", label(c), ratios(r, c, e, r.of(g), key).T)
    note = " (FlexTEC with all tokens lies near TEC-FP)" * ("flextec" in r.ours)
    return f"## Where we lose\n\nAt equal PSNR{note}:\n\n" + ("\n".join(lines) or "Nowhere in these tables.") + "\n"


def fewer(ours, theirs, by_step):
    """One line where another codec needs fewer bytes than ours at some steps, none where it does not."""
    x = [typical(v) for v in by_step]
    worse = [q for q, v in enumerate(x) if v < 0.995]
    if not worse:
        return []
    plural = "s" * (len(worse) > 1)
    share, steps = ", ".join(f"{x[q]:.2f}" for q in worse), ", ".join(map(str, worse))
    return [f"* {ours}: {theirs} needs {share} of our bytes at step{plural} {steps}."]


def every_picture(r):
    """Each picture at the default quality."""
    rows = []
    others = [c for c in ("j2k", "klt", "kltHevc", "kltAv1", "fp 1.1") if c in r.curves]
    for p in sorted(r.pictures, key=lambda p: GROUPS.index(p.group)):
        point = r.ours["fp"][p.name][r.default]
        row = [p.name, p.group, f"{patch_bits(point, p):,.0f}", f"{point['db']:.2f}", f"{point['rgb']:.2f}"]
        row.append(f"{point['ssim']:.3f}")
        row += [times(metrics.at_quality(r.curves[c][p.name], point["db"]) / point["bytes"]) for c in others]
        rows.append([*row, percent(metrics.bd_rate(r.ours["fp"][p.name], r.single["klt"][p.name])[0])])
    heads = ["picture", "group", "bits", "PSNR", "true colour", "SSIM", *(f"x {label(c)}" for c in others)]
    what = f"## Every picture at the default quality (step {r.default}), TEC-FP"
    return f"{what}\n\n{table([*heads, 'BD-rate against KLT+J2K'], rows)}\n"


def brief(r):
    """The lines that the project's README takes from these figures."""
    fp, q, ordinary = r.ours["fp"], r.default, r.of("ordinary")
    lines = []
    for c in ("j2k", "klt", "kltHevc", "kltAv1"):
        if c in r.curves:
            ratio = ", ".join(times(v) for v in at_levels(r, c, "fp", "ordinary"))
            rate = ", ".join(f"{g} {percent(bd(r, 'fp', c, r.of(g))[0])}" for g in GROUPS)
            lines.append(f"{label(c)}: {ratio} times our bytes at {', '.join(map(str, WANTED))} dB; BD-rate {rate}")
    for e in r.leading():
        for c in [*(c for c in AGAINST if c in r.single), *r.before(e)]:
            rate = [f"{g} {percent(bd(r, e, c, r.of(g), 'rgb')[0])}" for g in GROUPS]
            lines.append(f"{label(e)} against {label(c)}, true colour: {', '.join(rate)}")
    points = [fp[p.name][q] for p in ordinary]
    lines.append(
        f"step {q}, ordinary: {np.mean([p['db'] for p in points]):.2f} dB, true colour {np.mean([p['rgb'] for p in points]):.2f}; "
        f"NDVI error {np.nanmean([p['ndvi'] for p in points]):.4f}, land class changed {100 * np.nanmean([p['land'] for p in points]):.2f} %, "
        f"water changed {100 * np.nanmean([p['water'] for p in points]):.2f} %"
    )
    return "\n".join(lines)
