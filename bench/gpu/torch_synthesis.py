"""The shipped synthesis in PyTorch, from the weights of its ONNX file: windows of 256 px a second by batch size and precision.

    python torch_synthesis.py SYNTHESIS.onnx OUT_FOLDER [DEVICE]

Writes OUT_FOLDER/torch.json; compares one window with OUT_FOLDER/<provider>.f32 where webgpu.ts wrote them.
"""
import json, os, sys, time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from onnx_weights import read_weights

BANDS = [3, 2, 1]
BATCHES = [int(n) for n in os.environ.get("BATCHES", "1,2,4,8,16,32").split(",")]
SIDE = int(os.environ.get("LATENTS", "16")) + 4   # latents of a window and its halo
MIN_SECONDS, MIN_RUNS = 2.0, 5


class Synthesis:
    """The graph of models/training/graphs.py, for some bands."""

    def __init__(self, path, bands, device, dtype):
        weights = {name.removesuffix(".half"): value.astype(np.float32) for name, value in read_weights(path).items() if value.ndim > 1}
        head = weights.pop("head")[:, bands]                       # [16, k, s1]
        weights["head"] = head.reshape(-1, head.shape[2], 1, 1)
        for name, r in (("stage3", 2), ("stage2", 2), ("head", 4)): weights[name] = shuffle_order(weights[name], r)
        self.w = {name: torch.from_numpy(np.ascontiguousarray(w)).to(device, dtype).contiguous(memory_format=torch.channels_last) for name, w in weights.items()}

    def residual(self, x, name):
        first, second = self.w[f"g_s.{name}.first"], self.w[f"g_s.{name}.second"]
        c = first.shape[2] // 2 + second.shape[2] // 2
        return x[..., c:-c, c:-c] + F.conv2d(F.relu(F.conv2d(x, first)), second)

    @torch.inference_mode()
    def __call__(self, y):
        h = F.pixel_shuffle(F.conv2d(self.residual(y, "body3"), self.w["stage3"]), 2)
        h = F.pixel_shuffle(F.conv2d(self.residual(h, "body2"), self.w["stage2"]), 2)
        h = self.residual(self.residual(h, "body1.0"), "body1.1")
        return F.pixel_shuffle(F.conv2d(h, self.w["head"]), 4)


def shuffle_order(w, r):
    """Rows in DepthToSpace's DCR order -> pixel_shuffle's."""
    return w.reshape(r * r, -1, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)


def latents_of(batch, channels, side):
    i = np.arange(batch * channels * side * side, dtype=np.int64)
    return ((i * 7919) % 1009 / 1009 - .5).astype(np.float32).reshape(batch, channels, side, side)


def time_batch(net, batch, host, device, dtype):
    """Milliseconds on the device alone, and with the copies there and back in between (what a server needs)."""
    pinned = torch.from_numpy(host).to(dtype)
    if device == "cuda": pinned = pinned.pin_memory()
    resident = pinned.to(device).contiguous(memory_format=torch.channels_last)
    copied = lambda: net(pinned.to(device, non_blocking=True).contiguous(memory_format=torch.channels_last)).float().cpu()
    row = {"batch": batch}
    for name, run in (("deviceMs", lambda: net(resident)), ("ms", copied)):
        for _ in range(3): run()
        sync(device)
        times, begin = [], time.perf_counter()
        while len(times) < MIN_RUNS or time.perf_counter() - begin < MIN_SECONDS:
            start = time.perf_counter(); run(); sync(device)
            times.append(time.perf_counter() - start)
        row[name] = float(f"{1000 * sorted(times)[len(times) // 2]:.4g}")
    row["windowsPerSecond"] = float(f"{1000 * batch / row['ms']:.4g}")
    row["deviceWindowsPerSecond"] = float(f"{1000 * batch / row['deviceMs']:.4g}")
    return row


def sync(device):
    if device == "cuda": torch.cuda.synchronize()


def main(path, folder, device):
    folder.mkdir(parents=True, exist_ok=True)
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    torch.backends.cudnn.benchmark = True
    torch.set_num_threads(1)
    channels = read_weights(path)["g_s.body3.first.half"].shape[1]
    result = {"device": name, "torch": torch.__version__, "bands": len(BANDS), "windowPx": 16 * (SIDE - 4), "runs": []}
    reference = None
    for precision, dtype, tf32 in (("fp32", torch.float32, False), ("tf32", torch.float32, True), ("fp16", torch.float16, False)):
        if device != "cuda" and precision != "fp32": continue
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        net = Synthesis(path, BANDS, device, dtype)
        window = net(torch.from_numpy(latents_of(1, channels, SIDE)).to(device, dtype)).float().cpu().numpy()
        if reference is None: reference = window
        run = {"precision": precision, "worstDnFromFp32": float(np.abs(window - reference).max()), "batches": []}
        for batch in BATCHES:
            run["batches"].append(time_batch(net, batch, latents_of(batch, channels, SIDE), device, dtype))
            print("torch", precision, json.dumps(run["batches"][-1]), flush=True)
        result["runs"].append(run)
    for file in sorted(folder.glob("*.f32")):
        other = np.fromfile(file, np.float32).reshape(reference.shape)
        result.setdefault("worstDnFromTorch", {})[file.stem] = float(np.abs(other - reference).max())
    (folder / "torch.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "runs"}))


if __name__ == "__main__": main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "cuda" if torch.cuda.is_available() else "cpu")
