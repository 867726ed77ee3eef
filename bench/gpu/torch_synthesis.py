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
CHANNELS = 12 * 256
SIDE = int(os.environ.get("LATENTS", "16")) + 4  # positions of a window and its halo
MIN_SECONDS, MIN_RUNS = 2.0, 5


class Synthesis:
    """The graph of models/training/tectile_training/lapped_graphs.py, for some bands and windows that touch no edge."""

    def __init__(self, path, bands, device, dtype):
        weights = {name.removesuffix(".half"): value for name, value in read_weights(path).items()}
        on = lambda name: torch.from_numpy(weights[name].astype(np.float32)).to(device, dtype).contiguous()
        self.has_branch = "canonical" in weights
        if self.has_branch:
            self.canonical = torch.from_numpy(weights["canonical"].copy()).to(device)
            last = torch.channels_last
            self.first, self.second = (on(f"branch.{part}").contiguous(memory_format=last) for part in ("first", "second"))
        self.rows = on("bands.rows")[:, bands].contiguous()  # [256, k, 12]
        self.inverse, self.unlap, self.across = on("inverse"), on("unlap"), on("unlap.columns")

    @torch.inference_mode()
    def __call__(self, c):
        inner = c[:, :, 1:-1, 1:-1]
        if self.has_branch:
            seen = c[:, self.canonical].contiguous(memory_format=torch.channels_last)
            residual = F.conv2d(F.relu(F.conv2d(seen, self.first)), self.second)
            inner = inner.index_add(1, self.canonical, residual.contiguous())
        n, _, h, w = inner.shape
        by_band = self.rows @ inner.reshape(n, 12, 256, h * w).transpose(1, 2)  # [n, 256, k, P]
        blocks = (self.inverse @ by_band.transpose(1, 2)).reshape(n, -1, 16, 16, h, w)
        x = blocks.permute(0, 1, 4, 2, 5, 3).reshape(n, -1, 16 * h, 16 * w)[:, :, 8:-8, 8:-8]
        k, wide = x.shape[1], 16 * (w - 1)
        x = (self.unlap @ x.reshape(n, k, h - 1, 16, wide)).reshape(n, k, 16 * (h - 1), w - 1, 16) @ self.across
        return x.reshape(n, k, 16 * (h - 1), wide)[:, :, 8:-8, 8:-8]


def coefficients_of(batch, side):
    """Numbers that fall with frequency, so that half precision holds them; the same as webgpu.ts's."""
    i = np.arange(batch * CHANNELS * side * side, dtype=np.int64)
    channel = i // (side * side) % CHANNELS
    value = ((i * 7919) % 1009 / 1009 - 0.5) * 2000 / (1 + channel % 256)
    return value.astype(np.float32).reshape(batch, CHANNELS, side, side)


def time_batch(net, batch, host, device, dtype):
    """Milliseconds on the device alone, and with the copies there and back in between (what a server needs)."""
    pinned = torch.from_numpy(host).to(dtype)
    if device == "cuda": pinned = pinned.pin_memory()
    resident = pinned.to(device)
    copied = lambda: net(pinned.to(device, non_blocking=True)).float().cpu()
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
    result = {"device": name, "torch": torch.__version__, "bands": len(BANDS), "windowPx": 16 * (SIDE - 4), "runs": []}
    reference = None
    for precision, dtype, tf32 in (("fp32", torch.float32, False), ("tf32", torch.float32, True), ("fp16", torch.float16, False)):
        if device != "cuda" and precision != "fp32": continue
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
        net = Synthesis(path, BANDS, device, dtype)
        window = net(torch.from_numpy(coefficients_of(1, SIDE)).to(device, dtype)).float().cpu().numpy()
        if reference is None: reference = window
        run = {"precision": precision, "worstDnFromFp32": float(np.abs(window - reference).max()), "batches": []}
        for batch in BATCHES:
            run["batches"].append(time_batch(net, batch, coefficients_of(batch, SIDE), device, dtype))
            print("torch", precision, json.dumps(run["batches"][-1]), flush=True)
        result["runs"].append(run)
    for file in sorted(folder.glob("*.f32")):
        other = np.fromfile(file, np.float32).reshape(reference.shape)
        result.setdefault("worstDnFromTorch", {})[file.stem] = float(np.abs(other - reference).max())
    (folder / "torch.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "runs"}))


if __name__ == "__main__": main(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "cuda" if torch.cuda.is_available() else "cpu")
