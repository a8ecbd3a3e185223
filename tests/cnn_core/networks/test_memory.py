"""Memory of networks: the megabytes of course tables, what autograd saves, and what is refused in time."""

from pathlib import Path

import pytest
import torch

from cnn_core.networks import NetworkSpec, preset
from cnn_core.networks.export import to_onnx
from cnn_core.networks.layers import (
    Flatten,
    Linear,
)
from cnn_core.networks.measured_field import measure_field
from cnn_core.networks.memory import memory_sizes, saved_bytes, training_peak
from tests.cnn_core.networks.drawn import NETWORK_FIGURES


@pytest.mark.parametrize("name", ["D-vgg", "D-resnet18"])
def test_megabytes_are_the_course_s_to_the_last_digit(name: str) -> None:
    found, wanted = memory_sizes(preset(name)), NETWORK_FIGURES[name]
    assert round(found.every_layer, 2) == wanted["forward_backward_mb"]
    assert round(found.parameters, 2) == wanted["params_mb"]
    assert round(found.input, 2) == wanted.get("input_mb", 0.05)


def autograd_bytes(spec: NetworkSpec) -> int:
    """What autograd saves for one image beside the parameters, each tensor once."""
    model = spec.build(seed=0).train()
    own = {p.untyped_storage().data_ptr() for p in (*model.parameters(), *model.buffers())}
    kept: dict[int, int] = {}
    held = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
            held.append(tensor)  # kept alive, so that no address comes twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        y = model(torch.rand(1, *spec.input_shape))
    assert y.requires_grad
    return sum(kept.values())


@pytest.mark.parametrize("name", ["Tiny CNN", "LeNet-5", "B-base", "C", "A", "ResNet-18", "MobileNet-V2", "D-vgg"])
def test_saved_memory_is_what_autograd_saves(name: str) -> None:
    spec = preset(name, input_shape=(3, 64, 64)) if name in ("ResNet-18", "MobileNet-V2") else preset(name)
    # batch norm keeps two numbers a channel besides, of which the count knows nothing
    assert saved_bytes(spec) == pytest.approx(autograd_bytes(spec), rel=0.03)


def test_the_training_peak_grows_with_batch_and_optimiser() -> None:
    spec = preset("B-base")
    weights, saved = memory_sizes(spec).parameters, memory_sizes(spec).saved
    assert training_peak(spec, 1, "SGD") == pytest.approx(2 * weights + saved)
    assert training_peak(spec, 64, "Adam") == pytest.approx(4 * weights + 64 * saved)
    with pytest.raises(ValueError, match="Optimizer is 'LBFGS': choose one of SGD"):
        training_peak(spec, 1, "LBFGS")


def test_what_does_not_fit_into_memory_is_refused_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = NetworkSpec("Heavy", (3, 64, 64), (Flatten(), Linear(60_000)))
    monkeypatch.setattr("cnn_core.networks.memory.free_mb", lambda: 1024.0)
    monkeypatch.setattr(
        "cnn_core.networks.torch_modules.build_module", lambda *_: pytest.fail("something was allocated")
    )
    with pytest.raises(ValueError, match=r"Heavy needs about 2\.7 GB of memory, and 1\.0 GB are free"):
        spec.build()
    with pytest.raises(ValueError, match=r"Measuring Heavy needs about 8\.2 GB"):
        measure_field(spec, "fc1")
    with pytest.raises(ValueError, match=r"The ONNX file needs about 11\.0 GB"):
        to_onnx(spec, Path("never.onnx"))
