"""Reads the Zarr stores of a running Tectile server with xarray and compares them with what `tectile decode` wrote:
python zarr_check.py http://127.0.0.1:8080/ COLLECTION ITEM DECODED.tif

Needs xarray, zarr 3, aiohttp (fsspec's HTTP), rasterio and pystac-client. Exits with 1 and a sentence at the first thing that isn't right.
"""

import sys
import warnings

import numpy as np
import rasterio
import xarray
from pystac_client import Client

BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]


def main(base: str, collection: str, item_id: str, decoded: str) -> None:
    warnings.simplefilter("ignore")
    with rasterio.open(decoded) as file:
        wanted, holes, transform, crs = file.read(), file.read_masks(1) == 0, file.transform, file.crs
    items = sorted(Client.open(base).search(collections=[collection]).items(), key=lambda one: one.datetime)
    cube = xarray.open_zarr(f"{base}collections/{collection}/zarr", consolidated=True)
    check(set(BANDS) <= set(cube.data_vars), f"the cube has {list(cube.data_vars)}")
    check([str(t)[:19] for t in cube.time.values] == [one.datetime.strftime("%Y-%m-%dT%H:%M:%S") for one in items], f"its dates are {cube.time.values}")
    check(rasterio.crs.CRS.from_user_input(cube.spatial_ref.attrs["spatial_ref"]) == crs, "its CRS differs")
    height, width = wanted.shape[1:]
    check((cube.x.values[0], cube.y.values[0]) == transform * (0.5, 0.5), f"its first pixel lies at {cube.x.values[0]}, {cube.y.values[0]}")

    at = [one.id for one in items].index(item_id)
    plain = xarray.open_zarr(f"{base}collections/{collection}/zarr", mask_and_scale=False)
    for i in (0, 7, 11):
        found = plain[BANDS[i]].isel(time=at, y=slice(0, height), x=slice(0, width)).values
        check(np.array_equal(np.where(found == 65535, 0, found), wanted[i]), f"{BANDS[i]}: its pixels differ from decode's")
    part = cube.isel(y=slice(40, 300), x=slice(30, 290))
    ndvi = ((part.B08 - part.B04) / (part.B08 + part.B04)).mean(["y", "x"]).values
    check(len(ndvi) == len(items) and np.all(np.abs(ndvi) < 1), f"its NDVI is {ndvi}")
    red, nir = (wanted[i, 40:300, 30:290].astype(float) for i in (3, 7))
    seen = plain.B04.isel(time=at, y=slice(40, 300), x=slice(30, 290)).values != 65535
    check(np.isclose(ndvi[at], ((nir - red) / (nir + red))[seen].mean(), atol=1e-5), f"its NDVI is {ndvi[at]} on {item_id}")

    single = xarray.open_zarr(f"{base}collections/{collection}/items/{item_id}/zarr", mask_and_scale=False)
    found = single.B11.isel(time=0).values
    check(np.array_equal(np.where(found == 65535, 0, found), wanted[BANDS.index("B11")]), "an item's own store differs")
    print(f"xarray sees what decode writes, and an NDVI series of {len(items)} dates")


def check(holds: bool, sentence: str) -> None:
    if not holds:
        sys.exit(sentence)


if __name__ == "__main__":
    main(*sys.argv[1:])
