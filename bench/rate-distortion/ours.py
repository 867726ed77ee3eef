"""Our codec as a user has it: files that the built package writes, what their chunks take, and the pixels that it decodes.

Points are those of metrics.py; bytes are those of level 0's chunks whole (heads, side information, streams, masks).
"""

import glob
import hashlib
import json
import os
import struct
import subprocess
import tempfile
import time

import numpy as np
import tifffile

import metrics
from classical import read, write

LABELS = {"fp": "TEC-FP", "elic": "TEC-ELIC", "tt": "TEC-TT", "flextec": "FlexTEC"}
TOKENS = 16  # of a whole FlexTEC file
TOKEN_SECTION = 16  # id of the first token's section in a chunk (docs/format.md)
CHUNK = 256  # px a side
CHUNK_HEAD = 16  # bytes before a chunk's table of sections
DECIDING = ("codec", "container", "ingest", "model")  # rooms of the package whose code decides what files hold
GEOREFERENCE = [
    (33550, "d", 3, (10.0, 10.0, 0.0), False),
    (33922, "d", 6, (0.0, 0.0, 0.0, 5e5, 5e6, 0.0), False),
    (34735, "H", 16, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32631), False),
]


class Refused(Exception):
    """The package did not encode or decode: its sentence."""


class Package:
    """The built package with one model. What it coded once is kept in `cache`, under a hash of the model and of the code."""

    def __init__(self, model, build, cache):
        self.folder = os.path.abspath(model)
        with open(os.path.join(self.folder, "model.json")) as file:
            self.card = json.load(file)
        self.script = os.path.join(build, "bench", "rate-distortion", "files.js")
        if not os.path.exists(self.script):
            raise SystemExit(f"{self.script} is missing: run `npm run build` first")
        os.makedirs(cache, exist_ok=True)
        self.path = os.path.join(cache, f"ours-{self.state(build)}-{metrics.VERSION}.json")
        self.kept, self.saved = read(self.path), time.time()
        self.work = tempfile.TemporaryDirectory(prefix="rate-distortion-")
        self.process = None

    def state(self, build):
        """A hash of the model's card and of the compiled code that decides what files hold."""
        state = hashlib.sha256(json.dumps(self.card, sort_keys=True).encode())
        for room in DECIDING:
            for path in sorted(glob.glob(os.path.join(build, "src", room, "**", "*.js"), recursive=True)):
                with open(path, "rb") as file:
                    state.update(file.read())
        return state.hexdigest()[:12]

    def point(self, picture, references=(), **settings):
        """Codes a picture -> its point. settings: of files.ts; references: [(picture, references, settings)] that it leans on."""
        tag = self.tag(picture, references, settings)
        if tag not in self.kept:
            path = self.file(picture, references, **settings)
            self.keep(tag, self.measured(picture, path) | {"bytes": stored_bytes(path)})
        return self.kept[tag]

    def points_by_tokens(self, picture, **settings):
        """A FlexTEC file's points when only its first 1 .. 16 tokens are read."""
        tag = f"{self.tag(picture, (), settings)} by tokens"
        if tag not in self.kept:
            path, points = self.file(picture, **settings), []
            for tokens in range(1, TOKENS + 1):
                size = {"bytes": stored_bytes(path, tokens), "tokens": tokens}
                points.append(self.measured(picture, path, tokens) | size)
            self.keep(tag, points)
        return self.kept[tag]

    def file(self, picture, references=(), **settings):
        """Writes a picture's file, and before it those that it leans on, unless it is there -> its path."""
        tag = self.tag(picture, references, settings)
        out = os.path.join(self.work.name, hashlib.sha1(tag.encode()).hexdigest()[:16] + ".tec.tif")
        if os.path.exists(out):
            return out
        leaning = [self.file(p, of, **chosen) for p, of, chosen in references]
        self.ask({"encode": self.source(picture), "out": out, "references": leaning, **settings})
        return out

    def source(self, picture):
        """Writes a picture as a GeoTIFF, its scene classes beside it, unless it is there -> its path."""
        path = os.path.join(self.work.name, picture.name.replace("/", "_").removesuffix(".tif"))
        path += ".tif" if picture.classes is None else ".classes.tif"
        if not os.path.exists(path):
            options = {"photometric": "minisblack", "extratags": GEOREFERENCE}
            if picture.classes is not None:
                tifffile.imwrite(path.removesuffix(".tif") + "_SCL.tif", picture.classes, **options)
            tifffile.imwrite(path, np.round(picture.pixels).astype(np.uint16), planarconfig="separate", **options)
        return path

    def measured(self, picture, path, tokens=TOKENS):
        """Decodes a file by the package -> a point without its bytes; with classes also of clear and clouded pixels, dB."""
        decoded = self.decoded(path, tokens)
        point = metrics.measures(picture.pixels, decoded)
        point["chunks"] = chunk_psnrs(picture.pixels - decoded)
        if picture.classes is not None:
            error, cloud = picture.pixels - decoded, (picture.classes == 8) | (picture.classes == 9)
            point["clear"] = metrics.psnr(error[:, ~cloud]) if not cloud.all() else float("nan")
            point["cloud"] = metrics.psnr(error[:, cloud]) if cloud.any() else float("nan")
            point["share"] = float(cloud.mean())
        return point

    def decoded(self, path, tokens=TOKENS):
        """float32 [12, h, w] in DN."""
        out = f"{path}.decoded.tif"
        self.ask({"decode": path, "out": out, "tokens": tokens})
        x = tifffile.imread(out)
        os.remove(out)
        return (np.moveaxis(x, -1, 0) if x.shape[-1] == 12 else x).astype(np.float32)

    def ask(self, job):
        """files.ts's answer to one job. @raises Refused"""
        if self.process is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            run = ["node", self.script, self.card["id"], os.path.dirname(self.folder)]
            self.process = subprocess.Popen(run, text=True, bufsize=1, **pipes)
        print(json.dumps(job), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": self.process.stderr.read()[-500:]}
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def tag(self, picture, references, settings):
        """What a kept point is known by."""
        leaning = [self.tag(*reference) for reference in references]
        classes = "" if picture.classes is None else " with classes"
        return f"{picture.name}{classes} {json.dumps(settings, sort_keys=True)}" + (f" {leaning}" if leaning else "")

    def keep(self, tag, value):
        """Keeps a value, in the file too twice a minute."""
        self.kept[tag] = value
        if time.time() - self.saved > 30:
            self.save()

    def save(self):
        """Writes what is kept."""
        write(self.path, self.kept)
        self.saved = time.time()

    def close(self):
        """Saves, and ends the process."""
        self.save()
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()
        self.work.cleanup()


def chunk_psnrs(error):
    """PSNR in dB of each block of CHUNK x CHUNK px of an error [12, h, w]."""
    rows, columns = (range(0, size, CHUNK) for size in error.shape[1:])
    return [round(metrics.psnr(error[:, y : y + CHUNK, x : x + CHUNK]), 3) for y in rows for x in columns]


def stored_bytes(path, tokens=TOKENS):
    """Bytes of level 0's chunks whole, or with only the first of FlexTEC's tokens."""
    with tifffile.TiffFile(path) as file:
        tags = file.pages[1].tags
        places = [(at, n) for at, n in zip(tags["TileOffsets"].value, tags["TileByteCounts"].value, strict=True) if n]
    if tokens == TOKENS:
        return sum(n for _, n in places)
    total = 0
    with open(path, "rb") as file:
        for at, n in places:
            file.seek(at)
            chunk = file.read(n)
            entries = struct.unpack_from(f"<{chunk[5]}I", chunk, CHUNK_HEAD)
            unread = (e >> 8 for e in entries if TOKEN_SECTION + tokens <= e & 255 < TOKEN_SECTION + TOKENS)
            total += n - sum(unread)
    return total
