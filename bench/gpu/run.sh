#!/bin/sh
# On the machine with the GPU, in the repository's root, after pack.sh ran elsewhere and .carry/ came along: decodes windows through
# onnxruntime's webgpu (Vulkan) and through PyTorch (CUDA). Writes gpu.json to $OUT, or to bench/results/.
# VK_DRIVER_FILES chooses the Vulkan driver; otherwise NVIDIA's is looked for.
set -eu
cd "$(dirname "$0")/../.."
out=${OUT:-bench/results}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' .carry/tectile-gpu.tar.xz "$work"
chmod +x "$work/node"
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$work}"

if [ -z "${VK_DRIVER_FILES:-}" ]; then
  for file in /usr/share/vulkan/icd.d/nvidia_icd*.json /etc/vulkan/icd.d/nvidia_icd*.json /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd*.json; do
    [ -e "$file" ] && VK_DRIVER_FILES=$file && break
  done
fi
if [ -z "${VK_DRIVER_FILES:-}" ]; then
  for name in libGLX_nvidia.so.0 libEGL_nvidia.so.0; do
    "${PYTHON:-python3}" -c "import ctypes; ctypes.CDLL('$name')" 2>/dev/null || continue
    VK_DRIVER_FILES=$work/nvidia_icd.json
    printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.3.0"}}' $name > "$VK_DRIVER_FILES"
    break
  done
fi
export VK_DRIVER_FILES="${VK_DRIVER_FILES:-}" VK_ICD_FILENAMES="${VK_DRIVER_FILES:-}"
echo "Vulkan driver: ${VK_DRIVER_FILES:-none found}"

number() { "${PYTHON:-python3}" -c "import json; card = json.load(open('$work/model.json')); print(card$1)"; }
halo=$(number "['transform']['halo']")
results=$work/results
for provider in webgpu cpu; do
  LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}:$work/lib" timeout "${LIMIT_S:-240}" "$work/node" "$work/build/bench/gpu/webgpu.js" \
    $provider "$work/synthesis.onnx" "$halo" "$results" || echo "$provider: ended with $?"
done
timeout "${LIMIT_S:-240}" "${PYTHON:-python3}" bench/gpu/torch_synthesis.py "$work/synthesis.onnx" "$results" || echo "torch: ended with $?"
mkdir -p "$out"
"${PYTHON:-python3}" - "$results" "$out/gpu.json" "$VK_DRIVER_FILES" <<'PYTHON'
import datetime, json, sys
from pathlib import Path
folder, target, driver = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
parts = {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}
target.write_text(json.dumps({"name": "gpu", "date": str(datetime.date.today()), "vulkanDriver": Path(driver).name, **parts}, indent=2) + "\n")
print(f"written to {target}")
PYTHON
