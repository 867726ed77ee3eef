"""Reads the COGs of a running Tectile server as data clients do and compares them with what `tectile decode` wrote:
python data_clients_check.py http://127.0.0.1:8080/ COLLECTION ITEM DECODED.tif

Needs pystac-client, rasterio and odc-stac; rio-cogeo, rioxarray, rio-tiler and stackstac are checked where they are installed.
Exits with 1 and a sentence at the first thing that isn't as a client may expect.
"""

import importlib.util
import sys
import warnings

import numpy as np
import odc.stac
import rasterio
from pystac_client import Client
from rasterio.env import GDALVersion
from rasterio.windows import Window

BANDS = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]


def main(base: str, collection: str, item_id: str, decoded: str) -> None:
    warnings.simplefilter("ignore")
    items = list(Client.open(base).search(collections=[collection]).items())
    item = next(one for one in items if one.id == item_id)
    with rasterio.open(decoded) as file:
        wanted, profile = file.read(), file.profile
    done = [check_rasterio(item, wanted, profile), check_odc(items, item, wanted)]
    # Since 3.10 it knows proj:code of the projection extension 2.0.
    if GDALVersion.runtime().at_least("3.10"):
        done.append(check_stacit(base, item, wanted))
    for name, optional in OPTIONAL.items():
        if importlib.util.find_spec(name) is not None:
            done.append(optional(item, wanted))
    print(f"{', '.join(done)} see what decode writes")


def check_rasterio(item, wanted, profile) -> str:
    for i, band in enumerate(BANDS):
        with rasterio.open(item.assets[band].href) as file:
            same = (file.crs, file.transform, file.nodata) == (profile["crs"], profile["transform"], profile["nodata"])
            check(same, f"{band}: {file.profile} isn't {profile}")
            check(file.descriptions == (band,), f"{band} is described as {file.descriptions}")
            check(np.array_equal(file.read(1), wanted[i]), f"{band}: rasterio's pixels differ from decode's")
            window = Window(131, 77, 150, 190)
            check(np.array_equal(file.read(1, window=window), cut(wanted[i], window)), f"{band}: a window differs")
            check(file.overviews(1) == [2] and file.is_tiled, f"{band} has overviews {file.overviews(1)}")
    return "rasterio"


def check_stacit(base, item, wanted) -> str:
    search = f"{base}search?collections={item.collection_id}&ids={item.id}"
    with rasterio.open(f'STACIT:"{search}":asset=B8A') as file:
        check(np.array_equal(file.read(1), wanted[BANDS.index("B8A")]), "STACIT's pixels differ from decode's")
    with rasterio.open(search) as file:
        check("tec" not in "".join(file.subdatasets), "STACIT takes the latents for data")
    return "STACIT"


def check_odc(items, item, wanted) -> str:
    at = str(item.datetime.replace(tzinfo=None))
    cube = odc.stac.load(items, bands=["B04", "B08"], groupby="id", geobox=odc.stac.load([item], bands=["B04"]).odc.geobox)
    check(cube.sizes["time"] == len(items), f"odc-stac finds {cube.sizes['time']} dates of {len(items)}")
    for band in cube.data_vars:
        check(cube[band].dtype == wanted.dtype, f"odc-stac has {cube[band].dtype} for {band}")
        same = np.array_equal(cube[band].sel(time=at, method="nearest").values, wanted[BANDS.index(band)])
        check(same, f"{band}: odc-stac's pixels differ from decode's")
    everything = odc.stac.load([item])
    check("tec" not in "".join(everything.data_vars), "odc-stac takes the latents for data")
    return "odc-stac"


def check_cogeo(item, _wanted) -> str:
    from rio_cogeo.cogeo import cog_validate

    for key in [*BANDS, "visual", "valid"]:
        told = cog_validate(item.assets[key].href, strict=True, quiet=True)
        check(told == (True, [], []), f"rio-cogeo says of {key}: {told}")
    return "rio-cogeo"


def check_rioxarray(item, wanted) -> str:
    import rioxarray

    array = rioxarray.open_rasterio(item.assets["B11"].href)
    check(np.array_equal(array.values[0], wanted[BANDS.index("B11")]), "rioxarray's pixels differ from decode's")
    return "rioxarray"


def check_rio_tiler(item, wanted) -> str:
    from rio_tiler.io import STACReader

    with STACReader(item.self_href) as reader:
        check("tec" not in reader.assets, "rio-tiler takes the latents for data")
        part = reader.preview(assets=["B08"], max_size=None)
        check(np.array_equal(part.data[0], wanted[BANDS.index("B08")]), "rio-tiler's pixels differ from decode's")
    return "rio-tiler"


def check_stackstac(item, wanted) -> str:
    import stackstac

    # It doesn't know proj:code of the projection extension 2.0 and would guess the grid from the box in degrees.
    height, width = item.properties["proj:shape"]
    size, _, west, _, _, north = item.properties["proj:transform"]
    grid = {
        "epsg": int(item.properties["proj:code"][5:]),
        "resolution": size,
        "bounds": [west, north - height * size, west + width * size, north],
    }
    cube = stackstac.stack([item.to_dict()], assets=["B02"], rescale=False, fill_value=0, dtype="float64", **grid)
    check(np.array_equal(cube.values[0, 0], wanted[BANDS.index("B02")]), "stackstac's pixels differ from decode's")
    return "stackstac"


OPTIONAL = {
    "rio_cogeo": check_cogeo,
    "rioxarray": check_rioxarray,
    "rio_tiler": check_rio_tiler,
    "stackstac": check_stackstac,
}


def cut(array, window: Window):
    return array[window.row_off : window.row_off + window.height, window.col_off : window.col_off + window.width]


def check(holds: bool, sentence: str) -> None:
    if not holds:
        sys.exit(sentence)


if __name__ == "__main__":
    main(*sys.argv[1:])
