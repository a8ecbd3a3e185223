"""Random numbers that belong to one run: a stream of its own for each purpose, and a generator put back after use."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import torch

Purpose = Literal["shuffle", "augment", "dropout"]
# A stored run resumes with the same streams only while the places in this tuple stay: append, never reorder.
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
BLOCK_SIZE = 1024
"""Seeds that are derived together. Part of the streams: another size gives other numbers."""

# Torch's default generators belong to the process. Re-entrant, so that seeding within a seeded block does not deadlock.
_RANDOM_LOCK = threading.RLock()


def derive_seed(seed: int, purpose: Purpose, number: int) -> int:
    """Return the seed, 0 … 2³² − 1, of draw `number` (an epoch or a step) that a run with `seed` makes for `purpose`.

    NumPy's SeedSequence hashes all three, so neighbouring seeds, purposes and numbers have unrelated generators:
    https://numpy.org/doc/stable/reference/random/parallel.html#sequence-of-integer-seeds. 32 bits, since torch's
    generator on the CPU ignores the others.
    Raises ValueError when `purpose` is not in PURPOSES, or when `seed` or `number` is negative.

    >>> derive_seed(0, "shuffle", 1) == derive_seed(0, "shuffle", 1)
    True
    >>> len({derive_seed(0, purpose, 1) for purpose in PURPOSES})
    3
    """
    block, place = divmod(number, BLOCK_SIZE)
    return _derive_block(seed, purpose, block)[place]


@lru_cache(maxsize=64)
def _derive_block(seed: int, purpose: Purpose, block: int) -> list[int]:
    """Return the seeds of BLOCK_SIZE numbers at once: hashing each anew would be a tenth of a small network's step."""
    sequence = np.random.SeedSequence([seed, PURPOSES.index(purpose), block])
    return [int(word) for word in sequence.generate_state(BLOCK_SIZE)]


@contextmanager
def seeded_random(device: torch.device, seed: int) -> Iterator[None]:
    """Draw random numbers on `device` from `seed` within the block; afterwards the generator is as it was before.

    Torch's default generators belong to the whole process, in which several runs may train: threads take turns. Only
    the generator of `device` is touched: `torch.manual_seed` visits every kind of device each time, which takes a tenth
    of a small network's step.
    """
    generator = _default_generator(device)
    with _RANDOM_LOCK:
        before = generator.get_state()
        generator.manual_seed(seed)
        try:
            yield
        finally:
            generator.set_state(before)


def _default_generator(device: torch.device) -> torch.Generator:
    """Return the generator that draws on `device` when none is named."""
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index  # also sets the generators up
        return torch.cuda.default_generators[index]
    return torch.default_generator
