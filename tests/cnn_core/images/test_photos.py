"""The photographs inside scikit-image's wheel."""

import socket

import numpy as np
import pytest

from cnn_core.images import LONG_SIDE, PHOTOS, load_photo


@pytest.mark.parametrize("entry", PHOTOS, ids=lambda entry: entry.name)
def test_photographs_need_no_network(entry, monkeypatch):
    def refuse(*_):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    image = load_photo(entry.name)
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert max(image.shape) <= LONG_SIDE
    assert image.std() > 10
    assert max(load_photo(entry.name, 96).shape) == 96


def test_unknown_photograph_and_size():
    with pytest.raises(ValueError, match="no photograph “lena”: choose camera, astronaut"):
        load_photo("lena")
    with pytest.raises(ValueError, match="Size is 0"):
        load_photo("camera", 0)
