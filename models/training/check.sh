#!/bin/sh
# Format, lint and tests of this package. PYTHON names an interpreter that has torch; otherwise .cache/training is made, with torch for processors
# only. Without either, only ruff runs, and a sentence says so.
set -eu
cd "$(dirname "$0")"
cache=../../.cache/training
python=${PYTHON:-python3}
if ! "$python" -c 'import numba, onnx, onnxruntime, pytest, torch, xxhash' 2>/dev/null; then
  [ -d $cache ] || python3 -m venv $cache
  python=$cache/bin/python
  "$python" -c 'import torch' 2>/dev/null ||
    "$python" -m pip install -q torch==2.15.0 --index-url https://download.pytorch.org/whl/cpu ||
    echo "torch for processors could not be installed: the training's tests are skipped"
  "$python" -m pip install -q ruff==0.17.6
  if "$python" -c 'import torch' 2>/dev/null; then "$python" -m pip install -q -e '.[test]'; fi
fi
"$python" -m ruff format --check .
"$python" -m ruff check .
if "$python" -c 'import torch' 2>/dev/null; then OMP_NUM_THREADS=1 "$python" -m pytest -q; fi
