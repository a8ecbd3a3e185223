"""What is checked before runs may start."""

from dataclasses import replace

import pytest

from cnn_core.datasets import Dataset, load
from cnn_core.runs import Planned
from cnn_core.runs.planned import check_planned
from cnn_core.training import TrainConfig
from tests.cnn_core.runs.running import SPEC


def test_runs_that_differ_in_name_and_seed_are_checked_once() -> None:
    loaded: list[str] = []

    def load_data(name: str) -> Dataset:
        loaded.append(name)
        return load(name)

    configs = [TrainConfig(seed=seed, learning_rate=rate) for seed in (0, 1, 2) for rate in (0.1, 0.2)]
    check_planned([Planned(str(number), SPEC, config) for number, config in enumerate(configs)], load_data)
    assert loaded == ["digits", "digits"]


@pytest.mark.parametrize("place", [0, 1])
def test_each_run_is_checked(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = [Planned("", SPEC, TrainConfig()), Planned("", SPEC, TrainConfig(batch_size=8))]
    planned[place] = replace(planned[place], config=TrainConfig(pretrained="frozen"))
    with pytest.raises(ValueError, match="Pretrained weights"):
        check_planned(planned, load)
    monkeypatch.setattr("cnn_core.runs.memory_check.free_mb", lambda: 100.0)
    with pytest.raises(ValueError, match="GB of memory"):
        check_planned(planned[:1], load)
