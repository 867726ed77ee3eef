"""The shared transform of Tectile's models: analysis g_a, synthesis g_s, per-quality gains, and the training-time entropy model.

    x [12, 16h, 16w]  --g_a-->  y [C, h, w]  --* gain_q, round-->  y_hat (integers)  --/ gain_q, g_s-->  x_hat [12, 16h, 16w]

Digital numbers are divided by SCALE and nothing is subtracted; every convolution is bias-free and the only nonlinearity is ReLU, so
g(a x) = a g(x) for a > 0 (Mohan et al. 2020, "bias-free" networks): a scene twice as bright, snow or cloud, is coded like the ordinary
scene it is a multiple of. Both transforms start as an exact three-level block PCA (4x4, 2x2, 2x2) beside residual branches that give 0.
"""
import torch, torch.nn as nn, torch.nn.functional as F

SCALE = 1500.0          # digital numbers per unit
STRIDE = 16             # pixels per latent
HALO = 2                # latents a side that g_s consumes (valid convolutions): 1 at 1/16, 1/2 at 1/8, 1/2 at 1/4
ANALYSIS_HALO = 6       # latents a side after which g_a's receptive field has ended (3x3s: 4 px at 1/4, 4 at 1/8, 2 at 1/16 = 5 latents)


class Residual(nn.Module):
    """x + W2 relu(W1 x), W1 3x3, W2 kernel x kernel. `valid`: no padding, the output loses the kernels' reach a side."""

    def __init__(self, channels, hidden, kernel=3, valid=False):
        super().__init__()
        pad = lambda k: 0 if valid else k // 2
        self.first = nn.Conv2d(channels, hidden, 3, padding=pad(3), padding_mode="replicate", bias=False)
        self.second = nn.Conv2d(hidden, channels, kernel, padding=pad(kernel), padding_mode="replicate", bias=False)
        self.crop = (1 + kernel // 2) if valid else 0
        nn.init.kaiming_normal_(self.first.weight); nn.init.zeros_(self.second.weight)

    def forward(self, x):
        r = self.second(F.relu(self.first(x)))
        c = self.crop
        return (x[..., c:x.shape[-2] - c, c:x.shape[-1] - c] if c else x) + r


class Analysis(nn.Module):
    """[n, 12, 16h, 16w] -> [n, C, h, w]; edges replicated."""

    def __init__(self, a1=128, a2=192, channels=320):
        super().__init__()
        self.stage1 = nn.Conv2d(192, a1, 1, bias=False)                          # at 1/4
        self.body1 = nn.Sequential(Residual(a1, a1), Residual(a1, a1))
        self.stage2 = nn.Conv2d(4 * a1, a2, 1, bias=False)                       # at 1/8
        self.body2 = nn.Sequential(Residual(a2, a2), Residual(a2, a2))
        self.stage3 = nn.Conv2d(4 * a2, channels, 1, bias=False)                 # at 1/16
        self.body3 = Residual(channels, 192)

    def forward(self, x):
        h = self.body1(self.stage1(F.pixel_unshuffle(x, 4)))
        h = self.body2(self.stage2(F.pixel_unshuffle(h, 2)))
        return self.body3(self.stage3(F.pixel_unshuffle(h, 2)))


class Synthesis(nn.Module):
    """[n, C, h + 2 HALO, w + 2 HALO] -> [n, 12, 16h, 16w]: valid convolutions, each stage crops what the next does not need."""

    def __init__(self, channels=320, s2=160, s1=96):
        super().__init__()
        self.body3 = Residual(channels, 192, kernel=1, valid=True)               # at 1/16: halo 2 -> 1 latent
        self.stage3 = nn.Conv2d(channels, 4 * s2, 1, bias=False)
        self.body2 = Residual(s2, 192, kernel=1, valid=True)                     # at 1/8: 2 px -> 1 px
        self.stage2 = nn.Conv2d(s2, 4 * s1, 1, bias=False)
        self.body1 = nn.Sequential(Residual(s1, 64, kernel=1, valid=True), Residual(s1, 64, kernel=1, valid=True))  # at 1/4: 2 px -> 0
        self.head = nn.Conv2d(s1, 192, 1, bias=False)

    def features(self, y):
        h = F.pixel_shuffle(self.stage3(self.body3(y)), 2)
        h = F.pixel_shuffle(self.stage2(self.body2(h)), 2)
        return self.body1(h)                                                     # [n, s1, 4h, 4w]

    def forward(self, y):
        return F.pixel_shuffle(self.head(self.features(y)), 4)


class LogisticMixture(nn.Module):
    """Training-time density of each (quality, channel): three logistics; the frozen integer tables come from counted symbols."""

    def __init__(self, qualities, channels, parts=3):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(qualities, channels, parts))
        self.log_scale = nn.Parameter(torch.zeros(qualities, channels, parts))
        self.weight = nn.Parameter(torch.zeros(qualities, channels, parts))

    def bits(self, y, q):
        """y [n, C, h, w] (noisy or rounded), q [n] -> bits of each symbol, [n, C, h, w]."""
        mean, scale, weight = (t[q][:, :, None, None] for t in (self.mean, self.log_scale.clamp(-5, 8).exp(), self.weight.softmax(-1)))
        d = (y[..., None] - mean).abs()                                          # symmetric: stable differences in both tails
        p = (torch.sigmoid((.5 - d) / scale) - torch.sigmoid((-.5 - d) / scale))
        return -torch.log2((p * weight).sum(-1) + 1e-9)


class Codec(nn.Module):
    def __init__(self, qualities=6, channels=320, a1=128, a2=192, s2=160, s1=96):
        super().__init__()
        self.g_a, self.g_s = Analysis(a1, a2, channels), Synthesis(channels, s2, s1)
        self.log_gain = nn.Parameter(torch.zeros(qualities, channels))           # quantisation: round(y exp(log_gain))
        self.log_degain = nn.Parameter(torch.zeros(qualities, channels))         # y_hat = symbol exp(log_degain)
        self.density = LogisticMixture(qualities, channels)
        self.channels = channels

    def forward(self, x, q, keep):
        """x [n, 12, H, W] / SCALE, q [n] quality, keep [n] channels kept -> x_hat, bits per crop [n]."""
        y = self.g_a(x).float()
        mask = (torch.arange(self.channels, device=x.device)[None, :] < keep[:, None]).float()[:, :, None, None]
        y = y * self.log_gain[q].exp()[:, :, None, None]
        noisy = y + torch.rand_like(y) - .5
        bits = (self.density.bits(noisy, q) * mask).sum((1, 2, 3))
        rounded = y + (torch.round(y) - y).detach()                              # straight through: g_s sees what it will see in use
        y_hat = rounded * self.log_degain[q].exp()[:, :, None, None] * mask
        return self.g_s(F.pad(y_hat, (HALO,) * 4, mode="replicate")).float(), bits

    @torch.no_grad()
    def block_pca_start(self, x, steps):
        """x [n, 12, H, W] / SCALE: sets both transforms to a hierarchical PCA, the gains to 1/steps, the densities to the latents'."""
        def pca(h, r):
            b = F.pixel_unshuffle(h, r).permute(0, 2, 3, 1).reshape(-1, h.shape[1] * r * r)
            _, v = torch.linalg.eigh((b.T @ b / len(b)).double())                # second moment, largest first
            return v.flip(1).float().T                                           # [components, inputs]
        g_a, g_s, h = self.g_a, self.g_s, x
        for enc, dec, r in ((g_a.stage1, g_s.head, 4), (g_a.stage2, g_s.stage2, 2), (g_a.stage3, g_s.stage3, 2)):
            v = pca(h, r)[:enc.weight.shape[0]]                                  # [C_out, C_in r r]
            enc.weight[:, :, 0, 0] = v
            inv = v.T.reshape(h.shape[1], r * r, -1)                             # [C_in, r r, C_out]
            n_in, n_out = dec.weight.shape[1], dec.weight.shape[0] // (r * r)
            w = torch.zeros(n_out, r * r, n_in)
            a, b = min(n_out, inv.shape[0]), min(n_in, inv.shape[2])
            w[:a, :, :b] = inv[:a, :, :b]
            dec.weight[:, :, 0, 0] = w.reshape(-1, n_in)
            h = F.conv2d(F.pixel_unshuffle(h, r), enc.weight)
        flat = h.permute(1, 0, 2, 3).reshape(self.channels, -1)
        for q, step in enumerate(steps):
            self.log_gain[q], self.log_degain[q] = -torch.log(torch.tensor(step)), torch.log(torch.tensor(step))
            mid = flat.median(1).values[:, None] / step
            mad = (flat / step - mid).abs().mean(1).clamp(min=.15)[:, None]
            self.density.mean[q] = mid
            self.density.log_scale[q] = torch.log(mad * torch.tensor([.25, .6, 1.8]))
