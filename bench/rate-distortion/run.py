"""Rate and distortion of the shipped models against classical codecs on places they have not seen: docs/figures.md and its charts.

    npm run build && python bench/rate-distortion/run.py

Needs ../shared/data and the packages named in README.md beside this file. What does not change is kept in .cache.
"""

import argparse
import os

import numpy as np

import charts
import classical
import document
import pictures as held
from ours import LABELS, Package, Refused

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
EARLIER = os.path.join(HERE, "tec-s2-1.1.json")
ASKED = (38, 42)  # dB, for --psnr
CLOUDY_STEPS = (3,)
SERIES = ("fp", "elic", "flextec")  # entropy models that code each date alone


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=os.path.join(ROOT, "models", "tec-s2"), help="folder of the package")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="folder of the compiled code")
    parser.add_argument("--cache", default=os.path.join(HERE, ".cache"), help="folder of what is kept")
    parser.add_argument("--docs", default=os.path.join(ROOT, "docs"), help="folder of figures.md and the charts")
    parser.add_argument(
        "--threads", type=int, default=2, help="processes of the classical codecs; 0: only what is kept"
    )
    parser.add_argument("--keyframes", type=int, default=4, help="TEC-TT: a date that others lean on every so many")
    parser.add_argument("--entropies", default=",".join(LABELS), help="our entropy models, TEC-FP always first")
    parser.add_argument("--freeze", metavar="FILE", help="write our curves of single dates to FILE, and end")
    return parser.parse_args()


def main():
    """Measures everything and writes it."""
    options = arguments()
    pictures = held.held_out()
    series = held.series(pictures)
    entropies = ["fp", *(e for e in options.entropies.split(",") if e != "fp")]
    package = Package(options.model, options.build, options.cache)
    try:
        steps = range(len(package.card["qualities"]))
        ours = {}
        for e in entropies:
            if e != "tt":
                attempt(LABELS[e], lambda e=e: ours.update({e: single(package, pictures, e, steps)}))
        if options.freeze:
            classical.write(options.freeze, {e: frozen(curves) for e, curves in ours.items()})
            return
        theirs, videos = classical.curves(pictures, series, os.path.join(options.cache, "classical"), options.threads)
        found = {}
        for place, dates in series.items():
            stored = {LABELS[e]: classical.alone([ours[e][d.name] for d in dates]) for e in SERIES if e in ours}
            if "tt" in entropies:
                attempt(LABELS["tt"], lambda s=stored, d=dates: s.update(leaning(package, d, steps, options.keyframes)))
            rivals = {"klt": classical.alone([theirs["klt"][d.name] for d in dates])}
            rivals |= {c: points[place] for c, points in videos.items()}
            found[place] = {"dates": dates, "ours": stored, "classical": rivals}
        r = document.Results(package.card, pictures, ours, theirs, earlier(), found)
        r.asked.update(asked(package, pictures))
        attempt("--clouds", lambda: r.clouds.update(clouds(package, pictures)))
        if "flextec" in ours:
            attempt("tokens", lambda: r.tokens.update(tokens(package, r)))
    finally:
        package.close()
    with open(os.path.join(options.docs, "figures.md"), "w") as file:
        file.write(document.document(r))
    charts.single(r, os.path.join(options.docs, "rate-distortion.png"))
    charts.series(r, os.path.join(options.docs, "rate-distortion-series.png"))
    print(document.brief(r), document.losses(r), sep="\n\n")


def attempt(what, measure):
    """Measures, or says why the package refused."""
    try:
        measure()
    except Refused as why:
        print(f"{what} is skipped: {why}", flush=True)


def single(package, pictures, entropy, steps):
    """{picture: curve} of an entropy model, each picture coded alone at each step."""
    curves = {}
    for p in sorted(pictures, key=lambda p: p.area):
        curves[p.name] = [package.point(p, entropy=entropy, quality=q) for q in steps]
    print(f"{LABELS[entropy]}: {len(curves)} pictures", flush=True)
    return curves


def leaning(package, dates, steps, every):
    """TEC-TT in two layouts: each date on the two before it, stored alone; and on the last two of keyframes every so many."""
    layouts = {
        f"{LABELS['tt']}, two dates before": lambda t: [k for k in (t - 1, t - 2) if k >= 0],
        f"{LABELS['tt']}, a keyframe every {every} dates": lambda t: (
            [] if t % every == 0 else [k for k in range(t - t % every, -1, -every)][:2]
        ),
    }
    return {name: layout(package, dates, steps, references) for name, references in layouts.items()}


def layout(package, dates, steps, references):
    """Points of a series of TEC-TT whose date t leans on the dates references(t), each stored alone."""
    points = []
    for q in steps:
        settings = {"entropy": "tt", "quality": q}
        each = []
        for t, date in enumerate(dates):
            leans = [(dates[k], (), settings) for k in references(t)]
            each.append(package.point(date, leans, **settings))
        points.append({key: [p[key] for p in each] for key in ("bytes", "db", "rgb")})
    return points


def asked(package, pictures):
    """{asked PSNR: {picture: point}} of the first selection; without the pictures that can't be kept so well."""
    chosen = [p for p in pictures if p.harvest == "first"]
    found = {db: {} for db in ASKED}
    for db in ASKED:
        for p in chosen:
            attempt(
                f"--psnr {db}", lambda db=db, p=p: found[db].update({p.name: package.point(p, entropy="fp", psnr=db)})
            )
    return {db: points for db, points in found.items() if points}


def clouds(package, pictures):
    """{place: {step: {"coarse", "same": [point of each date]}}} of the series with scene classes."""
    return {
        place: {
            q: {
                way: [package.point(p, entropy="fp", quality=q, clouds=way) for p in dates]
                for way in ("coarse", "same")
            }
            for q in CLOUDY_STEPS
        }
        for place, dates in held.masked_series(pictures).items()
    }


def tokens(package, r):
    """{picture: points by tokens} of every fourth ordinary picture at the default step."""
    return {
        p.name: package.points_by_tokens(p, entropy="flextec", quality=r.default)
        for p in r.of("ordinary", "first")[::4]
    }


def frozen(curves):
    """Curves without what no later figure needs of them."""
    kept = ("bytes", "db", "rgb", "ssim", "ssim12", "ndvi", "land", "water")
    short = {}
    for name, points in sorted(curves.items()):
        short[name] = [{k: p[k] for k in kept} | {"bands": list(np.round(p["bands"], 2))} for p in points]
    return short


def earlier():
    """Curves of the codec before, as they were measured of its last build: {"fp 1.1": {picture: curve}, ...}."""
    return {f"{entropy} 1.1": curves for entropy, curves in classical.read(EARLIER).items()}


if __name__ == "__main__":
    main()
