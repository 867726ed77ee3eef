"""Small random TEC-TT and FlexTEC models, converted, against terracodec 0.3.1; half a minute."""

import functools
import tempfile

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from tectile_training import convert_temporal as ct
from tectile_training import golden_temporal as golden
from tectile_training.standardisation import MEAN, STD

pytest.importorskip(
    "terracodec", reason="the official package is not installed: pip install .[official]", exc_type=ImportError
)

KINDS = {"tt": None, "flextec": [3, 1]}


@functools.cache
def case(kind):
    """(official model, standardised frames [T, bands, 128, 128], folder, its part of model.json)."""
    net, x = golden.prepared(kind, frames=2)
    out = tempfile.mkdtemp()
    return (
        net,
        x,
        out,
        ct.convert(net.state_dict(), ct.Config(out=out, heads=2, means=golden.MEANS, scales=golden.SCALES)),
    )


def run(kind, name, feeds):
    return onnxruntime.InferenceSession(f"{case(kind)[2]}/{name}.onnx").run(
        None, {k: np.ascontiguousarray(v) for k, v in feeds.items()}
    )[0]


def near(found, wanted, within=1e-4):
    assert found.shape == wanted.shape and np.abs(wanted).max() > 0.1, (found.shape, wanted.shape)
    off = np.abs(found - wanted).max() / max(1, np.abs(wanted).max())
    assert off < within, off


def inner(a, halo):
    return a[..., halo : a.shape[-2] - halo, halo : a.shape[-1] - halo]


@torch.inference_mode()
def test_analysis_equals_the_package():
    """Digital numbers in, standardisation folded in; the halo is exact."""
    for kind in KINDS:
        net, _, _, part = case(kind)
        n = part["analysis"]["halo"]
        x = golden.images(1, 12, 16 * (2 * n + 3), 5)
        pixels = (
            x.numpy() * np.array(STD["l2a"], np.float32)[:, None, None]
            + np.array(MEAN["l2a"], np.float32)[:, None, None]
        )
        near(run(kind, "analysis", {"pixels": pixels}), inner(net.model.transform.encode(x[None])[0].numpy(), n))


@torch.inference_mode()
def test_synthesis_equals_the_package():
    """Bands, scale and offset of two samples; the halo is exact."""
    for kind in KINDS:
        net, _, _, part = case(kind)
        n, bands = part["synthesis"]["halo"], [7, 0, 11]
        y = 3 * torch.randn(2, part["channels"], 2 * n + 2, 2 * n + 3)
        scale, offset = (
            np.array([[1, 0.1, 0.01], [2, 0.3, 0.5]], np.float32),
            np.array([[0, 5, -3], [100, 0, 1]], np.float32),
        )
        wanted = net.model.transform.decode(y[None], torch.Size([1, 2, 12, 16 * y.shape[2], 16 * y.shape[3]]))[
            0
        ].numpy()
        wanted = (wanted * np.array(STD["l2a"])[:, None, None] + np.array(MEAN["l2a"])[:, None, None])[:, bands]
        found = run(
            kind, "synthesis", {"latents": y.numpy(), "bands": np.array(bands), "scale": scale, "offset": offset}
        )
        near(found, inner(wanted, 16 * n) * scale[..., None, None] + offset[..., None, None])


@torch.inference_mode()
def test_reconstruction_equals_the_package():
    """The pixels that decompress() gives, standardisation undone: its last step by the same graph without a halo."""
    for kind, quality in KINDS.items():
        net, x, out, _ = case(kind)
        _, _, values, pixels = golden.coded(net, x, quality)
        onnx.save(ct.synthesis(ct.weights_of(net.state_dict()), ct.Config(), whole=True), f"{out}/whole.onnx")
        scale, offset = (
            1 / np.array([STD["l2a"]] * 2, np.float32),
            -np.array([MEAN["l2a"]] * 2, np.float32) / np.array([STD["l2a"]] * 2, np.float32),
        )
        near(
            run(kind, "whole", {"latents": np.stack(values), "bands": np.arange(12), "scale": scale, "offset": offset}),
            pixels,
        )


def tokens_of(net, frame, size):
    return net.model.entropy_model.patcher(torch.from_numpy(frame)[None], size).tensor


@torch.inference_mode()
def test_transformer_equals_the_package():
    """Means, scales and z_cur of every token, with keys and values cached, against the package's pass over the whole sequence."""
    for kind, quality in KINDS.items():
        net, x, _, part = case(kind)
        o, e = part["entropy"]["official"], net.model.entropy_model
        _, latents, values, _ = golden.coded(net, x, quality)
        tokens, count = tokens_of(net, latents[1], o["window"]), o["window"] ** 2
        blocks, kept = tokens.shape[0], 2 * o["layers"] * o["width"]
        processed = e.process_previous_latent_q(torch.from_numpy(latents[0])[None])
        mean, scale, z_cur, _ = e._terracodec_tt_encoder_forward(
            encoded_patched=torch.cat([processed.processed] * 2, -2), latent_q_patched=tokens
        )
        features = run(kind, "past", {"tokens": tokens_of(net, latents[0], o["reach"]).numpy()})
        near(features, processed.processed.numpy())
        memory, cache, outs = (
            run(kind, "joint", {"features": np.stack([features] * 2)}),
            np.zeros((count, blocks, kept), np.float32),
            [],
        )
        for i in range(count):
            token = (
                tokens[:, i - 1].numpy() if i else np.full((blocks, o["channels"]), 9, np.float32)
            )  # what is fed at 0 must not matter
            outs.append(
                run(kind, "step", {"token": token, "position": np.array([i]), "cache": cache, "memory": memory})
            )
            cache[i] = outs[-1][:, -kept:]
        for found, wanted in zip(
            np.split(np.stack(outs, 1)[..., :-kept], [o["channels"], 2 * o["channels"]], -1), (mean, scale, z_cur)
        ):
            near(found, wanted.numpy())
        spread = e.patcher.unpatch(t=z_cur, nH=8 // o["window"], nW=8 // o["window"], crop=(8, 8)).numpy()
        near(run(kind, "dequantise", {"latents": latents[1][None], "features": spread}), values[1][None])


def test_tables_equal_the_package():
    net = case("tt")[0].model.entropy_model.bottleneck._entropy_model
    first, cdfs = ct.tables(golden.MEANS, golden.SCALES, 0.01)
    assert np.array_equal(first, net._offset.numpy()) and [len(c) for c in cdfs] == net._cdf_length.tolist()
    assert all(np.array_equal(c, row[: len(c)]) for c, row in zip(cdfs, net._quantized_cdf.numpy()))


def test_first_frames_token_is_in_the_card():
    net, _, _, part = case("tt")
    assert np.allclose(
        part["entropy"]["official"]["start"], net.model._temporal_pad_token_maker.weight.detach().numpy().ravel()
    )


def test_wrong_checkpoints_are_named():
    state = case("tt")[0].state_dict()
    for change, words in (
        ({}, "not a TEC-TT or FlexTEC checkpoint"),
        (state, "12 means and 13 deviations for 12 bands"),
        (state, "5 attention heads don't divide"),
    ):
        cfg = ct.Config(
            out=tempfile.mkdtemp(), heads=5 if "heads" in words else 2, std=(1.0,) * (13 if "13" in words else 12)
        )
        try:
            ct.convert(change, cfg)
        except ValueError as error:
            assert words in str(error), error
        else:
            raise AssertionError(f"converted, although: {words}")
