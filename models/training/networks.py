"""Runs the networks on whole images: a checkpoint through torch, or an exported folder through onnxruntime."""
import json
import numpy as np, torch, torch.nn.functional as F
import model, tables


def load_net(path):
    """The averaged weights of a checkpoint, as a Codec in eval mode, and the checkpoint's step and config."""
    state = torch.load(path, map_location="cpu")
    w = state["ema"]
    qualities, channels = w["log_gain"].shape
    net = model.Codec(qualities, channels, w["g_a.stage1.weight"].shape[0], w["g_a.stage2.weight"].shape[0],
                      w["g_s.body2.second.weight"].shape[0], w["g_s.head.weight"].shape[1])
    net.load_state_dict(w)
    return net.eval(), {"step": state["step"], "config": state["config"]}


class TorchCodec:
    """analyse: digital numbers [12, H, W] -> latents [C, ceil(H / 16), ceil(W / 16)]; synthesise: y_hat [C, h, w] -> [12, 16 h, 16 w]."""

    def __init__(self, net, bf16=False): self.net, self.bf16 = net, bf16

    @torch.no_grad()
    def analyse(self, pixels):
        h = model.ANALYSIS_HALO
        x = torch.from_numpy(extended(pixels, 16 * h) / model.SCALE)[None].contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16): y = self.net.g_a(x)
        return y[0, :, h:-h, h:-h].float().contiguous().numpy()

    @torch.no_grad()
    def synthesise(self, y_hat):
        y = F.pad(torch.as_tensor(y_hat)[None], (model.HALO,) * 4, mode="replicate").contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16): x = self.net.g_s(y)
        return (x[0].float() * model.SCALE).contiguous().numpy()


class OnnxCodec:
    """The same from a model folder, all 12 bands; `card` and `tables` are the folder's."""

    def __init__(self, folder, threads=1):
        import onnxruntime
        options = onnxruntime.SessionOptions(); options.intra_op_num_threads = threads
        with open(f"{folder}/model.json") as f: self.card = json.load(f)
        self.analysis, self.synthesis = (onnxruntime.InferenceSession(f"{folder}/{self.card[k]['file']}", options) for k in ("analysis", "synthesis"))
        self.tables = tables.read(f"{folder}/{self.card['entropy']['fp']['file']}", self.card["entropy"]["fp"]["block"])

    def analyse(self, pixels):
        return self.analysis.run(None, {"pixels": extended(pixels, 16 * self.card["analysis"]["halo"])[None]})[0][0]

    def synthesise(self, y_hat):
        h, one = self.card["synthesis"]["halo"], np.ones((1, 12), np.float32)
        y = np.pad(y_hat, [(0, 0), (h, h), (h, h)], mode="edge")[None]
        return self.synthesis.run(None, {"latents": y, "bands": np.arange(12), "scale": one, "offset": 0 * one})[0][0]


def extended(pixels, rim):
    """Edges replicated: to multiples of 16 at the bottom and right, then by `rim` pixels all around."""
    down, right = (-s % model.STRIDE for s in pixels.shape[1:])
    return np.pad(pixels, [(0, 0), (rim, rim + down), (rim, rim + right)], mode="edge").astype(np.float32)
