"""Where a run computes, with how many bits, and how far a GPU may run ahead."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_RANDOM_LOCK = threading.RLock()
HEAVY_MACS = 1_000_000
"""Below this many multiplications an image, turning numbers into bfloat16 on a CPU costs more than it saves."""
# A GPU runs ahead of Python; fetching every loss at once would make it wait at each step.
FETCH_EVERY_S = 0.05
MAX_STEPS_AHEAD = 256


def pick_device(name: str) -> torch.device:
    """The device called "cpu", "cuda" or "auto" (the GPU when there is one).

    Raises ValueError for "cuda" on a machine without a GPU that torch can use.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda': torch finds no GPU here; choose 'auto' or 'cpu'.")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


def uses_mixed_precision(wanted: str, device: torch.device, macs: int) -> bool:
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


def steps_ahead(device: torch.device, seconds: float) -> int:
    """How many steps of so many `seconds` a GPU may run ahead: what a viewer does not notice, and a stop soon ends."""
    if device.type == "cpu":
        return 1
    return max(1, min(MAX_STEPS_AHEAD, int(FETCH_EVERY_S / max(seconds, 1e-9))))


@contextmanager
def seeded_random(device: torch.device, seed: int) -> Iterator[None]:
    """Within it, random numbers on `device` come from `seed`; afterwards all is as it was before.

    Torch's generators belong to the whole process, where runs may share one: threads take turns. Only this device's is
    touched: `torch.manual_seed` looks for every kind of device each time, a tenth of a small network's step.
    """
    generator = device_generator(device)
    with _RANDOM_LOCK:
        before = generator.get_state()
        generator.manual_seed(seed)
        try:
            yield
        finally:
            generator.set_state(before)


def device_generator(device: torch.device) -> torch.Generator:
    """What draws the random numbers on `device` when none is named."""
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index  # also sets the generators up
        return torch.cuda.default_generators[index]
    return torch.default_generator
