"""odc.stac.load of two bands, 512 x 512 pixels, ten dates, cold: from a Tectile server against uncompressed COGs that nginx serves from disk.

python bench/odc-stac/run.py [--rounds 5] [--work .cache/odc-stac] [--write 1]

Needs odc-stac, rasterio and pystac (a Python that has them runs it), nginx and GDAL. See bench/README.md.
"""

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAIN = ROOT / "build/src/cli/main.js"
BANDS = ["B04", "B08"]
DATES = 10
SIDE = 512


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache/odc-stac")
    parser.add_argument("--write", default="")
    options = parser.parse_args()
    work = options.work.resolve()
    make_catalog(work)
    make_cogs(work)
    times: dict[str, list[float]] = {}
    spent: dict[str, list[float]] = {}
    for round_number in range(options.rounds):
        # Somewhere else each time, across the chunks' borders.
        window = 37 + 61 * round_number, 101 + 47 * round_number
        for threads in (1, 4):
            for name, serve in (("tectile", tectile), ("nginx", nginx)):
                server = serve(work)
                with server as port:
                    before = server.processor_seconds()
                    seconds = measure(work, f"{name}:{port}", window, threads)
                    spent.setdefault(f"{name}, {threads} threads", []).append(server.processor_seconds() - before)
                    times.setdefault(f"{name}, {threads} threads", []).append(seconds)
    report(times, spent, options.write == "1")


def report(times: dict[str, list[float]], spent: dict[str, list[float]], write: bool) -> None:
    for name, values in times.items():
        processor = statistics.median(spent[name])
        print(f"{name}: median {statistics.median(values):.2f} s, {min(values):.2f} to {max(values):.2f}; the server's processor {processor:.2f} s")
    ratios = {}
    for threads in (1, 4):
        both = zip(times[f"tectile, {threads} threads"], times[f"nginx, {threads} threads"])
        ratios[threads] = [ours / theirs for ours, theirs in both]
        print(f"{threads} threads: {statistics.median(ratios[threads]):.2f} times nginx's, {min(ratios[threads]):.2f} to {max(ratios[threads]):.2f}")
    if write:
        machine = f"{os.cpu_count()} cores, {platform.machine()}"
        result = {"machine": machine, "date": time.strftime("%Y-%m-%d"), "seconds": times, "processor_seconds": spent, "ratios": ratios}
        (ROOT / "bench/results/odc-stac.json").write_text(json.dumps(result, indent=2) + "\n")


def make_catalog(work: Path) -> None:
    """The demo's dates, and, to make ten, the first ones again in the next year."""
    catalog = work / "catalog"
    tectile_command("demo", "--catalog", catalog)
    folder = catalog / "landscape"
    present = sorted(folder.glob("*/*.json"))
    for i, item in enumerate(present[: DATES - len(present)]):
        decoded = work / f"again-2025-0{i + 1}-15.tif"
        # Each ingest may tell masks anew and write files under other names.
        file = json.loads(item.read_text())["assets"]["tec"]["href"]
        tectile_command("decode", item.parent / file, decoded)
        tectile_command("ingest", decoded, "--catalog", catalog, "--collection", "landscape")
        decoded.unlink()


def make_cogs(work: Path) -> None:
    """Uncompressed COGs as GDAL makes them, and the items with their addresses."""
    if (work / "items.json").exists():
        return
    (work / "cogs").mkdir(exist_ok=True)
    with tectile(work) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/collections/landscape/items?limit=100") as answer:
            items = json.load(answer)["features"]
        for item in items:
            for band in BANDS:
                source = f"/vsicurl/{item['assets'][band]['href']}"
                command = ["gdal_translate", "-q", "-of", "COG", "-co", "COMPRESS=NONE", source, work / f"cogs/{item['id']}_{band}.tif"]
                subprocess.run(command, check=True)
    (work / "items.json").write_text(json.dumps(items))


def tectile_command(*arguments) -> None:
    subprocess.run(["node", MAIN, *arguments], check=True, stdout=subprocess.DEVNULL)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """A process that answers at a port as long as the block runs."""

    def __init__(self, command, port: int, path: str) -> None:
        self.command, self.port, self.url = command, port, f"http://127.0.0.1:{port}/{path}"

    def __enter__(self) -> int:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url).close()
                self.settle()
                return self.port
            except OSError:
                time.sleep(0.1)
        sys.exit(f"nothing answers at {self.url}")

    def settle(self) -> None:
        """What a server does at its start is no part of an answer: waits until its processor time stands still."""
        for _ in range(60):
            before = self.processor_seconds()
            time.sleep(1)
            if self.processor_seconds() - before < 0.03:
                return

    def processor_seconds(self) -> float:
        """Of the process itself; nginx's workers are left out, which take next to nothing."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        self.process.wait()


def tectile(work: Path) -> Server:
    port = free_port()
    command = ["node", MAIN, "serve", "--catalog", work / "catalog", "--port", str(port), "--host", "127.0.0.1", "--provider", "cpu"]
    return Server(command, port, "readyz")


def nginx(work: Path) -> Server:
    port = free_port()
    settings = f"""
worker_processes auto; daemon off; pid {work}/nginx.pid; error_log {work}/error.log;
events {{}}
http {{ access_log off; sendfile on; server {{ listen 127.0.0.1:{port}; root {work}/cogs; autoindex on; }} }}
"""
    (work / "nginx.conf").write_text(settings)
    return Server([shutil.which("nginx") or "nginx", "-p", work, "-c", work / "nginx.conf"], port, "")


def measure(work: Path, name: str, window: tuple[int, int], threads: int) -> float:
    """In a process of its own, so that GDAL has kept nothing."""
    told = subprocess.run([sys.executable, __file__, "load", work, name, *map(str, window), str(threads)], check=True, capture_output=True, text=True)
    return float(told.stdout)


def load(work: Path, name: str, column: int, row: int, threads: int) -> None:
    import odc.stac
    import pystac
    from odc.geo.geobox import GeoBox

    server, port = name.split(":")
    items = [pystac.Item.from_dict(item) for item in json.loads((work / "items.json").read_text())]
    for item in items:
        for key in list(item.assets):
            if key not in BANDS:
                del item.assets[key]
                continue
            path = f"collections/landscape/items/{item.id}/assets/{key}.tif" if server == "tectile" else f"{item.id}_{key}.tif"
            item.assets[key].href = f"http://127.0.0.1:{port}/{path}"
    height, width = items[0].properties["proj:shape"]
    from affine import Affine

    transform = Affine(*items[0].properties["proj:transform"][:6])
    geobox = GeoBox((height, width), transform, items[0].properties["proj:code"])[row : row + SIDE, column : column + SIDE]
    odc.stac.configure_rio(cloud_defaults=True)
    start = time.perf_counter()
    cube = odc.stac.load(items, bands=BANDS, geobox=geobox, pool=threads)
    seconds = time.perf_counter() - start
    if cube.sizes["time"] != DATES or int(cube.B04.min()) < 0 or int(cube.B08.max()) == 0:
        sys.exit(f"{name} gave {cube}")
    print(seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        load(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), int(sys.argv[6]))
    else:
        main()
