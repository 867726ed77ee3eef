"""Series [n, 12, h, w] (a single date: n = 1) through x265 at 12 bits (PyAV's build) and libaom at 10 bits (aomenc).

Each codec gives (decoded [n, 12, h, w] in digital numbers (DN), bytes of each date [n]); matrices, scales and parameter sets are
counted, spread over the dates.
"""

import os
import struct
import subprocess
import tempfile
from fractions import Fraction

import av
import numpy as np

GLOBAL_HEADER = 1 << 22  # parameter sets once, beside the packets
SIDE = 288 + 24 + 4  # bytes: a 12 x 12 matrix at 16 bits; 12 offsets; one scale
CRF = (1, 7, 16, 27, 39, 51)  # xarrayvideo's list
IVF_HEAD, IVF_FRAME_HEAD = 32, 12  # bytes


def hevc(series, delta, turned):
    """One 12-bit grey stream for each band, or for each component of a KLT over the whole series (turned).

    One scale for all planes (at least 2 DN a unit, so as not to code noise), so that one quantisation step means the same error in
    each: with a KLT the allocation that theory asks for. delta: the step in DN. x265, preset slow, tuned for PSNR.
    """
    planes, back = components(series, turned)
    low, unit = one_scale(planes, 12)
    qp = int(np.clip(np.round(6 * np.log2(delta / unit) - 20), 0, 51))
    codes = np.round((planes - low) / unit).astype(np.uint16)
    coded = [x265(plane[:, None], "gray12le", "slow", f"qp={qp}") for plane in codes]
    decoded = back(np.stack([c[0][:, 0] for c in coded]) * unit + low)
    return decoded, sum(c[1] for c in coded) + (coded[0][2] + SIDE) / len(series)


def av1(series, level, cpu):
    """The components of a KLT as monochrome AV1 at 10 bits, one scale and one quantiser (level, 0 .. 63) for all, tuned for PSNR.

    A single date is one stream of twelve key frames, so that the sequence's head is counted once; a series is one stream a
    component, each with its head.
    """
    planes, back = components(series, True)
    low, unit = one_scale(planes, 10)
    codes = np.round((planes - low) / unit).astype(np.uint16)
    if len(series) == 1:
        frames, size = aomenc(codes[:, 0], level, cpu, "--kf-max-dist=0", "--lag-in-frames=0")
        return back(frames[:, None] * unit + low), np.array([size.sum() + SIDE])
    coded = [aomenc(plane, level, cpu) for plane in codes]
    decoded = back(np.stack([frames for frames, _ in coded]) * unit + low)
    return decoded, sum(size for _, size in coded) + SIDE / len(series)


def xarrayvideo(series, i, turned):
    """xarrayvideo's way (arXiv 2506.19656): each plane stretched to 12 bits between its extremes, three a 4:4:4 video, by CRF.

    Bands as they are, all at CRF[i]; or their PCA (turned), where the first two videos have CRF[i] and each further one the next
    worse. x265, preset medium. Its conversion of the triples from RGB to YUV, which costs quality, is left out.
    """
    planes, back = components(series, turned)
    low = planes.min((1, 2, 3), keepdims=True)
    unit = np.maximum(np.ptp(planes, axis=(1, 2, 3), keepdims=True) / 4095, 1e-6)
    codes = np.round((planes - low) / unit).astype(np.uint16)
    coded = []
    for k in range(4):
        rate = CRF[min(i + max(k - 1, 0) * turned, len(CRF) - 1)]
        coded.append(x265(codes[3 * k : 3 * k + 3].swapaxes(0, 1), "yuv444p12le", "medium", "", rate))
    decoded = back(np.concatenate([c[0].swapaxes(0, 1) for c in coded]) * unit + low)
    return decoded, sum(c[1] for c in coded) + (coded[0][2] + SIDE + 44) / len(series)


def components(series, turned):
    """-> (planes float64 [12, n, h, w], their way back to float32 [n, 12, h, w]).

    turned: along the eigenvectors of the band covariance of the whole series, centred.
    """
    bands = series.swapaxes(0, 1).astype(np.float64)
    if not turned:
        return bands, lambda planes: planes.swapaxes(0, 1).astype(np.float32)
    flat = bands.reshape(12, -1)
    mean, v = flat.mean(1, keepdims=True), np.linalg.eigh(np.cov(flat))[1][:, ::-1]

    def back(planes):
        return (v @ planes.reshape(12, -1) + mean).reshape(bands.shape).swapaxes(0, 1).astype(np.float32)

    return (v.T @ (flat - mean)).reshape(bands.shape), back


def one_scale(planes, bits):
    """-> (lowest value of each plane, DN of one unit of an integer of so many bits): one unit for all planes, at least 2 DN."""
    return planes.min((1, 2, 3), keepdims=True), max(np.ptp(planes, axis=(1, 2, 3)).max() / (2**bits - 1), 2)


def x265(frames, pixels, preset, parameters, crf=None):
    """uint16 [n, planes, h, w] -> (decoded likewise, bytes of each frame [n], bytes of the parameter sets)."""
    n, _, h, w = frames.shape
    coder = av.CodecContext.create("libx265", "w")
    coder.width, coder.height, coder.pix_fmt = w, h, pixels
    coder.time_base, coder.framerate, coder.thread_count = Fraction(1, 25), 25, 1
    coder.flags |= GLOBAL_HEADER
    quality = {} if crf is None else {"crf": str(crf)}
    quiet = f"log-level=none:pools=none:frame-threads=1:info=0:{parameters}".rstrip(":")
    coder.options = {"preset": preset, "tune": "psnr", "x265-params": quiet, **quality}
    packets = []
    for i, frame in enumerate(frames):
        picture = av.VideoFrame(w, h, pixels)
        picture.pts = i
        for plane, values in zip(picture.planes, frame, strict=True):
            np.frombuffer(plane, np.uint16).reshape(h, -1)[:, :w] = values
        packets += coder.encode(picture)
    packets += coder.encode(None)
    head = bytes(coder.extradata)
    decoder = av.CodecContext.create("hevc", "r")
    decoder.extradata, decoder.thread_count = head, 1
    shown = sorted((f for p in [*packets, None] for f in decoder.decode(p)), key=lambda f: f.pts)
    size = np.zeros(n)
    for packet in packets:
        size[packet.pts] += packet.size
    return np.array([[samples(plane, w) for plane in f.planes] for f in shown]), size, len(head)


def aomenc(frames, level, cpu, *more):
    """uint16 [n, h, w] of 10 bits -> (decoded likewise, bytes of each frame [n] without the container's)."""
    n, h, w = frames.shape
    chroma = np.full(2 * ((h + 1) // 2) * ((w + 1) // 2), 512, np.uint16).tobytes()
    with tempfile.TemporaryDirectory() as folder:
        raw, coded = os.path.join(folder, "frames.yuv"), os.path.join(folder, "frames.ivf")
        with open(raw, "wb") as file:
            for frame in frames:
                file.write(frame.tobytes() + chroma)
        size = f"--width={w} --height={h} --i420 --monochrome --bit-depth=10 --input-bit-depth=10 --profile=0"
        rate = f"--good --passes=1 --end-usage=q --cq-level={level} --min-q={level} --max-q={level} --tune=psnr"
        run = f"aomenc -q --ivf --threads=1 --disable-warning-prompt --cpu-used={cpu} {size} {rate}".split()
        subprocess.run([*run, *more, "-o", coded, raw], check=True, capture_output=True)
        with open(coded, "rb") as file:
            size = ivf_frames(file.read(), n)
        with av.open(coded) as container:
            shown = [samples(frame.planes[0], w) for frame in container.decode(video=0)]
    return np.array(shown), size


def ivf_frames(data, n):
    """Bytes of each shown frame in an IVF file, by its time stamp."""
    size, at = np.zeros(n), IVF_HEAD
    while at < len(data):
        length, time = struct.unpack_from("<IQ", data, at)
        size[min(time, n - 1)] += length
        at += IVF_FRAME_HEAD + length
    return size


def samples(plane, width):
    """A decoded plane of 16-bit samples as [h, w], a copy."""
    return np.frombuffer(plane, np.uint16).reshape(plane.height, -1)[:, :width].copy()
