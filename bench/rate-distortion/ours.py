"""Our models: the bytes of level 0 in the files that the built package writes, and the pixels that they decode to.

All entropy models of a package store the same latents, so pixels are synthesised once a picture and step, through onnxruntime; that they are
those of the file is checked by the PSNR that its writer tells. What FlexTEC's first tokens give is decoded by the package.
"""
import hashlib, json, os, struct, subprocess, tempfile
import numpy as np, tifffile
import metrics, tables

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
LABELS = {"fp": "TEC-FP", "elic": "TEC-ELIC", "tt": "TEC-TT", "flextec": "FlexTEC"}
TOKENS = tuple(range(17))            # qualities of FlexTEC
GEOREFERENCE = [(33550, "d", 3, (10., 10., 0.), False), (33922, "d", 6, (0., 0., 0., 5e5, 5e6, 0.), False),
                (34735, "H", 16, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32631), False)]


class Refused(Exception): """The package did not encode: its sentence."""


class Ours:
    def __init__(self, codec, folder, build, cache):
        self.codec, self.folder, self.cache = codec, folder, cache
        self.card = codec.card
        self.steps = len(codec.tables.gain)
        self.pixels, self.curves = {}, {}                                        # {picture: points}; {entropy: {picture: curve}}
        self.stored = {}                                                         # (picture, step): the file that others lean on
        self.work = tempfile.TemporaryDirectory(prefix="rate-distortion-")
        self.script, self.process = os.path.join(build, "bench", "rate-distortion", "files.js"), None
        if not os.path.exists(self.script): raise SystemExit(f"{self.script} is missing: run `npm run build` first")
        os.makedirs(cache, exist_ok=True)

    def entropies(self):
        """The entropy models that the package holds, FP first; says which are skipped. TEC-TT's networks serve FlexTEC."""
        context = self.card["entropy"].get("context", {})
        held = {"fp": True, "elic": "elic" in context, "tt": "tt" in context, "flextec": "tt" in context}
        for e in held:
            if not held[e]: print(f"{LABELS[e]} is skipped: {self.folder}/model.json names no {e} model yet")
        return [e for e in held if held[e]]

    def measure(self, pictures):
        """Synthesises every picture at all steps: self.pixels = {picture: [point without bytes]}."""
        kept, t = self.kept("pixels", "fp"), self.codec.tables
        for p in pictures:
            if p.name in kept: continue
            y, (h, w) = self.codec.analyse(p.pixels), p.pixels.shape[1:]
            symbols = [tables.quantise(y, t.gain[q], t.rounding[q]) for q in range(self.steps)]
            kept[p.name] = [metrics.measures(p.pixels, self.codec.synthesise(s * t.degain[q][:, None, None])[:, :h, :w]) for q, s in enumerate(symbols)]
            self.keep("pixels", "fp", kept)
        self.pixels = kept

    def single(self, entropy, pictures):
        """self.curves[entropy] = {picture: curve} at all steps, each picture coded alone."""
        jobs = [(p, q) for p in pictures for q in range(self.steps)]
        self.encode_all(entropy, [(f"{p.name} {q}", p, entropy, q, ()) for p, q in jobs])
        kept = self.kept("bytes", entropy)
        for p, q in jobs:
            told, db = kept[f"{p.name} {q}"][1], self.pixels[p.name][q]["db"]
            if abs(told - db) > .02: print(f"{LABELS[entropy]}, {p.name}, step {q}: its writer tells {told} dB, its latents should give {db:.2f}")
        self.curves[entropy] = {p.name: [self.pixels[p.name][q] | {"bytes": kept[f"{p.name} {q}"][0]} for q in range(self.steps)] for p in pictures}

    def alone(self, entropy, pictures):
        """Bytes [steps, dates], each date coded alone."""
        return np.array([[p["bytes"] for p in self.curves[entropy][date.name]] for date in pictures]).T

    def series(self, place, pictures, references):
        """Bytes [steps, dates] of TEC-TT: date t leans on the dates references(t); one without them stands alone (TEC-ELIC where there is one)."""
        tag = lambda t, q: f"{place} {pictures[t].name} {q} {'+'.join(str(r) for r in references(t))}"
        jobs = [(t, q) for q in range(self.steps) for t in range(len(pictures)) if references(t)]
        missing = [j for j in jobs if tag(*j) not in self.kept("bytes", "tt")]
        for key, picture in {(pictures[r].name, q): pictures[r] for t, q in missing for r in references(t)}.items():
            if key not in self.stored: self.stored[key] = self.encode(picture, "fp", key[1], ())[2]
        self.encode_all("tt", [(tag(t, q), pictures[t], "tt", q, [self.stored[pictures[r].name, q] for r in references(t)]) for t, q in missing])
        kept = self.kept("bytes", "tt")
        alone = self.curves.get("elic", self.curves["fp"])
        return np.array([[kept[tag(t, q)][0] if references(t) else alone[pictures[t].name][q]["bytes"] for t in range(len(pictures))]
                         for q in range(self.steps)])

    def tokens(self, pictures, step):
        """{picture: [point of each of TOKENS]}: a FlexTEC file's first tokens alone, read and decoded."""
        kept = self.kept("tokens", "flextec")
        for p in pictures:
            if p.name in kept: continue
            path, points = self.encode(p, "flextec", step, ())[2], []
            for q in TOKENS:
                out = f"{path}.{q}.tif"
                self.ask({"decode": path, "out": out, "tokens": q})
                x = tifffile.imread(out); os.remove(out)
                x = np.moveaxis(x, -1, 0) if x.shape[-1] == 12 else x
                points.append(metrics.measures(p.pixels, x.astype(np.float32)) | {"bytes": stored_bytes(path, q), "tokens": q})
            kept[p.name] = points; self.keep("tokens", "flextec", kept)
        return {p.name: kept[p.name] for p in pictures}

    def encode_all(self, entropy, jobs):
        """Writes what is not kept yet; jobs: [(tag, picture, entropy, step, references)]."""
        kept = self.kept("bytes", entropy)
        todo = [j for j in jobs if j[0] not in kept]
        if todo: print(f"{LABELS[entropy]}: {len(todo)} files to write", flush=True)
        for i, (tag, *job) in enumerate(todo):
            size, db, path = self.encode(*job); os.remove(path)
            kept[tag] = (size, db)
            if i % 30 == 29 or i == len(todo) - 1: self.keep("bytes", entropy, kept)

    def encode(self, picture, entropy, step, references):
        """-> (bytes of level 0, PSNR that its writer tells, the file's path)."""
        source = os.path.join(self.work.name, picture.name.replace("/", "_"))
        out = f"{source}.{entropy}.{step}.{hashlib.sha1(repr(references).encode()).hexdigest()[:6]}.tec.tif"
        if not os.path.exists(source):
            tifffile.imwrite(source, np.round(picture.pixels).astype(np.uint16), planarconfig="separate", photometric="minisblack", extratags=GEOREFERENCE)
        told = self.ask({"encode": source, "out": out, "entropy": entropy, "quality": step, "references": list(references)})
        return stored_bytes(out), told["psnr"], out

    def ask(self, job):
        """files.ts's answer to one job. @raises Refused"""
        if self.process is None:
            self.process = subprocess.Popen(["node", self.script, self.card["id"], os.path.dirname(self.folder)], text=True, bufsize=1,
                                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        print(json.dumps(job), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline() or json.dumps({"error": self.process.stderr.read()[-500:]}))
        if "error" in answer: raise Refused(answer["error"])
        return answer

    def path(self, what, entropy):
        """Kept by what decides the figures: the networks, and of the entropy models FP alone or all."""
        parts = {k: self.card[k] for k in ("analysis", "synthesis")} | {"entropy": self.card["entropy"]["fp"] if entropy == "fp" else self.card["entropy"]}
        return os.path.join(self.cache, f"{what}-{entropy}-{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]}.json")

    def kept(self, what, entropy):
        path = self.path(what, entropy)
        return json.load(open(path)) if os.path.exists(path) else {}

    def keep(self, what, entropy, values):
        with open(self.path(what, entropy) + ".part", "w") as f: json.dump(values, f)
        os.replace(self.path(what, entropy) + ".part", self.path(what, entropy))


def stored_bytes(path, tokens=16):
    """Bytes of level 0's chunks whole, or with only the first of FlexTEC's tokens (sections 16 .. 31 of docs/format.md)."""
    with tifffile.TiffFile(path) as file:
        level = file.pages[1]
        places = [(at, n) for at, n in zip(level.tags["TileOffsets"].value, level.tags["TileByteCounts"].value) if n]
    if tokens == 16: return sum(n for _, n in places)
    total = 0
    with open(path, "rb") as f:
        for at, n in places:
            f.seek(at); chunk = f.read(n)
            entries = struct.unpack_from(f"<{chunk[5]}I", chunk, 16)
            total += n - sum(e >> 8 for e in entries if 16 + tokens <= e & 255 < 32)
    return total
