#!/bin/sh
# Format, lint and tests of this package. PYTHON names an interpreter that has torch; otherwise .cache/training is made. Without torch only ruff
# runs, and a sentence says so.
set -eu
cd "$(dirname "$0")"
cache=../../.cache/training
python=${PYTHON:-python3}
if ! "$python" -c 'import numba, onnx, onnxruntime, pytest, torch, xxhash' 2>/dev/null; then
  [ -d $cache ] || python3 -m venv $cache
  python=$cache/bin/python
  "$python" -m pip install -q ruff==0.17.6
  # Torch is large: where it can't be had, the rest is still checked.
  timeout 900 "$python" -m pip install -q -e '.[test]' ||
    echo "torch could not be installed: the tests of models/training are skipped"
fi
"$python" -m ruff format --check .
"$python" -m ruff check .
if "$python" -c 'import torch' 2>/dev/null; then OMP_NUM_THREADS=1 "$python" -m pytest -q; fi
