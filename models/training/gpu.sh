#!/bin/sh
# Training and bench/gpu on a machine with a GPU and torch, but neither a network nor the data: in under ten minutes together.
#
#   models/training/gpu.sh pack                here: packs pictures (27 MB, some minutes) and bench/gpu's parts into .carry/ (needs the data)
#   models/training/gpu.sh [MINUTES]           there, in the repository's root, with .carry/ beside: trains so long (default 5), then bench/gpu
#
# Writes codec.pt (at most 16 MiB), train.log and gpu.json to $OUT, or to .carry/out. With CPU=1 a trial on the processor with small settings;
# MOST=n packs only so many pictures, BENCH=0 leaves the bench out. PYTHON names the interpreter.
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}
export PYTHONPATH="models/training${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1

if [ "${1:-}" = pack ]; then
  [ "${BENCH:-1}" = 0 ] || bench/gpu/pack.sh
  mkdir -p .carry
  "$python" -m tectile_training.pack .carry/packed.npz --most="${MOST:-0}"
  du -h .carry/*
  exit
fi

minutes=${1:-5}
out=${OUT:-.carry/out}
mkdir -p "$out"
if [ "${CPU:-}" = 1 ]; then
  settings="--device=cpu --batch=2 --crop=64 --hidden=16 --analysis-hidden=16 --crops-to-start=3 --every=2"
else
  settings="--device=cuda --workers=14 --batch=48 --crop=192 --hidden=384 --analysis-hidden=384 --lr=6e-4 --threads=2"
fi
# shellcheck disable=SC2086
"$python" -m tectile_training.train --packed=.carry/packed.npz --minutes="$minutes" --out="$out/codec.pt" $settings 2>&1 | tee "$out/train.log"
size=$(wc -c < "$out/codec.pt")
[ "$size" -le 16777216 ] || { echo "codec.pt: $size bytes are more than 16 MiB" >&2; exit 1; }
[ "${BENCH:-1}" = 0 ] || OUT=$out LIMIT_S="${LIMIT_S:-60}" bench/gpu/run.sh
ls -l "$out"
