"""rio-tiler's feature() of a GeoTIFF: FILE CASES, JSON [[geometry, options, OUT], ...]; each OUT becomes an npy of band 8 and the mask."""

import json
import sys

import numpy
from rasterio.crs import CRS
from rio_tiler.io import Reader

path, cases = sys.argv[1:]
with Reader(path) as source:
    for shape, options, out in json.loads(cases):
        if "dst_crs" in options:
            options["dst_crs"] = CRS.from_user_input(options["dst_crs"])
        image = source.feature(
            shape, indexes=8, resampling_method="bilinear", reproject_method="bilinear", **options
        )
        numpy.save(out, numpy.stack([image.array.data[0], image.mask]).astype("uint16"))
