"""Evaluation: the figures of scikit-learn, in evaluation mode, with nothing left changed behind."""

import warnings
from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from torch import nn

from cnn_core.datasets import Dataset, Split
from cnn_core.networks import BatchNorm, Conv2d, Dropout, Flatten, Linear, NetworkSpec, ReLU
from cnn_core.training.device import pick_device
from cnn_core.training.inference import EVALUATION_BATCH, make_normaliser, measure_split, predict_logits, to_tensor

CPU = torch.device("cpu")
SPEC = NetworkSpec("", (2, 5, 5), (Conv2d(4, 3), BatchNorm(), ReLU(), Dropout(0.5), Flatten(), Linear(3)))
MANY = 2 * EVALUATION_BATCH + 7  # three batches, the last one short


def made(size: int) -> Split:
    rng = np.random.default_rng(size)
    return Split(rng.integers(0, 256, (size, 2, 5, 5), dtype=np.uint8), np.arange(size) % 3)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return Dataset("made", ("a", "b", "c"), made(50), made(MANY), made(9))


@pytest.fixture
def model() -> nn.Module:
    """A network whose batch norm has seen something, in training mode."""
    network = SPEC.build(seed=2).train()
    network(torch.randn(64, 2, 5, 5) * 3 + 1)
    return network


def by_hand(model: nn.Module, images: NDArray[np.uint8], data: Dataset) -> NDArray[np.float64]:
    """Logits in double precision, all images at once."""
    pixels = data.train.images.astype(np.float64)
    scaled = (images - pixels.mean((0, 2, 3), keepdims=True)) / pixels.std((0, 2, 3), keepdims=True)
    twin = SPEC.build().double().eval()
    twin.load_state_dict(model.state_dict())
    with torch.no_grad():
        return twin(torch.from_numpy(scaled)).numpy()


@pytest.mark.parametrize("size", [1, EVALUATION_BATCH, EVALUATION_BATCH + 1, MANY])
def test_logits_are_those_of_the_normalised_images_in_order(data: Dataset, model: nn.Module, size: int) -> None:
    images = data.val.images[:size]
    logits = predict_logits(model, images, data)
    assert (logits.shape, logits.dtype) == ((size, 3), np.float32)
    np.testing.assert_allclose(logits, by_hand(model, images, data), atol=1e-5)


def test_read_only_images_are_answered_without_a_warning(data: Dataset, model: nn.Module) -> None:
    images = data.val.images[:5].copy()
    images.setflags(write=False)
    filters = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logits = predict_logits(model, images, data)
        assert to_tensor(data.val.images).data_ptr() == data.val.images.ctypes.data  # others are not copied
    np.testing.assert_array_equal(logits, predict_logits(model, data.val.images[:5], data))
    assert warnings.filters == filters
    assert not [rule for rule in filters if rule[1] and "not writable" in rule[1].pattern]


def test_no_images_give_no_logits(data: Dataset, model: nn.Module) -> None:
    assert predict_logits(model, data.val.images[:0], data).shape == (0, 3)


def test_measure_equals_scikit_learn(data: Dataset, model: nn.Module) -> None:
    figures = measure_split(model, data.val, make_normaliser(data, CPU), lambda: False)
    logits = by_hand(model, data.val.images, data)
    probabilities = torch.softmax(torch.from_numpy(logits), 1).numpy()
    expected = log_loss(data.val.labels, probabilities), accuracy_score(data.val.labels, logits.argmax(1))
    assert figures is not None
    assert (figures.loss, figures.accuracy) == pytest.approx(expected, abs=1e-6)
    assert figures.confusion == tuple(map(tuple, confusion_matrix(data.val.labels, logits.argmax(1)).tolist()))


@pytest.mark.parametrize("asked", range(4))
def test_measuring_can_be_stopped_at_every_batch(data: Dataset, model: nn.Module, asked: int) -> None:
    times = count()
    figures = measure_split(model, data.val, make_normaliser(data, CPU), lambda: next(times) >= asked)
    assert (figures is None) == (asked < 3)  # three batches
    assert model.training


def look(model: nn.Module, data: Dataset) -> None:
    predict_logits(model, data.val.images, data)


def measured(model: nn.Module, data: Dataset) -> None:
    measure_split(model, data.val, make_normaliser(data, CPU), lambda: False)


def stumble(model: nn.Module, data: Dataset) -> None:
    with pytest.raises(RuntimeError):
        predict_logits(model, np.zeros((3, 2, 4, 4), dtype=np.uint8), data)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("act", [look, measured, stumble])
def test_evaluation_leaves_no_trace(
    data: Dataset, model: nn.Module, act: Callable[[nn.Module, Dataset], None], training: bool
) -> None:
    model.train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    images, dice = data.val.images.copy(), torch.get_rng_state()
    act(model, data)
    assert all(module.training == training for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    np.testing.assert_array_equal(data.val.images, images)
    assert torch.equal(torch.get_rng_state(), dice)


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto").type == pick_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match="Device is 'cuda': torch finds no GPU here; choose 'auto' or 'cpu'"):
        pick_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [pick_device(name).type for name in ("auto", "cpu", "cuda")] == ["cuda", "cpu", "cuda"]
