"""Runs a trained checkpoint: loading, analysis of whole images, synthesis from latents."""
import numpy as np, torch, torch.nn.functional as F
import model


def load_net(path):
    """The averaged weights of a checkpoint, as a Codec in eval mode, and the checkpoint's step and config."""
    state = torch.load(path, map_location="cpu")
    w = state["ema"]
    qualities, channels = w["log_gain"].shape
    net = model.Codec(qualities, channels, w["g_a.stage1.weight"].shape[0], w["g_a.stage2.weight"].shape[0],
                      w["g_s.body2.second.weight"].shape[0], w["g_s.head.weight"].shape[1])
    net.load_state_dict(w)
    return net.eval(), {"step": state["step"], "config": state["config"]}


@torch.no_grad()
def analyse(net, pixels, bf16=False):
    """pixels [12, H, W] or [n, 12, H, W] digital numbers -> latents [n, C, ceil(H / 16), ceil(W / 16)] float32, edges extended."""
    x = torch.as_tensor(np.ascontiguousarray(pixels, np.float32))
    x = (x[None] if x.ndim == 3 else x) / model.SCALE
    down, right, rim = -x.shape[-2] % 16, -x.shape[-1] % 16, 16 * model.ANALYSIS_HALO
    x = F.pad(x, (rim, rim + right, rim, rim + down), mode="replicate").contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16): y = net.g_a(x)
    h = model.ANALYSIS_HALO
    return y[..., h:-h, h:-h].float().contiguous().numpy()


@torch.no_grad()
def synthesise(net, y_hat, bf16=False):
    """y_hat [n, C, h, w] dequantised latents -> digital numbers [n, 12, 16 h, 16 w], edges replicated."""
    y = F.pad(torch.as_tensor(y_hat), (model.HALO,) * 4, mode="replicate").contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16): x = net.g_s(y)
    return (x.float() * model.SCALE).contiguous().numpy()
