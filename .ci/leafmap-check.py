"""leafmap, with this server for its TiTiler, shows an item and a TEC-COG by their addresses: what its notebook functions ask, and a map.

    python .ci/leafmap-check.py URL_OF_SERVER       the server's `urlHosts` has to name its own host
"""

import math
import os
import sys
import urllib.request

url = sys.argv[1]
os.environ["TITILER_ENDPOINT"] = url

import leafmap  # noqa: E402  (reads the endpoint)

items = leafmap.stac_search(f"{url}/", collections=["landscape"], query={"eo:cloud_cover": {"lt": 20}}, get_collection=True)
first = next(iter(items))
item = first.get_self_href()
west, south, east, north = first.bbox

bands = leafmap.stac_bands(item)
assert "B08" in bands, bands
assert [round(edge, 3) for edge in leafmap.stac_bounds(item)] == [round(edge, 3) for edge in first.bbox], leafmap.stac_bounds(item)
lon, lat = leafmap.stac_center(item)
assert west < lon < east and south < lat < north, (lon, lat)
stats = leafmap.stac_stats(item, assets=["B08"])
assert next(iter(stats.values()))["mean"] > 0, stats
value = leafmap.stac_pixel_value(lon, lat, item, assets=["B08"])["B08"]
assert leafmap.stac_info(item, assets=["B08"])["B08"]["dtype"] == "uint16"
assert leafmap.stac_info_geojson(item, assets=["B08"])["type"] == "Feature"


def picture(template: str) -> bytes:
    n = 2**12
    x = int((lon + 180) / 360 * n)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    with urllib.request.urlopen(template.format(z=12, x=x, y=y)) as answer:
        assert answer.headers["content-type"].startswith("image/"), answer.headers["content-type"]
        return answer.read()


for layer in (
    leafmap.stac_tile(item, assets=["B04", "B03", "B02"], rescale="0,3000"),
    leafmap.stac_tile(item, expression="(B08-B04)/(B08+B04)", rescale="-1,1", colormap_name="rdylgn"),
):
    assert len(picture(layer)) > 2000, layer

cog = first.assets["tec"].href
assert len(leafmap.cog_bands(cog)) == 12, leafmap.cog_bands(cog)
assert [round(edge, 3) for edge in leafmap.cog_bounds(cog)] == [round(edge, 3) for edge in first.bbox], leafmap.cog_bounds(cog)
assert len(leafmap.cog_stats(cog)) == 12
assert leafmap.cog_info(cog)["width"] == 1024
of_cog = leafmap.cog_pixel_value(lon, lat, cog, bidx=["8"])
assert next(iter(of_cog.values())) == value, (of_cog, value)
assert len(picture(leafmap.cog_tile(cog, bidx=[4, 3, 2], rescale="0,3000"))) > 2000

shown = leafmap.Map(center=[lat, lon], zoom=12)
shown.add_stac_layer(item, bands=["B04", "B03", "B02"], rescale="0,3000", name="item")
shown.add_cog_layer(cog, bidx=[4, 3, 2], rescale="0,3000", name="latents")
names = [layer.name for layer in shown.layers]
assert "item" in names and "latents" in names, names
print(f"leafmap {leafmap.__version__}: {len(bands)} bands, statistics, points, layers of an item and of its latents")
