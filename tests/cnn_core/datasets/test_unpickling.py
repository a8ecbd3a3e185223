"""Pickles of CIFAR are read, and none runs code."""

import os
import pickle

import numpy as np
import pytest

from cnn_core.datasets.unpickling import read_pickle


class Harm:
    """What a hostile pickle asks for."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call  # type: ignore[return-value]


@pytest.mark.parametrize(
    "call", [(os.system, "true"), (eval, "1"), (np.load, "x"), (np.zeros, 10**6), (getattr, 1, "x")]
)
def test_a_pickle_that_asks_for_code_is_refused(call: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"it asks for .*, which may do anything"):
        read_pickle(pickle.dumps({"data": Harm(*call)}, protocol=2))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"rubbish",
        pickle.dumps([1, 2]),
        pickle.dumps({"data": np.zeros(3, dtype=object)}),
        pickle.dumps({"data": np.zeros(3, dtype=np.float64)}),
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R(K\x01NNNNtb.",
        b"\x80\x02cnumpy\ndtype\n(U\x02O8K\x00K\x01tR.",
        pickle.dumps({"a": 1})[:-3],
    ],
)
def test_other_pickles_get_a_sentence(content: bytes) -> None:
    with pytest.raises(ValueError, match="The pickle"):
        read_pickle(content)


def test_pickles_of_arrays_are_read_as_numpy_wrote_them() -> None:
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for values in (array, np.asfortranarray(array)):
        for protocol in (2, 3, 4):
            read = read_pickle(pickle.dumps({"data": values, "n": [1, "é"]}, protocol=protocol))
            np.testing.assert_array_equal(read["data"], array)
            assert read["n"] == [1, "é"]
