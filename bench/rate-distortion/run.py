"""Rate and distortion of the shipped models against classical codecs on places they have not seen: docs/figures.md and its two charts.

    npm run build && python bench/rate-distortion/run.py [--model=models/tec-s2] [--build=build] [--threads=2] [--keyframes=4]

Needs ../shared/data and the packages named in README.md beside this file. Curves that don't change are kept in .cache.
"""
import dataclasses, os, sys
HERE = os.path.dirname(os.path.abspath(__file__)); ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [HERE, os.path.join(ROOT, "models", "training")]
import numpy as np
import charts, classical, data, document, evaluate, networks, ours

PLACES = {"Boadella": "eotdl_boadella/", "SSL4EO 0121563": "ssl4eo-s12/ssl4eos12_val_0121563"}   # file names are in order of time
CACHE = os.path.join(HERE, ".cache")


@dataclasses.dataclass
class Config:
    model: str = os.path.join(ROOT, "models", "tec-s2")
    build: str = os.path.join(ROOT, "build")
    threads: int = 2
    keyframes: int = 4          # TEC-TT: a date that others may lean on every so many


def main():
    cfg = Config()
    for a in sys.argv[1:]:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, type(getattr(cfg, k))(v))
    pictures = evaluate.selection()
    series = {place: [p for p in pictures if p.name.startswith(start)] for place, start in PLACES.items()}
    theirs = classical.curves(pictures, {n: np.stack([p.pixels for p in s]) for n, s in series.items()}, os.path.join(CACHE, "curves.json"), cfg.threads)
    codec = networks.OnnxCodec(os.path.abspath(cfg.model), cfg.threads)
    models = ours.Ours(codec, os.path.abspath(cfg.model), os.path.abspath(cfg.build), CACHE)
    entropies = models.entropies()
    models.measure(pictures)
    for e in ("fp", "elic", "flextec"):
        if e in entropies: attempt(e, lambda: models.single(e, pictures))
    found = {}
    for place, dates in series.items():
        db = np.array([[p["db"] for p in models.pixels[d.name]] for d in dates]).T
        stored = {ours.LABELS[e]: models.alone(e, dates) for e in models.curves}
        if "tt" in entropies: attempt("tt", lambda: stored.update(leaning(models, place, dates, cfg.keyframes)))
        found[place] = {"pictures": dates, "ours": {label: [{"bytes": list(b), "db": list(d)} for b, d in zip(size, db)] for label, size in stored.items()},
                        "classical": {c: classical.alone([theirs["single"][c][d.name] for d in dates]) if c == "klt" else theirs["series"][c][place]
                                      for c in classical.SERIES}}
    groups = np.array([evaluate.group(p) for p in pictures])
    bright = [p for p, g in zip(pictures, groups) if g == "bright"]
    tokens = {}
    if "flextec" in models.curves:
        few = [p for p, g in zip(pictures, groups) if g == "ordinary"][::4]
        attempt("flextec", lambda: tokens.update(models.tokens(few, codec.card["defaultQuality"])))
    r = document.Results(codec.card, pictures, groups, models.curves, theirs["single"], theirs["deflate"], found, tokens,
                         evaluate.measure(codec, codec.tables, bright, data.spectral_axes(data.images())))
    with open(os.path.join(ROOT, "docs", "figures.md"), "w") as f: f.write(document.document(r))
    charts.single(r, os.path.join(ROOT, "docs", "rate-distortion.png"))
    charts.series(r, os.path.join(ROOT, "docs", "rate-distortion-series.png"))
    print(document.losses(r))


def leaning(models, place, dates, every):
    """TEC-TT in two layouts: each date on the two before it; keyframes every so many dates, the others on the last two of these."""
    keys = lambda t: [] if t % every == 0 else [k for k in range(t - t % every, -1, -every)][:2]
    return {"TEC-TT, two dates before": models.series(place, dates, lambda t: [k for k in (t - 1, t - 2) if k >= 0]),
            f"TEC-TT, a keyframe every {every} dates": models.series(place, dates, keys)}


def attempt(entropy, measure):
    try: measure()
    except ours.Refused as why: print(f"{ours.LABELS[entropy]} is skipped: {why}")


if __name__ == "__main__": main()
