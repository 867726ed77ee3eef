"""Context models over the frozen latents: for each symbol a place in a family of frozen distributions, from what is decoded already.

One network serves TEC-ELIC (groups of channels, no earlier dates), TEC-TT and FlexTEC (16 tokens of channels, up to two earlier dates).
Channels are coded group by group; inside a group positions come in passes, a checkerboard, for the first group a finer pyramid:

    pass 0: every 4th row and column     1: between four of them, diagonally     2: the rest of even rows and columns
         3: odd rows and odd columns     4: the other half of the checkerboard         later groups: 0-3 together, then 4

Everything that decides on a distribution is exact in any float32 engine: features, weights and activations are integers, products sum
to less than 2^24, and between layers stands floor(x / 2^k) (`Quantised`). What a network says of a symbol at (channel c, position p):
    mean  = sum of w_k candidate_k      candidates: the neighbours' mean, a linear prediction from all channels of the neighbours (the lowest
                                        64 channels, fit_linear.py), the set's static mean, an earlier date's own symbol and prediction
    scale = index into 64 scales of ratio 2^(1/4), from a static prior (step, set, channel) on
"""
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F

SCALES = 64                          # sigma_k = SMALLEST 2^(k / 4)
SMALLEST = 2.0 ** -5
FRACTIONS = 8                        # means are multiples of 1/8 of a symbol
CHANNELS = 512
UNEVEN = (0, 32, 64, 128, 256, 512)  # TEC-ELIC's groups
TOKENS = tuple(range(0, 513, 32))    # TEC-TT's and FlexTEC's
ACT, WEIGHT = 16., 64.               # activations are multiples of 1/16 in 0..127/16, weights of 1/64 in +-127/64
CANDIDATES = {False: 3, True: 7}     # by whether earlier dates are there
OWN = {False: 6, True: 14}           # features of a symbol
PLANES = {False: 1, True: 4}         # features of (channel, position) that the summary sees


LEVELS = torch.from_numpy(np.minimum(127, np.round(12 * np.log2(1 + np.arange(1536 * 8 + 1) / 8))).astype(np.float32))


def level(v):
    """v in multiples of 1/8 -> 0..127: round(12 log2(1 + |v|)), the integer logarithm of all features, from a table."""
    return LEVELS.to(v.device)[(8 * v.abs()).clamp(max=len(LEVELS) - 1).long()]


def pass_of(rows, columns):
    """[rows, columns] pass of the pyramid, 0..4."""
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    out = np.full((rows, columns), 4)
    out[(i % 2 == 1) & (j % 2 == 1)] = 3
    out[(i % 2 == 0) & (j % 2 == 0)] = 2
    out[(i % 4 == 2) & (j % 4 == 2)] = 1
    out[(i % 4 == 0) & (j % 4 == 0)] = 0
    return out


def passes(group):
    """The passes of a group: tuples of pyramid passes coded together."""
    return [(0,), (1,), (2,), (3,), (4,)] if group == 0 else [(0, 1, 2, 3), (4,)]


NEIGHBOURS = {0: None, 1: ((-2, -2), (-2, 2), (2, -2), (2, 2)), 2: ((-2, 0), (2, 0), (0, -2), (0, 2)),
              3: ((-1, -1), (-1, 1), (1, -1), (1, 1)), 4: ((-1, 0), (1, 0), (0, -1), (0, 1))}


NINE = tuple((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1))


def shifted(x, offset):
    """x [..., h, w] moved so that out[i, j] = x[i + di, j + dj], 0 outside."""
    di, dj = offset
    h, w = x.shape[-2:]
    return F.pad(x, (2, 2, 2, 2))[..., 2 + di:2 + di + h, 2 + dj:2 + dj + w]


def four(x, kind):
    """x [n, k, h, w] -> the four neighbours [n, 4 k, h, w]; one outside is the mean of those inside, rounded down."""
    inside = [shifted(torch.ones_like(x[0, 0]), o) for o in NEIGHBOURS[kind]]
    count = sum(inside)
    around = [shifted(x, o) for o in NEIGHBOURS[kind]]
    mean = torch.floor(sum(around) / count.clamp(min=1))
    return torch.cat([torch.where(i > 0, a, mean) for a, i in zip(around, inside)], 1)


def linear_inputs(s, group, kind):
    """Symbols [n, >= 64, h, w] -> inputs of the linear prediction of the group's 32 channels, [n, inputs, h, w]."""
    if group == 0: return four(s[:, :32], kind)
    edge = F.pad(s[:, :32], (1, 1, 1, 1), mode="replicate")
    nine = torch.cat([edge[..., 1 + i:1 + i + s.shape[-2], 1 + j:1 + j + s.shape[-1]] for i, j in NINE], 1)
    return nine if kind == 0 else torch.cat([nine, four(s[:, 32:64], kind)], 1)


class Round(torch.autograd.Function):
    """floor(x + 1/2), straight through."""
    @staticmethod
    def forward(ctx, x): return torch.floor(x + .5)
    @staticmethod
    def backward(ctx, g): return g


def quantised(x, unit): return Round.apply(x * unit) / unit


class Quantised(nn.Module):
    """A convolution or matrix whose weights are multiples of 1/64 within +-127/64; float until `exact` is set."""
    exact = False

    def __init__(self, *shape, std=None):
        super().__init__()
        fan = int(np.prod(shape[1:])) if len(shape) < 3 else int(np.prod(shape[2:]))
        self.weight = nn.Parameter(torch.randn(*shape) * (std if std is not None else (1.5 / fan) ** .5))

    def value(self, index=None):
        w = self.weight if index is None else self.weight[index]
        return quantised(w.clamp(-127 / WEIGHT, 127 / WEIGHT), WEIGHT) if Quantised.exact else w


def bias(b): return quantised(b, ACT * WEIGHT) if Quantised.exact else b


def act(x):
    """ReLU, at most 127/16, multiples of 1/16."""
    x = x.clamp(0, 127 / ACT)
    return quantised(x, ACT) if Quantised.exact else x


class Context(nn.Module):
    def __init__(self, temporal, groups, base, linear, hidden=32, wide=64):
        """base [steps, sets, C]: static scale index of each symbol; linear: what fit_linear.py wrote."""
        super().__init__()
        self.temporal, self.groups, self.hidden, self.wide = temporal, tuple(groups), hidden, wide
        g, k = len(groups) - 1, PLANES[temporal]
        steps, sets, _ = base.shape
        self.register_buffer("base", torch.as_tensor(base, dtype=torch.float32))
        for name, value in linear.items(): self.register_buffer(f"linear_{name.replace('-', '_')}", torch.as_tensor(np.asarray(value), dtype=torch.float64))
        self.reduce = Quantised(g, wide, k * CHANNELS, std=.02)      # [group, wide, planes]: 1 x 1 over everything known
        self.reduce_bias = nn.Parameter(torch.zeros(g, wide))
        self.step_bias = nn.Parameter(torch.zeros(steps, wide))
        self.set_bias = nn.Parameter(torch.zeros(sets, wide))
        self.around = Quantised(wide, wide, 3, 3, std=.04)
        self.around_bias = nn.Parameter(torch.zeros(wide))
        self.enter = Quantised(hidden, wide)                         # summary -> hidden
        self.own = Quantised(hidden, OWN[temporal], std=.1)
        self.channel = nn.Parameter(torch.randn(CHANNELS, hidden) * .1)
        self.kind = nn.Parameter(torch.zeros(5, hidden))             # pass
        self.step = nn.Parameter(torch.zeros(steps, hidden))
        self.second = Quantised(hidden, hidden)
        self.second_bias = nn.Parameter(torch.zeros(hidden))
        self.last = Quantised(1 + CANDIDATES[temporal], hidden, std=.02)
        self.readout = Quantised(CHANNELS, wide, std=.003)           # a scale of its own for each channel
        self.last_bias = nn.Parameter(torch.zeros(CHANNELS, 1 + CANDIDATES[temporal]))
        self.scale_step = nn.Parameter(torch.zeros(steps, CHANNELS))

    def predict(self, s, group, kind, step):
        """Linear prediction of the group's channels in quarters of a symbol [n, 32, h, w]; None where there is none. All of one step."""
        w = getattr(self, f"linear_{int(step[0])}_{group}_{kind}", None)
        if w is None: return None
        x = linear_inputs(s, group, kind).double()
        return torch.floor((torch.einsum("kf,nfhw->nkhw", w, x) + 512) / 1024).float()

    def static_means(self, step, sets, c0, c1):
        """Quarters of a symbol [n, C_g, P] of sets [n, P]; 0 for channels from 64 on."""
        if c0 >= self.linear_means.shape[2]: return torch.zeros(1, device=sets.device)
        return self.linear_means[step[0]][sets][..., c0:c1].permute(0, 2, 1).float()

    def summary(self, planes, group, step, sets):
        """planes [n, k C, h, w] levels 0..127, step [n], sets [n, h, w] -> [n, wide, h, w]."""
        x = F.conv2d(planes / ACT, self.reduce.value(group)[:, :, None, None])
        b = bias(self.reduce_bias)[group] + bias(self.step_bias)[step]
        x = act(x + b[:, :, None, None] + bias(self.set_bias)[sets].permute(0, 3, 1, 2))
        return act(F.conv2d(x, self.around.value(), bias(self.around_bias), padding=1) + x)

    def forward(self, s, own, c0, c1, kind, step, base):
        """s [n, wide, P], own [n, F, C_g, P], step [n], base [n, C_g, P] -> scale index [n, C_g, P] (float), weights [n, K, C_g, P]."""
        enter = torch.einsum("hw,nwp->nhp", self.enter.value(), s)
        x = torch.einsum("hf,nfcp->nhcp", self.own.value(), own / ACT) + enter[:, :, None]
        b = bias(self.channel)[c0:c1].T[None] + (bias(self.kind)[kind] + bias(self.step)[step])[:, :, None]
        x = act(x + b[..., None])
        x = act(torch.einsum("gh,nhcp->ngcp", self.second.value(), x) + bias(self.second_bias)[:, None, None])
        out = torch.einsum("oh,nhcp->nocp", self.last.value(), x) + bias(self.last_bias[c0:c1]).T[None, :, :, None]
        scale = out[:, 0] * 4 + 4 * torch.einsum("cw,nwp->ncp", self.readout.value()[c0:c1], s) + 4 * bias(self.scale_step)[step][:, c0:c1, None]
        scale = base + scale
        weights = out[:, 1:].clamp(-2, 2)
        if Quantised.exact: scale, weights = Round.apply(scale), quantised(weights, WEIGHT)
        return scale.clamp(0, SCALES - 1), weights
