"""QGIS, without a window, adds what its users add and draws it: XYZ tiles, a WMTS with and without a date, items as OGC API features,
a band as a raster. Prints what it saw; ends with 1 where a layer is not valid, or blank, or two ways to the same picture differ.

    QT_QPA_PLATFORM=offscreen python3 .ci/qgis-check.py URL_OF_SERVER FOLDER_FOR_PICTURES
"""

import json
import sys
import urllib.parse
import urllib.request

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRaster,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

url, folder = sys.argv[1:3]
collection = f"{url}/collections/landscape"


def read(path: str) -> dict:
    with urllib.request.urlopen(path) as answer:
        return json.load(answer)


def draw(layer, name: str, extent: QgsRectangle, crs: str):
    """The layer as 512 x 512 pixels over magenta, kept as a picture in the folder."""
    assert layer.isValid(), (name, layer.error().message())
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(crs))
    settings.setExtent(extent)
    settings.setOutputSize(QSize(512, 512))
    settings.setBackgroundColor(QColor(255, 0, 255))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    assert not job.errors(), (name, [error.message for error in job.errors()])
    image = job.renderedImage()
    image.save(f"{folder}/qgis-{name}.png")
    return [image.pixelColor(x, y).getRgb()[:3] for y in range(4, 508, 12) for x in range(4, 508, 12)]


def difference(one, other) -> float:
    return sum(abs(a - b) for p, q in zip(one, other) for a, b in zip(p, q)) / (3 * len(one))


app = QgsApplication([], False)
QgsApplication.initQgis()
items = read(f"{collection}/items?limit=100")["features"]
west, south, east, north = items[0]["bbox"]
centre = QgsCoordinateTransform(
    QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateReferenceSystem("EPSG:3857"), QgsProject.instance()
).transform(QgsPointXY((west + east) / 2, (south + north) / 2))
# 512 pixels of zoom 13, on its grid, so that QGIS moves no pixel.
pixel = 2 * 20037508.342789244 / 256 / 2**13
left, bottom = (round(c / pixel) * pixel - 256 * pixel for c in (centre.x(), centre.y()))
web = QgsRectangle(left, bottom, left + 512 * pixel, bottom + 512 * pixel)

template = read(f"{collection}/WebMercatorQuad/tilejson.json?render=true-color")["tiles"][0]
xyz = draw(QgsRasterLayer(f"type=xyz&zmin=0&zmax=16&url={urllib.parse.quote(template)}", "xyz", "wms"), "xyz", web, "EPSG:3857")
assert (255, 0, 255) not in xyz and len(set(xyz)) > 500, ("xyz is blank", len(set(xyz)))

source = (
    "contextualWMSLegend=0&crs=EPSG:3857&dpiMode=7&format=image/png&layers=true-color&styles=default&tileMatrixSet=WebMercatorQuad"
    f"&url={urllib.parse.quote(collection + '/WMTSCapabilities.xml')}"
)
wmts = draw(QgsRasterLayer(source, "wmts", "wms"), "wmts", web, "EPSG:3857")
assert difference(xyz, wmts) < 1, ("xyz and wmts differ by", difference(xyz, wmts))

day = min(item["properties"]["datetime"] for item in items)
first = draw(QgsRasterLayer(f"{source}&tileDimensions=time%3D{day}", "first", "wms"), "wmts-first-date", web, "EPSG:3857")
assert difference(first, wmts) > 3, ("the date of a WMTS changes nothing", difference(first, wmts))

features = QgsVectorLayer(f"url='{url}' typename='landscape'", "items", "OAPIF")
assert features.isValid(), features.error().message()
found = [feature["datetime"] for feature in features.getFeatures()]
assert len(found) == len(items), (len(found), len(items))
draw(features, "items", QgsRectangle(west, south, east, north).buffered(0.02), "EPSG:4326")

band = QgsRasterLayer(f"/vsicurl/{items[0]['assets']['B08']['href']}", "B08", "gdal")
assert band.isValid() and band.crs().authid() == items[0]["properties"]["proj:code"], band.crs().authid()
middle = band.extent().center()
here = QgsPointXY(middle.x() + 5, middle.y() + 5)
value = band.dataProvider().identify(here, QgsRaster.IdentifyFormatValue).results()[1]
wgs84 = QgsCoordinateTransform(band.crs(), QgsCoordinateReferenceSystem("EPSG:4326"), QgsProject.instance()).transform(here)
point = read(f"{collection}/items/{items[0]['id']}/point/{wgs84.x()},{wgs84.y()}?assets=B08")
assert abs(point["values"][0] - value) <= 0.5, (point["values"], value)
grey = draw(band, "B08", band.extent(), band.crs().authid())
assert len(set(grey)) > 20, ("B08 is blank", len(set(grey)))

print(f"QGIS {Qgis.QGIS_VERSION}: XYZ and WMTS draw the same, the first date another; {len(found)} items as features; B08 {value:.0f} at a point")
