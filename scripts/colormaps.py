"""Makes src/render/colormap-tables.ts of the colormaps that an installed rio-tiler has: colormaps.py > src/render/colormap-tables.ts.

Each is 256 x RGB; all of them channel by channel, each byte less the one before (mod 256), deflated, in base64.
"""

import base64
import importlib.metadata
import textwrap
import zlib

import numpy as np
from rio_tiler.colormap import cmap

names = sorted(cmap.list())
tables = []
for name in names:
    colours = cmap.get(name)
    assert sorted(colours) == list(range(256)) and all(colours[i][3] == 255 for i in colours), name
    tables.append([colours[i][:3] for i in range(256)])
planes = np.array(tables, np.uint8).transpose(0, 2, 1)
differences = np.diff(planes.astype(np.int16), axis=2, prepend=0).astype(np.uint8)
packed = base64.b64encode(zlib.compress(differences.tobytes(), 9)).decode()
lines = [packed[i : i + 140] for i in range(0, len(packed), 140)]
print(f"// Made by scripts/colormaps.py: matplotlib's and rio-tiler's own colormaps, as rio-tiler {importlib.metadata.version('rio-tiler')} has them.")
print("/** Sorted, in lower case as TiTiler spells them. */")
print("export const COLORMAP_NAMES: readonly string[] = (")
print(" +\n".join(f'  "{line} "' for line in textwrap.wrap(" ".join(names), 140)))
print(").trim().split(\" \");\n")
print("/** For each name 3 x 256 bytes, red, green, blue: each byte less the one before it; deflated (zlib), in base64. */")
print("export const COLORMAP_BYTES =")
print(" +\n".join(f'  "{line}"' for line in lines) + ";")
