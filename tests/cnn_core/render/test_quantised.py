"""One byte a value: right to half a step, honest about what is no number."""

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cnn_core.render.quantised import quantise_maps

anything = arrays(
    np.float32,
    st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)),
    elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
)


@given(anything, st.integers(1, 9))
def test_a_byte_is_right_to_half_a_step_of_its_maps_scale(maps: np.ndarray, most: int) -> None:
    found = quantise_maps(maps, most)
    kept = maps[:, :: found.sampling_step, :: found.sampling_step].astype(np.float64)
    assert max(kept.shape[1:]) <= most
    assert (
        found.sampling_step == 1
        or max(maps[:, :: found.sampling_step - 1, :: found.sampling_step - 1].shape[1:]) > most
    )
    sent = np.frombuffer(base64.b64decode(found.base64_text), np.uint8).reshape(kept.shape)
    finite = np.isfinite(kept)
    assert ((sent == 0) == ~finite).all()
    shown = (sent.astype(float) - 128) / 127 * found.limits[:, None, None]
    half = np.broadcast_to(found.limits[:, None, None] / 127 / 2 * (1 + 1e-9), kept.shape)
    assert (np.abs(shown - np.where(finite, kept, shown)) <= half).all()


def test_zeros_have_a_scale() -> None:
    found = quantise_maps(np.zeros((2, 3, 3), np.float32), 8)
    assert (found.codes == 128).all()
    assert found.limits.tolist() == [1.0, 1.0]
