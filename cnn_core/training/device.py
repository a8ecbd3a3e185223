"""Where a run computes, with how many bits, and how far a GPU may run ahead."""

import torch

HEAVY_MACS = 1_000_000
"""With fewer multiplications an image, converting numbers to bfloat16 costs a CPU more than it saves."""
FETCH_EVERY_S = 0.05
"""Seconds between two fetches of figures from a GPU: fetching after every step would make it wait at each."""
MAX_STEPS_AHEAD = 256
"""Steps that a GPU may run ahead at most, however short they are: this bounds the events that come at once."""


def pick_device(name: str) -> torch.device:
    """Return the device called "cpu", "cuda" or "auto" (the GPU when there is one).

    Raises ValueError for "cuda" on a machine without a GPU that torch can use.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("Device is 'cuda': torch finds no GPU here; choose 'auto' or 'cpu'.")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and torch.cuda.is_available()) else "cpu")


def uses_mixed_precision(wanted: str, device: torch.device, macs: int) -> bool:
    """Return whether convolutions and matrix products shall be computed in bfloat16.

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
    """Return how many steps of `seconds` each a GPU may run ahead: too briefly for anybody to notice."""
    if device.type == "cpu":
        return 1
    return max(1, min(MAX_STEPS_AHEAD, int(FETCH_EVERY_S / max(seconds, 1e-9))))
