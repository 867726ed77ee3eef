"""Starts titiler-pgstac, whose pgSTAC has a server's collection and items, and asks both the same: pgstac_check.py BASE COLLECTION ITEM.

PGHOST, PGPORT, ... say where pgSTAC is. Pictures are compared pixel by pixel; of JSON, it prints which fields differ, question by question, in words of
titiler-pgstac's operations, where `{mosaic}` is a search or a collection and `{item}` an item.
"""

import json
import os
import re
import sys
import warnings
from itertools import product
from urllib.parse import quote

from comparing import BILINEAR, CLOSE, COARSE, FEATURE, NEAREST, SAME, ask, compare_pictures, differing_fields, serve, tile

# All dates count, wherever newer ones reach: what lies below a hole is seen, and means are of all.
os.environ |= {"TITILER_PGSTAC_SEARCH_EXITWHENFULL": "false", "TITILER_PGSTAC_SEARCH_SKIPCOVERED": "false"}
os.environ |= {"TITILER_PGSTAC_CACHE_DISABLE": "true", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
from titiler.pgstac import __version__  # noqa: E402
from titiler.pgstac.main import app  # noqa: E402

base, collection, item = sys.argv[1:]
warnings.filterwarnings("ignore")
here, there = base.rstrip("/"), serve(app)
OLDEST, NEWEST = f"{collection}_2024-01-10", f"{collection}_2024-07-10"


def register(search, metadata=None):
    """The same search on both, by their ids for it."""
    body = search | {"metadata": metadata or {"name": "all"}}
    return tuple(f"searches/{json.loads(ask(f'{root}/searches/register', body).data)['id']}" for root in (here, there))


def both(paths, rest, body=None):
    return tuple(ask(f"{root}/{path}/{rest}", body) for root, path in zip((here, there), paths))


SEARCH, COLLECTION, ITEM = register({"collections": [collection]}), (f"collections/{collection}",) * 2, (f"collections/{collection}/items/{item}",) * 2
GRID = "coord_crs=EPSG:32631&dst_crs=EPSG:32631"
# On the items' own pixels, all three dates.
BOX = "bbox/501000,4696200,504000,4699800"
DEGREES = "bbox/3.0052,42.4302,3.0303,42.4401"
RED = "assets=B04"
EDGES = f"{RED}&{NEAREST}"

PICTURES = [
    *((SEARCH, f"{tile(zoom)}.npy?{EDGES}", CLOSE) for zoom in (11, 12, 13, 14, 16)),
    *((COLLECTION, f"{tile(zoom)}.npy?{RED}&{BILINEAR}", CLOSE) for zoom in (11, 13, 16)),
    *((SEARCH, f"{BOX}.npy?{RED}&{GRID}&pixel_selection={how}", SAME) for how in ("first", "highest", "lowest", "count")),
    # TiTiler cuts means off.
    *((SEARCH, f"{BOX}.npy?{RED}&{GRID}&pixel_selection={how}", CLOSE) for how in ("mean", "median", "stdev")),
    *((COLLECTION, f"{BOX}.npy?{RED}&assets=B08&{GRID}&pixel_selection={how}", SAME) for how in ("lastbandlow", "lastbandhigh")),
    *((COLLECTION, f"{tile(14)}.npy?{EDGES}&pixel_selection={how}", CLOSE) for how in ("highest", "lowest", "mean", "median", "stdev", "count")),
    *((SEARCH, f"{tile(14)}.{ending}?{EDGES}&assets=B03&assets=B02&rescale=0,4000", COARSE) for ending in ("png", "tif", "pngraw")),
    # Compressed by other libraries.
    *((SEARCH, f"{tile(14)}.{ending}?{EDGES}&assets=B03&assets=B02&rescale=0,4000", 0.05) for ending in ("jpeg", "webp")),
    # Without an extension jpeg where it is whole, else png.
    *((SEARCH, f"{tile(zoom)}?{EDGES}&rescale=0,4000", COARSE) for zoom in (13, 14)),
    (SEARCH, f"{tile(14)}.npy?{EDGES}&assets=B08&expression=(b2-b1)/(b2%2Bb1)", CLOSE),
    (SEARCH, f"{tile(14)}.npy?{EDGES}&assets=B08&expression=b1/b2&pixel_selection=median", CLOSE),
    (COLLECTION, f"{tile(14)}.npy?{EDGES}&assets=B08&expression=b1*2;b2&pixel_selection=highest", CLOSE),
    (COLLECTION, f"{tile(14)}.npy?{NEAREST}&assets=B04|expression=b1*2", CLOSE),
    (SEARCH, f"{tile(14)}.png?{EDGES}&rescale=0,4000&colormap_name=viridis", CLOSE),
    *(
        (SEARCH, f"{tile(14)}.npy?{EDGES}&{more}", CLOSE)
        for more in ("buffer=2.5", "padding=4", "tilesize=300", "nodata=0", "return_mask=false", "algorithm=contours", "algorithm=terrarium")
    ),
    *((SEARCH, f"{tile(14)}.npy?{EDGES}&algorithm={how}&buffer=3", CLOSE) for how in ("hillshade", "slope")),
    # Of a mean that TiTiler has cut off.
    (COLLECTION, f"{tile(14)}.npy?{EDGES}&algorithm=hillshade&buffer=3&pixel_selection=mean", COARSE),
    (COLLECTION, f"tiles/WorldCRS84Quad/13/8329/2164.npy?{EDGES}", CLOSE),
    *((COLLECTION, f"{DEGREES}.npy?{EDGES}&{size}", CLOSE) for size in ("width=64&height=48", "max_size=50", "width=70", "dst_crs=EPSG:3857")),
    # Grids of dates that cover other areas have pixels of slightly other sizes in TiTiler, which stretches them onto one another.
    *((SEARCH, f"{DEGREES}.npy?{EDGES}&pixel_selection={how}", COARSE) for how in ("first", "mean")),
    (SEARCH, f"feature.npy?{EDGES}", COARSE, FEATURE),
    (COLLECTION, f"feature/128x128.png?{EDGES}&rescale=0,4000", COARSE, FEATURE),
    (SEARCH, f"feature.npy?{EDGES}&dst_crs=EPSG:32631&pixel_selection=mean", COARSE, FEATURE),
    *((ITEM, f"{path}.npy?{EDGES}", CLOSE) for path in (tile(14), DEGREES)),
    (ITEM, f"preview.npy?{RED}", SAME),
    # How hard items are looked for.
    *((SEARCH, f"{BOX}.npy?{RED}&{GRID}&pixel_selection=count&{effort}", SAME) for effort in ("items_limit=1", "scan_limit=2", "exitwhenfull=true&skipcovered=true")),
]

# Items narrowed: of a collection by the query, of a search when it is registered.
AFTER = {"op": ">", "args": [{"property": "datetime"}, {"timestamp": "2024-03-01T00:00:00Z"}]}
CQL2 = {"op": "and", "args": [AFTER, {"op": "<>", "args": [{"property": "id"}, NEWEST]}]}
NARROWED = [
    {"ids": [OLDEST]},
    {"ids": [item, OLDEST]},
    {"bbox": [3.0, 42.41, 3.01, 42.43]},
    {"datetime": "2024-01-01T00:00:00Z/2024-05-01T00:00:00Z"},
    {"datetime": "../2024-02-01T00:00:00Z"},
    {"filter": CQL2},
    {"query": {"datetime": {"lt": "2024-06-01T00:00:00Z"}, "id": {"neq": OLDEST}}},
    {"sortby": [{"field": "datetime", "direction": "asc"}]},
    {"sortby": [{"field": "id", "direction": "desc"}], "datetime": "2024-01-01T00:00:00Z/2024-05-01T00:00:00Z"},
]


def in_query(search):
    """As parameters."""
    told = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in search.items()}
    if "sortby" in search:
        told["sortby"] = ",".join(f"{'-' if key['direction'] == 'desc' else '+'}{key['field']}" for key in search["sortby"])
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    return "&".join(f"{name}={quote(value)}" for name, value in (told | ({"filter-lang": "cql2-json"} if "filter" in search else {})).items())


TEXTS = [
    f"filter={quote(text)}"
    for text in (f"id <> '{NEWEST}'", f"id = '{item}' OR datetime > TIMESTAMP('2024-06-01T00:00:00Z')", f"id IN ('{OLDEST}', '{NEWEST}')")
]
for search in NARROWED:
    PICTURES.append((COLLECTION, f"{BOX}.npy?{RED}&{GRID}&{in_query(search)}", SAME))
    PICTURES.append((register({"collections": [collection]} | search), f"{BOX}.npy?{RED}&{GRID}", SAME))
PICTURES += [(COLLECTION, f"{tile(14)}.npy?{EDGES}&{text}&pixel_selection=highest", CLOSE) for text in TEXTS]

# The looks that the collection's document offers, as TiTiler has them from it.
for layer in json.loads(both(COLLECTION, f"WebMercatorQuad/tilejson.json?{RED}")[1].data)["raster_layers"].values():
    look = "&".join(f"{name}={quote(one)}" for name, value in layer.items() if name != "description" for one in (value if isinstance(value, list) else [value]))
    PICTURES.append((COLLECTION, f"{tile(14)}.png?{look}&reproject=bilinear", COARSE))

LAYERS = {"red": {"assets": ["B04"], "rescale": [[0, 4000]]}, "nir": {"assets": ["B08"]}}
NAMED = register({"collections": [collection], "bbox": [3.0, 42.42, 3.02, 42.45]}, {"name": "named", "minzoom": 8, "maxzoom": 14, "defaults": LAYERS})
# Nothing there, and what is wrong.
SEA, LATE = "10,10", f"{tile(14)}.png?{RED}&rescale=0,4000"
MOSAIC_DOCUMENTS = [
    f"WebMercatorQuad/tilejson.json?{RED}&tile_format=png&rescale=0,4000",
    f"point/3.0205,42.449?{RED}&assets=B08",
    f"point/3.0205,42.4312?{RED}&assets=B08&expression=b1/b2",
    f"point/{SEA}?{RED}",
    "point/3.0205,42.449/assets",
    "bbox/3.0052,42.4302,3.0203,42.4401/assets",
    *(f"{tile(14)}/assets?{effort}" for effort in ("", "items_limit=1", "scan_limit=2", "exitwhenfull=true", "skipcovered=true")),
    "tiles/WebMercatorQuad",
    f"tiles/WebMercatorQuad/14/0/0.png?{RED}",
    f"tiles/WebMercatorQuad/3/9/9.png?{RED}",
    f"{LATE}&pixel_selection=unheard",
    f"{LATE}&assets=B99",
    f"{LATE}&expression=b1%2B",
    "info",
]
DOCUMENTS = [
    *((paths, rest) for paths, rest in product((SEARCH, COLLECTION), MOSAIC_DOCUMENTS)),
    *((COLLECTION, f"{rest}{'&' if '?' in rest else '?'}{in_query(search)}") for rest, search in product(("point/3.0205,42.449/assets", f"point/3.0205,42.449?{RED}"), NARROWED)),
    *((SEARCH, f"statistics?{RED}&assets=B08", body) for body in (FEATURE, {"type": "FeatureCollection", "features": [FEATURE]})),
    (NAMED, "info"),
    (NAMED, f"WebMercatorQuad/tilejson.json?{RED}&tile_format=png"),
    (NAMED, "tiles/WebMercatorQuad"),
    (("searches", "searches"), "list?limit=50"),
    (("searches", "searches"), "register", {"collections": [collection], "metadata": {"name": "named", "defaults": LAYERS}}),
    (("searches", "searches"), f"unknown/{LATE}"),
    (("collections", "collections"), f"unknown/{LATE}"),
    (("collections", "collections"), f"{collection}/items/unknown/{LATE}"),
    (ITEM, f"info?{RED}&assets=B08"),
    (ITEM, f"info.geojson?{RED}"),
    (ITEM, "assets"),
    (ITEM, "renders"),
    (ITEM, "renders/ndvi"),
    (ITEM, f"point/3.0405,42.4312?{RED}&assets=B08"),
    (ITEM, f"point/3.001,42.4312?{RED}"),
    (ITEM, f"point/{SEA}?{RED}"),
    (ITEM, f"statistics?{RED}&assets=B08&p=5&p=95&histogram_bins=7"),
    (ITEM, f"asset_statistics?{RED}"),
    (ITEM, f"WebMercatorQuad/tilejson.json?{RED}&tile_format=png"),
    (ITEM, f"tiles/WebMercatorQuad/14/0/0.png?{RED}"),
]

# A point is not rounded to whole digital numbers here.
WITHIN = {"values": 1e-3, "assets.[].values": 1e-3}


def document(answer):
    """What of an answer is compared: its status and media type, and of JSON the fields, with addresses and ids of one server in common words."""
    told = {"status": answer.status}
    if answer.status != 200:
        return told
    told["media type"] = answer.headers["Content-Type"].split(";")[0]
    text = answer.data.decode().replace(here, "SERVER").replace(there, "SERVER")
    text = re.sub(r"\b[0-9a-f]{32}\b", "ID", text)
    found = json.loads(text)
    if "searches" in found:
        # Of a list the one search that both were told; TiTiler keeps what collections are asked for among them.
        found["searches"] = [one for one in found["searches"] if one["search"]["metadata"].get("name") == "named"][:1]
    return told | {"": by_name(found)}


def by_name(value):
    """Lists of objects with names become objects of these, so that what differs has a name; the order of the names is a field."""
    if isinstance(value, dict):
        return {key: by_name(value[key]) for key in sorted(value)}
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        names = [str(one.get("name") or one.get("id") or one.get("rel") or i) for i, one in enumerate(value)]
        return {"order": names} | {f"[{'' if 'rel' not in one else name}]": by_name(one) for name, one in zip(names, value)}
    return value


def key_of(paths, rest, body):
    kind = "{item}" if paths is ITEM or "/items/" in rest else "" if paths[0] in ("searches", "collections") else "{mosaic}"
    path = rest.split("?")[0]
    path = re.sub(r"[0-9.]+,[0-9.]+,[0-9.]+,[0-9.]+", "{minx},{miny},{maxx},{maxy}", path)
    path = re.sub(r"[0-9.]+,[0-9.]+", "{lon},{lat}", path)
    path = re.sub(r"WebMercatorQuad/\d+/\d+/\d+", "WebMercatorQuad/{z}/{x}/{y}", path).replace("WebMercatorQuad", "{tileMatrixSetId}")
    path = re.sub(r"^(.*/)?unknown/tiles", "{mosaic}/tiles" if kind == "" else "tiles", path).replace("{y}.png", "{y}.{format}")
    root = kind or ("" if path.startswith("{") else f"/{paths[0]}")
    return f"{'GET' if body is None else 'POST'} {root}{'/' if root else ''}{path}"


wrong, differing = [], {}
for paths, rest, most, *body in PICTURES:
    try:
        compare_pictures(f"{paths[0]}/{rest}", *both(paths, rest, *body), most)
    except AssertionError as error:
        wrong.append(str(error))
for paths, rest, *body in DOCUMENTS:
    ours, theirs = (document(answer) for answer in both(paths, rest, *body))
    if ours["status"] != theirs["status"]:
        ours, theirs = ({"status": one["status"]} for one in (ours, theirs))
    key = key_of(paths, rest, *(body or [None]))
    found = {re.sub(r"(renders|raster_layers|defaults)\.[^.]+", r"\1.*", name) for name in differing_fields(ours, theirs, WITHIN)}
    differing[key] = sorted(found | set(differing.get(key, [])))
print(json.dumps({"version": __version__, "pictures": len(PICTURES), "wrong": wrong, "differing": differing}))
