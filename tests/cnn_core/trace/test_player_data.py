"""The data for the player is JSON and holds what the steps need."""

import json

import numpy as np

from cnn_core.trace import convolution_trace, play_data
from tests.golden import GOLDEN

BY_HAND = GOLDEN["by_hand_convolution"]
X = np.array(BY_HAND["image"], dtype=float)[None]
W = np.array(BY_HAND["kernel"], dtype=float)[None, None]


def test_play_data_is_json_and_holds_running_sums():
    data = json.loads(json.dumps(play_data(convolution_trace(X, W, np.array([5.0]), padding=1))))
    step = 7  # row 2, column 3: the window in the middle of the picture
    window = slice(data["first"][step], data["first"][step + 1])
    texts = {name: [data["words"][word] for word in data["terms"][name][window]] for name in ("product", "running")}
    assert texts["product"] == ["0", "0", "3", "−4", "0", "14", "−6", "0", "1"]
    assert texts["running"] == ["0", "0", "3", "−1", "−1", "13", "7", "7", "8"]
    assert data["steps"][step]["total"] == "13"
    assert data["steps"][step]["lines"][0].endswith("+ 5 (bias) = 13")
    assert data["grids"][2]["name"] == data["bias"] == "bias"


def test_unvisited_cells_of_a_stride_that_does_not_fit():
    data = play_data(convolution_trace(np.ones((1, 4, 4)), np.ones((1, 1, 3, 3)), stride=2))
    assert data["grids"][0]["unvisited"] == [3, 7, 11, 12, 13, 14, 15]  # last column and last row
