"""The gain of waves, against waves that are filtered and against SciPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from cnn_core.kernels import frequency
from cnn_core.kernels.filtering import FilterSettings, apply_kernel
from tests.cnn_core.kernels.drawn import kernels_of_numbers, weights_of


@settings(max_examples=40, deadline=None)
@given(kernels_of_numbers, st.integers(0, 16), st.integers(0, 16))
def test_the_gain_is_what_happens_to_a_wave(w, down, right):
    rows, columns = np.indices((32, 32))
    phase = 2 * np.pi * (down * rows + right * columns) / 32
    layer = FilterSettings(padding_mode="circular")
    answer = apply_kernel(np.cos(phase), w, layer) + 1j * apply_kernel(np.sin(phase), w, layer)
    wanted = frequency.wave_gain(w, np.array(down / 32), np.array(right / 32))
    np.testing.assert_allclose(np.abs(answer), wanted, atol=1e-4 * (1 + np.abs(w).sum()))


def test_the_gain_against_scipy():
    row = np.array([1.0, 4, 6, 4, 1]) / 16
    frequencies, runs = frequency.gain_profiles(row[None, :])
    _, wanted = signal.freqz(row, worN=2 * np.pi * frequencies)
    np.testing.assert_allclose(runs["to the right"], np.abs(wanted), atol=1e-12)
    np.testing.assert_allclose(runs["downwards"], 1)
    assert set(runs) == set(frequency.DIRECTIONS)
    whole = frequency.gain_map(weights_of("Gabor"))
    assert whole.shape == (frequency.MAP_SIZE, frequency.MAP_SIZE)
    peak = np.unravel_index(whole.argmax(), whole.shape)
    assert abs(abs(peak[1] - 32) / 64 - 1 / 4) < 0.05  # waves of 4 pixels, to the right
    assert abs(peak[0] - 32) < 3
