"""Starts TiTiler, has it read a server's items and bands over HTTP, and asks both the same: titiler_check.py BASE COLLECTION ITEM.

Pictures are compared pixel by pixel; of JSON, it prints which fields differ, question by question.
"""

import json
import re
import sys
import warnings
from urllib.parse import quote

import numpy as np
from comparing import BILINEAR, CLOSE, COARSE, FEATURE, NEAREST, SAME, ask, compare_pictures, differing_fields, serve, tile
from fastapi import FastAPI
from rio_tiler.io import STACReader
from titiler.core import __version__
from titiler.core.errors import DEFAULT_STATUS_CODES, add_exception_handlers
from titiler.core.factory import MultiBaseTilerFactory, TilerFactory

base, collection, item = sys.argv[1:]
warnings.filterwarnings("ignore")

app = FastAPI()
app.include_router(TilerFactory(router_prefix="/cog").router, prefix="/cog")
app.include_router(MultiBaseTilerFactory(router_prefix="/stac", reader=STACReader).router, prefix="/stac")
add_exception_handlers(app, DEFAULT_STATUS_CODES)
titiler = serve(app)

document = f"{base}collections/{collection}/items/{item}"
# TiTiler reads one band's COG as a file, here a file is that of all bands.
URLS = {"/stac": (document, document), "/cog": (f"{document}/assets/tec", f"{document}/assets/B08.tif")}


def both(kind, path, query, body=None):
    """Of /cog the eighth band: `bidx` is its place in our file, and 1 in TiTiler's."""
    ours, theirs = URLS[kind]
    own = "bidx=8&" if kind == "/cog" else ""
    return (
        ask(f"{base[:-1]}{kind}/{path}?{own}{query}&url={quote(ours, safe='')}", body),
        ask(f"{titiler}{kind}/{path}?{query}&url={quote(theirs, safe='')}", body),
    )


# Of a whole item in another CRS, across which GDAL's positions are off by a little more.
WHOLE = 0.012
PICTURES = [
    *(("/stac", f"{tile(zoom)}.npy", f"assets=B04&{NEAREST}", CLOSE) for zoom in (13, 14, 16)),
    *(("/stac", f"{tile(zoom)}.npy", f"assets=B04&assets=B08&{BILINEAR}", CLOSE) for zoom in (13, 14, 16)),
    # Coarser than the item, where the levels that are read are chosen by different rules.
    *(("/stac", f"{tile(zoom)}.npy", f"assets=B04&{BILINEAR}", COARSE) for zoom in (11, 12)),
    ("/stac", f"{tile(14)}.npy", f"assets=B04&{NEAREST}&tilesize=512&buffer=2", CLOSE),
    ("/stac", f"{tile(14)}.npy", f"assets=B04&{BILINEAR}&tilesize=512", CLOSE),
    ("/stac", f"{tile(14)}.npy", f"assets=B04&assets=B08&expression=(b2-b1)/(b2%2Bb1%2B1)&{BILINEAR}", CLOSE),
    ("/stac", "tiles/WorldCRS84Quad/13/8329/2164.npy", f"assets=B04&{BILINEAR}", CLOSE),
    ("/stac", f"{tile(14)}.png", f"assets=B04&rescale=0,4000&{NEAREST}", CLOSE),
    ("/stac", f"{tile(14)}.png", f"assets=B08&rescale=0,4000&colormap_name=viridis&{BILINEAR}", CLOSE),
    (
        "/stac",
        f"{tile(14)}.png",
        f"assets=B04&assets=B03&assets=B02&rescale=0,4000&color_formula=gamma%20rgb%201.3&{BILINEAR}",
        CLOSE,
    ),
    ("/stac", "preview.npy", "assets=B04&assets=B08", SAME),
    ("/stac", "preview.npy", "assets=B04&width=210&height=200", SAME),
    ("/stac", "preview.npy", f"assets=B04&max_size=128&{BILINEAR}", COARSE),
    ("/stac", "preview.npy", f"assets=B04&dst_crs=EPSG:3857&{BILINEAR}", WHOLE),
    ("/stac", "preview.npy", f"assets=B04&dst_crs=EPSG:4326&{BILINEAR}", WHOLE),
    # TiTiler warps at full size and makes that smaller.
    ("/stac", "preview.npy", f"assets=B04&dst_crs=EPSG:4326&max_size=300&{BILINEAR}", 0.06),
    ("/cog", "preview.npy", f"dst_crs=EPSG:32630&width=512&{BILINEAR}", WHOLE),
    ("/stac", "preview/105x100.png", f"assets=B04&rescale=0,4000&{BILINEAR}", COARSE),
    ("/stac", "bbox/3.0052,42.4302,3.0203,42.4401.npy", f"assets=B04&{BILINEAR}", CLOSE),
    ("/stac", "bbox/3.0052,42.4302,3.0203,42.4401.npy", f"assets=B04&dst_crs=EPSG:3857&{BILINEAR}", CLOSE),
    ("/stac", "bbox/501000,4697000,503000,4698500.npy", "assets=B04&coord_crs=EPSG:32631&dst_crs=EPSG:32631", SAME),
    ("/stac", "bbox/3.0052,42.4302,3.0203,42.4401/64x48.png", f"assets=B04&rescale=0,4000&{BILINEAR}", COARSE),
    ("/stac", "feature.npy", f"assets=B04&{BILINEAR}", CLOSE, FEATURE),
    ("/stac", "feature/128x128.png", f"assets=B04&rescale=0,4000&{NEAREST}", COARSE, FEATURE),
    ("/cog", f"{tile(14)}.npy", BILINEAR, CLOSE),
    ("/cog", "preview.npy", "", SAME),
    ("/cog", "bbox/3.0052,42.4302,3.0203,42.4401.npy", BILINEAR, CLOSE),
    ("/cog", "feature.npy", BILINEAR, CLOSE, FEATURE),
]

for kind, path, query, most, *body in PICTURES:
    compare_pictures(f"{kind}/{path}?{query}", *both(kind, path, query, *body), most)


def told(path, query):
    return [json.loads(answer.data) for answer in both("/stac", path, query)]


# Of a few zooms, a tileset's limits are TiTiler's; in another CRS, so is its box.
for name in ("WebMercatorQuad", "WorldCRS84Quad"):
    limits = [one["tileMatrixSetLimits"] for one in told(f"tiles/{name}", "assets=B04&minzoom=11&maxzoom=14")]
    assert limits[0] == limits[1] and len(limits[0]) == 4, (name, limits)
for crs in ("EPSG:32631", "EPSG:3857", "EPSG:3035"):
    boxes = [one["tilesets"][0]["boundingBox"] for one in told("tiles", f"assets=B04&crs={crs}")]
    assert boxes[0]["crs"] == boxes[1]["crs"], boxes
    for corner in ("lowerLeft", "upperRight"):
        assert np.allclose(boxes[0][corner], boxes[1][corner], rtol=0, atol=1), (crs, boxes)

DOCUMENTS = [
    ("/stac", "info", "assets=B04&assets=B08"),
    ("/stac", "info.geojson", "assets=B04"),
    ("/stac", "assets", ""),
    ("/stac", "point/3.0205,42.4312", "assets=B04&assets=B08"),
    ("/stac", "point/3.0205,42.4312", "assets=B04&assets=B08&expression=b1/b2"),
    ("/stac", "statistics", "assets=B04&assets=B08&p=5&p=95&histogram_bins=7"),
    ("/stac", "statistics", "assets=B04&categorical=true"),
    ("/stac", "statistics", "assets=B04", FEATURE),
    ("/stac", "asset_statistics", "assets=B04&histogram_range=0,5000"),
    ("/stac", "WebMercatorQuad/tilejson.json", "assets=B04&tile_format=png&rescale=0,4000"),
    ("/stac", "tiles/WebMercatorQuad", "assets=B04"),
    ("/cog", "info", ""),
    ("/cog", "info.geojson", ""),
    ("/cog", "info.geojson", "crs=EPSG:3857"),
    ("/cog", "point/3.0205,42.4312", ""),
    ("/cog", "statistics", ""),
    ("/cog", "WebMercatorQuad/tilejson.json", "tile_format=png"),
]

# A point is not rounded to whole digital numbers here; an area's figures are of pixels of another grid in TiTiler.
WITHIN = {"values": 1e-3} | {
    f"properties.statistics.*.{figure}": 0.01 for figure in ("mean", "median", "std", "percentile_2", "percentile_98")
}
differing = {}
for kind, path, query, *body in DOCUMENTS:
    ours, theirs = both(kind, path, query, *body)
    assert (ours.status, theirs.status) == (200, 200), f"{kind}/{path}: {ours.status} {theirs.status}"
    found = differing_fields(json.loads(ours.data), json.loads(theirs.data), WITHIN)
    key = re.sub(r"/[0-9.]+,[0-9.]+", "/{lon},{lat}", path).replace("WebMercatorQuad", "{tileMatrixSetId}")
    key = f"{'POST' if body else 'GET'} {kind}/{key}"
    differing[key] = sorted(found | set(differing.get(key, [])))
print(json.dumps({"version": __version__, "pictures": len(PICTURES), "differing": differing}))
