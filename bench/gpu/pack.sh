#!/bin/sh
# Packs what bench/gpu/run.sh needs on a Linux x64 machine that has an NVIDIA driver, Python and torch, but neither Node nor a network:
# Node, onnxruntime-node, the compiled network code, the synthesis, the Vulkan and GL dispatch loaders. Writes .carry/tectile-gpu.tar.xz.
set -eu
cd "$(dirname "$0")/../.."
model=${MODEL:-models/tec-s2}
pack=.carry/pack
rm -rf .carry
mkdir -p $pack/lib $pack/node_modules/onnxruntime-node/bin/napi-v6/linux $pack/build/bench
cp "$(readlink -f "$(command -v node)")" $pack/node
strip $pack/node 2>/dev/null || true
onnx=node_modules/onnxruntime-node
cp -r $onnx/package.json $onnx/dist $pack/$onnx/
cp -r $onnx/bin/napi-v6/linux/x64 $pack/$onnx/bin/napi-v6/linux/
mkdir -p $pack/node_modules/onnxruntime-common
cp -r node_modules/onnxruntime-common/package.json node_modules/onnxruntime-common/dist $pack/node_modules/onnxruntime-common/
find $pack/node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.min.js' \) -delete
mkdir -p $pack/build/src
cp -r build/src/core build/src/model $pack/build/src/
cp -r build/bench/gpu $pack/build/bench/
cp package.json $pack/
cp $model/synthesis.onnx $model/model.json $pack/
for name in libvulkan.so.1 libGLdispatch.so.0 libEGL.so.1 libGLX.so.0 libX11.so.6 libXext.so.6 libxcb.so.1 libXau.so.6 libXdmcp.so.6 libbsd.so.0 libmd.so.0; do
  for folder in /usr/lib/x86_64-linux-gnu /lib/x86_64-linux-gnu /usr/lib64; do
    [ -e $folder/$name ] && cp -L $folder/$name $pack/lib/ && break
  done || true
done
tar -C $pack -c . | xz -T0 -6 > .carry/tectile-gpu.tar.xz
rm -rf $pack
du -h .carry/tectile-gpu.tar.xz
