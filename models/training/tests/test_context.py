"""The context models' arrays: their file, and what the walk may look at."""

import numpy as np
import pytest

from tectile_training import context


@pytest.mark.parametrize("temporal", [False, True])
def test_weights_come_back_from_their_file(temporal):
    model = context.random_model(3, temporal)
    again = context.read(context.write(model))
    for name, value in model._asdict().items():
        assert np.array_equal(value, getattr(again, name)), name


@pytest.mark.parametrize("temporal", [False, True])
def test_means_and_scales_look_at_nothing_that_comes_later(temporal):
    r = np.random.default_rng(4)
    model = context.random_model(3, temporal)
    chunk = context.random_chunk(model, r, (4, 5), 40, 3)
    references = [context.random_chunk(model, r, (4, 5), 40, 2)] * (2 * temporal)
    degain = np.ones((6, len(model.order)))
    means, scales = context.describe(model, chunk, references, degain)
    symbols = chunk.symbols.copy()
    symbols[20, 2, 3:] += 5
    symbols[20, 3:] -= 3
    symbols[21:] = 7
    others = context.describe(model, chunk._replace(symbols=symbols), references, degain)
    for a, b in zip((means, scales), others):
        assert np.array_equal(a[:20], b[:20])
        assert np.array_equal(a[20].ravel()[: 2 * 5 + 4], b[20].ravel()[: 2 * 5 + 4])
        assert not np.array_equal(scales[21:], others[1][21:])


def test_sums_that_could_leave_32_bits_are_refused():
    model = context.random_model(3, False)
    with pytest.raises(ValueError, match="32 bits"):
        context.write(model._replace(scale_out=np.full_like(model.scale_out, 32767)))
