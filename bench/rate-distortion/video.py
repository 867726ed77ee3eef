"""Series [n, 12, h, w] (a single date: n = 1) through x265 at 12 bits, in the build that PyAV packages.

Each function gives (decoded [n, 12, h, w], bytes of each date); matrices, scales and parameter sets are counted, spread over the dates.
"""
from fractions import Fraction
import numpy as np
import av

GLOBAL_HEADER = 1 << 22              # parameter sets once, beside the packets
SIDE = 288 + 24 + 4                  # a 12 x 12 matrix at 16 bits; 12 offsets; one scale
CRF = (1, 7, 16, 27, 39, 51)         # xarrayvideo's list


def hevc(series, delta, turned):
    """One 12-bit grey stream for each band, or for each component of a KLT over the whole series (turned): the same step everywhere.

    One scale for all planes (at least 2 digital numbers a unit, so as not to code noise), so that one quantisation step means the same
    error in each: with a KLT the allocation that theory asks for. delta: the step in digital numbers. x265, preset slow, tuned for PSNR.
    """
    planes, back = components(series, turned)
    low, unit = planes.min((1, 2, 3), keepdims=True), max(np.ptp(planes, axis=(1, 2, 3)).max() / 4095, 2)
    qp = int(np.clip(np.round(6 * np.log2(delta / unit) - 20), 0, 51))
    coded = [x265(p[:, None], "gray12le", "slow", f"qp={qp}") for p in np.round((planes - low) / unit).astype(np.uint16)]
    decoded = back(np.stack([c[0][:, 0] for c in coded]) * unit + low)
    return decoded, sum(c[1] for c in coded) + (coded[0][2] + SIDE) / len(series)


def xarrayvideo(series, i, turned):
    """xarrayvideo's way (arXiv 2506.19656): each plane stretched to 12 bits between its extremes, three a 4:4:4 video, x265 preset medium by CRF.

    Bands as they are, all at CRF[i]; or their PCA (turned), where the first two videos have CRF[i] and each further one the next worse.
    Its conversion of the triples from RGB to YUV, which costs quality, is left out.
    """
    planes, back = components(series, turned)
    low, unit = planes.min((1, 2, 3), keepdims=True), np.maximum(np.ptp(planes, axis=(1, 2, 3), keepdims=True) / 4095, 1e-6)
    codes = np.round((planes - low) / unit).astype(np.uint16)
    rate = lambda k: CRF[min(i + max(k - 1, 0) * turned, len(CRF) - 1)]
    coded = [x265(codes[3 * k:3 * k + 3].swapaxes(0, 1), "yuv444p12le", "medium", "", rate(k)) for k in range(4)]
    decoded = back(np.concatenate([c[0].swapaxes(0, 1) for c in coded]) * unit + low)
    return decoded, sum(c[1] for c in coded) + (coded[0][2] + SIDE + 44) / len(series)


def components(series, turned):
    """-> (planes [12, n, h, w] float64, their way back to [n, 12, h, w] float32). turned: eigenvectors of the band covariance, centred."""
    bands = series.swapaxes(0, 1).astype(np.float64)
    if not turned: return bands, lambda p: p.swapaxes(0, 1).astype(np.float32)
    flat = bands.reshape(12, -1)
    mean, v = flat.mean(1, keepdims=True), np.linalg.eigh(np.cov(flat))[1][:, ::-1]
    back = lambda p: (v @ p.reshape(12, -1) + mean).reshape(bands.shape).swapaxes(0, 1).astype(np.float32)
    return (v.T @ (flat - mean)).reshape(bands.shape), back


def x265(frames, pixels, preset, parameters, crf=None):
    """uint16 [n, planes, h, w] -> (decoded likewise, bytes of each frame, bytes of the parameter sets)."""
    n, _, h, w = frames.shape
    c = av.CodecContext.create("libx265", "w")
    c.width, c.height, c.pix_fmt, c.time_base, c.framerate, c.thread_count = w, h, pixels, Fraction(1, 25), 25, 1
    c.flags |= GLOBAL_HEADER
    quality = {} if crf is None else {"crf": str(crf)}
    c.options = {"preset": preset, "tune": "psnr", "x265-params": f"log-level=none:pools=none:frame-threads=1:info=0:{parameters}".rstrip(":"), **quality}
    packets = []
    for i, frame in enumerate(frames):
        picture = av.VideoFrame(w, h, pixels); picture.pts = i
        for plane, values in zip(picture.planes, frame): np.frombuffer(plane, np.uint16).reshape(h, -1)[:, :w] = values
        packets += c.encode(picture)
    packets += c.encode(None)
    head = bytes(c.extradata)
    d = av.CodecContext.create("hevc", "r"); d.extradata, d.thread_count = head, 1
    decoded = [[np.frombuffer(p, np.uint16).reshape(h, -1)[:, :w] for p in f.planes] for f in in_order(d, packets)]
    return np.array(decoded), sizes(packets, n), len(head)


def in_order(decoder, packets):
    return sorted((f for p in packets + [None] for f in decoder.decode(p)), key=lambda f: f.pts)


def sizes(packets, n):
    out = np.zeros(n)
    for p in packets: out[p.pts] += p.size
    return out
