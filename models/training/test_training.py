"""python -m pytest -q test_training.py, or python test_training.py: no data and no checkpoint needed; half a minute."""
import os, tempfile
import numpy as np, onnxruntime, torch
import data, graphs, model, networks, tables

torch.manual_seed(0)
RNG = np.random.default_rng(0)


def small(trained=True):
    """A narrow codec with the shape of the real one; `trained`: with residual branches that do something."""
    net = model.Codec(2, 24, 16, 16, 16, 16).eval()
    if trained:
        for name, p in net.named_parameters():
            if name.endswith("second.weight"): torch.nn.init.normal_(p, std=.02)
    return net


def test_start_is_invertible():
    """With as many components as inputs the block PCA start gives the pixels back, at quantisation steps that are fine enough."""
    net = model.Codec(2, 3072, 192, 768, 768, 192).eval()
    x = torch.randn(2, 12, 64, 64) + 1
    net.block_pca_start(torch.randn(40, 12, 32, 32) + 1, (1e-4, 1e-3))
    with torch.no_grad(): x_hat, bits = net(x, torch.tensor([0, 1]), torch.tensor([3072, 3072]))
    error = (x_hat - x).abs().amax((1, 2, 3))
    assert error[0] < 1e-3 and error[1] < 1e-2, error
    assert torch.isfinite(bits).all() and (bits > 0).all()


def test_masked_channels_change_nothing():
    """Channels beyond `keep` reach neither the picture nor the rate."""
    net, x, q = small(), torch.randn(1, 12, 64, 64), torch.tensor([0])
    torch.manual_seed(1); a, bits_a = net(x, q, torch.tensor([9]))
    with torch.no_grad(): net.g_a.body3.second.weight[9:] += 1.
    torch.manual_seed(1); b, bits_b = net(x, q, torch.tensor([9]))
    assert torch.equal(a, b) and torch.equal(bits_a, bits_b)
    c, _ = net(x, q, torch.tensor([24]))
    assert not torch.equal(a, c)


def test_scale_equivariance():
    """No biases: a scene three times as bright has latents three times as large."""
    net, x = small(), torch.randn(1, 12, 64, 64)
    with torch.no_grad(): assert torch.allclose(net.g_a(3 * x), 3 * net.g_a(x), rtol=1e-4, atol=1e-4)


def test_windows_equal_the_whole():
    """Synthesis and the exported analysis have exact halos: any window equals the crop of the whole."""
    net = small(); state = {k: v.numpy() for k, v in net.state_dict().items()}
    y = torch.randn(1, 24, 14, 12)
    with torch.no_grad(): whole, part = net.g_s(y), net.g_s(y[:, :, 3:12, 1:9])
    assert torch.allclose(whole[:, :, 48:48 + part.shape[2], 16:16 + part.shape[3]], part, atol=1e-4)
    session = onnxruntime.InferenceSession(graphs.analysis(state, half=False).SerializeToString())
    x = RNG.normal(size=(1, 12, 16 * 16, 16 * 15)).astype(np.float32) * 1500
    whole, part = session.run(None, {"pixels": x})[0], session.run(None, {"pixels": x[:, :, 32:, 16:208]})[0]
    assert whole.shape == (1, 24, 6, 5) and np.abs(whole[:, :, 2:, 1:3] - part).max() < 1e-3


def test_onnx_equals_torch():
    net = small(); state = {k: v.numpy() for k, v in net.state_dict().items()}
    pixels = RNG.uniform(0, 4000, (12, 96, 80)).astype(np.float32)
    y = networks.TorchCodec(net).analyse(pixels)
    run = lambda built, feeds: onnxruntime.InferenceSession(built.SerializeToString()).run(None, feeds)[0]
    found = run(graphs.analysis(state, half=False), {"pixels": networks.extended(pixels, 16 * graphs.EXACT_HALO)[None]})[0]
    assert np.abs(found - y).max() < 1e-4 * np.abs(y).max()

    y_hat = np.stack([y, 2 * y]); bands = np.array([7, 0, 3]); scale, offset = RNG.normal(size=(2, 2, 3)).astype(np.float32)
    want = np.stack([networks.TorchCodec(net).synthesise(v)[bands] for v in y_hat]) * scale[:, :, None, None] + offset[:, :, None, None]
    padded = np.pad(y_hat, [(0, 0), (0, 0), (2, 2), (2, 2)], mode="edge")
    found = run(graphs.synthesis(state, half=False), {"latents": padded, "bands": bands, "scale": scale, "offset": offset})
    assert found.shape == want.shape and np.abs(found - want).max() < 1e-4 * np.abs(want).max()


def fitted(sets, block):
    net = small(); latents = RNG.laplace(size=(12, 24, 8, 8)).astype(np.float32) * np.geomspace(8, .01, 24)[:, None, None].astype(np.float32)
    latents *= RNG.choice([.3, 1, 3], (12, 1, 8, 8))                             # activity differs from place to place
    return tables.fit(latents, net, (6., 80.), sets, block), latents


def test_tables():
    for sets, block in ((1, 4), (3, 4), (4, 1)):
        t, latents = fitted(sets, block)
        for step in t.freq:
            for one in step:
                for f in one: assert f.astype(int).sum() == 65536 and f.min() >= 1 and len(f) >= 2
        assert t.rounding.min() >= .2 and t.rounding.max() <= .5
        with tempfile.TemporaryDirectory() as folder:
            tables.write(f"{folder}/t", t); back = tables.read(f"{folder}/t", block)
        assert np.array_equal(back.first, t.first) and np.array_equal(back.gain, t.gain) and np.array_equal(back.rounding, t.rounding)
        assert all(np.array_equal(a, b) for x, y in zip(t.freq, back.freq) for u, v in zip(x, y) for a, b in zip(u, v))


def test_differences():
    symbols = RNG.integers(-900, 900, (24, 7, 5)).astype(np.int16)
    coded = tables.differences(symbols)
    assert np.array_equal(tables.undone(coded), symbols) and np.array_equal(coded[4], symbols[4]) and not np.array_equal(coded[0], symbols[0])


def test_code_length_is_what_compressai_writes():
    """image_bytes and the official encoder agree to a few bytes, escapes included; sets are worth having on uneven data."""
    from compressai import ans
    sizes = {}
    for sets in (1, 4):
        t, latents = fitted(sets, 1)
        bits, symbols = tables.lengths(t, 1), tables.quantise(latents[0], t.gain[1], t.rounding[1])
        symbols[0, 0, 0], symbols[5, 3, 3] = 900, -1500
        counted, chosen = tables.chunk_bits(symbols, bits, t)
        indexes = (chosen[None] * 24 + np.arange(24)[:, None, None]).ravel()
        cdf = [[0] + np.cumsum(f.astype(int)).tolist() for one in t.freq[1] for f in one]
        length = [len(c) for c in cdf]
        padded = [c + [0] * (max(length) - len(c)) for c in cdf]
        stream = ans.RansEncoder().encode_with_indexes(tables.differences(symbols).ravel().tolist(), indexes.tolist(), padded, length, t.first[1].ravel().tolist())
        assert abs(len(stream) - (counted - t.side_bits * 64) / 8) < 12, (len(stream), counted / 8)
        assert abs(tables.image_bytes(symbols, bits, t, head=0) - len(stream) - t.side_bits * 8) < 12
        sizes[sets] = len(stream)
    assert sizes[4] < sizes[1]


def test_shipped_model():
    """models/tec-s2: checksums, tables, and the golden window through onnxruntime."""
    import hashlib, json
    here = os.path.dirname(os.path.abspath(__file__)); folder, golden = f"{here}/../tec-s2", f"{here}/../../test/fixtures/golden"
    codec = networks.OnnxCodec(folder); card, fp = codec.card, codec.card["entropy"]["fp"]
    for part in (card["analysis"], card["synthesis"], fp):
        with open(f"{folder}/{part['file']}", "rb") as f: assert hashlib.sha256(f.read()).hexdigest() == part["sha256"], part["file"]
    assert codec.tables.sets == fp["sets"] and codec.tables.gain.shape == (len(card["qualities"]), card["channels"])
    assert sum(os.path.getsize(f"{folder}/{f}") for f in os.listdir(folder)) <= 13 * 2 ** 20
    with open(f"{golden}/own-synthesis.json") as f: case = json.load(f)
    assert case["synthesisSha256"] == card["synthesis"]["sha256"] and case["tablesSha256"] == fp["sha256"]
    symbols = np.fromfile(f"{golden}/own-synthesis.symbols", "<i2").reshape(1, case["channels"], case["rows"], case["columns"])
    want = np.fromfile(f"{golden}/own-synthesis.pixels", "<f4").reshape(1, len(case["bands"]), case["height"], case["width"])
    feeds = {"latents": symbols * codec.tables.degain[case["step"]][:, None, None], "bands": np.array(case["bands"]),
             "scale": np.array([case["scale"]], np.float32), "offset": np.array([case["offset"]], np.float32)}
    assert np.abs(codec.synthesis.run(None, feeds)[0] - want).max() < case["tolerance"]


def test_rotation_keeps_distances():
    axes = np.linalg.qr(RNG.normal(size=(12, 12)))[0]
    c = RNG.uniform(0, 9000, (12, 20, 20)).astype(np.float32)
    r = data.rotation(c, axes)
    assert np.allclose(r @ r.T, np.eye(12), atol=1e-9)


def test_crops_are_finite():
    pictures = [data.Image(f"a/{k}", RNG.uniform(0, 3000, (12, 70 + 40 * k, 90)).astype(np.float32), 1.) for k in range(3)]
    x = data.Crops(pictures, 64, 0, rotated=.5).draw(60)
    assert x.shape == (60, 12, 64, 64) and np.isfinite(x).all() and x.max() <= 70000


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"): test(); print("ok", name)
