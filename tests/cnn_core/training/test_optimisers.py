"""Nesterov's momentum; the other optimisers are compared with their formulas in test_loop.py."""

from dataclasses import replace

import pytest

from cnn_core.training import TrainConfig
from tests.cnn_core.training.small_run import CONFIG, run, told


def test_nesterov_is_torchs() -> None:
    config = replace(CONFIG, optimizer="sgd", nesterov=True, learning_rate=0.05)
    assert told(run(config)) != told(run(replace(config, nesterov=False)))
    with pytest.raises(ValueError, match="Nesterov is true"):
        TrainConfig(nesterov=True)
