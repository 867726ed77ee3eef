#!/bin/sh
# Gets what the comparison needs into .cache/: TiTiler in a virtual environment, the scene as Cloud-Optimized GeoTIFFs, the same scene
# ingested by Tectile. What is there is kept; a scene encoded with another version of the model is encoded again.
#
#     bench/titiler/setup.sh [DATA_FOLDER]
set -eu
cd "$(dirname "$0")/../.."
data=${1:-../shared/data}
venv=.cache/titiler
[ -x $venv/bin/uvicorn ] || {
  python3 -m venv $venv
  $venv/bin/pip install --quiet --disable-pip-version-check titiler.application uvicorn uvloop httptools
}
$venv/bin/python bench/titiler/make_scene.py "$data" .cache/titiler-scene
catalog=.cache/titiler-catalog
node build/src/cli/main.js verify $catalog >/dev/null 2>&1 || rm -rf $catalog
node build/src/cli/main.js ingest .cache/titiler-scene/scene12.tif --catalog $catalog --collection bench --id scene
# Twelve dates of another place, for bench/memory.
node build/src/cli/main.js ingest "$data/eotdl_boadella" --catalog $catalog --collection dates
