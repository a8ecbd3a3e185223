"""Where a run computes, and with how many bits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_DRAWING = threading.RLock()
HEAVY_MACS = 1_000_000
"""Below this many multiplications an image, turning numbers into bfloat16 on a CPU costs more than it saves."""


def pick_device(name: str) -> torch.device:
    """The device called "cpu", "cuda" or "auto" (the GPU when there is one).

    Raises ValueError for "cuda" on a machine without a GPU that torch can use.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda': torch finds no GPU here; choose 'auto' or 'cpu'.")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


def mixed_precision(wanted: str, device: torch.device, macs: int) -> bool:
    """Whether convolutions and products are computed in bfloat16.

    "auto" does so where the device has instructions for it and the network (`macs` an image) is large enough to gain.
    """
    if wanted != "auto":
        return wanted == "mixed"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return macs >= HEAVY_MACS and _cpu_has_bfloat16()


def _cpu_has_bfloat16() -> bool:
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # torch keeps them unofficial
    return any(getattr(torch.cpu, name, bool)() for name in checks)


@contextmanager
def drawing(device: torch.device, seed: int) -> Iterator[None]:
    """Within it, random numbers on the CPU or on `device` come from `seed`; afterwards all is as it was before.

    Torch's generators belong to the whole process, where runs may share one: threads take turns.
    """
    with _DRAWING, torch.random.fork_rng([device] if device.type == "cuda" else []):
        seed_device(device, seed)
        yield


def seed_device(device: torch.device, seed: int) -> None:
    """Seed what draws random numbers on `device`, and nothing else.

    `torch.manual_seed` looks for every kind of device each time: 0.2 ms here, a tenth of a small network's step.
    """
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)
