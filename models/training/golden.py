"""Golden vectors for the TypeScript side, made with the official packages compressai 1.2.8 and terracodec 0.3.1.

    python golden.py --out=../../test/fixtures/golden [--model=../tec-s2]

Without the model folder only the vectors that don't depend on our weights are made. README.md beside them says what each holds.
"""
import dataclasses, hashlib, json, os, sys
import numpy as np, torch, xxhash
import tables


@dataclasses.dataclass
class Config:
    out: str = "../../test/fixtures/golden"
    model: str = ""
    seed: int = 3


def main():
    cfg = Config()
    for a in sys.argv[1:]:
        k, _, v = a.removeprefix("--").partition("=")
        setattr(cfg, k, type(getattr(cfg, k))(v))
    os.makedirs(cfg.out, exist_ok=True)
    torch.manual_seed(cfg.seed)
    if not cfg.model:
        bottlenecks(cfg); indexed(cfg); factorized_prior(cfg); checksums(cfg)
    else:
        own_stream(cfg); own_synthesis(cfg)
    total = sum(os.path.getsize(f"{cfg.out}/{f}") for f in os.listdir(cfg.out))
    print(f"{cfg.out}: {total / 1024:.0f} KiB")


def save(cfg, name, value):
    with open(f"{cfg.out}/{name}.json", "w") as f: json.dump(value, f, separators=(",", ":")); f.write("\n")


def trained_bottleneck(channels, updates=30):
    """An EntropyBottleneck after a few steps on Laplacian data of growing width, its integer tables frozen."""
    from compressai.entropy_models import EntropyBottleneck
    net = EntropyBottleneck(channels)
    opt = torch.optim.Adam(net.parameters(), lr=.05)
    width = torch.logspace(-.5, 1, channels)[None, :, None, None]
    shift = torch.linspace(-3, 3, channels)[None, :, None, None]
    draw = lambda n, h, w: torch.distributions.Laplace(0., 1.).sample((n, channels, h, w)) * width + shift
    for _ in range(updates):
        _, p = net(draw(8, 8, 8))
        loss = -torch.log2(p).mean() + net.loss()
        opt.zero_grad(); loss.backward(); opt.step()
    net.update(force=True)
    return net.eval(), draw


def bottleneck_case(net, x):
    """Tables, symbols (rounded latents less their channel's median) and the exact bytes of compress() for x [n, C, h, w]."""
    medians = net._get_medians().reshape(1, -1, 1, 1)
    symbols = torch.round(x - medians).int()
    streams = net.compress(x)
    assert torch.equal(net.decompress(streams, x.shape[-2:]), symbols + medians)
    length = net._cdf_length.tolist()
    return {"channels": x.shape[1], "shape": list(x.shape), "cdf": [row[:n] for row, n in zip(net._quantized_cdf.tolist(), length)],
            "cdfLength": length, "offset": net._offset.tolist(), "medians": medians.flatten().tolist(),
            "symbols": symbols.flatten(1).tolist(), "streams": [s.hex() for s in streams]}


@torch.no_grad()
def with_outliers(x, seed):
    """Puts symbols far outside every table into x: escapes of one to six pieces of 4 bits, both signs, at known places."""
    r = np.random.default_rng(seed)
    far = [30, -30, 100, -100, 1000, -1000, 32000, -32000, 15, -15, 255, -256]
    for k, value in enumerate(far): x.view(-1)[int(r.integers(x.numel()))] = value
    return x


def bottlenecks(cfg):
    for channels, shapes in ((8, ((1, 16, 16), (1, 1, 1))), (24, ((2, 5, 7), (1, 8, 3)))):
        net, draw = trained_bottleneck(channels)
        cases = []
        for n, h, w in shapes:
            cases.append(bottleneck_case(net, draw(n, h, w)))
            cases.append(bottleneck_case(net, with_outliers(draw(n, h, w), channels)))
        save(cfg, f"bottleneck-{channels}", {"cases": cases})


def indexed(cfg):
    """encode_with_indexes with a table chosen at random for each symbol: what table sets come down to."""
    from compressai import ans
    r = np.random.default_rng(cfg.seed)
    rows = []
    for k in range(12):
        count = int(r.integers(1, 40)); p = r.dirichlet(np.full(count + 1, .4))
        freq = np.maximum(1, np.floor(p * (65536 - count - 1)).astype(int)); freq[freq.argmax()] += 65536 - freq.sum()
        rows.append((int(r.integers(-20, 5)), freq))
    cdf, offset = [[0] + np.cumsum(f).tolist() for _, f in rows], [first for first, _ in rows]
    length, widest = [len(c) for c in cdf], max(len(c) for c in cdf)
    padded = [c + [0] * (widest - len(c)) for c in cdf]
    cases = []
    for n in (5, 64, 777):
        indexes = r.integers(0, 12, n)
        draw = lambda f: r.choice(len(f), p=f / 65536) if r.random() < .98 else r.integers(-3000, 3000)
        symbols = np.array([offset[i] + draw(rows[i][1]) for i in indexes], int)
        stream = ans.RansEncoder().encode_with_indexes(symbols.tolist(), indexes.tolist(), padded, length, offset)
        assert ans.RansDecoder().decode_with_indexes(stream, indexes.tolist(), padded, length, offset) == symbols.tolist()
        cases.append({"indexes": indexes.tolist(), "symbols": symbols.tolist(), "stream": stream.hex()})
    save(cfg, "indexed", {"cdf": cdf, "cdfLength": length, "offset": offset, "cases": cases})


def factorized_prior(cfg):
    """terracodec's TEC-FP class, randomly initialised and small, on a random 12-band image: the tables and streams of its own compress()."""
    from terracodec.imagecodecs.factorizedprior import FactorizedPrior
    net = FactorizedPrior(in_channels=12, N=8, M=12, image_size=64).eval()
    net.update(force=True)
    x = torch.randn(1, 12, 64, 96) * 2
    with torch.no_grad(): y = net.g_a(x) * 1.
    case = bottleneck_case(net.entropy_bottleneck, y)
    out = net.compress(x)
    assert out["strings"][0][0].hex() == case["streams"][0] and list(out["shape"]) == [4, 6]
    save(cfg, "terracodec-fp", {"cases": [case]})


def checksums(cfg):
    """xxhash32, seed 0, of int16 arrays as little-endian bytes."""
    r = np.random.default_rng(cfg.seed)
    arrays = [[], [0], [1, -1], [32767, -32768, 5], list(range(-8, 8)), r.integers(-40, 40, 101).tolist(), r.integers(-2047, 2048, 320).tolist()]
    save(cfg, "xxhash32", {"cases": [{"int16": a, "xxh32": xxhash.xxh32_intdigest(np.array(a, "<i2").tobytes())} for a in arrays]})


def model_of(cfg):
    with open(f"{cfg.model}/model.json") as f: card = json.load(f)
    fp = card["entropy"]["fp"]
    return card, tables.read(f"{cfg.model}/{fp['file']}", fp["block"])


def lively_symbols(frozen, q, h, w, seed):
    """Symbols [C, h, w] drawn from the tables themselves, each position from a set of its block, and a few escapes."""
    r, b = np.random.default_rng(seed), frozen.block
    sets = r.integers(frozen.sets, size=(-(-h // b), -(-w // b)))
    out = np.zeros((frozen.gain.shape[1], h, w), np.int16)
    for c in range(len(out)):
        for i in range(h):
            for j in range(w):
                s = sets[i // b, j // b]; freq = frozen.freq[q][s][c].astype(float)
                k = r.choice(len(freq), p=freq / freq.sum())
                out[c, i, j] = frozen.first[q][s][c] + k if k < len(freq) - 1 else r.integers(-600, 600)
    return out, sets


def own_stream(cfg):
    """A 4 x 5 chunk under our tables: symbols, sets and the bytes that CompressAI's encoder gives for them."""
    from compressai import ans
    card, frozen = model_of(cfg)
    q = card["defaultQuality"]
    coded, sets = lively_symbols(frozen, q, 4, 5, cfg.seed)
    symbols = tables.undone(coded)                                               # predicted channels are coded as differences
    channels, b = len(symbols), frozen.block
    at = sets[np.arange(4)[:, None] // b, np.arange(5)[None] // b]               # [4, 5] the set of each position
    indexes = (at[None] * channels + np.arange(channels)[:, None, None]).ravel()
    rows = [f for s in frozen.freq[q] for f in s]
    cdf = [[0] + np.cumsum(f.astype(int)).tolist() for f in rows]
    length, widest = [len(c) for c in cdf], max(len(c) for c in cdf)
    padded = [c + [0] * (widest - len(c)) for c in cdf]
    stream = ans.RansEncoder().encode_with_indexes(coded.ravel().tolist(), indexes.tolist(), padded, length, frozen.first[q].ravel().tolist())
    save(cfg, "own-stream", {"tablesSha256": card["entropy"]["fp"]["sha256"], "step": q, "channels": channels, "rows": 4, "columns": 5, "block": b,
                             "sets": sets.tolist(), "symbols": symbols.ravel().tolist(), "xxh32": xxhash.xxh32_intdigest(symbols.astype("<i2").tobytes()),
                             "stream": stream.hex()})


@torch.no_grad()
def own_synthesis(cfg):
    """Latents [C, 6, 7] of a 2 x 3 window with its halo, and what torch makes of them in three bands, from the float16 weights that are shipped."""
    import model, onnx
    from onnx import numpy_helper
    card, frozen = model_of(cfg)
    q, bands = card["defaultQuality"], [3, 2, 1]
    scale, offset = np.array([.1, .12, .5], np.float32), np.array([-20, 3, 0], np.float32)
    w = {t.name.removesuffix(".half"): numpy_helper.to_array(t).astype(np.float32) for t in onnx.load(f"{cfg.model}/synthesis.onnx").graph.initializer}
    s2, s1 = w["stage3"].shape[0] // 4, w["stage2"].shape[0] // 4
    net = model.Synthesis(w["stage3"].shape[1], s2, s1).eval()
    rows = lambda t, r: torch.from_numpy(t.reshape(r * r, -1, *t.shape[1:]).swapaxes(0, 1).reshape(t.shape).copy())    # undoes graphs.block_order
    state = {k: torch.from_numpy(w[f"g_s.{k.removesuffix('.weight')}"].copy()) for k in net.state_dict() if k.startswith("body")}
    state |= {"stage3.weight": rows(w["stage3"], 2), "stage2.weight": rows(w["stage2"], 2),
              "head.weight": torch.from_numpy(w["head"].swapaxes(0, 1).reshape(192, s1, 1, 1).copy())}
    net.load_state_dict(state)
    symbols, _ = lively_symbols(frozen, q, 6, 7, cfg.seed + 1)
    symbols = np.clip(symbols, -40, 40)
    y_hat = torch.from_numpy(symbols * frozen.degain[q][:, None, None])[None]
    pixels = net(y_hat)[0, bands].numpy() * scale[:, None, None] + offset[:, None, None]                                # [3, 32, 48]
    symbols.astype("<i2").tofile(f"{cfg.out}/own-synthesis.symbols"); pixels.astype("<f4").tofile(f"{cfg.out}/own-synthesis.pixels")
    save(cfg, "own-synthesis", {"synthesisSha256": card["synthesis"]["sha256"], "tablesSha256": card["entropy"]["fp"]["sha256"], "step": q,
                                "channels": symbols.shape[0], "rows": 6, "columns": 7, "bands": bands, "scale": scale.tolist(), "offset": offset.tolist(),
                                "width": pixels.shape[2], "height": pixels.shape[1], "tolerance": float(np.abs(pixels).max() * 1e-4)})


if __name__ == "__main__": main()
