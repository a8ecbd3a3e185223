"""An unfolded map adds up to what torch computes."""

import numpy as np

from cnn_core.insight.unfold import unfold_map
from cnn_core.networks import (
    Branches,
    Flatten,
)
from tests.cnn_core.insight.examples import Looked


def test_an_unfolded_map_adds_up_to_what_the_layer_gives(looked: Looked) -> None:
    nodes, values, weights, _ = looked
    for name in nodes:
        for index in {0, nodes[name].map_count - 1, nodes[name].map_count // 2}:
            for most in (3, 10_000):
                found = unfold_map(nodes, values, weights, name, index, most)
                assert len(found.contributions) <= most
                total = sum((part.product for part in found.contributions), np.zeros(()))
                if found.is_sum:
                    total = total + (0 if found.rest is None else found.rest) + (found.bias or 0)
                    np.testing.assert_allclose(total, values[name][index], atol=1e-4, err_msg=name)
                elif isinstance(nodes[name].layer, Branches | Flatten):
                    np.testing.assert_array_equal(found.contributions[0].product, values[name][index])
