"""The device is found without torch, and agrees with what torch then says."""

import ctypes
from pathlib import Path
from typing import Any

import pytest

from cnn_core import hardware


class Driver:
    """Stands for NVIDIA's driver library: CUDA `version` (1000·major + 10·minor) and as many GPUs as `gpus`."""

    def __init__(self, version: int, gpus: int) -> None:
        self.version, self.gpus = version, gpus

    def cuInit(self, flags: int) -> int:  # noqa: N802  the driver's own name
        return 0 if self.gpus else 100

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> int:
            if name == "cuDeviceGetName":
                arguments[0].value = b"NVIDIA Test GPU"
            elif name == "cuDeviceTotalMem_v2":
                ctypes.cast(arguments[0], ctypes.POINTER(ctypes.c_size_t))[0] = 24 * 2**30
            else:
                value = {"cuDriverGetVersion": self.version, "cuDeviceGetCount": self.gpus, "cuDeviceGet": 0}[name]
                ctypes.cast(arguments[0], ctypes.POINTER(ctypes.c_int))[0] = value
            return 0

        return call


@pytest.fixture(autouse=True)
def _ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "torch_cuda_version", lambda: (13, 2))
    hardware.detect_device.cache_clear()


def with_driver(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> hardware.Device:
    monkeypatch.setattr(hardware.ctypes, "CDLL", lambda name: driver)
    return hardware.detect_device()


def test_a_gpu_is_named_with_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    found = with_driver(monkeypatch, Driver(version=13010, gpus=1))
    assert (found.kind, found.name, found.memory) == ("cuda", "NVIDIA Test GPU", 24 * 2**30)


@pytest.mark.parametrize("driver", [Driver(version=13010, gpus=0), Driver(version=12080, gpus=1)])
def test_no_gpu_or_too_old_a_driver_means_the_cpu(monkeypatch: pytest.MonkeyPatch, driver: Driver) -> None:
    found = with_driver(monkeypatch, driver)
    assert found.kind == "cpu"
    assert found.memory is None


def test_a_cpu_build_of_torch_leaves_the_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "torch_cuda_version", lambda: None)
    assert with_driver(monkeypatch, Driver(version=13010, gpus=1)).kind == "cpu"


def test_agrees_with_torch_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.undo()
    cuda = hardware.torch_cuda_version()
    assert (f"{cuda[0]}.{cuda[1]}" if cuda else None) == torch.version.cuda
    assert (hardware.detect_device().kind == "cuda") == torch.cuda.is_available()
    assert hardware.cpu_cores() >= 1


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("model name\t: Intel(R) Core(TM) i7-1165G7 CPU @ 2.80GHz", "Intel Core i7-1165G7"),
        ("model name\t: AMD Ryzen 7 5800X 8-Core Processor", "AMD Ryzen 7 5800X 8-Core Processor"),
    ],
)
def test_cpu_name(tmp_path: Path, line: str, name: str) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\n{line}\nflags\t: fpu\n")
    assert hardware.cpu_name(cpuinfo) == name
    assert hardware.cpu_name(tmp_path / "missing") != ""
