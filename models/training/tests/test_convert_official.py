"""Converted TEC-FP and TEC-ELIC against randomly initialised official ones (terracodec 0.3.1); a minute."""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnxruntime
import pytest
import torch

from tectile_training import convert_graphs, convert_official, golden_official
from tectile_training.golden_official import digital, elic_model, fp_model, picture

pytest.importorskip(
    "terracodec", reason="the official package is not installed: pip install .[official]", exc_type=ImportError
)

torch.set_num_threads(1)
TOLERANCE = 1e-4  # standardised units


def run(model, output, **feeds):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    source = model if isinstance(model, str) else model.SerializeToString()
    return onnxruntime.InferenceSession(source, options).run([output], feeds)[0]


def folder():
    return pathlib.Path(tempfile.mkdtemp())


def weights(net):
    return {k: v.detach().numpy() for k, v in net.state_dict().items()}


def standard(pixels, level="l2a"):
    bands = [b for b in range(len(convert_official.MEAN[level])) if level == "l2a" or b != convert_official.B10]
    column = lambda v: np.array(v)[bands].reshape(-1, 1, 1)
    return (pixels - column(convert_official.MEAN[level])) / column(convert_official.STD[level])


def synthesise(model, latents, bands=range(12)):
    one = np.ones((len(latents), len(bands)), np.float32)
    return run(model, "pixels", latents=latents, bands=np.array(bands), scale=one, offset=0 * one)


MODELS = {
    "fp": lambda: fp_model(16, 24),
    "fp, N=128, M=192": lambda: fp_model(128, 192),
    "fp, N=192, M=320": lambda: fp_model(192, 320),
    "elic": lambda: elic_model(8, 24, [4, 4, 4, 4, 8], 12),
}


@torch.no_grad()
def test_the_reconstruction_of_a_whole_patch_is_the_packages():
    for name in MODELS:
        whole_patch(MODELS[name]())


def whole_patch(net):
    w, x, side = weights(net), picture(256, 256, 0), 256 // 16
    mean, std = convert_official.MEAN["l2a"], convert_official.STD["l2a"]
    y = net.g_a(x)
    ours = run(convert_graphs.analysis(w, mean, std, whole=True), "latents", pixels=digital(x))
    assert ours.shape == (1, y.shape[1], side, side) and np.abs(ours - y.numpy()).max() < TOLERANCE * max(
        1, y.abs().max()
    )
    y_hat = torch.round(y)
    theirs = net.g_s(y_hat).numpy()
    ours = standard(synthesise(convert_graphs.synthesis(w, mean, std, whole=True), y_hat.numpy()))
    assert theirs.std() > 0.01 and np.abs(ours - theirs).max() < TOLERANCE


@torch.no_grad()
def test_any_window_of_the_converted_graphs_is_the_inside_of_the_whole():
    for name in ("fp", "elic"):
        window(name, folder())


def window(name, tmp_path):
    net = MODELS[name]()
    card = golden_official.converted(net, str(tmp_path / "m"), "window")
    a, s = card["analysis"]["halo"], card["synthesis"]["halo"]
    x = picture(16 * (3 + 2 * a), 16 * (2 + 2 * a), 1)
    y = net.g_a(x)
    medians = net.entropy_bottleneck._get_medians().reshape(1, -1, 1, 1) if name == "fp" else torch.zeros(1)
    ours = run(str(tmp_path / "m/analysis.onnx"), "latents", pixels=digital(x))
    assert np.abs(ours - (y - medians).numpy()[:, :, a:-a, a:-a]).max() < TOLERANCE * max(1, y.abs().max())
    symbols = torch.round(torch.randn(2, y.shape[1], 3 + 2 * s, 4 + 2 * s) * 3)
    theirs = net.g_s(symbols + medians)[:, [11, 0, 7], 16 * s : -16 * s, 16 * s : -16 * s].numpy()
    column = lambda v: np.array(v)[[11, 0, 7]].reshape(-1, 1, 1)
    pixels = synthesise(str(tmp_path / "m/synthesis.onnx"), symbols.numpy(), [11, 0, 7])
    assert pixels.shape == (2, 3, 48, 64)
    assert (
        np.abs((pixels - column(convert_official.MEAN["l2a"])) / column(convert_official.STD["l2a"]) - theirs).max()
        < TOLERANCE
    )


def test_halos_are_the_least_that_suffice():
    """FP: the outermost latents of the halo do reach the window. ELIC's do too, but by less than float32 shows with random weights."""
    tmp_path = folder()
    for name, n in (("fp", 2), ("elic", 9)):
        card = golden_official.converted(MODELS[name](), str(tmp_path / name), name)
        assert n == card["synthesis"]["halo"] == card["analysis"]["halo"]
    y = np.zeros((1, 24, 5, 5), np.float32)
    far = y.copy()
    far[:, :, :, [0, -1]] = 50
    model = str(tmp_path / "fp/synthesis.onnx")
    assert np.abs(synthesise(model, y) - synthesise(model, far)).max() > 0


def test_fp_tables_are_the_packages_cdfs():
    tmp_path = folder()
    net = fp_model(16, 24)
    golden_official.converted(net, str(tmp_path), "fp")
    raw = (tmp_path / "fp.tables").read_bytes()
    channels, at, eb = 24, 12 + 24 + 12 * 24, net.entropy_bottleneck
    assert (
        raw[:4] == b"TECF"
        and np.frombuffer(raw, "<u2", 4, 4).tolist() == [2, 1, 1, channels]
        and not any(raw[12 : 12 + channels])
    )
    for c in range(channels):
        first, count = np.frombuffer(raw, "<i2", 1, at)[0], np.frombuffer(raw, "<u2", 1, at + 2)[0]
        cdf = np.cumsum(np.r_[0, np.frombuffer(raw, "<u2", count + 1, at + 4).astype(int)])
        assert first == eb._offset[c] and cdf.tolist() == eb._quantized_cdf[c, : eb._cdf_length[c]].tolist()
        at += 4 + 2 * (count + 1)
    assert at == len(raw)


@torch.no_grad()
def test_l1c_leaves_out_b10_as_if_it_were_at_its_mean():
    tmp_path = folder()
    net = fp_model(16, 24, bands=13)
    card = golden_official.converted(net, str(tmp_path), "l1c")
    assert card["id"] == "l1c" and len(card["normalisation"]["mean"]) == 12 and "B10" in card["description"]
    keep = [b for b in range(13) if b != convert_official.B10]
    a, s = card["analysis"]["halo"], card["synthesis"]["halo"]
    x = picture(16 * (2 + 2 * a), 16 * (2 + 2 * a), 2, 13)
    x[:, convert_official.B10] = 0
    medians = net.entropy_bottleneck._get_medians().reshape(1, -1, 1, 1)
    y = (net.g_a(x) - medians)[:, :, a:-a, a:-a].numpy()
    assert np.abs(
        run(str(tmp_path / "analysis.onnx"), "latents", pixels=digital(x, "l1c")[:, keep]) - y
    ).max() < TOLERANCE * max(1, np.abs(y).max())
    symbols = torch.round(torch.randn(1, 24, 2 + 2 * s, 2 + 2 * s) * 3)
    theirs = net.g_s(symbols + medians)[:, keep, 16 * s : -16 * s, 16 * s : -16 * s].numpy()
    assert (
        np.abs(standard(synthesise(str(tmp_path / "synthesis.onnx"), symbols.numpy()), "l1c") - theirs).max()
        < TOLERANCE
    )


@torch.no_grad()
def test_elic_context_networks_give_the_packages_parameters():
    tmp_path = folder()
    net = elic_model(128, 192)  # the published size
    card = golden_official.converted(net, str(tmp_path), "elic")
    official = card["entropy"]["official"]
    assert [g["channels"] for g in official["groups"]] == [16, 16, 32, 64, 64] and official["hyperChannels"] == 128
    lc, g = net.latent_codec, np.random.default_rng(0)
    y = torch.from_numpy(g.normal(0, 3, (1, 192, 16, 16)).astype(np.float32))
    z = torch.round(torch.from_numpy(g.normal(0, 3, (1, 128, 4, 4)).astype(np.float32)))
    near = lambda ours, theirs: np.abs(ours - theirs.numpy()).max() < 1e-5 * max(1, theirs.abs().max())
    assert near(run(str(tmp_path / "hyper-analysis.onnx"), "z", latents=y.numpy()), lc["hyper"].h_a(y))
    hyper = lc["hyper"].h_s(z)
    assert near(run(str(tmp_path / "hyper-synthesis.onnx"), "hyper", z=z.numpy()), hyper)
    y_hat = torch.split(y, [16, 16, 32, 64, 64], 1)
    for k in (0, 1, 3):
        feeds, codec = {"hyper": hyper.numpy()}, lc["y"].latent_codec[f"y{k}"]
        side = lc["y"]._get_ctx_params(k, hyper, list(y_hat))
        if k:
            known = torch.cat([y_hat[0], y_hat[k - 1]], 1) if k > 1 else y_hat[0]
            feeds["channel"] = run(str(tmp_path / f"context-{k}.onnx"), "channel", latents=known.numpy())
            assert near(feeds["channel"], side[:, : feeds["channel"].shape[1]])
        for seen in (0.0, 1.0):
            anchors = codec._keep_only(y_hat[k], "anchor")
            context = codec.context_prediction(anchors) * seen
            ours = run(
                str(tmp_path / f"parameters-{k}.onnx"),
                "parameters",
                anchors=anchors.numpy(),
                seen=np.array([seen], np.float32),
                **feeds,
            )
            assert near(ours, codec.entropy_parameters(codec.merge(context, side)))


def test_checkpoints_as_files_old_and_new_names_are_told_apart():
    tmp_path = folder()
    state = fp_model(16, 24).state_dict()
    torch.save({f"model.{k}": v for k, v in state.items()}, tmp_path / "TerraCodec_v1_FP_S2L2A_lambda-0.5.pt")
    script = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tectile_training.convert_official",
        str(tmp_path / "TerraCodec_v1_FP_S2L2A_lambda-0.5.pt"),
        f"--out={tmp_path}/out",
    ]
    subprocess.run(script, check=True, cwd=pathlib.Path(__file__).parents[1], capture_output=True)
    card = json.loads((tmp_path / "out/model.json").read_text())
    assert (
        card["id"] == "terracodec-fp-l2a-0p5"
        and card["qualities"][0] == {"step": 0, "lambda": 0.5, "bits": 0, "psnr": 0}
        and "not measured" in card["description"]
    )

    def wrong(state, message, **options):
        try:
            convert_official.convert(
                state, convert_official.Config(checkpoint="x.pt", out=str(tmp_path / "wrong"), **options)
            )
        except ValueError as error:
            assert message in str(error), error
        else:
            raise AssertionError(f"converted, but {message} was expected")

    wrong(state, "TEC-FP's", kind="elic")
    wrong({"weight": torch.zeros(3)}, "not a TerraCodec checkpoint")
    wrong(state | {"g_a.0.weight": torch.zeros(16, 4, 5, 5)}, "a model of 4 bands")
    wrong({k: v for k, v in state.items() if "biases.0" not in k}, "lacks entropy_bottleneck.biases.0")
