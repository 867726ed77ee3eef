"""fp.tables of converted TEC-FP checkpoints and of the temporal ones: the tables that the official package makes, frozen.

"TECF", u16 version = 2, steps, sets, channels; u8 predicted[C]; each step: f32 gain[C], degain[C], rounding[C];
then each step, set, channel: i16 first, u16 count, u16 frequency[count + 1] (escape last; the sum is 65536, each is at least 1)

v = latent * gain     symbol = sign(v) floor(|v| + rounding)     y_hat = symbol * degain
"""

import struct

import numpy as np

MAGIC, VERSION = b"TECF", 2


def packed(rows, channels, sets=1):
    """The file of one step with gains of 1: rows [(first, frequencies)] set by set, channel by channel."""
    assert len(rows) == channels * sets
    ones = np.ones(channels, "<f4")
    out = [struct.pack("<4s4H", MAGIC, VERSION, 1, sets, channels), bytes(channels)]
    out += [ones.tobytes(), ones.tobytes(), (ones / 2).tobytes()]
    out += [row(*r) for r in rows]
    return b"".join(out)


def row(first, frequencies):
    return struct.pack("<hH", first, len(frequencies) - 1) + np.asarray(frequencies).astype("<u2").tobytes()
