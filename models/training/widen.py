"""Grows a checkpoint's latent channels: python widen.py IN.pt OUT.pt --channels=512

320 channels of the 3,072 numbers under a latent leave an ordinary scene at 43 dB before any quantisation, and a cloud at 34 dB; 512 leave
45.5 and 36 (linear). The trained channels stay as they are; the new ones start as the principal components of what stage 3 of the analysis
drops; the synthesis sees them with zero weights at first, so the widened codec decodes what the old one does until it has learned.
"""
import sys
import torch, torch.nn.functional as F
import data, model, networks


@torch.no_grad()
def widen(net, channels, crops):
    """crops [n, 12, H, W] / SCALE -> a new Codec that decodes as the old one."""
    old = net.channels
    wide = model.Codec(net.log_gain.shape[0], channels, net.g_a.stage1.weight.shape[0], net.g_a.stage2.weight.shape[0],
                       net.g_s.body2.second.weight.shape[0], net.g_s.head.weight.shape[1])
    state, fresh = net.state_dict(), wide.state_dict()
    for name, value in fresh.items():                                            # what has the old shape is kept, the rest is padded with 0
        kept = state[name]
        if kept.shape == value.shape: fresh[name] = kept.clone(); continue
        value.zero_(); value[tuple(slice(s) for s in kept.shape)] = kept
    feature = net.g_a.body2(net.g_a.stage2(F.pixel_unshuffle(net.g_a.body1(net.g_a.stage1(F.pixel_unshuffle(crops, 4))), 2)))
    inner = lambda t: t[..., 2:-2, 2:-2].permute(1, 0, 2, 3).reshape(t.shape[1], -1).double()   # away from the crops' edges
    h = inner(F.pixel_unshuffle(feature, 2))                                     # [4 a2, positions]
    w = net.g_a.stage3.weight[:, :, 0, 0].double()
    free = torch.eye(h.shape[0], dtype=torch.float64) - torch.linalg.pinv(w) @ w
    left = free @ h
    _, v = torch.linalg.eigh(left @ left.T / left.shape[1])
    new = v.flip(1)[:, :channels - old].T @ free                                 # [new, 4 a2]
    fresh["g_a.stage3.weight"][old:, :, 0, 0] = new.float()
    z = new @ h                                                                  # [new, positions]
    for name in ("log_gain", "log_degain"): fresh[name][:, old:] = state[name][:, old - 64:].mean(1, keepdim=True)
    step = torch.exp(-fresh["log_gain"][:, old:])                                # [qualities, new]
    spread = (z.abs().mean(1)[None] / step).clamp(min=.15).log().float()[..., None]
    fresh["density.log_scale"][:, old:] = spread + torch.log(torch.tensor([.25, .6, 1.8]))
    wide.load_state_dict(fresh)
    return wide


def main():
    source, target, channels = sys.argv[1], sys.argv[2], int(sys.argv[3].partition("=")[2])
    net, about = networks.load_net(source)
    crops = torch.from_numpy(data.Crops(data.images(), 192, 1).draw(96)) / model.SCALE
    wide = widen(net, channels, crops)
    torch.save({"net": wide.state_dict(), "ema": wide.state_dict(), **about}, target)

if __name__ == "__main__": main()
